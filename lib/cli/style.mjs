import util from 'node:util';

/** The formats of `util.styleText` that are used. */
const FORMATS = /** @type {const} */ (['bold', 'dim', 'red', 'green', 'yellow', 'cyan']);

/**
 * @typedef {Record<typeof FORMATS[number], (text: string) => string>} Style
 */

/**
 * Gives functions that colour a text, or return it unchanged when colours are disabled. In this order decide: `--color` and
 * `--no-color`, NO_COLOR, FORCE_COLOR, and whether the stream is a terminal that is not dumb. Node before 20.12 has no
 * colours.
 *
 * @param {{ isTTY?: boolean }} stream
 * @param {boolean | undefined} wanted `--color` or `--no-color`
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Style}
 */
function styleFor(stream, wanted, env = process.env) {
  const enabled = wanted ?? wantedBy(env) ?? (stream.isTTY === true && env.TERM !== 'dumb');
  const coloured = enabled && util.styleText !== undefined;
  /** @param {typeof FORMATS[number]} format */
  const painter = (format) => (/** @type {string} */ text) =>
    // Without `validateStream: false`, newer versions of Node decide again whether to use colours, by stdout.
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
