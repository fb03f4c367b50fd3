import { readFileSync, writeFileSync } from 'node:fs';

const ELF = 0x464c457f;

/** Offsets of the fields about the program headers in the header of an ELF file of 64 bits: their place, size and number. */
const FIELDS = { place: 32, size: 54, number: 56 };

/** What the place must be a multiple of. */
const ALIGNMENT = 8;

/**
 * Lets an addon of Linux end with its program headers, which the dynamic linker reads first. It then refuses a file that was cut
 * off, as by a full disk. Otherwise it would map the missing part, and the program would end by SIGBUS.
 *
 * The headers also stay where they were, because a running program finds them in its memory there. Files of other systems, whose
 * linkers check the length, are left alone.
 *
 * @param {string} file
 */
export function moveProgramHeaders(file) {
  const bytes = readFileSync(file);
  if (bytes.readUInt32LE(0) !== ELF) {
    return;
  }
  const place = Number(bytes.readBigUInt64LE(FIELDS.place));
  const headers = bytes.subarray(place, place + bytes.readUInt16LE(FIELDS.size) * bytes.readUInt16LE(FIELDS.number));
  if (place + headers.length === bytes.length) {
    return;
  }
  const padding = Buffer.alloc(-bytes.length & (ALIGNMENT - 1));
  const moved = Buffer.concat([bytes, padding, headers]);
  moved.writeBigUInt64LE(BigInt(bytes.length + padding.length), FIELDS.place);
  writeFileSync(file, moved);
}
