import { lstatSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { suggestion } from '../unknown-names.mjs';
import { UsageError } from './exit.mjs';
import { shellWord } from './shell.mjs';

/**
 * @typedef {import('./protocol-source.mjs').Source} Source
 * @typedef {import('./output.mjs').Output} Output
 */

/** Options of the command. @type {import('./arguments.mjs').OptionConfigs} */
const options = {
  fail: { type: 'string', multiple: true },
  latency: { type: 'string' },
  scopes: { type: 'string' },
};

/**
 * Runs a simulator of the protocol until it is interrupted.
 *
 * @param {Source} source
 * @param {{ words: string[], values: Record<string, any>, connection: Record<string, unknown>, latencyMs: number | undefined }} given
 * @param {Output} output
 * @param {(stop: () => Promise<void>) => void} onInterrupt
 */
async function simulate(source, { words, values, connection, latencyMs }, output, onInterrupt) {
  const socketPath = readPath(words, values['socket-path']);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port === undefined ? values.host !== undefined : socketPath !== undefined) {
    throw new UsageError(
      port === undefined ? '--host needs --port' : 'a simulator listens on a socket path or on --port, not on both',
    );
  }
  if (socketPath !== undefined) {
    makeFolder(resolve(dirname(socketPath)));
  }
  const { startSimulator } = await import('../testing.mjs');
  const token = /** @type {string | undefined} */ (connection[source.description.credentialParam]);
  const protocol = source.builtin === 'cycle' ? undefined : source.protocol;
  const scopes = readScopes(values.scopes);
  if (scopes !== undefined && protocol !== undefined) {
    throw new UsageError(`--scopes is for the internal API, not for ${source.title}`);
  }
  const simulator = await startSimulator({ socketPath, host: values.host, port, token, latencyMs, protocol, scopes });
  onInterrupt(() => simulator.close());
  try {
    for (const failure of values.fail ?? []) {
      fail(simulator, failure);
    }
  } catch (error) {
    await simulator.close();
    throw error;
  }
  output.settle();
  if (output.json) {
    const { socketPath: path, port: tcpPort, url, token: accepted, env } = simulator;
    output.line(JSON.stringify({ socketPath: path, port: tcpPort, url, token: accepted, env }));
    return;
  }
  output.line(`The simulator of ${source.title} listens on ${simulator.url ?? simulator.socketPath}`);
  const entries = Object.entries(simulator.env);
  if (entries.length > 0) {
    output.line('To use it, set these variables:');
    for (const [name, value] of entries) {
      output.line(`  export ${name}=${shellWord(String(value))}`);
    }
  }
  output.note('Ctrl-C ends it.');
}

/**
 * Makes a folder and those above it. Node's option `recursive` is not used: it never returns where a folder cannot be made,
 * as in `/proc`.
 *
 * @param {string} folder
 */
function makeFolder(folder) {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    const parent = dirname(folder);
    if (code === 'ENOENT' && lstatSync(parent, { throwIfNoEntry: false }) === undefined) {
      makeFolder(parent);
      makeFolder(folder);
    } else if (code !== 'EEXIST') {
      throw new UsageError(`the folder ${folder} cannot be made: ${code}`);
    }
  }
}

/**
 * @param {string[]} words
 * @param {string | undefined} option
 */
function readPath(words, option) {
  if (words.length > 1 || (words.length === 1 && option !== undefined)) {
    throw new UsageError('simulate takes only one socket path');
  }
  const path = option ?? words[0];
  if (path === '') {
    throw new UsageError('the path of the socket must not be empty');
  }
  return path;
}

/**
 * @param {string | undefined} option names with commas between them; empty for none
 */
function readScopes(option) {
  if (option === undefined) {
    return undefined;
  }
  const names = option === '' ? [] : option.split(',').map((name) => name.trim());
  /** @type {{ scopes: { names: string[] } }} */
  const { scopes } = require('../../generated/simulation.json');
  const unknown = names.find((name) => !scopes.names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--scopes: there is no scope ${unknown}: ${suggestion(unknown, scopes.names)}`);
  }
  return /** @type {import('../../testing.js').Scope[]} */ (names);
}

/**
 * @param {import('../../testing.js').Simulator} simulator
 * @param {string} failure `group.endpoint=error`
 */
function fail(simulator, failure) {
  const [endpoint, error] = failure.split('=');
  if (!error) {
    throw new UsageError('--fail takes group.endpoint=error');
  }
  try {
    simulator.fail(endpoint, error);
  } catch (cause) {
    throw new UsageError(/** @type {Error} */ (cause).message);
  }
}

export { options, simulate };
