const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { createProtocolClient, defineProtocol, ProtocolDeclarationError } = require('../protocol');
const { run } = require('./peers/child.js');

/** A declaration of one endpoint, with a change. */
function declared(change = {}) {
  const endpoint = {
    path: '/things/{id}',
    params: { id: { type: String, description: 'Which' }, size: { type: Number, required: false } },
    description: 'Changes a thing',
    msg: 'Changing {id}',
    request: { method: 'PUT', body: ['size'] },
    response: { body: { at: Date, data: JSON }, success: { status: 200, msg: '{results}' } },
  };
  return { things: { put: { ...endpoint, ...change } } };
}

/** The faults of a declaration, as `place: fault`. */
function faultsOf(declaration) {
  try {
    defineProtocol(declaration);
  } catch (error) {
    assert.ok(error instanceof ProtocolDeclarationError && error instanceof Error);
    assert.equal(error.code, 'ERR_CYCLE_PROTOCOL_DECLARATION');
    const faults = error.faults.map(({ place, fault }) => `${place}: ${fault}`);
    for (const fault of faults) {
      assert.ok(error.message.includes(fault.replace(/^: /, '')), error.message);
    }
    return faults;
  }
  return [];
}

test('a declaration that holds comes back as a frozen copy', () => {
  const declaration = declared();
  const protocol = defineProtocol(declaration);
  assert.deepEqual(protocol, declaration);
  assert.notEqual(protocol, declaration);
  assert.equal(protocol.things.put.params.id.type, String);
  assert.equal(protocol.things.put.response.body.data, JSON);
  assert.ok(Object.isFrozen(protocol) && Object.isFrozen(protocol.things.put.params.id));
  assert.equal(defineProtocol(protocol), protocol, 'defined once is enough');
  declaration.things.put.path = '/elsewhere';
  assert.equal(protocol.things.put.path, '/things/{id}');
  assert.ok(!Object.isFrozen(declaration.things) && !Object.isFrozen(JSON) && !Object.isFrozen(String));
});

test('names of types do as well as constructors, so that a declaration can be JSON', () => {
  const text = JSON.stringify(declared({ params: { id: { type: 'String' }, size: { type: 'JSON' } }, response: {} }));
  assert.deepEqual(faultsOf(JSON.parse(text)), []);
});

test('every fault is named with its place', () => {
  for (const [change, ...faults] of [
    [{ summary: 'x' }, /^things\.put\.summary: is not a known key; the keys are path, .*, response$/],
    [{ mgs: 'x' }, /^things\.put\.mgs: is not a known key; .*; did you mean msg\?$/],
    [{ path: '/things/{name}' }, /^things\.put\.path: \{name\} is not declared in params$/],
    [
      { request: { method: 'PUT', body: ['size', 'color'] } },
      /^things\.put\.request\.body\[1\]: "color" is not declared in params$/,
    ],
    [{ msg: 'Changing {name}' }, /^things\.put\.msg: unknown field \{name\}$/],
    [
      { params: { id: { type: Map } }, request: { method: 'PUT' } },
      /^things\.put\.params\.id\.type: "Map" is not a type; the types are/,
    ],
    [
      { params: { id: { type: () => {} } }, request: { method: 'PUT' } },
      /^things\.put\.params\.id\.type: "type" is not a type/,
    ],
    [{ description: undefined }, /^things\.put\.description: is missing$/],
    [{ description: 5 }, /^things\.put\.description: must be a String, not the Number 5$/],
    [
      { response: { body: { at: [Date, Date] } } },
      /^things\.put\.response\.body\.at: an array has exactly one shape in it, not 2$/,
    ],
    [
      { response: { success: { status: 200n } } },
      /^things\.put\.response\.success\.status: is neither an HTTP status nor "2xx"$/,
    ],
    [
      { path: 'x', msg: '{y}' },
      /^things\.put\.path: a path starts with \/$/,
      /^things\.put\.msg: unknown field \{y\}$/,
    ],
  ]) {
    const found = faultsOf(declared(change));
    assert.equal(found.length, faults.length, found.join('\n'));
    for (const fault of faults) {
      assert.ok(
        found.some((text) => fault.test(text)),
        `${found} has no ${fault}`,
      );
    }
  }
});

test('what is no declaration at all is refused', () => {
  for (const [value, fault] of [
    [{}, ': the declaration has no endpoint'],
    [[], ': a declaration is an Object of groups, not an Array'],
    [null, ': a declaration is an Object of groups, not null'],
    ['text', ': a declaration is an Object of groups, not a String'],
    [5, ': a declaration is an Object of groups, not a Number'],
    [{ a: null }, 'a: a group is an Object of endpoints, not null'],
  ]) {
    assert.equal(faultsOf(value)[0], fault);
  }
  assert.match(faultsOf(undefined)[0], /^: /);
  const circular = declared();
  circular.things.put.params.id.more = circular.things;
  assert.deepEqual(faultsOf(circular), ['things.put.params.id.more: contains itself']);
});

test('two endpoints cannot share a route or a command', () => {
  const { put } = declared().things;
  assert.deepEqual(faultsOf({ things: { put, other: { ...put, path: '/things/{id}' } } }), [
    'things.other.path: gives the same route as things.put: PUT /things/{}',
  ]);
  assert.deepEqual(faultsOf({ things: { put, _put: { ...put, path: '/other/{id}' } } }), [
    'things._put: gives the command put, as put does',
  ]);
});

test('a client can be made of a mere declaration, and refuses a wrong one', () => {
  assert.deepEqual(Object.keys(createProtocolClient(declared(), {}).things), ['put']);
  assert.throws(() => createProtocolClient(declared({ path: 'x' })), ProtocolDeclarationError);
});

test('names that mean something to JavaScript are refused', () => {
  const { put } = declared().things;
  for (const name of ['__proto__', 'constructor', 'then', '2a', 'a b', '']) {
    const group = Object.defineProperty({}, name, { value: put, enumerable: true });
    assert.ok(faultsOf({ things: group }).length > 0, name);
  }
  assert.ok(faultsOf({ close: { put } }).length > 0);
});

test('importing protocols loads no addon', async () => {
  const root = path.join(__dirname, '..');
  for (const program of [
    `const { binderProtocol, cycleProtocol } = require('./protocol'); if (!binderProtocol.build || !cycleProtocol.hub) throw 1;`,
    `await import('./protocol.js'); const { createRequire: r } = await import('node:module'); globalThis.require = r(process.cwd() + '/x');`,
  ]) {
    const text = `${program} console.log(Object.keys(require.cache).filter((file) => /binding|native/.test(file)).length);`;
    const type = program.includes('await') ? 'module' : 'commonjs';
    const { code, stdout, stderr } = await run(process.execPath, [`--input-type=${type}`, '--eval', text], {
      cwd: root,
    });
    assert.deepEqual([code, stdout.trim()], [0, '0'], stderr);
  }
});
