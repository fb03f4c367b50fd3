'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { getClient } = require('..');
const { joinElection } = require('../live');
const { beBusy } = require('./peers/busy.js');
const { electionPlatform } = require('./peers/election-platform.js');
const { httpServer, json } = require('./peers/http-server.js');
const { joined } = require('./peers/joined-election.js');
const { startedSimulator } = require('./peers/started-simulator.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until, within } = require('./peers/until.js');

/** A lock on the platform's answers: check-ins wait while it is held. */
function lock() {
  let release = () => {};
  const held = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  return { held, release };
}

test('the instance that is elected has a term until it resigns, and another one takes its place', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 3000 });
  const one = await joined(t, platform, { instanceId: 'one', checkinIntervalMs: 20 });
  const [term] = await once(one.election, 'elected');
  assert.equal(one.election.isPrimary, true);
  assert.equal(one.election.term, term);
  assert.ok(term.remainingMs > 0 && term.remainingMs <= 2400, String(term.remainingMs));
  assert.ok(term.since instanceof Date);
  assert.equal(term.signal.aborted, false);

  const two = await joined(t, platform, { instanceId: 'two', checkinIntervalMs: 20 });
  const [{ primaryInstanceId }] = await once(two.election, 'checkin');
  assert.equal(primaryInstanceId, 'one');
  assert.equal(two.election.isPrimary, false);
  assert.equal(two.election.term, undefined);

  await one.election.resign();
  assert.equal(term.signal.reason.code, 'ERR_CYCLE_RESIGNED');
  assert.equal(term.remainingMs, 0);
  assert.deepEqual(one.named('lost'), [term.signal.reason]);
  await until(() => two.election.isPrimary, 'the other one is elected');
  assert.deepEqual(
    platform.checkins.filter(({ electable }) => !electable),
    [{ id: 'one', electable: false, priority: 0 }],
  );
  const before = platform.checkins.filter(({ id }) => id === 'one').length;
  await sleep(60);
  assert.equal(platform.checkins.filter(({ id }) => id === 'one').length, before, 'who resigned checks in no more');
});

test('a renewal that hangs ends the term at the fence, and no later than the platform elects another', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 600 });
  const one = await joined(t, platform, { instanceId: 'one', checkinIntervalMs: 50 });
  const [term] = await once(one.election, 'elected');
  const { held, release } = lock();
  platform.answer = ({ id }) => (id === 'one' ? held.then(() => 'drop') : undefined);
  const two = await joined(t, platform, { instanceId: 'two', checkinIntervalMs: 20 });
  await once(two.election, 'elected');
  assert.equal(one.election.isPrimary, false);
  assert.equal(term.signal.reason.code, 'ERR_CYCLE_LEASE_LOST');
  assert.equal(one.named('lost').length, 1);
  await until(
    () => one.named('error').some(({ code }) => code === 'ERR_CYCLE_LEASE_LATE'),
    'the late check-in is given up',
  );
  release();
});

test('a check-in that is answered after the fence does not count', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 300 });
  const waits = [];
  platform.answer = async () => {
    const { held, release } = lock();
    waits.push(release);
    await held;
  };
  const { election, named } = await joined(t, platform, { checkinIntervalMs: 50 });
  await until(() => waits.length === 1, 'the first check-in is there');
  beBusy(260);
  waits[0]();
  await until(() => named('error').length + waits.length > 1, 'the next check-in is made');
  assert.equal(election.isPrimary, false);
  assert.deepEqual(named('elected'), []);
  platform.answer = undefined;
  for (const release of waits) release();
  await until(() => election.isPrimary, 'it is elected in time');
});

test('after the loop was blocked beyond the fence, whoever looks first sees that the term is over', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 300 });
  const { election, named } = await joined(t, platform, { checkinIntervalMs: 50 });
  const [term] = await once(election, 'elected');
  const seen = await new Promise((resolve) => {
    setImmediate(() => {
      beBusy(310);
      // Nothing else has run in this turn, no timer and no answer.
      resolve([election.isPrimary, term.signal.aborted, term.remainingMs, named('lost').length]);
    });
  });
  assert.deepEqual(seen, [false, true, 0, 1]);
  await until(() => election.isPrimary, 'it is elected again');
  assert.notEqual(election.term, term);
});

