import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { document, newerFacts as facts, facts as upstreamFacts } from './facts.mjs';
import { typeErrors } from './program.mjs';

const schema = fileURLToPath(new URL('../../generated/schema.js', import.meta.url));
const paths = [...new Set(facts.endpoints.map((/** @type {any} */ { path }) => path))];
const schemas = Object.keys(facts.schemas);

/** `same<A, B>(true)` is an error unless both are assignable to one another and no optional property is missing. */
const same = `
type Mutual<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(same: Mutual<A, B> & Identical<A, B>): void;
`;

/** @param {string} known module with the types to compare ours with */
function comparison(known) {
  return [
    `import type * as Ours from ${JSON.stringify(schema)};`,
    `import type * as Known from ${JSON.stringify(known)};`,
    same,
    "type OurSchemas = Ours.components['schemas'];",
    "type KnownSchemas = Known.components['schemas'];",
    "type OurResponses = Ours.components['responses'];",
    "type KnownResponses = Known.components['responses'];",
    'same<keyof Ours.paths, keyof Known.paths>(true);',
    'same<keyof OurSchemas, keyof KnownSchemas>(true);',
    "same<OurResponses['DefaultError'], KnownResponses['DefaultError']>(true);",
    ...paths.map((path) => `same<Ours.paths["${path}"], Known.paths["${path}"]>(true);`),
    ...schemas.map((name) => `same<OurSchemas["${name}"], KnownSchemas["${name}"]>(true);`),
    '',
  ].join('\n');
}

/**
 * A program of which each line is an error unless a type of ours and the same of upstream's client may be given for one
 * another.
 *
 * @param {string} upstream module with the types to compare ours with
 */
function exchange(upstream) {
  const old = [...new Set(upstreamFacts.endpoints.map((/** @type {any} */ { path }) => path))];
  return [
    `import type * as Ours from ${JSON.stringify(schema)};`,
    `import type * as Upstream from ${JSON.stringify(upstream)};`,
    same,
    'declare function mutual<A, B>(mutual: Mutual<A, B>): void;',
    ...old.map((path) => `mutual<Ours.paths["${path}"], Upstream.paths["${path}"]>(true);`),
    ...Object.keys(upstreamFacts.schemas).map(
      (name) => `mutual<Ours.components['schemas']["${name}"], Upstream.components['schemas']["${name}"]>(true);`,
    ),
    '',
  ].join('\n');
}

/** @param {any} table */
async function types(table) {
  return astToString(await openapiTS(document(table)));
}

function wrongFacts() {
  const wrong = structuredClone(facts);
  wrong.schemas.Container.properties.stateful.type = 'string';
  wrong.schemas.IPNet.required = ['ip'];
  wrong.schemas.NodeState.allOf.pop();
  delete wrong.schemas.ContainerRuntime.properties.workdir;
  wrong.schemas.MonitoringTier.enum?.push('lost');
  wrong.endpoints.find((/** @type {any} */ { operationId }) => operationId === 'getVirtualMachine').params[0].required =
    false;
  return wrong;
}

const checkin = `
import type { operations, paths } from ${JSON.stringify(schema)};
${same}
type Checkin = paths["/v1/ha/election/checkin"]["post"];
same<Checkin, operations["haCheckin"]>(true);
same<Checkin["requestBody"]["content"]["application/json"], { electable: boolean; priority: number }>(true);
type Answer = Checkin["responses"][200]["content"]["application/json"];
same<Answer, { data: { primary_instance_id: string | null; time: string } }>(true);
`;

