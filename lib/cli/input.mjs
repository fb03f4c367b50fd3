import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from './exit.mjs';

/** What was read from standard input but not used yet. */
let waiting = '';
let ended = false;

/**
 * Reads the next line of standard input: for secrets, which the list of processes must not show. On a terminal, the user is
 * asked and the input is not shown.
 *
 * @param {string} what name of the input, for the prompt and errors
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
    throw new UsageError(`standard input has no line for ${what}, which was given as -`);
  }
  return text;
}

/** Reads the rest of standard input. */
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
  // Standard input keeps the program alive only while it is read: a pipe may stay open.
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
