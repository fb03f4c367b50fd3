'use strict';

// The short form of `npm run soak`. Another seed is tried with SOAK_SEED=number.

const assert = require('node:assert/strict');
const test = require('node:test');
const { soak } = require('./soak.js');

test('calls and notifications through a proxy that harms connections', async (t) => {
  const seed = process.env.SOAK_SEED ?? 1;
  const { violations, summary } = await soak(t, { seed, calls: 1000, notifications: 5000 });
  assert.deepEqual(violations, [], `seed ${seed}: ${JSON.stringify(summary)}`);
  assert.ok(summary.outcomes.answered > 500, 'most calls get through');
  assert.ok(summary.notifications.opens > 1, 'connections were lost');
});
