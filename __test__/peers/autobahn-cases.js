'use strict';

const { closeFrame, frame } = require('./notification-server');

/**
 * What a server sends, and what has to come of it. The numbers are those of the cases that the Autobahn test suite has
 * for clients; sizes of the performance cases are smaller, and what an echo would show there is shown by events here.
 *
 * @typedef {object} Case
 * @property {string} id
 * @property {Uint8Array[]} pieces each written on its own
 * @property {string[]} [raw] texts that are emitted
 * @property {number} [binary] errors about messages that are no text
 * @property {Uint8Array[]} [pongs] payloads of the client's pongs
 * @property {number} sent code of the client's close frame, 1005 without one
 * @property {[code: number, reason: string]} close what `close` says
 */

/** @type {Case[]} */
const cases = [];

const END = closeFrame(1000);
const TEXT = 0x81;
const BINARY = 0x82;
const PING = 0x89;
const PONG = 0x8a;
/** The same without the final bit. */
const TEXT_BEGINS = 0x01;
const BINARY_BEGINS = 0x02;
const CONTINUES = 0x00;
const ENDS = 0x80;

/** @param {(string | number[] | Uint8Array)} content */
const bytes = (content) => Buffer.from(/** @type {any} */ (content));

/**
 * Cuts bytes into pieces of a size.
 *
 * @param {Uint8Array} whole
 * @param {number} size
 */
function chop(whole, size) {
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, n) => whole.subarray(n * size, (n + 1) * size));
}

/**
 * The frames of one text message in fragments.
 *
 * @param {(string | number[] | Uint8Array)[]} parts
 * @param {number} [begins]
 */
function fragments(parts, begins = TEXT_BEGINS) {
  return parts.map((part, n) =>
    frame((n === 0 ? begins : CONTINUES) | (n === parts.length - 1 ? 0x80 : 0), bytes(part)),
  );
}

/**
 * A case after which the server closes and is answered.
 *
 * @param {string} id
 * @param {Uint8Array[]} pieces
 * @param {Partial<Case>} [expected]
 */
function good(id, pieces, expected = {}) {
  cases.push({ id, pieces: [...pieces, END], sent: 1000, close: [1000, ''], ...expected });
}

/**
 * A case in which the client has to end the connection by itself: nothing follows the pieces.
 *
 * @param {string} id
 * @param {Uint8Array[]} pieces
 * @param {Partial<Case>} [expected]
 */
function bad(id, pieces, expected = {}) {
  cases.push({ id, pieces, sent: 1002, close: [1006, ''], ...expected });
}

// 1: sizes of messages.
for (const [n, size] of [0, 125, 126, 127, 128, 65535, 65536].entries()) {
  const content = '*'.repeat(size);
  good(`1.1.${n + 1}`, [frame(TEXT, content)], { raw: [content] });
  good(`1.2.${n + 1}`, [frame(BINARY, content)], { binary: 1 });
}
good('1.1.8', chop(frame(TEXT, '*'.repeat(65536)), 997), { raw: ['*'.repeat(65536)] });
good('1.2.8', chop(frame(BINARY, '*'.repeat(65536)), 997), { binary: 1 });

// 2: pings and pongs.
const LONG = 'p'.repeat(125);
good('2.1', [frame(PING)], { pongs: [bytes('')] });
good('2.2', [frame(PING, 'Hello')], { pongs: [bytes('Hello')] });
good('2.3', [frame(PING, [0x00, 0xff, 0xfe, 0xfd])], { pongs: [bytes([0x00, 0xff, 0xfe, 0xfd])] });
good('2.4', [frame(PING, LONG)], { pongs: [bytes(LONG)] });
bad('2.5', [frame(PING, `${LONG}p`)]);
good('2.6', chop(frame(PING, LONG), 1), { pongs: [bytes(LONG)] });
good('2.7', [frame(PONG)]);
good('2.8', [frame(PONG, 'unasked')]);
good('2.9', [frame(PONG, 'unasked'), frame(PING, 'asked')], { pongs: [bytes('asked')] });
const TEN = Array.from({ length: 10 }, (_, n) => `ping ${n}`);
good(
  '2.10',
  TEN.map((content) => frame(PING, content)),
  { pongs: TEN.map(bytes) },
);
good(
  '2.11',
  TEN.flatMap((content) => chop(frame(PING, content), 1)),
  { pongs: TEN.map(bytes) },
);

// 3: reserved bits.
bad('3.1', [frame(0x91, 'x')]);
bad('3.2', [frame(TEXT, 'good'), frame(0xa1, 'x'), frame(PING)], { raw: ['good'] });
bad('3.3', [frame(TEXT, 'good'), frame(0xb1, 'x'), frame(PING)], { raw: ['good'] });
bad('3.4', [...chop(frame(TEXT, 'good'), 1), ...chop(frame(0xc1, 'x'), 1)], { raw: ['good'] });
bad('3.5', [frame(0xd2, 'x')]);
bad('3.6', [frame(0xe9, 'x')]);
bad('3.7', [frame(0xf8)]);