test('the signal that a program kept aborts too, though nobody asks the election', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 200 });
  const { election } = await joined(t, platform, { checkinIntervalMs: 50 });
  const [{ signal }] = await once(election, 'elected');
  platform.answer = () => 'drop';
  await within(once(signal, 'abort'), 'the signal aborts');
  assert.equal(signal.reason.code, 'ERR_CYCLE_LEASE_LOST');
  assert.ok(signal.reason.cause, 'it says why it was not renewed');
});

test('setting the date changes nothing', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { election, named } = await joined(t, platform, { checkinIntervalMs: 30 });
  await once(election, 'elected');
  const { now } = Date;
  t.after(() => {
    Date.now = now;
  });
  for (const days of [365, -365, 0]) {
    Date.now = () => now() + days * 86_400_000;
    const before = platform.checkins.length;
    await until(() => platform.checkins.length > before + 3, 'check-ins go on');
    assert.equal(election.isPrimary, true);
  }
  assert.deepEqual(named('lost'), []);
});

test('a primary is lost and won again, many times, each with a term of its own', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { election, named } = await joined(t, platform, { checkinIntervalMs: 10 });
  const terms = new Set();
  for (let round = 0; round < 20; round += 1) {
    platform.answer = undefined;
    await until(() => election.isPrimary, 'elected');
    terms.add(election.term);
    platform.answer = () => ({ status: 200, body: { data: { primary_instance_id: round % 2 ? null : 'other' } } });
    await until(() => !election.isPrimary, 'lost');
  }
  assert.equal(terms.size, 20);
  assert.deepEqual(named('elected'), [...terms]);
  assert.equal(named('lost').length, 20);
  assert.match(named('lost')[0].message, /instance other is the primary/);
  assert.match(named('lost')[1].message, /there is no primary/);
});

test('a loop over terms waits for each next one, and ends after resign()', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { election } = await joined(t, platform, { checkinIntervalMs: 10 });
  /** @type {any[]} */
  const seen = [];
  const loop = (async () => {
    for await (const term of election.terms()) {
      seen.push(term);
      if (seen.length === 3) {
        void election.resign();
        continue;
      }
      platform.answer = () => ({ status: 200, body: { data: { primary_instance_id: null } } });
      await new Promise((resolve) => term.signal.addEventListener('abort', resolve));
      platform.answer = undefined;
    }
  })();
  await within(loop, 'the loop ends');
  assert.equal(new Set(seen).size, 3);
  assert.deepEqual(await election.terms().next(), { done: true, value: undefined });
});

test('resign() ends the work of the term before it tells the platform', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { election } = await joined(t, platform, { checkinIntervalMs: 20 });
  /** @type {string[]} */
  const order = [];
  platform.answer = ({ electable }) => void (electable || order.push('told'));
  const loop = (async () => {
    for await (const { signal } of election.terms()) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await sleep(30);
      order.push('loop');
    }
  })();
  election.once('elected', async ({ signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await sleep(50);
    order.push('listener');
  });
  await until(() => election.isPrimary, 'elected');
  const resigned = election.resign();
  assert.equal(election.isPrimary, false);
  assert.equal(election.resign(), resigned);
  await resigned;
  assert.deepEqual(order, ['loop', 'listener', 'told']);
  await loop;
});

test('work that does not end keeps an instance from giving up no longer than to the fence', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 400 });
  const { election } = await joined(t, platform, { checkinIntervalMs: 50 });
  election.on('elected', () => new Promise(() => {}));
  await until(() => election.isPrimary, 'elected');
  await within(election.resign(), 'it gives up');
  assert.equal(platform.primary, null);
});

test('who never was the primary resigns too, so that it is not elected later', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  await joined(t, platform, { instanceId: 'one', checkinIntervalMs: 20 }).then(({ election }) =>
    once(election, 'elected'),
  );
  const two = await joined(t, platform, { instanceId: 'two', checkinIntervalMs: 20 });
  await once(two.election, 'checkin');
  await two.election.resign();
  assert.equal(
    platform.checkins.at(-1)?.electable === false ||
      platform.checkins.some(({ id, electable }) => id === 'two' && !electable),
    true,
  );
});

