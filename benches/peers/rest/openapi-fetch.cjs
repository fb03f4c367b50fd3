'use strict';

/** What the TypeScript client is made of: openapi-fetch over the fetch of an undici. */
module.exports =
  (undiciPackage) =>
  ({ socketPath, token }) => {
    const createClient = require('openapi-fetch').default;
    const { Agent, Request, fetch } = require(undiciPackage);
    const dispatcher = new Agent({ connect: { socketPath } });
    const client = createClient({
      baseUrl: 'http://localhost',
      headers: { 'X-CYCLE-TOKEN': token },
      fetch: (request) => fetch(request, { dispatcher }),
      Request,
    });
    return { get: (target) => client.GET(target), body: (result) => result.data };
  };
