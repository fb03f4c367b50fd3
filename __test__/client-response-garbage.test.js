'use strict';

// What is kept of a streamed response can be read after the rest of it was collected, and what nobody kept is given up.

const assert = require('node:assert/strict');
const { getEventListeners, once } = require('node:events');
const test = require('node:test');
const { client } = require('./peers/client.js');
const { collectGarbage } = require('./peers/garbage.js');
const { httpServer } = require('./peers/http-server.js');
const { until, within } = require('./peers/until.js');

/** A server that sends the second half of its answer when it is told to. */
async function halvingServer(t) {
  let goOn;
  const peer = await httpServer(t, async (_request, response) => {
    const gone = once(response, 'close');
    response.write('first,');
    await Promise.race([new Promise((resolve) => (goOn = resolve)), gone]);
    response.end('second');
  });
  return { ...peer, goOn: () => goOn() };
}

const KEPT = {
  'a clone': ({ response }) => {
    const copy = response.clone();
    return () => copy.text();
  },
  'a clone of a clone': ({ response }) => {
    const copy = response.clone().clone();
    return () => copy.text();
  },
  'a cloned response': ({ response }) => {
    response.clone();
    return () => response.text();
  },
  'the body of a clone': ({ response }) => {
    const { body } = response.clone();
    return () => new Response(body).text();
  },
  'the body of a cloned response': ({ response }) => {
    response.clone();
    const { body } = response;
    return () => new Response(body).text();
  },
  'the body':
    ({ data }) =>
    () =>
      new Response(data).text(),
  'the response':
    ({ response }) =>
    () =>
      response.text(),
  'a branch of tee': ({ data }) => {
    const [, branch] = data.tee();
    return () => new Response(branch).text();
  },
  'what it is piped through': ({ data }) => {
    const text = data.pipeThrough(new TextDecoderStream());
    return () => readText(text);
  },
};

async function readText(stream) {
  let text = '';
  for await (const part of stream) text += part;
  return text;
}

for (const [what, keep] of Object.entries(KEPT)) {
  for (const [way, init] of Object.entries({ plainly: {}, 'with middleware': { middleware: [{ onResponse() {} }] } })) {
    test(`${what} is read after a collection, ${way}`, async (t) => {
      const peer = await halvingServer(t);
      const read = keep(await client(t, peer).GET('/v1/server', { parseAs: 'stream', ...init }));
      await collectGarbage();
      peer.goOn();
      await collectGarbage();
      assert.equal(await within(read(), what), 'first,second');
    });
  }
}

test('a response that nobody kept frees its connection and leaves no listener on its signal', async (t) => {
  const peer = await halvingServer(t);
  const { signal } = new AbortController();
  await client(t, peer).GET('/v1/server', { parseAs: 'stream', signal });
  await collectGarbage();
  await until(() => peer.sockets.size === 0, 'the connection is closed');
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a clone that nobody kept is not in the way of the other', async (t) => {
  const peer = await halvingServer(t);
  const { response } = await client(t, peer).GET('/v1/server', { parseAs: 'stream' });
  response.clone();
  await collectGarbage();
  assert.equal(peer.sockets.size, 1, 'while it is read from it stays');
  peer.goOn();
  assert.equal(await response.text(), 'first,second');
});
