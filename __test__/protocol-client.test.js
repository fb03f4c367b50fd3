'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const test = require('node:test');
const { createProtocolClient, defineProtocol, ProtocolError } = require('../protocol');
const { json, recordingServer } = require('./peers/http-server.js');
const { rawServer } = require('./peers/raw-server.js');
const { within } = require('./peers/until.js');

const protocol = defineProtocol({
  global: {
    params: { tenant: { type: String, required: false } },
    response: { shapes: { Thing: { name: String, 'made?': Date, 'parts?': ['#Thing'] } } },
  },
  things: {
    get: {
      path: '/things/{name}',
      params: {
        name: { type: String },
        since: { type: Date, required: false },
        limit: { type: Number, default: 10 },
        deep: { type: Boolean, required: false },
        filter: { type: JSON, required: false },
      },
      description: 'Gives a thing',
      request: { method: 'GET' },
      response: {
        body: '#Thing',
        error: {
          lost: { status: 404, msg: '{name} is lost: {error}', suggestions: ['Look for {name}'] },
          secret: { status: 410, msg: 'Gone' },
        },
      },
    },
    'make-one': {
      path: '/things/',
      params: {
        name: { type: String },
        size: { type: Number, required: false },
        data: { type: JSON, required: false },
      },
      description: 'Makes a thing',
      request: { method: 'POST', authorized: true, body: ['name', 'size', 'data'] },
    },
  },
});

const thing = { name: 'a', made: '2016-03-01T10:20:30Z' };

/** A client of a recording server on a Unix socket. */
async function start(t, answer = (_request, response) => json(response, thing)) {
  const peer = await recordingServer(t, answer);
  const client = createProtocolClient(protocol, { socketPath: peer.socketPath, apiKey: 'key' });
  t.after(() => client.close());
  return { client, requests: peer.requests };
}

test('params go into path, query and body', async (t) => {
  const { client, requests } = await start(t);
  const since = new Date('2016-01-02T03:04:05Z');
  await client.things.get({ name: 'x', since, deep: false, filter: { a: [1] }, tenant: 't&u' });
  await client.things.makeOne({ name: 'x', data: [null, { b: 'é' }], tenant: 't' });
  const [get, post] = requests;
  const query = 'since=2016-01-02T03%3A04%3A05.000Z&limit=10&deep=false&filter=%7B%22a%22%3A%5B1%5D%7D&tenant=t%26u';
  assert.equal(get.url, `/things/x?${query}`);
  assert.deepEqual(
    [get.headers.authorization, get.headers['content-type'], get.headers.host],
    [undefined, undefined, 'localhost'],
  );
  assert.equal(post.url, '/things/?tenant=t');
  assert.deepEqual(JSON.parse(post.body), { name: 'x', data: [null, { b: 'é' }] });
  assert.equal(post.headers.authorization, 'key');
});

