// The chart of the README and of docs/benchmarks.md: bars by peer, a panel for each question.

import { PEERS } from './measurements.mjs';
import { machineText } from './report.mjs';

/**
 * @typedef {import('./report.mjs').Results} Results
 * @typedef {{ id: string, metric: string, title: string, unit: string, digits?: number }} Panel
 */

/** @type {Panel[]} */
const PANELS = [
  { id: 'small-1', metric: 'rate', title: 'Requests a second, one at a time', unit: '' },
  { id: 'small-64', metric: 'rate', title: 'Requests a second, 64 in flight', unit: '' },
  {
    id: 'small-64',
    metric: 'cpuUs',
    title: 'CPU time a request, 64 in flight (less is better)',
    unit: ' µs',
    digits: 1,
  },
  { id: 'large-1', metric: 'rate', title: 'Answers of 105 KB a second, one at a time', unit: '' },
  { id: 'cold', metric: 'ms', title: 'Import and first answer (less is better)', unit: ' ms', digits: 1 },
  { id: 'flood', metric: 'rate', title: 'Notifications a second, each parsed', unit: '' },
  { id: 'filter', metric: 'rate', title: 'Notifications a second, 1 % wanted', unit: '' },
];

/** Peers that are no clients for Node: drawn in outline. */
const MARKS = ['reference', 'json-parse'];

const WIDTH = 860;
const COLUMN = WIDTH / 2;
const MARGIN = 16;
const LABEL = 170;
const NUMBER = 70;
const ROW = 20;
const TITLE = 34;
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 13px; }
  .note { font-size: 10px; fill: #59636e; }
  .bar { fill: #b7bfc9; }
  .ours { fill: #2f6fdb; }
  .mark { fill: none; stroke: #59636e; stroke-dasharray: 3 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note { fill: #9198a1; }
    .bar { fill: #59636e; }
    .ours { fill: #5b9bff; }
    .mark { stroke: #9198a1; }
  }`;

/**
 * An SVG of the results.
 *
 * @param {Results} results
 * @param {ReturnType<typeof import('./machine.mjs').describeMachine>} machine
 */
export function chart(results, machine) {
  const panels = PANELS.filter(({ id }) => results[id]);
  /** @type {string[]} */
  const parts = [];
  let top = MARGIN;
  for (let i = 0; i < panels.length; i += 2) {
    const pair = panels.slice(i, i + 2);
    pair.forEach((panel, column) => {
      parts.push(drawPanel(panel, results[panel.id].peers, column * COLUMN, top));
    });
    top += TITLE + ROW * Math.max(...pair.map(({ id }) => Object.keys(results[id].peers).length)) + MARGIN;
  }
  parts.push(...note(`Bodies of 738 bytes unless it says otherwise, messages of 300. ${machineText(machine)}`, top));
  const height = top + 3 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Benchmark of this package beside other clients">
<style>${STYLE}
</style>
${parts.join('\n')}
</svg>
`;
}

/**
 * @param {Panel} panel
 * @param {Record<string, Record<string, number>>} samples
 * @param {number} left
 * @param {number} top
 */
function drawPanel({ metric, title, unit, digits = 0 }, samples, left, top) {
  const peers = Object.keys(PEERS).filter((peer) => peer in samples);
  const most = Math.max(...peers.map((peer) => samples[peer][metric]));
  const room = COLUMN - LABEL - NUMBER - MARGIN;
  const lines = [`<text class="title" x="${left + MARGIN}" y="${top + 16}">${title}</text>`];
  peers.forEach((peer, row) => {
    const number = samples[peer][metric];
    const y = top + TITLE + row * ROW;
    const width = Math.max(1, Math.round((number / most) * room));
    const kind = peer === 'cycle' ? 'ours' : MARKS.includes(peer) ? 'mark' : 'bar';
    const label = PEERS[/** @type {keyof typeof PEERS} */ (peer)];
    const text = number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    lines.push(
      `<text x="${left + LABEL}" y="${y + 4}" text-anchor="end">${label}</text>`,
      `<rect class="${kind}" x="${left + LABEL + 8}" y="${y - 7}" width="${width}" height="13" rx="2"/>`,
      `<text x="${left + LABEL + width + 14}" y="${y + 4}">${text}${unit}</text>`,
    );
  });
  return lines.join('\n');
}

/**
 * A text over as many lines as it takes.
 *
 * @param {string} text
 * @param {number} top
 */
function note(text, top) {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (`${lines[lines.length - 1]} ${word}`.length > 140) {
      lines.push('');
    }
    lines[lines.length - 1] = `${lines[lines.length - 1]} ${word}`.trim();
  }
  return lines.map((line, i) => `<text class="note" x="${MARGIN}" y="${top + 14 * (i + 1)}">${line}</text>`);
}
