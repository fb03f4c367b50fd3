import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @type {string} */
let copy;

before(() => {
  copy = mkdtempSync(join(tmpdir(), 'generate-'));
  const isOurs = (/** @type {string} */ file) => basename(file) !== 'node_modules';
  for (const folder of ['benches', 'bin', 'dist', 'docs', 'generated', 'lib', 'protocol', 'scripts', 'src']) {
    cpSync(join(root, folder), join(copy, folder), { recursive: true, filter: isOurs });
  }
  const addons = readdirSync(root).filter((name) => name.endsWith('.node'));
  for (const name of ['node_modules', ...addons]) symlinkSync(join(root, name), join(copy, name));
});

after(() => rmSync(copy, { recursive: true }));

/** @param {string[]} args */
function generate(...args) {
  return spawnSync(process.execPath, [join(copy, 'scripts/generate.mjs'), ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
}

test('generated/ is what protocol/ makes of it', () => {
  const { status, stderr } = generate('--check');
  assert.equal(stderr, '');
  assert.equal(status, 0);
});

test('--check names each file that differs and shows how; generating puts it right', () => {
  const table = join(copy, 'generated/operations.json');
  writeFileSync(table, readFileSync(table, 'utf8').replace('"getHub"', '"getHubs"'));
  rmSync(join(copy, 'generated/topics.json'));
  writeFileSync(join(copy, 'generated/stray.json'), '{}\n');
  const { status, stderr } = generate('--check');
  assert.equal(status, 1);
  assert.match(
    stderr,
    /generated\/operations\.json is out of date\n {2}from line \d+:\n {2}- .*"getHubs".*\n {2}\+ .*"getHub"/,
  );
  assert.match(stderr, /generated\/topics\.json is missing/);
  assert.match(stderr, /generated\/stray\.json is not generated from anything/);
  assert.match(stderr, /Run node scripts\/generate\.mjs/);

  assert.equal(generate().status, 0);
  assert.equal(generate('--check').status, 0);
});

test('a reference that leads nowhere is an error that names the place', () => {
  const file = join(copy, 'protocol/cycle/schemas/task.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('$ref: "#/StopInstanceAction"', '$ref: "#/Nowhere"'));
  const { status, stderr } = generate();
  writeFileSync(file, text);
  assert.notEqual(status, 0);
  assert.match(stderr, /the declaration cannot be bundled:\n.*task\.yaml#\/InstanceTask\/oneOf\/1: Can't resolve/);
});
