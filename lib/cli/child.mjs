import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from './exit.mjs';

/** Exit codes of a shell for a program that is not there, and for one that may not be run. */
const NOT_FOUND = 127;
const NOT_PERMITTED = 126;

/** What the system says of a file that is no program, or of arguments that it does not take. */
const NOT_EXECUTABLE = new Set(['EACCES', 'ENOTDIR', 'ENOEXEC', 'ELOOP', 'ENAMETOOLONG', 'E2BIG']);

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

/**
 * @param {string[]} command
 * @param {string} name of the command of this program that runs it
 * @param {string} example
 */
function requireCommand(command, name, example) {
  if (command.length === 0) {
    throw new UsageError(`${name} needs a command after --, such as: ${name} -- ${example}`);
  }
}

/**
 * A command that runs with this program's input, output and error.
 *
 * A guarded one never outlives this program, unless that is killed by SIGKILL. It has a process group of its own, with what it
 * starts, so that nothing of it is left; but not at a terminal, which lets only one group read.
 */
class Child {
  #process;
  #hasGroup;
  #onExit = () => this.kill('SIGKILL');
  /** How it ended: its exit code, as a shell counts it. @type {Promise<number>} */
  ended;

  /**
   * @param {string[]} command
   * @param {NodeJS.ProcessEnv} env
   * @param {{ guarded?: boolean }} [options]
   */
  constructor([program, ...parameters], env, { guarded = false } = {}) {
    this.#hasGroup = guarded && !process.stdin.isTTY;
    // Loaded here, because other commands do not need it, and it takes 4 ms. It is part of Node and needs no file.
    const { spawn } = require('node:child_process');
    try {
      this.#process = spawn(program, parameters, { stdio: 'inherit', env, detached: this.#hasGroup });
    } catch (error) {
      throw notStarted(program, error);
    }
    const child = this.#process;
    this.ended = new Promise((resolve, reject) => {
      child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
      child.on('error', (error) => reject(notStarted(program, error)));
    });
    if (guarded) {
      process.on('exit', this.#onExit);
    }
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

  /**
   * Once a guarded command has ended: tells what it started and left behind to end, and kills it if it has not ended in time.
   *
   * @param {number} patience milliseconds
   */
  async endRest(patience) {
    const end = performance.now() + patience;
    for (let left = this.#signalGroup('SIGTERM'); left; left = this.#signalGroup(0)) {
      if (performance.now() >= end) {
        this.#signalGroup('SIGKILL');
        break;
      }
      await sleep(20);
    }
    process.off('exit', this.#onExit);
  }

  /** @param {NodeJS.Signals} signal SIGKILL is also for what the command started */
  kill(signal) {
    if (signal !== 'SIGKILL' || !this.#signalGroup(signal)) {
      this.#process.kill(signal);
    }
  }

  /**
   * @param {NodeJS.Signals | 0} signal
   * @returns {boolean} whether a process got it
   */
  #signalGroup(signal) {
    const { pid } = this.#process;
    if (!this.#hasGroup || pid === undefined) {
      return false;
    }
    try {
      return process.kill(-pid, signal);
    } catch {
      return false;
    }
  }
}

/**
 * @param {string} program
 * @param {any} error why it could not be started
 */
function notStarted(program, error) {
  const missing = error.code === 'ENOENT' || program === '';
  if (!missing && !NOT_EXECUTABLE.has(error.code)) {
    return error;
  }
  const failure = new UsageError(`${program || 'the empty word'} ${missing ? 'was not found' : 'may not be run'}`);
  return Object.assign(failure, { exitCode: missing ? NOT_FOUND : NOT_PERMITTED });
}

export { Child, requireCommand, splitCommand };
