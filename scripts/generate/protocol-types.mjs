/** Keys that need no quotes. */
const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/;

/**
 * Makes the type of a declaration with constructors. Every part is a literal type, so that the types of its client can be
 * inferred.
 *
 * @param {string} name name of the exported type
 * @param {string} description
 * @param {object} declaration
 */
export function declarationType(name, description, declaration) {
  return `/** ${description} */\nexport type ${name} = ${literal(declaration, '')};\n`;
}

/**
 * @param {unknown} value
 * @param {string} indent
 * @returns {string}
 */
function literal(value, indent) {
  if (typeof value === 'function') {
    return `${value.name}Constructor`;
  }
  if (value === JSON) {
    return 'JSON';
  }
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return `readonly [${value.map((item) => literal(item, indent)).join(', ')}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) {
    return 'Readonly<Record<never, never>>';
  }
  return `{\n${entries.map(([key, item]) => `${inner}readonly ${quoted(key)}: ${literal(item, inner)};\n`).join('')}${indent}}`;
}

/**
 * Makes the type of the internal API's protocol client: the OpenAPI types, under the names of the commands.
 *
 * @param {any} protocol the declaration made by cycleProtocol
 * @param {any[]} operations the operation table
 */
export function cycleClientType(protocol, operations) {
  const byRoute = new Map(operations.map((operation) => [`${operation.method} ${operation.path}`, operation]));
  const { global: _, ...groups } = protocol;
  const text = [
    "import type { OrUndefined } from '../lib/operation-types.js';",
    "import type { Command } from '../protocol.js';",
    "import type { operations } from './schema.js';",
    '',
    'type Query<Id extends keyof operations> = operations[Id]["parameters"] extends { query?: infer Query }',
    '  ? OrUndefined<NonNullable<Query>>',
    '  : unknown;',
    'type Body<Id extends keyof operations> = operations[Id] extends {',
    '  requestBody: { content: { "application/json": infer Body } };',
    '}',
    '  ? Body',
    '  : unknown;',
    'type Data<Id extends keyof operations> = operations[Id] extends {',
    '  responses: { 200: { content: { "application/json": { data: infer Data } } } };',
    '}',
    '  ? Data',
    '  : undefined;',
    '',
    '/** The commands of the internal API by group. */',
    'export interface CycleCommands {',
  ];
  for (const [group, endpoints] of Object.entries(groups)) {
    const commands = Object.entries(/** @type {Record<string, any>} */ (endpoints)).map(([name, endpoint]) =>
      command(name, endpoint, byRoute.get(`${endpoint.request.method} ${endpoint.path}`)),
    );
    const body = `{\n${commands.join('')}  };\n`;
    text.push(`  /** Commands of the group ${group}. */\n  readonly ${quoted(group)}: ${body.trimEnd()}`);
    const camel = group.replace(/-(\w)/g, (_match, letter) => letter.toUpperCase());
    if (camel !== group) {
      text.push(`  /** The same as \`${quoted(group)}\`. */\n  readonly ${camel}: CycleCommands[${quoted(group)}];`);
    }
  }
  return `${text.join('\n')}\n}\n`;
}

/**
 * @param {string} name
 * @param {any} endpoint
 * @param {any} operation
 */
function command(name, endpoint, operation) {
  const id = JSON.stringify(operation.operationId);
  const parts = [];
  if (operation.params.length > 0) {
    parts.push(`Query<${id}>`);
  }
  if (typeof endpoint.request.body === 'string') {
    parts.push(`{ ${quoted(endpoint.request.body)}: Body<${id}> }`);
  } else if (endpoint.request.body) {
    parts.push(`Body<${id}>`);
  }
  if (endpoint.request.basic) {
    parts.push(
      `{ ${endpoint.request.basic.map((/** @type {string} */ param) => `${quoted(param)}: string`).join('; ')} }`,
    );
  }
  const params = parts.length === 0 ? 'Record<never, never>' : parts.join(' & ');
  return `    /** ${operation.summary}. ${operation.description} */\n    readonly ${quoted(name)}: Command<${params}, Data<${id}>>;\n`;
}

/** @param {string} key */
function quoted(key) {
  return PLAIN_KEY.test(key) ? key : JSON.stringify(key);
}
