// Small numbers out of many.

/**
 * The middle value, or the mean of the two in the middle.
 *
 * @param {number[]} values at least one
 */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The median of each metric.
 *
 * @param {{ [metric: string]: number }[]} samples at least one, all with the same metrics
 */
export function medians(samples) {
  return Object.fromEntries(Object.keys(samples[0]).map((key) => [key, median(samples.map((sample) => sample[key]))]));
}
