'use strict';

const { json } = require('../peers/http-server.js');

/** Sends the first request to `location`, and answers what comes after with what came. */
const to =
  (status, location, headers = {}) =>
  (request, response, index) => {
    if (index === 0)
      return response
        .writeHead(status, { ...(location === undefined ? {} : { location }), 'content-length': 0, ...headers })
        .end();
    return json(response, { method: request.method, target: request.url, body: request.body.toString() });
  };

const CODES = [301, 302, 303, 307, 308];

/** Where the rules for URLs matter: each must lead to the same target, or be refused by both. */
const LOCATIONS = [
  '/a|b{c}',
  "/it's?it's=it's#it's",
  'http:rel',
  'http:/rooted',
  'HTTP://LOCALHOST/v1/new',
  '///three/slashes',
  '////four/slashes',
  '/\\\\/mixed/slashes',
  '/\t//tab/slashes',
  '//other.example/v1/new',
  '\\\\other.example\\v1',
  '\\v1\\new',
  '/v1\\new?a\\b',
  '/a/%2e%2e/b',
  '/a/.%2E/b/%2e',
  '../../../../up',
  './.',
  '..',
  '?',
  '#only',
  '',
  '/with\ttab',
  'new\t?q\t=1',
  '/v1/%zz%',
  '/v1/^`"<>',
  '/v1/new?a|b{c}^`"<>',
  '/v1/a;b=c@d:e',
  'v1:new',
  'http://localhost:80/v1/new',
  'http://localhost:8080/v1/new',
  'http://localhost:/v1/new',
  'http://localhost:99999/v1/new',
  'http://localhost',
  'http://localhost?a',
  'http://LocalHost./v1/new',
  'http://127.1/v1/new',
  'http://0x7f.0.0.1/v1/new',
  'http://[::1]/v1/new',
  'http://a b/v1/new',
  'http://a%41.example/v1/new',
  'http://bücher.example/v1/new',
  'http://user:secret@localhost/v1/new',
  'http://user@localhost/v1/new',
  'http://@localhost/v1/new',
  'http://:@localhost/v1/new',
  '//user@other.example/v1/new',
  'http://',
  'http:///v1/new',
  'javascript:alert(1)',
  'data:text/plain,a',
  'about:blank',
];

module.exports = [
  ...CODES.flatMap((status) => [
    { name: `${status}, GET`, call: (client) => client.GET('/v1/old'), answer: to(status, '/v1/new?a=1') },
    {
      name: `${status}, POST with a body`,
      call: (client) => client.POST('/v1/old', { body: { a: 1 } }),
      answer: to(status, '/v1/new'),
    },
    {
      name: `${status}, error`,
      call: (client) => client.GET('/v1/old', { redirect: 'error' }),
      answer: to(status, '/v1/new'),
    },
    {
      name: `${status}, stream body`,
      call: (client) =>
        client.POST('/v1/old', {
          body: new Blob(['streamed']).stream(),
          bodySerializer: (body) => body,
          duplex: 'half',
        }),
      answer: to(status, '/v1/new'),
    },
  ]),
  { name: '303, PUT', call: (client) => client.PUT('/v1/old', { body: 'x' }), answer: to(303, '/v1/new') },
  { name: '301, DELETE', call: (client) => client.DELETE('/v1/old'), answer: to(301, '/v1/new') },
  { name: '302, HEAD', call: (client) => client.HEAD('/v1/old'), answer: to(302, '/v1/new') },
  { name: '303, HEAD', call: (client) => client.HEAD('/v1/old'), answer: to(303, '/v1/new') },
  {
    name: '308, PATCH with bytes',
    call: (client) => client.PATCH('/v1/old', { body: new Uint8Array([1, 2]), bodySerializer: (body) => body }),
    answer: to(308, '/v1/new'),
  },
  { name: 'a relative location', call: (client) => client.GET('/v1/a/old'), answer: to(302, '../new') },
  { name: 'a query as the location', call: (client) => client.GET('/v1/old'), answer: to(302, '?q=é b') },
  { name: 'a location with a fragment', call: (client) => client.GET('/v1/old'), answer: to(302, '/v1/new#part') },
  { name: 'a fragment is kept', call: (client) => client.GET('/v1/old#part'), answer: to(302, '/v1/new') },
  {
    name: 'another host',
    call: (client) => client.GET('/v1/old', { headers: { Authorization: 'a', Cookie: 'c=1' } }),
    answer: to(302, 'http://other.example/v1/new'),
  },
  {
    name: 'the same host, with authorization',
    call: (client) => client.GET('/v1/old', { headers: { Authorization: 'a', Cookie: 'c=1' } }),
    answer: to(302, 'http://localhost/v1/new'),
  },
  ...LOCATIONS.map((location) => ({
    name: `to ${JSON.stringify(location)}`,
    call: (client) => client.GET('/v1/a/old?b=c'),
    answer: to(302, location),
  })),
  { name: 'another scheme', call: (client) => client.GET('/v1/old'), answer: to(302, 'ftp://localhost/v1/new') },
  { name: 'a location that is no URL', call: (client) => client.GET('/v1/old'), answer: to(302, 'http://[') },
  { name: 'no location', call: (client) => client.GET('/v1/old'), answer: to(302, undefined) },
  {
    name: 'no location, error',
    call: (client) => client.GET('/v1/old', { redirect: 'error' }),
    answer: to(302, undefined),
  },
  {
    name: 'an unknown redirect mode',
    call: (client) => client.GET('/v1/old', { redirect: 'sometimes' }),
    answer: to(302, '/v1/new'),
  },
  {
    name: 'without end',
    call: (client) => client.GET('/v1/0'),
    answer: (request, response) =>
      response.writeHead(302, { location: `/v1/${Number(request.url.slice(4)) + 1}`, 'content-length': 0 }).end(),
  },
  {
    name: 'twenty times',
    call: (client) => client.GET('/v1/0'),
    answer: (request, response) => {
      const next = Number(request.url.slice(4)) + 1;
      if (next > 20) return json(response, { next });
      return response.writeHead(302, { location: `/v1/${next}`, 'content-length': 0 }).end();
    },
  },
  {
    name: 'a redirect with a body of its own',
    call: (client) => client.GET('/v1/old'),
    answer: (request, response, index) => {
      if (index > 0) return json(response, { target: request.url });
      response.writeHead(301, { location: '/v1/new' });
      return response.end('moved '.repeat(1000));
    },
  },
  {
    name: 'to an error',
    call: (client) => client.GET('/v1/old'),
    answer: (_request, response, index) =>
      index === 0
        ? response.writeHead(302, { location: '/v1/new' }).end()
        : json(response, { error: { code: '404.uri' } }, 404),
  },
];
