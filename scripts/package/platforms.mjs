// The platforms for which an addon is published.

/**
 * @typedef {object} Platform
 * @property {string} name as napi names it
 * @property {string} target as Rust names it
 * @property {string} os
 * @property {string} cpu
 * @property {string} [libc] as npm names it
 */

/** The newest glibc that an addon may need: that of RHEL 7, which is also the oldest that Rust supports. */
export const GLIBC = '2.17';

/** The oldest macOS that Node 20 runs on. */
export const MACOS = '11.0';

/** @type {readonly Platform[]} */
export const platforms = [
  { name: 'linux-x64-gnu', target: 'x86_64-unknown-linux-gnu', os: 'linux', cpu: 'x64', libc: 'glibc' },
  { name: 'linux-arm64-gnu', target: 'aarch64-unknown-linux-gnu', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { name: 'linux-x64-musl', target: 'x86_64-unknown-linux-musl', os: 'linux', cpu: 'x64', libc: 'musl' },
  { name: 'linux-arm64-musl', target: 'aarch64-unknown-linux-musl', os: 'linux', cpu: 'arm64', libc: 'musl' },
  { name: 'darwin-x64', target: 'x86_64-apple-darwin', os: 'darwin', cpu: 'x64' },
  { name: 'darwin-arm64', target: 'aarch64-apple-darwin', os: 'darwin', cpu: 'arm64' },
];

/** @param {string} name as napi or Rust names it */
export function platformOf(name) {
  const found = platforms.find((platform) => platform.name === name || platform.target === name);
  if (!found) {
    throw new Error(`There is no target ${name}. Known are: ${platforms.map((one) => one.name).join(', ')}`);
  }
  return found;
}

/** The platform that this program runs on. */
export function ownPlatform() {
  const { platform, arch, report } = process;
  const header = /** @type {any} */ (report?.getReport())?.header;
  const libc = platform === 'linux' ? (header?.glibcVersionRuntime ? 'glibc' : 'musl') : undefined;
  const found = platforms.find((one) => one.os === platform && one.cpu === arch && one.libc === libc);
  if (!found) {
    throw new Error(
      `No addon is published for ${[platform, arch, libc].filter(Boolean).join(' ')}; choose one by --target`,
    );
  }
  return found;
}
