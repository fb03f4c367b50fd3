'use strict';

// Once a client or a socket is warm, native code reads JSON and JavaScript builds the values. They must be those of
// JSON.parse: same members in the same order, same prototypes, nothing shared between two of them.

const assert = require('node:assert/strict');
const test = require('node:test');
const zlib = require('node:zlib');
const { connectNotifications } = require('..');
const { runChild } = require('./peers/child.js');
const { client, rejection } = require('./peers/client.js');
const { httpServer } = require('./peers/http-server.js');
const { invalid, ordinary, valid } = require('./peers/json-texts.js');
const { wsServer } = require('./peers/notification-server.js');
const { until } = require('./peers/until.js');

/** Order and kind of everything in a value, which deepStrictEqual does not look at. */
function spelled(value) {
  if (Array.isArray(value)) {
    return `[${value.map(spelled)}]`;
  }
  if (value === null || typeof value !== 'object') {
    return Object.is(value, -0) ? '-0' : typeof value === 'number' ? String(value) : JSON.stringify(value);
  }
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  const members = Object.entries(Object.getOwnPropertyDescriptors(value)).map(([key, member]) => {
    assert.ok(member.writable && member.enumerable && member.configurable);
    return `${JSON.stringify(key)}:${spelled(member.value)}`;
  });
  return `{${members}}`;
}

const assertSame = (value, text) => {
  const expected = JSON.parse(text);
  assert.deepStrictEqual(value, expected, text.slice(0, 200));
  assert.equal(spelled(value), spelled(expected), text.slice(0, 200));
};

/** A peer that answers with the text whose number is the path. */
const peerWith = (t, texts, head = (_request, _response) => {}) =>
  httpServer(t, (request, response) => {
    const body = Buffer.from(texts[Number(request.url.slice(1))]);
    response.setHeader('content-type', 'application/json');
    const encoded = head(request, response) ? zlib.gzipSync(body) : body;
    response.setHeader('content-length', encoded.length);
    response.end(encoded);
  });

/** Texts from 1 MiB on, whose long strings are handed over one by one. */
const VERY_LONG = 2 ** 20;

/** A list of all values there are, and of ordinary ones until it is very long. */
function veryLong(number, space) {
  const rows = Array.from({ length: 4000 }, (_, row) => ordinary(row + number));
  const text = JSON.stringify(rows, null, space);
  const list = `[${JSON.stringify(`list ${number}`)},${valid.join(',\n')},${text}]`;
  assert.ok(list.length > VERY_LONG);
  return list;
}

/** More JSON than a client parses as text before it is warm. */
const warmUp = JSON.stringify(Array.from({ length: 400 }, (_, number) => ordinary(number)));

test('answers: every value is that of JSON.parse, however often it comes', async (t) => {
  const made = client(t, await peerWith(t, [warmUp, ...valid]));
  assertSame((await made.GET('/0')).data, warmUp);
  for (let round = 0; round < 12; round += 1) {
    for (const [number, text] of valid.entries()) {
      assertSame((await made.GET(`/${number + 1}`)).data, text);
    }
  }
});

test('answers: very long ones, beyond ASCII or not, with and without spaces', async (t) => {
  const ascii = veryLong(2).replace(/[^\0-\x7f]/g, 'x');
  const texts = [warmUp, veryLong(0), veryLong(1, 1), ascii, `${ascii.slice(0, -1)},]`, `"${'x'.repeat(VERY_LONG)}"`];
  const made = client(t, await peerWith(t, texts));
  await made.GET('/0');
  for (let round = 0; round < 2; round += 1) {
    for (const number of [1, 2, 3, 5]) {
      assertSame((await made.GET(`/${number}`)).data, texts[number]);
      assert.equal((await rejection(made.GET('/4'))).code, 'ERR_CYCLE_INVALID_JSON');
    }
  }
  const both = await Promise.all([1, 3, 0, 1].map((number) => made.GET(`/${number}`)));
  for (const [position, number] of [1, 3, 0, 1].entries()) {
    assertSame(both[position].data, texts[number]);
  }
});

