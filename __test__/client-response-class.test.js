'use strict';

// `response` beside one that fetch itself got from the same server: it has to look and to behave the same.

const assert = require('node:assert/strict');
const test = require('node:test');
const { inspect } = require('node:util');
const { client } = require('./peers/client.js');
const { json, recordingServer } = require('./peers/http-server.js');
const { once } = require('node:events');
const http = require('node:http');

const NODE = Number(process.versions.node.split('.')[0]);
const READERS = ['text', 'json', 'blob', 'arrayBuffer', 'formData'];
const ATTRIBUTES = ['type', 'url', 'redirected', 'status', 'ok', 'statusText', 'headers', 'body', 'bodyUsed'];

/** How calls get a response; `isReal` when it is of fetch's own class from its start. */
const WAYS = {
  plainly: { init: {}, isReal: false },
  'with middleware': { init: { middleware: [{ onRequest: () => undefined }] }, isReal: true },
  'as a stream': { init: { parseAs: 'stream' }, isReal: true },
};

function answer(_request, response) {
  response.statusMessage = 'Made';
  json(response, { a: 1 }, 201, { 'x-own': 'yes', date: 'now' });
}

/** What fetch gets from a server of the same kind. */
async function fetched(t) {
  const server = http.createServer(answer).listen(0);
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  return await fetch(`http://localhost:${server.address().port}/v1/environment`);
}

const namesIn = (object) => {
  const names = [];
  for (const name in object) names.push(name);
  return names.sort();
};

const getter = (name) => Object.getOwnPropertyDescriptor(Response.prototype, name).get;

for (const [way, { init, isReal }] of Object.entries(WAYS)) {
  const get = async (t) => {
    const peer = await recordingServer(t, answer);
    const { response } = await client(t, peer).GET('/v1/environment', init);
    return response;
  };

  test(`a response has the constructor and the names of fetch's, ${way}`, async (t) => {
    const [ours, theirs] = [await get(t), await fetched(t)];
    assert.equal(ours.constructor, Response);
    assert.equal(ours.headers.constructor, Headers);
    assert.deepEqual(namesIn(ours), namesIn(theirs));
    assert.deepEqual(namesIn(ours.headers), namesIn(theirs.headers));
    assert.deepEqual(Object.keys(ours), Object.keys(theirs));
    assert.deepEqual(Object.getOwnPropertyNames(ours.headers), []);
    for (const name of ['url', 'clone', 'text', 'constructor', 'then', 'nothing']) {
      assert.equal(name in ours, name in theirs, name);
      assert.equal(typeof ours[name], typeof theirs[name], name);
    }
    assert.equal(ours.text, ours.text);
    assert.deepEqual([ours.clone.name, ours.clone.length], ['clone', 0]);
    for (const name of ATTRIBUTES) {
      assert.throws(() => Object.assign(ours, { [name]: 1 }), TypeError, name);
    }
    ours.own = 1;
    assert.deepEqual(Object.keys(ours), ['own']);
  });

  test(`a response is shown as fetch's, ${way}`, async (t) => {
    const [ours, theirs] = [await get(t), await fetched(t)];
    const lines = (response) => inspect(response).match(/^ {2}(status|statusText|ok|redirected|type): .*$|^\w+ \{$/gm);
    assert.deepEqual(lines(ours), lines(theirs));
    assert.match(inspect(ours), /'x-own': 'yes'/);
    assert.equal(String(ours), String(theirs));
    assert.equal(String(ours.headers), '[object Headers]');
  });

  test(`the headers of a response can't be changed, ${way}`, async (t) => {
    const { headers } = await get(t);
    for (const method of ['append', 'set']) assert.throws(() => headers[method]('a', 'b'), TypeError, method);
    assert.throws(() => headers.delete('x-own'), TypeError);
    assert.equal(headers.get('x-own'), 'yes');
  });

  test(`a response is the model of another, ${way}`, async (t) => {
    const ours = await get(t);
    const made = new Response('text', ours);
    assert.deepEqual([made.status, made.statusText, made.headers.get('x-own')], [201, 'Made', 'yes']);
    if (isReal && !ours.bodyUsed) {
      assert.deepEqual(await new Response(ours.body, ours).json(), { a: 1 });
    }
  });

  if (!isReal && NODE >= 24) {
    test(`fetch of Node 24 takes only what its constructor made, ${way}`, async (t) => {
      const ours = await get(t);
      assert.throws(() => getter('status').call(ours), TypeError);
      assert.equal(ours.status, 201);
    });
  } else {
    test(`getters and methods of Response.prototype take a response, ${way}`, async (t) => {
      const ours = await get(t);
      for (const name of ['status', 'ok', 'statusText', 'body', 'bodyUsed']) {
        assert.equal(getter(name).call(ours), ours[name], name);
      }
      assert.equal(getter('headers').call(ours).get('x-own'), 'yes');
      if (ours.bodyUsed) {
        for (const name of READERS) await assert.rejects(Response.prototype[name].call(ours), TypeError, name);
        assert.throws(() => Response.prototype.clone.call(ours), TypeError);
      } else {
        assert.deepEqual(await Response.prototype.clone.call(ours).json(), { a: 1 });
        assert.deepEqual(await Response.prototype.json.call(ours), { a: 1 });
        assert.equal(ours.bodyUsed, true);
      }
    });
  }
}

test('statuses that the constructor refuses', async (t) => {
  const peer = await recordingServer(t, (_request, response) => response.writeHead(799, 'Odd').end('{}'));
  for (const { init } of Object.values(WAYS)) {
    const { response } = await client(t, peer).GET('/v1/environment', init);
    assert.deepEqual([response.status, response.statusText, response.ok], [799, 'Odd', false]);
  }
});

test('what a runtime has added to Response works on every response', async (t) => {
  const peer = await recordingServer(t, (_request, response) => json(response, {}));
  const { get } = Object.getOwnPropertyDescriptor(Response.prototype, 'bodyUsed');
  const descriptor = { configurable: true, enumerable: true };
  Object.defineProperty(Response.prototype, 'newMethod', {
    ...descriptor,
    value() {
      return get.call(this);
    },
  });
  Object.defineProperty(Response.prototype, 'newGetter', { ...descriptor, get });
  t.after(() => {
    for (const name of ['newMethod', 'newGetter']) delete Response.prototype[name];
  });
  for (const { init } of Object.values(WAYS)) {
    const { response } = await client(t, peer).GET('/v1/environment', init);
    assert.equal(response.newMethod(), response.bodyUsed);
    assert.equal(response.newGetter, response.bodyUsed);
  }
});
