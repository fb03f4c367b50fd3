'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { onTerminal, startOnTerminal } = require('./peers/command-line.js');
const { json } = require('./peers/http-server.js');
const { platform } = require('./peers/platform.js');
const { until } = require('./peers/until.js');

test('on a terminal there are colours, and messages around the results', async (t) => {
  const { env } = await platform(t, (_request, response) => json(response, { data: true }));
  const { code, text } = await onTerminal(['server', 'reboot'], { env });
  assert.deepEqual([code, text], [0, '\u001b[2mThe server reboots:\u001b[22m\ntrue\n']);
  const plain = await onTerminal(['server', 'reboot'], { env: { ...env, NO_COLOR: '1' } });
  assert.equal(plain.text, 'The server reboots:\ntrue\n');
  const program = await onTerminal(['server', 'reboot', '--json'], { env });
  assert.equal(program.text, 'true\n');
});

test('on a terminal hidden secrets and cut tables are mentioned', async (t) => {
  const { env } = await platform(t, (_request, response) => json(response, { data: { A: 'secret' } }));
  const { text } = await onTerminal(['environment', 'scoped-variables', '--no-color'], { env });
  assert.equal(text, 'A: (hidden)\nSecrets are hidden; --reveal shows them.\n');
});

test('errors are red on a terminal', async (t) => {
  const { env } = await platform(t, (_request, response) =>
    json(response, { data: null, error: { code: '500.unknown', title: 'Oh' } }, 500),
  );
  const { code, text } = await onTerminal(['hub', 'get'], { env });
  assert.equal(code, 1);
  assert.ok(
    text.startsWith('\u001b[31mError:\u001b[39m Something failed inside the platform: Oh\n  \u001b[33m-\u001b[39m '),
  );
});

test('a long call shows that it goes on, and Ctrl-C ends it at once', async (t) => {
  const { env } = await platform(t, () => {});
  const child = startOnTerminal(['hub', 'get'], { env });
  t.after(() => child.kill('SIGKILL'));
  await until(() => child.text.stdout.includes('Asking for the hub'), 'a spinner');
  const ended = new Promise((resolve) => child.on('exit', (code) => resolve(code)));
  child.stdin.write('\u0003');
  assert.equal(await ended, 130);
  assert.ok(child.text.stdout.replace('^C', '').endsWith('\r\u001b[K'), 'the line is cleared');
});
