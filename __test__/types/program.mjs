import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * Type-checks some texts as `tsc --strict` would.
 *
 * @param {Record<string, string>} files names with their texts; they may import one another, and anything by its full path
 * @returns {{ file: string, line: number, message: string }[]} the errors, with lines from 1
 */
export function typeErrors(files) {
  const folder = mkdtempSync(join(tmpdir(), 'types-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const program = ts.createProgram(
      Object.keys(files).map((name) => join(folder, name)),
      {
        strict: true,
        noEmit: true,
        types: [],
        lib: ['lib.es2022.d.ts'],
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
      },
    );
    return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
      const name = file?.fileName.replace(`${folder}/`, '') ?? '';
      return { file: name, line, message: ts.flattenDiagnosticMessageText(messageText, '\n') };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
