import { getEnvironmentMetadata } from '../environment-metadata.mjs';
import { showBody } from './request.mjs';

/** Options of the command. @type {import('./arguments.mjs').OptionConfigs} */
const options = { path: { type: 'string' }, validate: { type: 'boolean' } };

/**
 * Shows the metadata of the environment.
 *
 * @param {import('./protocol-source.mjs').Source} source
 * @param {{ path?: string, validate?: boolean, reveal?: boolean }} values
 * @param {import('./output.mjs').Output} output
 */
async function showMetadata(source, { path, validate, reveal }, output) {
  const { data, error } = await getEnvironmentMetadata({ path, validate });
  if (error) {
    if ('code' in error && error.code === 'ERR_CYCLE_METADATA_JSON' && !reveal) {
      // The parser's message contains a piece of the text, which may be secret.
      error.message = error.message.replace(/(is not valid JSON): .*/s, '$1');
    }
    throw error;
  }
  // No endpoint describes it, so everything that is secret in any endpoint is hidden.
  showBody(source, '', data, reveal === true, output);
}

export { options, showMetadata };
