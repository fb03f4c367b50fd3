'use strict';

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { accepts } = require('./listener.js');
const { temporaryFolder } = require('./temporary-folder.js');
const { until } = require('./until.js');

/** Whether nginx is there, or why it is not. */
function nginxMissing() {
  const { error } = spawnSync('nginx', ['-v']);
  return error ? `nginx cannot be run (${error.code}): install it with "apt-get install nginx-light"` : false;
}

/**
 * nginx on a Unix socket, with workers of its own, gone after the test.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {{ server: string, files?: Record<string, string | Buffer> }} options lines of the `server` block, and what lies in its root
 * @returns {Promise<{ socketPath: string, reload: () => void }>}
 */
async function nginx(scope, { server, files = {} }) {
  /** @type {(() => unknown)[]} */
  const removals = [];
  const folder = temporaryFolder({ after: (hook) => removals.push(hook) });
  const socketPath = path.join(folder, 'api.sock');
  const root = path.join(folder, 'root');
  fs.chmodSync(folder, 0o755);
  fs.mkdirSync(path.join(root, 'v1'), { recursive: true });
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(root, name), content);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (one) => `${one}_temp_path ${folder}/${one};`,
  );
  const config = path.join(folder, 'nginx.conf');
  fs.writeFileSync(
    config,
    `${process.getuid() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 2;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 512; }
http {
  access_log off;
  ${temporary.join('\n  ')}
  server {
    listen unix:${socketPath};
    root ${root};
    ${server}
  }
}
`,
  );
  const child = spawn('nginx', ['-c', config, '-p', folder, '-e', path.join(folder, 'error.log')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  scope.after(async () => {
    // nginx loses a signal that comes while its workers are replaced, so it is told until it hears.
    const again = setInterval(() => child.kill('SIGTERM'), 500);
    child.kill('SIGTERM');
    await ended;
    clearInterval(again);
    for (const remove of removals) remove();
  });
  await until(async () => (await accepts(socketPath)) || child.exitCode !== null, 'nginx listens');
  if (child.exitCode !== null) throw new Error(`nginx: ${fs.readFileSync(path.join(folder, 'error.log'), 'utf8')}`);
  return { socketPath, reload: () => child.kill('SIGHUP') };
}

module.exports = { nginx, nginxMissing };
