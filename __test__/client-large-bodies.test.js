'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const test = require('node:test');
const { client } = require('./peers/client.js');
const { collectGarbage } = require('./peers/garbage.js');
const { httpServer, json, recordingServer } = require('./peers/http-server.js');
const { rawServer, wholeAnswer } = require('./peers/raw-server.js');
const { until, within } = require('./peers/until.js');

const SIZE = 20 * 1024 * 1024;
const BYTES = Buffer.alloc(SIZE, 'abcdefghijklmnopqrstuvwxyz0123456789,;');
const TEXT = `${'größe😀'.repeat(SIZE / 11)}`;
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

test('20 MB to the server: text, bytes, a Blob, a stream', async (t) => {
  const peer = await recordingServer(t, (request, response) =>
    json(response, { hash: hash(request.body), length: request.headers['content-length'] ?? null }),
  );
  const made = client(t, peer);
  const raw = { bodySerializer: (same) => same };
  const pieces = () => {
    let at = 0;
    return new ReadableStream({
      pull(controller) {
        const end = Math.min(at + 300_000, SIZE);
        controller.enqueue(BYTES.subarray(at, end));
        at = end;
        if (end === SIZE) controller.close();
      },
    });
  };
  const cases = {
    text: [{ body: { TEXT } }, Buffer.from(JSON.stringify({ TEXT })), true],
    bytes: [{ body: BYTES, ...raw }, BYTES, true],
    blob: [{ body: new Blob([BYTES]), ...raw }, BYTES, true],
    stream: [{ body: pieces(), duplex: 'half', ...raw }, BYTES, false],
  };
  for (const [what, [init, sent, lengthKnown]] of Object.entries(cases)) {
    const { data } = await within(made.POST('/v1/object-cache', init), what);
    assert.deepEqual(data, { hash: hash(sent), length: lengthKnown ? String(sent.length) : null }, what);
  }
});

test('20 MB from the server: as JSON, text, bytes, Blob, stream', async (t) => {
  const answer = Buffer.from(JSON.stringify({ TEXT }));
  const peer = await httpServer(t, (request, response) => {
    response.writeHead(200, request.url === '/v1/chunked' ? {} : { 'content-length': answer.length });
    response.end(answer);
  });
  const made = client(t, peer);
  for (const path of ['/v1/sized', '/v1/chunked']) {
    const read = async (parseAs) => (await within(made.GET(path, { parseAs }), parseAs)).data;
    assert.ok((await read('json')).TEXT === TEXT);
    assert.ok((await read('text')) === answer.toString());
    assert.equal(hash(Buffer.from(await read('arrayBuffer'))), hash(answer));
    assert.equal(hash(Buffer.from(await (await read('blob')).arrayBuffer())), hash(answer));
    const hashed = createHash('sha256');
    for await (const chunk of await read('stream')) hashed.update(chunk);
    assert.equal(hashed.digest('hex'), hash(answer));
  }
});

test('20 MB both ways at once, beside small calls', async (t) => {
  const peer = await httpServer(t, (request, response) => {
    if (request.url === '/v1/echo') request.pipe(response);
    else json(response, { url: request.url });
  });
  const made = client(t, peer);
  const raw = { bodySerializer: (same) => same, parseAs: 'arrayBuffer' };
  const large = Array.from({ length: 3 }, () => made.POST('/v1/echo', { body: BYTES, ...raw }));
  for (let i = 0; i < 50; i++)
    assert.deepEqual((await within(made.GET(`/v1/${i}`), 'a small call')).data, { url: `/v1/${i}` });
  for (const { data } of await within(Promise.all(large), 'the large calls'))
    assert.equal(hash(Buffer.from(data)), hash(BYTES));
});

test('an answer that comes before the body was sent whole', async (t) => {
  const peer = await httpServer(t, (_request, response) =>
    json(response, { error: 'too much' }, 413, { connection: 'close' }),
  );
  const made = client(t, peer);
  for (let i = 0; i < 5; i++) {
    const { error, response } = await within(
      made.POST('/v1/object-cache', { body: BYTES, bodySerializer: (same) => same }),
      'the call',
    );
    assert.equal(response.status, 413);
    assert.deepEqual(error, { error: 'too much' });
  }
});

/** As a stream, which is sent piece by piece. */
const streamed = () => ({
  body: new ReadableStream({
    start(controller) {
      for (let at = 0; at < BYTES.length; at += 64 * 1024) controller.enqueue(BYTES.subarray(at, at + 64 * 1024));
      controller.close();
    },
  }),
  duplex: 'half',
});

for (const [what, body] of Object.entries({ bytes: () => ({ body: BYTES }), 'a stream': streamed }))
  test(`${what}: an answer whose server then closes with the rest of the body unread`, async (t) => {
    const peer = await rawServer(t, (socket, _head, index) => {
      if (index % 2 === 1) socket.write(wholeAnswer('ready'));
      else {
        socket.write(wholeAnswer('too much').replace('200 OK', '413 Content Too Large'));
        socket.destroy();
      }
    });
    const made = client(t, peer);
    for (let i = 0; i < 10; i++) {
      const call = made.POST('/v1/object-cache', { ...body(), bodySerializer: (same) => same });
      const { error, response } = await within(call, 'the call');
      assert.equal(response.status, 413);
      assert.equal(error, 'too much');
      assert.equal((await within(made.GET('/v1/hub'), 'the next call')).data, 'ready');
    }
  });

test('the memory of bodies that were sent is given back, and that of an aborted one', async (t) => {
  const peer = await recordingServer(t, (_request, response) => json(response, {}));
  const silent = await httpServer(t, () => {});
  const [made, waiting] = [client(t, peer), client(t, silent)];
  const body = () => ({ body: Buffer.alloc(8 << 20, 'b'), bodySerializer: (same) => same });
  await within(made.POST('/v1/object-cache', body()), 'the first answer');
  peer.requests.length = 0;
  await collectGarbage();
  const { arrayBuffers: before } = process.memoryUsage();
  for (let call = 0; call < 5; call += 1) {
    await within(made.POST('/v1/object-cache', body()), 'an answer');
    peer.requests.length = 0;
  }
  const stop = new AbortController();
  const stopped = assert.rejects(waiting.POST('/v1/object-cache', { ...body(), signal: stop.signal }));
  await until(() => silent.sockets.size > 0, 'a connection');
  stop.abort();
  await stopped;
  await until(async () => {
    // Memory is given back with the next call.
    await made.GET('/v1/hub');
    peer.requests.length = 0;
    await collectGarbage();
    return process.memoryUsage().arrayBuffers < before + (8 << 20);
  }, 'less memory');
});
