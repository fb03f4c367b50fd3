import { exitCodeOf } from './exit.mjs';
import { format } from './format.mjs';
import { createSpinner } from './spinner.mjs';
import { styleFor } from './style.mjs';
import { printable, printableJson, withOptions } from './text.mjs';

/** Moves to the first line of the terminal, and clears it. */
const CLEAR = '\u001b[H\u001b[J';

/** The width of the output when it is not a terminal. */
const DEFAULT_COLUMNS = 120;

/**
 * The output of a command: data on stdout, everything else on stderr.
 */
class Output {
  #out;
  #err;
  json;
  #style;
  #errorStyle;
  #spinner;

  /**
   * @param {{ json: boolean, color: boolean | undefined }} options
   * @param {{ stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream }} streams
   */
  constructor({ json, color }, { stdout, stderr }) {
    this.#out = stdout;
    this.#err = stderr;
    this.json = json;
    this.#style = styleFor(stdout, color);
    this.#errorStyle = styleFor(stderr, color);
    this.#spinner = createSpinner(stderr, this.#talks);
  }

  /** Whether messages for people are shown: stderr is a terminal, and the output is not JSON. */
  get #talks() {
    return this.#err.isTTY === true && !this.json;
  }

  /** The style of stdout. */
  get style() {
    return this.#style;
  }

  /**
   * Shows on a terminal that the command is waiting.
   *
   * @param {string} msg
   */
  progress(msg) {
    this.#spinner.start(printable(msg));
  }

  /** Clears what {@link progress} shows. */
  settle() {
    this.#spinner.stop();
  }

  /**
   * Shows a message for people on a terminal.
   *
   * @param {string} text
   */
  note(text) {
    this.settle();
    if (text && this.#talks) {
      this.#err.write(`${this.#errorStyle.dim(printable(text))}\n`);
    }
  }

  /**
   * Says that secrets are hidden. With `--json` too, where programs could take the replacement for a value.
   */
  noteHidden() {
    if (this.json) {
      this.settle();
      this.#err.write('Secrets are hidden and replaced by null; --reveal shows them.\n');
    } else {
      this.note('Secrets are hidden; --reveal shows them.');
    }
  }

  /** The replacement of a secret. */
  get mask() {
    return this.json ? null : '(hidden)';
  }

  /**
   * Writes the results of a command.
   *
   * @param {unknown} results
   */
  results(results) {
    this.settle();
    if (this.json) {
      const indent = this.#out.isTTY ? 2 : undefined;
      this.#out.write(`${printableJson(JSON.stringify(results ?? null, null, indent))}\n`);
      return;
    }
    if (results === undefined || results === null) {
      return;
    }
    const page = { style: this.#style, columns: this.#out.columns ?? DEFAULT_COLUMNS };
    const { text, complete } = format(results, page);
    this.#out.write(`${text}\n`);
    if (!complete) {
      this.note('Not everything fits; --json shows all of it.');
    }
  }

  /** Whether results for people go to a terminal, which can be written over. */
  get isScreen() {
    return this.#out.isTTY === true && !this.json;
  }

  /**
   * Writes results to the terminal, in place of what it shows.
   *
   * @param {unknown} results
   */
  screen(results) {
    this.settle();
    this.#out.write(CLEAR);
    this.results(results);
  }

  /**
   * Writes one line of text to stdout. Returns false when its buffer is full: wait for {@link drained}.
   *
   * @param {string} text
   */
  line(text) {
    this.settle();
    return this.#out.write(`${text}\n`);
  }

  /** Resolves when stdout can be written to again. */
  drained() {
    return new Promise((resolve) => this.#out.once('drain', resolve));
  }

  /**
   * Writes an error and what to do about it.
   *
   * @param {any} error
   * @returns {number} the exit code
   */
  error(error) {
    this.settle();
    const code = exitCodeOf(error);
    if (error?.status === undefined && typeof error?.message === 'string') {
      error.message = withOptions(error.message);
    }
    this.#err.write(
      `${this.json ? printableJson(JSON.stringify({ error: describe(error) })) : this.#explain(error)}\n`,
    );
    return code;
  }

  /** @param {any} error */
  #explain(error) {
    const { message, suggestions = [], usage, hint } = error;
    const detail = systemText(error) ?? error.detail;
    const style = this.#errorStyle;
    const lines = [`${style.red('Error:')} ${printable(String(message ?? error))}`];
    const said = [message, ...suggestions].join('\n');
    if (detail && !said.includes(detail)) {
      lines.push(`  ${printable(detail)}`);
    }
    for (const suggestion of [...suggestions, ...(hint ? [hint] : [])]) {
      lines.push(`  ${style.yellow('-')} ${printable(suggestion)}`);
    }
    if (usage) {
      lines.push('', usage);
    }
    return lines.join('\n');
  }
}

/**
 * The system's error message, when there was no answer.
 *
 * @param {any} error
 * @returns {string | undefined}
 */
function systemText({ cause }) {
  return cause?.code === undefined ? undefined : (cause.cause?.message ?? cause.message);
}

/** @param {any} error */
function describe(error) {
  const { name, message, status, suggestions, endpoint, param, detail, code, cause } = error;
  return { name, message, status, suggestions, endpoint, param, detail, code: code ?? cause?.code };
}

export { Output };
