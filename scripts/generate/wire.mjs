// Makes the JavaScript module with the constants that Rust and JavaScript share.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const DOC = /^ *\/\/\/ (.+)$/;
const MODULE = /^pub mod (\w+) \{$/;
const CONSTANT = /^ {4}pub const (\w+): (?:u32|usize|&str) = (\d[\d_]*|"[^"\\]*");$/;
/** Lines that are left out: the head of the file, and compile-time checks. */
const OTHER = /^(|}|\/\/! .+|const _: \(\) = assert!\(.+\);)$/;

/**
 * @param {string} root
 * @returns {Promise<string>} the constants of `src/bridge/wire.rs`
 */
export async function wire(root) {
  return wireModule(await readFile(join(root, 'src', 'bridge', 'wire.rs'), 'utf8'));
}

/**
 * Converts each constant of a Rust module to one of JavaScript, with the names of both as its name.
 *
 * @param {string} rust
 * @returns {string}
 * @throws at any line that is not understood
 */
export function wireModule(rust) {
  let text = '';
  let module = '';
  let doc = '';
  for (const [at, line] of rust.split('\n').entries()) {
    const [, words] = DOC.exec(line) ?? [];
    const [, opened] = MODULE.exec(line) ?? [];
    const [, name, value] = CONSTANT.exec(line) ?? [];
    if (words) {
      doc += doc === '' ? words : ` ${words}`;
      continue;
    }
    if (opened) {
      text += `\n// ${doc}\n\n`;
      module = opened;
    } else if (name) {
      text += `/** ${doc.replaceAll(/[[\]]/g, '')} */\n`;
      text += `export const ${`${module}_${name}`.toUpperCase()} = ${value.replaceAll('"', "'")};\n`;
    } else if (!OTHER.test(line)) {
      throw new Error(`src/bridge/wire.rs:${at + 1} is not a constant with a plain value: ${line.trim()}`);
    }
    doc = '';
  }
  return text.trimStart();
}
