'use strict';

// What a client on the event loop must survive. The tests hold on either lane.
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const http = require('node:http');
const net = require('node:net');
const { test } = require('node:test');

const { getClient } = require('..');
const { HttpClient } = require('..').internals.loadNative();
const { printedBy } = require('./peers/child.js');
const { descriptors } = require('./peers/descriptors.js');
const { httpServer, json } = require('./peers/http-server.js');
const { temporarySocketPath } = require('./peers/temporary-folder.js');
const { until } = require('./peers/until.js');

/** @typedef {import('node:test').TestContext} TestContext */

const DONE = 0;
const FAILED = 6;

/**
 * A typed client is of no use here: the paths are made up.
 *
 * @param {TestContext} t
 * @param {string} listening
 * @returns {any}
 */
function clientOf(t, listening) {
  const client = getClient({ token: 'secret', socketPath: listening });
  t.after(() => client.close());
  return client;
}

/** @param {number} turns */
async function turnLoop(turns) {
  for (let i = 0; i < turns; i++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('requests may be sent from the callback that delivers answers', async (t) => {
  const { socketPath: listening } = await httpServer(t, (request, response) => json(response, request.url));
  let depth = 0;
  /** @type {string[]} */
  const answers = [];
  await /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const client = new HttpClient({ socketPath: listening, headers: [] }, (/** @type {any[]} */ ...batch) => {
        assert.equal(depth, 0, 'one delivery at a time');
        depth += 1;
        for (let i = 0; i < batch.length; i += 5) {
          if (batch[i + 1] !== DONE) {
            reject(new Error(`event ${batch[i + 1]}`));
          }
          answers.push(JSON.parse(batch[i + 4]));
          if (answers.length < 500) {
            client.request(answers.length, 'GET', undefined, `/${answers.length}`, undefined, undefined, 0);
          } else {
            resolve();
          }
        }
        depth -= 1;
      });
      client.request(0, 'GET', undefined, '/0', undefined, undefined, 0);
    })
  );
  assert.deepEqual(
    answers,
    Array.from({ length: 500 }, (_, index) => `/${index}`),
  );
});

test('a request that was never prepared fails as an internal error', async (t) => {
  const { socketPath: listening } = await httpServer(t, (_, response) => json(response, {}));
  const [kind, texts] = await new Promise((resolve) => {
    const client = new HttpClient({ socketPath: listening, headers: [] }, (_call, what, _status, errorTexts) =>
      resolve([what, errorTexts]),
    );
    client.send(0, 7, 0);
  });
  assert.equal(kind, FAILED);
  assert.equal(texts[0], 'ERR_CYCLE_INTERNAL');
});

test('a call that follows one of several answers is sent without another', async (t) => {
  /** @type {http.ServerResponse[]} */
  const waiting = [];
  const { socketPath: listening } = await httpServer(t, (request, response) => {
    if (request.url === '/next') {
      json(response, 'next');
    } else if (waiting.push(response) === 8) {
      // All at once, so that one turn of the loop brings them.
      for (const one of waiting) {
        json(one, 'first');
      }
    }
  });
  const client = clientOf(t, listening);
  const calls = Array.from({ length: 8 }, () => client.GET('/first'));
  const next = calls[0].then(() => client.GET('/next'));
  assert.equal((await next).data, 'next');
  assert.deepEqual(
    (await Promise.all(calls)).map(({ data }) => data),
    Array(8).fill('first'),
  );
});

test('a request that fails at once is told later, not from within the call', async (t) => {
  const listening = temporarySocketPath(t);
  let calling = false;
  let failures = 0;
  await /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const send = () => {
        calling = true;
        client.request(failures, 'GET', undefined, '/', undefined, undefined, 0);
        calling = false;
      };
      const client = new HttpClient({ socketPath: listening, headers: [] }, (/** @type {any[]} */ ...batch) => {
        assert.equal(calling, false);
        assert.equal(batch[1], FAILED);
        failures += 1;
        if (failures === 100) {
          resolve();
        } else {
          send();
        }
      });
      send();
    })
  );
  assert.equal(failures, 100);
});

test('more events than a call of JavaScript has room for arrive in order', async (t) => {
  const listening = temporarySocketPath(t);
  const requests = 50_000;
  const ended = [];
  await /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const client = new HttpClient({ socketPath: listening, headers: [] }, (/** @type {any[]} */ ...batch) => {
        assert.equal(batch.length % 5, 0);
        for (let i = 0; i < batch.length; i += 5) {
          assert.equal(batch[i + 1], FAILED);
          ended.push(batch[i]);
        }
        if (ended.length === requests) {
          resolve();
        }
      });
      for (let id = 0; id < requests; id++) {
        client.request(id, 'no method', undefined, '/', undefined, undefined, 0);
      }
    })
  );
  assert.deepEqual(
    ended,
    Array.from({ length: requests }, (_, id) => id),
  );
});

