/** The hash algorithms of subresource integrity, from weak to strong. */
const ALGORITHMS = ['sha256', 'sha384', 'sha512'];

/**
 * Whether a body has one of the expected hashes. Only hashes of the strongest algorithm count. Without any known hash,
 * every body is accepted.
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
