'use strict';

// Prints the native resources that loading the package makes, and those that a first call makes.
const { createHook } = require('node:async_hooks');

/** @type {string[]} */
let made = [];
const hook = createHook({
  init(_id, type) {
    if (!['PROMISE', 'TickObject', 'Immediate', 'Timeout'].includes(type)) made.push(type);
  },
}).enable();

const { getClient } = require('../../..');
require('../../../testing');
require('../../../protocol');

const loading = made;
made = [];
const client = getClient({ token: 't', socketPath: '/nowhere.sock' });
client.GET('/v1/hub').catch(() => {
  hook.disable();
  process.stdout.write(JSON.stringify({ loading, calling: made }));
});
