'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { runChild } = require('../peers/child.js');

for (const kind of ['require', 'import']) {
  test(`${kind} loads next to nothing and starts nothing`, async () => {
    const child = await runChild('import-only', [kind]);
    assert.equal(child.code, 0, child.stderr);
    const { loaded, before, imported, made } = JSON.parse(child.stdout);
    assert.deepEqual(loaded, kind === 'import' ? ['dist/import.js', 'dist/index.js'] : ['dist/index.js']);
    assert.deepEqual(imported, before, 'no thread, file or handle by the import');
    assert.deepEqual(made, before, 'none by getClient() either');
  });
}

test('what Node loads for fetch is not loaded by plain calls', async () => {
  const child = await runChild('fetch-untouched');
  assert.equal(child.code, 0, child.stderr);
  assert.deepEqual(JSON.parse(child.stdout), { touched: [], data: { data: 'ok' }, status: 200, code: 'ENOENT' });
});
