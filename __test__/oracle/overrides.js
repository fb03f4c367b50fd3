'use strict';

/** A fetch that reaches no server, and notes what it was given. */
const noted =
  (log) =>
  async (request, ...rest) => {
    log.push(request.method, request.url, [...request.headers], await request.text(), rest.length);
    return Response.json({ from: 'own fetch' }, { status: 201 });
  };

const seeing = (log, ...keys) => ({
  onRequest: ({ request }) => void log.push(...keys.map((key) => request[key])),
});

/** A class of requests as a caller may bring it along; made late, on the globals that the oracle has put in place. */
const ownRequest = () =>
  class extends Request {
    constructor(url, init) {
      super(url, init);
      this.headers.set('X-Class', 'own');
    }
  };

module.exports = [
  {
    name: 'fetch of the call',
    call: (client, log) => client.POST('/v1/object-cache', { body: { a: 1 }, fetch: noted(log) }),
  },
  {
    name: 'fetch of the call, with middleware',
    call: (client, log) => client.GET('/v1/environment', { fetch: noted(log), middleware: [seeing(log, 'method')] }),
  },
  {
    name: 'fetch of the call throws',
    call: (client) =>
      client.GET('/v1/environment', {
        fetch: () => {
          throw new RangeError('no net');
        },
      }),
    message: true,
  },
  {
    name: 'fetch of the call rejects, with onError',
    call: (client, log) =>
      client.GET('/v1/environment', {
        fetch: () => Promise.reject(new RangeError('no net')),
        middleware: [{ onError: ({ error }) => void log.push(error.message) }],
      }),
    message: true,
  },
  {
    name: 'fetch of the call gives a bare object',
    call: (client) => client.GET('/v1/environment', { fetch: async () => 'nothing' }),
  },
  {
    name: 'Request of the call',
    call: (client) => client.GET('/v1/environment', { Request: ownRequest() }),
  },
  {
    name: 'Request of the call, seen by middleware',
    call: (client, log) => {
      const Own = ownRequest();
      const seeing = { onRequest: ({ request }) => void log.push(request instanceof Own) };
      return client.GET('/v1/environment', { Request: Own, middleware: [seeing] });
    },
  },
  {
    name: 'Request of the call throws',
    call: (client) =>
      client.GET('/v1/environment', {
        Request: class {
          constructor() {
            throw new RangeError('no request');
          }
        },
      }),
    message: true,
  },
  {
    name: 'unknown keys of init are on the request',
    call: (client, log) =>
      client.GET('/v1/environment', {
        traceId: 't1',
        nested: { a: 1 },
        middleware: [seeing(log, 'traceId', 'nested')],
      }),
  },
  {
    name: 'unknown keys of init without middleware',
    call: (client) => client.GET('/v1/environment', { traceId: 't1' }),
  },
  {
    name: 'fetch options of init are on the request',
    call: (client, log) =>
      client.GET('/v1/environment', {
        cache: 'no-cache',
        credentials: 'omit',
        integrity: '',
        keepalive: true,
        mode: 'cors',
        redirect: 'manual',
        referrer: 'about:client',
        referrerPolicy: 'no-referrer',
        middleware: [
          seeing(
            log,
            'cache',
            'credentials',
            'integrity',
            'keepalive',
            'mode',
            'redirect',
            'referrer',
            'referrerPolicy',
          ),
        ],
      }),
  },
  ...[
    ['cache', 'reload'],
    ['cache', 'only-if-cached'],
    ['cache', 'sometimes'],
    ['credentials', 'include'],
    ['credentials', 'maybe'],
    ['mode', 'no-cors'],
    ['mode', 'same-origin'],
    ['mode', 'navigate'],
    ['referrerPolicy', 'origin'],
    ['referrer', 'http://localhost/from'],
    ['integrity', 'sha256-AAAA'],
    ['keepalive', true],
    ['duplex', 'half'],
    ['duplex', 'full'],
    ['priority', 'high'],
    ['window', null],
    ['window', {}],
    ['signal', null],
    ['signal', {}],
    ['headers', 'text'],
    ['params', {}],
    ['middleware', []],
    ['parseAs', null],
  ].map(([key, value]) => ({
    name: `${key}: ${JSON.stringify(value)}`,
    call: (client) => client.GET('/v1/environment', { [key]: value }),
  })),
  ...[
    ['that fits', 'sha256-pYqrbqUXi56oLpuZr4BcdGLeJ7e9W10B2peIzinD65E='],
    ['of which one fits', 'sha256-AAAA sha256-pYqrbqUXi56oLpuZr4BcdGLeJ7e9W10B2peIzinD65E='],
    ['of which the weaker fits', 'sha512-AAAA sha256-pYqrbqUXi56oLpuZr4BcdGLeJ7e9W10B2peIzinD65E='],
    ['of an unknown kind', 'md5-AAAA'],
    ['that is none', 'words'],
  ].map(([what, integrity]) => ({
    name: `integrity ${what}`,
    call: (client) => client.GET('/v1/environment', { integrity }),
  })),
  { name: 'params: null', call: (client) => client.GET('/v1/environment', { params: null }) },
  { name: 'init: null', call: (client) => client.GET('/v1/environment', null) },
  { name: 'a path that is no string', call: (client) => client.GET(7) },
  {
    name: 'aborted before the call, with a reason',
    call: (client) => client.GET('/v1/environment', { signal: AbortSignal.abort(new RangeError('not now')) }),
    message: true,
  },
  {
    name: 'aborted before the call',
    call: (client) => client.GET('/v1/environment', { signal: AbortSignal.abort() }),
  },
  {
    name: 'aborted before the call, with a reason that is no error',
    call: (client) => client.GET('/v1/environment', { signal: AbortSignal.abort('word') }),
  },
  {
    name: 'a signal that stays quiet',
    call: (client) => client.GET('/v1/environment', { signal: new AbortController().signal }),
  },
  {
    name: 'the init is not changed',
    call: async (client, log) => {
      const init = Object.freeze({
        headers: Object.freeze({ a: 'b' }),
        params: Object.freeze({ query: Object.freeze({ q: 1 }) }),
      });
      const result = await client.GET('/v1/environment', init);
      log.push(init);
      return result;
    },
  },
];
