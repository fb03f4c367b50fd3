'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const { run } = require('./peers/child.js');
const { startedSimulator } = require('./peers/started-simulator.js');

const FUNCTIONS = ['watchEnvironmentMetadata', 'watchScopedVariables', 'watchCertificates'];

/**
 * Runs a program that has the module as `live`, with the environment of a simulator.
 *
 * @param {import('../testing').Simulator} simulator
 * @param {string} program
 */
function runWith(simulator, program) {
  const script = `const live = require('./live'); (async () => { ${program} })();`;
  return run(process.execPath, ['-e', script], {
    cwd: path.join(__dirname, '..'),
    env: { ...process.env, ...simulator.env },
  });
}

for (const name of FUNCTIONS) {
  test(`${name} lets the process end after unref, and after close`, async (t) => {
    const simulator = await startedSimulator(t);
    for (const end of ['(await watch).unref()', 'await (await watch).close()']) {
      const program = `const watch = live.${name}(); ${end}; process.on('exit', () => console.log('ended'));`;
      const { code, stdout, stderr } = await runWith(simulator, program);
      assert.deepEqual([code, stdout, stderr], [0, 'ended\n', ''], end);
    }
  });

  test(`${name} keeps the process alive while it works, and after ref`, async (t) => {
    const simulator = await startedSimulator(t);
    const program = `
      const watch = await live.${name}();
      watch.unref().ref();
      // Nothing but the watch keeps the process alive.
      setTimeout(() => watch.close().then(() => console.log('closed')), 300).unref();
    `;
    const { code, stdout, stderr } = await runWith(simulator, program);
    assert.deepEqual([code, stdout, stderr], [0, 'closed\n', '']);
  });
}

test('what is not closed ends with the signal', async (t) => {
  const simulator = await startedSimulator(t);
  const program = `
    const stop = new AbortController();
    const watches = await Promise.all(${JSON.stringify(FUNCTIONS)}.map((name) => live[name]({ signal: stop.signal })));
    console.log(watches.length);
    stop.abort();
  `;
  const { code, stdout, stderr } = await runWith(simulator, program);
  assert.deepEqual([code, stdout, stderr], [0, '3\n', '']);
});

test('waitForApi and remember leave nothing behind that keeps the process alive', async (t) => {
  const simulator = await startedSimulator(t);
  const program = `
    await live.waitForApi();
    console.log(await live.remember('key', { scope: 'container', expires: '1h' }, () => 'value'));
  `;
  const { code, stdout, stderr } = await runWith(simulator, program);
  assert.deepEqual([code, stdout, stderr], [0, 'value\n', '']);
});
