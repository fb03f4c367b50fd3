import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * What the addon says of a protocol: its commands, their params and its options. Programs know it without an addon then.
 *
 * @param {string} root of a checkout where the addon was built
 * @param {object} protocol
 * @returns {import('../../lib/protocol/definition.mjs').ProtocolDescription}
 */
export function descriptionOf(root, protocol) {
  const built = join(root, 'dist', 'protocol.js');
  if (!existsSync(built)) throw new Error('Run "npm run build" first: the addon is asked to describe the protocols');
  return createRequire(import.meta.url)(built).definitionOf(protocol).description;
}
