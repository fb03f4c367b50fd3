// Lets an addon of Linux end with its program headers, which the dynamic linker reads first.

/** The first bytes of an ELF file of 64 bits, little-endian. */
const ELF = Buffer.from('\u007fELF\u0002\u0001', 'latin1');

/** Length of the header of such a file. */
const HEAD = 64;

/**
 * The two tables of such a file. The header of the file has the offset of each at `offset` and the number of entries at `count`,
 * an entry has `size` bytes.
 */
const PROGRAM = { offset: 32, count: 56, size: 56 };
const SECTIONS = { offset: 40, count: 60, size: 64 };

/** Where the fields of a program header are that have 64 bits. */
const FIELDS = { offset: 8, address: 16, physical: 24, inFile: 32, inMemory: 40, alignment: 48 };

/** Kinds of program headers: a part of the file to be mapped, and the place of the headers themselves. */
const LOAD = 1;
const HEADERS = 6;
const READABLE = 4;

/** A section with bytes of the file, which is mapped. */
const BYTES = 1;
const MAPPED = 2;

/** The tables begin at a multiple of it, in bytes. */
const STEP = 8;

/**
 * Moves the program headers to the end of a library of Linux. The dynamic linker then refuses a file that was cut off, as by a full
 * disk. Otherwise it would map the missing part, and the program would end by SIGBUS.
 *
 * They are mapped from there, because musl shows a program no others, and without them a panic could not unwind and would end
 * the process. A short section before them lets `strip` keep them with their addresses.
 *
 * @param {Buffer} bytes the content of a file
 * @returns {Buffer} the same buffer if it is no ELF file of 64 bits, or ends with them already
 */
export function moveProgramHeaders(bytes) {
  if (!isElf(bytes) || endsWithProgramHeaders(bytes)) {
    return bytes;
  }
  const headers = entries(bytes, PROGRAM);
  const sections = entries(bytes, SECTIONS);
  const loads = headers.filter((header) => kind(header) === LOAD);
  const alignment = Math.max(...loads.map((header) => get(header, 'alignment')));
  const used = Math.max(...loads.map((header) => get(header, 'address') + get(header, 'inMemory')));

  const table = roundUp(bytes.length, STEP);
  const offset = table + SECTIONS.size * (sections.length + 1);
  const address = roundUp(used, alignment) + (offset % alignment);
  const size = PROGRAM.size * (headers.length + 1);
  sections.push(section(offset, address));
  for (const header of headers.filter((one) => kind(one) === HEADERS)) {
    place(header, offset + STEP, address + STEP, size);
  }
  headers.splice(headers.lastIndexOf(loads[loads.length - 1]) + 1, 0, load(offset, address, STEP + size, alignment));

  const padding = Buffer.alloc(table - bytes.length);
  const moved = Buffer.concat([bytes, padding, ...sections, Buffer.alloc(STEP), ...headers]);
  moved.writeBigUInt64LE(BigInt(table), SECTIONS.offset);
  moved.writeUInt16LE(sections.length, SECTIONS.count);
  moved.writeBigUInt64LE(BigInt(offset + STEP), PROGRAM.offset);
  moved.writeUInt16LE(headers.length, PROGRAM.count);
  return moved;
}

/** @param {Buffer} bytes */
const isElf = (bytes) => bytes.length >= HEAD && bytes.subarray(0, ELF.length).equals(ELF);

/**
 * Whether a file is a library of Linux that ends with its program headers, and maps them from there.
 *
 * @param {Buffer} bytes
 */
export function endsWithProgramHeaders(bytes) {
  if (!isElf(bytes)) {
    return false;
  }
  const offset = Number(bytes.readBigUInt64LE(PROGRAM.offset));
  const headers = entries(bytes, PROGRAM);
  const isMapped = (/** @type {Buffer} */ header) =>
    get(header, 'offset') <= offset && get(header, 'offset') + get(header, 'inFile') >= bytes.length;
  return (
    offset + headers.length * PROGRAM.size === bytes.length &&
    headers.some((header) => kind(header) === LOAD && isMapped(header))
  );
}

/**
 * @param {Buffer} bytes
 * @param {typeof PROGRAM} table
 */
function entries(bytes, { offset, count, size }) {
  const start = Number(bytes.readBigUInt64LE(offset));
  return Array.from({ length: bytes.readUInt16LE(count) }, (_, index) =>
    Buffer.from(bytes.subarray(start + index * size, start + (index + 1) * size)),
  );
}

/** @param {Buffer} header */
const kind = (header) => header.readUInt32LE(0);

/**
 * @param {Buffer} header
 * @param {keyof typeof FIELDS} field
 */
const get = (header, field) => Number(header.readBigUInt64LE(FIELDS[field]));

/**
 * Sets what a program header says of the place of its part.
 *
 * @param {Buffer} header
 * @param {number} offset
 * @param {number} address
 * @param {number} size
 */
function place(header, offset, address, size) {
  const values = { offset, address, physical: address, inFile: size, inMemory: size };
  for (const [field, value] of Object.entries(values)) {
    header.writeBigUInt64LE(BigInt(value), FIELDS[/** @type {keyof typeof FIELDS} */ (field)]);
  }
}

/**
 * Makes the program header of a part that is mapped.
 *
 * @param {number} offset
 * @param {number} address
 * @param {number} size
 * @param {number} alignment
 */
function load(offset, address, size, alignment) {
  const header = Buffer.alloc(PROGRAM.size);
  header.writeUInt32LE(LOAD, 0);
  header.writeUInt32LE(READABLE, 4);
  header.writeBigUInt64LE(BigInt(alignment), FIELDS.alignment);
  place(header, offset, address, size);
  return header;
}

/**
 * Makes the entry of a section without a name, of `STEP` bytes.
 *
 * @param {number} offset
 * @param {number} address
 */
function section(offset, address) {
  const entry = Buffer.alloc(SECTIONS.size);
  entry.writeUInt32LE(BYTES, 4);
  [MAPPED, address, offset, STEP].forEach((value, index) => {
    entry.writeBigUInt64LE(BigInt(value), 8 + 8 * index);
  });
  entry.writeBigUInt64LE(BigInt(STEP), 48);
  return entry;
}

/**
 * @param {number} value
 * @param {number} step
 */
const roundUp = (value, step) => Math.ceil(value / step) * step;
