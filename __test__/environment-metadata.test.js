'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { getEnvironmentMetadata } = require('..');
const { runChild } = require('./peers/child.js');
const { temporaryFolder } = require('./peers/temporary-folder.js');

const METADATA = {
  id: '5f3a7c51e8d2b40001a1b2c3',
  deployments: { tags: { production: 'v1.2.3' } },
  private_network: {
    vxlan_tag: 4711,
    subnet: 'fd00:1234',
    ipv6: { ip: 'fd00:1234::1', cidr: 'fd00:1234::/64' },
    legacy: null,
  },
  services: {
    discovery: { enable: true, container_id: '5f3a7c51e8d2b40001a1b2c4', high_availability: false, config: null },
    vpn: null,
    loadbalancer: { enable: true, container_id: null, high_availability: true, auto_update: true, config: null },
    scheduler: null,
  },
};

/** A file with this content. */
function fileWith(t, content) {
  const file = path.join(temporaryFolder(t), 'environment.json');
  fs.writeFileSync(file, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return file;
}

/** A copy with one change. */
function changed(change) {
  const copy = structuredClone(METADATA);
  change(copy);
  return copy;
}

test('reads the file', async (t) => {
  assert.deepEqual(await getEnvironmentMetadata({ path: fileWith(t, METADATA) }), { data: METADATA, error: null });
});

test('reads it anew each time', async (t) => {
  const file = fileWith(t, METADATA);
  await getEnvironmentMetadata({ path: file });
  fs.writeFileSync(file, JSON.stringify({ ...METADATA, id: 'other' }));
  assert.equal((await getEnvironmentMetadata({ path: file })).data.id, 'other');
});

test('letters beyond ASCII, and a large file', async (t) => {
  const tags = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`größe-${i}`, `😀${i}`]));
  const value = changed((copy) => {
    copy.deployments = { tags };
  });
  const { data, error } = await getEnvironmentMetadata({ path: fileWith(t, value), validate: true });
  assert.equal(error, null);
  assert.deepEqual(data, value);
});

test('a missing file is an error with the code of the system', async (t) => {
  const file = path.join(temporaryFolder(t), 'none.json');
  const { data, error } = await getEnvironmentMetadata({ path: file });
  assert.equal(data, null);
  assert.ok(error instanceof Error);
  assert.deepEqual([error.code, error.syscall, error.path, error.errno], ['ENOENT', 'open', file, -2]);
  assert.match(error.message, /ENOENT/);
  assert.ok(error.message.includes(file));
  assert.match(error.message, /CYCLE_METADATA_PATH/);
});

test('a folder is an error with the code of the system', async (t) => {
  const { data, error } = await getEnvironmentMetadata({ path: temporaryFolder(t) });
  assert.equal(data, null);
  assert.equal(error.code, 'EISDIR');
});

test('a file in a file is an error with the code of the system', async (t) => {
  const { error } = await getEnvironmentMetadata({ path: path.join(fileWith(t, '{}'), 'x.json') });
  assert.equal(error.code, 'ENOTDIR');
});

test('a file that may not be read is an error with the code of the system', async (t) => {
  const file = fileWith(t, METADATA);
  fs.chmodSync(path.dirname(file), 0o711);
  fs.chmodSync(file, 0o600);
  const child = await runChild('metadata-without-permission', [file]);
  assert.equal(child.code, 0, child.stderr);
  assert.deepEqual(JSON.parse(child.stdout), { data: null, code: 'EACCES', isError: true });
});

for (const text of ['', '{"id":', 'words', '{"id":1}}', '\u0000', "{'id':1}"]) {
  test(`bad JSON is a SyntaxError: ${JSON.stringify(text)}`, async (t) => {
    const path = fileWith(t, text);
    const { data, error } = await getEnvironmentMetadata({ path });
    assert.equal(data, null);
    assert.ok(error instanceof SyntaxError);
    assert.deepEqual([error.code, error.path], ['ERR_CYCLE_METADATA_JSON', path]);
    assert.ok(error.message.startsWith(`The environment metadata file '${path}' is `), error.message);
  });
}

test('bytes that are not UTF-8 read as replacement characters, as with fs', async (t) => {
  const { data, error } = await getEnvironmentMetadata({ path: fileWith(t, Buffer.from([0x22, 0xff, 0x22])) });
  assert.equal(error, null);
  assert.equal(data, '\ufffd');
});

