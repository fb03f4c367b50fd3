'use strict';

const { default: createClient } = require('openapi-fetch');
const undici = require('undici');

/**
 * What the package replaces: openapi-fetch over undici on a Unix socket. The oracle of the tests.
 *
 * undici's classes become the globals of the process, so that its fetch, openapi-fetch, the tests and our client
 * all speak of one `Request`, `Response`, `Headers` and `FormData`, whatever Node brings along.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {{ socketPath: string, token: string }} options
 */
function upstreamClient(scope, { socketPath, token }) {
  undici.install();
  const dispatcher = new undici.Agent({ connect: { socketPath } });
  scope.after(() => dispatcher.destroy());
  return createClient({
    baseUrl: 'http://localhost',
    headers: { 'X-CYCLE-TOKEN': token },
    fetch: (request) => undici.fetch(request, { dispatcher }),
  });
}

module.exports = { upstreamClient };
