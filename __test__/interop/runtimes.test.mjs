import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import child from '../peers/child.js';
import fileScope from '../peers/file-scope.js';
import http from '../peers/http-server.js';
import { makeProject } from './project.mjs';
import { install, isInstalled, runtimes } from './runtimes.mjs';

const LARGE = 3_000_000;
const METADATA = { id: '5f3a7c51e8d2b40001a1b2c3' };

/** The Node that runs the tests is one of those that the package is for. */
const here = {
  name: `Node ${process.versions.node.split('.')[0]} (this one)`,
  spec: '',
  program: process.execPath,
  parameters: [],
  consumers: ['main.cjs', 'main.mjs', 'both.mjs'],
};

/** Elsewhere than in CI the runtimes are tested when they were installed: it takes about a minute and 700 MB. */
const wanted = process.env.CI === 'true';

const scope = fileScope.fileScope();
let peer;
let project;

before(async () => {
  peer = await http.recordingServer(scope, (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/v1/never') return;
    if (pathname === '/v1/missing') return http.json(response, { data: null, error: { code: '404.uri' } }, 404);
    if (pathname === '/v1/empty') return response.writeHead(204).end();
    if (pathname === '/v1/large') return response.end(Buffer.alloc(LARGE));
    const { 'x-hook': hook, 'x-cycle-token': token } = request.headers;
    const headers = { 'x-peer': 'node' };
    return http.json(response, { url: request.url, body: request.body.toString(), hook, token }, 200, headers);
  });
  project = makeProject();
  writeFileSync(join(project.folder, 'metadata.json'), JSON.stringify(METADATA));
});

after(() => project.remove());

const EXPECTED = {
  plain: { url: '/v1/container?container-id=a%20b', body: '', token: 'interop' },
  response: [true, 200, 'node'],
  posted: { url: '/v1/object-cache', body: '{"text":"größe 😀"}', token: 'interop' },
  failed: { data: null, error: { code: '404.uri' } },
  empty: 204,
  hooked: { url: '/v1/environment', body: '', hook: 'yes', token: 'interop' },
  streamed: LARGE,
  uploaded: { url: '/v1/object-cache', body: 'streamed up', token: 'interop' },
  aborted: 'AbortError',
  timeout: ['TimeoutError', 'ERR_CYCLE_TIMEOUT'],
  nowhere: [true, 'ENOENT', 'connect'],
  many: true,
  metadata: METADATA,
  noMetadata: 'ENOENT',
  closed: 'ERR_CYCLE_CLOSED',
};

for (const runtime of [here, ...runtimes]) {
  const there = runtime === here || wanted || isInstalled(runtime);
  const skip = there ? false : `${runtime.spec} is not installed: run "node __test__/interop/runtimes.mjs"`;
  test(runtime.name, { skip }, async (t) => {
    if (runtime !== here) install(runtime);
    for (const script of runtime.consumers) {
      await t.test(script, async () => {
        const parameters = [...runtime.parameters, join(project.folder, script), peer.socketPath];
        const { code, stdout, stderr } = await child.run(
          runtime.program,
          [...parameters, join(project.folder, 'metadata.json')],
          {
            cwd: project.folder,
            env: { CYCLE_API_TOKEN: '', DENO_DIR: join(project.folder, '.deno'), DENO_NO_UPDATE_CHECK: '1' },
          },
        );
        assert.equal(code, 0, stderr);
        assert.deepEqual(JSON.parse(stdout), EXPECTED);
      });
    }
    if (runtime.name === 'Deno') {
      await t.test('may read nothing but the project', async () => {
        const script = join(project.folder, 'few.cjs');
        const program = `require('@cycleplatform/internal-api-client').getClient({ token: 't', socketPath: '/nowhere.sock' })
          .GET('/v1/environment').catch(({ code }) => console.log(code));`;
        writeFileSync(script, program);
        const allowed = ['--allow-env', '--allow-ffi', '--allow-sys', `--allow-read=${project.folder}`];
        const parameters = ['run', '--no-prompt', '--node-modules-dir=manual', ...allowed, script];
        const { stdout, stderr } = await child.run(runtime.program, parameters, { cwd: project.folder });
        assert.equal(stdout.trim(), 'ENOENT', stderr);
      });
    }
    if (runtime.name.startsWith('Node')) {
      await t.test('command line', async () => {
        const program = join(project.folder, 'node_modules/@cycleplatform/internal-api-client/bin/cycle-internal.js');
        const { code, stdout, stderr } = await child.run(runtime.program, [program, '--help', '--color']);
        assert.equal(code, 0, stderr);
        // Before 20.12 Node has no colours to give.
        const usage = /^Node 20\.[35]\./.test(runtime.name) ? 'Usage:' : '\u001b[1mUsage:\u001b[22m';
        assert.ok(stdout.includes(`\n${usage} cycle-internal <group>`), stdout);
      });
    }
  });
}
