'use strict';

const assert = require('node:assert/strict');
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { commandLine } = require('./peers/command-line.js');
const { json, recordingServer } = require('./peers/http-server.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');

/** The arguments of a command that a node:http server answers with these records. */
async function listOf(t, records) {
  const { socketPath } = await recordingServer(t, (_request, response) => json(response, { data: records }));
  const file = path.join(temporaryFolder(t), 'api.json');
  writeFileSync(
    file,
    JSON.stringify({
      global: { response: { results: 'data' } },
      sdn: { networks: { path: '/v1/sdn/networks', description: 'x', request: { method: 'GET' } } },
    }),
  );
  return ['--protocol', file, 'sdn', 'networks', '--socket-path', socketPath];
}

test('a list is a table', async (t) => {
  const networks = ['production', 'staging-with-a-name-that-is-longer-than-a-cell'].map((name, index) => ({
    id: `id-${index}`,
    name,
    state: { current: index ? 'error' : 'live' },
    list: ['a', 'b'],
    missing: null,
    deep: { x: 1 },
  }));
  const args = await listOf(t, networks);
  assert.equal(
    (await commandLine(args)).stdout,
    [
      'id    name                                      state  list  missing',
      'id-0  production                                live   a, b  -',
      'id-1  staging-with-a-name-that-is-longer-than…  error  a, b  -',
      '',
    ].join('\n'),
  );
  const coloured = (await commandLine([...args, '--color'])).stdout;
  assert.ok(coloured.includes('\u001b[32mlive\u001b[39m') && coloured.includes('\u001b[31merror\u001b[39m'));
  for (const [options, env2, expected] of [
    [[], { FORCE_COLOR: '1' }, true],
    [[], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [['--no-color'], { FORCE_COLOR: '1' }, false],
    [['--color'], { NO_COLOR: '1' }, true],
    [['--json'], { FORCE_COLOR: '1' }, false],
  ]) {
    const { stdout } = await commandLine([...args, ...options], { env: env2 });
    assert.equal(stdout.includes('\u001b['), expected, JSON.stringify([options, env2]));
  }
});

test('columns are aligned where characters are two columns wide, or none', async (t) => {
  const names = ['staging', '生产环境', '배포', '🚀 rocket', '👩‍👩‍👧 🇩🇪', 'cafe\u0301', 'ｆｕｌｌ'];
  const args = await listOf(
    t,
    names.map((name, index) => ({ name, size: index })),
  );
  assert.deepEqual((await commandLine(args)).stdout.split('\n'), [
    'name       size',
    'staging    0',
    '生产环境   1',
    '배포       2',
    '🚀 rocket  3',
    '👩‍👩‍👧 🇩🇪      4',
    'cafe\u0301       5',
    'ｆｕｌｌ   6',
    '',
  ]);
});

test('a text is cut by the columns it takes, and never in the middle of a character', async (t) => {
  const names = [
    '境'.repeat(20),
    '境'.repeat(21),
    `${'x'.repeat(38)}👩‍👩‍👧y`,
    'é'.repeat(50),
    `${'\u200b'.repeat(100)}y`,
  ];
  const args = await listOf(
    t,
    names.map((name, index) => ({ name, size: index })),
  );
  const [, ...rows] = (await commandLine(args)).stdout.trimEnd().split('\n');
  assert.deepEqual(rows, [
    `${'境'.repeat(20)}  0`,
    `${'境'.repeat(19)}…   1`,
    `${'x'.repeat(38)}…   2`,
    `${'é'.repeat(39)}…  3`,
    `${'\u200b'.repeat(100)}y${' '.repeat(39)}  4`,
  ]);
});
