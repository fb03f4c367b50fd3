import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import until from './peers/until.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs', 'protocol.md'), 'utf8');
const { NODE_TEST_CONTEXT: _inherited, ...env } = process.env;

/** The code blocks of the page, each with the comment before it. */
function blocks() {
  const found = page.matchAll(/(?:<!-- (?<note>[^>]*) -->\n)?```(?<language>\w+)\n(?<text>[\s\S]*?)```/g);
  return [...found].map(({ groups }) => groups);
}

/** The commands of a block with what they print. */
function commands(text) {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [line, ...output] = part.split('\n');
      return { line, output: output.join('\n') };
    });
}

/** A folder in which the package is installed, with the files of the page. */
function workplace(t) {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'node_modules', '@cycleplatform'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules', '@cycleplatform', 'internal-api-client'));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(root, 'bin', 'cycle-internal.js'), join(folder, 'bin', 'cycle-internal'));
  for (const { note, text } of blocks()) {
    if (note?.startsWith('file: ')) {
      writeFileSync(join(folder, note.slice('file: '.length)), text);
    }
  }
  return { cwd: folder, env: { ...env, PATH: `${join(folder, 'bin')}:${env.PATH}`, NO_COLOR: '1' } };
}

test('what the page on protocols shows is what happens', async (t) => {
  const options = workplace(t);
  let ran = 0;
  for (const { note, language, text } of blocks()) {
    if (language !== 'console') continue;
    for (const { line, output } of commands(text)) {
      if (note === 'background') {
        const child = spawn('sh', ['-c', `exec ${line}`], { ...options, stdio: 'ignore' });
        t.after(() => child.kill('SIGINT'));
        await until.until(() => existsSync(join(options.cwd, 'notes.sock')), line);
      } else {
        const { stdout, stderr } = spawnSync('sh', ['-c', line], { ...options, encoding: 'utf8', timeout: 60_000 });
        assert.equal(stdout + stderr, output, line);
      }
      ran += 1;
    }
  }
  assert.ok(ran >= 6);
});
