'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { mirrorEnvironment } = require('../live');
const { runScript } = require('./peers/child.js');
const { environmentPlatform } = require('./peers/environment-platform.js');
const { mirrored } = require('./peers/mirrored.js');
const { until, within } = require('./peers/until.js');

const LIVE = JSON.stringify(require.resolve('../live'));

test('until() resolves with what the predicate gives: at once, or after a change', async (t) => {
  const platform = await environmentPlatform(t);
  const { mirror } = await mirrored(t, platform);
  assert.equal(await mirror.until((one) => one.containers.get('c1')), mirror.containers.get('c1'));
  const later = mirror.until((one) => one === mirror && one.containers.get('c2')?.name);
  platform.lists.containers = [{ id: 'c2', name: 'two' }];
  platform.notify('container.new');
  assert.equal(await within(later, 'the change'), 'two');
});

test('until() ends by its signal, its timeout, and what the predicate throws', async (t) => {
  const platform = await environmentPlatform(t);
  const { mirror } = await mirrored(t, platform);
  const reason = new Error('enough');
  await assert.rejects(
    mirror.until(() => true, { signal: AbortSignal.abort(reason) }),
    reason,
  );
  const stop = new AbortController();
  let calls = 0;
  const counting = () => {
    calls += 1;
    return false;
  };
  const aborted = mirror.until(counting, { signal: stop.signal, timeoutMs: 60_000 });
  stop.abort(reason);
  await assert.rejects(aborted, reason);
  await assert.rejects(mirror.until(counting, { timeoutMs: 10 }), {
    name: 'TimeoutError',
    code: 'ERR_CYCLE_TIMEOUT',
    message: /10 ms/,
  });
  assert.equal(calls, 2);

  const thrown = new Error('thrown');
  const fault = () => {
    throw thrown;
  };
  await assert.rejects(mirror.until(fault), thrown);
  const laterThrown = mirror.until((one) => !one.containers.has('c1') && fault());
  const other = mirror.until((one) => !one.containers.has('c1'));
  platform.lists.containers = [];
  platform.notify('container.state.changed');
  await assert.rejects(laterThrown, thrown);
  assert.equal(await other, true, 'others are not concerned');
  assert.equal(calls, 2, 'what has ended is not asked any more');
  await assert.rejects(
    mirror.until(async () => false),
    { code: 'ERR_INVALID_ARG_TYPE', message: /promise/ },
  );
});

test('until() refuses what it does not take', async (t) => {
  const { mirror } = await mirrored(t, await environmentPlatform(t));
  /** @type {[any[], string][]} */
  const wrong = [
    [[], 'ERR_INVALID_ARG_TYPE'],
    [['x'], 'ERR_INVALID_ARG_TYPE'],
    [[() => true, null], 'ERR_INVALID_ARG_VALUE'],
    [[() => true, { timeout: 5 }], 'ERR_INVALID_ARG_VALUE'],
    [[() => true, { timeoutMs: '5' }], 'ERR_INVALID_ARG_TYPE'],
    [[() => true, { timeoutMs: -1 }], 'ERR_OUT_OF_RANGE'],
    [[() => true, { timeoutMs: Number.NaN }], 'ERR_OUT_OF_RANGE'],
    [[() => true, { signal: {} }], 'ERR_INVALID_ARG_TYPE'],
  ];
  for (const [args, code] of wrong) {
    await assert.rejects(Reflect.apply(mirror.until, mirror, args), { code }, JSON.stringify(args));
  }
});

