'use strict';

const { spawn, spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { accepts } = require('./listener.js');
const { temporaryFolder } = require('./temporary-folder.js');
const { until } = require('./until.js');

const root = path.join(__dirname, '..', '..');
const sources = path.join(__dirname, '..', 'interop', 'go');
const built = path.join(root, '.build', 'go');

/** Where Debian's packages have the libraries of Go. */
const LIBRARIES = '/usr/share/gocode';
const PACKAGES = 'golang-go golang-github-gorilla-websocket-dev';

/** Whether Go and gorilla/websocket are there, or why they are not. */
function goMissing() {
  const { error } = spawnSync('go', ['version']);
  const advice = `install it with "apt-get install ${PACKAGES}"`;
  if (error) return `Go cannot be run (${error.code}): ${advice}`;
  const library = path.join(LIBRARIES, 'src', 'github.com', 'gorilla', 'websocket');
  return fs.existsSync(library) ? false : `gorilla/websocket is not in ${LIBRARIES}: ${advice}`;
}

/** Builds the server unless it was built of the same sources, and gives its path. Nothing is fetched. */
function buildServer() {
  const hash = createHash('sha256');
  for (const name of fs.readdirSync(sources).sort()) hash.update(fs.readFileSync(path.join(sources, name)));
  const program = path.join(built, `server-${hash.digest('hex').slice(0, 16)}`);
  if (fs.existsSync(program)) return program;
  const unfinished = `${program}.${process.pid}`;
  const { status, stderr } = spawnSync('go', ['build', '-o', unfinished, '.'], {
    cwd: sources,
    encoding: 'utf8',
    env: { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOPATH: LIBRARIES, GOCACHE: path.join(built, 'cache') },
  });
  if (status !== 0) throw new Error(`the server in Go cannot be built: ${stderr}`);
  fs.renameSync(unfinished, program);
  return program;
}

/**
 * The server of `__test__/interop/go` on a Unix socket, gone after the test.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {string[]} [parameters] of its own
 * @returns {Promise<{ socketPath: string }>}
 */
async function goServer(scope, parameters = []) {
  const program = buildServer();
  const socketPath = path.join(temporaryFolder(scope), 'api.sock');
  const child = spawn(program, ['-socket', socketPath, ...parameters], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const ended = new Promise((resolve) => child.on('exit', resolve));
  scope.after(async () => {
    child.kill();
    await ended;
  });
  await until(async () => (await accepts(socketPath)) || child.exitCode !== null, 'the server in Go listens');
  if (child.exitCode !== null) throw new Error(`the server in Go: ${stderr}`);
  return { socketPath };
}

module.exports = { goMissing, goServer };