test('failing requests do not keep the loop from its other work', async (t) => {
  const client = clientOf(t, temporarySocketPath(t));
  let stop = false;
  let failures = 0;
  const failing = (async () => {
    while (!stop) {
      await assert.rejects(client.GET('/'), { code: 'ENOENT' });
      failures += 1;
    }
  })();
  await turnLoop(50);
  await new Promise((resolve) => setTimeout(resolve, 1));
  stop = true;
  await failing;
  assert.ok(failures > 0);
});

test('a client may be closed by the callback that delivers its answers', async (t) => {
  const { socketPath: listening } = await httpServer(t, (_, response) => json(response, 1));
  for (let round = 0; round < 20; round++) {
    let deliveries = 0;
    await /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        const client = new HttpClient({ socketPath: listening, headers: [] }, () => {
          deliveries += 1;
          client.close();
          resolve();
        });
        for (let id = 0; id < 10; id++) {
          client.request(id, 'GET', undefined, '/', undefined, undefined, 0);
        }
      })
    );
    await turnLoop(5);
    assert.equal(deliveries, 1);
  }
});

test('clients may be made and used by the callback of another', async (t) => {
  const { socketPath: listening } = await httpServer(t, (_, response) => json(response, 1));
  /** @type {any[]} */
  const clients = [];
  await /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const next = () => {
        if (clients.length === 30) {
          resolve();
          return;
        }
        const client = new HttpClient({ socketPath: listening, headers: [] }, next);
        clients.push(client);
        client.request(1, 'GET', undefined, '/', undefined, undefined, 0);
      };
      next();
    })
  );
  for (const client of clients) {
    client.close();
  }
});

test('microtasks and ticks run before the loop goes on', async (t) => {
  const { socketPath: listening } = await httpServer(t, (_, response) => json(response, 1));
  /** @type {string[]} */
  const order = [];
  await /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const client = new HttpClient({ socketPath: listening, headers: [] }, () => {
        setImmediate(() => {
          order.push('immediate');
          client.close();
          resolve();
        });
        process.nextTick(() => order.push('tick'));
        Promise.resolve().then(() => order.push('microtask'));
        order.push('delivery');
      });
      client.request(1, 'GET', undefined, '/', undefined, undefined, 0);
    })
  );
  assert.deepEqual(order, ['delivery', 'tick', 'microtask', 'immediate']);
});

test('more requests than the listen queue holds are all answered', async (t) => {
  const listening = temporarySocketPath(t);
  const server = http.createServer((request, response) => json(response, request.url));
  await new Promise((resolve) => server.listen({ path: listening, backlog: 1 }, () => resolve(undefined)));
  t.after(() => server.close());
  const client = clientOf(t, listening);
  // The server of this process accepts nothing before these are all sent.
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => client.GET(`/${index}`)));
  assert.deepEqual(
    answers.map(({ data }) => data),
    Array.from({ length: 100 }, (_, index) => `/${index}`),
  );
});

test('a request body that exceeds every buffer arrives complete', async (t) => {
  const body = Buffer.alloc(24 * 1024 * 1024);
  for (let i = 0; i < body.length; i += 4) {
    body.writeUInt32LE(i, i);
  }
  const { socketPath: listening } = await httpServer(t, (request, response) => {
    const hash = createHash('sha256');
    // Long enough for the sender to find the buffers full.
    setTimeout(() => {
      request.on('data', (chunk) => hash.update(chunk));
      request.on('end', () => json(response, hash.digest('hex')));
    }, 20);
  });
  const { data } = await clientOf(t, listening).POST('/', { body, bodySerializer: (/** @type {any} */ raw) => raw });
  assert.equal(data, createHash('sha256').update(body).digest('hex'));
});