const notification = `
import type { NotificationMessage } from ${JSON.stringify(schema.replace('schema', 'notification'))};
import type { ContainerTopic, Topic } from ${JSON.stringify(schema.replace('schema', 'topics'))};
${same}
type Ids = string[] | null;
same<Topic, ${facts.topics.map((/** @type {string} */ topic) => JSON.stringify(topic)).join(' | ')}>(true);
same<ContainerTopic, Extract<Topic, \`container.\${string}\`>>(true);
same<NotificationMessage, {
  topic: Topic;
  object: { id: string; state?: string; state_previous?: string; previous_state?: string; error?: string };
  context: {
    label: string | null; hub_id: string | null; account_id: string | null; environments: Ids; dns_zones: Ids;
    containers: Ids; clusters: Ids; virtual_machines?: Ids;
  };
  flags?: { [name: string]: boolean | null };
  annotations?: { health?: "unknown" | "healthy" | "unhealthy"; ready?: "unknown" | "ready" | "pending" };
}>(true);
// @ts-expect-error a typo
const typo: Topic = "container.state.chnaged";
// @ts-expect-error not every text is a topic
const text: Topic = "container" as string;
void [typo, text];
`;

const metadata = `
import type { EnvironmentMetadata } from ${JSON.stringify(schema.replace('schema', 'environment-metadata'))};
import type { components } from ${JSON.stringify(schema)};
${same}
same<EnvironmentMetadata, {
  id: string;
  deployments: { tags: { [tag: string]: string } } | null;
  private_network: components["schemas"]["PrivateNetwork"];
  services: components["schemas"]["EnvironmentServices"];
}>(true);
`;

/** @type {{ file: string, line: number, message: string }[]} */
let errors;

before(async () => {
  errors = typeErrors({
    'known.d.ts': await types(facts),
    'wrong.d.ts': await types(wrongFacts()),
    'upstream.d.ts': await types(upstreamFacts),
    'exchange.ts': exchange('./upstream.js'),
    'compare.ts': comparison('./known.js'),
    'compare-wrong.ts': comparison('./wrong.js'),
    'checkin.ts': checkin,
    'notification.ts': notification,
    'metadata.ts': metadata,
  });
});

test('the facts are whole', () => {
  assert.equal(paths.length, 35);
  assert.equal(facts.endpoints.length, 36);
  assert.equal(schemas.length, 223);
  assert.equal(new Set(facts.topics).size, 214);
});

test('all paths, all schemas and the default response are as known', () => {
  const elsewhere = ['compare-wrong.ts', 'exchange.ts', 'checkin.ts', 'notification.ts', 'metadata.ts'];
  assert.deepEqual(
    errors.filter(({ file }) => !elsewhere.includes(file)),
    [],
  );
});

test("types of upstream's client and ours may be given for one another", () => {
  assert.deepEqual(
    errors.filter(({ file }) => file === 'exchange.ts'),
    [],
  );
});

test('the comparison notices every change, and only where it matters', () => {
  const lines = comparison('').split('\n');
  const noticed = errors.filter(({ file }) => file === 'compare-wrong.ts').map(({ line }) => lines[line - 1]);
  for (const name of ['Container', 'IPNet', 'NodeState', 'ContainerRuntime', 'MonitoringTier']) {
    assert.ok(noticed.includes(`same<OurSchemas["${name}"], KnownSchemas["${name}"]>(true);`), name);
  }
  assert.ok(noticed.includes('same<Ours.paths["/v1/virtual-machine"], Known.paths["/v1/virtual-machine"]>(true);'));
  assert.ok(!noticed.includes('same<OurSchemas["WafConfig"], KnownSchemas["WafConfig"]>(true);'));
});

test('haCheckin is typed', () => {
  assert.deepEqual(
    errors.filter(({ file }) => file === 'checkin.ts'),
    [],
  );
});

test('Topic holds every known topic and nothing else, and a message is as documented', () => {
  assert.deepEqual(
    errors.filter(({ file }) => file === 'notification.ts'),
    [],
  );
});

test("EnvironmentMetadata is made of the API's own schemas", () => {
  assert.deepEqual(
    errors.filter(({ file }) => file === 'metadata.ts'),
    [],
  );
});
