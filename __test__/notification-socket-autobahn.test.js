'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { NotificationSocket } = require('..');
const { cases } = require('./peers/autobahn-cases');
const { bareServer, record } = require('./peers/notification-server.js');
const { within } = require('./peers/until');

test('no case is there twice', () => {
  assert.equal(new Set(cases.map(({ id }) => id)).size, cases.length);
});

for (const { id, pieces, raw = [], binary = 0, pongs = [], sent, close } of cases) {
  test(`case ${id}`, async (t) => {
    /** @type {Buffer[]} */
    const answers = [];
    /** @type {Promise<number | undefined> | undefined} */
    let closeCode;
    const { socketPath } = await bareServer(t, (handshake) => {
      closeCode = handshake.closeCode;
      handshake.socket.on('frame', (opcode, payload) => opcode === 10 && answers.push(payload));
      handshake.accept();
      for (const piece of pieces) {
        handshake.socket.write(piece);
      }
      // Nothing is said after the client's close frame: a server that heeds the protocol leaves.
      handshake.closeCode.then(() => handshake.socket.end());
    });
    const socket = new NotificationSocket({ socketPath, reconnect: false });
    const seen = record(t, socket);
    socket.connect();
    assert.deepEqual(await seen.until('close'), close);
    assert.equal(await within(/** @type {Promise<any>} */ (closeCode), 'a close frame'), sent);
    assert.deepEqual(
      seen.of('raw').map(([text]) => text),
      raw,
    );
    const errors = seen.of('error').map(([error]) => error.code);
    const refused = close[0] === 1006 ? ['ERR_CYCLE_PROTOCOL'] : [];
    assert.deepEqual(
      errors.filter((code) => code !== 'ERR_CYCLE_INVALID_JSON'),
      [...Array(binary).fill('ERR_CYCLE_BINARY_FRAME'), ...refused],
    );
    assert.deepEqual(answers, pongs);
    assert.equal(seen.names()[0], 'open');
    assert.equal(seen.names().at(-1), 'close');
  });
}
