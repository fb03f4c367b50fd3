'use strict';

const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { within } = require('./until.js');

const PROGRAM = join(__dirname, '..', '..', 'bin', 'cycle-internal.js');

/**
 * Runs `cycle-internal ha run`.
 *
 * @param {import('node:test').TestContext} t
 * @param {{ socketPath: string }} platform
 * @param {string[]} args
 */
function haRun(t, { socketPath }, args) {
  const { NODE_TEST_CONTEXT: _inherited, ...env } = process.env;
  const child = spawn(process.execPath, [PROGRAM, 'ha', 'run', ...args], {
    env: { ...env, CYCLE_API_SOCKET: socketPath, CYCLE_API_TOKEN: 'one', CYCLE_INSTANCE_ID: 'one' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  t.after(async () => {
    // Told twice, it ends at once, and its command with it.
    child.kill('SIGTERM');
    child.kill('SIGINT');
    await within(ended, 'it ends after the test').catch(() => child.kill('SIGKILL'));
  });
  const shown = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (shown.stdout += text));
  child.stderr.on('data', (text) => (shown.stderr += text));
  return { child, shown, ended: within(ended, 'it ends') };
}

module.exports = { haRun };