test('hostile params are encoded or refused, and never change what is asked', async (t) => {
  const { client, requests } = await start(t);
  const encoded = [
    '../../etc',
    'a/b',
    'a//b',
    'a?b=c',
    'a#b',
    'a%2Fb',
    'a b+c',
    'é 💥',
    'x\r\nhost: evil',
    '\0',
    "';--",
    '{name}',
    '...',
    ':',
    'constructor',
  ];
  for (const name of encoded) {
    await client.things.get({ name });
    const { url, headers } = requests.at(-1);
    assert.equal(decodeURIComponent(url.slice('/things/'.length, url.indexOf('?'))), name);
    assert.equal(url.split('/').length, 3, url);
    assert.equal(headers.evil, undefined);
  }
  const count = requests.length;
  const refused = [
    ['get', {}, 'name'],
    ['get', { name: '' }, 'name'],
    ['get', { name: '.' }, 'name'],
    ['get', { name: '..' }, 'name'],
    ['get', { name: 5 }, 'name'],
    ['get', { name: null }, 'name'],
    ['get', { name: ['a'] }, 'name'],
    ['get', { name: 'a', limit: '5' }, 'limit'],
    ['get', { name: 'a', deep: 'true' }, 'deep'],
    ['get', { name: 'a', since: 'soon' }, 'since'],
    ['get', { name: 'a', since: new Date(Number.NaN) }, 'since'],
    ['get', { name: 'a', nmae: 'b' }, 'nmae'],
    ['get', { name: 'a', tenant: 1 }, 'tenant'],
    ['get', { name: 'a'.repeat(1_000_000) }, 'name'],
    ['get', { name: 'a', host: 'a/b', port: 80 }, 'host'],
    ['get', { name: 'a', host: 'https://a', port: 80 }, 'host'],
    ['get', { name: 'a', host: 'a', port: 70_000 }, 'port'],
    ['makeOne', { name: 'a', 'api-key': 'a\r\nb' }, 'api-key'],
    ['makeOne', { name: 'a', 'api-key': '' }, 'api-key'],
    ['get', { name: '\ud800' }, 'params'],
    ['get', { name: 'a', limit: Number.POSITIVE_INFINITY }, 'params'],
    ['get', { name: 'a', limit: 1n }, 'params'],
    ['get', { name: 'a', filter: () => {} }, 'params'],
    ['get', 'a', 'params'],
    ['get', ['a'], 'params'],
  ];
  const circular = { name: 'a' };
  circular.filter = circular;
  for (const [command, params, param] of [...refused, ['get', circular, 'params']]) {
    await assert.rejects(client.things[command](params), (error) => {
      assert.deepEqual(
        { name: error.name, param: error.param, status: error.status },
        { name: 'malformedRequest', param, status: 422 },
      );
      assert.ok(error.detail && error.suggestions.length > 0);
      return true;
    });
  }
  assert.equal(requests.length, count, 'nothing was sent');
});

test('a param of a megabyte goes into a body', async (t) => {
  const { client, requests } = await start(t);
  const name = 'é'.repeat(500_000);
  await client.things.makeOne({ name });
  assert.equal(JSON.parse(requests[0].body).name, name);
});

test('names with dashes can be written in camel case', () => {
  const client = createProtocolClient(protocol, { socketPath: '/x' });
  assert.equal(client.things['make-one'], client.things.makeOne);
  assert.deepEqual(Object.keys(client.things), ['get', 'make-one']);
  assert.equal(client.things.get.__doc__, 'Gives a thing');
  assert.equal(client.things.get.name, 'things.get');
  assert.ok(Object.isFrozen(client) && Object.isFrozen(client.things));
});

test('answers become the errors that are declared', async (t) => {
  /** @type {[number, string, string, string | undefined][]} */
  const answers = [
    [404, '{"type":"lost","error":"under the sofa"}', 'lost', 'a is lost: under the sofa'],
    [500, '{"type":"lost"}', 'lost', 'a is lost: (not given)'],
    [403, '{"type":"lost","error":"x"}', 'lost', 'a is lost: x'],
    [403, '', 'unauthorized', undefined],
    [422, '{"type":"malformedRequest","error":"name?"}', 'malformedRequest', undefined],
    [500, '{"type":"badResponse"}', 'badResponse', undefined],
    [500, '{"type":"toString","error":"x"}', 'generic', undefined],
    [500, '{"type":"__proto__"}', 'generic', undefined],
    [404, '', 'generic', undefined],
    [500, 'null', 'generic', undefined],
    [
      502,
      '<html>bad gateway</html>',
      'generic',
      'The call failed: the server answered with status 502: <html>bad gateway</html>',
    ],
    [201, JSON.stringify(thing), 'generic', undefined],
    [302, '', 'generic', undefined],
    [
      200,
      '{"name":1}',
      'badResponse',
      'The answer does not have its declared shape: name: must be a String, not a Number.',
    ],
    [
      200,
      '{"name":"a","made":"then"}',
      'badResponse',
      'The answer does not have its declared shape: made: must be a date such as 2016-03-01T10:20:30Z.',
    ],
    [
      200,
      '{"name":"a","parts":[{"name":"b","parts":[{}]}]}',
      'badResponse',
      'The answer does not have its declared shape: parts[0].parts[0].name: is missing.',
    ],
    [200, '', 'badResponse', undefined],
    [200, 'no json', 'badResponse', undefined],
  ];
  let next = 0;
  const { client } = await start(t, (_request, response) => {
    const [status, body] = answers[next];
    response.writeHead(status, status === 302 ? { location: '/other' } : {}).end(body);
  });
  for (const [status, body, name, message] of answers) {
    await assert.rejects(client.things.get({ name: 'a' }), (error) => {
      assert.ok(error instanceof ProtocolError && error instanceof Error);
      assert.deepEqual([error.name, error.status, error.endpoint], [name, status, 'things.get'], body);
      assert.ok(error.message !== '' && error.cause.message.includes(String(status)));
      if (message) {
        assert.equal(error.message, message);
      }
      return true;
    });
    next += 1;
  }
});

