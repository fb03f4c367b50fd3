import { objectOf, unexpected } from './call.mjs';

/** Topics that are about containers, but change nothing in lists. */
const BACKUPS = 'container.backup.';

/**
 * What can be mirrored: where its list comes from, and which notifications may change the list.
 *
 * @typedef {object} Resource
 * @property {string} path
 * @property {string[]} topics exact, or `prefix.*`
 * @property {string[]} [except] prefixes of topics that `topics` includes, but that change nothing in the list
 * @property {(path: string, data: unknown) => Map<string, any>} read gives the entries of a list by ID
 */

/** @type {Record<string, Resource>} */
const RESOURCES = {
  containers: {
    path: '/v1/environment/containers',
    topics: ['container.*', 'environment.deployments.reconfigured'],
    except: [BACKUPS, 'container.instance.'],
    read: byId,
  },
  instances: {
    path: '/v1/environment/instances',
    // No topic says that there is a new instance: it comes of what happens to its container or virtual machine.
    topics: ['container.*', 'environment.deployments.reconfigured', 'virtual-machine.state.changed'],
    except: [BACKUPS],
    read: byId,
  },
  services: {
    path: '/v1/environment/services',
    topics: ['container.*', 'environment.services.*'],
    except: [BACKUPS],
    read: byService,
  },
  ips: {
    path: '/v1/environment/ips',
    topics: [
      'infrastructure.ips.*',
      'ips_pool.*',
      'environment.services.lb.ips.modified',
      'container.instance.state.changed',
      'container.instances.reconfigured',
      'container.reconfigured',
      'container.state.changed',
      'virtual-machine.ips.modified',
      'virtual-machine.state.changed',
    ],
    read: byId,
  },
  virtualMachines: {
    path: '/v1/environment/virtual-machines',
    topics: ['virtual-machine.*'],
    read: byId,
  },
};

/**
 * Whether a notification may mean that the list of a resource has changed.
 *
 * @param {Resource} resource
 * @param {string} topic
 */
function concerns({ topics, except = [] }, topic) {
  return (
    topics.some((one) => (one.endsWith('.*') ? topic.startsWith(one.slice(0, -1)) : topic === one)) &&
    !except.some((prefix) => topic.startsWith(prefix))
  );
}

/**
 * @param {string} path
 * @param {unknown} data
 */
function byId(path, data) {
  if (!Array.isArray(data)) {
    throw unexpected('GET', path, '`data` is not an array');
  }
  const entries = new Map(data.map((entry) => [entry?.id, entry]));
  for (const id of entries.keys()) {
    if (typeof id !== 'string' || id === '') {
      throw unexpected('GET', path, 'an entry has no `id`');
    }
  }
  return entries;
}

/**
 * Services have no ID: their names are unique.
 *
 * @param {string} path
 * @param {unknown} data
 */
function byService(path, data) {
  const entries = new Map(Object.entries(objectOf('GET', path, data)));
  for (const [name, service] of entries) {
    const id = service?.container?.id;
    if (typeof id !== 'string' || id === '') {
      throw unexpected('GET', path, `service ${name} has no \`container\` with an \`id\``);
    }
  }
  return entries;
}

export { concerns, RESOURCES };