// 4: kinds of frames that are not defined.
for (const [section, first] of /** @type {const} */ ([
  [1, 0x83],
  [2, 0x8b],
])) {
  for (let n = 0; n < 5; n += 1) {
    const unknown = frame(first + n, n % 2 === 0 ? '' : 'x');
    bad(`4.${section}.${n + 1}`, n < 2 ? [unknown] : [frame(TEXT, 'good'), unknown, frame(PING)], {
      raw: n < 2 ? [] : ['good'],
    });
  }
}

// 5: fragments.
bad('5.1', fragments(['one', 'two'], 0x09));
bad('5.2', fragments(['one', 'two'], 0x0a));
good('5.3', [Buffer.concat(fragments(['one', 'two']))], { raw: ['onetwo'] });
good('5.4', fragments(['one', 'two']), { raw: ['onetwo'] });
good('5.5', chop(Buffer.concat(fragments(['one', 'two'])), 1), { raw: ['onetwo'] });
const WITH_PING = [frame(TEXT_BEGINS, 'one'), frame(PING, 'between'), frame(ENDS, 'two')];
for (const [n, pieces] of [[Buffer.concat(WITH_PING)], WITH_PING, chop(Buffer.concat(WITH_PING), 1)].entries()) {
  good(`5.${n + 6}`, pieces, { raw: ['onetwo'], pongs: [bytes('between')] });
}
for (const [n, first] of [ENDS, CONTINUES].entries()) {
  const pieces = [frame(first, 'nothing before'), frame(TEXT, 'after')];
  bad(`5.${3 * n + 9}`, [Buffer.concat(pieces)]);
  bad(`5.${3 * n + 10}`, pieces);
  bad(`5.${3 * n + 11}`, chop(Buffer.concat(pieces), 1));
}
bad('5.15', [...fragments(['one', 'two']), frame(CONTINUES, 'three'), frame(ENDS, 'four')], { raw: ['onetwo'] });
bad('5.16', [frame(CONTINUES, 'one'), frame(TEXT, 'two'), frame(ENDS, 'three')]);
bad('5.17', [frame(ENDS, 'one'), frame(TEXT, 'two'), frame(ENDS, 'three')]);
bad('5.18', [frame(TEXT_BEGINS, 'one'), frame(TEXT, 'two')]);
const FIVE = fragments(['1', '2', '3', '4', '5']);
const FIVE_WITH_PINGS = [...FIVE.slice(0, 2), frame(PING, 'a'), ...FIVE.slice(2, 4), frame(PING, 'b'), FIVE[4]];
good('5.19', FIVE_WITH_PINGS, { raw: ['12345'], pongs: [bytes('a'), bytes('b')] });
good('5.20', [Buffer.concat(FIVE_WITH_PINGS)], { raw: ['12345'], pongs: [bytes('a'), bytes('b')] });

// 6: UTF-8.
good('6.1.1', [frame(TEXT)], { raw: [''] });
good('6.1.2', fragments(['', '', '']), { raw: [''] });
good('6.1.3', fragments(['', 'middle', '']), { raw: ['middle'] });
const MIXED = 'Grüße, 日本 und 😀';
good('6.2.1', [frame(TEXT, MIXED)], { raw: [MIXED] });
good('6.2.2', fragments([MIXED.slice(0, 7), MIXED.slice(7)]), { raw: [MIXED] });
good('6.2.3', fragments(chop(bytes(MIXED), 1)), { raw: [MIXED] });
good('6.2.4', chop(frame(TEXT, MIXED), 1), { raw: [MIXED] });
const WRONG = Buffer.concat([bytes('κόσμε'), bytes([0xed, 0xa0, 0x80]), bytes('edited')]);
bad('6.3.1', [frame(TEXT, WRONG)], { sent: 1007 });
bad('6.3.2', fragments(chop(WRONG, 1)), { sent: 1007 });
// What cannot become UTF-8 any more is refused although the message, or its frame, is not complete.
const BEYOND = [0xf4, 0x90];
bad('6.4.1', [frame(TEXT_BEGINS, [...bytes('κόσμε'), ...BEYOND])], { sent: 1007 });
bad('6.4.2', [frame(TEXT_BEGINS, [...bytes('κόσμε'), BEYOND[0]]), frame(CONTINUES, [BEYOND[1]])], { sent: 1007 });
const UNFINISHED = frame(TEXT, [...bytes('κόσμε'), ...BEYOND, 0x80, 0x80, ...bytes('edited')]);
bad('6.4.3', [UNFINISHED.subarray(0, 2 + 12)], { sent: 1007 });
bad('6.4.4', chop(UNFINISHED.subarray(0, 2 + 12), 1), { sent: 1007 });
const GREEK = bytes('κόσμε');
for (let size = 1; size <= GREEK.length; size += 1) {
  const part = GREEK.subarray(0, size);
  if (size % 2 === 0) {
    good(`6.6.${size}`, [frame(TEXT, part)], { raw: [part.toString()] });
  } else {
    bad(`6.6.${size}`, [frame(TEXT, part)], { sent: 1007 });
  }
}
/** @type {Record<string, string[]>} */
const VALID = {
  6.7: ['00', 'c280', 'e0a080', 'f0908080'],
  6.9: ['7f', 'dfbf', 'efbfbf', 'f48fbfbf'],
  6.11: ['ed9fbf', 'ee8080', 'efbfbd'],
  6.22: ['efbfbe', 'f09fbfbe', 'f09fbfbf', 'f48fbfbe'],
  6.23: ['efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbbbf'],
};
/** @type {Record<string, string[]>} */
const INVALID = {
  6.8: ['f888808080', 'fc8480808080'],
  '6.10': ['f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'],
  6.12: ['80', 'bf', '80bf', '80bf80bf80bf80bf'],
  6.13: ['c020c120df20', 'e020e120ef20', 'f020f120f420', 'f820f920fb20', 'fc20fd20'],
  6.14: ['c0', 'e080', 'f08080', 'f8808080', 'df', 'efbf', 'f7bfbf', 'fdbfbfbfbf'],
  6.15: ['c0e080f08080df'],
  6.16: ['fe', 'ff', 'fefeffff'],
  6.17: ['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'],
  6.18: ['c1bf', 'e09fbf', 'f08fbfbf'],
  6.19: ['c080', 'e08080', 'f0808080'],
  '6.20': ['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'],
  6.21: ['eda080edb080', 'eda080edbfbf', 'edadbfedb080', 'edafbfedbfbf'],
};
for (const [section, texts] of Object.entries(VALID)) {
  for (const [n, hex] of texts.entries()) {
    const content = Buffer.from(hex, 'hex');
    good(`${section}.${n + 1}`, [frame(TEXT, content)], { raw: [content.toString()] });
  }
}
for (const [section, texts] of Object.entries(INVALID)) {
  for (const [n, hex] of texts.entries()) {
    bad(`${section}.${n + 1}`, [frame(TEXT, Buffer.from(hex, 'hex'))], { sent: 1007 });
  }
}

