'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const ts = require('typescript');
const { production: binary, target, tools } = require('./peers/addons.js');
const { run } = require('./peers/child.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');

const root = path.join(__dirname, '..');
const { version } = require('../package.json');
const NAME = '@cycleplatform/internal-api-client';
const OWN = `node_modules/${NAME}`;
const PACKAGE = `${OWN}-${target}`;
const CODE = 'ERR_CYCLE_NATIVE_MISSING';

/** What each export does: nothing may throw, everything says the code. */
const BODY = `
  (async () => {
    const seen = [];
    const failed = (error) => seen.push([error.code, error.message]);
    const client = getClient({ token: 't' });
    await client.GET('/v1/environment').catch(failed);
    await client.POST('/v1/environment', { body: {}, parseAs: 'stream' }).catch(failed);
    await client.close();
    const { data, error } = await getEnvironmentMetadata();
    failed(error);
    const socket = new NotificationSocket({ token: 't' }).once('error', failed).connect();
    try { for await (const _ of socket); } catch (reason) { failed(reason); }
    await socket[Symbol.asyncDispose]();
    await new Promise((done) => connectNotifications({ token: 't' }).once('error', failed).once('error', done));
    const own = defineProtocol({ things: { 'put-all': { path: '/', description: 'Puts', request: { method: 'PUT' } } } });
    for (const [protocol, call, options] of [
      [cycleProtocol, ({ environment }) => environment.get(), { socketPath: '/x.sock', token: 't', timeoutMs: 5 }],
      [binderProtocol, ({ health }) => health.status(), { host: 'x', port: 1 }],
      [own, ({ things }) => things.putAll({}), { host: 'x', port: 1 }],
    ]) {
      const caller = createProtocolClient(protocol, options);
      await call(caller).catch(failed);
      await caller.close();
    }
    await startSimulator({}).catch(failed);
    console.log(JSON.stringify({ data, seen }));
  })();`;
const CALLS = 10;
const ENTRIES = [
  [NAME, '{ connectNotifications, getClient, getEnvironmentMetadata, NotificationSocket }'],
  [`${NAME}/protocol`, '{ binderProtocol, createProtocolClient, cycleProtocol, defineProtocol }'],
  [`${NAME}/testing`, '{ startSimulator }'],
];
const IMPORTS = ENTRIES.map(([entry, names]) => `import ${names} from '${entry}';`).join('\n');
const FROM_TYPESCRIPT = ts.transpile(IMPORTS + BODY, {
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES2022,
  esModuleInterop: true,
});
/** @type {Record<string, string[]>} */
const PROGRAMS = {
  CommonJS: ['-e', ENTRIES.map(([entry, names]) => `const ${names} = require('${entry}');`).join('\n') + BODY],
  ESM: ['--input-type=module', '-e', IMPORTS + BODY],
  TypeScript: ['-e', FROM_TYPESCRIPT],
};

/**
 * A project with the package, without an addon.
 *
 * @param {import('node:test').TestContext} t
 */
function install(t) {
  const folder = fs.realpathSync(temporaryFolder(t));
  fs.chmodSync(folder, 0o755);
  const bindings = ['binding.js', 'binding-tools.js'];
  const content = ['package.json', 'live.js', 'protocol.js', 'testing.js', 'bin', 'dist', 'generated', 'protocol'];
  for (const name of [...bindings, ...content]) {
    fs.cpSync(path.join(root, name), path.join(folder, OWN, name), { recursive: true });
  }
  const other = 'node_modules/openapi-fetch';
  fs.cpSync(path.join(root, other), path.join(folder, other), { recursive: true });
  return folder;
}

/**
 * @param {string} folder of the project
 * @param {string | Buffer} content of the files in the places of both addons
 * @param {string} [system]
 * @returns {string[]} the files
 */
