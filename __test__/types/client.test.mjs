import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COMPILERS } from './compilers.mjs';
import { compile, emitted, makeProject } from './project.mjs';

/** @param {string} name */
const text = (name) => readFileSync(new URL(`./${name}.types.ts`, import.meta.url), 'utf8');

/** Programs under each ending that a setting allows. @param {string[]} endings @param {Record<string, string>} programs */
function files(endings, programs) {
  const all = endings.flatMap((ending) => Object.entries(programs).map(([name, text]) => [`${name}.${ending}`, text]));
  return Object.fromEntries(all);
}

const programs = {
  client: text('client'),
  exported: text('exported'),
  'openapi-fetch': text('openapi-fetch'),
  'openapi-fetch-before': text('openapi-fetch').replaceAll("'openapi-fetch'", "'openapi-fetch-0.15'"),
};
const packages = ['openapi-fetch', 'openapi-fetch-0.15'];

for (const version of COMPILERS) {
  test(`programs type-check with TypeScript ${version}, and can be exported`, async (scope) => {
    const folder = makeProject(scope, files(['mts'], programs), packages);
    assert.deepEqual(await compile(folder, { version }), []);
  });
}

test('the results of all calls are those of upstream', async (scope) => {
  const folder = makeProject(scope, { 'results.mts': text('results') }, packages);
  assert.deepEqual(await compile(folder), []);
});

test('programs type-check without exactOptionalPropertyTypes', async (scope) => {
  const folder = makeProject(scope, files(['cts', 'mts'], programs), packages);
  assert.deepEqual(await compile(folder, { exact: false, module: 'node16', moduleResolution: 'node16' }), []);
});

test('programs type-check with a bundler', async (scope) => {
  const folder = makeProject(scope, files(['ts'], programs), packages);
  assert.deepEqual(await compile(folder, { module: 'esnext', moduleResolution: 'bundler' }), []);
});

test('what a program exports can be used by one that has no openapi-fetch', async (scope) => {
  const library = makeProject(scope, files(['mts', 'cts'], { exported: programs.exported }));
  assert.deepEqual(await compile(library), []);
  const declarations = emitted(library);
  assert.match(declarations, /import\("@cycleplatform\/internal-api-client"\)\.FetchResponse/);
  assert.doesNotMatch(declarations, /openapi-fetch/);
  const user = makeProject(scope, { 'library.d.mts': readFileSync(`${library}/out/exported.d.mts`, 'utf8') });
  assert.deepEqual(await compile(user), []);
});

test('no published declaration imports another package', () => {
  const { files: published } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.ok(published.includes('lib'));
  const root = new URL('../../', import.meta.url);
  const seen = new Set();
  const visit = (/** @type {URL} */ file) => {
    if (seen.has(file.href)) return;
    seen.add(file.href);
    const declarations = readFileSync(file, 'utf8');
    // Examples in comments import the package by its name.
    for (const [, name] of declarations.matchAll(/^(?! ?\*).* from '([^'\n]+)';$/gm)) {
      assert.match(name, /^(?:\.{1,2}\/|node:)/, file.href);
      if (name.startsWith('.')) visit(new URL(name.replace(/\.js$/, '.d.ts'), file));
    }
  };
  for (const entry of ['index.d.ts', 'protocol.d.ts', 'testing.d.ts']) visit(new URL(entry, root));
  assert.ok(seen.size > 8, [...seen].join());
});

test('an error in a program is seen', async (scope) => {
  const wrong =
    "import { getClient } from '@cycleplatform/internal-api-client';\ngetClient().GET('/v1/environmentt');\n";
  const errors = await compile(makeProject(scope, { 'wrong.mts': wrong }));
  assert.equal(errors.length, 1, errors.join());
  assert.match(errors[0], /^wrong\.mts\(2,13\)/);
});
