'use strict';

const { Readable } = require('node:stream');

const post = (body, init) => (client) =>
  client.POST('/v1/object-cache', { body: typeof body === 'function' ? body() : body, ...init });
const raw = { bodySerializer: (body) => body };
const FORM = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
const OCTETS = { ...raw, headers: { 'Content-Type': 'application/octet-stream' } };

const formData = () => {
  const form = new FormData();
  form.append('name', 'größe');
  form.append('quo"te', 'a\r\nb');
  form.append('name', 'again');
  form.append('file', new Blob(['file content'], { type: 'text/plain' }), 'a "b".txt');
  return form;
};

const streamOf = (...chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });

const SERIALISED = [
  ['an object', { a: 1, b: [true, null], c: 'é😀', d: undefined }],
  ['an array', [1, 'two']],
  ['an empty object', {}],
  ['a string', 'text'],
  ['an empty string', ''],
  ['a number', 0],
  ['NaN', Number.NaN],
  ['true', true],
  ['false', false],
  ['null', null],
  ['undefined', undefined],
  ['a date', new Date(0)],
  ['an object with toJSON', { toJSON: () => ({ own: 1 }) }],
  ['a function', () => () => 1],
  ['a symbol', () => Symbol('s')],
  ['a bigint', 10n],
  ['a lone surrogate', '\ud800'],
  ['a Uint8Array', () => new Uint8Array([1, 2])],
  ['a URLSearchParams', () => new URLSearchParams('a=b')],
  ['a Blob', () => new Blob(['x'])],
  ['a Map', () => new Map([[1, 2]])],
];

const circular = {};
circular.self = circular;

module.exports = [
  ...SERIALISED.map(([what, body]) => ({ name: `as JSON: ${what}`, call: post(body) })),
  { name: 'as JSON: a circle is refused', call: post(circular) },
  {
    name: 'as JSON: toJSON that throws',
    call: post({
      toJSON: () => {
        throw new RangeError('not today');
      },
    }),
    message: true,
  },
  { name: 'FormData', call: post(formData) },
  { name: 'an empty FormData', call: post(() => new FormData()) },
  { name: 'FormData with headers', call: post(formData, { headers: { 'X-Own': 'yes' } }) },
  { name: 'urlencoded: an object', call: post({ a: 'b c', d: 'é&=' }, FORM) },
  {
    name: 'urlencoded: a URLSearchParams',
    call: post(
      () =>
        new URLSearchParams([
          ['a', '1'],
          ['a', '2'],
        ]),
      FORM,
    ),
  },
  { name: 'urlencoded: a string', call: post('a=1&b=2', FORM) },
  {
    name: 'urlencoded: with charset it is JSON',
    call: post({ a: 1 }, { headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' } }),
  },
  { name: 'raw string', call: post('as it is é', raw) },
  { name: 'raw string with its own type', call: post('as it is', { ...raw, headers: { 'Content-Type': null } }) },
  { name: 'raw empty string', call: post('', raw) },
  {
    name: 'raw Blob with its own type',
    call: post(() => new Blob(['blob'], { type: 'image/png' }), { ...raw, headers: { 'Content-Type': null } }),
  },
  { name: 'raw Blob', call: post(() => new Blob(['bl', 'ob']), OCTETS) },
  { name: 'raw empty Blob', call: post(() => new Blob([]), OCTETS) },
  { name: 'raw ArrayBuffer', call: post(() => new Uint8Array([0, 255, 128]).buffer, OCTETS) },
  { name: 'raw Uint8Array', call: post(() => new Uint8Array([0, 255, 128, 10, 13]), OCTETS) },
  { name: 'raw part of a buffer', call: post(() => new Uint8Array([9, 1, 2, 9]).subarray(1, 3), OCTETS) },
  { name: 'raw Uint16Array', call: post(() => new Uint16Array([1, 0x0203]), OCTETS) },
  { name: 'raw DataView', call: post(() => new DataView(new ArrayBuffer(3)), OCTETS) },
  { name: 'raw Buffer', call: post(() => Buffer.from('buffer'), OCTETS) },
  {
    name: 'raw URLSearchParams',
    call: post(() => new URLSearchParams('a=b c'), { ...raw, headers: { 'Content-Type': null } }),
  },
  {
    name: 'raw stream',
    call: post(() => streamOf(new Uint8Array([1, 2]), Buffer.from('three')), { ...OCTETS, duplex: 'half' }),
  },
  { name: 'raw empty stream', call: post(() => streamOf(), { ...OCTETS, duplex: 'half' }) },
  { name: 'raw stream without duplex is refused', call: post(() => streamOf(new Uint8Array(1)), OCTETS) },
  {
    name: 'raw stream that fails',
    call: post(
      () =>
        new ReadableStream({
          pull(controller) {
            controller.error(new RangeError('dry'));
          },
        }),
      { ...OCTETS, duplex: 'half' },
    ),
  },
  {
    name: 'raw async iterable',
    call: post(() => Readable.from([Buffer.from('a'), Buffer.from('b')]), { ...OCTETS, duplex: 'half' }),
  },
  { name: 'raw number', call: post(5, raw) },
  { name: 'raw null', call: post(null, raw) },
  { name: 'raw object', call: post({ a: 1 }, raw) },
  {
    name: 'an own bodySerializer, with the headers it is given',
    call: (client, log) =>
      client.POST('/v1/object-cache', {
        body: { a: 1 },
        headers: { 'X-Own': 'yes' },
        params: { header: { 'X-More': 'm' } },
        bodySerializer: (body, headers) => {
          log.push(body, [...headers]);
          return `own ${body.a}`;
        },
      }),
  },
  {
    name: 'a bodySerializer is not asked without a body',
    call: (client, log) => client.POST('/v1/object-cache', { bodySerializer: (body) => log.push(body) }),
  },
  { name: 'a bodySerializer that gives undefined', call: post({ a: 1 }, { bodySerializer: () => undefined }) },
  {
    name: 'a bodySerializer that throws',
    call: post(1, {
      bodySerializer: () => {
        throw new RangeError('not this one');
      },
    }),
    message: true,
  },
  { name: 'a body of 300 KB', call: post({ text: 'é'.repeat(150_000) }) },
];