test('every option of a wrong type or range is refused, by name', async (t) => {
  const { socketPath } = await environmentPlatform(t);
  /** @type {[string, any[], string][]} */
  const wrong = [
    ['resources', ['containers', null, 5, {}], 'ERR_INVALID_ARG_TYPE'],
    ['resources', [[], ['container'], [null], [undefined], ['toString'], ['containers', 'x']], 'ERR_INVALID_ARG_VALUE'],
    ['client', [null, {}, 'x', 5], 'ERR_INVALID_ARG_TYPE'],
    ['socketPath', [null, '', 5], 'ERR_INVALID_ARG_TYPE'],
    ['token', [null, '', 5, {}], 'ERR_INVALID_ARG_TYPE'],
    ['signal', [null, {}, 'x'], 'ERR_INVALID_ARG_TYPE'],
    ['resync', [5], 'ERR_INVALID_ARG_VALUE'],
  ];
  for (const name of [
    'resyncMs',
    'minIntervalMs',
    'pollMs',
    'idleTimeoutMs',
    'reconnectBaseDelayMs',
    'reconnectMaxDelayMs',
  ]) {
    wrong.push([name, ['5', null, {}, 5n, [5]], 'ERR_INVALID_ARG_TYPE']);
    wrong.push([name, [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31], 'ERR_OUT_OF_RANGE']);
  }
  wrong.push(['resyncMs', [0], 'ERR_OUT_OF_RANGE'], ['pollMs', [0], 'ERR_OUT_OF_RANGE']);
  for (const [name, values, code] of wrong) {
    for (const value of values) {
      const options = { socketPath, token: 'token', [name]: value };
      await assert.rejects(mirrorEnvironment(options), { code, message: new RegExp(name) }, `${name} ${String(value)}`);
    }
  }
  for (const options of [null, 5, 'x']) {
    await assert.rejects(mirrorEnvironment(/** @type {any} */ (options)), { code: 'ERR_INVALID_ARG_VALUE' });
  }
  await assert.rejects(mirrorEnvironment(/** @type {any} */ ({ resources: ['instance'] })), /did you mean instances/);
});

test('a token that no header can have is refused, with nothing left behind and the token not shown', async (t) => {
  const { socketPath } = await environmentPlatform(t);
  const stop = new AbortController();
  let listeners = 0;
  const { signal } = stop;
  signal.addEventListener = () => (listeners += 1);
  await assert.rejects(
    mirrorEnvironment({ socketPath, signal, token: 'secret\nsecret' }),
    (/** @type {any} */ error) => {
      assert.ok(!error.message.includes('secret'));
      return error instanceof Error;
    },
  );
  assert.equal(listeners, 0);
});

test('a resource that is named twice is asked for once', async (t) => {
  const platform = await environmentPlatform(t);
  await mirrored(t, platform, { resources: ['containers', 'containers'] });
  assert.equal(platform.asked.length, 1);
});

test('what a listener throws is an uncaught exception, and the mirror goes on', async (t) => {
  const platform = await environmentPlatform(t);
  const script = `
    const { mirrorEnvironment } = require(${LIVE});
    const uncaught = [];
    process.on('uncaughtException', (error, origin) => uncaught.push(origin + ' ' + error.message));
    (async () => {
      const mirror = await mirrorEnvironment({ socketPath: process.argv[1], token: 't', minIntervalMs: 0 });
      mirror.on('change', ({ resource }) => { throw new Error(resource); });
      mirror.on('error', ({ code }) => { throw new Error(code); });
      console.log('ready');
      await mirror.until(({ containers }) => containers.has('last'));
      await mirror.until(({ freshness }) => freshness.synced);
      console.log(JSON.stringify({ uncaught, ids: [...mirror.containers.keys()] }));
      await mirror.close();
    })();`;
  platform.answer = ({ resource, index }) => {
    if (resource !== 'containers') return undefined;
    if (index === 2) return { status: 200, body: { data: 'x' } };
    const id = ['first', 'second', 'x', 'last'][index] ?? 'last';
    platform.lists.containers = [{ id }];
    if (index < 3) setTimeout(() => platform.notify('container.new'), 20);
    return undefined;
  };
  const { code, stdout, stderr } = await runScript(script, [platform.socketPath]);
  assert.equal(code, 0, stderr);
  const { uncaught, ids } = JSON.parse(stdout.split('\n')[1]);
  assert.deepEqual(ids, ['last']);
  assert.deepEqual(uncaught, [
    'uncaughtException containers',
    'uncaughtException ERR_CYCLE_BAD_ANSWER',
    'uncaughtException containers',
  ]);
});

test('without an uncaught-exception handler, what a listener throws ends the process', async (t) => {
  const platform = await environmentPlatform(t);
  const script = `
    const { mirrorEnvironment } = require(${LIVE});
    mirrorEnvironment({ socketPath: process.argv[1], token: 't', minIntervalMs: 0 }).then((mirror) => {
      mirror.on('change', () => { throw new Error('mine'); });
    });`;
  platform.answer = ({ resource, index }) => {
    if (resource === 'containers' && index === 0) {
      setTimeout(() => {
        platform.lists.containers = [];
        platform.notify('container.new');
      }, 20);
    }
  };
  const { code, stderr } = await runScript(script, [platform.socketPath]);
  assert.equal(code, 1);
  assert.match(stderr, /Error: mine/);
});

