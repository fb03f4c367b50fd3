import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { comment } from './schema-types.mjs';

/**
 * Reads the declared topics of notifications, by family.
 *
 * @param {string} protocol folder that holds notifications.yaml
 * @returns {Promise<{ description: string, families: { name: string, description: string, topics: string[] }[] }>}
 * @throws when a topic is in two families
 */
export async function topicFamilies(protocol) {
  const { components } = parse(await readFile(join(protocol, 'notifications.yaml'), 'utf8'));
  const { Topic, ...schemas } = components.schemas;
  /** @type {{ name: string, description: string, topics: string[] }[]} */
  const families = Topic.anyOf.map((/** @type {{ $ref: string }} */ { $ref }) => {
    const name = $ref.split('/').at(-1) ?? '';
    return { name, description: schemas[name].description, topics: schemas[name].enum };
  });
  const seen = new Set();
  for (const topic of families.flatMap(({ topics }) => topics)) {
    if (seen.has(topic)) throw new Error(`notifications.yaml declares the topic ${topic} twice`);
    seen.add(topic);
  }
  return { description: Topic.description, families };
}

/**
 * @param {Awaited<ReturnType<typeof topicFamilies>>} declared
 * @returns {string} TypeScript declarations: a union for each family, and `Topic` over all of them
 */
export function topicTypes({ description, families }) {
  const unions = families.map(({ name, description: text, topics }) =>
    union(
      name,
      text,
      topics.map((t) => `"${t}"`),
    ),
  );
  return [
    ...unions,
    union(
      'Topic',
      description,
      families.map(({ name }) => name),
    ),
  ].join('\n');
}

/**
 * @param {string} name
 * @param {string} text
 * @param {string[]} members
 */
function union(name, text, members) {
  return `${comment(text)}\nexport type ${name} =\n${members.map((item) => `  | ${item}`).join('\n')};\n`;
}
