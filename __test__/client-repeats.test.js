'use strict';

// A client remembers requests that come again and the head of the last answer. Nobody may notice.

const assert = require('node:assert/strict');
const test = require('node:test');
const { client } = require('./peers/client.js');
const { bodyOf, httpServer, json } = require('./peers/http-server.js');

/** A peer that tells what it was asked, with a head that depends on it. */
const echo = (t) =>
  httpServer(t, async (request, response) => {
    const body = (await bodyOf(request)).toString();
    const { 'x-own': own } = request.headers;
    const status = request.url.endsWith('/error') ? 404 : 200;
    json(response, { method: request.method, url: request.url, own, body }, status, { 'x-echo': request.url });
  });

test('a request that comes again is the same each time', async (t) => {
  const made = client(t, await echo(t));
  for (let round = 0; round < 5; round += 1) {
    for (const method of ['GET', 'DELETE', 'PUT', 'OPTIONS']) {
      for (const url of ['/a', '/b', '/a?x=1', '/a/error']) {
        const { data, error, response } = await made.request(method, url);
        const expected = { method, url, body: '' };
        assert.deepEqual(data ?? error, expected);
        assert.equal(response.headers.get('x-echo'), url);
        assert.equal(response.status, error ? 404 : 200);
        assert.equal(response.url, `http://localhost${url}`);
      }
    }
  }
});

test('headers and bodies are sent with the call that has them', async (t) => {
  const made = client(t, await echo(t));
  for (let round = 0; round < 5; round += 1) {
    assert.equal((await made.POST('/a')).data.body, '');
    assert.equal((await made.POST('/a', { body: { round } })).data.body, JSON.stringify({ round }));
    assert.equal((await made.POST('/a', { headers: { 'x-own': `${round}` } })).data.own, `${round}`);
    assert.equal((await made.POST('/a')).data.own, undefined);
  }
});

test('more requests than are remembered are all sent', async (t) => {
  const made = client(t, await echo(t));
  const urls = Array.from({ length: 1500 }, (_, number) => `/many/${number}`);
  for (let round = 0; round < 3; round += 1) {
    const results = await Promise.all(urls.map((url) => made.GET(url)));
    assert.deepEqual(
      results.map(({ data }) => data.url),
      urls,
    );
  }
});

test('a request that HTTP does not allow fails each time', async (t) => {
  const made = client(t, await echo(t));
  for (let round = 0; round < 4; round += 1) {
    await assert.rejects(made.request('BAD METHOD', '/a'), TypeError);
    assert.equal((await made.GET('/a')).data.url, '/a');
  }
});

test('each answer has its own head, whatever the last one was', async (t) => {
  const peer = await httpServer(t, (request, response) => {
    const [, kind, value] = request.url.split('/');
    response.writeHead(kind === 'none' ? 204 : 200, kind === 'none' ? 'Nothing' : 'Fine', {
      'x-value': value,
      date: '',
    });
    response.end(kind === 'none' ? undefined : '"body"');
  });
  const made = client(t, peer);
  const calls = [];
  for (let round = 0; round < 40; round += 1) {
    for (const kind of ['json', 'stream', 'none', 'text']) {
      const value = `${round >> 3}`;
      const parseAs = kind === 'none' ? 'json' : kind;
      calls.push({ kind, value, call: made.GET(`/${kind}/${value}`, { parseAs }) });
    }
  }
  for (const { kind, value, call } of calls) {
    const { data, response } = await call;
    assert.equal(response.headers.get('x-value'), value);
    assert.equal(response.status, kind === 'none' ? 204 : 200);
    assert.equal(response.statusText, kind === 'none' ? 'Nothing' : 'Fine');
    await data?.cancel?.();
  }
});

test('an answer that nobody waits for leaves the next with its head', async (t) => {
  const peer = await httpServer(t, (request, response) => {
    response.setHeader('x-value', request.url);
    setTimeout(() => json(response, {}), request.url === '/slow' ? 20 : 0);
  });
  const made = client(t, peer);
  for (let round = 0; round < 10; round += 1) {
    const controller = new AbortController();
    // Settled whenever it is: on a busy machine it is aborted before the next line is done.
    const dropped = made.GET('/slow', { signal: controller.signal }).catch(() => {});
    setTimeout(() => controller.abort(), 15 + round);
    const kept = await made.GET('/fast');
    assert.equal(kept.response.headers.get('x-value'), '/fast');
    await dropped;
    assert.equal((await made.GET('/fast')).response.headers.get('x-value'), '/fast');
  }
});

test('thousands of calls one after the other use one connection, however long their answers', async (t) => {
  const peer = await httpServer(t, (request, response) => {
    const length = Number(request.url.slice(1));
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': length }).end('x'.repeat(length));
  });
  let connections = 0;
  const failures = [];
  peer.server.on('connection', () => {
    connections += 1;
  });
  peer.server.on('clientError', (error) => failures.push(error));
  const made = client(t, peer);
  for (let i = 0; i < 3000; i += 1) {
    const length = i % 100 === 0 ? 7000 + 13 * (i / 10) : 1 + (i % 7);
    const { data } = await made.GET(`/${length}`, { parseAs: 'text' });
    assert.equal(data, 'x'.repeat(length));
  }
  await made.close();
  assert.deepEqual([connections, failures], [1, []]);
});
