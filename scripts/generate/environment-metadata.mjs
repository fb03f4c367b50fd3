import { schemaDocument } from './openapi.mjs';
import { schemaAlias } from './schema-types.mjs';

/**
 * @param {string} protocol folder that holds schemas/environment-metadata.yaml
 * @returns {Promise<string>} TypeScript declaration of `EnvironmentMetadata`
 */
export async function environmentMetadata(protocol) {
  const name = 'EnvironmentMetadata';
  const document = await schemaDocument(protocol, name, `schemas/environment-metadata.yaml#/${name}`);
  return `import type { components } from "./schema.js";\n\n${await schemaAlias(document, name)}`;
}