function putAddon(folder, content, system = target) {
  const place = path.join(folder, `${OWN}-${system}`);
  const files = ['cycle-internal-api', 'cycle-internal-api-tools'].map((name) => `${name}.${system}.node`);
  fs.mkdirSync(place, { recursive: true });
  fs.writeFileSync(path.join(place, 'package.json'), JSON.stringify({ name: `${NAME}-${system}`, main: files[0] }));
  for (const file of files) fs.writeFileSync(path.join(place, file), content);
  return files.map((file) => path.join(place, file));
}

/** What clients load. */
const addon = () => fs.readFileSync(path.join(root, binary));

/** What has the tools too, and so can be in the place of both. */
const addonWithTools = () => fs.readFileSync(path.join(root, tools));

/** Prints the addons that are loaded. */
const SHOW = `console.log(Object.keys(require.cache).filter((name) => name.endsWith('.node')).join());`;

/** The addon as it would be with another version of the same length. */
function addonOfAnotherVersion() {
  const content = addon();
  const text = `cycle-internal-api-client ${version} `;
  const other = `cycle-internal-api-client ${version.replace(/\d/g, '9')} `;
  for (let at = content.indexOf(text); at !== -1; at = content.indexOf(text, at + 1)) {
    content.write(other, at);
  }
  return content;
}

/** The addon as it would be for a newer glibc. */
function addonForNewerGlibc() {
  const content = addon();
  const [version] = /GLIBC_2\.\d\d(?=\0)/.exec(content.toString('latin1')) ?? [];
  assert.ok(version, 'the addon names no version of glibc');
  content.write('GLIBC_2.99', content.indexOf(`${version}\0`));
  return content;
}

/**
 * Makes a program find musl, and in its own file this text, or a file that may not be read.
 *
 * @param {string} [head]
 */
const besideMusl = (head) => `
  const fs = require('node:fs');
  const { existsSync, openSync } = fs;
  fs.existsSync = (file) => String(file).startsWith('/lib/ld-musl') || existsSync(file);
  fs.openSync = (file, ...more) => openSync(file === '/proc/self/exe' ? 'head' : file, ...more);
  ${head ? `fs.writeFileSync('head', '${head}');` : ''}`;
const ON_MUSL = besideMusl('ELF /lib/ld-musl-x86_64.so.1');

/** Makes Node say that it was compiled for musl, whose header has one constant less. */
const COMPILED_FOR_MUSL = `require('node:os').constants.dlopen = {};`;

/** Gives up the permissions of the superuser, after what the program loads was loaded. */
const AS_NOBODY = `if (process.getuid() === 0) {
  require('${NAME}/package.json');
  for (const name of ['later', 'index']) require('./${OWN}/dist/' + name + '.js');
  process.setuid(65534);
}`;

/**
 * @typedef {object} Fault
 * @property {string} what
 * @property {(folder: string) => void} [harm]
 * @property {string} [before] runs before the package is loaded
 * @property {Record<string, string>} [env]
 * @property {RegExp[]} expect
 * @property {boolean} [linux] can be only there
 */

