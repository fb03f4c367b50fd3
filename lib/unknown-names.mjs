import { closest } from './closest.mjs';

/** Warnings that were given: each is given once, and a program that makes up names does not fill the memory. */
const given = new Set();
const MOST_WARNINGS = 100;

/** What may be in `params` of a call. */
const PARAMS = ['path', 'query', 'header', 'cookie'];

/** What a call may be given: by openapi-fetch, and by fetch. */
const CALL_OPTIONS = [
  'params',
  'body',
  'headers',
  'parseAs',
  'querySerializer',
  'bodySerializer',
  'pathSerializer',
  'baseUrl',
  'fetch',
  'Request',
  'middleware',
  'signal',
  'redirect',
  'cache',
  'credentials',
  'dispatcher',
  'duplex',
  'integrity',
  'keepalive',
  'method',
  'mode',
  'priority',
  'referrer',
  'referrerPolicy',
  'window',
];

/**
 * @param {string} message
 * @param {string} code
 */
function warn(message, code) {
  if (!given.has(message) && given.size < MOST_WARNINGS) {
    given.add(message);
    process.emitWarning(message, { type: 'CycleWarning', code });
  }
}

/**
 * What to say of a name that is none of those known.
 *
 * @param {string} name
 * @param {string[]} names
 */
function suggestion(name, names) {
  const close = closest(name, names) ?? names.find((one) => one.toLowerCase().startsWith(name.toLowerCase()));
  return close ? `did you mean ${close}?` : `there are ${names.join(', ')}`;
}

/**
 * Warns about options that nobody reads, where a client of this API ever ignored them.
 *
 * @param {string} owner
 * @param {object} options
 * @param {string[]} names
 */
function warnAboutOptions(owner, options, names) {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      warn(`${owner} has no option ${name}: ${suggestion(name, names)}`, 'CYCLE_UNKNOWN_OPTION');
    }
  }
}

/**
 * Refuses options that nobody reads.
 *
 * @param {string} owner
 * @param {object} options
 * @param {string[]} names
 */
function refuseOptions(owner, options, names) {
  const name = Object.keys(options).find((one) => !names.includes(one));
  if (name !== undefined) {
    const error = new TypeError(`${owner} has no option ${name}: ${suggestion(name, names)}`);
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
  }
}

/**
 * Warns about names in the options of a call that are almost those of known ones. Others may be for a middleware or a
 * fetch of the caller's own.
 *
 * @param {string} method
 * @param {string} path
 * @param {any} init
 */
function warnAboutCall(method, path, init) {
  warnAboutAlmost(`${method} ${path}`, init, CALL_OPTIONS, PARAMS);
  warnAboutAlmost(`params of ${method} ${path}`, init?.params, PARAMS);
}

/**
 * @param {string} owner
 * @param {any} options
 * @param {string[]} names
 * @param {string[]} [inner] names that belong into `params`
 */
function warnAboutAlmost(owner, options, names, inner = []) {
  for (const name in options) {
    if (names.includes(name)) {
      continue;
    }
    const close = closest(name, names) ?? (inner.includes(name) ? `params.${name}` : undefined);
    if (close) {
      warn(`${owner}: there is no option ${name}: did you mean ${close}?`, 'CYCLE_UNKNOWN_OPTION');
    }
  }
}

/**
 * A path as a URL has it: with a slash at its start.
 *
 * @param {string} method
 * @param {string} path
 */
function absolutePath(method, path) {
  if (typeof path !== 'string' || path === '' || '/?#'.includes(path[0])) {
    return path;
  }
  warn(`${method} ${path}: the path has no slash at its start: did you mean /${path}?`, 'CYCLE_RELATIVE_PATH');
  return `/${path}`;
}

/**
 * Warns about topics that are not known. There may be newer ones.
 *
 * @param {string[]} topics
 */
function warnAboutTopics(topics) {
  /** @type {{ families: { topics: string[] }[] }} */
  const { families } = require('../generated/topics.json');
  const known = families.flatMap((family) => family.topics);
  for (const topic of topics) {
    const prefix = topic.endsWith('.*') ? topic.slice(0, -1) : undefined;
    if (prefix === undefined ? known.includes(topic) : known.some((one) => one.startsWith(prefix))) {
      continue;
    }
    const close = closest(topic, prefix === undefined ? known : patternsOf(known));
    const hint = close ? `did you mean ${close}?` : 'it may be newer than this package';
    warn(`NotificationSocket: there is no known topic ${topic}: ${hint}`, 'CYCLE_UNKNOWN_TOPIC');
  }
}

/** @param {string[]} topics */
function patternsOf(topics) {
  const prefixes = topics.flatMap((topic) =>
    [...topic.matchAll(/\./g)].map(({ index }) => `${topic.slice(0, index)}.*`),
  );
  return [...new Set(prefixes)];
}

export { absolutePath, refuseOptions, suggestion, warnAboutCall, warnAboutOptions, warnAboutTopics };
