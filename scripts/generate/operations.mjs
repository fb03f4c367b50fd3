import { needs } from './scopes.mjs';

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/**
 * Makes a flat table of the operations of a document, in its order.
 *
 * @param {any} document a bundled OpenAPI document
 * @returns {any[]} for each operation: operationId, method in upper case, path, summary, description, tags, scopes and needs
 *   where they are known, group, params, body (null without one), auth (one of the schemes is enough), success, and
 *   failures: the other answers that do not have the shape of the default error
 */
export function operationTable(document) {
  const paths = Object.entries(document.paths);
  const groups = new Set(paths.map(([path]) => firstSegment(path)));
  return paths.flatMap(([path, item]) =>
    methods
      .filter((method) => item[method])
      .map((method) => row(document, groups, path, method, item[method], item.parameters ?? [])),
  );
}

/**
 * @param {any} document
 * @param {Set<string>} groups
 * @param {string} path
 * @param {string} method
 * @param {any} operation
 * @param {any[]} shared parameters of the path
 */
function row(document, groups, path, method, operation, shared) {
  const answers = Object.entries(operation.responses)
    .filter(([status]) => status !== 'default')
    .map(([status, response]) => answer(Number(status), response));
  /** @type {object[]} */
  const security = operation.security ?? document.security ?? [];
  const need = needs(operation);
  return {
    operationId: operation.operationId,
    method: method.toUpperCase(),
    path,
    summary: operation.summary,
    description: operation.description,
    tags: operation.tags,
    ...(operation['x-cycle-scopes'] ? { scopes: operation['x-cycle-scopes'] } : {}),
    ...(need ? { needs: need } : {}),
    group: group(path, groups),
    params: [...shared, ...(operation.parameters ?? [])].map(param),
    body: operation.requestBody ? body(operation.requestBody) : null,
    auth: security.flatMap((scheme) => Object.keys(scheme)),
    success: answers.find(({ status }) => status < 300),
    failures: answers.filter(({ status }) => status >= 300),
  };
}

/** @param {any} parameter */
function param({ name, in: place, required = false, description, schema }) {
  return { name, in: place, required, description, schema };
}

/** @param {any} requestBody */
function body({ required = false, description, content }) {
  const [[mediaType, { schema }]] = Object.entries(content);
  return { required, mediaType, description, schema };
}

/**
 * @param {number} status
 * @param {any} response
 */
function answer(status, { description, content = {} }) {
  const [first] = Object.values(content);
  return { status, description, schema: first?.schema ?? null };
}

/**
 * The first segment of the path after its version; a plural joins the group of its singular when there is one.
 *
 * @param {string} path
 * @param {Set<string>} groups
 */
function group(path, groups) {
  const segment = firstSegment(path);
  const singular = segment.replace(/s$/, '');
  return groups.has(singular) ? singular : segment;
}

/** @param {string} path */
function firstSegment(path) {
  return path.split('/')[2];
}
