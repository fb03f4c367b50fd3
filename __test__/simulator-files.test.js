'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const { join } = require('node:path');
const test = require('node:test');
const { startSimulator } = require('../testing');
const { commandLine, startCommandLine } = require('./peers/command-line');
const { accepts } = require('./peers/listener');
const { temporaryFolder } = require('./peers/temporary-folder');
const { until } = require('./peers/until');

const TESTING = join(__dirname, '..', 'testing.js');

test('a file that was there is neither overwritten nor deleted', async (t) => {
  const folder = temporaryFolder(t);
  const mine = join(folder, 'mine.json');
  fs.writeFileSync(mine, 'mine');
  await assert.rejects(startSimulator({ metadataPath: mine }), (error) => {
    assert.equal(error.code, 'EEXIST');
    assert.match(error.message, /mine\.json exists already; .* give another metadataPath/);
    return true;
  });
  assert.equal(fs.readFileSync(mine, 'utf8'), 'mine');
});

test('no symbolic link is followed', async (t) => {
  const folder = temporaryFolder(t);
  const victim = join(folder, 'victim');
  fs.writeFileSync(victim, 'mine');
  const socketPath = join(folder, 'api.sock');
  for (const target of [victim, join(folder, 'nothing')]) {
    fs.symlinkSync(target, `${socketPath}.environment.json`);
    await assert.rejects(startSimulator({ socketPath }), { code: 'EEXIST', message: /symbolic link/ });
    fs.unlinkSync(`${socketPath}.environment.json`);
    fs.symlinkSync(target, socketPath);
    await assert.rejects(startSimulator({ socketPath }), { code: 'ENOTSOCK', message: /symbolic link/ });
    fs.unlinkSync(socketPath);
  }
  assert.equal(fs.readFileSync(victim, 'utf8'), 'mine');
  assert.deepEqual(fs.readdirSync(folder), ['victim']);
});

test('what has taken the place of its files is left alone', async (t) => {
  const folder = temporaryFolder(t);
  const [socketPath, metadataPath] = [join(folder, 'api.sock'), join(folder, 'made.json')];
  const simulator = await startSimulator({ socketPath, metadataPath });
  fs.unlinkSync(metadataPath);
  fs.writeFileSync(metadataPath, 'mine');
  await simulator.close();
  assert.equal(fs.readFileSync(metadataPath, 'utf8'), 'mine');
  const own = await startSimulator();
  const note = join(String(own.socketPath), '..', 'note');
  fs.writeFileSync(note, 'mine');
  await own.close();
  assert.equal(fs.readFileSync(note, 'utf8'), 'mine');
  fs.rmSync(join(note, '..'), { recursive: true });
});

test('what a killed simulator left behind is replaced, and nothing else', async (t) => {
  const folder = temporaryFolder(t);
  const socketPath = join(folder, 'api.sock');
  const killed = startCommandLine(['simulate', socketPath, '--json']);
  await until(() => killed.text.stdout.includes('\n'), 'where it listens');
  const gone = new Promise((resolve) => killed.on('exit', resolve));
  killed.kill('SIGKILL');
  await gone;
  assert.deepEqual(fs.readdirSync(folder), ['api.sock', 'api.sock.environment.json']);
  const simulator = await startSimulator({ socketPath });
  await assert.rejects(startSimulator({ socketPath }), { code: 'EADDRINUSE' });
  await simulator.close();
  assert.deepEqual(fs.readdirSync(folder), []);

  fs.writeFileSync(socketPath, 'mine');
  await assert.rejects(startSimulator({ socketPath }), { code: 'ENOTSOCK', message: /is a file/ });
  fs.unlinkSync(socketPath);
  fs.mkdirSync(socketPath);
  await assert.rejects(startSimulator({ socketPath }), { code: 'ENOTSOCK', message: /is a folder/ });
  fs.rmdirSync(socketPath);

  const holder = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(socketPath)})`]);
  await until(() => accepts(socketPath), 'a socket');
  const end = new Promise((resolve) => holder.on('exit', resolve));
  holder.kill('SIGKILL');
  await end;
  fs.writeFileSync(`${socketPath}.environment.json`, 'mine');
  await assert.rejects(startSimulator({ socketPath }), { code: 'EEXIST' });
  assert.equal(fs.readFileSync(`${socketPath}.environment.json`, 'utf8'), 'mine');
});

for (const [signal, code] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  test(`${signal} leaves nothing behind`, async (t) => {
    const folder = temporaryFolder(t);
    const simulator = startCommandLine(['simulate', join(folder, 'api.sock'), '--json']);
    t.after(() => simulator.kill('SIGKILL'));
    await until(() => simulator.text.stdout.includes('\n'), 'where it listens');
    const ended = new Promise((resolve) => simulator.on('exit', (exit) => resolve(exit)));
    simulator.kill(signal);
    assert.equal(await ended, code);
    assert.deepEqual(fs.readdirSync(folder), []);

    const source = `require(${JSON.stringify(TESTING)}).startSimulator().then(() => console.log('up'))`;
    const program = spawn(process.execPath, ['-e', source], { env: { ...process.env, TMPDIR: folder } });
    t.after(() => program.kill('SIGKILL'));
    await new Promise((resolve) => program.stdout.once('data', resolve));
    const exit = new Promise((resolve) => program.on('exit', (...how) => resolve(how)));
    program.kill(signal);
    assert.deepEqual(await exit, [null, signal], 'the program ends as it would without a simulator');
    assert.deepEqual(fs.readdirSync(folder), []);
  });
}

test('a program that handles a signal keeps its simulator', async (t) => {
  const folder = temporaryFolder(t);
  const source = `process.on('SIGTERM', () => console.log('caught'));
    require(${JSON.stringify(TESTING)}).startSimulator().then(({ socketPath }) => console.log(socketPath));`;
  const program = spawn(process.execPath, ['-e', source], { env: { ...process.env, TMPDIR: folder } });
  t.after(() => program.kill('SIGKILL'));
  let text = '';
  program.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await until(() => text.includes('\n'), 'a socket');
  program.kill('SIGTERM');
  await until(() => text.includes('caught'), 'the signal');
  const connection = net.connect(text.split('\n')[0]);
  await new Promise((resolve, reject) => connection.on('connect', resolve).on('error', reject));
  connection.destroy();
});

test('a path that can be no folder is refused', async () => {
  const { code, stderr } = await commandLine(['simulate', '/proc/x/api.sock']);
  assert.equal(code, 2);
  assert.match(stderr, /the folder \/proc\/x cannot be made: ENOENT/);
});
