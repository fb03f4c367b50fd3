import { LONGEST } from '../live/timers.mjs';
import { firstLook, parse } from './arguments.mjs';
import { callCommand } from './call.mjs';
import { splitCommand } from './child.mjs';
import { findCommand, optionsOf, readConnection, readParams, readTimeout, sharedOptions } from './command.mjs';
import { completionScript } from './completion.mjs';
import * as doctor from './doctor.mjs';
import * as election from './election.mjs';
import * as execute from './execute.mjs';
import { exitCodes } from './exit.mjs';
import * as help from './help.mjs';
import * as metadata from './metadata.mjs';
import * as notifications from './notifications.mjs';
import { Output } from './output.mjs';
import { loadProtocol } from './protocol-source.mjs';
import * as request from './request.mjs';
import * as simulate from './simulate.mjs';
import { oneLine, printable } from './text.mjs';
import * as watch from './watch.mjs';

/**
 * @typedef {import('./protocol-source.mjs').Source} Source
 */

/** Runs the command line as a program. */
function start() {
  /** @type {Cleanup[]} */
  const cleanups = [];
  // The reader of the output may close it at any time.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EPIPE') {
        finish(cleanups, exitCodes.OK);
        return;
      }
      if (stream === process.stdout) {
        // For example, the disk is full.
        process.stderr.write(`Error: the output cannot be written: ${error.message}\n`);
      }
      finish(cleanups, exitCodes.API_ERROR);
    });
  }
  // Replaces Node's own output of warnings, which mentions options of Node.
  process.removeAllListeners('warning');
  process.on('warning', ({ message }) => process.stderr.write(`Warning: ${printable(message)}\n`));
  process.on('SIGINT', () => finish(cleanups, exitCodes.INTERRUPTED));
  process.on('SIGTERM', () => finish(cleanups, 143));
  process.on('SIGHUP', () => finish(cleanups, 129));
  process.on('SIGQUIT', () => finish(cleanups, 131));
  const onInterrupt = (/** @type {() => unknown} */ clean, limitMs = CLEANUP_LIMIT) =>
    void cleanups.push({ run: clean, limitMs });
  run(process.argv.slice(2), process, onInterrupt).then((code) => {
    process.exitCode = code;
  });
}

/** Options of the built-in commands. @type {Record<string, import('./arguments.mjs').OptionConfigs>} */
const COMMAND_OPTIONS = {
  completion: {},
  doctor: doctor.options,
  exec: execute.options,
  'ha run': election.options,
  metadata: metadata.options,
  notifications: notifications.options,
  request: request.options,
  simulate: simulate.options,
  watch: watch.options,
};

/** The commands that run a program, which is given after `--`. */
const RUN_COMMANDS = new Set(['exec', 'ha run']);

/** How long clean-up may take before the program ends, in milliseconds, unless it asks for more. */
const CLEANUP_LIMIT = 60;

/**
 * @typedef {{ run: () => unknown, limitMs: number }} Cleanup
 */

let finishing = false;

/**
 * @param {Cleanup[]} cleanups
 * @param {number} code
 */
async function finish(cleanups, code) {
  if (finishing) {
    // Asked a second time, it does not wait.
    process.exit(code);
  }
  finishing = true;
  const longest = Math.min(Math.max(CLEANUP_LIMIT, ...cleanups.map(({ limitMs }) => limitMs)), LONGEST);
  const limit = new Promise((resolve) => setTimeout(resolve, longest));
  await Promise.race([Promise.allSettled(cleanups.map(async (cleanup) => cleanup.run())), limit]);
  process.exit(code);
}

/**
 * Runs one command.
 *
 * @param {string[]} argv
 * @param {{ stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream }} streams
 * @param {(cleanup: () => unknown, limitMs?: number) => void} onInterrupt
 * @returns {Promise<number>} the exit code
 */
async function run(argv, streams, onInterrupt) {
  const { values, words } = firstLook(argv);
  const color = values.color === true ? true : values['no-color'] === true ? false : undefined;
  const output = new Output({ json: values.json === true, color }, streams);
  onInterrupt(() => output.settle());
  try {
    return (await dispatch(argv, { values, words }, output, onInterrupt)) ?? exitCodes.OK;
  } catch (error) {
    return output.error(error);
  }
}

/**
 * @param {string[]} argv
 * @param {{ values: Record<string, any>, words: string[] }} first
 * @param {Output} output
 * @param {(cleanup: () => unknown, limitMs?: number) => void} onInterrupt
 * @returns {Promise<number | undefined>} the exit code, unless it is 0
 */
