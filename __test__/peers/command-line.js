'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');

const program = path.join(__dirname, '..', '..', 'bin', 'cycle-internal.js');

/** Variables that would make a difference to what the command line does. */
const OWN_VARIABLES = [
  'CYCLE_API_TOKEN',
  'CYCLE_API_SOCKET',
  'BINDER_API_KEY',
  'NO_COLOR',
  'FORCE_COLOR',
  'NODE_TEST_CONTEXT',
];

/** @param {NodeJS.ProcessEnv} env */
function cleanEnv(env) {
  const clean = { ...process.env, ...env };
  for (const name of OWN_VARIABLES) {
    if (!(name in env)) delete clean[name];
  }
  return clean;
}

/**
 * Runs the command line to its end, without a terminal.
 *
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, input?: string, cwd?: string }} [options]
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
function commandLine(args, { env = {}, input, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = startCommandLine(args, { env, cwd });
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout: child.text.stdout, stderr: child.text.stderr }));
  });
}

/**
 * Starts the command line; what it says gathers in `text`.
 *
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 */
function startCommandLine(args, { env = {}, cwd } = {}) {
  return watched(spawn(process.execPath, [program, ...args], { env: cleanEnv(env), cwd, ...limits }));
}

/**
 * Starts the command line on a pseudo-terminal of `script` from util-linux; its stdout and stderr are one.
 *
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, columns?: number }} [options]
 */
function startOnTerminal(args, { env = {}, columns = 100 } = {}) {
  const words = [process.execPath, program, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  const command = `stty cols ${columns} rows 24 && exec ${words.join(' ')}`;
  const terminal = { ...cleanEnv(env), TERM: 'xterm', SHELL: '/bin/sh' };
  return watched(
    spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env: terminal, ...limits }),
  );
}

/**
 * Runs the command line on a pseudo-terminal to its end.
 *
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, columns?: number }} [options]
 * @returns {Promise<{ code: number | null, text: string }>} text with LF for the terminal's CR LF
 */
function onTerminal(args, options) {
  return new Promise((resolve, reject) => {
    const child = startOnTerminal(args, options);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text: child.text.stdout.replaceAll('\r\n', '\n') }));
  });
}

const limits = /** @type {const} */ ({ timeout: 60_000, killSignal: 'SIGKILL' });

/** @param {import('node:child_process').ChildProcessWithoutNullStreams} child */
function watched(child) {
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (text.stdout += chunk));
  child.stderr.on('data', (chunk) => (text.stderr += chunk));
  return Object.assign(child, { text });
}

module.exports = { commandLine, onTerminal, startCommandLine, startOnTerminal };