test('answers: many at a time, of all lengths, in one batch', async (t) => {
  const texts = [warmUp, ...valid];
  const made = client(t, await peerWith(t, texts));
  await made.GET('/0');
  for (let round = 0; round < 10; round += 1) {
    const results = await Promise.all(texts.map((_, number) => made.GET(`/${number}`)));
    for (const [number, { data }] of results.entries()) {
      assertSame(data, texts[number]);
    }
  }
});

test('answers: what one caller does to a value is not seen by another', async (t) => {
  const made = client(t, await peerWith(t, [warmUp, JSON.stringify(ordinary(1))]));
  await made.GET('/0');
  for (let round = 0; round < 30; round += 1) {
    const { data } = await made.GET('/1');
    assertSame(data, JSON.stringify(ordinary(1)));
    data.context.containers.push(round);
    data.context.environments[0] = round;
    data.added = round;
    delete data.object.id;
  }
});

test('answers: no JSON rejects as before, and later answers are read', async (t) => {
  const made = client(t, await peerWith(t, [warmUp, JSON.stringify(ordinary(1)), ...invalid]));
  await made.GET('/0');
  for (const [number, text] of invalid.entries()) {
    const error = await rejection(made.GET(`/${number + 2}`));
    assert.equal(error.name, 'SyntaxError', text);
    assert.equal(error.code, 'ERR_CYCLE_INVALID_JSON', text);
    assertSame((await made.GET('/1')).data, JSON.stringify(ordinary(1)));
  }
});

test('answers: bytes that are no UTF-8, a byte order mark, and compressed bodies', async (t) => {
  const bodies = [
    Buffer.from(warmUp),
    Buffer.from('\ufeff{"a":1}'),
    Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xc3]), Buffer.from('"}')]),
    Buffer.from(warmUp.replaceAll('label', 'étiquette')),
  ];
  const made = client(
    t,
    await peerWith(t, bodies, (request, response) => {
      response.setHeader('content-encoding', 'gzip');
      return request.url !== '';
    }),
  );
  for (let round = 0; round < 3; round += 1) {
    for (const [number, body] of bodies.entries()) {
      assertSame((await made.GET(`/${number}`)).data, new TextDecoder().decode(body));
    }
  }
});

test('answers: errors, texts and buffers of a warm client are what they are of a cold one', async (t) => {
  const text = JSON.stringify(ordinary(1));
  const made = client(
    t,
    await peerWith(t, [warmUp, text], (request, response) => {
      response.statusCode = request.headers['x-status'] ? 422 : 200;
    }),
  );
  for (let round = 0; round < 3; round += 1) {
    await made.GET('/0');
    assertSame((await made.GET('/1', { headers: { 'x-status': 'bad' } })).error, text);
    assert.equal((await made.GET('/1', { parseAs: 'text' })).data, text);
    assert.equal(Buffer.from((await made.GET('/1', { parseAs: 'arrayBuffer' })).data).toString(), text);
    const { data, response } = await made.GET('/1');
    assertSame(data, text);
    assert.ok(response instanceof Response && response.bodyUsed);
  }
});

test('answers: accessors on Object.prototype are not called', async (t) => {
  const odd = '{"odd":{"7654321":1,"setting":2},"setting":{"setting":1}}';
  const made = client(t, await peerWith(t, [warmUp, odd]));
  await made.GET('/0');
  let calls = 0;
  const count = () => {
    calls += 1;
  };
  for (const key of ['7654321', 'setting']) {
    Object.defineProperty(Object.prototype, key, { configurable: true, get: count, set: count });
    t.after(() => delete Object.prototype[key]);
  }
  for (let round = 0; round < 20; round += 1) {
    const { data } = await made.GET('/1');
    assert.equal(JSON.stringify(data), odd);
  }
  assert.equal(calls, 0);
});

