// What a library still has for debuggers. Its sections are looked at, not its text: Rust's own library, which prints
// backtraces, has the names of such sections as text.

/** The first four bytes of a file of Linux, and of macOS. */
const ELF = 0x464c457f;
const MACHO = 0xfeedfacf;

/** Sections of a file of Linux that a stripped one lacks. */
const SECTION = /^\.(symtab|debug_.*)$/;

/** Commands in the head of a file of macOS: the table of symbols, and a part of the memory. */
const SYMTAB = 2;
const SEGMENT = 0x19;

/** What is set in the kind of a symbol that is for debuggers alone. */
const STAB = 0xe0;

/**
 * @param {Buffer} bytes a library for a 64-bit Linux or macOS
 * @returns {string[]} names, none if it is stripped
 */
export function debugParts(bytes) {
  const magic = bytes.length < 64 ? 0 : bytes.readUInt32LE(0);
  if (magic === ELF) {
    return sectionNames(bytes).filter((name) => SECTION.test(name));
  }
  return magic === MACHO ? machoParts(bytes) : [];
}

/** @param {Buffer} bytes */
function sectionNames(bytes) {
  const table = Number(bytes.readBigUInt64LE(40));
  const [size, count, ofNames] = [58, 60, 62].map((at) => bytes.readUInt16LE(at));
  const section = (/** @type {number} */ index) => bytes.subarray(table + index * size, table + (index + 1) * size);
  const names = Number(section(ofNames).readBigUInt64LE(24));
  return Array.from({ length: count }, (_, index) => textAt(bytes, names + section(index).readUInt32LE(0)));
}

/** @param {Buffer} bytes */
function machoParts(bytes) {
  const found = [];
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left -= 1) {
    const [command, size] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    if (command === SEGMENT && textAt(bytes, at + 8) === '__DWARF') {
      found.push('__DWARF');
    }
    if (command === SYMTAB && hasStabs(bytes, bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12))) {
      found.push('symbols for debuggers');
    }
    at += size;
  }
  return found;
}

/**
 * @param {Buffer} bytes
 * @param {number} table where the symbols are, of 16 bytes each
 * @param {number} count
 */
function hasStabs(bytes, table, count) {
  return Array.from({ length: count }, (_, index) => bytes[table + index * 16 + 4]).some((kind) => (kind & STAB) !== 0);
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 */
const textAt = (bytes, at) => bytes.toString('latin1', at, bytes.indexOf(0, at));
