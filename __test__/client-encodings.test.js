'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const zlib = require('node:zlib');
const { client, rejection } = require('./peers/client.js');
const { assertFailure } = require('./peers/failure.js');
const { httpServer } = require('./peers/http-server.js');
const { within } = require('./peers/until.js');

const MIB = 1024 * 1024;
const OPTIONS = { maxResponseBytes: MIB };

/** Ways to read an answer. */
const READERS = {
  'a plain call': (made) => made.GET('/v1/environment'),
  text: (made) => made.GET('/v1/environment', { parseAs: 'text' }),
  'arrayBuffer by a middleware': (made) => {
    made.use({ onRequest() {} });
    return made.GET('/v1/environment', { parseAs: 'arrayBuffer' });
  },
  'a stream': async (made) => {
    const { data } = await made.GET('/v1/environment', { parseAs: 'stream' });
    for await (const _ of data);
  },
};

/** A peer whose answers are this body in this coding. */
function encoded(t, coding, body) {
  return httpServer(t, (_request, response) =>
    response.writeHead(200, { 'content-encoding': coding, 'content-type': 'application/json' }).end(body),
  );
}

const { brotliCompressSync: br, gzipSync: gzip, deflateSync: deflate } = zlib;
const zeros = Buffer.alloc(128 * MIB);
const bomb = br(zeros, {
  params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5, [zlib.constants.BROTLI_PARAM_LGWIN]: 24 },
});

const BOMBS = {
  br: bomb,
  'br, gzip': gzip(bomb),
  'gzip, gzip': gzip(gzip(zeros, { level: 1 })),
  deflate: deflate(zeros.subarray(0, 64 * MIB)),
};

for (const [coding, body] of Object.entries(BOMBS)) {
  for (const [how, read] of Object.entries(READERS)) {
    test(`${body.length} bytes of ${coding} that swell beyond the limit, read as ${how}`, async (t) => {
      const made = client(t, await encoded(t, coding, body), OPTIONS);
      const before = process.resourceUsage().maxRSS;
      const error = await within(rejection(read(made)), 'the failure');
      assert.equal(error.code, 'ERR_CYCLE_RESPONSE_TOO_LARGE');
      const grown = process.resourceUsage().maxRSS - before;
      assert.ok(grown < 64 * 1024, `memory grew by ${grown} KiB`);
    });
  }
}

test('what swells for long gives other work its turn', async (t) => {
  const made = client(
    t,
    await encoded(t, 'br', br(zeros.subarray(0, 16 * MIB), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } })),
  );
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  t.after(() => clearInterval(counting));
  const { data } = await made.GET('/v1/environment', { parseAs: 'arrayBuffer' });
  assert.equal(data.byteLength, 16 * MIB);
  assert.ok(turns >= 20, `others had their turn ${turns} times`);
});

test('a body of parts that become nothing gives other work its turn', async (t) => {
  const nothing = gzip('');
  const made = client(t, await encoded(t, 'gzip', Buffer.concat(Array(100_000).fill(nothing))));
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  t.after(() => clearInterval(counting));
  const { data } = await made.GET('/v1/environment', { parseAs: 'arrayBuffer' });
  assert.equal(data.byteLength, 0);
  assert.ok(turns >= 10, `others had their turn ${turns} times`);
});

test('codings without end', async (t) => {
  const peer = await encoded(t, 'gzip,'.repeat(50_000).slice(0, -1), gzip('{}'));
  const error = await within(rejection(client(t, peer).GET('/v1/environment')), 'the failure');
  assertFailure(error, { code: 'ERR_CYCLE_BAD_ENCODING', socketPath: peer.socketPath });
  assert.match(error.message, /more than 5 content codings/);
});

for (const [how, prepare] of Object.entries({
  'a plain call': () => {},
  'a middleware': (made) => made.use({ onRequest() {} }),
})) {
  test(`a coding that is not known is named: ${how}`, async (t) => {
    const peer = await encoded(t, 'zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 4]));
    const made = client(t, peer);
    prepare(made);
    const error = await rejection(made.GET('/v1/environment'));
    assert.ok(error instanceof SyntaxError);
    assert.equal(error.code, 'ERR_CYCLE_BAD_ENCODING');
    assert.match(error.message, /content coding "zstd"/);
    assert.doesNotMatch(error.message, /invalid JSON/);
    const { data } = await made.GET('/v1/environment', { parseAs: 'arrayBuffer' });
    assert.equal(data.byteLength, 5);
  });

  test(`broken JSON in a known coding is broken JSON: ${how}`, async (t) => {
    const made = client(t, await encoded(t, 'gzip', gzip('{"data":')));
    prepare(made);
    assert.equal((await rejection(made.GET('/v1/environment'))).code, 'ERR_CYCLE_INVALID_JSON');
  });
}
