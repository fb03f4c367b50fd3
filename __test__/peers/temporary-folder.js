'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/**
 * Makes an empty folder that is gone after the test.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope a test context, or `{ after }` of node:test for the whole file
 * @returns {string} its absolute path, short enough for a socket address
 */
function temporaryFolder(scope) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cycle-'));
  scope.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * A path for a socket, gone after the test with its folder.
 *
 * @param {Parameters<typeof temporaryFolder>[0]} scope
 */
function temporarySocketPath(scope) {
  return path.join(temporaryFolder(scope), 'api.sock');
}

module.exports = { temporaryFolder, temporarySocketPath };
