// The Markdown pages of the project and the code blocks in them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @typedef {object} Block
 * @property {string} language
 * @property {string} text
 * @property {number} line of its first line, from 1
 * @property {string | undefined} note the comment above it: `file: name`, or `background`
 * @property {string | undefined} file the name under which other blocks know it
 */

/** The pages that users and contributors read, relative to the project's folder. */
export const PAGES = [
  ...readdirSync(root).filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md'),
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));

/** @param {string} page */
export function textOf(page) {
  return readFileSync(join(root, page), 'utf8');
}

/**
 * @param {string} page
 * @returns {Block[]}
 */
export function blocksOf(page) {
  const text = textOf(page);
  const found = text.matchAll(/^(?:<!-- (?<note>[^>\n]*) -->\n\n?)?```(?<language>[^\n]*)\n(?<body>[\s\S]*?)^```$/gm);
  return [...found].map(({ index, 0: whole, groups }) => {
    const { note, language, body } = /** @type {Record<string, string>} */ (groups);
    const line = text.slice(0, index + whole.indexOf('```')).split('\n').length + 1;
    return { language, text: body, line, note, file: /^file: (?<name>\S+)$/.exec(note ?? '')?.groups?.name };
  });
}

/**
 * The commands of a console block, each with what it prints.
 *
 * @param {string} text
 */
export function consoleCommands(text) {
  const [before, ...parts] = text.split(/^\$ /m);
  if (before !== '') {
    throw new Error(`A console block begins with a command, not with ${before}`);
  }
  return parts.map((part) => {
    const end = part.indexOf('\n');
    return { line: part.slice(0, end), output: part.slice(end + 1) };
  });
}

/**
 * The commands of a shell block as words: comments left out, lines joined, lists of commands taken apart.
 *
 * @param {string} text
 * @returns {string[][]}
 */
export function shellCommands(text) {
  const lines = text.replace(/\\\n/g, ' ').split('\n');
  return lines
    .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split(/\s(?:&&|\|\||\||;)\s/))
    .map((command) => command.match(/'[^']*'|"[^"]*"|\S+/g)?.map((word) => word.replace(/^(['"])(.*)\1$/, '$2')) ?? [])
    .filter((words) => words.length > 0);
}

/**
 * The anchors that the headings of a page have, as GitHub makes them.
 *
 * @param {string} page
 */
export function anchorsOf(page) {
  const prose = textOf(page).replace(/^```[\s\S]*?^```$/gm, '');
  const headings = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  );
}

/**
 * Where the links and pictures of a page lead, those to other sites left out.
 *
 * @param {string} page
 */
export function localLinks(page) {
  const prose = textOf(page).replace(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/\]\((?<target>[^)\s]+)\)/g)]
    .map(({ groups }) => /** @type {{ target: string }} */ (groups).target)
    .filter((target) => !/^[a-z]+:/.test(target));
}
