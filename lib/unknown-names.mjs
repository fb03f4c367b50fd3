import { closest } from './closest.mjs';
import { invalidArgument } from './invalid-argument.mjs';

/** The warnings that were given. Each is given once. Their number is limited, so that they do not fill memory. */
const given = new Set();
const MOST_WARNINGS = 100;

/** The keys of `params` of a call. */
const PARAMS = ['path', 'query', 'header', 'cookie'];

/** The options of a call: those of openapi-fetch, and those of fetch. */
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
 * The end of a message about an unknown name: the similar name, or all names.
 *
 * @param {string} name
 * @param {string[]} names
 */
function suggestion(name, names) {
  const close = closest(name, names) ?? names.find((one) => one.toLowerCase().startsWith(name.toLowerCase()));
  return close ? `did you mean ${close}?` : `there are ${names.join(', ')}`;
}

/**
 * Warns about unknown options, where the TypeScript client ignores them.
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
 * Refuses unknown options.
 *
 * @param {string} owner
 * @param {object} options
 * @param {string[]} names
 */
function refuseOptions(owner, options, names) {
  const name = Object.keys(options).find((one) => !names.includes(one));
  if (name !== undefined) {
    throw invalidArgument(`${owner} has no option ${name}: ${suggestion(name, names)}`);
  }
}

/**
 * Warns about misspelt options of a call. Names that are not similar to any option may be meant for the program's own
 * middleware or `fetch`.
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
 * @param {string[]} [inner] names of options that must be in `params`
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
 * Adds the slash at the start of a path if it is missing, with a warning.
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
 * Warns about unknown topics. They are not refused, because the platform may have newer ones.
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
