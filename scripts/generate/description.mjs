import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Asks the addon to describe a protocol: its commands, their params and its options. The description is generated, so that
 * programs have it without the addon.
 *
 * @param {string} root folder of the checkout; the addon must be built
 * @param {object} protocol
 * @returns {import('../../lib/protocol/definition.mjs').ProtocolDescription}
 */
export function descriptionOf(root, protocol) {
  const built = join(root, 'dist', 'protocol.js');
  if (!existsSync(built)) throw new Error('Run "npm run build" first: the addon describes the protocols');
  return createRequire(import.meta.url)(built).definitionOf(protocol).description;
}
