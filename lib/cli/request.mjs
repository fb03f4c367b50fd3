import { ProtocolCaller } from '../protocol/client.mjs';
import { definitionOf } from '../protocol/definition.mjs';
import { hiding } from './call.mjs';
import { readJsonText } from './command.mjs';
import { UsageError } from './exit.mjs';

/**
 * @typedef {import('./protocol-source.mjs').Source} Source
 * @typedef {import('./output.mjs').Output} Output
 */

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/** Options of the command. @type {import('./arguments.mjs').OptionConfigs} */
const options = { body: { type: 'string' } };

/**
 * Sends any request and shows the body of the answer. For this it makes a protocol with one endpoint, so that credential,
 * errors and exit codes are those of any other command.
 *
 * @param {Source} source
 * @param {{ words: string[], values: Record<string, any>, connection: Record<string, unknown>, timeoutMs?: number }} given
 * @param {Output} output
 */
async function sendRequest(source, { words, values, connection, timeoutMs }, output) {
  const { method, target } = readWords(words);
  const body = values.body === undefined ? undefined : JSON.parse(await checkedJson(values.body));
  const { definition, params, path } = protocolFor(source, method, target, body);
  const [command] = definition.description.commands;
  const caller = new ProtocolCaller(definition, {});
  try {
    const onRequest = (/** @type {string} */ msg) => output.progress(msg);
    const call = { timeoutMs, onRequest };
    const { results } = await caller.callForMessages(command, { ...params, ...connection }, call);
    showBody(source, path, results, values.reveal === true, output);
  } finally {
    await caller.close();
  }
}

/** @param {string[]} words */
function readWords(words) {
  const [first, second, ...rest] = words;
  const method = second === undefined ? 'GET' : first.toUpperCase();
  const target = second ?? first;
  if (target === undefined || rest.length > 0) {
    throw new UsageError('request takes a method and a path', {
      usage: 'Usage: request [method] <path> [--body json]',
    });
  }
  if (!METHODS.includes(method)) {
    throw new UsageError(`${first} is not a method; the methods are ${METHODS.join(', ')}`);
  }
  return { method, target };
}

/** @param {string} word */
async function checkedJson(word) {
  const text = await readJsonText('--body', word);
  try {
    JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--body is not JSON: ${/** @type {Error} */ (error).message}`);
  }
  return text;
}

/**
 * @param {Source} source
 * @param {string} method
 * @param {string} target
 * @param {unknown} body
 */
function protocolFor({ definition: { json } }, method, target, body) {
  const url = URL.parse?.(target, 'http://localhost') ?? new URL(target, 'http://localhost');
  if (!target.startsWith('/') || url.host !== 'localhost') {
    throw new UsageError(`${target} is not a path that starts with one /`);
  }
  const { global = {} } = JSON.parse(json);
  const { results: _, ...response } = global.response ?? {};
  const query = [...url.searchParams];
  if (new Set(query.map(([name]) => name)).size < query.length) {
    throw new UsageError('the query contains a name twice');
  }
  /** @type {Record<string, unknown>} */
  const params = Object.fromEntries(query);
  // The param for the body needs a name that is not in the query.
  let bodyName = 'body';
  while (Object.hasOwn(params, bodyName)) {
    bodyName = `json-${bodyName}`;
  }
  if (body !== undefined) {
    params[bodyName] = body;
  }
  const definition = define(target, {
    global: { ...global, response },
    adhoc: {
      send: {
        path: url.pathname,
        params: Object.fromEntries(
          Object.keys(params).map((name) => [
            name,
            { type: body !== undefined && name === bodyName ? 'JSON' : 'String' },
          ]),
        ),
        description: `${method} ${url.pathname}`,
        request: { method, authorized: true, ...(body === undefined ? {} : { body: bodyName }) },
        response: { success: { status: '2xx' } },
      },
    },
  });
  return { definition, params, path: url.pathname };
}

/**
 * @param {string} target
 * @param {object} declaration
 */
function define(target, declaration) {
  try {
    return definitionOf(declaration);
  } catch (error) {
    const { faults } = /** @type {Error & { faults?: { fault: string }[] }} */ (error);
    throw faults === undefined ? error : new UsageError(`${target} cannot be requested: ${faults[0].fault}`);
  }
}

/**
 * Shows the body of an answer, and hides everything in it that may be secret.
 *
 * @param {Source} source
 * @param {string} path path of the request
 * @param {unknown} body
 * @param {boolean} reveal
 * @param {Output} output
 */
function showBody({ definition: { engine } }, path, body, reveal, output) {
  const hide = () => hiding(() => engine.hideInAnswer(path, JSON.stringify(body), JSON.stringify(output.mask)));
  const shown = reveal || body === undefined ? null : hide();
  output.results(shown === null ? body : JSON.parse(shown));
  if (shown !== null) {
    output.noteHidden();
  }
}

export { options, sendRequest, showBody };
