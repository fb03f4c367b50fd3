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

/** @param {string} text */
function width(text) {
  return [...text].length;
}

/**
 * @param {string} text
 * @param {number} columns
 */
function clip(text, columns) {
  return width(text) <= columns ? text : `${[...text].slice(0, Math.max(columns - 1, 0)).join('')}…`;
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
