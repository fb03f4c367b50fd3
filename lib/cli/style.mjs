/** The colours that are used: begin and end of each. */
const codes = /** @type {const} */ ({
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
});

/**
 * @typedef {keyof typeof codes} Colour
 * @typedef {Record<Colour, (text: string) => string>} Style
 */

/**
 * Functions that colour a text, or leave it as it is where no colours are wanted: not on a terminal, NO_COLOR is set,
 * the terminal is dumb. `--color` and `--no-color` have the last word, FORCE_COLOR the one before.
 *
 * @param {{ isTTY?: boolean }} stream
 * @param {boolean | undefined} wanted what the command line says
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Style}
 */
function styleFor(stream, wanted, env = process.env) {
  const enabled = wanted ?? wantedBy(env) ?? (stream.isTTY === true && env.TERM !== 'dumb');
  const style = Object.entries(codes).map(([name, [begin, end]]) => [
    name,
    enabled
      ? (/** @type {string} */ text) => `\u001b[${begin}m${text}\u001b[${end}m`
      : (/** @type {string} */ text) => text,
  ]);
  return Object.fromEntries(style);
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
