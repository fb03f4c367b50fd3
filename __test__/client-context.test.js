'use strict';

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { subscribe, unsubscribe } = require('node:diagnostics_channel');
const { test } = require('node:test');
const { client, rejection } = require('./peers/client.js');
const { httpServer, json, recordingServer } = require('./peers/http-server.js');
const { within } = require('./peers/until.js');

/** @type {AsyncLocalStorage<string>} */
const storage = new AsyncLocalStorage();
const raw = { bodySerializer: (same) => same, duplex: 'half' };

/**
 * Runs two calls at once, each in a context of its own, and gives the contexts that each was seen in.
 *
 * @param {(note: () => void) => Promise<unknown>} call
 */
async function inTwoContexts(call) {
  const one = async (name) => {
    const seen = new Set();
    await call(() => {
      seen.add(storage.getStore());
    });
    assert.equal(storage.getStore(), name);
    return [...seen];
  };
  const runs = ['one', 'two'].map((name) => storage.run(name, () => one(name)));
  assert.deepEqual(await within(Promise.all(runs), 'both calls'), [['one'], ['two']]);
}

test('what awaits a call goes on in its context, answered or failed', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  await inTwoContexts(async (note) => {
    await made.GET('/v1/hub');
    note();
    await made.GET('/v1/hub').then(note);
    await made.GET('/v1/hub', { parseAs: 'stream' });
    note();
  });
  const absent = client(t, { socketPath: `${peer.socketPath}.absent` });
  await inTwoContexts(async (note) => {
    await rejection(absent.GET('/v1/hub'));
    note();
    await absent.GET('/v1/hub', { parseAs: 'stream' }).catch(note);
  });
});

test('middleware is called in the context of the call', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  const absent = client(t, { socketPath: `${peer.socketPath}.absent` });
  await inTwoContexts(async (note) => {
    const middleware = {
      onRequest: note,
      onResponse: note,
      onError: note,
    };
    await made.GET('/v1/hub', { middleware: [middleware] });
    await absent.GET('/v1/hub', { middleware: [middleware] }).catch(note);
  });
  const contexts = [];
  made.use({
    onRequest: () => void contexts.push(storage.getStore()),
    onResponse: () => void contexts.push(storage.getStore()),
  });
  await Promise.all(['one', 'two'].map((name) => storage.run(name, () => made.GET('/v1/hub'))));
  assert.deepEqual(contexts.sort(), ['one', 'one', 'two', 'two']);
});

test('the source of a body that is a stream is called in the context of the call', async (t) => {
  const peer = await recordingServer(t);
  const made = client(t, peer);
  await inTwoContexts(async (note) => {
    let left = 20;
    const body = new ReadableStream(
      {
        async pull(controller) {
          note();
          await new Promise((resolve) => setTimeout(resolve, 1));
          note();
          left -= 1;
          if (left === 0) {
            controller.close();
          } else {
            controller.enqueue(Buffer.alloc(16 * 1024));
          }
        },
      },
      { highWaterMark: 0 },
    );
    await made.POST('/v1/echo', { ...raw, body });
  });
});

test('an upload that fails is cancelled in the context of the call', async (t) => {
  const peer = await httpServer(t, (request) => request.once('data', () => request.destroy()));
  const made = client(t, peer);
  await inTwoContexts(async (note) => {
    let cancelled = () => {};
    const end = new Promise((resolve) => {
      cancelled = () => resolve(undefined);
    });
    const body = new ReadableStream(
      {
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          controller.enqueue(Buffer.alloc(1024));
        },
        cancel() {
          note();
          cancelled();
        },
      },
      { highWaterMark: 0 },
    );
    await rejection(made.POST('/v1/echo', { ...raw, body }));
    note();
    await end;
  });
});

test('what a body is piped through is called in the context of the call', async (t) => {
  const peer = await httpServer(t, async (_request, response) => {
    for (let n = 0; n < 20; n += 1) {
      response.write('x'.repeat(1000));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    response.end();
  });
  const made = client(t, peer);
  await inTwoContexts(async (note) => {
    const { data } = await made.GET('/v1/hub', { parseAs: 'stream' });
    const through = new TransformStream({
      transform(chunk, controller) {
        note();
        controller.enqueue(chunk);
      },
      flush: note,
    });
    for await (const _ of data.pipeThrough(through)) {
      note();
    }
    const again = await made.GET('/v1/hub', { parseAs: 'stream' });
    await again.data.pipeTo(new WritableStream({ write: note, close: note }));
  });
});

test('an abort from elsewhere is told in the context of the call', async (t) => {
  const peer = await httpServer(t, (_request, response) => response.write('x'));
  const made = client(t, peer);
  /** @type {(string | undefined)[]} */
  const seen = [];
  const subscriber = () => seen.push(storage.getStore());
  subscribe('cycle:request:error', subscriber);
  t.after(() => unsubscribe('cycle:request:error', subscriber));
  for (const parseAs of /** @type {const} */ (['json', 'stream'])) {
    const controller = new AbortController();
    const call = storage.run('call', () => made.GET('/v1/hub', { parseAs, signal: controller.signal }));
    const end =
      parseAs === 'stream'
        ? call.then(({ data }) =>
            data
              .getReader()
              .read()
              .then(() => data),
          )
        : call;
    if (parseAs === 'stream') {
      await end;
    }
    storage.run('abort', () => controller.abort());
    await end.catch(() => {});
  }
  assert.deepEqual(seen, ['call', 'call']);
});

test('subscribers of diagnostics channels are called in the context of the call', async (t) => {
  const peer = await httpServer(t, (_request, response) => json(response, {}));
  const made = client(t, peer);
  const absent = client(t, { socketPath: `${peer.socketPath}.absent` });
  /** @type {string[]} */
  const seen = [];
  for (const name of ['start', 'end', 'error']) {
    const subscriber = ({ path }) => seen.push(`${name} ${path} ${storage.getStore()}`);
    subscribe(`cycle:request:${name}`, subscriber);
    t.after(() => unsubscribe(`cycle:request:${name}`, subscriber));
  }
  await inTwoContexts(async (note) => {
    note();
    const context = storage.getStore();
    for (const init of [{}, { parseAs: 'stream' }]) {
      await made.GET(`/v1/${context}`, init);
      await absent.GET(`/v1/${context}`, init).catch(() => {});
    }
  });
  const expected = ['one', 'two'].flatMap((name) =>
    ['start', 'end', 'start', 'error', 'start', 'end', 'start', 'error'].map((event) => `${event} /v1/${name} ${name}`),
  );
  assert.deepEqual(seen.sort(), expected.sort());
});
