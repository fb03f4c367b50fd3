import { clip, columns, oneLine, printable, width } from './text.mjs';

/** The columns that come first in a table. */
const FIRST = ['id', 'identifier', 'name', 'state', 'status'];

/** The largest width of a table's cell, in columns of the terminal. */
const WIDEST_CELL = 40;

/**
 * @typedef {import('./style.mjs').Style} Style
 * @typedef {{ style: Style, columns: number }} Page
 */

/**
 * Formats results for people: a list of records as a table, a record as a list of its fields.
 *
 * @param {unknown} value
 * @param {Page} page
 * @returns {{ text: string, complete: boolean }} complete when nothing was left out
 */
function format(value, page) {
  if (Array.isArray(value) && value.length > 0 && value.every(isRecord)) {
    return table(value, page);
  }
  return { text: block(value, '', page.style).join('\n'), complete: true };
}

/**
 * @param {Record<string, unknown>[]} records
 * @param {Page} page
 */
function table(records, { style, columns: available }) {
  const keys = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const plain = keys.filter((key) => records.every((record) => cell(record[key]) !== undefined));
  plain.sort((a, b) => rank(a) - rank(b));
  if (plain.length === 0) {
    return { text: block(records, '', style).join('\n'), complete: true };
  }
  const rows = [
    plain,
    ...records.map((record) => plain.map((key) => clip(/** @type {string} */ (cell(record[key])), WIDEST_CELL))),
  ];
  let shown = plain.length;
  while (shown > 1 && tableWidth(rows, shown) > available) {
    shown -= 1;
  }
  const lines = columns(
    rows.map((row) => row.slice(0, shown)),
    (text, column, row) => paintCell(text, rows[0][column], row, style),
  );
  const clipped = rows.some((row) => row.slice(0, shown).some((text) => text.endsWith('…')));
  return { text: lines.join('\n'), complete: shown === keys.length && !clipped };
}

/**
 * @param {string[][]} rows
 * @param {number} count
 */
function tableWidth(rows, count) {
  const widths = rows[0].slice(0, count).map((_, column) => Math.max(...rows.map((row) => width(row[column]))));
  return widths.reduce((sum, each) => sum + each + 2, -2);
}

/**
 * @param {string} text
 * @param {string} key
 * @param {number} row
 * @param {Style} style
 */
function paintCell(text, key, row, style) {
  if (row === 0) {
    return style.bold(text);
  }
  return key === 'state' || key === 'status' ? paintState(text, style) : text;
}

/**
 * @param {string} text
 * @param {Style} style
 */
function paintState(text, style) {
  if (/^(running|live|ready|online|ok|completed?|success|verified)$/i.test(text)) {
    return style.green(text);
  }
  return /fail|error|offline|deleted|down/i.test(text) ? style.red(text) : style.yellow(text);
}

/** @param {string} key */
function rank(key) {
  const at = FIRST.indexOf(key);
  return at === -1 ? FIRST.length : at;
}

/**
 * The text of a value for a cell; undefined when the value has no short text. For a state, the current one.
 *
 * @param {unknown} value
 * @returns {string | undefined}
 */
function cell(value) {
  if (value === null || value === undefined) {
    return '-';
  }
  if (typeof value !== 'object') {
    return oneLine(String(value));
  }
  if (Array.isArray(value)) {
    return value.every((item) => typeof item !== 'object')
      ? value.map((item) => oneLine(String(item))).join(', ') || '-'
      : undefined;
  }
  const { current } = /** @type {Record<string, unknown>} */ (value);
  return typeof current === 'string' ? oneLine(current) : undefined;
}

/**
 * @param {unknown} value
 * @param {string} indent
 * @param {Style} style
 * @returns {string[]} lines
 */
function block(value, indent, style) {
  if (Array.isArray(value)) {
    return value.length === 0
      ? [`${indent}${style.dim('none')}`]
      : value.flatMap((item) => listItem(item, indent, style));
  }
  if (isRecord(value)) {
    const entries = Object.entries(value);
    return entries.length === 0
      ? [`${indent}${style.dim('none')}`]
      : entries.flatMap(([key, inner]) => field(key, inner, indent, style));
  }
  return scalar(value, style)
    .split('\n')
    .map((line) => indent + line);
}

/**
 * @param {unknown} item
 * @param {string} indent
 * @param {Style} style
 */
function listItem(item, indent, style) {
  const [first, ...rest] = block(item, `${indent}  `, style);
  return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
}

/**
 * @param {string} key
 * @param {unknown} value
 * @param {string} indent
 * @param {Style} style
 */
function field(key, value, indent, style) {
  const label = `${indent}${style.cyan(oneLine(key))}:`;
  if (typeof value !== 'object' || value === null) {
    const lines = scalar(value, style).split('\n');
    return lines.length === 1 ? [`${label} ${lines[0]}`] : [label, ...lines.map((line) => `${indent}  ${line}`)];
  }
  if (Object.keys(value).length === 0) {
    return [`${label} ${style.dim('none')}`];
  }
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) {
    return [`${label} ${value.map((item) => oneLine(String(item))).join(', ')}`];
  }
  return [label, ...block(value, `${indent}  `, style)];
}

/**
 * @param {unknown} value
 * @param {Style} style
 */
function scalar(value, style) {
  if (value === null || value === undefined) {
    return style.dim('none');
  }
  return printable(String(value)).trimEnd();
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export { format };
