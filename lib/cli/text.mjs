/** What a terminal may act upon, beside newline and tab: control characters, and those that turn the direction of text. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A text that does nothing to a terminal: what is not printable is shown by its number.
 *
 * @param {string} text
 */
function printable(text) {
  return text.replace(UNPRINTABLE, (char) => `\\u{${/** @type {number} */ (char.codePointAt(0)).toString(16)}}`);
}

/**
 * The same on one line.
 *
 * @param {string} text
 */
function oneLine(text) {
  return printable(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/**
 * JSON text that does nothing to a terminal and means the same.
 *
 * @param {string} json
 */
function printableJson(json) {
  return json.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What the options of the library are called here. @type {Record<string, string>} */
const OPTIONS = { socketPath: '--socket-path', timeoutMs: '--timeout' };

/**
 * A message of the library with the options of the command line in the place of its own.
 *
 * @param {string} message
 */
function withOptions(message) {
  return message.replace(/`?\b(socketPath|timeoutMs)\b`?/g, (_text, name) => OPTIONS[name]);
}

/** One column a character: ASCII, with what {@link clip} puts at its end. */
const NARROW = /^[ -~]*…?$/;

/**
 * How many columns of a terminal a text takes.
 *
 * @param {string} text without line breaks
 * @returns {number}
 */
function width(text) {
  // What string-width reads first, the tables of ICU, takes 10 ms: only where it is needed.
  return NARROW.test(text) ? text.length : require('string-width').default(text);
}

/**
 * The start of a text that fits into some columns of a terminal, with an ellipsis where something was cut off.
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
 * Rows in columns, two spaces apart, without spaces at the end.
 *
 * @param {string[][]} rows
 * @param {(cell: string, column: number, row: number) => string} [paint] applied after the width is known
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
