// Every code block of the pages is true: programs are type-checked and run, what a console shows is what happens, the
// commands and options of shell blocks exist, JSON parses. No block is left out: one in another language fails.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { startSimulator } from '../testing.js';
import listener from './peers/listener.js';
import { anchorsOf, blocksOf, consoleCommands, localLinks, PAGES, root, shellCommands } from './peers/pages.mjs';
import { temporaryFolder } from './peers/temporary-folder.js';
import until from './peers/until.js';
import { compile, makeProject } from './types/project.mjs';

const { NODE_TEST_CONTEXT: _inherited, ...ownEnv } = process.env;
const PACKAGE = '@cycleplatform/internal-api-client';
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** @typedef {import('./peers/pages.mjs').Block} Block */

const PROGRAMS = ['js', 'ts'];

/** The name of the file that a program is checked and run as. @param {Block} block */
function fileOf({ file, language, line }) {
  return file ?? `line-${line}.${language === 'ts' ? 'mts' : 'mjs'}`;
}

/** What JavaScript a block is. @param {Block} block */
function javascript({ language, text }) {
  const { ESNext } = ts.ModuleKind;
  const compilerOptions = { module: ESNext, target: ts.ScriptTarget.ES2022 };
  return language === 'ts' ? ts.transpileModule(text, { compilerOptions }).outputText : text;
}

/**
 * A folder in which the package is installed, with the files of a page, and the environment of a program that finds a
 * simulator.
 *
 * @param {import('node:test').TestContext} t
 * @param {Block[]} blocks
 */
async function workplace(t, blocks) {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'node_modules', dirname(PACKAGE)), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules', PACKAGE));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(root, manifest.bin['cycle-internal']), join(folder, 'bin', 'cycle-internal'));
  for (const block of blocks.filter(({ file }) => file)) {
    writeFileSync(join(folder, fileOf(block)), javascript(block));
  }
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const env = { ...ownEnv, ...simulator.env, PATH: `${join(folder, 'bin')}:${ownEnv.PATH}`, NO_COLOR: '1' };
  return { options: { cwd: folder, env }, simulator };
}

/**
 * Runs a program to its end. One that listens to notifications gets some, and is told to end when it has shown that. So is one that
 * takes part in an election.
 *
 * @param {import('node:test').TestContext} t
 * @param {Block[]} blocks of its page
 * @param {Block} block
 */
async function runProgram(t, blocks, block) {
  const { options, simulator } = await workplace(t, blocks);
  const file = fileOf(block).replace(/\.mts$/, '.mjs');
  writeFileSync(join(options.cwd, file), javascript(block));
  const child = spawn(process.execPath, [file], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const ended = once(child, 'close');
  const waiting = new AbortController();
  const takesPart = () => simulator.requests.some(({ path }) => path === '/v1/ha/election/checkin');
  const connected = Promise.race([
    simulator.whenConnected(1, { signal: waiting.signal }),
    until.until(() => waiting.signal.aborted || takesPart(), `${file} ends, listens or takes part`, 60_000),
  ]).then(
    () => !waiting.signal.aborted,
    () => false,
  );
  ended.then(() => waiting.abort());
  const listens = await connected;
  if (listens) {
    simulator.publish({ topic: 'container.state.changed' });
    simulator.publish({ topic: 'environment.state.changed' });
    await Promise.race([until.until(() => stdout !== '', `${file} shows a notification`), ended]);
    child.kill('SIGTERM');
  }
  const [code, signal] = await ended;
  assert.equal(stderr, '');
  assert.ok(listens ? code === 0 || signal === 'SIGTERM' : code === 0, `${code} ${signal}`);
  assert.notEqual(stdout, '', 'a program shows something, so that a reader sees that it works');
}

/**
 * Runs what a console block shows, and compares what is printed.
 *
 * @param {import('node:test').TestContext} t
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @param {Block} block
 */
async function runConsole(t, options, { note, text }) {
  for (const { line, output } of consoleCommands(text)) {
    if (note === 'background') {
      const child = spawn('sh', ['-c', `exec ${line}`], { ...options, stdio: 'ignore' });
      t.after(() => child.kill('SIGINT'));
      const socket = /\S+\.sock\b/.exec(line)?.[0] ?? '';
      await until.until(() => listener.accepts(join(options.cwd, socket)), line);
    } else {
      const { stdout, stderr } = spawnSync('sh', ['-c', line], { ...options, encoding: 'utf8', timeout: 60_000 });
      assert.equal(stdout + stderr, output, line);
    }
  }
}

/** @param {string[]} words */
function optionsOf(words) {
  return words.filter((word) => /^--?[a-z]/i.test(word)).map((word) => word.replace(/=.*$/, ''));
}

/** @type {Record<string, (words: string[]) => void>} */
const COMMANDS = {
  npm([verb, ...words]) {
    const script = verb === 'run' ? words.shift() : verb;
    if (verb === 'i') {
      assert.deepEqual(words, [PACKAGE]);
      return;
    }
    assert.ok(manifest.scripts[script ?? ''], `package.json has no script ${script}`);
    const [, file] = manifest.scripts[script ?? ''].split(' ');
    const source = readFileSync(join(root, file), 'utf8');
    for (const option of optionsOf(words.slice(1 + words.indexOf('--')))) {
      assert.match(source, new RegExp(`${option}\\b`), `${file} has no option ${option}`);
    }
  },
  npx([name, ...words]) {
    assert.ok([PACKAGE, 'cycle-internal'].includes(name), name);
    COMMANDS['cycle-internal'](words);
  },
  'cycle-internal'(words) {
    const program = join(root, manifest.bin['cycle-internal']);
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words, '--help'], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
    for (const option of optionsOf(words)) {
      assert.match(stdout, new RegExp(`(^|[\\s[,])${option}\\b`, 'm'), `it has no option ${option}`);
    }
  },
  cargo([name]) {
    const { stdout } = spawnSync('cargo', ['--list'], { cwd: root, encoding: 'utf8' });
    assert.match(stdout, new RegExp(`^ +${name}\\b`, 'm'));
  },
  esbuild(words) {
    const { stdout } = spawnSync(join(root, 'node_modules/.bin/esbuild'), ['--help'], { encoding: 'utf8' });
    for (const option of optionsOf(words).map((word) => word.replace(/:.*$/, ''))) {
      assert.match(stdout, new RegExp(`^ +${option}\\b`, 'm'), `it has no option ${option}`);
    }
  },
  node(words) {
    const file = words.find((word) => !word.startsWith('-')) ?? '';
    assert.ok(existsSync(join(root, file)), `there is no ${file}`);
  },
};

