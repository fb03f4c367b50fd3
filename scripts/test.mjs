// `npm test`: installs, builds, and runs every test. Words after it choose test files by a part of their name.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, installDependencies, root, run, say } from './setup.mjs';

const wanted = process.argv.slice(2);
const folder = '__test__';
const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.test\.m?js$/.test(name))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .map((name) => join(folder, name))
  .sort();

installDependencies();
build();
if (wanted.length === 0) {
  say('Testing the Rust side');
  run('cargo', ['test', '--quiet']);
}
say(`Testing the JavaScript side: ${files.length} files`);
run(process.execPath, ['--test', ...files]);
say('And again over the lane of the I/O thread');
run(process.execPath, ['--test', ...files], { CYCLE_INTERNAL_API_LANE: 'io-thread' });