test('answers: a program that forbids code made of text when it is warm', async (t) => {
  const rows = (key) => JSON.stringify(Array.from({ length: 50 }, (_, number) => ({ [key]: number })));
  const made = client(t, await peerWith(t, [warmUp, rows('one'), rows('two')]));
  await made.GET('/0');
  assertSame((await made.GET('/1')).data, rows('one'));
  const original = globalThis.Function;
  t.after(() => {
    globalThis.Function = original;
  });
  globalThis.Function = /** @type {any} */ (
    () => {
      throw new EvalError('forbidden');
    }
  );
  for (let round = 0; round < 3; round += 1) {
    assertSame((await made.GET('/1')).data, rows('one'));
    assertSame((await made.GET('/2')).data, rows('two'));
  }
});

test('answers: two clients with kinds of objects of their own', async (t) => {
  const of = (key) => JSON.stringify(Array.from({ length: 3000 }, (_, number) => ({ [key]: number, id: `${number}` })));
  const one = client(t, await peerWith(t, [of('one'), of('both')]));
  const other = client(t, await peerWith(t, [of('other'), of('both')]));
  for (let round = 0; round < 4; round += 1) {
    for (const path of ['/0', '/1']) {
      const [first, second] = await Promise.all([one.GET(path), other.GET(path)]);
      assertSame(first.data, of(path === '/0' ? 'one' : 'both'));
      assertSame(second.data, of(path === '/0' ? 'other' : 'both'));
    }
  }
});

/** The notifications and errors of a socket that gets some texts `times` times, in order. */
async function received(t, texts, { times = 1, options = {}, onMessage = (_message, _seen) => {} } = {}) {
  const { socketPath } = await wsServer(t, (peer) => {
    for (let round = 0; round < times; round += 1) {
      for (const text of texts) {
        peer.send(text);
      }
    }
  });
  const socket = connectNotifications({ socketPath, ...options });
  t.after(() => socket.close());
  const seen = { raw: [], values: [], errors: [] };
  socket.on('raw', (text) => seen.raw.push(text));
  socket.on('notification', (message) => {
    seen.values.push(message);
    onMessage(message, seen);
  });
  socket.on('error', (error) => seen.errors.push(error));
  await until(() => seen.values.length + seen.errors.length >= texts.length * times);
  return seen;
}

test('notifications: every value is that of JSON.parse, in order, with its text', async (t) => {
  const texts = [...Array.from({ length: 300 }, (_, number) => JSON.stringify(ordinary(number))), ...valid];
  const { raw, values, errors } = await received(t, texts, { times: 12 });
  assert.deepEqual(errors, []);
  assert.equal(values.length, 12 * texts.length);
  for (const [position, value] of values.entries()) {
    assert.equal(raw[position], texts[position % texts.length]);
    assertSame(value, texts[position % texts.length]);
  }
});

test('notifications: no JSON is an error in its place, however many there are', async (t) => {
  const good = JSON.stringify(ordinary(1));
  const texts = [...Array.from({ length: 300 }, () => good), ...invalid.flatMap((text) => [text, good])];
  const { values, errors } = await received(t, texts, { times: 4 });
  assert.equal(errors.length, 4 * invalid.length);
  assert.ok(errors.every((error) => error.message.startsWith('failed to parse notification: ')));
  for (const value of values) {
    assertSame(value, good);
  }
});

test('notifications: a listener that throws loses no value', async (t) => {
  const thrown = [];
  const listener = (error) => thrown.push(error);
  process.setUncaughtExceptionCaptureCallback(listener);
  t.after(() => process.setUncaughtExceptionCaptureCallback(null));
  const texts = Array.from({ length: 2000 }, (_, number) => JSON.stringify(ordinary(number)));
  const { values } = await received(t, texts, {
    onMessage: ({ count }) => {
      if (count % 400 === 399) {
        throw new Error(`thrown at ${count}`);
      }
    },
  });
  assert.equal(thrown.length, 5);
  for (const [number, value] of values.entries()) {
    assertSame(value, texts[number]);
  }
});

