// The world that the simulator serves agrees with itself.
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BlockList, isIPv6 } from 'node:net';
import { test } from 'node:test';

/** @typedef {{ [key: string]: any }} Json */

/** @type {Json} */
const world = JSON.parse(readFileSync(new URL('../generated/fixtures.json', import.meta.url), 'utf8'));
const { self, hub, environment, containers, instances, server } = world;

/** @param {Json[]} entries */
const ids = (entries) => entries.map(({ id }) => id);

/** @param {Json} container */
const instancesOf = (container) =>
  instances.filter((/** @type {Json} */ { container_id }) => container_id === container.id);

const neighbours = world.network_environments.filter((/** @type {Json} */ { id }) => id !== environment.id);

/** Which IDs a field of this name may hold. */
const KNOWN = {
  hub_id: [hub.id],
  environment_id: [environment.id],
  container_id: [...ids(containers), ...neighbours.flatMap((/** @type {Json} */ { meta }) => ids(meta.containers))],
  instance_id: ids(instances),
  gateway_instance_id: ids(instances),
  virtual_machine_id: ids(world.virtual_machines),
  integration_id: ids(world.integrations),
  location_id: [server.location_id],
};

/** Fields that name things of which the world has no collection. */
const OUTSIDE = [
  'build_id',
  'model_id',
  'network_id',
  'node_id',
  'pool_id',
  'zone_id',
  'key_id',
  'server_id',
  'access_key_id',
  'volume_id',
];

/**
 * All objects of a value, with their places.
 *
 * @param {unknown} value
 * @param {string} at
 * @returns {Generator<[Json, string]>}
 */
function* objectsOf(value, at) {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [value, at];
  for (const [key, part] of Object.entries(value)) yield* objectsOf(part, `${at}.${key}`);
}

test('every reference leads to an entry', () => {
  let followed = 0;
  for (const [object, at] of objectsOf(world, 'world')) {
    for (const [field, value] of Object.entries(object)) {
      if (!field.endsWith('_id') || value === null || OUTSIDE.includes(field)) continue;
      assert.ok(field in KNOWN, `${at}.${field} is of an unknown kind`);
      const known = KNOWN[/** @type {keyof typeof KNOWN} */ (field)];
      assert.ok(known.includes(value), `${at}.${field} leads nowhere: ${value}`);
      followed += 1;
    }
  }
  assert.ok(followed > 100, `only ${followed} references were followed`);
});

test('IDs are unique', () => {
  const lists = [
    [hub, environment, server, ...neighbours],
    containers,
    world.network_instances,
    world.ips,
    world.networks,
  ];
  const all = ids([...lists, world.virtual_machines, world.integrations].flat());
  assert.equal(new Set(all).size, all.length);
});

test('creators exist', () => {
  for (const [object, at] of objectsOf(world, 'world')) {
    if (!object.creator) continue;
    const known = { environment: ids(world.network_environments), account: [hub.creator.id] };
    const { type, id } = object.creator;
    assert.ok(known[/** @type {keyof typeof known} */ (type)].includes(id), `${at}.creator`);
  }
});

test('the caller is an instance of the world', () => {
  const instance = instances.find((/** @type {Json} */ { id }) => id === self.instance_id);
  assert.equal(instance.container_id, self.container_id);
  assert.equal(instance.environment.id, self.environment_id);
  assert.equal(instance.server_id, self.server_id);
  assert.equal(self.server_id, server.id);
  assert.equal(self.environment_id, environment.id);
});

test('containers and instances belong together', () => {
  for (const container of containers) {
    const own = instancesOf(container);
    assert.equal(container.environment.id, environment.id);
    assert.equal(container.environment.cluster, environment.cluster);
    assert.ok(own.length > 0, `${container.identifier} has no instance`);
    assert.equal(container.instances, own.length);
    assert.equal(container.config.deploy.instances, own.length);
    assertCounts(container.meta.instances_count, own);
    for (const instance of own) {
      assert.equal(instance.environment.id, environment.id);
      assert.equal(instance.deployment?.version, container.deployment?.version);
      assert.equal(instance.service ?? null, container.image.service);
      assert.equal(instance.stateful !== null, container.stateful);
      assert.equal(instance.extension?.id, container.image.extension?.id);
    }
  }
  assertCounts(environment.meta.containers_count, containers);
  assertCounts(environment.meta.instances_count, instances);
});