test('results come as they are; without a declared shape anything will do', async (t) => {
  const bodies = ['{"a":1}', 'text', '', '[]', 'null'];
  const { client } = await start(t, (_request, response, index) => response.end(bodies[index]));
  const results = [];
  for (const _ of bodies) {
    results.push(await client.things.makeOne({ name: 'a' }));
  }
  assert.deepEqual(results, [{ a: 1 }, 'text', undefined, [], null]);
});

test('a callback gets what a promise would', async (t) => {
  const { client } = await start(t, (request, response) => json(response, request.url.includes('/b') ? {} : thing));
  const called = (call) => within(new Promise((resolve) => call((...results) => resolve(results))), 'the callback');
  assert.deepEqual(await called((done) => assert.equal(client.things.get({ name: 'a' }, done), undefined)), [
    null,
    thing,
  ]);
  assert.deepEqual(await called((done) => client.things.get({ name: 'a' }, { timeoutMs: 10_000 }, done)), [
    null,
    thing,
  ]);
  const [failed, nothing] = await called((done) => client.things.get({ name: 'b' }, done));
  assert.deepEqual([failed.name, nothing], ['badResponse', undefined]);
  const [missing] = await called((done) => client.things.get(done));
  assert.deepEqual([missing.name, missing.param], ['malformedRequest', 'name']);
});

