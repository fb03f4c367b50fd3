/** Hashes of subresource integrity, from weak to strong. */
const ALGORITHMS = ['sha256', 'sha384', 'sha512'];

/**
 * Whether a body is what the caller expects. Of several hashes only the strongest count, and one that fits is enough;
 * a text without any known hash expects nothing.
 *
 * @param {Uint8Array} bytes
 * @param {string} expected as in the option `integrity` of fetch
 */
function hasIntegrity(bytes, expected) {
  const hashes = [...expected.matchAll(/(?<=^|\s)(sha256|sha384|sha512)-([\w+/-]+=*)/gi)].map(
    ([, algorithm, hash]) => ({
      strength: ALGORITHMS.indexOf(algorithm.toLowerCase()),
      hash: Buffer.from(hash, 'base64'),
    }),
  );
  if (hashes.length === 0) {
    return true;
  }
  const strongest = Math.max(...hashes.map(({ strength }) => strength));
  const { createHash } = require('node:crypto');
  const actual = createHash(ALGORITHMS[strongest]).update(bytes).digest();
  return hashes.some(({ strength, hash }) => strength === strongest && actual.equals(hash));
}

export { hasIntegrity };
