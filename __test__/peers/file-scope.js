'use strict';

const { after } = require('node:test');

/**
 * A scope that lasts as long as the test file. (`after` of node:test can't be handed on: within a hook it belongs to the hook.)
 *
 * @returns {{ after: (hook: () => unknown) => void }}
 */
function fileScope() {
  const hooks = [];
  after(async () => {
    for (const hook of hooks.reverse()) await hook();
  });
  return { after: (hook) => void hooks.push(hook) };
}

module.exports = { fileScope };
