import { loadNative } from '../bridge/addon.mjs';
import { getClient } from '../client/client.mjs';
import { getEnvironmentMetadata } from '../environment-metadata.mjs';
import { AnswerError } from '../live/error.mjs';
import { NotificationSocket } from '../notifications/socket.mjs';
import { socketAccess } from './command.mjs';
import { columns, oneLine, withOptions } from './text.mjs';

/**
 * @typedef {import('./output.mjs').Output} Output
 * @typedef {'ok' | 'note' | 'failed'} State
 * @typedef {{ check: string, state: State, found: string, todo?: string }} Finding
 */

/** Options of the command. @type {import('./arguments.mjs').OptionConfigs} */
const options = {};

/** How long a call may take, in milliseconds. */
const LIMIT = 5000;

/** By how much the clocks of this instance and of the platform may differ, in milliseconds. The header counts seconds. */
const SKEW = 3000;

const SIGNS = /** @type {const} */ ({ ok: ['ok', 'green'], note: ['note', 'yellow'], failed: ['failed', 'red'] });

/** Variables by which an instance knows itself. */
const IDENTITY = ['CYCLE_INSTANCE_ID', 'CYCLE_CONTAINER_ID', 'CYCLE_ENVIRONMENT_ID'];

/**
 * Checks what a program needs of the platform, and says of each fault what to do.
 *
 * @param {{ connection: Record<string, any>, timeoutMs: number | undefined }} given
 * @param {Output} output
 * @returns {Promise<number>} the exit code: 1 if a check failed
 */
async function diagnose({ connection, timeoutMs = LIMIT }, output) {
  const place = socketAccess(connection, 'the platform is reached');
  output.progress('Checking');
  /** @type {Finding[]} */
  const findings = [versions(), identity()];
  const client = clientFor(place, timeoutMs, findings);
  if (client) {
    try {
      const hub = await ask(client, '/v1/hub');
      findings.push(reached(hub));
      if (hub.answered) {
        findings.push(clock(hub));
      }
      if (hub.answered && hub.response.status !== 401) {
        findings.push(...(await scopes(client)), await elections(client), await notifications(place, timeoutMs));
      }
    } finally {
      await client.close();
    }
  }
  findings.push(await metadata());
  output.settle();
  show(findings, output);
  return findings.some(({ state }) => state === 'failed') ? 1 : 0;
}

/** @returns {Finding} */
function versions() {
  const { version } = require('../../package.json');
  const { bun, deno, node } = process.versions;
  const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
  const { BUILD } = loadNative();
  return {
    check: 'versions',
    state: 'ok',
    found: `package ${version}, ${runtime}, addon ${BUILD.split(' ').slice(1).join(' ').replace(/;$/, '')}`,
  };
}

/** @returns {Finding} */
function identity() {
  const missing = IDENTITY.filter((name) => !process.env[name]);
  return missing.length === 0
    ? { check: 'instance', state: 'ok', found: `instance ${oneLine(String(process.env.CYCLE_INSTANCE_ID))}` }
    : {
        check: 'instance',
        state: 'note',
        found: `not set: ${missing.join(', ')}`,
        todo: 'The platform sets them in every instance. Outside of it, set what the simulator prints.',
      };
}

/**
 * @param {{ socketPath?: string, token?: string }} place
 * @param {number} timeoutMs
 * @param {Finding[]} findings
 */
function clientFor(place, timeoutMs, findings) {
  try {
    const client = getClient({ ...place, timeoutMs });
    findings.push({ check: 'token', state: 'ok', found: 'there is one' });
    return client;
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    findings.push({ check: 'token', state: 'failed', found: withOptions(message) });
    return undefined;
  }
}

/**
 * @typedef {{ answered: true, response: Response, data?: any, error?: unknown, sent: number } | { answered: false, failure: any }} Asked
 */

/**
 * @param {any} client
 * @param {string} path
 * @returns {Promise<Asked>}
 */
async function ask(client, path) {
  const sent = Date.now();
  try {
    return { answered: true, sent, ...(await client.GET(path)) };
  } catch (failure) {
    return { answered: false, failure };
  }
}

/**
 * @param {Asked} hub
 * @returns {Finding}
 */
function reached(hub) {
  if (!hub.answered) {
    return { check: 'socket', state: 'failed', found: withOptions(hub.failure.message) };
  }
  if (hub.response.ok) {
    return { check: 'socket', state: 'ok', found: `the API answered within ${Date.now() - hub.sent} ms` };
  }
  const { message } = new AnswerError('GET', '/v1/hub', hub.error, hub.response);
  return { check: 'socket', state: 'failed', found: message };
}

