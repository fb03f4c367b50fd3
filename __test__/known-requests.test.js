'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');

/** @type {typeof import('../lib/bridge/known-requests.mjs')} */
let bridge;
before(async () => {
  bridge = await import('../lib/bridge/known-requests.mjs');
});

test('a request is known by its method and target', () => {
  const requests = new bridge.KnownRequests();
  assert.equal(requests.find('GET', '/a'), undefined);
  const known = requests.add('GET', '/a');
  assert.deepEqual(known, { sent: false, number: bridge.UNPREPARED });
  assert.equal(requests.find('GET', '/a'), known);
  assert.equal(requests.find('PUT', '/a'), undefined);
  assert.equal(requests.find('GET', '/b'), undefined);
  assert.notEqual(requests.add('PUT', '/a'), known);
  assert.equal(requests.find('GET', '/a'), known);
});

test('there is room for a thousand, and none for long ones', () => {
  const requests = new bridge.KnownRequests();
  assert.equal(requests.add('GET', '/'.padEnd(201, 'x')), undefined);
  assert.ok(requests.add('GET', '/'.padEnd(200, 'x')));
  for (let number = 1; number < 1000; number += 1) {
    assert.ok(requests.add(number % 2 ? 'GET' : 'PUT', `/${number}`), `${number}`);
  }
  assert.equal(requests.add('GET', '/one-more'), undefined);
  assert.equal(requests.find('GET', '/one-more'), undefined);
  assert.ok(requests.find('PUT', '/998'));
  requests.clear();
  assert.equal(requests.find('PUT', '/998'), undefined);
  assert.ok(requests.add('GET', '/one-more'));
});