// 7: closing.
good('7.1.1', [frame(TEXT, 'good')], { raw: ['good'] });
good('7.1.2', [END]);
good('7.1.3', [END, frame(PING, 'too late')]);
good('7.1.4', [END, frame(TEXT, 'too late')]);
good('7.1.5', [frame(TEXT_BEGINS, 'one'), END, frame(ENDS, 'two')]);
good('7.1.6', [frame(TEXT, '*'.repeat(262_144)), frame(TEXT, 'good'), END, frame(PING)], {
  raw: ['*'.repeat(262_144), 'good'],
});
good('7.3.1', [frame(0x88)], { sent: 1005, close: [1005, ''] });
bad('7.3.2', [frame(0x88, 'a')]);
good('7.3.3', [closeFrame(1000)]);
good('7.3.4', [closeFrame(1000, 'Hello')], { close: [1000, 'Hello'] });
good('7.3.5', [closeFrame(1000, '*'.repeat(123))], { close: [1000, '*'.repeat(123)] });
bad('7.3.6', [closeFrame(1000, '*'.repeat(124))]);
bad('7.5.1', [closeFrame(1000, WRONG)], { sent: 1007 });
for (const [n, code] of [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999, 1012, 1013, 1014,
].entries()) {
  good(`7.7.${n + 1}`, [closeFrame(code)], { sent: code, close: [code, ''] });
}
for (const [n, code] of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].entries()) {
  bad(`7.9.${n + 1}`, [closeFrame(code)]);
}

// 9: larger and more.
for (const [n, size] of [65_536, 262_144, 1_048_576, 4_194_304].entries()) {
  const content = 'ä'.repeat(size / 2);
  good(`9.1.${n + 1}`, [frame(TEXT, content)], { raw: [content] });
  good(`9.2.${n + 1}`, [frame(BINARY, content)], { binary: 1 });
}
const MEBIBYTE = '*'.repeat(1_048_576);
for (const [n, size] of [64, 256, 4096, 65_536, 1_048_576].entries()) {
  const pieces = [Buffer.concat(fragments(chop(bytes(MEBIBYTE), size)))];
  good(`9.3.${n + 1}`, pieces, { raw: [MEBIBYTE] });
  good(`9.4.${n + 1}`, [Buffer.concat(fragments(chop(bytes(MEBIBYTE), size), BINARY_BEGINS))], { binary: 1 });
}
for (const [n, size] of [4096, 65_536].entries()) {
  good(`9.5.${n + 1}`, chop(frame(TEXT, MEBIBYTE), size), { raw: [MEBIBYTE] });
}
for (const [n, size] of [0, 16, 64, 1024].entries()) {
  const content = '*'.repeat(size);
  good(`9.7.${n + 1}`, [Buffer.concat(Array(1000).fill(frame(TEXT, content)))], { raw: Array(1000).fill(content) });
}

// 10: a message in fragments that the sender chose.
good('10.1.1', fragments(chop(bytes('*'.repeat(65_536)), 1300)), { raw: ['*'.repeat(65_536)] });

module.exports = { cases };
