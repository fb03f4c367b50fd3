'use strict';

const assert = require('node:assert/strict');
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
 * Runs a script, given as text, in a Node process of its own and waits for its end. It finds `args` from `process.argv[1]` on.
 *
 * @param {string} script
 * @param {string[]} [args]
 * @param {{ env?: NodeJS.ProcessEnv, limitMs?: number, node?: string[] }} [options] as for {@link runChild}
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string }>}
 */
function runScript(script, args = [], { node = [], ...options } = {}) {
  return run(process.execPath, [...node, '-e', script, ...args], options);
}

/**
 * What a script prints that ends with code 0, without the line break at the end.
 *
 * @param {Parameters<typeof runScript>} parameters
 */
async function printedBy(...parameters) {
  const { code, signal, stdout, stderr } = await runScript(...parameters);
  assert.equal(code, 0, `${signal ?? 'no signal'}\n${stderr}`);
  return stdout.trim();
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

module.exports = { printedBy, run, runChild, runScript };