test('notifications: values that are kept do not change with those that follow', async (t) => {
  const texts = Array.from({ length: 20_000 }, (_, number) => JSON.stringify(ordinary(number)));
  const { values } = await received(t, texts);
  for (const [number, value] of values.entries()) {
    assert.deepStrictEqual(value, ordinary(number));
  }
});

test('notifications: a socket knows its kinds of objects over a reconnect', async (t) => {
  let connections = 0;
  const { socketPath } = await wsServer(t, (peer) => {
    connections += 1;
    const key = `key${connections}`;
    for (let number = 0; number < 600; number += 1) {
      peer.send(JSON.stringify({ [key]: number, same: { id: `${number}` } }));
    }
    if (connections < 4) {
      peer.close(4000);
    }
  });
  const socket = connectNotifications({ socketPath, reconnectBaseDelayMs: 1 });
  t.after(() => socket.close());
  const values = [];
  socket.on('notification', (message) => values.push(message));
  socket.on('error', () => {});
  await until(() => values.length === 2400);
  for (const [position, value] of values.entries()) {
    const number = position % 600;
    assert.deepStrictEqual(value, { [`key${Math.floor(position / 600) + 1}`]: number, same: { id: `${number}` } });
  }
});

test('where text may not become code, values are the same', async (t) => {
  const peer = await peerWith(t, [warmUp, ...valid]);
  for (const node of [
    [],
    ['--disallow-code-generation-from-strings'],
    ['--disable-proto=throw'],
    ['--disable-proto=delete'],
  ]) {
    const { code, stderr } = await runChild('json-values', [peer.socketPath], { node });
    assert.equal(code, 0, `${node}: ${stderr}`);
  }
});

test('a string that is kept does not keep the answer it is of', async (t) => {
  const peer = await peerWith(t, [warmUp]);
  const { code, stdout, stderr } = await runChild('json-kept', [peer.socketPath], { node: ['--expose-gc'] });
  assert.equal(code, 0, stderr);
  const [grown, kept] = stdout.split(' ').map(Number);
  assert.equal(kept, 200);
  // At most 1 KiB a string, and room for what the engine compiles meanwhile.
  assert.ok(grown < 200 * 1024 + 2 ** 20, `${grown} bytes, where all answers together have ${200 * warmUp.length}`);
});

test('a string that is kept of a very long answer keeps nothing else', async (t) => {
  const text = JSON.stringify(Array.from({ length: 4000 }, (_, number) => ordinary(number)));
  assert.ok(text.length > VERY_LONG);
  const peer = await peerWith(t, [text]);
  const { code, stdout, stderr } = await runChild('json-kept', [peer.socketPath], { node: ['--expose-gc'] });
  assert.equal(code, 0, stderr);
  const [grown] = stdout.split(' ').map(Number);
  // Beside the strings there is what the engine compiles meanwhile.
  assert.ok(grown < 2 ** 20, `${grown} bytes`);
});

test('a program that replaces Array.of loses nothing', async (t) => {
  const texts = Array.from({ length: 600 }, (_, number) => JSON.stringify(ordinary(number)));
  const original = Array.of;
  t.after(() => {
    Array.of = original;
  });
  const made = client(t, await peerWith(t, [warmUp]));
  const throwing = () => {
    throw new Error('not to be called');
  };
  for (const replacement of [undefined, throwing, () => 'no array']) {
    Array.of = /** @type {any} */ (replacement);
    const { values, errors } = await received(t, texts);
    assert.deepEqual(errors, []);
    assert.equal(values.length, texts.length);
    for (let round = 0; round < 3; round += 1) {
      assertSame((await made.GET('/0')).data, warmUp);
    }
  }
});