test('resign() waits for the check-in that is on its way, so that it is not the last word', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { election } = await joined(t, platform, { checkinIntervalMs: 20 });
  await once(election, 'elected');
  const { held, release } = lock();
  let waiting = 0;
  platform.answer = ({ electable }) => {
    if (!electable) return undefined;
    waiting += 1;
    return held;
  };
  await until(() => waiting === 1, 'a check-in is on its way');
  const resigned = election.resign();
  setTimeout(release, 20);
  await resigned;
  assert.equal(platform.checkins.at(-1)?.electable, false);
  assert.equal(platform.primary, null);
});

test('resign() rejects when the platform cannot be told; close() emits it', async (t) => {
  const platform = await electionPlatform(t);
  const one = await joined(t, platform, { checkinIntervalMs: 20 });
  await once(one.election, 'elected');
  platform.answer = ({ electable }) =>
    electable ? undefined : { status: 500, error: { code: '500.unknown', title: 'Oh.' } };
  await assert.rejects(
    one.election.resign(),
    (/** @type {any} */ error) => error.code === 'ERR_CYCLE_API' && error.status === 500,
  );
  assert.equal(one.election.isPrimary, false);

  const two = await joined(t, platform, { instanceId: 'two', checkinIntervalMs: 20 });
  await once(two.election, 'checkin');
  await two.election.close();
  assert.deepEqual(
    two.named('error').map(({ status }) => status),
    [500],
  );
});

test('an aborted signal ends the election, gives up, and is what loops throw', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const stop = new AbortController();
  const { election } = await joined(t, platform, { checkinIntervalMs: 20, signal: stop.signal });
  const [term] = await once(election, 'elected');
  const loop = (async () => {
    for await (const { signal } of election.terms()) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
  })();
  await sleep(1);
  const reason = new Error('stop');
  stop.abort(reason);
  assert.equal(election.isPrimary, false);
  assert.equal(term.signal.aborted, true);
  await assert.rejects(loop, reason);
  await until(() => platform.primary === null, 'the platform is told');
  await assert.rejects(
    joinElection({ socketPath: platform.socketPath, token: 'x', instanceId: 'x', signal: stop.signal }),
    reason,
  );
});

test('elections that are switched off while running end the term at once, and are joined again', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { election, named } = await joined(t, platform, { checkinIntervalMs: 20 });
  const [{ signal }] = await once(election, 'elected');
  platform.answer = () => ({ status: 404, error: { status: 404, code: '404.ha-service.session', title: 'Off.' } });
  await until(() => named('error').length > 0, 'the error is emitted');
  assert.equal(named('error')[0].code, 'ERR_CYCLE_ELECTIONS_OFF');
  assert.match(named('error')[0].message, /stale_primary_deadline/);
  assert.equal(signal.reason.code, 'ERR_CYCLE_LEASE_LOST');
  assert.equal(signal.reason.cause, named('error')[0]);
  assert.equal(election.isPrimary, false);
  platform.answer = undefined;
  await until(() => election.isPrimary, 'elected again');
});

test('the deadline is that of the container, and missing elections are an error with the name of the setting', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 90_000, setting: '1m30s' });
  const { election } = await joined(t, platform);
  const [{ remainingMs }] = await once(election, 'elected');
  assert.ok(remainingMs > 60_000 && remainingMs <= 72_000, String(remainingMs));
  platform.setting = null;
  await assert.rejects(
    joined(t, platform),
    (/** @type {any} */ error) =>
      error.code === 'ERR_CYCLE_ELECTIONS_OFF' && /ha_elections\.stale_primary_deadline/.test(error.message),
  );
  platform.setting = 'soon';
  await assert.rejects(joined(t, platform), { code: 'ERR_CYCLE_BAD_ANSWER' });
});

