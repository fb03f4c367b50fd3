import { readFileSync } from 'node:fs';

/** What is known of the API from elsewhere: names and types only. facts.json explains itself through `document`. */
export const facts = JSON.parse(readFileSync(new URL('facts.json', import.meta.url), 'utf8'));

const newer = JSON.parse(readFileSync(new URL('newer-facts.json', import.meta.url), 'utf8'));

/** The same with what newer platforms have beside it: optional properties, schemas and an operation. */
export const newerFacts = structuredClone(facts);
Object.assign(newerFacts.schemas, newer.schemas);
for (const { schema, property, type } of newer.properties) newerFacts.schemas[schema].properties[property] = type;
newerFacts.endpoints.push(...newer.endpoints);
// In the order of the declaration; those of one path stay as they are.
newerFacts.endpoints.sort(
  (/** @type {any} */ a, /** @type {any} */ b) => Number(a.path > b.path) - Number(a.path < b.path),
);

/**
 * Turns the facts into a document for openapi-typescript. The facts write `ref` for a reference to a schema,
 * `response` for one to a response, `nullable` for a type that null belongs to, and bare names in discriminators.
 *
 * @param {any} table the facts
 * @returns {any} an OpenAPI 3.1 document
 */
export function document(table) {
  /** @type {Record<string, any>} */
  const paths = {};
  for (const { path, method, operationId, params, requestBody, responses } of table.endpoints) {
    paths[path] ??= {};
    paths[path][method] = {
      operationId,
      parameters: params.map((/** @type {any} */ param) => ({ ...param, schema: schema(param.schema) })),
      ...(requestBody && { requestBody: { required: requestBody.required, ...body(requestBody) } }),
      responses: mapped(responses, response),
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'facts', version: '1.0.0' },
    paths,
    components: { responses: mapped(table.responses, response), schemas: mapped(table.schemas, schema) },
  };
}

/** @param {any} fact */
function response(fact) {
  if (fact.response) return { $ref: `#/components/responses/${fact.response}` };
  return { description: '', ...body(fact) };
}

/** @param {any} fact */
function body(fact) {
  return { content: { [fact.mediaType]: { schema: schema(fact.schema) } } };
}

/**
 * @param {any} fact
 * @returns {any}
 */
function schema(fact) {
  if (typeof fact !== 'object') return fact;
  const { ref, nullable, properties, items, additionalProperties, oneOf, allOf, discriminator, ...rest } = fact;
  const result = { ...rest };
  if (ref) result.$ref = reference(ref);
  if (properties) result.properties = mapped(properties, schema);
  if (items) result.items = schema(items);
  if (additionalProperties !== undefined) result.additionalProperties = schema(additionalProperties);
  if (oneOf) result.oneOf = oneOf.map(schema);
  if (allOf) result.allOf = allOf.map(schema);
  if (discriminator) result.discriminator = { ...discriminator, mapping: mapped(discriminator.mapping, reference) };
  if (!nullable) return result;
  if (typeof result.type === 'string' && !oneOf) return { ...result, type: [result.type, 'null'] };
  const { default: initial, ...other } = result;
  return { ...(initial !== undefined && { default: initial }), anyOf: [other, { type: 'null' }] };
}

/** @param {string} name */
function reference(name) {
  return `#/components/schemas/${name}`;
}

/**
 * @param {Record<string, any>} record
 * @param {(value: any) => any} change
 */
function mapped(record, change) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