test('a large answer leaves room for other requests and for the loop', async (t) => {
  const large = Buffer.alloc(48 * 1024 * 1024, 'x');
  const { socketPath: listening } = await httpServer(t, (request, response) => {
    if (request.url === '/large') {
      response.writeHead(200, { 'content-length': large.length }).end(large);
    } else {
      json(response, request.url);
    }
  });
  const client = clientOf(t, listening);
  /** @type {string[]} */
  const order = [];
  let turns = 0;
  const loop = (async () => {
    while (!order.includes('large')) {
      turns += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await Promise.all([
    client.GET('/large', { parseAs: 'arrayBuffer' }).then((/** @type {any} */ { data }) => {
      order.push('large');
      assert.equal(data.byteLength, large.length);
    }),
    ...Array.from({ length: 5 }, async () => {
      const { data } = await client.GET('/small');
      assert.equal(data, '/small');
      order.push('small');
    }),
  ]);
  await loop;
  assert.equal(order.at(-1), 'large');
  assert.ok(turns >= 10, `${turns} turns of the loop`);
});

test('an exception of the callback is an uncaught one and the client goes on', async (t) => {
  const { socketPath: listening } = await httpServer(t, (_, response) => json(response, 1));
  const script = `
    const { HttpClient } = require(${JSON.stringify(require.resolve('..'))}).internals.loadNative();
    const caught = [];
    process.on('uncaughtException', (error) => caught.push(error.message));
    const client = new HttpClient({ socketPath: ${JSON.stringify(listening)}, headers: [] }, (...batch) => {
      if (batch[0] < 3) {
        client.request(batch[0] + 1, 'GET', undefined, '/', undefined, undefined, 0);
        throw new Error('thrown ' + batch[0]);
      }
      console.log(JSON.stringify(caught));
    });
    client.request(0, 'GET', undefined, '/', undefined, undefined, 0);
  `;
  assert.deepEqual(JSON.parse(await printedBy(script)), ['thrown 0', 'thrown 1', 'thrown 2']);
});

test('a child process inherits no connection', async (t) => {
  /** @type {http.ServerResponse[]} */
  const held = [];
  const { socketPath: listening } = await httpServer(t, (_, response) => {
    // Answered together, so that each has a connection of its own.
    if (held.push(response) === 8) {
      for (const each of held) {
        json(each, 1);
      }
    }
  });
  const script = `
    const { execFileSync } = require('node:child_process');
    const { readdirSync } = require('node:fs');
    const { getClient } = require(${JSON.stringify(require.resolve('..'))});
    const client = getClient({ token: 'secret', socketPath: ${JSON.stringify(listening)} });
    const own = () => readdirSync('/dev/fd').length;
    const inherited = () => execFileSync('ls', ['/dev/fd'], { encoding: 'utf8' });
    const before = [own(), inherited()];
    Promise.all(Array.from({ length: 8 }, () => client.GET('/'))).then(() => {
      console.log(JSON.stringify({ opened: own() - before[0], same: inherited() === before[1] }));
    });
  `;
  const { opened, same } = JSON.parse(await printedBy(script));
  assert.ok(opened >= 8, `${opened} connections of its own`);
  assert.ok(same, 'a child has what it had before');
});

test('a server that hangs up without reading is an error, and not an endless one', async (t) => {
  const listening = temporarySocketPath(t);
  const server = net.createServer((socket) => socket.destroy());
  await new Promise((resolve) => server.listen(listening, () => resolve(undefined)));
  t.after(() => server.close());
  const client = clientOf(t, listening);
  const body = 'x'.repeat(1024 * 1024);
  for (let round = 0; round < 20; round++) {
    await assert.rejects(client.POST('/', { body }), { code: 'ECONNRESET' });
  }
  const before = descriptors();
  await assert.rejects(client.POST('/'), { code: 'ECONNRESET' });
  await until(() => descriptors() <= before, 'as few descriptors as before');
});

test('no descriptor is left behind', async (t) => {
  const { socketPath: listening } = await httpServer(t, (request, response) => {
    if (request.url === '/hang-up') {
      request.socket.destroy();
    } else if (request.url !== '/never') {
      json(response, 1);
    }
  });
  const warm = getClient({ token: 'secret', socketPath: listening });
  await /** @type {any} */ (warm).GET('/');
  await warm.close();
  // The server's side of a connection is a descriptor of this process, too.
  await turnLoop(10);
  const before = descriptors();
  for (let round = 0; round < 5; round++) {
    const client = /** @type {any} */ (getClient({ token: 'secret', socketPath: listening }));
    const controller = new AbortController();
    const endless = Array.from({ length: 10 }, () => client.GET('/never', { signal: controller.signal }));
    const broken = Array.from({ length: 10 }, () => client.POST('/hang-up'));
    const answered = Array.from({ length: 10 }, () => client.GET('/'));
    for (const call of broken) {
      await assert.rejects(call, { code: 'ECONNRESET' });
    }
    await Promise.all(answered);
    controller.abort();
    for (const call of endless) {
      await assert.rejects(call, { name: 'AbortError' });
    }
    await client.close();
  }
  await until(() => descriptors() <= before, 'as few descriptors as before');
});
