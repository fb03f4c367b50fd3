'use strict';

const { bodyOf, httpServer, json } = require('./http-server.js');

/**
 * A platform that holds the election of one container, on node:http. The token of an instance is its ID.
 *
 * `platform.answer` may be set: it gets `{ id, electable }` of a check-in before it counts, and what it gives is answered in its
 * place: `{ status, body }`, or `'drop'` to close the connection. It may be asynchronous.
 *
 * @param {{ after: (hook: () => unknown) => void }} scope
 * @param {{ deadlineMs?: number, setting?: string | null }} [options] `setting` is the container's deadline
 */
async function electionPlatform(scope, { deadlineMs = 400, setting = `${deadlineMs}ms` } = {}) {
  /** @type {Map<string, { seen: number, priority: number, electable: boolean }>} */
  const members = new Map();
  const platform = {
    socketPath: '',
    /** @type {{ id: string, electable: boolean, priority: number }[]} */
    checkins: [],
    /** @type {string | null} */
    primary: null,
    setting,
    /** @type {((checkin: { id: string, electable: boolean }) => any) | undefined} */
    answer: undefined,
    close: async () => {},
  };

  function elect(now) {
    for (const [id, { seen }] of members) if (now - seen >= deadlineMs) members.delete(id);
    if (platform.primary !== null && !members.get(platform.primary)?.electable) platform.primary = null;
    const [best] = [...members].filter(([, one]) => one.electable).sort(([, a], [, b]) => b.priority - a.priority);
    platform.primary ??= best?.[0] ?? null;
  }

  const server = await httpServer(scope, async (request, response) => {
    const id = String(request.headers['x-cycle-token']);
    if (request.url === '/v1/container') {
      const deploy = { ha_elections: platform.setting && { stale_primary_deadline: platform.setting } };
      json(response, { data: { config: { deploy } } });
      return;
    }
    const body = JSON.parse(String(await bodyOf(request)));
    const checkin = { id, ...body };
    platform.checkins.push(checkin);
    const other = await platform.answer?.(checkin);
    if (other === 'drop') {
      request.socket.destroy();
    } else if (other) {
      json(response, other.body ?? { data: null, error: other.error }, other.status);
    } else {
      const now = performance.now();
      members.set(id, { seen: now, ...body });
      elect(now);
      json(response, { data: { primary_instance_id: platform.primary, time: new Date().toISOString() } });
    }
  });
  return Object.assign(platform, { socketPath: server.socketPath, close: server.close });
}

module.exports = { electionPlatform };
