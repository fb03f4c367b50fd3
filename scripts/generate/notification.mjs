import { schemaDocument } from './openapi.mjs';
import { schemaAlias } from './schema-types.mjs';

/**
 * @param {string} protocol folder that holds notifications.yaml
 * @returns {Promise<string>} TypeScript declaration of `NotificationMessage`
 */
export async function notificationMessage(protocol) {
  const name = 'NotificationMessage';
  const document = await schemaDocument(protocol, name, `notifications.yaml#/components/schemas/${name}`);
  const alias = await schemaAlias(document, name, new Map([['Topic', 'Topic']]));
  return `import type { Topic } from "./topics.js";\n\n${alias}`;
}
