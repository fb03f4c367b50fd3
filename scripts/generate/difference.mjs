const shown = 20;

/**
 * Shows the difference between two texts as lines that begin with - and +. Long differences are cut.
 *
 * @param {string} before the actual text
 * @param {string} after the expected text
 * @returns {string} empty when both are equal
 */
export function difference(before, after) {
  if (before === after) return '';
  const old = before.split('\n');
  const now = after.split('\n');
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  return [
    `  from line ${start + 1}:`,
    ...excerpt(old.slice(start, old.length - end), '-'),
    ...excerpt(now.slice(start, now.length - end), '+'),
  ].join('\n');
}

/**
 * @param {string[]} lines
 * @param {string} sign
 */
function excerpt(lines, sign) {
  const part = lines.slice(0, shown).map((line) => `  ${sign} ${line}`);
  if (lines.length > shown) part.push(`  ${sign} ... and ${lines.length - shown} more lines`);
  return part;
}
