'use strict';

const get = (init) => (client) => client.GET('/v1/environment', typeof init === 'function' ? init() : init);
const post = (init) => (client) => client.POST('/v1/object-cache', { body: { a: 1 }, ...init });

module.exports = [
  { name: 'a header', call: get({ headers: { 'X-Own': 'yes' } }) },
  { name: 'a number as a value', call: get({ headers: { 'X-Own': 7 } }) },
  { name: 'null removes', call: get({ headers: { 'X-Own': null } }) },
  { name: 'null removes the token', call: get({ headers: { 'X-CYCLE-TOKEN': null } }) },
  { name: 'undefined keeps the token', call: get({ headers: { 'X-CYCLE-TOKEN': undefined } }) },
  { name: 'another token, in another case', call: get({ headers: { 'x-cycle-token': 'another' } }) },
  { name: 'an array', call: get({ headers: { 'X-Own': ['a', 'b, c'] } }) },
  { name: 'an array for the token is added', call: get({ headers: { 'X-CYCLE-TOKEN': ['more'] } }) },
  { name: 'an empty array', call: get({ headers: { 'X-Own': [] } }) },
  { name: 'an empty value', call: get({ headers: { 'X-Own': '' } }) },
  { name: 'blanks around a value', call: get({ headers: { 'X-Own': ' \t a b \t ' } }) },
  { name: 'a Headers', call: get(() => ({ headers: new Headers({ 'X-Own': 'yes', 'X-CYCLE-TOKEN': 'h' }) })) },
  {
    name: 'a Headers with a repeated field',
    call: get(() => ({
      headers: new Headers([
        ['x-own', 'a'],
        ['x-own', 'b'],
      ]),
    })),
  },
  { name: 'pairs are not pairs here', call: get({ headers: [['X-Own', 'yes']] }) },
  { name: 'letters of latin1', call: get({ headers: { 'X-Own': 'größe' } }) },
  { name: 'letters beyond latin1 are refused', call: get({ headers: { 'X-Own': '😀' } }) },
  { name: 'an invalid name is refused', call: get({ headers: { 'X Own': 'a' } }) },
  { name: 'a NUL in a value is refused', call: get({ headers: { 'X-Own': 'a\0b' } }) },
  { name: 'params.header', call: get({ params: { header: { 'X-Own': 'yes' } } }) },
  { name: 'params.header wins over headers', call: get({ headers: { a: '1' }, params: { header: { A: '2' } } }) },
  { name: 'params.header removes', call: get({ headers: { a: '1' }, params: { header: { a: null } } }) },
  { name: 'params.cookie is ignored', call: get({ params: { cookie: { session: 's' } } }) },
  { name: 'a cookie header', call: get({ headers: { Cookie: 'a=b; c=d' } }) },
  { name: 'accept', call: get({ headers: { Accept: 'application/json' } }) },
  {
    name: 'a user-agent given by the caller',
    call: get({ headers: { 'User-Agent': 'mine/1' } }),
    fields: ['user-agent'],
  },
  { name: 'referer and origin', call: get({ headers: { Referer: 'http://a/b', Origin: 'http://a' } }) },
  { name: 'authorization', call: get({ headers: { Authorization: 'Basic YTpi' } }) },
  { name: 'range', call: get({ headers: { Range: 'bytes=0-3' } }) },
  { name: 'if-none-match', call: get({ headers: { 'If-None-Match': '"e"' } }) },
  { name: 'cache no-store', call: get({ cache: 'no-store' }) },
  { name: 'content-type on a GET', call: get({ headers: { 'Content-Type': 'text/plain' } }) },
  { name: 'content-type of a body', call: post({ headers: { 'Content-Type': 'application/merge-patch+json' } }) },
  { name: 'content-type removed', call: post({ headers: { 'Content-Type': null } }) },
  { name: 'content-type by params.header', call: post({ params: { header: { 'content-type': 'text/plain' } } }) },
  {
    name: 'many headers',
    call: get({ headers: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x-${i}`, `${i}`])) }),
  },
  { name: 'a long value', call: get({ headers: { 'X-Own': 'v'.repeat(8000) } }) },
];
