import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from './exit.mjs';

/** What came through standard input and was not taken yet. */
let waiting = '';
let ended = false;

/**
 * Takes the next line of standard input: for what the list of processes must not show. A terminal does not show it either.
 *
 * @param {string} what it is, for people
 * @returns {Promise<string>}
 */
async function readLine(what) {
  if (process.stdin.isTTY) {
    return askFor(what);
  }
  while (!waiting.includes('\n') && !ended) {
    await readMore();
  }
  const [line] = waiting.split('\n', 1);
  waiting = waiting.slice(line.length + 1);
  const text = line.replace(/\r$/, '');
  if (text === '') {
    throw new UsageError(`standard input has no line with ${what}, which - reads from there`);
  }
  return text;
}

/** Takes the rest of standard input. */
async function readRest() {
  while (!ended) {
    await readMore();
  }
  const text = waiting;
  waiting = '';
  return text;
}

async function readMore() {
  const { stdin } = process;
  stdin.setEncoding('utf8');
  const chunk = stdin.read();
  if (chunk !== null) {
    waiting += chunk;
    return;
  }
  // A pipe that stays open keeps the program alive only while something is wanted from it.
  stdin.ref?.();
  ended = await new Promise((resolve, reject) => {
    const settle = () => {
      stdin.off('readable', settle).off('end', settle).off('error', reject);
      stdin.unref?.();
      resolve(stdin.readableEnded);
    };
    stdin.on('readable', settle).on('end', settle).on('error', reject);
    if (stdin.readableEnded) {
      settle();
    }
  });
}

/**
 * @param {string} what
 * @returns {Promise<string>}
 */
function askFor(what) {
  process.stderr.write(`${what}: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  return new Promise((resolve, reject) => {
    lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    lines.on('close', () => reject(new UsageError(`there was no ${what}`)));
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
      process.stderr.write('\n');
    });
  });
}

export { readLine, readRest };