test('the release of a container is a deployment of the environment', () => {
  const versions = Object.values(environment.deployments.tags);
  for (const { deployment } of containers) {
    if (deployment) assert.ok(versions.includes(deployment.version));
  }
});

test('services are those that the environment has switched on', () => {
  const enabled = Object.entries(environment.services).filter(([, service]) => service?.enable);
  assert.deepEqual(Object.keys(world.services).sort(), enabled.map(([name]) => name).sort());
  for (const [name, { container_id }] of enabled) {
    const service = world.services[name];
    const whole = containers.find((/** @type {Json} */ { id }) => id === container_id);
    assert.equal(service.container.id, container_id);
    for (const [field, value] of Object.entries(service.container)) assert.deepEqual(value, whole[field]);
    assert.equal(whole.image.service, name);
    assert.deepEqual(ids(service.instances), ids(instancesOf(whole)));
    const [{ instance_id }] = environment.meta.service_versions[name];
    assert.ok(ids(service.instances).includes(instance_id));
  }
});

test('private addresses lie in the networks they belong to', () => {
  const { cidr } = environment.private_network.ipv6;
  for (const container of containers) {
    assertWithin(container.environment.ipv6, cidr);
    for (const instance of instancesOf(container)) {
      assertWithin(instance.environment.ipv6, container.environment.ipv6.cidr);
      assert.equal(instance.environment.vxlan_tag, environment.private_network.vxlan_tag);
      assert.equal(instance.environment.network_subnet, environment.private_network.subnet);
    }
  }
  for (const field of ['ipv6', 'mac_addr']) {
    const given = world.network_instances.map(
      (/** @type {Json} */ entry) => entry.environment[field].ip ?? entry.environment[field],
    );
    assert.equal(new Set(given).size, given.length, `${field} given twice`);
  }
});

test('an assigned address is held by an instance of the container named', () => {
  for (const { ip, cidr, network, assignment } of world.ips) {
    assertWithin({ ip, cidr }, network);
    const holder = instances.find((/** @type {Json} */ { id }) => id === assignment.instance_id);
    assert.equal(holder.container_id, assignment.container_id);
  }
  for (const container of containers) {
    const held = world.ips.filter((/** @type {Json} */ { assignment }) => assignment.container_id === container.id);
    assert.deepEqual(container.meta.ips ?? [], held);
  }
});

test('addresses from the pool of a network lie in what the network may hand out', () => {
  const pooled = instances.flatMap((/** @type {Json} */ { id, meta }) =>
    (meta.sdn_pool_ips ?? []).map((/** @type {Json} */ ip) => ({ id, ip })),
  );
  assert.ok(pooled.length > 0);
  for (const { id, ip } of pooled) {
    const network = world.networks.find((/** @type {Json} */ entry) => entry.id === ip.network_id);
    assert.equal(ip.assignment.instance_id, id);
    assertWithin(ip, network.l2.ips.details.ipv4.network);
    const [from, to] = network.l2.ips.details.ipv4.usable.split('-');
    const usable = new BlockList();
    usable.addRange(from, to);
    assert.ok(usable.check(ip.ip));
  }
});

test('each domain is linked to what it is listed for, and its certificate names it', () => {
  for (const { container_id, value } of world.domains) {
    const { linked } = value.record.type;
    const machine = world.virtual_machines.find((/** @type {Json} */ { id }) => id === linked.virtual_machine?.id);
    assert.equal(linked.container_id ?? machine.container_id, container_id);
    assert.equal(value.record.resolved_domain, value.fqdn);

    const { certificate } = value.record.features;
    const found = world.certificates.filter((/** @type {Json} */ entry) => entry.value.id === certificate.id);
    assert.equal(found.length, 1);
    assert.equal(found[0].container_id, container_id);
  }
  assert.equal(world.certificates.length, world.domains.length);
  for (const container of containers) {
    const listed = world.domains.filter((/** @type {Json} */ { container_id }) => container_id === container.id);
    assert.deepEqual(
      container.meta.domains ?? [],
      listed.map((/** @type {Json} */ { value }) => value),
    );
  }
});

