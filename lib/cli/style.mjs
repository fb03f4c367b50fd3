import util from 'node:util';

/** The formats of `util.styleText` that are used. */
const FORMATS = /** @type {const} */ (['bold', 'dim', 'red', 'green', 'yellow', 'cyan']);

/**
 * @typedef {Record<typeof FORMATS[number], (text: string) => string>} Style
 */

/**
 * Functions that colour a text, or leave it as it is where no colours are wanted: not on a terminal, NO_COLOR is set,
 * the terminal is dumb. `--color` and `--no-color` have the last word, FORCE_COLOR the one before. Node has colours from
 * 20.12 on; before, there are none.
 *
 * @param {{ isTTY?: boolean }} stream
 * @param {boolean | undefined} wanted what the command line says
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Style}
 */
function styleFor(stream, wanted, env = process.env) {
  const enabled = wanted ?? wantedBy(env) ?? (stream.isTTY === true && env.TERM !== 'dumb');
  const coloured = enabled && util.styleText !== undefined;
  /** @param {typeof FORMATS[number]} format */
  const painter = (format) => (/** @type {string} */ text) =>
    // Whether colours are wanted was decided above: newer versions of Node would decide it again, by stdout.
    coloured ? util.styleText(format, text, { validateStream: false }) : text;
  return /** @type {Style} */ (Object.fromEntries(FORMATS.map((format) => [format, painter(format)])));
}

/** @param {NodeJS.ProcessEnv} env */
function wantedBy(env) {
  if (env.NO_COLOR) {
    return false;
  }
  if (env.FORCE_COLOR !== undefined) {
    return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  }
  return undefined;
}

export { styleFor };
