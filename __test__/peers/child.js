'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');

/**
 * Runs a script of `__test__/process/scripts` in a Node process of its own and waits for its end.
 *
 * @param {string} script its name without the extension
 * @param {string[]} [args]
 * @param {{ env?: NodeJS.ProcessEnv, limitMs?: number, node?: string[] }} [options] `node` are arguments for Node itself;
 *   a child that lives longer than `limitMs` is killed
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string }>}
 */
function runChild(script, args = [], { env = {}, limitMs = 60_000, node = [] } = {}) {
  const file = path.join(__dirname, '..', 'process', 'scripts', `${script}.js`);
  return run(process.execPath, [...node, file, ...args], { env, limitMs });
}

/**
 * Runs a program and waits for its end.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, limitMs?: number, cwd?: string }} [options]
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string }>}
 */
function run(program, args, { env = {}, limitMs = 60_000, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const { NODE_TEST_CONTEXT: _inherited, ...clean } = process.env;
    const child = spawn(program, args, {
      cwd,
      env: { ...clean, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

module.exports = { runChild, run };
