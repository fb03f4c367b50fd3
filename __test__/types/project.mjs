import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiler } from './compilers.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A project that has the package installed, and whatever else it names.
 *
 * @param {{ after: (hook: () => void) => void }} scope
 * @param {Record<string, string>} files names with their texts
 * @param {string[]} [packages] of the project's own dependencies
 */
export function makeProject(scope, files, packages = []) {
  const folder = mkdtempSync(join(tmpdir(), 'types-'));
  scope.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules', '@cycleplatform'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules', '@cycleplatform', 'internal-api-client'));
  for (const name of ['@types', ...packages]) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/**
 * What `tsc --strict` says about all files of a project, declarations of packages included. It writes their
 * declarations to the folder `out`.
 *
 * @param {string} folder
 * @param {{ version?: string, module?: string, moduleResolution?: string, exact?: boolean }} [settings]
 * @returns {Promise<string[]>} the errors, one a line
 */
export function compile(
  folder,
  { version = '5.9', module = 'nodenext', moduleResolution = 'nodenext', exact = true } = {},
) {
  const settings = {
    compilerOptions: {
      strict: true,
      exactOptionalPropertyTypes: exact,
      skipLibCheck: false,
      declaration: true,
      emitDeclarationOnly: true,
      outDir: 'out',
      rootDir: '.',
      allowJs: true,
      checkJs: true,
      // What is caught is looked at without a check in the JavaScript of the pages.
      useUnknownInCatchVariables: false,
      types: ['node'],
      target: 'es2022',
      lib: ['es2022', 'esnext.disposable'],
      module,
      moduleResolution,
    },
    include: ['*.ts', '*.cts', '*.mts', '*.mjs'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [compiler(version), '--project', folder, '--pretty', 'false'],
      { cwd: folder },
      (_, stdout) => resolve(stdout.split('\n').filter((line) => line !== '' && !line.startsWith(' '))),
    );
  });
}

/**
 * @param {string} folder
 * @returns {string} the declarations that were written
 */
export function emitted(folder) {
  const out = join(folder, 'out');
  return readdirSync(out)
    .map((name) => readFileSync(join(out, name), 'utf8'))
    .join('\n');
}
