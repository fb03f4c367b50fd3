import { invalidArgument } from '../invalid-argument.mjs';
import { refuseOptions } from '../unknown-names.mjs';

/** @typedef {import('../../testing.js').RequestMatch} RequestMatch */

/** @param {RequestMatch} match */
function matchText(match) {
  if (typeof match === 'string') return match;
  if (match && typeof match === 'object') {
    refuseOptions('a match', match, ['operationId', 'path', 'method']);
    if ('operationId' in match) return String(match.operationId);
    if ('path' in match) return match.method === undefined ? match.path : `${match.method} ${match.path}`;
  }
  throw invalidArgument('a match is an operationId, a path, "METHOD /path", { method, path } or { operationId }');
}

/** @param {unknown} message */
function messageText(message) {
  const text = JSON.stringify(message);
  if (text === undefined) throw invalidArgument(`a message must be an object or a string, not ${typeof message}`);
  return text;
}

/**
 * @param {unknown} messages
 * @param {number} count
 */
function messageList(messages, count) {
  if (typeof messages === 'function') {
    if (!Number.isFinite(count)) throw invalidArgument('a function that makes messages needs a finite count');
    return Array.from({ length: count }, (_, index) => messageText(messages(index)));
  }
  const list = [messages].flat();
  if (list.length === 0) throw invalidArgument('there is no message to publish');
  return list.map(messageText);
}

export { matchText, messageList, messageText };
