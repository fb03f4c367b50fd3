'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const { printedBy } = require('./peers/child.js');
const { wsServer } = require('./peers/notification-server.js');

const library = JSON.stringify(path.join(__dirname, '..'));

/** What takes the place of Node's timers, as a test runner does it: for the globals alone, or for its modules too. */
const FAKES = {
  'node:test': `const { mock } = require('node:test');
    mock.timers.enable({ apis: ['setInterval', 'setTimeout', 'setImmediate', 'Date'] });
    const restore = () => mock.timers.reset();`,
  globals: `const real = { setImmediate, setTimeout, queueMicrotask };
    Object.assign(globalThis, { setImmediate() {}, setTimeout() {}, queueMicrotask() {} });
    const restore = () => Object.assign(globalThis, real);`,
};

for (const [name, fake] of Object.entries(FAKES)) {
  test(`fake timers of ${name} stop nothing`, async (t) => {
    const { socketPath } = await wsServer(t, (peer) => {
      for (let n = 0; n < 3000; n += 1) {
        peer.send(String(n));
      }
    });
    const script = `const { connectNotifications } = require(${library});
      ${fake}
      const socket = connectNotifications({ socketPath: process.argv[1] });
      let next = 0;
      socket.on('notification', async (n) => {
        if (n !== next) throw new Error(\`\${n} instead of \${next}\`);
        next += 1;
        if (next !== 3000) return;
        socket.close();
        await socket[Symbol.asyncDispose]();
        console.log('disposed');
        restore();
        socket.removeAllListeners('notification');
        for await (const n of socket.connect()) {
          if (n === 2999) break;
        }
        console.log('and again');
        socket.close();
      });
      socket.on('close', (code) => console.log('close', code));`;
    const stdout = await printedBy(script, [socketPath]);
    assert.deepEqual(stdout.split('\n'), ['close 1005', 'disposed', 'and again', 'close 1005']);
  });
}
