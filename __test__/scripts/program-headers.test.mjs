import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endsWithProgramHeaders, moveProgramHeaders } from '../../scripts/program-headers.mjs';

const require = createRequire(import.meta.url);
const { production, tools } = require('../peers/addons.js');
const { printedBy } = require('../peers/child.js');
const { temporaryFolder } = require('../peers/temporary-folder.js');

const root = fileURLToPath(new URL('../..', import.meta.url));
const addons = process.platform === 'linux' ? [production, tools] : [];

/** Loads the files that are named, and prints what came of each. */
const LOAD = `
  for (const file of process.argv.slice(1)) {
    try {
      process.dlopen({ exports: {} }, file);
      console.log('loaded');
    } catch ({ message }) {
      console.log(message.replace(file, ''));
    }
  }`;

for (const name of addons) {
  test(`${name} ends with its program headers, and moving them again changes nothing`, () => {
    const bytes = readFileSync(join(root, name));
    assert.ok(endsWithProgramHeaders(bytes));
    assert.equal(moveProgramHeaders(bytes), bytes);
    assert.ok(!endsWithProgramHeaders(Buffer.concat([bytes, Buffer.alloc(8)])));
  });

  test(`${name} that was cut off is refused, wherever it was cut`, async (t) => {
    const folder = temporaryFolder(t);
    const bytes = readFileSync(join(root, name));
    const tenths = Array.from({ length: 10 }, (_, index) => Math.floor((bytes.length * index) / 10));
    const lengths = [...tenths, ...[4096, 700, 64, 8, 1].map((less) => bytes.length - less)];
    const files = lengths.map((length) => {
      const file = join(folder, `${length}.node`);
      writeFileSync(file, bytes.subarray(0, length));
      return file;
    });
    const said = (await printedBy(LOAD, files)).split('\n');
    assert.equal(said.length, lengths.length);
    for (const line of said) {
      assert.match(line, /file too short|cannot read file data|Exec format error/);
    }
  });

  for (const strip of ['strip', 'llvm-strip']) {
    test(`${name} can be loaded after ${strip}`, async (t) => {
      const file = join(temporaryFolder(t), 'addon.node');
      writeFileSync(file, readFileSync(join(root, name)));
      const { error, status, stderr } = spawnSync(strip, [file], { encoding: 'utf8' });
      if (error) {
        t.diagnostic(`left out: ${strip} is not installed`);
      } else {
        assert.equal(status, 0, stderr);
      }
      assert.equal(await printedBy(LOAD, [file]), 'loaded');
    });
  }
}

test('files of other kinds are left alone', () => {
  const ofHalfTheBits = Buffer.alloc(100);
  ofHalfTheBits.write('\u007fELF\u0001\u0001', 'latin1');
  for (const bytes of [Buffer.alloc(0), Buffer.from('\u007fELF\u0002\u0001', 'latin1'), ofHalfTheBits]) {
    assert.equal(moveProgramHeaders(bytes), bytes);
    assert.ok(!endsWithProgramHeaders(bytes));
  }
});
