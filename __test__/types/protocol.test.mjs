import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { typeErrors } from './program.mjs';

const prelude = `
import { binderProtocol, createProtocolClient, cycleProtocol, defineProtocol } from ${JSON.stringify(
  fileURLToPath(new URL('../../protocol.js', import.meta.url)),
)};
const notes = defineProtocol({
  global: {
    response: {
      results: 'data',
      shapes: { Note: { id: Number, text: String, 'tags?': [String], 'parent?': '#Note', at: Date, any: JSON } },
    },
  },
  notes: {
    get: {
      path: '/notes/{id}',
      params: {
        id: { type: Number },
        since: { type: Date, required: false },
        kind: { type: String, values: ['a', 'b'], default: 'a' },
      },
      description: 'Gives a note',
      request: { method: 'GET' },
      response: { body: { data: '#Note' } },
    },
    'list-all': {
      path: '/notes/',
      description: 'Gives all',
      request: { method: 'GET' },
      response: { body: { data: [{ ok: Boolean, more: { '*': Number } }] } },
    },
    drop: { path: '/notes/drop', description: 'Drops all', request: { method: 'POST' } },
  },
});
const client = createProtocolClient(notes, { host: 'localhost', port: 80 });
const binder = createProtocolClient(binderProtocol, { host: 'localhost', port: 80, apiKey: 'k' });
const cycle = createProtocolClient(cycleProtocol, { socketPath: '/x', token: 't' });
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(same: Same<A, B>): void;
`;

/** The errors of a program that follows the prelude. */
function errors(program) {
  return typeErrors({ 'program.mts': `${prelude}\n${program}\nexport {};` }).filter(
    ({ file }) => file === 'program.mts',
  );
}

test('params and results follow from the declaration', () => {
  const program = `
    const note = await client.notes.get({ id: 1, since: new Date(), kind: 'b' });
    same<typeof note.text, string>(true);
    same<typeof note.at, string>(true);
    same<typeof note.any, unknown>(true);
    same<typeof note.tags, string[] | null | undefined>(true);
    const id: number | undefined = note.parent?.parent?.id;
    await client.notes.get({ id: 1, since: '2016-01-01', host: 'other', port: 1 });
    const [first] = await client.notes.listAll();
    same<typeof first, { ok: boolean; more: Record<string, number> }>(true);
    const ok: boolean | undefined = first?.ok;
    const more: number | undefined = first?.more['x'];
    same<Awaited<ReturnType<typeof client.notes.drop>>, unknown>(true);
    client.notes.get({ id: 1 }, (error, result) => [error?.message, result?.text]);
    client.notes['list-all']((error, result) => [error, result?.length]);
    client.notes.get({ id: 1 }, { timeoutMs: 5 });
    await client.close();
    export { id, ok, more };`;
  assert.deepEqual(errors(program), []);
});

test('the types of Binder and Cycle are those of their declarations', () => {
  const program = `
    const { name } = await binder.build.start({ repository: 'r', force: true });
    same<typeof name, string>(true);
    const build = await binder.build.status({ 'image-name': 'x' });
    same<typeof build, { name: string; 'start-time': string; status: string; phase: string; repository: string }>(true);
    const all = await binder.deploy.statusAll();
    same<typeof all, { id: string; location: string }[]>(true);
    const container = await cycle.container.get({ 'container-id': 'x' });
    same<typeof container.id, string>(true);
    await cycle.container.get();
    const { value } = await cycle.objectCache.get({ scope: 'global', key: 'k' });
    same<typeof value, string>(true);
    same<typeof cycle.objectCache, (typeof cycle)['object-cache']>(true);
    const primary = (await cycle.ha.checkin({ electable: true, priority: 1 })).primary_instance_id;
    same<typeof primary, string | null>(true);
    same<true, Awaited<ReturnType<typeof cycle.vpn.login>>>(true);
    await cycle.monitoring.events({ events: [{ event: 'e', priority: 'high', type: 'info' }] });
    const contents = { container_id: 'c', instance_id: 'i' };
    const nothing: undefined = await cycle.conductor.task({ action: 'container.instance.start', contents });
    export { nothing };`;
  assert.deepEqual(errors(program), []);
});

