// What Rust and JavaScript both know of what goes between them, as JavaScript.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const DOC = /^ *\/\/\/ (.+)$/;
const MODULE = /^pub mod (\w+) \{$/;
const CONSTANT = /^ {4}pub const (\w+): (?:u32|usize|&str) = (\d[\d_]*|"[^"\\]*");$/;
/** What says nothing to JavaScript: the head of the file, and what the compiler checks. */
const OTHER = /^(|}|\/\/! .+|const _: \(\) = assert!\(.+\);)$/;

/**
 * @param {string} root
 * @returns {Promise<string>} the constants of `src/bridge/wire.rs`
 */
export async function wire(root) {
  return wireModule(await readFile(join(root, 'src', 'bridge', 'wire.rs'), 'utf8'));
}

/**
 * Each constant of a module in Rust as one of JavaScript, named after both.
 *
 * @param {string} rust
 * @returns {string}
 * @throws at a line that is anything else: nothing is left out silently
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
      throw new Error(`src/bridge/wire.rs:${at + 1} is no constant with a plain value: ${line.trim()}`);
    }
    doc = '';
  }
  return text.trimStart();
}
