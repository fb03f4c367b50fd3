'use strict';

// Every case is one call made twice, by openapi-fetch over undici and by us, against the same peer. What the peer sees of it
// and what the caller gets must be the same.

const assert = require('node:assert/strict');
const test = require('node:test');
const { TOKEN, client } = require('./peers/client.js');
const { fileScope } = require('./peers/file-scope.js');
const { json, recordingServer } = require('./peers/http-server.js');
const { outcomeOf, wireOf } = require('./peers/observe.js');
const { upstreamClient } = require('./peers/upstream.js');
const { within } = require('./peers/until.js');

const SUBJECTS = [
  'methods',
  'path',
  'query',
  'headers',
  'bodies',
  'base-url',
  'statuses',
  'redirects',
  'encodings',
  'parse-as',
  'response',
  'middleware',
  'overrides',
];

const OK = (_request, response) => json(response, { data: 'ok' });
const scope = fileScope();

let peer;
let upstream;
let ours;

test.before(async () => {
  peer = await recordingServer(scope, (request, response, index) => (peer.answer ?? OK)(request, response, index));
  upstream = () => upstreamClient(scope, { socketPath: peer.socketPath, token: TOKEN });
  ours = () => client(scope, peer);
});

/** Makes the call of a case and notes all that can be told of it. */
async function observe(makeClient, { call, answer, message, after, fields }) {
  peer.requests.length = 0;
  peer.answer = answer;
  const log = [];
  const made = makeClient();
  const outcome = await within(
    outcomeOf(async () => call(made, log), { message, after }),
    'the call of the case',
  );
  return { wire: peer.requests.map((request) => wireOf(request, fields)), log, outcome };
}

const tally = { answered: 0, refused: 0 };
for (const subject of SUBJECTS) {
  const cases = require(`./oracle/${subject}.js`);
  test(`oracle: ${subject}`, async (t) => {
    for (const one of cases) {
      await t.test(one.name, async () => {
        const expected = await observe(upstream, one);
        const actual = await observe(ours, one);
        assert.deepEqual(actual, expected);
        tally['rejected' in expected.outcome ? 'refused' : 'answered'] += 1;
      });
    }
  });
}

test('oracle: the calls were made', () => {
  assert.ok(tally.answered >= 300, `only ${tally.answered} calls were answered`);
  assert.ok(tally.refused >= 60, `only ${tally.refused} calls were refused`);
});
