// Examples for the documentation of the generated types that programs import.

/** @typedef {{ name: string, description?: string, program: string }} Example `description` only for a type without a comment */

/** By file. @type {Record<string, Example[]>} */
const EXAMPLES = {
  'schema.d.ts': [
    {
      name: 'paths',
      description: 'The operations of the API, by path and method.',
      program: `import { type Client, getClient, type paths } from '@cycleplatform/internal-api-client';

const client: Client<paths> = getClient();`,
    },
    {
      name: 'components',
      description: 'The schemas and answers that operations share.',
      program: `import type { components } from '@cycleplatform/internal-api-client';

function show(container: components['schemas']['Container']) {
  console.log(container.name);
}`,
    },
    {
      name: 'operations',
      description: 'The operations of the API, by name.',
      program: `import type { operations } from '@cycleplatform/internal-api-client';

const query: operations['getObjectCache']['parameters']['query'] = { scope: 'environment', key: 'greeting' };`,
    },
  ],
  'topics.d.ts': [
    {
      name: 'Topic',
      program: `import { connectNotifications, type Topic } from '@cycleplatform/internal-api-client';

const topics: Topic[] = ['container.state.changed', 'environment.state.changed'];
const socket = connectNotifications({ topics });`,
    },
  ],
  'notification.d.ts': [
    {
      name: 'NotificationMessage',
      program: `import { connectNotifications, type NotificationMessage } from '@cycleplatform/internal-api-client';

function show({ topic, object }: NotificationMessage) {
  console.log(topic, object.id, object.state);
}
connectNotifications().on('notification', show);`,
    },
  ],
  'environment-metadata.d.ts': [
    {
      name: 'EnvironmentMetadata',
      program: `import type { EnvironmentMetadata } from '@cycleplatform/internal-api-client';

function versionOf(metadata: EnvironmentMetadata, tag: string) {
  return metadata.deployments?.tags[tag];
}`,
    },
  ],
  'error-codes.d.ts': [
    {
      name: 'TransportErrorCode',
      program: `import type { TransportErrorCode } from '@cycleplatform/internal-api-client';

const unreachable: TransportErrorCode[] = ['ENOENT', 'ECONNREFUSED'];`,
    },
    {
      name: 'NotificationErrorCode',
      program: `import type { NotificationErrorCode } from '@cycleplatform/internal-api-client';

const silent: NotificationErrorCode = 'ERR_CYCLE_IDLE_TIMEOUT';`,
    },
    {
      name: 'LiveErrorCode',
      program: `import type { LiveErrorCode } from '@cycleplatform/internal-api-client/live';

const gone: LiveErrorCode[] = ['ERR_CYCLE_LEASE_LOST', 'ERR_CYCLE_RESIGNED'];`,
    },
    {
      name: 'ErrorCode',
      program: `import type { ErrorCode } from '@cycleplatform/internal-api-client';

const late: ErrorCode[] = ['ERR_CYCLE_TIMEOUT', 'ERR_CYCLE_HEADERS_TIMEOUT', 'ERR_CYCLE_BODY_TIMEOUT'];`,
    },
  ],
};

/**
 * @param {string} file
 * @param {string} text declarations
 * @returns {string} the declarations, with an example in the comment of each type that programs import
 * @throws when there is no such type
 */
export function withExamples(file, text) {
  return (EXAMPLES[file] ?? []).reduce(withExample, text);
}

/**
 * @param {string} text
 * @param {Example} example
 */
function withExample(text, { name, description, program }) {
  const found = new RegExp(`^export (?:type|interface) ${name}\\b`, 'm').exec(text);
  if (!found) throw new Error(`There is no type ${name} to give an example of`);
  const before = text.slice(0, found.index);
  const lines = description ? [description] : commentLines(before);
  const start = description ? before : before.slice(0, before.lastIndexOf('/**'));
  const comment = [...lines, '', '@example', '```ts', ...program.split('\n'), '```'];
  return `${start}/**\n${comment.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n${text.slice(found.index)}`;
}

/**
 * @param {string} text that ends with a comment
 * @returns {string[]} its lines
 */
function commentLines(text) {
  const comment = text.slice(text.lastIndexOf('/**') + '/**'.length, text.lastIndexOf('*/'));
  return comment
    .trim()
    .split('\n')
    .map((line) => line.replace(/^ ?\* ?/, ''));
}