test('joining waits for an API that is not there yet, and stops waiting when the signal aborts', async (t) => {
  const socketPath = temporarySocketPath(t);
  const stop = new AbortController();
  const never = joinElection({ socketPath, token: 't', instanceId: 'one', signal: stop.signal });
  const joining = joinElection({ socketPath, token: 't', instanceId: 'one' });
  await sleep(50);
  const reason = new Error('enough');
  stop.abort(reason);
  await assert.rejects(never, reason);
  let busy = 0;
  const server = require('node:http').createServer((request, response) => {
    busy += 1;
    if (busy === 1) json(response, { data: null, error: { code: '503.not-ready' } }, 503);
    else if (request.url === '/v1/container') {
      json(response, { data: { config: { deploy: { ha_elections: { stale_primary_deadline: '15s' } } } } });
    } else json(response, { data: { primary_instance_id: 'one' } });
  });
  server.listen(socketPath);
  t.after(() => server.close());
  const election = await within(joining, 'it joins');
  await once(election, 'elected');
  await election.close().catch(() => {});
});

test('what does not pass by waiting rejects: 401, 403, an answer of another shape', async (t) => {
  let answer = /** @type {[unknown, number]} */ ([{ data: null, error: { code: '401.auth-invalid' } }, 401]);
  const { socketPath } = await httpServer(t, (_, response) => json(response, answer[0], answer[1]));
  const options = { socketPath, token: 'secret-token', instanceId: 'one' };
  await assert.rejects(joinElection(options), { code: 'ERR_CYCLE_API', status: 401, apiCode: '401.auth-invalid' });
  answer = [{ data: null, error: { code: '403.permissions' } }, 403];
  await assert.rejects(joinElection(options), (/** @type {any} */ error) => {
    assert.match(error.message, /needs scope `self`.*runtime\.internal_api\.scope/);
    assert.doesNotMatch(error.message + error.stack, /secret-token/);
    return error.code === 'ERR_CYCLE_API';
  });
  const { socketPath: garbled } = await httpServer(t, (_, response) => response.end('<html>'));
  await assert.rejects(joinElection({ ...options, socketPath: garbled }), { code: 'ERR_CYCLE_INVALID_JSON' });
  for (const body of [{ nothing: 1 }, [], 'text', null]) {
    answer = [body, 200];
    await assert.rejects(joinElection(options), { code: 'ERR_CYCLE_BAD_ANSWER' }, JSON.stringify(body));
  }
});

test('check-ins with bad answers, or none, are reported and tried again, and the last term is not extended', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { election, named } = await joined(t, platform, { checkinIntervalMs: 10 });
  await once(election, 'elected');
  const answers = [
    { status: 200, body: { data: { primary_instance_id: 7 } } },
    { status: 200, body: { data: {} } },
    { status: 401, error: { code: '401.auth-invalid' } },
    { status: 429, error: { code: '429.rate-limiting' } },
    'drop',
  ];
  const { length } = answers;
  platform.answer = () => answers.shift();
  await until(() => named('error').length >= length, 'all are reported');
  assert.deepEqual(
    named('error')
      .slice(0, 2)
      .map(({ code }) => code),
    ['ERR_CYCLE_BAD_ANSWER', 'ERR_CYCLE_BAD_ANSWER'],
  );
  assert.deepEqual(
    named('error')
      .slice(2, 4)
      .map(({ status }) => status),
    [401, 429],
  );
  assert.equal(election.isPrimary, true, 'the term lasts until its fence');
});

test('a client that was given is used and left open; once it is closed, the election is over with an error', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const client = getClient({ socketPath: platform.socketPath, token: 'one' });
  const first = await joined(t, platform, { client, checkinIntervalMs: 10 });
  await once(first.election, 'elected');
  await first.election.close();
  assert.equal((await client.GET('/v1/container')).response.status, 200);

  const second = await joined(t, platform, { client, checkinIntervalMs: 10 });
  await once(second.election, 'elected');
  const loop = second.election.terms();
  await loop.next();
  void client.close();
  await assert.rejects(loop.next(), { code: 'ERR_CYCLE_CLOSED' });
  assert.equal(second.election.isPrimary, false);
});

test('a listener that throws does not stop the election, and its error is not lost', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { election, named } = await joined(t, platform, { checkinIntervalMs: 10 });
  election.on('elected', async () => {
    throw new Error('in the work');
  });
  await until(() => named('error').length === 1, 'it is emitted');
  assert.equal(named('error')[0].message, 'in the work');
  assert.equal(election.isPrimary, true);
});

