import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const require = createRequire(import.meta.url);
const { binderProtocol, cycleProtocol, definitionOf } = require('../../dist/protocol.js');

for (const [name, protocol] of Object.entries({ binder: binderProtocol(), cycle: cycleProtocol() })) {
  test(`what is known of the protocol ${name} without the addon is what the addon says`, () => {
    const text = readFileSync(new URL(`../../generated/${name}-description.json`, import.meta.url), 'utf8');
    const { description, engine } = definitionOf(protocol);
    assert.deepEqual(description, JSON.parse(engine.describe()));
    assert.deepEqual(description, JSON.parse(text));
    assert.ok(description.commands.length > 5);
  });
}
