'use strict';

const VALUES = [
  ['a plain word', 'abc'],
  ['a number', 42],
  ['zero', 0],
  ['false', false],
  ['an empty string', ''],
  ['a slash', 'a/b'],
  ['spaces and reserved characters', "a b?c#d&e=f+g:h@i;j,k!*'()"],
  ['a per cent sign', '100%25'],
  ['letters beyond ASCII', 'größe 😀'],
  ['dots', '..'],
  ['a dollar pattern of String.replace', "$&$1$'"],
  ['null', null],
  ['undefined', undefined],
  ['an array', ['x', 'y z', 3]],
  ['an object', { r: 100, 'g h': '2/3' }],
];

const STYLES = ['{id}', '{id*}', '{.id}', '{.id*}', '{;id}', '{;id*}'];

module.exports = [
  ...VALUES.map(([what, id]) => ({
    name: `simple: ${what}`,
    call: (client) => client.GET('/v1/things/{id}/end', { params: { path: { id } } }),
    message: true,
  })),
  ...STYLES.slice(1).flatMap((style) =>
    [
      ['a word', 'a b'],
      ['an array', [3, 'four', 'fü']],
      ['an object', { R: 100, G: 'two hundred' }],
    ].map(([what, id]) => ({
      name: `${style}: ${what}`,
      call: (client) => client.GET(`/v1/things/${style}`, { params: { path: { id } } }),
    })),
  ),
  {
    name: 'several parameters, one twice',
    call: (client) => client.GET('/v1/{a}/{b}/{a}', { params: { path: { a: '1', b: '2' } } }),
  },
  {
    name: 'a parameter without a value stays as written',
    call: (client) => client.GET('/v1/{a}/{b}', { params: { path: { a: '1' } } }),
  },
  {
    name: 'a path with characters to be escaped',
    call: (client) => client.GET('/v1/a b/"c"/<d>/`e`/|f|/é'),
  },
  {
    name: 'a path with dot segments',
    call: (client) => client.GET('/v1/a/../b/./c'),
  },
  ...['/../v1/a', '/./v1/a', '/.', '/v1/%2E%2e/b', '/v1/a/.%2e', '/v1/a.b/c..d'].map((path) => ({
    name: `dots in ${path}`,
    call: (client) => client.GET(path),
  })),
  {
    name: 'a path with its own query',
    call: (client) => client.GET('/v1/a?x=1'),
  },
  {
    name: 'a path with its own query, and params',
    call: (client) => client.GET('/v1/a?x=1', { params: { query: { y: 2 } } }),
  },
  {
    name: 'a path with a fragment',
    call: (client) => client.GET('/v1/a#part'),
  },
  {
    name: 'an empty path',
    call: (client) => client.GET(''),
  },
  {
    name: 'a path with a backslash',
    call: (client) => client.GET('/v1\\a'),
  },
  {
    name: 'a path with tab and newline',
    call: (client) => client.GET('/v1/a\tb\nc'),
  },
  {
    name: 'an own pathSerializer',
    call: (client, log) =>
      client.GET('/v1/{id}', {
        params: { path: { id: 'x y' } },
        pathSerializer: (pathname, params) => {
          log.push(pathname, params);
          return pathname.replace('{id}', `own-${params.id.length}`);
        },
      }),
  },
  {
    name: 'a pathSerializer without path params is not asked',
    call: (client, log) => client.GET('/v1/{id}', { pathSerializer: (pathname) => log.push(pathname) && pathname }),
  },
  {
    name: 'a pathSerializer that throws',
    call: (client) =>
      client.GET('/v1/{id}', {
        params: { path: { id: 1 } },
        pathSerializer: () => {
          throw new RangeError('no such path');
        },
      }),
    message: true,
  },
];
