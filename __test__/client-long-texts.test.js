'use strict';

// Long bodies of ASCII become strings whose memory is not the engine's. They must be strings like any other.

const assert = require('node:assert/strict');
const test = require('node:test');
const zlib = require('node:zlib');
const { runChild } = require('./peers/child.js');
const { client } = require('./peers/client.js');
const { httpServer } = require('./peers/http-server.js');

/** Bytes from which a body is not copied. */
const LEAST = 2 ** 20;

/** A peer that has a body for each name, with its length announced, in chunks, or compressed. */
const peerWith = (t, bodies) =>
  httpServer(t, (request, response) => {
    const [, name, how] = request.url.split('/');
    const body = bodies[name];
    response.statusCode = name === 'refused' ? 400 : 200;
    if (how === 'gzip') {
      response.setHeader('content-encoding', 'gzip');
      response.end(zlib.gzipSync(body, { level: 1 }));
    } else if (how === 'chunked') {
      response.write(body.subarray(0, 70_000));
      response.end(body.subarray(70_000));
    } else {
      response.setHeader('content-length', body.length);
      response.end(body);
    }
  });

test('long texts: around the length from which they are not copied, and beyond ASCII', async (t) => {
  const filler = (length) => Buffer.alloc(length, 'abcdefghijklmnopqrstuvwxyz 0123456789');
  const beyond = (...bytes) => Buffer.concat([filler(LEAST), Buffer.from(bytes)]);
  const bodies = {
    shorter: filler(LEAST - 1),
    least: filler(LEAST),
    longer: filler(3 * LEAST + 7),
    refused: filler(LEAST + 1),
    marked: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), filler(LEAST)]),
    accent: beyond(0xc3, 0xa9),
    emoji: beyond(0xf0, 0x9f, 0x98, 0x80),
    invalid: beyond(0xff),
    cut: beyond(0xe2, 0x82),
    nul: beyond(0),
  };
  const made = client(t, await peerWith(t, bodies));
  for (const [name, bytes] of Object.entries(bodies)) {
    const expected = new TextDecoder().decode(bytes);
    for (const how of ['sized', 'chunked', 'gzip']) {
      const { data, error } = await made.GET(`/${name}/${how}`, { parseAs: 'text' });
      assert.ok((data ?? error) === expected, `${name}, ${how}`);
    }
  }
});

test('long JSON: values, and an error that quotes it', async (t) => {
  const items = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `item ${id}`, text: 'x'.repeat(id % 90) }));
  const good = Buffer.from(JSON.stringify(items));
  const bad = Buffer.from(`${JSON.stringify(items).slice(0, -1)},oops]`);
  assert.ok(good.length > LEAST);
  const made = client(t, await peerWith(t, { good, bad }));
  for (const how of ['sized', 'chunked', 'gzip']) {
    assert.deepEqual((await made.GET(`/good/${how}`)).data, items);
    await assert.rejects(made.GET(`/bad/${how}`), { code: 'ERR_CYCLE_INVALID_JSON' });
  }
});

test('long texts live as long as they are held, and no longer; the engine knows of them', async (t) => {
  const peer = await peerWith(t, { text: Buffer.alloc(2 * LEAST, 'long text ') });
  const child = await runChild('long-texts', [peer.socketPath, 'hold'], { node: ['--expose-gc'], limitMs: 120_000 });
  assert.deepEqual([child.code, child.signal, child.stderr], [0, null, '']);
  assert.deepEqual(JSON.parse(child.stdout), { intact: true, released: true });
});

for (const how of ['terminate', 'leave', 'exit']) {
  test(`long texts live in workers when these or the process end: ${how}`, async (t) => {
    const peer = await peerWith(t, { text: Buffer.alloc(2 * LEAST, 'long text ') });
    const child = await runChild('long-texts', [peer.socketPath, how], { limitMs: 120_000 });
    assert.deepEqual([child.code, child.signal, child.stderr], [how === 'exit' ? 5 : 0, null, '']);
  });
}