test('mistakes are found', () => {
  const endpoint = (more) =>
    `defineProtocol({ a: { b: { path: '/', description: 'x', request: { method: 'GET' }, ${more} } } });`;
  assert.deepEqual(errors(endpoint('')), []);
  for (const mistake of [
    `client.notes.get({ id: '1' });`,
    'client.notes.get({});',
    'client.notes.get();',
    `client.notes.get({ id: 1, kind: 'c' });`,
    'client.notes.get({ id: 1, other: 1 });',
    'client.notes.gett({ id: 1 });',
    '(await client.notes.get({ id: 1 })).title;',
    'binder.build.start({ repository: 1 });',
    'binder.build.start({ force: true });',
    `cycle.objectCache.get({ scope: 'globl', key: 'k' });`,
    `cycle.vpn.login({ username: 'x' });`,
    'createProtocolClient(notes, { host: 5 });',
    endpoint(`summary: 'x'`),
    endpoint('params: { x: { type: Map } }'),
    endpoint(`params: { x: { type: String, required: 'no' } }`),
    endpoint('response: { body: [String, String] }'),
    endpoint(`response: { error: { x: { status: '404', msg: 'x' } } }`),
    `defineProtocol({ a: { b: { path: '/', description: 'x', request: { method: 'get' } } } });`,
    `defineProtocol({ a: { b: { description: 'x', request: { method: 'GET' } } } });`,
    `defineProtocol({ global: { parms: {} }, a: {} });`,
  ]) {
    assert.ok(errors(mistake).length > 0, mistake);
  }
});

test('a key that is not known is named at its place, at every level', () => {
  const request = "request: { method: 'GET' as const }";
  const declaration = (endpoint, global = '') => `defineProtocol({
    global: { ${global} },
    a: { b: { path: '/', description: 'x', ${endpoint} } },
  });`;
  const mistakes = {
    autorized: declaration("request: { method: 'GET', autorized: true }"),
    requird: declaration(`params: { x: { type: String, requird: true } }, ${request}`),
    reponse: declaration(`reponse: {}, ${request}`),
    bdy: declaration(`response: { bdy: String }, ${request}`),
    sugestions: declaration(`response: { error: { e: { msg: 'x', sugestions: ['y'] } } }, ${request}`),
    satus: declaration(`response: { success: { satus: 201 } }, ${request}`),
    nmae: declaration(request, "nmae: 'x'"),
    evn: declaration(request, "params: { x: { type: String, evn: 'X' } }"),
    credentail: declaration(request, "request: { credentail: { param: 'x', header: 'y' } }"),
    heder: declaration(request, "request: { credential: { param: 'x', header: 'y', heder: 'z' } }"),
    feilds: declaration(request, "response: { feilds: { type: 'x' } }"),
  };
  const lines = Object.values(mistakes).map((text) => text.replaceAll('\n', ' '));
  const before = prelude.split('\n').length;
  const found = errors(lines.join('\n'));
  for (const [index, key] of Object.keys(mistakes).entries()) {
    const here = found.filter(({ line }) => line === before + 1 + index);
    assert.equal(here.length, 1, `${key}: ${here.map(({ message }) => message).join()}`);
    assert.ok(here[0].message.includes(`'"There is no key \\"${key}\\" here"'`), here[0].message);
  }
  assert.equal(found.length, lines.length);
});

test('free names and values are let through', () => {
  const program = `defineProtocol({
    global: {
      name: 'x', description: undefined, params: { anything: { type: String, env: 'X', secret: true } },
      response: { shapes: { Any: { 'x?': [{ y: Date }] } }, fields: { type: 't' }, error: { e: { msg: 'm', code: ['a'] } } },
    },
    a: { b: {
      path: '/', description: 'x', request: { method: 'PUT', body: ['q'], basic: ['u', 'p'] },
      params: { q: { type: JSON, default: { deep: { key: 1 } }, example: { other: 1 }, required: undefined } },
      response: { body: { any: { thing: '#Any' } }, success: { status: '2xx' }, secret: ['**'] },
    } },
  });`;
  assert.deepEqual(errors(program), []);
});

test('a client takes the options that its protocol has', () => {
  const withParam = `const p = defineProtocol({
    global: { params: { region: { type: String, values: ['eu', 'us'], required: false } } },
    a: { b: { path: '/', description: 'x', request: { method: 'GET' } } },
  });`;
  const fine = `${withParam}
    createProtocolClient(p, { region: 'eu', socketPath: undefined, timeoutMs: undefined });
    createProtocolClient(binderProtocol, { 'api-key': 'k', host: 'h' });
    createProtocolClient(JSON.parse('{}') as import('${prelude.match(/"(.*protocol\.js)"/)?.[1]}').ProtocolDeclaration, { own: 1 });`;
  assert.deepEqual(errors(fine), []);
  for (const mistake of [
    "createProtocolClient(p, { regoin: 'eu' });",
    "createProtocolClient(p, { region: 'asia' });",
    "createProtocolClient(notes, { hots: 'x' });",
    "createProtocolClient(cycleProtocol, { sockPath: 'x' });",
    'createProtocolClient(binderProtocol, { timeout: 5 });',
  ]) {
    assert.equal(errors(`${withParam}\n${mistake}`).length, 1, mistake);
  }
});
