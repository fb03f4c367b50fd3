/** Characters that control a terminal: control characters but newline and tab, and those that change the text direction. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds them.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Escapes the characters of a text that could control a terminal.
 *
 * @param {string} text
 */
function printable(text) {
  return text.replace(UNPRINTABLE, (char) => `\\u{${/** @type {number} */ (char.codePointAt(0)).toString(16)}}`);
}

/**
 * As {@link printable}, with newlines and tabs escaped too.
 *
 * @param {string} text
 */
function oneLine(text) {
  return printable(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/**
 * Escapes the characters of a JSON text that could control a terminal. Its value stays the same.
 *
 * @param {string} json
 */
function printableJson(json) {
  return json.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The options of the command line, by the name of the library's option. @type {Record<string, string>} */
const OPTIONS = { socketPath: '--socket-path', timeoutMs: '--timeout' };

/**
 * Replaces the names of the library's options in a message by those of the command line.
 *
 * @param {string} message
 */
function withOptions(message) {
  return message.replace(/`?\b(socketPath|timeoutMs)\b`?/g, (_text, name) => OPTIONS[name]);
}

/** A text with one column a character: ASCII, optionally with the ellipsis of {@link clip}. */
const NARROW = /^[ -~]*…?$/;

/**
 * The width of a text on a terminal, in columns.
 *
 * @param {string} text without line breaks
 * @returns {number}
 */
function width(text) {
  // Loading string-width takes 10 ms, because it reads ICU's tables. So it is loaded only when needed.
  return NARROW.test(text) ? text.length : require('string-width').default(text);
}

/**
 * Cuts a text to some columns of a terminal. Where something is cut off, it ends with an ellipsis.
 *
 * @param {string} text
 * @param {number} columns
 */
function clip(text, columns) {
  if (width(text) <= columns) return text;
  if (NARROW.test(text)) return `${text.slice(0, Math.max(columns - 1, 0))}…`;
  let start = '';
  let left = columns - 1;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    left -= width(segment);
    if (left < 0) break;
    start += segment;
  }
  return `${start}…`;
}

/**
 * Aligns rows in columns, two spaces apart, without spaces at the end of lines.
 *
 * @param {string[][]} rows
 * @param {(cell: string, column: number, row: number) => string} [paint] colours a cell, without changing its width
 */
function columns(rows, paint = (cell) => cell) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => width(row[column]))));
  return rows.map((row, index) =>
    row
      .map((cell, column) => {
        const padding = column === row.length - 1 ? '' : ' '.repeat(widths[column] - width(cell) + 2);
        return paint(cell, column, index) + padding;
      })
      .join('')
      .trimEnd(),
  );
}

export { clip, columns, oneLine, printable, printableJson, width, withOptions };
