import { joinElection } from '../live/join-election.mjs';
import { Child, requireCommand } from './child.mjs';
import { socketAccess } from './command.mjs';
import { exitCodes, UsageError } from './exit.mjs';

/**
 * @typedef {import('./output.mjs').Output} Output
 * @typedef {import('../live/term.mjs').Term} Term
 */

/** Options of the command. @type {import('./arguments.mjs').OptionConfigs} */
const options = { priority: { type: 'string' }, deadline: { type: 'string' }, 'instance-id': { type: 'string' } };

/** How long before its lease ends a command is told to end, as a share of the deadline, and at most. */
const NOTICE = { share: 0.25, mostMs: 10_000 };

/** How long what a command left behind may take to end, in milliseconds. */
const LEFT_BEHIND_MS = 5000;

/** Codes of errors for options, which are this program's arguments. */
const ARGUMENT_CODES = new Set(['ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE']);

/** Signals that mean something to some programs, and nothing to this one. @type {NodeJS.Signals[]} */
const PASSED_ON = ['SIGUSR1', 'SIGUSR2'];

/**
 * Runs a command while this instance is the primary of its container.
 *
 * It is told to end (SIGTERM) before the lease ends, killed (SIGKILL) when it has ended, and started again in the next term. If it ends
 * by itself, this instance gives up, and the command's exit code is this program's.
 *
 * @param {{ command: string[], values: Record<string, any>, connection: Record<string, any>, deadlineMs: number | undefined }} given
 * @param {Output} output
 * @param {(stop: () => Promise<unknown>, limitMs: number) => void} onInterrupt
 * @returns {Promise<number>} the exit code
 */
async function runElected({ command, values, connection, deadlineMs }, output, onInterrupt) {
  requireCommand(command, 'ha run', 'node worker.js');
  const access = socketAccess(connection, 'elections are held');
  const priority = values.priority === undefined ? undefined : Number(values.priority);
  if (priority !== undefined && (values.priority === '' || !Number.isInteger(priority))) {
    throw new UsageError('--priority must be a whole number');
  }
  /** @type {ElectedCommand | undefined} */
  let running;
  /** @type {import('../../live.js').Election | undefined} */
  let joined;
  let interrupted = false;
  onInterrupt(async () => {
    interrupted = true;
    running?.stop();
    await joined?.close();
  }, deadlineMs ?? Number.POSITIVE_INFINITY);
  const election = await joinElection({
    ...access,
    instanceId: values['instance-id'],
    priority,
    deadlineMs,
  }).catch((error) => {
    throw ARGUMENT_CODES.has(error.code) ? new UsageError(error.message.replace('joinElection: ', '')) : error;
  });
  joined = election;
  election.on('error', ({ message }) => output.note(message));
  output.note('Waiting to be elected.');
  for (const signal of PASSED_ON) {
    process.on(signal, () => running?.pass(signal));
  }
  try {
    if (interrupted) {
      return exitCodes.INTERRUPTED;
    }
    for await (const term of election.terms()) {
      do {
        output.note(`Elected: starting ${command[0]}.`);
        running = new ElectedCommand(term, command);
        const code = await running.run();
        if (!running.told && !term.signal.aborted) {
          output.note(`${command[0]} ended with ${code}: giving up.`);
          return code;
        }
      } while (await renewed(election, term, running.notice));
      output.note(term.signal.reason.message);
    }
    return 0;
  } finally {
    await election.close();
  }
}

/**
 * Waits until a lease that was about to end is renewed.
 *
 * @param {import('../../live.js').Election} election
 * @param {import('../../live.js').ElectionTerm} term
 * @param {number} notice milliseconds
 * @returns {Promise<boolean>} false if it has ended
 */
async function renewed(election, term, notice) {
  while (!term.signal.aborted && term.remainingMs <= notice) {
    await new Promise((resolve) => {
      const done = () => {
        election.off('checkin', done).off('lost', done);
        resolve(undefined);
      };
      election.on('checkin', done).on('lost', done);
    });
  }
  return !term.signal.aborted;
}

/** A command that runs during one term. */
class ElectedCommand {
  #term;
  #child;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** How long before the lease ends the command is told to end, in milliseconds. */
  notice;
  /** Whether it was told to end. */
  told = false;

  /**
   * @param {Term} term
   * @param {string[]} command
   */
  constructor(term, command) {
    this.#term = term;
    this.notice = Math.min(term.remainingMs * NOTICE.share, NOTICE.mostMs);
    this.#child = new Child(command, process.env, { guarded: true });
  }

  /** Whether the term ended without being given up. */
  get #isLost() {
    const { aborted, reason } = this.#term.signal;
    return aborted && reason?.code !== 'ERR_CYCLE_RESIGNED';
  }

  /** @returns {Promise<number>} its exit code, once nothing of it runs any more */
  async run() {
    const { signal } = this.#term;
    const onAbort = () => {
      if (this.#isLost) {
        this.#child.kill('SIGKILL');
      }
    };
    const watch = () => {
      const left = this.#term.remainingMs - this.notice;
      if (left <= 0) {
        this.#tell();
      }
      // It goes on looking: the lease may be renewed, which moves the time.
      this.#timer = setTimeout(watch, Math.max(left, this.notice / 4));
    };
    signal.addEventListener('abort', onAbort);
    watch();
    try {
      const code = await this.#child.ended;
      await this.#child.endRest(this.#isLost ? 0 : LEFT_BEHIND_MS);
      return code;
    } finally {
      clearTimeout(this.#timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Tells the command to end now, and kills it when the lease ends. */
  stop() {
    const { remainingMs } = this.#term;
    this.#tell();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#child.kill('SIGKILL'), remainingMs);
  }

  /** @param {NodeJS.Signals} signal */
  pass(signal) {
    this.#child.kill(signal);
  }

  #tell() {
    if (!this.told) {
      this.told = true;
      this.#child.kill('SIGTERM');
    }
  }
}

export { options, runElected };
