import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = readFileSync(new URL('./client.types.ts', import.meta.url), 'utf8');

/** How users resolve modules; each kind of file is one that the setting allows. */
const RESOLUTIONS = [
  ['bundler', 'ESNext', 'Bundler', ['client.ts']],
  ['node16', 'Node16', 'Node16', ['client.cts', 'client.mts']],
  ['nodenext', 'NodeNext', 'NodeNext', ['client.cts', 'client.mts']],
];

/** Errors that `tsc --strict` finds in the files of a project which has the package installed. */
function errorsOf(files, text, { module, moduleResolution, skipLibCheck = true }) {
  const folder = mkdtempSync(join(tmpdir(), 'types-'));
  try {
    mkdirSync(join(folder, 'node_modules', '@cycleplatform'), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules', '@cycleplatform', 'internal-api-client'));
    symlinkSync(join(root, 'node_modules', 'openapi-fetch'), join(folder, 'node_modules', 'openapi-fetch'));
    for (const file of files) writeFileSync(join(folder, file), text);
    const program = ts.createProgram(
      files.map((file) => join(folder, file)),
      {
        strict: true,
        noEmit: true,
        skipLibCheck,
        types: ['node'],
        typeRoots: [join(root, 'node_modules', '@types')],
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind[module],
        moduleResolution: ts.ModuleResolutionKind[moduleResolution],
      },
    );
    const host = { getCanonicalFileName: String, getCurrentDirectory: () => folder, getNewLine: () => '\n' };
    return ts.getPreEmitDiagnostics(program).map((one) => ts.formatDiagnostic(one, host));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const [name, module, moduleResolution, files] of RESOLUTIONS) {
  test(`${files.join(' and ')} type-check with moduleResolution ${name}`, () => {
    assert.deepEqual(errorsOf(files, program, { module, moduleResolution }), []);
  });
}

test('the declarations themselves have no error', () => {
  const text = "export * from '@cycleplatform/internal-api-client';\n";
  const settings = { module: 'NodeNext', moduleResolution: 'NodeNext', skipLibCheck: false };
  assert.deepEqual(errorsOf(['all.cts', 'all.mts'], text, settings), []);
});

test('what both declare of the client is the same', () => {
  const texts = ['index.d.ts', 'index.import.d.ts'].map((file) => readFileSync(join(root, file), 'utf8'));
  for (const declared of [/export declare function getClient.*/, /export interface InternalApiClient .*/]) {
    const [commonjs, esm] = texts.map((text) => declared.exec(text)?.[0]);
    assert.ok(commonjs);
    assert.equal(esm, commonjs);
  }
});

test('an error in the program is seen', () => {
  const wrong =
    "import { getClient } from '@cycleplatform/internal-api-client';\ngetClient().GET('/v1/environmentt');\n";
  const errors = errorsOf(['wrong.mts'], wrong, { module: 'NodeNext', moduleResolution: 'NodeNext' });
  assert.equal(errors.length, 1, errors.join());
  assert.match(errors[0], /^wrong\.mts\(2,13\)/);
});
