import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { resolve, shapeOf, typeOf } from './protocol-shape.mjs';
import { scopeSuggestion } from './scopes.mjs';

/** The field of an answer that contains the results. */
const RESULTS = 'data';

/**
 * Makes the protocol declaration of the internal API, with type names in place of constructors.
 *
 * @param {string} folder the folder with overlay.yaml
 * @param {any} document a bundled OpenAPI document
 * @param {any[]} operations its operation table
 */
export async function cycleProtocol(folder, document, operations) {
  const overlay = parse(await readFile(join(folder, 'overlay.yaml'), 'utf8'));
  checkNames(overlay, operations);
  /** @type {Record<string, unknown>} */
  const shapes = {};
  /** @type {Record<string, Record<string, unknown>>} */
  const groups = {};
  for (const operation of operations) {
    const command = overlay.commands[operation.operationId];
    groups[operation.group] ??= {};
    groups[operation.group][command.command] = endpoint(document, operation, command, overlay, shapes);
  }
  const { name, description, params, credential, fields, errors } = overlay;
  const sorted = Object.fromEntries(Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    global: {
      name,
      description,
      params,
      request: { credential },
      response: { results: RESULTS, fields, error: errors, shapes: sorted },
    },
    ...groups,
  };
}

/**
 * @param {any} overlay
 * @param {any[]} operations
 */
function checkNames(overlay, operations) {
  const known = new Set(operations.map(({ operationId }) => operationId));
  const strange = Object.keys(overlay.commands).filter((name) => !known.has(name));
  const missing = [...known].filter((name) => !overlay.commands[name]);
  if (strange.length + missing.length > 0) {
    throw new Error(
      `overlay.yaml: no such operations: ${strange.join(', ')}; operations without a command: ${missing.join(', ')}`,
    );
  }
}

/**
 * @param {any} document
 * @param {any} operation
 * @param {any} command the entry of the overlay
 * @param {any} overlay
 * @param {Record<string, unknown>} shapes
 */
function endpoint(document, operation, command, overlay, shapes) {
  const own = Object.fromEntries(
    operation.params.map((/** @type {any} */ { name, description, required, schema }) => [
      name,
      param(document, schema, description, required, command.examples?.[name]),
    ]),
  );
  const body = bodyOf(document, operation, command);
  const basic = Object.fromEntries(
    Object.entries(command.basic ?? {}).map(([name, description]) => [
      name,
      {
        type: 'String',
        description,
        ...(name === 'password' ? { secret: true } : {}),
        example: command.examples?.[name],
      },
    ]),
  );
  const errors = { ...refusals(overlay, operation), ...command.errors };
  const shape = operation.success.schema && shapeOf(document, operation.success.schema, shapes);
  const secret = [
    ...(command.secrets ?? []),
    ...overlay.secrets.filter((/** @type {string} */ path) => reaches(shape, path, shapes)),
  ];
  return {
    path: operation.path,
    params: { ...own, ...body.params, ...basic },
    description: operation.needs ? `${operation.summary} (${operation.needs})` : operation.summary,
    msg: command.msg,
    request: {
      method: operation.method,
      authorized: operation.auth.includes('tokenAuth'),
      ...(body.names === undefined ? {} : { body: body.names }),
      ...(command.basic ? { basic: Object.keys(command.basic) } : {}),
    },
    response: {
      ...(shape === null ? {} : { body: shape }),
      ...(Object.keys(errors).length > 0 ? { error: errors } : {}),
      success: { status: operation.success.status, msg: command.success ?? '{results}' },
      ...(secret.length > 0 ? { secret } : {}),
    },
  };
}

/**
 * The errors of a call that may lack a scope: as for every call, with a suggestion more.
 *
 * @param {any} overlay
 * @param {any} operation
 */
function refusals({ errors }, { scopes }) {
  const suggestion = scopeSuggestion(scopes);
  if (suggestion === undefined) return {};
  return Object.fromEntries(
    ['unauthorized', 'forbidden'].map((name) => [
      name,
      { ...errors[name], suggestions: [...errors[name].suggestions, suggestion] },
    ]),
  );
}

/**
 * The params for the body: one for each field of an object, or a single one that the overlay names.
 *
 * @param {any} document
 * @param {any} operation
 * @param {any} command
 * @returns {{ params: Record<string, unknown>, names?: string | string[] }}
 */
function bodyOf(document, { body }, command) {
  if (body === null) {
    return { params: {} };
  }
  if (command.body !== undefined) {
    return {
      params: {
        [command.body]: param(document, body.schema, body.description, body.required, command.examples?.[command.body]),
      },
      names: command.body,
    };
  }
  const variants = resolve(document, body.schema).oneOf ?? [body.schema];
  const objects = variants.map((/** @type {any} */ variant) => resolve(document, variant));
  const names = [...new Set(objects.flatMap((/** @type {any} */ object) => Object.keys(object.properties)))];
  const params = names.map((name) => {
    const schemas = objects.map((/** @type {any} */ object) => object.properties[name]);
    const required = objects.every((/** @type {any} */ object) => object.required?.includes(name));
    const description = command.descriptions?.[name] ?? schemas[0].description;
    return [name, param(document, oneOf(document, schemas), description, required, command.examples?.[name])];
  });
  return { params: Object.fromEntries(params), names };
}

/**
 * Makes one schema for a property that several variants have.
 *
 * @param {any} document
 * @param {any[]} schemas
 */
function oneOf(document, schemas) {
  const [first, ...others] = schemas.map((schema) => resolve(document, schema));
  if (others.length === 0) {
    return first;
  }
  const values = [first, ...others].flatMap((schema) => schema.enum ?? []);
  return values.length > 0 ? { ...first, enum: values } : {};
}

/**
 * @param {any} document
 * @param {any} schema
 * @param {string} description
 * @param {boolean} required
 * @param {unknown} example
 */
function param(document, schema, description, required, example) {
  const type = typeOf(document, schema);
  const { enum: values } = resolve(document, schema);
  return {
    type,
    description: description.replace(/\.$/, ''),
    ...(required ? {} : { required: false }),
    ...(values && type !== 'JSON' ? { values } : {}),
    ...(example === undefined ? {} : { example }),
  };
}

/**
 * Whether a secret path can match in a shape: whether any object in it has the first named key of the path.
 *
 * @param {any} shape
 * @param {string} path
 * @param {Record<string, any>} shapes
 */
function reaches(shape, path, shapes) {
  const wanted = path.split('.').filter((key) => !key.startsWith('*'))[0];
  const seen = new Set();
  /** @type {(part: any) => boolean} */
  const search = (part) => {
    if (typeof part === 'string') {
      const name = part.startsWith('#') ? part.slice(1) : undefined;
      if (name === undefined || seen.has(name)) {
        return false;
      }
      seen.add(name);
      return search(shapes[name]);
    }
    if (part === null || part === undefined) {
      return false;
    }
    return Object.entries(part).some(([key, inner]) => key.replace(/\?$/, '') === wanted || search(inner));
  };
  return search(shape);
}
