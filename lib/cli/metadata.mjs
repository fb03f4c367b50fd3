import { getEnvironmentMetadata } from '../environment-metadata.mjs';
import { showBody } from './request.mjs';

/** Options of the command. @type {import('./arguments.mjs').OptionConfigs} */
const options = { path: { type: 'string' }, validate: { type: 'boolean' } };

/**
 * Shows what the platform says about the environment.
 *
 * @param {import('./protocol-source.mjs').Source} source
 * @param {{ path?: string, validate?: boolean, reveal?: boolean }} values
 * @param {import('./output.mjs').Output} output
 */
async function showMetadata(source, { path, validate, reveal }, output) {
  const { data, error } = await getEnvironmentMetadata({ path, validate });
  if (error) {
    if ('code' in error && error.code === 'ERR_CYCLE_METADATA_JSON' && !reveal) {
      // The parser shows a piece of the text.
      error.message = error.message.replace(/(is not valid JSON): .*/s, '$1');
    }
    throw error;
  }
  // Of no endpoint: what is secret anywhere is hidden.
  showBody(source, '', data, reveal === true, output);
}

export { options, showMetadata };
