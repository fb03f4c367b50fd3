// Listeners that throw, give up or block at the worst moment, and answers that no platform should give.

'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { join } = require('node:path');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { getClient } = require('..');
const { joinElection } = require('../live');
const { beBusy } = require('./peers/busy.js');
const { runScript } = require('./peers/child.js');
const { electionPlatform } = require('./peers/election-platform.js');
const { httpServer, json } = require('./peers/http-server.js');
const { joined } = require('./peers/joined-election.js');
const { until, within } = require('./peers/until.js');

const LIVE = JSON.stringify(join(__dirname, '..', 'live.js'));

test('a listener of lost that gives up is the last word, though the late answer says that this instance is the primary', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 600 });
  const client = getClient({ socketPath: platform.socketPath, token: 'one' });
  t.after(() => client.close());
  const { election, events } = await joined(t, platform, { client, checkinIntervalMs: 300 });
  const [term] = await once(election, 'elected');
  // The answer is there before the fence, and looked at after it.
  client.use({ onResponse: () => beBusy(term.remainingMs + 5) });
  election.on('lost', () => void election.resign());
  await within(once(election, 'lost'), 'the term is lost');
  assert.equal(election.isPrimary, false);
  await election.close();
  assert.deepEqual(
    events.map(([event]) => event),
    ['elected', 'lost'],
  );
});

test('what listeners throw is an uncaught exception: looking throws nothing, loops end, and the platform is told', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const script = `
    const { joinElection } = require(${LIVE});
    const { once } = require('node:events');
    const uncaught = [];
    process.on('uncaughtException', (error, origin) => uncaught.push(origin + ' ' + error.message));
    (async () => {
      const options = { socketPath: process.argv[1], token: 'one', instanceId: 'one', checkinIntervalMs: 10 };
      const election = await joinElection({ ...options, deadlineMs: 200 });
      for (const event of ['elected', 'lost']) election.on(event, () => { throw new Error(event); });
      election.once('checkin', () => { throw new Error('checkin'); });
      const terms = election.terms();
      const { value: term } = await terms.next();
      await once(election, 'checkin');
      const end = Date.now() + 250;
      while (Date.now() < end);
      const primary = election.isPrimary;
      await terms.next();
      const next = terms.next();
      await election.resign();
      console.log(JSON.stringify({ uncaught, primary, aborted: term.signal.aborted, done: (await next).done }));
    })();`;
  const { code, stdout, stderr } = await runScript(script, [platform.socketPath]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), {
    uncaught: ['elected', 'checkin', 'lost', 'elected', 'lost'].map((event) => `uncaughtException ${event}`),
    primary: false,
    aborted: true,
    done: true,
  });
  assert.equal(platform.checkins.at(-1)?.electable, false);
});

test('a listener of elected that gives up: later listeners are not told of a term that is over', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const election = await joinElection({ socketPath: platform.socketPath, token: 'one', instanceId: 'one' });
  const told = [];
  election.on('elected', () => void election.resign());
  election.on('elected', () => told.push('elected'));
  election.on('lost', () => told.push('lost'));
  await within(once(election, 'lost'), 'it gives up');
  await election.resign();
  assert.deepEqual(told, ['lost']);
});

test('a listener of elected that gives up, and goes on with its work, is waited for', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const election = await joinElection({ socketPath: platform.socketPath, token: 'one', instanceId: 'one' });
  /** @type {boolean | undefined} */
  let told;
  election.on('elected', async () => {
    void election.resign();
    await sleep(300);
    told = platform.checkins.some(({ electable }) => !electable);
  });
  await within(once(election, 'lost'), 'it gives up');
  await election.resign();
  assert.equal(told, false);
  assert.equal(platform.primary, null);
});

test('work that rejects does not keep resign() from waiting for other work, nor from ending', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 60_000 });
  const { election, named } = await joined(t, platform, { checkinIntervalMs: 20 });
  /** @type {string[]} */
  const done = [];
  election.on('elected', async ({ signal }) => {
    await once(signal, 'abort');
    throw new Error('of the work');
  });
  election.on('elected', async ({ signal }) => {
    await once(signal, 'abort');
    await sleep(100);
    done.push('work');
  });
  await within(once(election, 'elected'), 'it is elected');
  await within(election.resign(), 'it gives up');
  assert.deepEqual(done, ['work']);
  assert.deepEqual(
    named('error').map(({ message }) => message),
    ['of the work'],
  );
});

test('while resign() waits for work, no check-in asks to be elected again', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { election } = await joined(t, platform, { checkinIntervalMs: 50 });
  election.on('elected', ({ signal }) => once(signal, 'abort').then(() => sleep(300)));
  await within(once(election, 'elected'), 'it is elected');
  await until(() => platform.checkins.length > 2, 'it checks in');
  await once(election, 'checkin');
  const before = platform.checkins.length;
  await election.resign();
  assert.deepEqual(
    platform.checkins.slice(before).map(({ electable }) => electable),
    [false],
  );
});

test('a check-in that is given up because of resign() is no error', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { election, named } = await joined(t, platform, { checkinIntervalMs: 20 });
  await once(election, 'elected');
  let hanging = 0;
  platform.answer = ({ electable }) => {
    if (!electable) return undefined;
    hanging += 1;
    return new Promise(() => {});
  };
  await until(() => hanging > 0, 'a check-in is on its way');
  await election.resign();
  assert.deepEqual(named('error'), []);
});

test('null in the place of data is an error with a code', async (t) => {
  const { socketPath } = await httpServer(t, (_request, response) => json(response, { data: null }));
  const options = { socketPath, token: 'one', instanceId: 'one' };
  for (const data of [null, 7, 'text', []]) {
    const { socketPath } = await httpServer(t, (_request, response) => json(response, { data }));
    await assert.rejects(joinElection({ ...options, socketPath }), { code: 'ERR_CYCLE_BAD_ANSWER' }, String(data));
  }
  const { election } = await joined(t, { socketPath }, { deadlineMs: 20_000, checkinIntervalMs: 20 });
  const [error] = await within(
    once(election, 'error').catch((error) => [error]),
    'it is reported',
  );
  assert.equal(error.code, 'ERR_CYCLE_BAD_ANSWER');
});

test('a deadline beyond the longest timer is one as any other', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000, setting: '52w' });
  const { election, named } = await joined(t, platform, { checkinIntervalMs: 20 });
  await within(once(election, 'elected'), 'it is elected');
  await until(() => platform.checkins.length > 5, 'it checks in');
  assert.deepEqual(named('error'), []);
  assert.deepEqual(named('lost'), []);
});

test('a server that asks to wait for days is asked again after five minutes', async () => {
  const { Backoff } = await import('../lib/live/backoff.mjs');
  const backoff = new Backoff({ baseMs: 100, mostMs: 1000 });
  assert.equal(backoff.next({ retryAfterMs: 99_999_000 }), 300_000);
  assert.equal(backoff.next({ retryAfterMs: Number.POSITIVE_INFINITY }), 300_000);
  assert.equal(backoff.next({ retryAfterMs: 7000 }), 7000);
});
