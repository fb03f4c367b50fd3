'use strict';

// Checks answers of the simulator against the declaration of the internal API.
const assert = require('node:assert/strict');
const Ajv = require('ajv/dist/2020').default;
const addFormats = require('ajv-formats').default;
const document = require('../../generated/openapi.json');

const OBJECT_ID = /^[0-9a-f]{24}$/;

const ajv = new Ajv({ strict: false, formats: { objectid: OBJECT_ID, 'ip-address': true, cidr: true } });
addFormats(ajv);
ajv.addSchema({ $id: 'api', components: document.components });

/**
 * @param {object} schema
 * @param {unknown} value
 */
function assertValid(schema, value) {
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')));
  assert.ok(validate(value), ajv.errorsText(validate.errors));
}

/**
 * An error in the platform's envelope.
 *
 * @param {{ status: number | undefined, json: any, text: string }} answer
 * @param {number} status
 * @param {string} code
 * @param {string} [source]
 */
function assertError(answer, status, code, source) {
  const { json } = answer;
  assert.equal(answer.status, status, answer.text);
  assertValid({ $ref: '#/components/schemas/ErrorEnvelope' }, json);
  assert.deepEqual(Object.keys(json), ['data', 'error']);
  assert.deepEqual([json.data, json.error.status, json.error.code], [null, status, code]);
  assert.equal(json.error.source, source);
  assert.ok(json.error.title.length > 0);
}

module.exports = { assertError, assertValid };
