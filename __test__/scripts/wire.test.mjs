import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wireModule } from '../../scripts/generate/wire.mjs';

const head = '//! What this is.\n\n';

test('a constant of a module has the names of both, its value and what is said of it', () => {
  const rust = `${head}/// What happened,
/// in numbers.
pub mod kind {
    /// The whole answer: see [\`BITS\`],
    /// and be glad.
    pub const DONE_AT_LAST: u32 = 3;
    /// How many.
    pub const BITS: usize = 32_768;
    /// A word.
    pub const NAME: &str = "question";
}

const _: () = assert!(kind::BITS > 3);
`;
  assert.equal(
    wireModule(rust),
    `// What happened, in numbers.

/** The whole answer: see \`BITS\`, and be glad. */
export const KIND_DONE_AT_LAST = 3;
/** How many. */
export const KIND_BITS = 32_768;
/** A word. */
export const KIND_NAME = 'question';
`,
  );
});

test('whatever is no constant with a plain value is an error that names its line', () => {
  for (const line of [
    '    pub const MASK: u32 = (1 << BITS) - 1;',
    '    pub const NAME: &str = "a\\"b";',
    '    pub const SMALL: i32 = -1;',
    '    const PRIVATE: u32 = 1;',
    '    pub enum Kind { Done }',
    'pub const OUTSIDE: u32 = 1;',
    '#[cfg(test)]',
  ]) {
    const rust = `${head}/// Numbers.\npub mod kind {\n${line}\n}\n`;
    const complaint = { message: `src/bridge/wire.rs:5 is not a constant with a plain value: ${line.trim()}` };
    assert.throws(() => wireModule(rust), complaint, line);
  }
});
