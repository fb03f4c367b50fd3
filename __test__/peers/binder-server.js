'use strict';

const http = require('node:http');
const { bodyOf, json } = require('./http-server.js');

/** What the server answers to an authorised request without its key. */
const KEY = 'binder-key';

/**
 * A Binder server with state, on a TCP port: builds that were started, templates, environments that were deployed.
 * Every request is kept in `requests` with its body.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 */
async function binderServer(scope) {
  const requests = [];
  const builds = new Map();
  const environments = new Map();
  const templates = new Map([['base', { name: 'base', image: 'base:1' }]]);
  const preloads = new Set();
  const routes = [
    ['POST', /^\/builds\/$/, true, (_, body) => startBuild(builds, body)],
    ['GET', /^\/builds\/$/, true, () => ok([...builds.values()])],
    ['GET', /^\/builds\/([^/]+)$/, false, ([name]) => found(builds.get(name), 500, 'noBuildInfo', 'no such build')],
    ['GET', /^\/templates\/$/, true, () => ok([...templates.values()])],
    ['GET', /^\/templates\/([^/]+)$/, true, ([name]) => found(templates.get(name), 404, 'doesNotExist', 'unknown')],
    ['POST', /^\/applications\/$/, false, (_, body) => deploy(environments, templates, body)],
    ['GET', /^\/applications\/([^/]*)$/, true, ([template]) => ok(list(environments, template))],
    [
      'GET',
      /^\/applications\/([^/]+)\/([^/]+)$/,
      false,
      ([, id]) => found(environments.get(id)?.shown, 500, 'noRecord', 'no'),
    ],
    ['POST', /^\/preload\/([^/]+)$/, true, ([template]) => ok(void preloads.add(template) ?? { template })],
    ['GET', /^\/preload\/([^/]+)$/, true, ([template]) => ok({ template, done: preloads.has(template) })],
    ['GET', /^\/health\/$/, true, () => ok([{ name: 'build', timestamp: '2016-03-01T10:20:30Z', status: 'running' }])],
  ];
  const server = http.createServer(async (request, response) => {
    const body = (await bodyOf(request)).toString();
    requests.push({ method: request.method, url: request.url, headers: request.headers, body });
    const path = request.url.split('?')[0];
    for (const [method, pattern, authorized, answer] of routes) {
      const match = pattern.exec(path);
      if (match && method === request.method) {
        if (authorized && request.headers.authorization !== KEY) {
          json(response, { type: 'unauthorized', error: 'wrong key' }, 403);
          return;
        }
        const { status, value } = answer(match.slice(1).map(decodeURIComponent), body && JSON.parse(body));
        json(response, value, status);
        return;
      }
    }
    json(response, { type: 'generic', error: 'no such path' }, 404);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  scope.after(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return { server, host: '127.0.0.1', port: server.address().port, requests, key: KEY };
}

function startBuild(builds, { repository, force }) {
  const name = repository.replace(/\W+/g, '-').toLowerCase();
  if (builds.has(name) && force !== true) {
    return failed(500, 'alreadyBuilding', `${name} is being built`);
  }
  const at = '2016-03-01T10:20:30Z';
  builds.set(name, { name, 'start-time': at, status: 'running', phase: 'building', repository });
  return ok({ name });
}

function deploy(environments, templates, { 'template-name': template }) {
  if (!templates.has(template)) {
    return failed(500, 'registryError', 'no template');
  }
  const id = `env-${environments.size + 1}`;
  environments.set(id, { template, shown: { id, location: `/user/${id}` } });
  return ok({ id });
}

function list(environments, template) {
  return [...environments.values()].filter((one) => !template || one.template === template).map(({ shown }) => shown);
}

function ok(value) {
  return { status: 200, value };
}

function found(value, status, type, error) {
  return value === undefined ? failed(status, type, error) : ok(value);
}

function failed(status, type, error) {
  return { status, value: { type, error } };
}

module.exports = { binderServer };
