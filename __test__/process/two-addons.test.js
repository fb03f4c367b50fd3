'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const addons = require('../peers/addons.js');
const { run } = require('../peers/child.js');
const { startedSimulator } = require('../peers/started-simulator.js');

const root = path.join(__dirname, '../..');
const program = path.join(__dirname, 'scripts', 'two-addons.js');

const TOOLS = ['NativeClosing', 'NativeSimulator', 'ProtocolCaller', 'ProtocolEngine', 'startSimulator'];

test('production loads neither the protocol engine nor the simulator', () => {
  const [production, tools] = [addons.production, addons.tools].map((file) =>
    Object.keys(require(path.join(root, file))),
  );
  assert.deepEqual(tools.filter((name) => !production.includes(name)).sort(), TOOLS);
  assert.deepEqual(
    production.filter((name) => !tools.includes(name)),
    [],
  );
});

test('clients, sockets and metadata are of the addon of production, protocols and the simulator of the other', async (t) => {
  const { socketPath, token, metadataPath } = await startedSimulator(t);
  const client = ['getClient({ token, socketPath }).GET("/v1/environment")', [addons.production]];
  const socket = ['new NotificationSocket({ token, socketPath }).connect().close()', [addons.production]];
  const metadata = ['getEnvironmentMetadata({ path: metadataPath, validate: true })', [addons.production]];
  const caller = ['createProtocolClient(cycleProtocol, { token, socketPath }).hub.get()', [addons.tools]];
  const simulator = ['startSimulator().then((one) => one.close())', [addons.tools]];
  for (const [code, expected] of [client, socket, metadata, caller, simulator]) {
    const text = `
      const { getClient, getEnvironmentMetadata, NotificationSocket } = require('.');
      const { createProtocolClient, cycleProtocol } = require('./protocol');
      const { startSimulator } = require('./testing');
      const { socketPath, token, metadataPath } = JSON.parse(process.argv[1]);
      Promise.resolve(${code}).then(() => {
        const files = Object.keys(require.cache).filter((name) => name.endsWith('.node'));
        console.log(JSON.stringify(files.map((name) => require('node:path').basename(name))));
        process.exit();
      });`;
    const given = JSON.stringify({ socketPath, token, metadataPath });
    const child = await run(process.execPath, ['-e', text, given], { cwd: root });
    assert.equal(child.code, 0, child.stderr);
    assert.deepEqual(JSON.parse(child.stdout), expected, String(code));
  }
});

test('with both loaded, calls of both at a time, sockets and workers do not disturb each other, and the process ends', async (t) => {
  const { socketPath, token } = await startedSimulator(t);
  const child = await run(process.execPath, [program, socketPath, token]);
  assert.equal(child.stderr, '');
  assert.equal(child.code, 0);
  const answers = { plain: 200, called: 200, middle: 200, notifications: 5 };
  assert.deepEqual(JSON.parse(child.stdout), {
    both: [addons.production, addons.tools].sort(),
    main: answers,
    worker: answers,
    terminated: 1,
    after: answers,
  });
});
