import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

const reference = "openapi.json#/components/schemas/";

/**
 * The simulator's world: collections of objects shaped like the schemas of the API.
 *
 * world.yaml has `schemas`, which maps each collection to the name of its schema, beside the collections themselves.
 * A collection is one object or a list of them.
 *
 * @param {string} protocol folder that may hold world.yaml
 * @param {any} document the bundled OpenAPI document
 * @returns {Promise<object | undefined>} the collections; undefined without a world.yaml
 * @throws when an entry does not fit its schema, or a collection has none
 */
export async function fixtures(protocol, document) {
  const text = await readFile(join(protocol, "world.yaml"), "utf8").catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { schemas, ...world } = parse(text, { merge: true });
  const ajv = validator(document);
  const problems = Object.entries(world).flatMap(([collection, value]) => {
    const name = schemas?.[collection];
    if (!document.components.schemas[name]) return [`${collection} has no schema`];
    return misfits(ajv.compile({ $ref: reference + name }), collection, value);
  });
  if (problems.length > 0) throw new Error(`world.yaml does not fit the declaration:\n${problems.join("\n")}`);
  return world;
}

/** @param {any} document */
function validator(document) {
  // OpenAPI adds keywords of its own, such as discriminator, which strict mode refuses.
  const ajv = new Ajv2020.default({ allErrors: true, strict: false });
  addFormats.default(ajv);
  ajv.addFormat("objectid", /^[0-9a-f]{24}$/);
  ajv.addFormat("cidr", /^[0-9a-f.:]+\/\d{1,3}$/i);
  ajv.addFormat("ip-address", (text) => isIP(text) !== 0);
  return ajv.addSchema(document, "openapi.json");
}

/**
 * @param {import("ajv").ValidateFunction} validate
 * @param {string} collection
 * @param {any} value
 * @returns {string[]} one line for each misfit
 */
function misfits(validate, collection, value) {
  const entries = Array.isArray(value)
    ? value.map((item, index) => [`${collection}/${index}`, item])
    : [[collection, value]];
  return entries.flatMap(([place, entry]) => {
    if (validate(entry)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      return `${place}${instancePath} ${message} ${JSON.stringify(params)}`;
    });
  });
}