test('certificates are valid, and each goes with its key, its domains and the record of its domain', () => {
  for (const { value } of world.certificates) {
    const [own, issuer, ...more] = value.bundle
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .map((/** @type {string} */ pem) => new X509Certificate(pem));
    assert.equal(more.length, 0);
    assert.ok(own.checkPrivateKey(createPrivateKey(value.private_key)));
    assert.ok(own.checkIssued(issuer) && own.verify(issuer.publicKey) && issuer.ca && !own.ca);
    assert.equal(own.subjectAltName, value.domains.map((/** @type {string} */ name) => `DNS:${name}`).join(', '));

    const { value: domain } = world.domains.find(
      (/** @type {Json} */ entry) => entry.value.record.features.certificate.id === value.id,
    );
    assert.ok(own.checkHost(domain.fqdn), `${value.domains} for ${domain.fqdn}`);
    const { generated, expires, wildcard_child } = domain.record.features.certificate;
    assert.deepEqual([new Date(own.validFrom), new Date(own.validTo)], [new Date(generated), new Date(expires)]);
    assert.equal(wildcard_child, !value.domains.includes(domain.fqdn));
  }
  const mine = world.certificates.filter((/** @type {Json} */ { container_id }) => container_id === self.container_id);
  assert.deepEqual(
    mine.map((/** @type {Json} */ { value }) => value.domains[0].startsWith('*.')),
    [false, true],
  );
});

test('networks, their environments and their instances agree', () => {
  const joined = new Set(world.networks.flatMap((/** @type {Json} */ network) => ids(network.environments)));
  assert.deepEqual([...joined].sort(), ids(world.network_environments).sort());
  assert.deepEqual(ids(world.network_environments)[0], environment.id);

  const away = world.network_instances.filter((/** @type {Json} */ entry) => entry.environment.id !== environment.id);
  assert.deepEqual(world.network_instances, [...instances, ...away]);
  for (const neighbour of neighbours) {
    const own = away.filter((/** @type {Json} */ entry) => entry.environment.id === neighbour.id);
    assertCounts(neighbour.meta.instances_count, own);
    assertCounts(neighbour.meta.containers_count, neighbour.meta.containers);
    for (const { container_id, environment: network } of own) {
      const home = neighbour.meta.containers.find((/** @type {Json} */ { id }) => id === container_id);
      assertWithin(network.ipv6, home.environment.ipv6.cidr);
      assertWithin(home.environment.ipv6, neighbour.private_network.ipv6.cidr);
    }
  }
});

test('the server holds every instance of the environment, and its sums are right', () => {
  const { meta } = server;
  for (const instance of instances) assert.equal(instance.server_id, server.id);
  for (const { server_id } of world.network_instances.slice(instances.length)) assert.notEqual(server_id, server.id);
  assertCounts(meta.instances_count, instances);

  const total = (/** @type {(config: Json) => number} */ limit) =>
    containers.reduce(
      (/** @type {number} */ sum, /** @type {Json} */ entry) => sum + entry.instances * limit(entry.config.resources),
      0,
    );
  assert.equal(
    meta.allocations.cpu_shares.allocated,
    total(({ cpu }) => cpu.shares.limit),
  );
  assert.equal(
    meta.allocations.ram.allocated_mb,
    total(({ ram }) => bytes(ram.limit) / 2 ** 20),
  );
  assert.equal(server.provider.integration_id, instances[0].provider.integration_id);
});

test('images of all containers are on the server', () => {
  const images = ids(world.server_images);
  assert.equal(new Set(images).size, images.length);
  for (const container of containers) assert.ok(images.includes(container.image.id), container.identifier);
});

