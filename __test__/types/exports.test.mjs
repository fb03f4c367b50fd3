import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('../..', import.meta.url));
const { exports } = require('../../package.json');

/** @param {string} file with declarations */
function exportedValues(file) {
  const program = ts.createProgram([file], { module: ts.ModuleKind.NodeNext });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const symbol = source && checker.getSymbolAtLocation(source);
  assert.ok(symbol, `${file} is no module`);
  return checker
    .getExportsOfModule(symbol)
    .map((one) => (one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one))
    .filter(({ flags }) => flags & ts.SymbolFlags.Value)
    .map(({ name }) => name)
    .sort();
}

/**
 * The files that an entry leads to, each with its declarations: those that it names, or that lie beside it.
 *
 * @param {any} entry
 * @returns {[types: string, file: string][]}
 */
function filesOf(entry) {
  if (typeof entry === 'string') return [[entry.replace(/js$/, 'd.ts'), entry]];
  const { types, ...conditions } = entry;
  return Object.values(conditions).flatMap((one) => (types ? [[types, one]] : filesOf(one)));
}

for (const entry of ['.', './live', './testing', './protocol']) {
  for (const [types, file] of filesOf(exports[entry])) {
    test(`the values that "${entry}" declares in ${types} are those that ${file} has`, async () => {
      const imported = await import(new URL(file, `file://${root}`).href);
      const names = Object.keys(imported).filter((name) => name !== 'default' && name !== 'module.exports');
      assert.deepEqual(exportedValues(`${root}${types.slice(2)}`), names.sort());
    });
  }
}
