/**
 * A word as bash, zsh and other shells of the Bourne family read it: nothing in it is expanded (`=ls` is by zsh).
 *
 * @param {string} text
 */
function shellWord(text) {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * A word as fish reads it.
 *
 * @param {string} text
 */
function fishWord(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export { fishWord, shellWord };
