import { loadNative } from './bridge/addon.mjs';
import { parseJson } from './natives.mjs';

const DEFAULT_PATH = '/var/run/cycle/metadata/environment.json';

/** The metadata file does not have the declared fields and types. */
class MetadataShapeError extends Error {
  /**
   * @param {string} path
   * @param {string} fault
   */
  constructor(path, fault) {
    super(`The environment metadata in ${path} has an unexpected shape. ${fault}.`);
    this.code = 'ERR_CYCLE_METADATA_SHAPE';
    this.path = path;
  }
}

/**
 * Makes the error for a metadata file that is not JSON: a `SyntaxError`, as `JSON.parse` throws, with the file's path.
 *
 * @param {string} path
 * @param {string} text
 * @param {Error} cause
 */
function invalidJson(path, text, cause) {
  const found = text.trim() === '' ? 'is empty' : `is not valid JSON: ${cause.message}`;
  const error = new SyntaxError(`The environment metadata file '${path}' ${found}`, { cause });
  return Object.assign(error, { code: 'ERR_CYCLE_METADATA_JSON', path });
}

/**
 * @param {string} path
 * @param {string} text
 */
function parse(path, text) {
  try {
    return parseJson(text);
  } catch (error) {
    throw invalidJson(path, text, /** @type {Error} */ (error));
  }
}

/**
 * Reads the metadata of this instance's environment. Documented in `index.d.ts`.
 *
 * @param {import('../index.js').EnvironmentMetadataOptions} [options]
 * @returns {Promise<import('../index.js').EnvironmentMetadataResult>}
 */
async function getEnvironmentMetadata(options) {
  try {
    const { path, validate = false } = options ?? {};
    return { data: await read(metadataPath(path), validate), error: null };
  } catch (error) {
    return {
      data: null,
      error: error instanceof Error ? error : new Error('the options cannot be read', { cause: error }),
    };
  }
}

/**
 * The file with the metadata.
 *
 * @param {string | undefined} path the one that was given
 */
function metadataPath(path) {
  return path ?? (process.env.CYCLE_METADATA_PATH || DEFAULT_PATH);
}

/**
 * @param {string} path
 * @param {boolean} validate
 */
async function read(path, validate) {
  const { metadataError, readMetadata } = loadNative();
  const { text, code, errno, syscall } = await readMetadata(path);
  if (text === undefined || text === null) {
    const missing =
      code === 'ENOENT' ? '. Outside a Cycle instance, set CYCLE_METADATA_PATH to a file of your own' : '';
    const error = new Error(`${code}: cannot ${syscall} the environment metadata file '${path}'${missing}`);
    throw Object.assign(error, { errno, code, syscall, path });
  }
  const data = parse(path, text);
  const fault = validate ? metadataError(text) : undefined;
  if (fault) {
    throw new MetadataShapeError(path, fault);
  }
  return data;
}

export { getEnvironmentMetadata, MetadataShapeError, metadataPath };