test('the server can be named call by call, on TCP as on a socket', async (t) => {
  const { client } = await start(t, (_request, response) => json(response, { name: 'socket' }));
  const server = http.createServer((request, response) => json(response, { name: request.headers.host }));
  await new Promise((resolve) => server.listen(0, resolve));
  t.after(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  const { port } = server.address();
  assert.equal((await client.things.get({ name: 'a' })).name, 'socket');
  for (const [host, shown] of [
    // The event loop's lane alone, which tests may ask for, looks up no names.
    ...(process.env.CYCLE_INTERNAL_API_LANE === 'event-loop' ? [] : [['localhost', `localhost:${port}`]]),
    ['127.0.0.1', `127.0.0.1:${port}`],
    ['http://127.0.0.1/', `127.0.0.1:${port}`],
    ['::1', `[::1]:${port}`],
    ['[::1]', `[::1]:${port}`],
  ]) {
    assert.equal((await client.things.get({ name: 'a', host, port })).name, shown);
  }
  assert.equal((await client.things.get({ name: 'a', host: `127.0.0.1:${port}` })).name, `127.0.0.1:${port}`);
});

test('no answer: timeout, refused, generic, each with the cause', async (t) => {
  const silent = await recordingServer(t, () => {});
  const closed = await rawServer(t, (socket) => socket.destroy());
  const get = (options, call) => createProtocolClient(protocol, options).things.get({ name: 'a' }, call);
  await assert.rejects(get({ socketPath: silent.socketPath, timeoutMs: 50 }), (error) => {
    assert.deepEqual([error.name, error.status, error.cause.code], ['timeout', undefined, 'ERR_CYCLE_TIMEOUT']);
    return error.message.includes(silent.socketPath);
  });
  for (const timeoutMs of [50, 0.5]) {
    await assert.rejects(get({ socketPath: silent.socketPath }, { timeoutMs }), { name: 'timeout' });
  }
  await assert.rejects(get({ socketPath: '/nowhere/at/all.sock' }), (error) => {
    assert.deepEqual([error.name, error.cause.code], ['refused', 'ENOENT']);
    return true;
  });
  await assert.rejects(get({ host: '127.0.0.1', port: 1 }), (error) => {
    assert.deepEqual(
      [error.name, error.cause.code, error.message],
      ['refused', 'ECONNREFUSED', 'No connection to 127.0.0.1:1: cannot connect (ECONNREFUSED).'],
    );
    return true;
  });
  await assert.rejects(get({ socketPath: closed.socketPath }), (error) => {
    assert.deepEqual([error.name, error.status], ['generic', undefined]);
    return error.cause.code !== undefined;
  });
  for (const timeoutMs of [-1, Number.NaN, '5', 2 ** 31]) {
    await assert.rejects(async () => get({ socketPath: '/x' }, { timeoutMs }), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => createProtocolClient(protocol, { timeoutMs }), { code: 'ERR_OUT_OF_RANGE' });
  }
});

test('an address that cannot be is refused when the client is made', async () => {
  for (const [options, message] of [
    [{ host: 'https://a', port: 1 }, /host must not start with https/],
    [{ host: 'https://a' }, /host must not start with https/],
    [{ host: 'a/b' }, /host must be a host name or an address, without a path/],
    [{ host: 'a', port: 'http' }, /port must be a whole number from 1 to 65535/],
    [{ port: 70_000 }, /port must be a whole number/],
    [{ host: 'a:1', port: 2 }, /port must not be given twice/],
    [{ host: 'a', socketPath: '/a' }, /socket-path must not be given together with host or port/],
    [{ socketPath: '' }, /socket-path must not be empty/],
  ]) {
    assert.throws(() => createProtocolClient(protocol, options), { code: 'ERR_INVALID_ARG_VALUE', message });
  }
});

test('a port may be text, as the environment and forms have it', async (t) => {
  const server = http.createServer((_request, response) => json(response, { name: 'a' })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address();
  const client = createProtocolClient(protocol, { host: '127.0.0.1', port: String(port) });
  assert.equal((await client.things.get({ name: 'a' })).name, 'a');
  await client.close();
});

test('what is wrong is in the message, and nothing that only another client can do', async (t) => {
  const client = createProtocolClient(protocol, { socketPath: '/nowhere.sock' });
  await assert.rejects(client.things.get({ name: 5 }), { message: /: name: it must be a String, not a Number\.$/ });
  const closed = await rawServer(t, (socket) => socket.destroy());
  await assert.rejects(
    createProtocolClient(protocol, { socketPath: closed.socketPath }).things.get({ name: 'a' }),
    (error) => {
      assert.match(error.message, /ECONNRESET/);
      assert.doesNotMatch(error.message, /retry/);
      return true;
    },
  );
});

test('an answer without its results is an error', async (t) => {
  let body = {};
  const { socketPath } = await recordingServer(t, (_request, response) => json(response, body));
  const declared = defineProtocol({
    global: { response: { results: 'data' } },
    a: { b: { path: '/', description: 'b', request: { method: 'GET' } } },
  });
  const client = createProtocolClient(declared, { socketPath });
  for (const wrong of [{}, { date: 1 }, [1]]) {
    body = wrong;
    await assert.rejects(client.a.b(), { name: 'badResponse', message: /data/ });
  }
  for (const data of [null, 0, 'x']) {
    body = { data };
    assert.equal(await client.a.b(), data);
  }
});

test('a signal ends a call with its reason', async (t) => {
  const { client, requests } = await start(t, () => {});
  const reason = new Error('enough');
  const aborted = AbortSignal.abort(reason);
  await assert.rejects(client.things.get({ name: 'a' }, { signal: aborted }), reason);
  assert.equal(requests.length, 0);
  const later = new AbortController();
  const call = client.things.get({ name: 'a' }, { signal: later.signal });
  setImmediate(() => later.abort(reason));
  await assert.rejects(call, reason);
});

test('options are checked, and the environment fills in for them', async (t) => {
  const { requests } = await start(t);
  const declared = defineProtocol({
    global: {
      params: {
        key: { type: String, env: 'TEST_PROTOCOL_KEY' },
        'socket-path': { type: String, env: 'TEST_PROTOCOL_SOCKET' },
      },
      request: { credential: { param: 'key', header: 'X-Key' } },
    },
    a: { b: { path: '/', description: 'b', request: { method: 'GET', authorized: true } } },
  });
  const peer = await recordingServer(t);
  const client = createProtocolClient(declared);
  await assert.rejects(client.a.b(), { name: 'malformedRequest', param: 'host' });
  process.env.TEST_PROTOCOL_SOCKET = peer.socketPath;
  t.after(() => delete process.env.TEST_PROTOCOL_SOCKET);
  await assert.rejects(client.a.b(), { name: 'unauthorized' });
  process.env.TEST_PROTOCOL_KEY = 'from the environment';
  t.after(() => delete process.env.TEST_PROTOCOL_KEY);
  await client.a.b();
  assert.equal(peer.requests[0].headers['x-key'], 'from the environment');
  await createProtocolClient(declared, { apiKey: 'given' }).a.b();
  assert.equal(peer.requests[1].headers['x-key'], 'given');
  await assert.rejects(createProtocolClient(declared, { host: '127.0.0.1', port: 1 }).a.b(), { name: 'refused' });
  assert.throws(() => createProtocolClient(declared, { tokn: 'x' }), { name: 'TypeError', message: /tokn/ });
  assert.throws(() => createProtocolClient(declared, { token: 'x', apiKey: 'y' }), TypeError);
  assert.equal(requests.length, 0);
});

test('the credential is in no message and no inspection', async (t) => {
  const { inspect } = require('node:util');
  const peer = await recordingServer(t, (_request, response) => json(response, { type: 'x' }, 500));
  const secret = 's3cr3t-credential';
  const client = createProtocolClient(protocol, { socketPath: peer.socketPath, apiKey: secret });
  await assert.rejects(client.things.makeOne({ name: 'a' }), (error) => !inspect(error, { depth: 9 }).includes(secret));
  await assert.rejects(
    client.things.makeOne({ name: 'a', 'api-key': `${secret}é` }),
    (error) => !inspect(error, { depth: 9 }).includes(secret),
  );
  await assert.rejects(
    client.things.makeOne({ name: 'a', 'socket-path': '/nowhere' }),
    (error) => !inspect(error, { depth: 9 }).includes(secret),
  );
  assert.ok(!inspect(client, { depth: 9, showHidden: true }).includes(secret));
});

test('a closed client waits for its calls and takes no more', async (t) => {
  const { client } = await start(t, (_request, response) => setTimeout(() => json(response, thing), 30));
  const call = client.things.get({ name: 'a' });
  let answered = false;
  call.then(() => {
    answered = true;
  });
  const first = client.close();
  await client.close();
  assert.ok(answered, 'whoever closes again waits as well');
  await first;
  assert.deepEqual(await call, thing);
  await assert.rejects(client.things.get({ name: 'a' }), (error) => error.cause.code === 'ERR_CYCLE_CLOSED');
  assert.equal(client[Symbol.asyncDispose], client.close);
});
