/**
 * Quotes a word for bash, zsh and other Bourne shells, so that nothing in it is expanded (zsh expands `=ls` too).
 *
 * @param {string} text
 */
function shellWord(text) {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Quotes a word for fish.
 *
 * @param {string} text
 */
function fishWord(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export { fishWord, shellWord };