/**
 * @param {Extract<Asked, { answered: true }>} hub
 * @returns {Finding}
 */
function clock({ response, sent }) {
  const date = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(date)) {
    return { check: 'clock', state: 'note', found: "unknown: the API's answers have no date" };
  }
  const ahead = sent - date;
  return Math.abs(ahead) <= SKEW
    ? { check: 'clock', state: 'ok', found: "as the API's" }
    : {
        check: 'clock',
        state: 'failed',
        found: `${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'} the API's`,
        todo: 'Set the clock of the machine: certificates and signed requests may fail.',
      };
}

/**
 * Finds out which scopes this instance has, by one call for each that changes nothing.
 *
 * @param {any} client
 * @returns {Promise<Finding[]>}
 */
async function scopes(client) {
  return Promise.all(
    Object.entries(probes()).map(async ([scope, path]) => {
      const check = `scope ${scope}`;
      const asked = await ask(client, path);
      if (!asked.answered) {
        return { check, state: 'failed', found: withOptions(asked.failure.message) };
      }
      const { status } = asked.response;
      if (status === 403) {
        const todo = `If the program needs it, add \`${scope}\` to the container's \`runtime.internal_api.scope\`.`;
        return { check, state: 'note', found: 'this instance does not have it', todo };
      }
      if (asked.response.ok || status === 404) {
        return { check, state: 'ok', found: `GET ${path} is permitted` };
      }
      return { check, state: 'failed', found: new AnswerError('GET', path, asked.error, asked.response).message };
    }),
  );
}

/** For each scope, the first declared operation that needs it alone and takes no params. @returns {Record<string, string>} */
function probes() {
  const { paths } = /** @type {{ paths: Record<string, { get?: any }> }} */ (
    /** @type {unknown} */ (require('../../generated/openapi.json'))
  );
  /** @type {Record<string, string>} */
  const found = {};
  for (const [path, { get }] of Object.entries(paths)) {
    const needed = get?.['x-cycle-scopes'];
    const takes = get?.parameters?.some((/** @type {any} */ param) => param.required) ?? false;
    if (Array.isArray(needed) && needed.length === 1 && !takes) {
      found[needed[0]] ??= path;
    }
  }
  return found;
}

/**
 * @param {any} client
 * @returns {Promise<Finding>}
 */
async function elections(client) {
  const asked = await ask(client, '/v1/container');
  const deadline = asked.answered && asked.data?.data?.config?.deploy?.ha_elections?.stale_primary_deadline;
  return deadline
    ? { check: 'elections', state: 'ok', found: `held, with a deadline of ${oneLine(String(deadline))}` }
    : {
        check: 'elections',
        state: 'note',
        found: 'not held',
        todo: "For a primary, set the container's `config.deploy.ha_elections.stale_primary_deadline` to 15s or more.",
      };
}

/**
 * @param {{ socketPath?: string, token?: string }} place
 * @param {number} headersTimeoutMs
 * @returns {Promise<Finding>}
 */
function notifications(place, headersTimeoutMs) {
  const socket = new NotificationSocket({ ...place, reconnect: false, headersTimeoutMs });
  return new Promise((resolve) => {
    const check = 'notifications';
    socket.on('open', () => {
      socket.close();
      resolve({ check, state: 'ok', found: 'the stream opens' });
    });
    socket.on('error', (error) => {
      const refused = /** @type {any} */ (error).status === 403;
      const todo = refused ? "Add `notifications` to the container's `runtime.internal_api.scope`." : undefined;
      resolve({ check, state: refused ? 'note' : 'failed', found: withOptions(error.message), ...(todo && { todo }) });
    });
    socket.connect();
  });
}

/** @returns {Promise<Finding>} */
async function metadata() {
  const { error } = await getEnvironmentMetadata({ validate: true });
  if (!error) {
    return { check: 'metadata', state: 'ok', found: 'the file is there and has the declared fields' };
  }
  // The parser's message contains a piece of the text, which may be secret.
  return { check: 'metadata', state: 'failed', found: error.message.replace(/(is not valid JSON): .*/s, '$1') };
}

/**
 * @param {Finding[]} findings
 * @param {Output} output
 */
function show(findings, output) {
  if (output.json) {
    output.results(findings);
    return;
  }
  for (const line of columns(findings.map(({ check, found }) => [check, oneLine(found)])).map((text, index) => {
    const { state, todo } = findings[index];
    const [sign, colour] = SIGNS[state];
    const advice = todo ? `\n${' '.repeat(9)}${oneLine(todo)}` : '';
    return `${output.style[colour](sign.padEnd(8))} ${text}${advice}`;
  })) {
    output.line(line);
  }
}

export { diagnose, options };
