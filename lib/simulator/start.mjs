import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { loadTools } from '../bridge/tools.mjs';
import { invalidArgument } from '../invalid-argument.mjs';
import { declaredProtocol, internalApi } from './declaration.mjs';
import * as exit from './exit.mjs';
import { madeWorld, readOptions, worldText } from './options.mjs';
import { Simulator } from './simulator.mjs';

/**
 * Starts a simulator. Documented in `testing.d.ts`.
 *
 * @param {import('../../testing.js').SimulatorOptions} [options]
 * @returns {Promise<import('../../testing.js').Simulator>}
 */
async function startSimulator(options = {}) {
  const { socketPath, host, port, latencyMs, metadataPath, world, election, protocol, scopes } = readOptions(options);
  const declaration = protocol === undefined ? internalApi() : declaredProtocol(protocol);
  const token = options.token ?? (protocol && `simulated-${randomBytes(12).toString('hex')}`);
  if (typeof world === 'function') {
    declaration.fixtures = madeWorld('world', world, declaration.fixtures);
  }
  /** @type {{ current?: Simulator }} */
  const holder = {};
  const started = await loadTools().startSimulator(
    {
      ...declaration,
      world: world === undefined || typeof world === 'function' ? undefined : worldText('world', world),
      socketPath: socketPath === undefined ? undefined : resolve(socketPath),
      host,
      port,
      metadataPath: metadataPath === undefined ? undefined : resolve(metadataPath),
      token,
      latencyMs,
      scopes: scopes && [...scopes],
      elections: election?.enabled,
      electionDeadlineMs: election?.deadlineMs,
    },
    (text) => Simulator.receive(holder, String(text)),
  );
  if ('message' in started) {
    const { code, message } = started;
    const text = `The simulator did not start: ${message}.`;
    throw code === 'ERR_INVALID_ARG_VALUE' ? invalidArgument(text) : Object.assign(new Error(text), { code });
  }
  const simulator = new Simulator(started, { host, latencyMs, protocol });
  holder.current = simulator;
  exit.watch(simulator);
  return simulator;
}

export { startSimulator };
