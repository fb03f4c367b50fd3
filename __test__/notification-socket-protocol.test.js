'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { NotificationSocket, connectNotifications } = require('..');
const { bareServer, closeFrame, frame, record, wsServer } = require('./peers/notification-server.js');
const { within } = require('./peers/until');

/**
 * Sends bytes after the handshake and one good message, and gives what came of it.
 *
 * @param {import('node:test').TestContext} t
 * @param {(string | Uint8Array)[]} pieces
 * @param {object} [options]
 */
async function provoke(t, pieces, options = {}) {
  /** @type {Promise<number | undefined> | undefined} */
  let closeCode;
  /** @type {Promise<void> | undefined} */
  let gone;
  const { socketPath } = await bareServer(t, (handshake) => {
    ({ closeCode, gone } = handshake);
    handshake.accept();
    handshake.socket.write(frame(0x81, '{"n":1}'));
    for (const piece of pieces) {
      handshake.socket.write(piece);
    }
    // As a server that heeds the protocol: it leaves once it was told to.
    handshake.closeCode.then(() => handshake.socket.end());
  });
  const socket = new NotificationSocket({ socketPath, reconnect: false, ...options });
  const seen = record(t, socket);
  socket.connect();
  const close = await seen.until('close');
  await within(/** @type {Promise<void>} */ (gone), 'the end of the connection');
  return {
    seen,
    close,
    error: seen.of('error')[0]?.[0],
    code: await within(/** @type {any} */ (closeCode), 'a close frame'),
  };
}

const EURO = Buffer.from('€');
const masked = Buffer.concat([Buffer.from([0x81, 0x82, 1, 2, 3, 4]), Buffer.from([0x7b ^ 1, 0x7d ^ 2])]);

/** @type {[string, (string | Uint8Array)[], number, RegExp][]} */
const VIOLATIONS = [
  ['a masked frame', [masked], 1002, /masked frame/],
  ['reserved bit 1', [frame(0xc1, '{}')], 1002, /reserved bits/],
  ['reserved bit 2', [frame(0xa1, '{}')], 1002, /reserved bits/],
  ['reserved bit 3', [frame(0x91, '{}')], 1002, /reserved bits/],
  ['an unknown data opcode', [frame(0x83, '{}')], 1002, /unknown opcode 3/],
  ['an unknown control opcode', [frame(0x8b)], 1002, /unknown opcode 11/],
  ['a fragmented ping', [frame(0x09, 'a'), frame(0x80, 'b')], 1002, /control frame in fragments/],
  ['a ping of 126 bytes', [frame(0x89, 'x'.repeat(126))], 1002, /125 bytes or less/],
  ['a close frame of 126 bytes', [closeFrame(1000, 'x'.repeat(124))], 1002, /125 bytes or less/],
  ['a short ping with a long length', [Buffer.from([0x89, 126, 0, 1, 0x61])], 1002, /125 bytes or less/],
  ['two bytes of a frame that cannot be', [Buffer.from([0xf1, 127])], 1002, /reserved bits/],
  ['a continuation of nothing', [frame(0x80, '{}')], 1002, /without a message to continue/],
  ['a message inside another', [frame(0x01, '{'), frame(0x81, '{}')], 1002, /before the fragments/],
  ['invalid UTF-8', [frame(0x81, [0x22, 0xff, 0x22])], 1007, /not valid UTF-8/],
  ['an encoded surrogate', [frame(0x81, [0x22, 0xed, 0xa0, 0x80, 0x22])], 1007, /not valid UTF-8/],
  ['a character that is cut off', [frame(0x81, EURO.subarray(0, 2))], 1007, /not valid UTF-8/],
  ['invalid UTF-8 across fragments', [frame(0x01, EURO.subarray(0, 2)), frame(0x80, 'a')], 1007, /not valid UTF-8/],
  ['a close frame of one byte', [frame(0x88, [3])], 1002, /only one byte of a code/],
  ['a close reason that is no UTF-8', [closeFrame(1000, Buffer.from([0xff]))], 1007, /reason is not valid UTF-8/],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map(
    (code) =>
      /** @type {[string, Uint8Array[], number, RegExp]} */ ([
        `close code ${code}`,
        [closeFrame(code)],
        1002,
        new RegExp(`illegal code ${code};`),
      ]),
  ),
];

for (const [name, pieces, code, message] of VIOLATIONS) {
  test(`${name} closes with ${code}`, async (t) => {
    const result = await provoke(t, pieces);
    assert.equal(result.error.code, 'ERR_CYCLE_PROTOCOL');
    assert.match(result.error.message, message);
    assert.match(result.error.message, /broke the WebSocket protocol/);
    assert.equal(result.code, code);
    assert.deepEqual(result.close, [1006, '']);
    // What came before is not lost.
    assert.deepEqual(result.seen.names(), ['open', 'raw', 'notification', 'error', 'close']);
  });
}

