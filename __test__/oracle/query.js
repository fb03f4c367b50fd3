'use strict';

const QUERIES = [
  ['a word', { a: 'b' }],
  ['a number, a boolean, a bigint', { a: 1.5, b: false, c: true, d: 10n }],
  ['null and undefined are left out', { a: null, b: undefined, c: 1 }],
  ['nothing but null', { a: null }],
  ['an empty object', {}],
  ['an empty string', { a: '' }],
  ['reserved characters', { 'a b': "c d&e=f?g#h/i+j%k:l@m!$'()*,;[]" }],
  ['letters beyond ASCII', { größe: 'süß 😀' }],
  ['a lone surrogate', { a: '\ud800' }],
  ['an array', { a: [1, 'two', true] }],
  ['an empty array', { a: [], b: 1 }],
  ['an array with null in it', { a: [1, null, undefined, 2] }],
  ['an object', { a: { b: 1, 'c d': 'e f' } }],
  ['an object with null in it', { a: { b: null, c: 1 } }],
  ['an empty object within', { a: {}, b: 1 }],
  ['an array within an array', { a: [[1]] }],
  ['an object within an object', { a: { b: { c: 1 } } }],
  ['a date', { a: new Date(0) }],
  ['a function', { a: String }],
];

const VALUES = { list: ['a b', 'c/d', 3], map: { x: 'a b', y: 'c&d' }, word: "a/b?c:d@e'f g" };

const SERIALIZERS = [
  ['arrays form, not exploded', { array: { style: 'form', explode: false } }],
  ['arrays spaceDelimited', { array: { style: 'spaceDelimited', explode: false } }],
  ['arrays pipeDelimited', { array: { style: 'pipeDelimited', explode: false } }],
  ['arrays pipeDelimited, exploded', { array: { style: 'pipeDelimited', explode: true } }],
  ['objects form', { object: { style: 'form', explode: true } }],
  ['objects form, not exploded', { object: { style: 'form', explode: false } }],
  ['objects deepObject', { object: { style: 'deepObject', explode: true } }],
  ['objects deepObject, not exploded', { object: { style: 'deepObject', explode: false } }],
  ['allowReserved', { allowReserved: true }],
  ['allowReserved with arrays not exploded', { allowReserved: true, array: { style: 'form', explode: false } }],
  ['no options', {}],
];

module.exports = [
  ...QUERIES.map(([what, query]) => ({
    name: what,
    call: (client) => client.GET('/v1/things', { params: { query } }),
    message: true,
  })),
  ...SERIALIZERS.map(([what, querySerializer]) => ({
    name: `querySerializer: ${what}`,
    call: (client) => client.GET('/v1/things', { params: { query: VALUES }, querySerializer }),
  })),
  {
    name: 'a symbol',
    call: (client) => client.GET('/v1/things', { params: { query: { a: Symbol('s') } } }),
  },
  {
    name: 'a query that is no object',
    call: (client) => client.GET('/v1/things', { params: { query: 'a=b' } }),
  },
  {
    name: 'a querySerializer function',
    call: (client, log) =>
      client.GET('/v1/things', {
        params: { query: { a: [1, 2] } },
        querySerializer: (query) => {
          log.push(query);
          return 'a=1|2&ü';
        },
      }),
  },
  {
    name: 'a querySerializer function is asked without params too',
    call: (client, log) => client.GET('/v1/things', { querySerializer: (query) => `always=${log.push(query)}` }),
  },
  {
    name: 'a querySerializer that brings the question mark',
    call: (client) => client.GET('/v1/things', { querySerializer: () => '?a=1' }),
  },
  {
    name: 'a querySerializer that throws',
    call: (client) =>
      client.GET('/v1/things', {
        querySerializer: () => {
          throw new RangeError('no such query');
        },
      }),
    message: true,
  },
  {
    name: 'inherited properties of the query count',
    call: (client) => client.GET('/v1/things', { params: { query: Object.create({ a: 1 }) } }),
  },
];
