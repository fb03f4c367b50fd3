// The processes of a run: one server, and a fresh client for each measurement, each on a core of its own.

import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clientBinary, findNode, serverBinary } from './setup.mjs';

const execute = promisify(execFile);
const TIMEOUT_MS = 120_000;

/** Whether server and client can be kept on separate cores. */
export const pinned = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** Looked for when it is needed: the first run installs it. @type {string | undefined} */
let foundNode;

function node() {
  foundNode ??= findNode();
  return foundNode;
}

/**
 * A command line, kept on one core where that is possible.
 *
 * @param {number} core
 * @param {string} command
 * @param {string[]} parameters
 * @returns {[string, string[]]}
 */
function onCore(core, command, parameters) {
  return pinned ? ['taskset', ['-c', String(core), command, ...parameters]] : [command, parameters];
}

/** Starts the server; resolves when it accepts connections. */
export async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-bench-'));
  const socketPath = join(folder, 'api.sock');
  const server = spawn(...onCore(0, serverBinary, [socketPath]), { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    server.stdout.once('data', resolve);
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const stop = () => {
    server.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  };
  return { socketPath, stop };
}

/**
 * What a client measured.
 *
 * @typedef {{ [metric: string]: number }} Sample
 */

/**
 * Runs a client of ours in a fresh Node.
 *
 * @param {'rest' | 'notifications'} client a file of `clients/`
 * @param {Record<string, unknown>} task
 * @returns {Promise<Sample>}
 */
export async function measureInNode(client, task) {
  const script = join(import.meta.dirname, 'clients', `${client}.cjs`);
  const parameters = ['--expose-gc', '--no-warnings', script, JSON.stringify(task)];
  const { stdout } = await execute(...onCore(1, node(), parameters), { timeout: TIMEOUT_MS });
  return JSON.parse(stdout);
}

/**
 * Runs the client that is Rust alone.
 *
 * @param {{ socketPath: string, target: string, inFlight: number, warmUpMs: number, measuredMs: number }} task
 * @returns {Promise<Sample>}
 */
export async function measureReference({ socketPath, target, inFlight, warmUpMs, measuredMs }) {
  const parameters = [socketPath, target, String(inFlight), String(warmUpMs), String(measuredMs)];
  const { stdout } = await execute(...onCore(1, clientBinary, parameters), { timeout: TIMEOUT_MS });
  const { calls, seconds, cpuUs, serverUs, peakKiB } = JSON.parse(stdout);
  return {
    rate: calls / seconds,
    cpuUs: cpuUs / calls,
    serverBusy: serverUs / 1e6 / seconds,
    peakMiB: peakKiB / 1024,
  };
}

/** Version of the Node that the clients run on. */
export function nodeVersion() {
  return spawnSync(node(), ['--version'], { encoding: 'utf8' }).stdout.trim();
}