const system = `${process.platform}-${process.arch}`;
/** @type {Fault[]} */
const faults = [
  {
    what: 'no addon',
    expect: [
      new RegExp(`the package ${NAME}-${target} or its file .* was not found`),
      /"npm install --include=optional"/,
    ],
  },
  {
    what: 'no addon in a project of pnpm',
    env: { npm_config_user_agent: 'pnpm/9.0.0 npm/? node/v20' },
    expect: [/"pnpm install --force"/],
  },
  {
    what: 'no addon in a project of yarn 1',
    harm: (folder) => fs.writeFileSync(path.join(folder, 'yarn.lock'), ''),
    expect: [/"yarn install --force"/],
  },
  {
    what: 'no addon in a project of Bun',
    harm: (folder) => fs.writeFileSync(path.join(folder, 'bun.lock'), ''),
    expect: [/"bun install --force"/],
  },
  {
    what: 'a short file',
    harm: (folder) => putAddon(folder, 'x'),
    expect: [/file too short|not a mach-o|slice/i, /delete both and install again/],
  },
  {
    what: 'a text in the place of the addon',
    harm: (folder) => putAddon(folder, 'version https://git-lfs.github.com/spec/v1\n'.repeat(200)),
    expect: [/invalid ELF header|not a mach-o|slice/i, /delete both and install again/],
  },
  {
    what: 'an addon that is cut off',
    harm: (folder) => putAddon(folder, addon().subarray(0, -1000)),
    expect: [/cannot read file data|Exec format error/, /delete both and install again/],
    linux: true,
  },
  {
    what: 'a file that may not be read',
    harm: (folder) => {
      for (const file of putAddon(folder, addon())) fs.chmodSync(file, 0);
    },
    before: AS_NOBODY,
    expect: [/permission denied/i, /Give the user that runs the program permission to read the file/],
    linux: true,
  },
  {
    what: 'a folder that may not be entered',
    harm: (folder) => fs.mkdirSync(path.join(folder, PACKAGE), { mode: 0o444 }),
    before: AS_NOBODY,
    expect: [
      /was not found/,
      new RegExp(`permission to enter .*${target}, if there is cycle-internal-api.*node in it`),
    ],
    linux: true,
  },
  {
    what: 'a Node that may load no addons',
    harm: (folder) => putAddon(folder, addon()),
    env: { NODE_OPTIONS: '--no-addons' },
    expect: [/loading addons is disabled/, /run Node with "--allow-addons", and without "--no-addons"/],
  },
  {
    what: 'an addon of another version',
    harm: (folder) => putAddon(folder, addonOfAnotherVersion()),
    expect: [
      new RegExp(`JavaScript has version ${version}, but .*node has version ${version.replace(/\d/g, '9')}`),
      /delete both and install again/,
    ],
    linux: true,
  },
  ...(target.endsWith('-gnu')
    ? [
        {
          what: 'an addon for a newer glibc',
          harm: (/** @type {string} */ folder) => putAddon(folder, addonForNewerGlibc()),
          expect: [/version `GLIBC_2\.99' not found/, /older than the addon: use a newer base image/],
        },
      ]
    : []),
  {
    what: 'an unsupported system',
    before: `Object.defineProperty(process, 'platform', { value: 'freebsd' });`,
    expect: [
      /the native part for freebsd-/,
      /Unsupported|the package .* was not found/,
      /No addon is published for freebsd-/,
    ],
  },
  {
    what: 'an unsupported processor',
    before: `Object.defineProperty(process, 'arch', { value: 'mips' });`,
    expect: [/-mips/, /No addon is published for .*-mips/, /NAPI_RS_NATIVE_LIBRARY_PATH/],
  },
  {
    what: 'the addon of another C library alone',
    harm: (folder) => putAddon(folder, addon(), `${system}-gnu`),
    before: ON_MUSL,
    expect: [
      new RegExp(`the native part for ${system}-musl`),
      /-gnu\.node is for glibc, and this program runs on musl/,
    ],
    linux: true,
  },
  {
    what: 'addons of both C libraries, where it is musl',
    harm: (folder) => {
      putAddon(folder, addon(), `${system}-gnu`);
      putAddon(folder, "musl's", `${system}-musl`);
    },
    before: besideMusl() + COMPILED_FOR_MUSL,
    expect: [/-musl\.node: file too short/],
    linux: true,
  },
  {
    what: 'the addon for musl alone, where it is glibc',
    harm: (folder) => putAddon(folder, addon(), `${system}-musl`),
    before: besideMusl('ELF /lib64/ld-linux-x86-64.so.2'),
    expect: [
      new RegExp(`the native part for ${system}-gnu`),
      /-musl\.node is for musl, and this program runs on glibc/,
    ],
    linux: true,
  },
  {
    what: 'the addon for glibc in the place of that for musl',
    harm: (folder) => putAddon(folder, addon(), `${system}-musl`),
    before: ON_MUSL,
    expect: [/-musl\.node is for glibc, and this program runs on musl/],
    linux: true,
  },
  {
    what: 'NAPI_RS_NATIVE_LIBRARY_PATH that names no addon',
    harm: (folder) => putAddon(folder, addon()),
    env: { NAPI_RS_NATIVE_LIBRARY_PATH: 'nowhere.node' },
    expect: [/nowhere\.node/, /NAPI_RS_NATIVE_LIBRARY_PATH is set to nowhere\.node: unset it/],
  },
];

const clean = { NAPI_RS_NATIVE_LIBRARY_PATH: '', npm_config_user_agent: '' };

for (const { what, harm, before = '', env, expect, linux } of faults) {
  if (linux && process.platform !== 'linux') continue;
  for (const [form, program] of Object.entries(PROGRAMS)) {
    test(`${what}: calls fail and say why, nothing else does (${form})`, async (t) => {
      const cwd = install(t);
      harm?.(cwd);
      fs.writeFileSync(path.join(cwd, 'before.cjs'), before);
      const args = ['--require', './before.cjs', ...program];
      const { code, stdout, stderr } = await run(process.execPath, args, { cwd, env: { ...clean, ...env } });
      assert.equal(code, 0, stderr);
      const { data, seen } = JSON.parse(stdout);
      assert.equal(data, null);
      assert.deepEqual(
        seen.map(([one]) => one),
        Array(CALLS).fill(CODE),
      );
      for (const [, message] of seen) {
        for (const expected of expect) assert.match(message, expected);
      }
    });
  }
}

test("the permission model's error names the option that allows to read the addon", async (t) => {
  const cwd = install(t);
  putAddon(cwd, addon());
  const flags = process.allowedNodeEnvironmentFlags;
  const model = flags.has('--permission') ? '--permission' : '--experimental-permission';
  const program = `require('${NAME}').getClient({ token: 't' }).GET('/v1/environment').catch(({ message }) => console.log(message));`;
  fs.writeFileSync(path.join(cwd, 'main.cjs'), program);
  const readable = ['main.cjs', 'package.json', 'node_modules/openapi-fetch/*', `${OWN}/*`];
  const allowed = readable.map((name) => `--allow-fs-read=${path.join(cwd, name)}`);
  const { stdout, stderr } = await run(process.execPath, [model, '--allow-addons', ...allowed, 'main.cjs'], {
    cwd,
    env: clean,
  });
  assert.match(stdout, /has been restricted[\s\S]*"--allow-fs-read=" and the folder that has node_modules/, stderr);
});

test('NAPI_RS_NATIVE_LIBRARY_PATH names the addon that is loaded, seen from the working directory', async (t) => {
  const cwd = install(t);
  fs.writeFileSync(path.join(cwd, 'own.node'), addon());
  putAddon(cwd, 'x');
  const program = `require('${NAME}').getClient({ token: 't' }); ${SHOW}`;
  const env = { NAPI_RS_NATIVE_LIBRARY_PATH: 'own.node' };
  const { stdout, stderr } = await run(process.execPath, ['-e', program], { cwd, env });
  assert.equal(stdout.trim(), path.join(cwd, 'own.node'), stderr);
});

test('the addon with the tools is beside the one that NAPI_RS_NATIVE_LIBRARY_PATH names', async (t) => {
  const cwd = install(t);
  fs.mkdirSync(path.join(cwd, 'own'));
  putAddon(cwd, 'x');
  const program = `require('${NAME}/protocol').defineProtocol({ a: { b: { path: '/', description: 'B', request: { method: 'GET' } } } });
    ${SHOW} require('${NAME}/testing').startSimulator().then((simulator) => simulator.close()).catch(({ message }) => console.log(message));`;
  const env = { NAPI_RS_NATIVE_LIBRARY_PATH: 'own/any.node' };
  const lacking = await run(process.execPath, ['-e', program], { cwd, env });
  assert.equal(lacking.code, 0, lacking.stderr);
  assert.match(lacking.stdout, new RegExp(`.*/own/${tools}`));
  assert.match(lacking.stdout, new RegExp(`NAPI_RS_NATIVE_LIBRARY_PATH is set to own/any.node: .*put ${tools} beside`));
  fs.writeFileSync(path.join(cwd, 'own', tools), addonWithTools());
  const { stdout, stderr } = await run(process.execPath, ['-e', program], { cwd, env });
  assert.equal(stdout.trim(), path.join(cwd, 'own', tools), stderr);
});

test('without the addon that has the tools, clients do all they did, and tools say which file is missing', async (t) => {
  const cwd = install(t);
  const [, second] = putAddon(cwd, addon());
  fs.rmSync(second);
  const program = `
    const { createProtocolClient, cycleProtocol } = require('${NAME}/protocol');
    const failed = ({ code, message }) => console.log(code, message.split('\\n')[0]);
    (async () => {
      await require('${NAME}').getClient({ token: 't', socketPath: '/nowhere.sock' }).GET('/v1/environment').catch(failed);
      await createProtocolClient(cycleProtocol, { token: 't', socketPath: '/nowhere.sock' }).environment.get().catch(failed);
      await require('${NAME}/testing').startSimulator().catch(failed);
    })();`;
  const { stdout, stderr } = await run(process.execPath, ['-e', program], { cwd, env: clean });
  const [plain, ...others] = stdout.trim().split('\n');
  assert.match(plain, /^ENOENT /, stderr);
  assert.equal(others.length, 2);
  for (const line of others) assert.match(line, new RegExp(`^${CODE} .* or its file ${tools} was not found`));
});

test("where both C libraries are installed, the program's own counts", async (t) => {
  if (process.platform !== 'linux') return;
  const cwd = install(t);
  putAddon(cwd, addon());
  const others = target.endsWith('-gnu') ? 'musl' : 'gnu';
  putAddon(cwd, 'x', `${system}-${others}`);
  const program = `require('${NAME}').getClient({ token: 't' }); ${SHOW}`;
  // By its file, where that may be read, and where it names no dynamic linker: it was started by that.
  const linker = target.endsWith('-gnu') ? '/lib64/ld-linux-x86-64.so.2' : '/lib/ld-musl-x86_64.so.1';
  for (const before of [besideMusl(linker), besideMusl(), besideMusl('ELF')]) {
    const { stdout, stderr } = await run(process.execPath, ['-e', before + program], { cwd, env: clean });
    assert.equal(stdout.trim(), path.join(cwd, PACKAGE, binary), stderr);
  }
});

test('a client that was made without an addon takes it once it is there', async (t) => {
  const cwd = install(t);
  fs.writeFileSync(path.join(cwd, 'later.node'), addon());
  const place = JSON.stringify(path.join(PACKAGE, binary));
  const program = `
    const fs = require('node:fs');
    const client = require('${NAME}').getClient({ token: 't', socketPath: '/nowhere.sock' });
    const codes = [];
    const call = () => client.GET('/v1/environment').catch(({ code }) => codes.push(code));
    call().then(() => {
      fs.mkdirSync('${PACKAGE}', { recursive: true });
      fs.renameSync('later.node', ${place});
      return call();
    }).then(() => client.close()).then(() => console.log(codes.join()));`;
  const { stdout, stderr } = await run(process.execPath, ['-e', program], { cwd, env: clean });
  assert.equal(stdout.trim(), `${CODE},ENOENT`, stderr);
});

test('an uncaught error fits a screen, and its stack says who called', async (t) => {
  const cwd = install(t);
  const program = `
    async function readEnvironment() {
      await require('${NAME}').getClient({ token: 't' }).GET('/v1/environment');
    }
    readEnvironment();`;
  const { code, stderr } = await run(process.execPath, ['-e', program], { cwd, env: clean });
  assert.equal(code, 1);
  assert.match(stderr, /at async readEnvironment/);
  assert.ok(stderr.split('\n').length < 20, stderr);
});

test('a socket can be connected again and closed while there is no addon', async (t) => {
  const program = `
    const { NotificationSocket } = require('${NAME}');
    const socket = new NotificationSocket({ token: 't' });
    let failures = 0;
    socket.on('error', () => {
      failures += 1;
      if (failures < 3) setImmediate(() => setImmediate(() => socket.connect()));
      else {
        socket.connect().close();
        socket[Symbol.asyncDispose]().then(() => console.log(failures, socket.connected));
      }
    });
    socket.connect().connect();`;
  const { code, stdout, stderr } = await run(process.execPath, ['-e', program], { cwd: install(t), env: clean });
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim(), '3 false');
});

test('a client of a protocol that was made without an addon checks its options once it is there', async (t) => {
  const cwd = install(t);
  fs.writeFileSync(path.join(cwd, 'later.node'), addonWithTools());
  const place = JSON.stringify(path.join(PACKAGE, tools));
  const program = `
    const fs = require('node:fs');
    const { createProtocolClient, defineProtocol } = require('${NAME}/protocol');
    const endpoint = { path: '/', description: 'Gets', request: { method: 'GET' } };
    const at = { socketPath: '/nowhere.sock' };
    const clients = [
      createProtocolClient(defineProtocol({ things: { get: endpoint } }), at),
      createProtocolClient(defineProtocol({ things: { get: endpoint } }), { ...at, sockets: 1 }),
      createProtocolClient(defineProtocol({ things: { get: { ...endpoint, path: 'x' } } }), at),
    ];
    const call = () => Promise.all(clients.map(({ things }) => things.get().catch(({ code, name, cause }) => cause?.code ?? code ?? name)));
    call().then(async (before) => {
      fs.mkdirSync('${PACKAGE}', { recursive: true });
      fs.renameSync('later.node', ${place});
      console.log(JSON.stringify([before, await call()]));
    });`;
  const { stdout, stderr } = await run(process.execPath, ['-e', program], { cwd, env: clean });
  const expected = [Array(3).fill(CODE), ['ENOENT', 'TypeError', 'ERR_CYCLE_PROTOCOL_DECLARATION']];
  assert.deepEqual(JSON.parse(stdout || '[]'), expected, stderr);
});

const TEXTS = [
  ['--help'],
  ['help', 'environment'],
  ['environment', 'get', '--help'],
  ['notifications', '--help'],
  ['completion', 'bash'],
  ['completion', 'zsh'],
  ['completion', 'fish'],
  ['--protocol', 'binder', '--help'],
  ['--protocol', 'binder', 'build', '--help'],
];

test('help and completion of the command line need no addon, and are the same with one', async (t) => {
  const cwd = install(t);
  const program = path.join(OWN, 'bin/cycle-internal.js');
  const show = (/** @type {string[]} */ args) => run(process.execPath, [program, ...args], { cwd, env: clean });
  const without = await Promise.all(TEXTS.map(show));
  putAddon(cwd, addonWithTools());
  for (const [at, args] of TEXTS.entries()) {
    const { code, stdout, stderr } = await show(args);
    assert.deepEqual([code, stderr], [0, '']);
    assert.ok(stdout.length > 200, stdout);
    assert.deepEqual([without[at].code, without[at].stdout, without[at].stderr], [0, stdout, ''], args.join(' '));
  }
});

test('a command that does not exist is an error of use without an addon too', async (t) => {
  const cwd = install(t);
  const program = path.join(OWN, 'bin/cycle-internal.js');
  const { code, stderr } = await run(process.execPath, [program, 'environment', 'gte'], { cwd, env: clean });
  assert.equal(code, 2);
  assert.match(stderr, /there is no command of environment gte.*Did you mean get/s);
});

test('the command line says why, and its version needs no addon', async (t) => {
  const cwd = install(t);
  putAddon(cwd, 'x');
  const program = path.join(OWN, 'bin/cycle-internal.js');
  const call = await run(process.execPath, [program, 'environment', 'get'], { cwd, env: clean });
  assert.notEqual(call.code, 0);
  assert.match(call.stderr, /the native part for .* could not be loaded: .*(file too short|mach-o|slice)/i);
  assert.match(call.stderr, /npm install --include=optional/);
  const shown = await run(process.execPath, [program, '--version'], { cwd, env: clean });
  assert.deepEqual([shown.code, shown.stdout.trim()], [0, version]);
});
