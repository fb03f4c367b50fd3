import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import cli from '../../dist/protocol.js';
import { commandsTable, withCommands } from '../../scripts/generate/commands.mjs';

const cycle = JSON.parse(readFileSync(new URL('../../generated/cycle-protocol.json', import.meta.url), 'utf8'));

test('the table has every command, by the name that the command line gives it', () => {
  const { commands } = cli.definitionOf(cycle).description;
  const rows = commandsTable(cycle).split('\n').slice(2);
  assert.equal(rows.length, commands.length);
  for (const [at, { group, name, params, description }] of commands.entries()) {
    const words = params.map((param) => (param.required ? `<${param.name}>` : `[${param.name}]`));
    const command = [group, name, ...words].join(' ');
    assert.deepEqual(
      rows[at].split('|').map((cell) => cell.trim()),
      ['', `\`${command}\``, description, ''],
    );
  }
});

test('it goes between the markers of a page, and nowhere else', () => {
  const page = 'a\n<!-- commands:start -->\nold\n<!-- commands:end -->\nb\n';
  const written = 'a\n<!-- commands:start -->\n\nnew\n\n<!-- commands:end -->\nb\n';
  assert.equal(withCommands(page, 'new'), written);
  assert.equal(withCommands(written, 'new'), written);
  assert.equal(withCommands('no markers', 'new'), 'no markers');
});

test('the page of the command line is up to date', () => {
  const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  assert.ok(page.includes('<!-- commands:start -->'));
  assert.equal(withCommands(page, commandsTable(cycle)), page);
});