async function dispatch(argv, { values, words }, output, onInterrupt) {
  if (values.version) {
    const { version } = require('../../package.json');
    output.line(version);
    return undefined;
  }
  const protocol = typeof values.protocol === 'string' ? values.protocol : 'cycle';
  const source = await loadProtocol(protocol);
  const shown = withoutEscapes(source);
  const program = help.programName(source, protocol);
  const wanted = values.help || words[0] === 'help';
  const [group, name] = words[0] === 'help' ? words.slice(1) : words;
  if (group === undefined) {
    parse(argv, {});
    output.line(help.topHelp(shown, program, output.style));
    return undefined;
  }
  const own = help.ownCommands(source).find(([words]) => words === group || words === `${group} ${name}`)?.[0];
  if (own !== undefined) {
    if (!wanted) {
      return runOwn(own, argv, source, output, onInterrupt);
    }
    output.line(help.OWN_HELP[own](program).join('\n'));
    return undefined;
  }
  const isGroup = source.description.commands.some((command) => command.group === group);
  if (wanted && name === undefined && isGroup) {
    output.line(help.groupHelp(shown, group, program, output.style));
    return undefined;
  }
  const command = findCommand(source, group, name);
  if (wanted) {
    output.line(help.commandHelp(shown, findCommand(shown, group, name), program, output.style));
    return undefined;
  }
  await runCommand(command, argv, source, program, output);
  return undefined;
}

/**
 * Escapes control characters in the texts of a protocol, which may come from somebody else, so that they cannot control
 * the terminal.
 *
 * @param {Source} source
 * @returns {Source}
 */
function withoutEscapes(source) {
  const shown = (/** @type {string} */ _key, /** @type {unknown} */ value) =>
    typeof value === 'string' ? oneLine(value) : value;
  return { ...source, description: JSON.parse(JSON.stringify(source.description, shown)) };
}

/**
 * @param {import('../protocol/definition.mjs').CommandDescription} command
 * @param {string[]} argv
 * @param {Source} source
 * @param {string} program
 * @param {Output} output
 */
async function runCommand(command, argv, source, program, output) {
  const { values, words } = parse(argv, { ...optionsOf(command), ...sharedOptions(source) });
  const usage = help.commandUsage(command, program, output.style);
  const connection = await readConnection(source, values);
  const params = await readParams(source, command, { values, words: words.slice(2) }, usage);
  const call = {
    params: { ...params, ...connection },
    timeoutMs: readTimeout(values.timeout),
    reveal: values.reveal === true,
  };
  await callCommand(source, command, call, output);
}

/**
 * @param {string} name
 * @param {string[]} argv
 * @param {Source} source
 * @param {Output} output
 * @param {(cleanup: () => unknown, limitMs?: number) => void} onInterrupt
 * @returns {Promise<number | undefined>} the exit code, unless it is 0
 */
async function runOwn(name, argv, source, output, onInterrupt) {
  const { own, command } = RUN_COMMANDS.has(name) ? splitCommand(argv) : { own: argv, command: [] };
  const { values, words: all } = parse(own, COMMAND_OPTIONS[name]);
  const words = all.slice(name.split(' ').length);
  if (name === 'completion') {
    output.line(completionScript(source, words[0]).trimEnd());
    return undefined;
  }
  const connection = await readConnection(source, values);
  if (name === 'doctor') {
    return doctor.diagnose({ connection, timeoutMs: readTimeout(values.timeout) }, output);
  }
  if (name === 'exec') {
    return execute.execute({ command, values, connection }, output, onInterrupt);
  }
  if (name === 'ha run') {
    const deadlineMs = readTimeout(values.deadline, '--deadline');
    return election.runElected({ command, values, connection, deadlineMs }, output, onInterrupt);
  }
  if (name === 'request') {
    await request.sendRequest(source, { words, values, connection, timeoutMs: readTimeout(values.timeout) }, output);
  } else if (name === 'simulate') {
    await simulate.simulate(
      source,
      { words, values, connection, latencyMs: readTimeout(values.latency, '--latency') },
      output,
      onInterrupt,
    );
  } else if (name === 'watch') {
    await watch.watch(source, { words, values, connection }, output, onInterrupt);
  } else if (name === 'notifications') {
    await notifications.streamNotifications(source, { values, connection }, output, onInterrupt);
  } else {
    await metadata.showMetadata(source, values, output);
  }
  return undefined;
}

export { run, start };