/** @param {string[]} words a command of a shell block */
function checkCommand(words) {
  const [name, ...rest] = words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word)));
  if (name.includes('/')) {
    accessSync(join(root, name), constants.X_OK);
  } else {
    assert.ok(Object.hasOwn(COMMANDS, name), `the tests do not know the command ${name}`);
    COMMANDS[name](rest);
  }
}

/** How a block of each language is checked on its own. @type {Record<string, (block: Block) => void>} */
const CHECKS = {
  sh: ({ text }) => shellCommands(text).forEach(checkCommand),
  json: ({ text }) => JSON.parse(text),
  // Drawings, which only the pages about the code have.
  '': () => {},
};

for (const page of PAGES) {
  const blocks = blocksOf(page);
  const programs = blocks.filter(({ language }) => PROGRAMS.includes(language));
  const consoles = blocks.filter(({ language }) => language === 'console');

  test(`links of ${page} lead somewhere`, () => {
    for (const link of localLinks(page)) {
      const [path, anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      assert.ok(existsSync(join(root, target)), link);
      if (anchor) assert.ok(anchorsOf(target).includes(anchor), link);
    }
  });

  if (programs.length > 0) {
    test(`programs of ${page} type-check with exactOptionalPropertyTypes`, async (t) => {
      const files = programs.map((block) => [fileOf(block), `${block.text}\nexport {};\n`]);
      assert.deepEqual(await compile(makeProject(t, Object.fromEntries(files))), []);
    });
  }

  for (const block of programs) {
    const name = fileOf(block);
    if (block.file) {
      test(`${name} of ${page} is run by a console block, or imported`, () => {
        const others = [...consoles, ...programs].filter((one) => one !== block);
        assert.ok(others.some(({ text }) => text.includes(name)));
      });
    } else {
      test(`the program of ${page}:${block.line} runs`, (t) => runProgram(t, blocks, block));
    }
  }

  if (consoles.length > 0) {
    test(`consoles of ${page} show what happens`, async (t) => {
      const { options } = await workplace(t, blocks);
      for (const block of consoles) {
        await runConsole(t, options, block);
      }
    });
  }

  for (const block of blocks.filter((one) => !programs.includes(one) && !consoles.includes(one))) {
    test(`the ${block.language} block of ${page}:${block.line} holds`, () => {
      assert.ok(Object.hasOwn(CHECKS, block.language), `no test checks blocks in ${block.language}`);
      assert.ok(block.language !== '' || !/^(README|docs\/)/.test(page), 'a block for users says its language');
      CHECKS[block.language](block);
    });
  }
}

test('the blocks of the pages are found', () => {
  const found = PAGES.flatMap((page) => blocksOf(page));
  const fences = PAGES.flatMap((page) => readFileSync(join(root, page), 'utf8').match(/^ *```/gm) ?? []);
  assert.equal(2 * found.length, fences.length);
  assert.ok(found.length >= 20);
});
