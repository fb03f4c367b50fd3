import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compile, makeProject } from './project.mjs';

const root = new URL('../../', import.meta.url);

/** What a page takes for granted in blocks that go on from an earlier one. */
const context = `
declare const client: import('@cycleplatform/internal-api-client').InternalApiClient;
declare const getClient: typeof import('@cycleplatform/internal-api-client').getClient;
`;

/** The programs of a page: files by their names, other blocks by their lines. @param {string} page */
function programs(page) {
  const text = readFileSync(new URL(page, root), 'utf8');
  const found = text.matchAll(/(?:<!-- file: (?<file>\S+) -->\n)?```(?:js|ts)\n(?<program>[\s\S]*?)```/g);
  return Object.fromEntries(
    [...found].map(({ index, groups }) => [
      groups?.file ?? `line-${text.slice(0, index).split('\n').length}.mts`,
      `${groups?.program}\nexport {};\n`,
    ]),
  );
}

const pages = ['README.md', ...readdirSync(new URL('docs', root)).map((name) => `docs/${name}`)];

for (const page of pages.filter((name) => Object.keys(programs(name)).length > 0)) {
  test(`the programs of ${page} type-check with exactOptionalPropertyTypes`, async (scope) => {
    const folder = makeProject(scope, { 'context.d.ts': context, ...programs(page) });
    assert.deepEqual(await compile(folder), []);
  });
}

test('the programs of README.md are found', () => {
  assert.ok(Object.keys(programs('README.md')).length >= 5);
});
