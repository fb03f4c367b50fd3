// `npm test`, `npm run test:lane` and `npm run test:quick`: install, build, and run tests. See `--help`.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, installDependencies, root, run, say } from './setup.mjs';

const HELP = `Usage: npm test [-- [options] [names]]

Names choose test files by a part of their path, and leave out the Rust tests.

  npm test                       every test, over both lanes
  npm run test:lane -- io-thread the JavaScript tests over one lane
  npm run test:quick -- client   a debug build, the lane that Node has by default

  --lane LANE   event-loop or io-thread, and no Rust tests
  --quick       with a debug build, over one lane, and no Rust tests
`;

const LANES = ['event-loop', 'io-thread'];

/**
 * Tests that do not depend on the lane: types, generated files and pages, what the command line prints, what the simulator answers,
 * loading the addon, elections of many processes, and the property of mirrors.
 */
const LANELESS =
  /^__test__[/\\](?:(?:types|scripts|protocol)[/\\]|(?:addon-missing|bundle|cli-(?:completion|help|tables|terminal)|docs|cli-election-processes|live-(?:election-processes|mirror-property)|simulator-.*)\.test)/;

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      lane: { type: 'string' },
    },
  });
  if (values.lane !== undefined && !LANES.includes(values.lane)) {
    console.error(`--lane is ${LANES.join(' or ')}, not ${values.lane}`);
    process.exit(2);
  }
  return { ...values, names: positionals };
}

/** @param {string[]} names parts of paths; without any, every file */
function testFiles(names) {
  const folder = '__test__';
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.test\.m?js$/.test(file))
    .filter((file) => names.length === 0 || names.some((name) => file.includes(name)))
    .map((file) => join(folder, file))
    .sort();
  if (files.length === 0) {
    console.error(`No test file has ${names.join(' or ')} in its path.`);
    process.exit(2);
  }
  return files;
}

const { help, quick, lane, names } = readArguments();
if (help) {
  console.log(HELP);
  process.exit();
}
const files = testFiles(names);
// `undefined` is Node's default lane, that of the event loop.
const lanes = lane || quick ? [lane] : [undefined, 'io-thread'];

installDependencies();
build(quick ? 'debug' : 'release');
if (!quick && !lane && names.length === 0) {
  say('Testing the Rust side');
  run('cargo', ['test', '--quiet']);
}
for (const [turn, one] of lanes.entries()) {
  const chosen = turn === 0 ? files : files.filter((file) => !LANELESS.test(file));
  say(`Testing the JavaScript side over the lane ${one ?? 'that Node has by default'}: ${chosen.length} files`);
  run(process.execPath, ['--test', ...chosen], one ? { CYCLE_INTERNAL_API_LANE: one } : {});
}