test('it keeps the process alive, unless `unref()` was called', async (t) => {
  const platform = await environmentPlatform(t);
  const script = (/** @type {string} */ call) => `
    const { mirrorEnvironment } = require(${LIVE});
    process.on('exit', (code) => console.log('exit', code));
    mirrorEnvironment({ socketPath: process.argv[1], token: 't' }).then((mirror) => { mirror${call}; console.log('ready'); });`;
  const released = await runScript(script('.unref()'), [platform.socketPath]);
  assert.deepEqual([released.code, released.stdout], [0, 'ready\nexit 0\n']);
  await until(() => platform.peers.size === 0, 'the process is gone');
  const held = runScript(script('.unref().ref()'), [platform.socketPath], { limitMs: 3000 });
  assert.equal((await held).signal, 'SIGKILL', 'it lives until it is killed');
});

test('one listener for the signal of many waits, and none afterwards', async (t) => {
  const platform = await environmentPlatform(t);
  const stop = new AbortController();
  const warnings = [];
  const onWarning = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  const { mirror } = await mirrored(t, platform, { signal: stop.signal });
  const waits = Array.from({ length: 50 }, () =>
    mirror.until(({ containers }) => containers.size === 0, { signal: stop.signal }),
  );
  platform.lists.containers = [];
  platform.notify('container.new');
  await Promise.all(waits);
  assert.deepEqual(warnings, []);
  await mirror.close();
  const { getEventListeners } = require('node:events');
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
});

test('100,000 changes leave nothing behind', async (t) => {
  const platform = await environmentPlatform(t);
  const script = `
    const { mirrorEnvironment } = require(${LIVE});
    const list = Array.from({ length: 1000 }, (_, n) => ({ id: 'i' + n, version: 0, state: { current: 'running' } }));
    let total = 0;
    let version = 0;
    // Each list differs in 1000 entries.
    const client = { GET: async () => {
      version += 1;
      return { data: { data: list.map((entry) => ({ ...entry, version })) }, response: { ok: true } };
    } };
    const heap = () => { gc(); gc(); return process.memoryUsage().heapUsed; };
    (async () => {
      const options = { client, socketPath: process.argv[1], token: 't', resources: ['instances'], minIntervalMs: 0, resyncMs: 1 };
      const mirror = await mirrorEnvironment(options);
      const marks = {};
      mirror.on('change', ({ changed }) => { total += changed.length; });
      for (const mark of [20000, 100000]) {
        await mirror.until(() => total >= mark);
        marks[mark] = heap();
      }
      console.log(JSON.stringify(marks));
      await mirror.close();
    })();`;
  const { code, stdout, stderr } = await runScript(script, [platform.socketPath], { node: ['--expose-gc'] });
  assert.equal(code, 0, stderr);
  const marks = JSON.parse(stdout);
  assert.ok(marks[100_000] - marks[20_000] < 1024 * 1024, stdout);
});

test('events of several mirrors and an `once` of node:events work', async (t) => {
  const platform = await environmentPlatform(t);
  const one = await mirrored(t, platform);
  const two = await mirrored(t, platform);
  const both = [one, two].map(({ mirror }) => once(mirror, 'change'));
  platform.lists.containers = [];
  platform.notify('container.new');
  for (const [change] of await within(Promise.all(both), 'both')) {
    assert.equal(change.removed.length, 1);
  }
});

test('a predicate or a listener may close the mirror, which is silent from then on', async (t) => {
  const platform = await environmentPlatform(t);
  const { mirror, changes } = await mirrored(t, platform);
  const closing = mirror.until((one) => {
    if (one.containers.size === 0) void one.close();
    return one.containers.size === 0;
  });
  platform.lists.containers = [];
  platform.notify('container.new');
  await assert.rejects(closing, { code: 'ERR_CYCLE_CLOSED' });
  assert.deepEqual(changes, []);
  const other = await mirrored(t, platform);
  other.mirror.on('change', () => other.mirror.close());
  platform.lists.containers = [{ id: 'c3' }];
  platform.notify('container.new');
  await until(() => other.mirror.freshness.reason === 'closed', 'it is closed');
  assert.equal(other.changes.length, 1);
});
