'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { runChild } = require('./peers/child.js');
const { httpServer, json } = require('./peers/http-server.js');

/** @type {typeof import('../lib/bridge/pending.mjs').Pending} */
let Pending;
before(async () => {
  ({ Pending } = await import('../lib/bridge/pending.mjs'));
});

test('every receiver has a number of its own, however many there are', () => {
  const pending = new Pending();
  const ids = Array.from({ length: 1000 }, (_, number) => pending.add({ number }));
  assert.equal(new Set(ids).size, 1000);
  assert.equal(pending.size, 1000);
  for (const [number, id] of ids.entries()) {
    assert.deepEqual(pending.get(id), { number });
  }
});

test('a number that is over is nobody, and is not given again', () => {
  const pending = new Pending();
  const slow = pending.add('slow');
  const seen = new Set([slow]);
  for (let round = 0; round < 1000; round += 1) {
    const id = pending.add(`call ${round}`);
    assert.ok(!seen.has(id));
    seen.add(id);
    assert.equal(pending.get(id), `call ${round}`);
    assert.equal(pending.delete(id), true);
    assert.equal(pending.delete(id), false);
    assert.equal(pending.get(id), undefined);
  }
  assert.equal(pending.get(slow), 'slow');
  assert.equal(pending.size, 1);
});

test('numbers come and go in any order', () => {
  const pending = new Pending();
  /** @type {Map<number, number>} */
  const model = new Map();
  let seed = 1;
  for (let step = 0; step < 20_000; step += 1) {
    seed = (seed * 48_271) % 2_147_483_647;
    if (seed % 5 < 3 && model.size < 300) {
      model.set(pending.add(step), step);
    } else {
      const id = [...model.keys()][seed % (model.size || 1)];
      assert.equal(pending.delete(id ?? step), model.delete(id ?? -1));
    }
  }
  assert.equal(pending.size, model.size);
  for (const [id, step] of model) {
    assert.equal(pending.get(id), step);
  }
});

/** What collections have freed, in MB, by what Node prints of them with --trace-gc. */
function freed(trace) {
  const collections = [...trace.matchAll(/(Scavenge|Mark-Compact)[^\d]*([\d.]+) \([\d.]+\) -> ([\d.]+) /g)];
  const sum = (/** @type {string} */ kind) =>
    collections.reduce((total, [, what, from, to]) => total + (what === kind ? Number(from) - Number(to) : 0), 0);
  return { young: sum('Scavenge'), old: sum('Mark-Compact') };
}

test('answers that are done with are collected while they are young', async (t) => {
  const rows = Array.from({ length: 1500 }, (_, id) => ({ id, name: `a name of some length ${id}` }));
  const peer = await httpServer(t, (_request, response) => json(response, { rows }));
  const { code, stdout, stderr } = await runChild('many-answers', [peer.socketPath], { node: ['--trace-gc'] });
  assert.equal(code, 0, stderr);
  const { young, old } = freed(stdout);
  assert.ok(young + old > 100, stdout);
  assert.ok(young > old, `${young} MB young, ${old} MB old`);
});
