// Every name that a declaration file exports shows how it is used, and what it shows compiles.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { compile, makeProject } from './project.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

const FILES = ts.sys
  .readDirectory(root, ['.d.ts'], ['binding*.d.ts'], ['*.d.ts', 'lib/**/*.d.ts'])
  .map((path) => path.slice(root.length));

/** @typedef {{ file: string, line: number, name: string, examples: string[] }} Item */

/**
 * The names that a text of declarations exports itself, each with the programs in the `@example` of its comment.
 *
 * @param {string} file
 * @param {string} text
 * @returns {Item[]}
 */
function itemsOf(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return source.statements.filter(isExported).flatMap((statement) => {
    const comment = ts.getJSDocCommentsAndTags(statement).find(ts.isJSDoc)?.getText() ?? '';
    const line = source.getLineAndCharacterOfPosition(statement.getStart()).line + 1;
    return namesOf(statement).map((name) => ({ file, line, name, examples: examplesOf(comment) }));
  });
}

/** @param {ts.Statement} statement */
function isExported(statement) {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getCombinedModifierFlags(/** @type {any} */ (statement)) & ts.ModifierFlags.Export) !== 0
  );
}

/** @param {any} statement @returns {string[]} */
function namesOf(statement) {
  return ts.isVariableStatement(statement)
    ? statement.declarationList.declarations.map(({ name }) => name.getText())
    : [statement.name.getText()];
}

/** @param {string} comment */
function examplesOf(comment) {
  const text = comment.replace(/^ *\*(?: |(?=\n))/gm, '');
  return [...text.matchAll(/^@example\n```ts\n(?<program>[\s\S]*?)^```$/gm)].map(({ groups }) => groups?.program ?? '');
}

/** @param {string} file */
function textOf(file) {
  return readFileSync(join(root, file), 'utf8');
}

/** What the declaration files export of the generated ones. */
const passedOn = FILES.flatMap((file) =>
  [...textOf(file).matchAll(/^export type \{(?<names>[^}]*)\} from '[./]*\/(?<from>generated\/[^']*)\.js';$/gm)].map(
    ({ groups }) => ({ from: `${groups?.from}.d.ts`, names: groups?.names.match(/\w+/g) ?? [] }),
  ),
);

const items = [
  ...FILES.flatMap((file) => itemsOf(file, textOf(file))),
  ...passedOn.flatMap(({ from, names }) => itemsOf(from, textOf(from)).filter(({ name }) => names.includes(name))),
];

/**
 * The programs of an item by file name. They name a module beside their declaration as that file would.
 *
 * @param {Item} item
 */
function programsOf({ file, line, examples }) {
  const beside = `from '${join(root, dirname(file))}/`;
  const subject = file.replace(/\.d\.ts$/, '').replaceAll('/', '-');
  return examples.map((program, index) => [
    `${subject}-${line}-${index}.mts`,
    program.replaceAll("from './", () => beside),
  ]);
}

test('the declaration files are found', () => {
  for (const file of ['index.d.ts', 'testing.d.ts', 'protocol.d.ts', 'lib/client/types.d.ts']) {
    assert.ok(FILES.includes(file), file);
  }
  assert.ok(items.length >= 90, `${items.length} names`);
  const generated = items.filter(({ file }) => file.startsWith('generated/')).map(({ name }) => name);
  assert.deepEqual(generated.sort(), passedOn.flatMap(({ names }) => names).sort());
  assert.ok(generated.includes('paths'));
});

test('every exported name has an example that names it', () => {
  const without = items.filter(
    ({ name, examples }) => !examples.some((text) => new RegExp(`\\b${name}\\b`).test(text)),
  );
  assert.deepEqual(
    without.map(({ file, name }) => `${file}: ${name}`),
    [],
  );
});

test('no example is written in a way that is not read', () => {
  for (const file of FILES) {
    const written = textOf(file).match(/@example/g) ?? [];
    const read = items.filter((item) => item.file === file).flatMap(({ examples }) => examples);
    assert.equal(read.length, written.length, file);
  }
});

test('an export without an example is noticed', () => {
  const text = `
    /** Nothing is shown. */
    export type Bare = 1;
    export declare const none: 1, other: 2;
    type Own = 1;
    /**
     * Shown.
     *
     * @example
     * \`\`\`ts
     * shown();
     *
     * shown();
     * \`\`\`
     */
    export declare function shown(): void;`;
  assert.deepEqual(
    itemsOf('some.d.ts', text).map(({ name, examples }) => [name, ...examples]),
    [['Bare'], ['none'], ['other'], ['shown', 'shown();\n\nshown();\n']],
  );
});

test('examples type-check with exactOptionalPropertyTypes', async (t) => {
  const folder = makeProject(t, Object.fromEntries(items.flatMap(programsOf)));
  assert.deepEqual(await compile(folder), []);
});

test('an example that does not compile is noticed', async (t) => {
  const example =
    "import { getClient } from '@cycleplatform/internal-api-client';\n\ngetClient({ timeoutMs: 'long' });\n";
  const files = programsOf({ file: 'some.d.ts', line: 7, name: 'wrong', examples: [example] });
  const errors = await compile(makeProject(t, Object.fromEntries(files)));
  assert.equal(errors.length, 1);
  assert.match(errors[0], /^some-7-0\.mts\(3,13\): error TS2322:/);
});
