// What is shown of the results: the tables of docs/benchmarks.md, and the chart of the README.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart } from './chart.mjs';
import { markdown } from './report.mjs';

const root = join(import.meta.dirname, '..');
const [START, END] = ['<!-- bench:start -->', '<!-- bench:end -->'];

/**
 * The files that are made from the results, by their paths in the repository. Equal results give equal files, so a check
 * can tell whether one was changed by hand.
 *
 * @param {Pick<import('./run.mjs').Saved, 'results' | 'machine'>} [saved] by default what results.json has
 */
export function pages({ results, machine } = savedResults()) {
  const page = readFileSync(join(root, 'docs', 'benchmarks.md'), 'utf8');
  return {
    'docs/benchmarks.md': between(page, markdown(results, machine)),
    'benches/chart.svg': chart(results, machine),
  };
}

/** @returns {import('./run.mjs').Saved} */
function savedResults() {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'results.json'), 'utf8'));
}

/**
 * A page with a text between its marks.
 *
 * @param {string} page
 * @param {string} text
 */
export function between(page, text) {
  const from = page.indexOf(START);
  const to = page.indexOf(END);
  if (from === -1 || to < from) {
    throw new Error(`The page of the benchmarks has no ${START} before ${END}`);
  }
  return `${page.slice(0, from + START.length)}\n\n${text}\n\n${page.slice(to)}`;
}
