'use strict';

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'];

module.exports = [
  ...METHODS.map((method) => ({
    name: `${method} without a body`,
    call: (client) => client[method]('/v1/environment'),
  })),
  ...METHODS.filter((method) => method !== 'GET' && method !== 'HEAD').map((method) => ({
    name: `${method} with a body`,
    call: (client) => client[method]('/v1/object-cache', { body: { key: 'a', value: [1, null, 'é'] } }),
  })),
  {
    name: 'TRACE is refused by fetch',
    call: (client) => client.TRACE('/v1/environment'),
  },
  ...['GET', 'HEAD'].map((method) => ({
    name: `${method} with a body is refused by fetch`,
    call: (client) => client[method]('/v1/environment', { body: { a: 1 } }),
  })),
  ...['get', 'post', 'Put', 'patch', 'HEAD', 'delete', 'options'].map((method) => ({
    name: `request("${method}")`,
    call: (client) => client.request(method, '/v1/environment'),
  })),
  {
    name: 'request() with an extension method',
    call: (client) => client.request('purge', '/v1/object-cache', { body: { key: 'a' } }),
  },
  {
    name: 'request("connect") is refused by fetch',
    call: (client) => client.request('connect', '/v1/environment'),
  },
  {
    name: 'request() with a method that is no token',
    call: (client) => client.request('a b', '/v1/environment'),
  },
  {
    name: 'request() with params',
    call: (client) => client.request('get', '/v1/container', { params: { query: { 'container-id': 'c1' } } }),
  },
  {
    name: 'a method in init changes nothing',
    call: (client) => client.GET('/v1/environment', { method: 'DELETE' }),
  },
  {
    name: 'an empty init',
    call: (client) => client.POST('/v1/server/power/reboot', {}),
  },
];
