import { join } from 'node:path';
import { bundle, bundleFromString, createConfig } from '@redocly/openapi-core';
import { describeNeeds } from './scopes.mjs';

/**
 * Bundles the declaration of the internal API into one document, with references to its own components only.
 *
 * @param {string} protocol folder that holds openapi.yaml
 * @returns {Promise<any>} an OpenAPI 3.1 document
 * @throws when a reference leads nowhere
 */
export async function openapi(protocol) {
  const document = await bundle({ ref: join(protocol, 'openapi.yaml'), config: await createConfig({}) });
  return describeNeeds(finish(document));
}

/**
 * Makes a document of one schema and everything that it refers to.
 *
 * @param {string} protocol folder that the reference starts from
 * @param {string} name name of the schema in the document
 * @param {string} reference where the schema is, for example `schemas/hub.yaml#/PublicHub`
 * @returns {Promise<any>} an OpenAPI 3.1 document without paths
 */
export async function schemaDocument(protocol, name, reference) {
  const source = JSON.stringify({
    openapi: '3.1.0',
    info: { title: name, version: '1.0.0' },
    components: { schemas: { [name]: { $ref: reference } } },
  });
  return finish(
    await bundleFromString({ source, absoluteRef: join(protocol, `${name}.json`), config: await createConfig({}) }),
  );
}

/** @param {Awaited<ReturnType<typeof bundle>>} result */
function finish(result) {
  if (result.problems.length > 0) {
    const lines = result.problems.map(({ message, location }) => {
      const [place] = location;
      return `${place?.source.absoluteRef}${place?.pointer ?? ''}: ${message}`;
    });
    throw new Error(`the declaration cannot be bundled:\n${lines.join('\n')}`);
  }
  return result.bundle.parsed;
}
