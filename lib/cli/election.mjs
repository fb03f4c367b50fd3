import { joinElection } from '../live/join-election.mjs';
import { Child } from './child.mjs';
import { UsageError } from './exit.mjs';

/**
 * @typedef {import('./output.mjs').Output} Output
 * @typedef {import('../live/term.mjs').Term} Term
 */

/** Options of the command. @type {import('./arguments.mjs').OptionConfigs} */
const options = { priority: { type: 'string' }, deadline: { type: 'string' }, 'instance-id': { type: 'string' } };

/** How long before its lease ends a command is told to end, as a share of the deadline, and at most. */
const NOTICE = { share: 0.25, mostMs: 10_000 };

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
  if (command.length === 0) {
    throw new UsageError('ha run needs a command after --, such as: ha run -- node worker.js');
  }
  if (connection.host !== undefined || connection.port !== undefined) {
    throw new UsageError('elections are held through a Unix socket; give --socket-path');
  }
  const priority = values.priority === undefined ? undefined : Number(values.priority);
  if (priority !== undefined && !Number.isInteger(priority)) {
    throw new UsageError('--priority must be a whole number');
  }
  const election = await joinElection({
    socketPath: connection['socket-path'],
    token: connection.token,
    instanceId: values['instance-id'],
    priority,
    deadlineMs,
  });
  election.on('error', ({ message }) => output.note(message));
  output.note('Waiting to be elected.');
  /** @type {ElectedCommand | undefined} */
  let running;
  onInterrupt(async () => {
    running?.stop();
    await election.close();
  }, deadlineMs ?? Number.POSITIVE_INFINITY);
  try {
    for await (const term of election.terms()) {
      output.note(`Elected: starting ${command[0]}.`);
      running = new ElectedCommand(term, command);
      const code = await running.run();
      if (!term.signal.aborted) {
        output.note(`${command[0]} ended with ${code}: giving up.`);
        return code;
      }
      output.note(term.signal.reason.message);
    }
    return 0;
  } finally {
    await election.close();
  }
}

/** A command that runs during one term. */
class ElectedCommand {
  #term;
  #child;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #told = false;

  /**
   * @param {Term} term
   * @param {string[]} command
   */
  constructor(term, command) {
    this.#term = term;
    this.#child = new Child(command, process.env);
  }

  /** @returns {Promise<number>} its exit code */
  async run() {
    const { signal } = this.#term;
    const notice = Math.min(this.#term.remainingMs * NOTICE.share, NOTICE.mostMs);
    const onAbort = () => {
      if (signal.reason?.code !== 'ERR_CYCLE_RESIGNED') {
        this.#child.kill('SIGKILL');
      }
    };
    const watch = () => {
      const left = this.#term.remainingMs - notice;
      if (left <= 0) {
        this.#tell();
      }
      // It goes on looking: the lease may be renewed, which moves the time.
      this.#timer = setTimeout(watch, Math.max(left, notice / 4));
    };
    signal.addEventListener('abort', onAbort);
    watch();
    try {
      return await this.#child.ended;
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

  #tell() {
    if (!this.#told) {
      this.#told = true;
      this.#child.kill('SIGTERM');
    }
  }
}

export { options, runElected };
