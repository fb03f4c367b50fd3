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

for (const entry of ['.', './testing', './protocol']) {
  test(`the values that "${entry}" declares are those that it has`, async () => {
    const { types, default: file } = exports[entry];
    const imported = await import(new URL(file, `file://${root}`).href);
    const names = Object.keys(imported).filter((name) => name !== 'default' && name !== 'module.exports');
    assert.deepEqual(exportedValues(`${root}${types.slice(2)}`), names.sort());
  });
}
