'use strict';

const { json } = require('../peers/http-server.js');

/** A middleware that notes when it is asked. */
const noting = (log, name) => ({
  onRequest: ({ request }) => void log.push(`${name} request ${request.method}`),
  onResponse: ({ response }) => void log.push(`${name} response ${response.status}`),
  onError: ({ error }) => void log.push(`${name} error ${error instanceof TypeError}`),
});

const hangUp = (_request, response) => response.socket.destroy();

/** Calls with these middleware, client-wide. */
const using =
  (...middleware) =>
  (client) => {
    client.use(...middleware);
    return client.POST('/v1/object-cache', { body: { a: 1 } });
  };

const thrower = (hook) => ({
  [hook]: () => {
    throw new RangeError(`${hook} would not`);
  },
});

module.exports = [
  {
    name: 'order: client-wide first, answers in reverse',
    call: (client, log) => {
      client.use(noting(log, 'a'), noting(log, 'b'));
      return client.GET('/v1/environment', { middleware: [noting(log, 'c')] });
    },
  },
  {
    name: 'order of errors',
    call: (client, log) => {
      client.use(noting(log, 'a'), noting(log, 'b'));
      return client.GET('/v1/environment', { middleware: [noting(log, 'c')] });
    },
    answer: hangUp,
  },
  {
    name: 'eject',
    call: (client, log) => {
      const [a, b] = [noting(log, 'a'), noting(log, 'b')];
      client.use(a, b, a);
      client.eject(a, noting(log, 'never used'));
      return client.GET('/v1/environment');
    },
  },
  {
    name: 'what is handed to onRequest',
    call: (client, log) =>
      client.POST('/v1/{id}', {
        params: { path: { id: 'x' }, query: { q: 1 } },
        body: { a: 1 },
        headers: { 'X-Own': 'o' },
        parseAs: 'text',
        middleware: [
          {
            onRequest: async (context) => {
              const { request, schemaPath, params, options, id, ...rest } = context;
              log.push(
                request.url,
                request.method,
                request.headers.get('x-own'),
                await request.clone().text(),
                request instanceof Request,
              );
              log.push(
                schemaPath,
                params,
                typeof id,
                id.length > 4,
                Object.keys(options),
                options.baseUrl,
                options.parseAs,
              );
              log.push(Object.isFrozen(options), typeof options.fetch, Object.keys(rest), request.redirect);
            },
          },
        ],
      }),
  },
  {
    name: 'what is handed to onResponse',
    call: (client, log) =>
      client.GET('/v1/environment', {
        middleware: [
          {
            onResponse: async (context) => {
              const { request, response, schemaPath, params, options, id, ...rest } = context;
              log.push(
                request.url,
                response.url,
                response.status,
                await response.clone().text(),
                response instanceof Response,
              );
              log.push(schemaPath, params, typeof id, Object.keys(options), Object.keys(rest));
            },
          },
        ],
      }),
  },
  {
    name: 'one id for all hooks of a call',
    call: (client, log) => {
      const ids = new Set();
      client.use({ onRequest: ({ id }) => void ids.add(id), onResponse: ({ id }) => void log.push(ids.add(id).size) });
      return client.GET('/v1/environment');
    },
  },
  {
    name: 'onRequest sets a header',
    call: using({ onRequest: ({ request }) => void request.headers.set('X-Late', 'yes') }),
  },
  {
    name: 'onRequest deletes the token',
    call: using({ onRequest: ({ request }) => void request.headers.delete('x-cycle-token') }),
  },
  {
    name: 'onRequest gives the request back',
    call: using({
      onRequest: ({ request }) => {
        request.headers.set('a', 'b');
        return request;
      },
    }),
  },
  {
    name: 'onRequest gives another request',
    call: using({
      onRequest: ({ request }) =>
        new Request('http://localhost/v1/other', { method: 'PUT', headers: request.headers, body: 'other' }),
    }),
  },
  {
    name: 'onRequest gives a request made of the first',
    call: using({ onRequest: ({ request }) => new Request(request, { headers: { 'x-only': 'this' } }) }),
  },
  {
    name: 'onRequest reads the body by a clone',
    call: (client, log) => {
      client.use({ onRequest: async ({ request }) => void log.push(await request.clone().json()) });
      return client.POST('/v1/object-cache', { body: { a: 'é' } });
    },
  },
  {
    name: 'onRequest reads the body itself',
    call: using({ onRequest: async ({ request }) => void (await request.text()) }),
  },
  {
    name: 'onRequest answers',
    call: (client, log) => {
      client.use(noting(log, 'a'), { onRequest: () => Response.json({ own: 1 }, { status: 201 }) }, noting(log, 'b'));
      return client.GET('/v1/environment');
    },
  },
  {
    name: 'onRequest answers with an error',
    call: using({ onRequest: () => new Response('{"no":1}', { status: 403 }) }),
  },
  { name: 'onRequest answers 204', call: using({ onRequest: () => new Response(null, { status: 204 }) }) },
  { name: 'onRequest gives nonsense', call: using({ onRequest: () => ({ url: 'x' }) }), message: true },
  { name: 'onRequest throws', call: using(thrower('onRequest')), message: true },
  {
    name: 'onRequest throws, onError is not asked',
    call: (client, log) => {
      client.use(noting(log, 'a'), thrower('onRequest'));
      return client.GET('/v1/environment');
    },
    message: true,
  },
  {
    name: 'onResponse replaces',
    call: using({
      onResponse: ({ response }) =>
        new Response('{"new":true}', { status: response.status, headers: { 'x-new': '1' } }),
    }),
  },
  {
    name: 'onResponse turns an error into data',
    call: using({ onResponse: () => Response.json({ mended: true }) }),
    answer: (_request, response) => json(response, { error: {} }, 500),
  },
  {
    name: 'onResponse turns data into an error',
    call: using({ onResponse: () => Response.json({ broken: true }, { status: 409 }) }),
  },
  {
    name: 'onResponse replacements go from last to first',
    call: (client, log) => {
      const adding = (name) => ({
        onResponse: async ({ response }) => {
          const list = await response.json();
          log.push(name);
          return Response.json({ ...list, [name]: Object.keys(list).length });
        },
      });
      client.use(adding('a'), adding('b'));
      return client.GET('/v1/environment');
    },
  },
  {
    name: 'onResponse reads a clone',
    call: using({ onResponse: async ({ response }) => void (await response.clone().json()) }),
  },
  {
    name: 'onResponse reads the body itself',
    call: using({ onResponse: async ({ response }) => void (await response.text()) }),
  },
  { name: 'onResponse gives nonsense', call: using({ onResponse: () => 'text' }), message: true },
  { name: 'onResponse throws', call: using(thrower('onResponse')), message: true },
  {
    name: 'onError gives another error',
    call: using({ onError: () => new RangeError('another') }),
    answer: hangUp,
    message: true,
  },
  { name: 'onError gives a response', call: using({ onError: () => Response.json({ saved: true }) }), answer: hangUp },
  {
    name: 'onError gives a response, which onResponse then sees',
    call: (client, log) => {
      client.use(noting(log, 'a'), { onError: () => Response.json({ saved: true }) }, noting(log, 'c'));
      return client.GET('/v1/environment');
    },
    answer: hangUp,
  },
  { name: 'onError gives nothing', call: using({ onError: () => undefined }), answer: hangUp },
  { name: 'onError gives nonsense', call: using({ onError: () => 'text' }), answer: hangUp, message: true },
  { name: 'onError throws', call: using(thrower('onError')), answer: hangUp, message: true },
  {
    name: 'errors pass from last to first',
    call: (client, log) => {
      const passing = (name) => ({
        onError: ({ error }) => {
          log.push([name, error instanceof RangeError && error.message]);
          return new RangeError(name);
        },
      });
      client.use(passing('a'), passing('b'));
      return client.GET('/v1/environment');
    },
    answer: hangUp,
    message: true,
  },
  { name: 'use() of nothing', call: using(undefined, null, false) },
  { name: 'use() of a function', call: using(() => {}), message: true },
  { name: 'use() of an object without hooks', call: using({ before: () => {} }), message: true },
  { name: 'a hook that is no function', call: using({ onRequest: 'now' }) },
  {
    name: 'use() during a call counts from the next',
    call: async (client, log) => {
      client.use({ onRequest: () => void client.use(noting(log, 'late')) });
      await client.GET('/v1/environment');
      return client.GET('/v1/environment');
    },
  },
  {
    name: 'middleware and invalid JSON',
    call: (client, log) => {
      client.use(noting(log, 'a'));
      return client.GET('/v1/environment');
    },
    answer: (_request, response) => response.end('{'),
  },
];
