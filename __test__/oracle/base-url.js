'use strict';

const URLS = [
  'http://localhost/',
  'http://localhost/prefix',
  'http://localhost/prefix/',
  'http://localhost/prefix//',
  'http://other.example',
  'http://other.example:8080/deep/er',
  'http://user:pass@localhost',
  'HTTP://LOCALHOST',
  'http://[::1]:80',
  'http://localhost/?a=1',
  '',
  'no url',
  'ftp://localhost',
];

module.exports = URLS.map((baseUrl) => ({
  name: `baseUrl ${JSON.stringify(baseUrl)}`,
  call: (client) => client.GET('/v1/environment', { baseUrl, params: { query: { q: 'x y' } } }),
}));
