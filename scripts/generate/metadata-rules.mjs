import { schemaDocument } from './openapi.mjs';

/** @typedef {{ path: string, kind: string, nullable: boolean, optional: boolean }} Rule */

/**
 * Makes the rules by which the addon checks the environment metadata file, parents before their fields. A path can contain
 * `*` for any name. All services have the same rules: a field that is optional or nullable in one is so in all, and their
 * configurations are not checked.
 *
 * @param {string} protocol folder that holds schemas/environment-metadata.yaml
 * @returns {Promise<Rule[]>}
 */
export async function metadataRules(protocol) {
  const name = 'EnvironmentMetadata';
  const document = await schemaDocument(protocol, name, `schemas/environment-metadata.yaml#/${name}`);
  /** @type {Record<string, any>} */
  const schemas = document.components.schemas;
  const { services, ...others } = properties(schemas[name], schemas);
  return [
    ...rules('', others, schemas),
    rule('services', services),
    ...rules('services', properties(services.schema, schemas), schemas, false),
    ...serviceRules(Object.entries(properties(services.schema, schemas)), schemas),
  ];
}

/**
 * @param {string} parent
 * @param {Record<string, Property>} fields
 * @param {Record<string, any>} schemas
 * @returns {Rule[]}
 */
function rules(parent, fields, schemas, deep = true) {
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = parent === '' ? name : `${parent}.${name}`;
    return [rule(path, field), ...(deep ? rules(path, properties(field.schema, schemas), schemas) : [])];
  });
}

/**
 * @param {[string, Property][]} services
 * @param {Record<string, any>} schemas
 * @returns {Rule[]}
 */
function serviceRules(services, schemas) {
  const all = services.map(([, service]) => properties(service.schema, schemas));
  const names = [...new Set(all.flatMap((fields) => Object.keys(fields)))];
  return names.flatMap((field) => {
    const same = all.flatMap((fields) => fields[field] ?? []);
    const nullable = same.some((one) => one.nullable);
    const optional = same.length < all.length || same.some((one) => one.optional);
    return services.map(([name]) => rule(`services.${name}.${field}`, { ...same[0], nullable, optional }));
  });
}

/** @typedef {{ schema: any, nullable: boolean, optional: boolean }} Property */

/**
 * The properties of an object, with references resolved and null as a flag; `*` for those without a declared name.
 *
 * @param {any} schema
 * @param {Record<string, any>} schemas
 * @returns {Record<string, Property>}
 */
function properties(schema, schemas) {
  const declared = { ...schema.properties };
  if (schema.additionalProperties?.$ref || schema.additionalProperties?.type) {
    declared['*'] = schema.additionalProperties;
  }
  const required = schema.required ?? [];
  return Object.fromEntries(
    Object.entries(declared).map(([name, field]) => [
      name,
      { ...resolved(field, schemas), optional: !required.includes(name) },
    ]),
  );
}

/**
 * @param {any} schema
 * @param {Record<string, any>} schemas
 * @returns {{ schema: any, nullable: boolean }}
 */
function resolved(schema, schemas) {
  if (schema.$ref) return resolved(schemas[schema.$ref.split('/').at(-1)], schemas);
  if (schema.anyOf) {
    const [other, ...more] = schema.anyOf.filter((/** @type {any} */ choice) => choice.type !== 'null');
    if (more.length > 0) throw new Error('a field of the metadata file must have only one type besides null');
    return { ...resolved(other, schemas), nullable: true };
  }
  return { schema, nullable: [schema.type].flat().includes('null') };
}

/**
 * @param {string} path
 * @param {Property} property
 * @returns {Rule}
 */
function rule(path, { schema, nullable, optional }) {
  const kinds = [schema.type].flat().filter((kind) => kind !== 'null');
  if (kinds.length !== 1 || !['boolean', 'integer', 'object', 'string'].includes(kinds[0])) {
    throw new Error(`${path}: the addon cannot check the kind ${kinds.join(', ')}`);
  }
  return { path, kind: kinds[0], nullable, optional };
}
