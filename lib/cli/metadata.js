'use strict';

const { getEnvironmentMetadata } = require('../environment-metadata');

/** Options of the command. @type {import('./arguments').OptionConfigs} */
const options = { path: { type: 'string' }, validate: { type: 'boolean' } };

/**
 * Shows what the platform says about the environment.
 *
 * @param {{ path?: string, validate?: boolean }} values
 * @param {import('./output').Output} output
 */
async function showMetadata({ path, validate }, output) {
  const { data, error } = await getEnvironmentMetadata({ path, validate });
  if (error) {
    throw error;
  }
  output.results(data);
}

module.exports = { options, showMetadata };
