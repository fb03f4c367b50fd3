import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { UsageError } from './exit.mjs';

/** Exit codes of a shell for a program that is not there, and for one that may not be run. */
const NOT_FOUND = 127;
const NOT_PERMITTED = 126;

/**
 * The arguments before `--`, and the command after it.
 *
 * @param {string[]} argv
 * @returns {{ own: string[], command: string[] }}
 */
function splitCommand(argv) {
  const end = argv.indexOf('--');
  return end === -1 ? { own: argv, command: [] } : { own: argv.slice(0, end), command: argv.slice(end + 1) };
}

/** A command that runs with this program's input, output and error. */
class Child {
  #process;
  /** How it ended: its exit code, as a shell counts it. @type {Promise<number>} */
  ended;

  /**
   * @param {string[]} command
   * @param {NodeJS.ProcessEnv} env
   */
  constructor([program, ...parameters], env) {
    const child = spawn(program, parameters, { stdio: 'inherit', env });
    this.#process = child;
    this.ended = new Promise((resolve, reject) => {
      child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
      child.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
        const { code } = error;
        if (code === 'ENOENT' || code === 'EACCES') {
          const what = code === 'ENOENT' ? 'was not found' : 'may not be run';
          const failure = new UsageError(`${program} ${what}`);
          reject(Object.assign(failure, { exitCode: code === 'ENOENT' ? NOT_FOUND : NOT_PERMITTED }));
        } else {
          reject(error);
        }
      });
    });
  }

  /**
   * Tells it to end, and kills it if it has not ended in time.
   *
   * @param {number} patience milliseconds
   */
  async end(patience) {
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), patience);
    await this.ended.catch(() => {});
    clearTimeout(timer);
  }

  /** @param {NodeJS.Signals} signal */
  kill(signal) {
    this.#process.kill(signal);
  }
}

export { Child, splitCommand };
