import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { errorCodePage, errorCodes, errorCodeTypes, strayCodes } from '../../scripts/generate/error-codes.mjs';
import { temporaryFolder } from '../peers/temporary-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('every code that is raised is in the table, and the other way round', async () => {
  assert.deepEqual(await strayCodes(root, await errorCodes(root)), []);
});

test('a code that only one of them has is named', async (scope) => {
  const folder = temporaryFolder(scope);
  for (const name of ['src', 'lib', 'bin']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'src', 'failure.rs'), '"ERR_CYCLE_NEW"');
  const codes = [{ code: 'ERR_CYCLE_OLD', of: ['call'], when: 'Once.', todo: 'Nothing.' }];
  assert.deepEqual(await strayCodes(folder, codes), [
    'ERR_CYCLE_NEW of src/failure.rs is not in lib/error-codes.json',
    'ERR_CYCLE_OLD of lib/error-codes.json is never raised',
  ]);
});

test('each code has a row with words for who reports it, and stands in the types once', async () => {
  const codes = await errorCodes(root);
  const page = errorCodePage(codes);
  const types = errorCodeTypes(codes);
  assert.equal(new Set(codes.map(({ code }) => code)).size, codes.length);
  assert.doesNotMatch(page, /undefined/);
  for (const { code, of } of codes) {
    assert.equal(page.split(`| \`${code}\` |`).length, 2, code);
    const unions = 1 + ['call', 'live', 'notifications'].filter((source) => of.includes(source)).length;
    assert.equal(types.split(`| '${code}'\n`).length + types.split(`| '${code}';\n`).length - 2, unions, code);
  }
});