test('without anybody who listens to errors, a failed check-in throws nothing', async (t) => {
  const platform = await electionPlatform(t, { deadlineMs: 20_000 });
  const { socketPath } = platform;
  const election = await joinElection({ socketPath, token: 'one', instanceId: 'one', checkinIntervalMs: 10 });
  t.after(() => election.close());
  platform.answer = () => ({ status: 500, error: { code: '500.unknown' } });
  await until(() => platform.checkins.length >= 2, 'it goes on');
  platform.answer = undefined;
  await until(() => election.isPrimary, 'elected');
});

const WRONG = /** @type {[any, string][]} */ ([
  [null, 'ERR_INVALID_ARG_VALUE'],
  ['text', 'ERR_INVALID_ARG_VALUE'],
  [{ priorty: 1 }, 'ERR_INVALID_ARG_VALUE'],
  [{ priority: '1' }, 'ERR_INVALID_ARG_TYPE'],
  [{ priority: 1.5 }, 'ERR_OUT_OF_RANGE'],
  [{ priority: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
  [{ priority: Number.NaN }, 'ERR_OUT_OF_RANGE'],
  [{ deadlineMs: 0 }, 'ERR_OUT_OF_RANGE'],
  [{ deadlineMs: '45s' }, 'ERR_INVALID_ARG_TYPE'],
  [{ deadlineMs: Number.POSITIVE_INFINITY }, 'ERR_OUT_OF_RANGE'],
  [{ checkinIntervalMs: -1 }, 'ERR_OUT_OF_RANGE'],
  [{ checkinIntervalMs: 80, deadlineMs: 100 }, 'ERR_INVALID_ARG_VALUE'],
  [{ instanceId: 7 }, 'ERR_INVALID_ARG_TYPE'],
  [{ instanceId: '' }, 'ERR_INVALID_ARG_TYPE'],
  [{ client: {} }, 'ERR_INVALID_ARG_TYPE'],
  [{ token: 7 }, 'ERR_INVALID_ARG_TYPE'],
  [{ socketPath: 7 }, 'ERR_INVALID_ARG_TYPE'],
  [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'],
]);

test('wrong options are refused with a code', async () => {
  for (const [options, code] of WRONG) {
    const given =
      options?.priorty || typeof options !== 'object' || options === null ? options : { deadlineMs: 1000, ...options };
    const complete = given && typeof given === 'object' ? { token: 't', instanceId: 'one', ...given } : given;
    await assert.rejects(joinElection(complete), { code }, JSON.stringify(options));
  }
});

test('without an instance ID, the error names the variable that the platform sets', async () => {
  const { CYCLE_INSTANCE_ID: kept } = process.env;
  delete process.env.CYCLE_INSTANCE_ID;
  try {
    await assert.rejects(
      joinElection({ token: 't', deadlineMs: 1000 }),
      (/** @type {any} */ error) =>
        error.code === 'ERR_CYCLE_NO_INSTANCE_ID' && /CYCLE_INSTANCE_ID/.test(error.message),
    );
  } finally {
    if (kept !== undefined) process.env.CYCLE_INSTANCE_ID = kept;
  }
});

test('against the simulator, instances of a container have one primary, and the next one follows', async (t) => {
  const simulator = await startedSimulator(t, { election: { deadlineMs: 2000 } });
  const { instances, self } = simulator.world;
  const [first, second] = instances
    .filter(({ container_id }) => container_id === self.container_id)
    .map(({ id }) => id);
  const { CYCLE_API_SOCKET: socketPath } = simulator.env;
  const options = (/** @type {string} */ id) => ({
    instanceId: id,
    token: simulator.tokenFor(id),
    deadlineMs: 2000,
    checkinIntervalMs: 20,
  });
  const one = await joined(t, { socketPath: String(socketPath) }, options(first));
  await once(one.election, 'elected');
  const two = await joined(t, { socketPath: String(socketPath) }, options(second));
  await once(two.election, 'checkin');
  assert.equal(two.election.isPrimary, false);
  await one.election.resign();
  await until(() => two.election.isPrimary, 'the second one follows');
});
