/**
 * The schema that a reference leads to, or the schema itself.
 *
 * @param {any} document
 * @param {any} schema
 * @returns {any}
 */
export function resolve(document, schema) {
  const name = referred(schema);
  return name === undefined ? schema : resolve(document, document.components.schemas[name]);
}

/**
 * The name of the type of a param with this schema.
 *
 * @param {any} document
 * @param {any} schema
 */
export function typeOf(document, schema) {
  const shape = shapeOf(document, schema, {});
  return typeof shape === 'string' && !shape.startsWith('#') ? shape : 'JSON';
}

/**
 * The shape of an answer with this schema. Named schemas of objects and arrays are added to `shapes`.
 *
 * @param {any} document
 * @param {any} schema
 * @param {Record<string, unknown>} shapes
 * @returns {any}
 */
export function shapeOf(document, schema, shapes) {
  const name = referred(schema);
  if (name !== undefined) {
    return named(document, name, shapes);
  }
  const one = onlyVariant(schema);
  if (one !== undefined) {
    return shapeOf(document, one, shapes);
  }
  if (schema.oneOf || schema.anyOf) {
    return 'JSON';
  }
  if (schema.allOf) {
    return merged(schema.allOf.map((/** @type {any} */ part) => shapeOf(document, resolve(document, part), shapes)));
  }
  switch ([schema.type].flat().find((type) => type !== 'null')) {
    case 'string':
      return schema.format === 'date-time' ? 'Date' : 'String';
    case 'integer':
    case 'number':
      return 'Number';
    case 'boolean':
      return 'Boolean';
    case 'array':
      return [shapeOf(document, schema.items, shapes)];
    case 'object':
      return objectShape(document, schema, shapes);
    default:
      return 'JSON';
  }
}

/**
 * @param {any} document
 * @param {string} name
 * @param {Record<string, unknown>} shapes
 */
function named(document, name, shapes) {
  if (name in shapes) {
    return `#${name}`;
  }
  // Added before it is made, because a schema may contain itself.
  shapes[name] = 'JSON';
  const shape = shapeOf(document, document.components.schemas[name], shapes);
  if (typeof shape === 'string') {
    delete shapes[name];
    return shape;
  }
  shapes[name] = shape;
  return `#${name}`;
}

/**
 * @param {any} document
 * @param {any} schema
 * @param {Record<string, unknown>} shapes
 */
function objectShape(document, schema, shapes) {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) {
    const every = schema.additionalProperties;
    return typeof every === 'object' ? { '*': shapeOf(document, every, shapes) } : every === false ? {} : 'JSON';
  }
  return Object.fromEntries(
    properties.map(([key, property]) => {
      const optional = !schema.required?.includes(key) || isNullable(document, property);
      return [optional ? `${key}?` : key, shapeOf(document, property, shapes)];
    }),
  );
}

/**
 * Merges the fields of several object shapes. With any other shape among them, the result is any JSON.
 *
 * @param {any[]} parts
 */
function merged(parts) {
  const maps = parts.filter((part) => typeof part === 'object' && !Array.isArray(part) && !('*' in part));
  return maps.length === parts.length ? Object.assign({}, ...maps) : 'JSON';
}

/**
 * The only variant besides null, if there is only one.
 *
 * @param {any} schema
 */
function onlyVariant({ anyOf, oneOf }) {
  const variants = (anyOf ?? oneOf ?? []).filter((/** @type {any} */ { type }) => type !== 'null');
  return variants.length === 1 ? variants[0] : undefined;
}

/**
 * @param {any} document
 * @param {any} schema
 * @returns {boolean}
 */
function isNullable(document, schema) {
  const { type, anyOf, oneOf } = resolve(document, schema);
  return (
    [type].flat().includes('null') ||
    (anyOf ?? oneOf ?? []).some((/** @type {any} */ part) => isNullable(document, part))
  );
}

/** @param {any} schema */
function referred(schema) {
  return schema.$ref?.replace('#/components/schemas/', '');
}
