import { wrongType } from '../invalid-argument.mjs';
import { objectOf, unexpected } from './call.mjs';
import { FOLLOWING, readDurations } from './durations.mjs';
import { LiveError } from './error.mjs';
import { Follower } from './follower.mjs';
import { checkOptions } from './options.mjs';
import { follow } from './subscriber.mjs';

const OWNER = 'watchScopedVariables';

const PATH = '/v1/environment/scoped-variables';

const TOPICS = ['environment.scoped-variable.*'];

const DURATIONS = { pollMs: { usual: 60_000, least: 1 }, ...FOLLOWING };

/** Follows the scoped variables. Documented in `live.d.ts`. No value is in a property that inspecting shows, or in an error. */
class VariablesWatch extends Follower {
  /** The last values, of variables that are not there any more too. @type {Map<string, string>} */
  #values = new Map();
  /** The last answer. @type {Map<string, string>} */
  #answer = new Map();

  /**
   * @param {import('./subscriber.mjs').Access} access
   * @param {{ pollMs: number, minIntervalMs: number }} durations
   */
  constructor(access, { pollMs, minIntervalMs }) {
    super(access, { path: PATH, pollMs, minIntervalMs });
  }

  get names() {
    return [...this.#values.keys()];
  }

  /** @param {string} name */
  get(name) {
    return this.#values.get(name);
  }

  /** @param {string} name */
  has(name) {
    return this.#values.has(name);
  }

  /** @override @internal @param {unknown} data @returns {Map<string, string>} */
  read(data) {
    const answer = new Map(Object.entries(objectOf('GET', PATH, data)));
    for (const [name, value] of answer) {
      if (typeof value !== 'string') {
        throw unexpected('GET', PATH, `the value of ${name} is not a string`);
      }
    }
    return answer;
  }

  /** @override @internal @param {Map<string, string>} answer */
  accept(answer) {
    const last = this.#answer;
    this.#answer = answer;
    /** @type {[event: string, ...details: unknown[]][]} */
    const events = [...last.keys()].filter((name) => !answer.has(name)).map((name) => ['vanished', name]);
    for (const [name, value] of answer) {
      const before = this.#values.get(name);
      if (value === '' && before) {
        if (last.get(name) !== '') {
          events.push(['emptied', name]);
        }
      } else if (value !== before) {
        this.#values.set(name, value);
        events.push(['changed', name, value, before]);
      }
    }
    for (const [event, ...details] of events) {
      this.tell(event, ...details);
    }
  }
}

/**
 * Follows the scoped variables of the environment. Documented in `live.d.ts`.
 *
 * @param {any} [options]
 */
async function watchScopedVariables(options = {}) {
  checkOptions(OWNER, options, ['required', ...Object.keys(DURATIONS)]);
  const { required = [] } = options;
  if (!Array.isArray(required) || !required.every((name) => typeof name === 'string' && name !== '')) {
    throw wrongType(`${OWNER}: \`required\` must be an array of names`);
  }
  const durations = readDurations(OWNER, options, DURATIONS);
  const watch = await follow(options, { topics: TOPICS, durations }, (access) => new VariablesWatch(access, durations));
  const missing = [...new Set(/** @type {string[]} */ (required))].filter((name) => !watch.get(name));
  if (missing.length > 0) {
    await watch.close();
    throw variablesMissing(missing, watch);
  }
  return watch;
}

/**
 * @param {string[]} missing
 * @param {VariablesWatch} watch
 */
function variablesMissing(missing, watch) {
  const empty = missing.filter((name) => watch.has(name));
  const message =
    `GET ${PATH} has no value for ${missing.join(', ')}.${empty.length > 0 ? ` Empty: ${empty.join(', ')}.` : ''} ` +
    'Check that the environment has these scoped variables, that their scope includes this container, that the internal API may ' +
    'give them, and that the time for which it gives them has not passed.';
  return Object.assign(new LiveError('ERR_CYCLE_VARIABLES_MISSING', message), { missing });
}

export { VariablesWatch, watchScopedVariables };
