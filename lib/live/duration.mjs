/** Milliseconds of the units of a duration. @type {Record<string, number>} */
const UNITS = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/**
 * Reads a duration of the platform, such as `45s` or `1m30s`.
 *
 * @param {unknown} text
 * @returns {number | undefined} milliseconds; undefined for anything else
 */
export function milliseconds(text) {
  if (typeof text !== 'string' || !/^(\d+(\.\d+)?(ms|[smhdwy]))+$/.test(text)) {
    return undefined;
  }
  return [...text.matchAll(/([\d.]+)(ms|[smhdwy])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS[unit],
    0,
  );
}
