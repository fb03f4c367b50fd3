// Kept here because a test runner may replace it by a fake clock, and a lease must end at the real time.
const read = process.hrtime.bigint;

/** Milliseconds of a clock that only goes forward, whatever is done to the date. */
export function now() {
  return Number(read()) / 1e6;
}