test('there is one telemetry entry for each instance, within its limits', () => {
  assert.deepEqual(
    world.telemetry.map((/** @type {Json} */ { instance_id }) => instance_id),
    ids(instances),
  );
  for (const { stats, ...entry } of world.telemetry) {
    const instance = instances.find((/** @type {Json} */ { id }) => id === entry.instance_id);
    const container = containers.find((/** @type {Json} */ { id }) => id === entry.container_id);
    assert.equal(instance.container_id, container.id);
    for (const field of Object.keys(entry)) assert.equal(stats[field], entry[field]);
    assert.equal(stats.server_id, server.id);

    const { usage, max_usage, limit } = stats.memory.usage;
    assert.ok(usage <= max_usage && max_usage <= limit);
    assert.equal(limit, bytes(container.config.resources.ram.limit));
    assert.equal(stats.cpu.usage.total, stats.cpu.usage.user + stats.cpu.usage.kernel);
  }
});

test('the virtual machine runs in its hypervisor and leaves by the gateway', () => {
  for (const machine of world.virtual_machines) {
    const hypervisor = containers.find((/** @type {Json} */ { id }) => id === machine.container_id);
    assert.deepEqual(hypervisor.image.extension, { identifier: 'virtual-machine-v1', id: machine.id });
    assert.deepEqual(machine.environment, { cluster: environment.cluster, id: environment.id });
    const address = world.ips.filter(
      (/** @type {Json} */ { assignment }) => assignment.virtual_machine?.id === machine.id,
    );
    assert.deepEqual(machine.meta.ips, address);
    assert.equal(machine.meta.hypervisor_ips.ipv6, instancesOf(hypervisor)[0].environment.ipv6.ip);

    const domains = world.virtual_machine_domains.filter(
      (/** @type {Json} */ entry) => entry.virtual_machine_id === machine.id,
    );
    assert.deepEqual(
      machine.meta.domains,
      domains.map((/** @type {Json} */ { value }) => value),
    );
    const gateways = world.virtual_machine_gateways.filter(
      (/** @type {Json} */ entry) => entry.virtual_machine_id === machine.id,
    );
    assert.equal(gateways.length > 0, machine.config.network.egress_via_gateway);
    for (const { gateway_instance_id, ips } of gateways) {
      assert.ok(ids(world.services.gateway.instances).includes(gateway_instance_id));
      assert.deepEqual(
        ips.map((/** @type {Json} */ { public_ip }) => public_ip),
        address.map((/** @type {Json} */ { ip }) => ip),
      );
    }
  }
});

test('integrations can be told apart', () => {
  const identifiers = world.integrations.map((/** @type {Json} */ { identifier }) => identifier);
  assert.equal(new Set(identifiers).size, identifiers.length);
});

test('no two VPN users have the same name', () => {
  const names = world.vpn_users.map((/** @type {Json} */ { username }) => username);
  assert.ok(names.length > 0);
  assert.equal(new Set(names).size, names.length);
});

test('the metadata file says the same as the environment', () => {
  const { id, deployments, private_network, services } = environment;
  assert.deepEqual(world.environment_metadata, { id, deployments, private_network, services });
});

/**
 * @param {Json} counts
 * @param {Json[]} entries
 */
function assertCounts(counts, entries) {
  /** @type {Json} */
  const state = {};
  for (const entry of entries) state[entry.state.current] = (state[entry.state.current] ?? 0) + 1;
  assert.equal(counts.total, entries.length);
  assert.deepEqual(counts.state, state);
  assert.ok(counts.available <= counts.total);
}

/**
 * @param {{ ip: string, cidr: string }} net
 * @param {string} outer network in CIDR notation
 */
function assertWithin({ ip, cidr }, outer) {
  assert.ok(network(cidr).check(ip, family(ip)), `${ip} is not in ${cidr}`);
  assert.ok(network(outer).check(ip, family(ip)), `${ip} is not in ${outer}`);
}

/** @param {string} cidr */
function network(cidr) {
  const [address, length] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(address, Number(length), family(address));
  return list;
}

/** @param {string} ip */
function family(ip) {
  return isIPv6(ip) ? 'ipv6' : 'ipv4';
}

/** @param {string} size such as `512M` or `2G` */
function bytes(size) {
  return Number.parseInt(size, 10) * { M: 2 ** 20, G: 2 ** 30 }[/** @type {'M' | 'G'} */ (size.at(-1))];
}
