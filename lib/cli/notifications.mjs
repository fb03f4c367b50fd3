import { NotificationSocket } from '../notifications/socket.mjs';
import { hideAnySecrets } from './call.mjs';
import { socketAccess } from './command.mjs';
import { oneLine, printableJson, withOptions } from './text.mjs';

/**
 * @typedef {import('./output.mjs').Output} Output
 */

/** Options of the command. @type {import('./arguments.mjs').OptionConfigs} */
const options = { topic: { type: 'string', multiple: true }, reconnect: { type: 'boolean' } };

/** Statuses after which a further attempt to connect would fail too. */
const UNAUTHORIZED = new Set([401, 403]);

/**
 * Shows notifications as they arrive, one a line, until the stream ends or the output is closed.
 *
 * @param {import('./protocol-source.mjs').Source} source
 * @param {{ values: Record<string, any>, connection: Record<string, any> }} given
 * @param {Output} output
 * @param {(close: () => void) => void} onInterrupt
 */
async function streamNotifications(source, { values, connection }, output, onInterrupt) {
  const { topic, reconnect, reveal } = values;
  const access = socketAccess(connection, 'notifications come');
  const socket = new NotificationSocket({
    ...access,
    topics: topic?.flatMap((/** @type {string} */ names) => names.split(',')),
    reconnect: reconnect ?? true,
  });
  onInterrupt(() => socket.close());
  socket.on('open', () => output.note('Connected; waiting for notifications.'));
  socket.on('reconnecting', (attempt, delayMs) => output.note(`Connection lost; attempt ${attempt} in ${delayMs} ms.`));
  await new Promise((resolve, reject) => {
    socket.on('error', (error) => {
      if (UNAUTHORIZED.has(/** @type {any} */ (error).status) || reconnect === false) {
        socket.close();
        reject(unreachable(error));
      } else {
        output.note(withOptions(error.message));
      }
    });
    socket.on('close', () => reconnect === false && resolve(undefined));
    const withoutSecrets = (/** @type {any} */ notification) => hideAnySecrets(source, notification, output.mask);
    show(socket, output, reveal ? undefined : withoutSecrets).then(resolve, reject);
    output.progress('Connecting');
    socket.connect();
  });
}

/**
 * @param {AsyncIterable<any>} socket
 * @param {Output} output
 * @param {(notification: any) => any} [hide]
 */
async function show(socket, output, hide = (notification) => notification) {
  for await (const received of socket) {
    const notification = hide(received);
    const text = output.json ? printableJson(JSON.stringify(notification)) : line(notification, output.style);
    if (!output.line(text)) {
      await output.drained();
    }
  }
}

/**
 * @param {any} notification
 * @param {import('./style.mjs').Style} style
 */
function line(notification, style) {
  const { topic, object, context, ...rest } = notification;
  const parts = [style.cyan(oneLine(String(topic))), objectText(object), contextText(context)];
  if (Object.keys(rest).length > 0) {
    parts.push(style.dim(oneLine(JSON.stringify(rest))));
  }
  return parts.filter(Boolean).join('  ');
}

/** @param {any} object */
function objectText(object) {
  if (!object) {
    return '';
  }
  const { id, state, state_previous: before, ...rest } = object;
  const change = state ? (before ? `${before} -> ${state}` : state) : '';
  const more = Object.keys(rest).length > 0 ? JSON.stringify(rest) : '';
  return oneLine([id, change, more].filter(Boolean).join(' '));
}

/** @param {any} context */
function contextText(context) {
  return context?.label ? oneLine(String(context.label)) : '';
}

/** @param {any} error */
function unreachable(error) {
  return Object.assign(new Error(error.message, { cause: error }), { name: error.name, status: error.status });
}

export { options, streamNotifications };
