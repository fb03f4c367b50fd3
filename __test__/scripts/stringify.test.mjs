import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference } from '../../scripts/generate/difference.mjs';
import { stringify } from '../../scripts/generate/stringify.mjs';

test('what fits on a line stays on it', () => {
  assert.equal(stringify({ a: [1, 'two', null], b: { c: true } }), '{"a":[1,"two",null],"b":{"c":true}}\n');
});

test('what does not fit gets a line for each entry, and means the same', () => {
  const value = { list: Array.from({ length: 40 }, (_, index) => index * 1000), empty: {}, text: 'x'.repeat(200) };
  const text = stringify(value);
  assert.deepEqual(JSON.parse(text), value);
  assert.ok(text.includes('\n "empty": {},\n'));
  assert.ok(text.split('\n').every((line) => line.length <= 120 || line.includes('xxx')));
});

test('undefined is left out, as in JSON.stringify', () => {
  const value = { gone: undefined, kept: 'y'.repeat(150) };
  assert.deepEqual(JSON.parse(stringify(value)), { kept: value.kept });
});

test('a difference shows what changed and cuts long stretches', () => {
  assert.equal(difference('a\nb\nc\n', 'a\nb\nc\n'), '');
  assert.equal(difference('a\nb\nc\n', 'a\nB\nc\n'), '  from line 2:\n  - b\n  + B');
  assert.equal(difference('a\nc\n', 'a\nb\nc\n'), '  from line 2:\n  + b');
  const long = difference('', Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n'));
  assert.match(long, /\+ line 19\n {2}\+ \.\.\. and 80 more lines$/);
});
