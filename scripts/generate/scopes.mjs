/** Where a container's config says which scopes it has. */
const SETTING = 'runtime.internal_api.scope';

/** Longest line of the code, in characters. */
const LINE = 120;

/**
 * `x-cycle-scopes` of an operation: the scopes that a call needs, or which one for each value of a param. Undefined where
 * nobody has said it.
 *
 * @typedef {string[] | Record<string, Record<string, string>> | undefined} Scopes
 */

/**
 * What an operation needs of the container that calls it, in a few words; undefined when there is nothing to say.
 *
 * @param {{ 'x-cycle-scopes'?: Scopes, 'x-cycle-internal'?: 'possible' | 'certain' }} operation
 * @returns {string | undefined}
 */
export function needs({ 'x-cycle-scopes': scopes, 'x-cycle-internal': internal }) {
  if (internal) {
    return internal === 'certain'
      ? "for the platform's own containers only"
      : 'the platform may keep this to its own containers';
  }
  if (scopes === undefined) return undefined;
  if (Array.isArray(scopes)) return scopes.length > 0 ? `needs scope ${scopes.join(', ')}` : 'needs no scope';
  return Object.entries(scopes)
    .map(([param, byValue]) => `needs the scope that goes with ${param}: ${pairs(byValue)}`)
    .join('; ');
}

/** @param {Record<string, string>} byValue */
function pairs(byValue) {
  return Object.entries(byValue)
    .map(([value, scope]) => `${scope} for ${value}`)
    .join(', ');
}

/**
 * The suggestion for a call that the platform refused, when it may be a scope that is missing.
 *
 * @param {Scopes} scopes
 * @returns {string | undefined}
 */
export function scopeSuggestion(scopes) {
  if (scopes === undefined || (Array.isArray(scopes) && scopes.length === 0)) return undefined;
  if (Array.isArray(scopes)) {
    const names = scopes.map((scope) => `\`${scope}\``).join(', ');
    return `This call needs scope ${names}: add it to the container's \`${SETTING}\`.`;
  }
  const [[param, byValue]] = Object.entries(scopes);
  return `This call needs a scope (${pairs(byValue)}, by its ${param}): add it to the container's \`${SETTING}\`.`;
}

/**
 * @param {{ paths: Record<string, Record<string, any>> }} document
 * @returns {Record<string, string>} by method and path, what to do when the platform refuses the call
 */
export function scopeHints({ paths }) {
  const hints = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [
      `${method.toUpperCase()} ${path}`,
      scopeSuggestion(operation['x-cycle-scopes']),
    ]),
  );
  return Object.fromEntries(hints.filter(([, hint]) => hint !== undefined));
}

/**
 * Says in the description of each operation of a document what it needs.
 *
 * @template {{ paths: Record<string, any> }} T
 * @param {T} document a bundled OpenAPI document, which is changed
 * @returns {T}
 */
export function describeNeeds(document) {
  for (const item of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(item)) {
      const words = operation.description && needs(operation);
      if (words) {
        const setting = scopeSuggestion(operation['x-cycle-scopes']) ? ` (\`${SETTING}\`)` : '';
        operation.description += ` ${words[0].toUpperCase()}${words.slice(1)}${setting}.`;
      }
    }
  }
  return document;
}

/**
 * The module with these hints. A module and not JSON, so that it is in the bundles, and there where a call fails.
 *
 * @param {Record<string, string>} hints
 */
export function scopeHintModule(hints) {
  const lines = Object.entries(hints).map(([call, hint]) => {
    const [key, value] = [`  '${call}':`, JSON.stringify(hint)];
    const line = `${key} ${value},`;
    return line.length <= LINE ? line : `${key}\n    ${value},`;
  });
  return `/** By method and path, what to do when the platform refuses the call. @type {Record<string, string>} */
export const scopeHints = {
${lines.join('\n')}
};
`;
}
