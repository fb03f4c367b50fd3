const width = 120;

/**
 * Writes JSON that is readable in a diff: values that fit on a line are on one, others have a line for each entry.
 *
 * @param {unknown} value a plain JSON value
 * @returns {string} the text, with a newline at its end
 */
export function stringify(value) {
  return `${render(value, 0, 0)}\n`;
}

/**
 * @param {unknown} value
 * @param {number} indent spaces before the line that the value starts on
 * @param {number} lead characters that stand before the value on that line, indent not counted
 * @returns {string}
 */
function render(value, indent, lead) {
  const flat = JSON.stringify(value);
  if (value === null || typeof value !== 'object' || indent + lead + flat.length < width) return flat;
  const inner = indent + 1;
  const pad = ' '.repeat(inner);
  const close = ' '.repeat(indent);
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => pad + render(item, inner, 0)).join(',\n')}\n${close}]`;
  }
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => {
      const name = `${JSON.stringify(key)}: `;
      return pad + name + render(item, inner, name.length);
    });
  return `{\n${entries.join(',\n')}\n${close}}`;
}
