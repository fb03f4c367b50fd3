'use strict';

// JSON texts that ask much of a parser, for tests that compare values with those of JSON.parse.

/** What services send most: one object after the other with the same keys. */
const ordinary = (number) => ({
  topic: 'container.instance.state.changed',
  object: { id: number.toString(16).padStart(24, '0'), state: 'running', state_previous: number % 3 ? 'new' : null },
  context: { label: `a label ${number}`, hub_id: null, environments: ['e1'], containers: [], clusters: null },
  at: 1_700_000_000_000 + number,
  count: number,
  ratio: number / 7,
  healthy: number % 2 === 0,
});

/** @param {number} depth */
const nested = (depth) => `${'['.repeat(depth)}${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}${']'.repeat(depth)}`;

const padded = (object) =>
  `{"odd":${object},"rows":${JSON.stringify(Array.from({ length: 9 }, (_, i) => ordinary(i)))}}`;

/** Valid texts. */
const valid = [
  ...Array.from({ length: 12 }, (_, number) => JSON.stringify(ordinary(number))),
  JSON.stringify(Array.from({ length: 40 }, (_, number) => ordinary(number))),
  JSON.stringify(
    Array.from({ length: 40 }, (_, number) => ordinary(number)),
    null,
    2,
  ),
  ...[
    'null',
    'true',
    'false',
    '0',
    '-0',
    '-1',
    '99999999',
    '100000000',
    '-99999999',
    '1e400',
    '-1e400',
    '1e-400',
    '9007199254740993',
    '0.1',
    '5e-324',
    '2.2250738585072011e-308',
    '123456789012345678901234567890',
    '""',
    '"a"',
    '"twelve chars"',
    '"thirteen char"',
    '"\\u0000\\ud800\\uDC00\\ud83d\\ude00\\"\\\\\\/\\b\\f\\n\\r\\t"',
    '"é😀\u2028"',
    '[]',
    '{}',
    ' [ { } , [ ] ] ',
    nested(20),
    nested(200),
    `[${'1,'.repeat(3000)}1]`,
    `[${'"",'.repeat(3000)}""]`,
    `["${'x'.repeat(3000)}","${'y'.repeat(5)}","${'é'.repeat(1500)}","z"]`,
  ].flatMap((text) => [text, padded(text)]),
  ...[
    '{"__proto__":{"polluted":1},"a":1}',
    '{"a":1,"__proto__":null,"b":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"constructor":1,"toString":2,"hasOwnProperty":3,"then":4}',
    '{"a":1,"a":2}',
    '{"a":1,"b":2,"a":{"c":3}}',
    '{"2":1,"1":2,"b":3,"0":4,"a":5}',
    '{"-1":1,"1.5":2,"4294967295":3}',
    '{"":1," ":2,"a b":3,"a\\"b":4,"a\\u0062":5,"ab":6}',
    '{"é":1,"😀":2}',
    '{"if":1,"a-b":2,"a.b":3,"$":4,"_":5}',
    `{${Array.from({ length: 200 }, (_, i) => `"key_${i}":${i}`).join(',')}}`,
    `{${Array.from({ length: 50 }, (_, i) => `"f${i.toString(16).padStart(23, '0')}":{"id":${i}}`).join(',')}}`,
  ].flatMap((text) => [text, padded(text)]),
];

/** Texts that are no JSON. */
const invalid = [
  '{"a":1,}',
  '[1 2]',
  '{"a"',
  '{"topic":"x"',
  '[01]',
  '"\n"',
  'nul',
  JSON.stringify(ordinary(1)).slice(0, -1),
];

module.exports = { invalid, ordinary, valid };