test('the length of a message may be written in a longer form, as ws allows', async (t) => {
  const pieces = [Buffer.from([0x81, 126, 0, 1, 0x32]), Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 0, 0, 1, 0x33])];
  const { seen, close } = await provoke(t, [...pieces, closeFrame(1000)]);
  assert.deepEqual(seen.of('notification'), [[{ n: 1 }], [2], [3]]);
  assert.deepEqual(close, [1000, '']);
});

test('a message beyond maxMessageBytes closes with 1009', async (t) => {
  const options = { maxMessageBytes: 100 };
  const exact = `"${'x'.repeat(98)}"`;
  for (const pieces of [
    [frame(0x81, exact), frame(0x81, `${exact} `)],
    [frame(0x81, exact), frame(0x01, exact), frame(0x80, ' ')],
    // Only the announcement of it.
    [frame(0x81, exact), Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0])],
  ]) {
    const result = await provoke(t, pieces, options);
    assert.equal(result.error.code, 'ERR_CYCLE_MESSAGE_TOO_LARGE');
    assert.match(result.error.message, /larger than the 100 bytes that maxMessageBytes allows/);
    assert.equal(result.code, 1009);
    assert.deepEqual(result.close, [1006, '']);
    assert.deepEqual(result.seen.names(), ['open', 'raw', 'notification', 'raw', 'notification', 'error', 'close']);
  }
});

test('a peer of the ws package learns why it was left, in the middle of a large message', async (t) => {
  /** @type {number | undefined} */
  let code;
  const { socketPath } = await wsServer(t, (peer) => {
    peer.on('close', (given) => {
      code = given;
    });
    peer.send(`"${'x'.repeat(8_000_000)}"`);
  });
  const seen = record(t, connectNotifications({ socketPath, maxMessageBytes: 1_000_000, reconnect: false }));
  assert.deepEqual(await seen.until('close'), [1006, '']);
  await within(
    (async () => {
      while (code === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })(),
    'the close of the peer',
  );
  assert.equal(code, 1009);
});

test('fragments with control frames between them are one message', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket, accept }) => {
    accept();
    for (const byte of Buffer.concat([
      frame(0x01, Buffer.concat([Buffer.from('"'), EURO.subarray(0, 1)])),
      frame(0x89, 'x'.repeat(125)),
      frame(0x00, EURO.subarray(1)),
      frame(0x8a),
      frame(0x80, '"'),
    ])) {
      socket.write(Buffer.from([byte]));
    }
  });
  const seen = record(t, connectNotifications({ socketPath }));
  assert.deepEqual(await seen.until('notification'), ['€']);
});

test('a connection that drops without a close frame', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket, accept }) => {
    accept();
    socket.write(frame(0x81, '{"n":1}'));
    socket.end(frame(0x81, '{"n":2}').subarray(0, 5));
  });
  const seen = record(t, connectNotifications({ socketPath, reconnect: false }));
  assert.deepEqual(await seen.until('close'), [1006, '']);
  assert.deepEqual(seen.names(), ['open', 'raw', 'notification', 'error', 'close']);
  const [[error]] = seen.of('error');
  assert.equal(error.code, 'ECONNRESET');
  assert.match(error.message, /was lost/);
});

test('a server that closes and leaves at once', async (t) => {
  const { socketPath } = await bareServer(t, ({ socket, accept }) => {
    accept();
    socket.end(Buffer.concat([frame(0x81, '{"n":1}'), closeFrame(1001, 'restart')]));
  });
  const seen = record(t, connectNotifications({ socketPath, reconnect: false }));
  assert.deepEqual(await seen.until('close'), [1001, 'restart']);
  assert.deepEqual(seen.names(), ['open', 'raw', 'notification', 'close']);
});

test('half of a frame and then silence ends with idleTimeoutMs', async (t) => {
  const result = await provoke(t, [frame(0x81, '{"n":2}').subarray(0, 4)], { idleTimeoutMs: 80 });
  assert.equal(result.error.code, 'ERR_CYCLE_IDLE_TIMEOUT');
  assert.match(result.error.message, /was silent for 80 ms;/);
  assert.equal(result.code, 1011);
  assert.deepEqual(result.close, [1006, '']);
});

test('a server that answers pings is not given up', async (t) => {
  let pings = 0;
  const { socketPath } = await wsServer(t, (peer) => {
    peer.on('ping', () => {
      pings += 1;
      if (pings === 5) {
        peer.send('{"n":1}');
      }
    });
  });
  const seen = record(t, connectNotifications({ socketPath, idleTimeoutMs: 1_000, reconnect: false }));
  await seen.until('notification');
  assert.deepEqual(seen.names(), ['open', 'raw', 'notification']);
});