test('without validate any JSON is handed over', async (t) => {
  for (const value of [null, 7, 'text', [], {}, { id: 7 }]) {
    assert.deepEqual(await getEnvironmentMetadata({ path: fileWith(t, JSON.stringify(value)) }), {
      data: value,
      error: null,
    });
  }
});

const GOOD = {
  'as it is': () => {},
  'unknown members': (copy) => {
    copy.services.future = { enable: true };
    copy.more = 1;
  },
  'no deployments': (copy) => {
    copy.deployments = null;
  },
  'a legacy network': (copy) => {
    copy.private_network.legacy = { subnet: 12, ipv4: { ip: '10.0.0.1', cidr: '10.0.0.0/16' } };
  },
  'no services but the load balancer': (copy) => {
    copy.services = { loadbalancer: null };
  },
};

for (const [what, change] of Object.entries(GOOD)) {
  test(`validate accepts: ${what}`, async (t) => {
    const value = changed(change);
    assert.deepEqual(await getEnvironmentMetadata({ path: fileWith(t, value), validate: true }), {
      data: value,
      error: null,
    });
  });
}

const BAD = {
  id: (copy) => {
    copy.id = 7;
  },
  deployments: (copy) => {
    delete copy.deployments;
  },
  tags: (copy) => {
    copy.deployments.tags.production = 1;
  },
  private_network: (copy) => {
    copy.private_network = null;
  },
  vxlan_tag: (copy) => {
    copy.private_network.vxlan_tag = '4711';
  },
  ipv6: (copy) => {
    delete copy.private_network.ipv6.cidr;
  },
  legacy: (copy) => {
    copy.private_network.legacy = { subnet: 'x' };
  },
  services: (copy) => {
    copy.services = [];
  },
  loadbalancer: (copy) => {
    delete copy.services.loadbalancer;
  },
  enable: (copy) => {
    copy.services.discovery.enable = 'yes';
  },
  container_id: (copy) => {
    copy.services.discovery.container_id = 7;
  },
};

for (const [where, change] of Object.entries(BAD)) {
  test(`validate names what is wrong: ${where}`, async (t) => {
    const file = fileWith(t, changed(change));
    const { data, error } = await getEnvironmentMetadata({ path: file, validate: true });
    assert.equal(data, null);
    assert.ok(error instanceof Error);
    assert.equal(error.code, 'ERR_CYCLE_METADATA_SHAPE');
    assert.ok(error.message.includes(where), error.message);
    assert.ok(error.message.includes(file), error.message);
  });
}

test('CYCLE_METADATA_PATH stands in for the path of the platform, the option wins over it', async (t) => {
  const before = process.env.CYCLE_METADATA_PATH;
  t.after(() => {
    if (before === undefined) delete process.env.CYCLE_METADATA_PATH;
    else process.env.CYCLE_METADATA_PATH = before;
  });
  process.env.CYCLE_METADATA_PATH = fileWith(t, { ...METADATA, id: 'from-environment' });
  assert.equal((await getEnvironmentMetadata()).data.id, 'from-environment');
  assert.equal((await getEnvironmentMetadata({})).data.id, 'from-environment');
  assert.equal((await getEnvironmentMetadata({ path: fileWith(t, METADATA) })).data.id, METADATA.id);
  process.env.CYCLE_METADATA_PATH = '';
  const { error } = await getEnvironmentMetadata();
  assert.equal(error?.path ?? '/var/run/cycle/metadata/environment.json', '/var/run/cycle/metadata/environment.json');
});

test('it never rejects, whatever it is given', async () => {
  for (const options of [{ path: 7 }, { path: {} }, { path: Symbol('s') }, { path: '\0' }, { path: '' }, null, 7]) {
    const { data, error } = await getEnvironmentMetadata(options);
    assert.ok(data !== null || error instanceof Error);
  }
});

test('many reads at once', async (t) => {
  const file = fileWith(t, METADATA);
  const results = await Promise.all(Array.from({ length: 300 }, () => getEnvironmentMetadata({ path: file })));
  for (const { data } of results) assert.deepEqual(data, METADATA);
});
