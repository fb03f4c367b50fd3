/** @typedef {{ [key: string]: any }} Json */

/**
 * Finds fields that the schema neither declares nor allows by `additionalProperties`. JSON Schema accepts such fields, but
 * in hand-written data they are spelling mistakes.
 *
 * @param {unknown} value
 * @param {Json} schema
 * @param {(ref: string) => Json} resolve looks up a `$ref`
 * @param {string} [at] place of the value
 * @returns {string[]} the places of undeclared fields
 */
export function undeclaredFields(value, schema, resolve, at = '') {
  return walk(value, alternatives(schema, resolve), resolve, at);
}

/**
 * @param {unknown} value
 * @param {Json[]} schemas all schemas that may describe the value
 * @param {(ref: string) => Json} resolve
 * @param {string} at
 * @returns {string[]}
 */
function walk(value, schemas, resolve, at) {
  if (Array.isArray(value)) {
    const items = schemas.filter(({ items }) => items).flatMap(({ items }) => alternatives(items, resolve));
    return value.flatMap((item, index) => walk(item, items, resolve, `${at}/${index}`));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const place = `${at}/${name}`;
    const found = schemas.flatMap((schema) => fieldSchemas(schema, name));
    if (found.length === 0) return [place];
    return walk(
      field,
      found.flatMap((schema) => alternatives(schema, resolve)),
      resolve,
      place,
    );
  });
}

/**
 * @param {Json} schema
 * @param {string} name
 * @returns {Json[]}
 */
function fieldSchemas({ properties, additionalProperties }, name) {
  if (properties && Object.hasOwn(properties, name)) return [properties[name]];
  return additionalProperties ? [additionalProperties] : [];
}

/**
 * Lists a schema and all schemas that it refers to or combines.
 *
 * @param {Json} schema
 * @param {(ref: string) => Json} resolve
 * @returns {Json[]}
 */
function alternatives(schema, resolve) {
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => schema[keyword] ?? []);
  if (schema.$ref) parts.push(resolve(schema.$ref));
  return [schema, ...parts.flatMap((part) => alternatives(part, resolve))];
}
