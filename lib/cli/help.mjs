import { shellWord } from './shell.mjs';
import { columns, printable } from './text.mjs';

/**
 * @typedef {import('./protocol-source.mjs').Source} Source
 * @typedef {import('../protocol/definition.mjs').CommandDescription} Command
 * @typedef {import('../protocol/definition.mjs').ParamDescription} Param
 * @typedef {import('./style.mjs').Style} Style
 */

/** Commands that are not in the protocol. */
const OWN_COMMANDS = [
  ['notifications', 'Show notifications as they arrive', 'cycle'],
  ['watch', 'Show a list of the environment and what changes in it', 'cycle'],
  ['metadata', 'Show the metadata of the environment', 'cycle'],
  ['request', 'Send any request', 'any'],
  ['doctor', 'Check what a program needs of the platform', 'cycle'],
  ['exec', 'Run a program with the scoped variables in its environment', 'cycle'],
  ['ha run', 'Run a program while this instance is the primary', 'cycle'],
  ['simulate', 'Run a simulator until interrupted', 'any'],
  ['completion', 'Print a completion script for bash, zsh or fish', 'any'],
];

/**
 * How the user calls the program for a protocol.
 *
 * @param {Source} source
 * @param {string} protocol the value of `--protocol`
 */
function programName(source, protocol) {
  return source.builtin === 'cycle' ? 'cycle-internal' : `cycle-internal --protocol ${shellWord(printable(protocol))}`;
}

/**
 * @param {Source} source
 */
function ownCommands(source) {
  return OWN_COMMANDS.filter(([, , where]) => where === 'any' || source.builtin === 'cycle');
}

/**
 * @param {Source} source
 * @param {string} program
 * @param {Style} style
 */
function topHelp(source, program, style) {
  const { commands, description } = source.description;
  const groups = [...new Set(commands.map(({ group }) => group))];
  const rows = groups.map((group) => [
    `  ${group}`,
    commands
      .filter((command) => command.group === group)
      .map(({ name }) => name)
      .join(', '),
  ]);
  const simple = commands.find(({ example }) => example === '') ?? commands[0];
  const examples = [exampleOf(simple, program), `${program} ${simple.group} --help`];
  if (source.builtin === 'cycle') {
    examples.push(`${program} notifications --topic 'container.*' --json`, `${program} request GET /v1/environment`);
  }
  return [
    ...(description ? [description, ''] : []),
    usage(`${program} <group> <command> [params] [options]`, style),
    '',
    style.bold('Groups and their commands'),
    ...columns(rows),
    '',
    style.bold('Other commands'),
    ...columns(ownCommands(source).map(([name, what]) => [`  ${name}`, what])),
    '',
    ...optionHelp(source, style),
    '',
    ...exampleHelp(examples, style),
  ].join('\n');
}

/**
 * @param {Source} source
 * @param {string} group
 * @param {string} program
 * @param {Style} style
 */
function groupHelp(source, group, program, style) {
  const commands = source.description.commands.filter((command) => command.group === group);
  return [
    usage(`${program} ${group} <command> [params] [options]`, style),
    '',
    style.bold('Commands'),
    ...columns(commands.map((command) => [`  ${command.name}`, command.description])),
    '',
    ...exampleHelp(
      commands.slice(0, 3).map((command) => exampleOf(command, program)),
      style,
    ),
    '',
    `${program} ${group} <command> --help shows the params of a command.`,
  ].join('\n');
}

/**
 * @param {Source} source
 * @param {Command} command
 * @param {string} program
 * @param {Style} style
 */
function commandHelp(source, command, program, style) {
  const params = command.params.map((param) => [`  ${param.name}`, paramText(param)]);
  const examples = [exampleOf(command, program), `${exampleOf(command, program)} --json`];
  const named = namedExample(command, program);
  if (named !== undefined) {
    examples.push(named);
  }
  if (command.hasSecrets) {
    examples.push(`${exampleOf(command, program)} --reveal`);
  }
  return [
    `${command.description}.`,
    '',
    commandUsage(command, program, style),
    ...(params.length > 0
      ? ['', style.bold('Params'), ...columns(params), '', 'Give each by its position or as --name value.']
      : []),
    '',
    ...optionHelp(source, style),
    '',
    ...exampleHelp(examples, style),
  ].join('\n');
}

/**
 * @param {Command} command
 * @param {string} program
 * @param {Style} style
 */
function commandUsage(command, program, style) {
  const params = command.params.map(({ name, required }) => (required ? `<${name}>` : `[${name}]`));
  return usage([program, command.group, command.name, ...params, '[options]'].join(' '), style);
}

/** @param {Param} param */
function paramText({ description, type, required, values, default: fallback, option, name, secret }) {
  const more = [type === 'JSON' ? 'JSON, @file or - for standard input' : type];
  if (secret) {
    more.push('or - to read a line of standard input, so that the list of processes does not show it');
  }
  if (values.length > 0) {
    more.push(`one of ${values.join(', ')}`);
  }
  if (fallback !== null && fallback !== undefined) {
    more.push(`default ${JSON.stringify(fallback)}`);
  }
  if (!required) {
    more.push('optional');
  }
  if (option !== name) {
    more.push(`--${option}`);
  }
  return `${description ? `${description} ` : ''}(${more.join('; ')})`;
}

/**
 * @param {Source} source
 * @param {Style} style
 */
function optionHelp(source, style) {
  const { options, credentialParam } = source.description;
  const env = (/** @type {string} */ name) => {
    const param = options.find((option) => option.name === name);
    const from = param?.env ? `; otherwise ${param.env}` : '';
    const fallback = param?.default ? `${from ? ', then' : '; otherwise'} ${param.default}` : '';
    return from + fallback;
  };
  const shared = options.filter(({ name }) => !['host', 'port', 'socket-path', credentialParam].includes(name));
  const rows = [
    ['  -s, --socket-path path', `Unix socket of the server${env('socket-path')}`],
    ['  -H, --host host', `Name or address of the server, with --port${env('host')}`],
    ['  -p, --port port', `TCP port of the server${env('port')}`],
    ['  -a, --api-key, --token key', `Credential, or - for a line of standard input${env(credentialParam)}`],
    ...shared.map((param) => [`  --${param.option} value`, paramText(param)]),
    ['  --timeout duration', 'Time limit of the call, such as 500ms or 10s; default 30s'],
    ['  --json', 'Results as JSON; errors too, on stderr'],
    ['  --reveal', 'Show secrets; without it they are (hidden), or null with --json'],
    ['  --color, --no-color', 'Always or never use colours; default: on a terminal, unless NO_COLOR is set'],
    ['  --protocol name', 'Use another API: cycle, binder, or a file that exports a declaration'],
    ['  -h, --help', 'Show help'],
    ['  -V, --version', 'Show the version'],
  ];
  return [style.bold('Options'), ...columns(rows)];
}

/**
 * @param {string[]} examples
 * @param {Style} style
 */
function exampleHelp(examples, style) {
  return [style.bold('Examples'), ...examples.map((example) => `  ${example}`)];
}

/**
 * @param {string} text
 * @param {Style} style
 */
function usage(text, style) {
  return `${style.bold('Usage:')} ${text}`;
}

/**
 * @param {Command} command
 * @param {string} program
 */
function exampleOf(command, program) {
  return [program, command.group, command.name, command.example].filter(Boolean).join(' ');
}

/**
 * An example in which an optional param is given by name.
 *
 * @param {Command} command
 * @param {string} program
 */
function namedExample(command, program) {
  const param = command.params.find(({ required }) => !required);
  if (param === undefined) {
    return undefined;
  }
  const value = param.type === 'Boolean' ? '' : ` ${shellWord(String(sampleValue(param)))}`;
  return `${exampleOf(command, program)} --${param.option}${value}`;
}

/** @param {Param} param */
function sampleValue({ type, values, name }) {
  if (values.length > 0) {
    return values[0];
  }
  const samples = { String: `my-${name}`, Number: '1', Date: '2024-01-01', JSON: `@${name}.json`, Boolean: 'true' };
  return samples[type];
}

/** Help of the commands that are not in the protocol. @type {Record<string, (program: string) => string[]>} */
const OWN_HELP = {
  notifications: (program) => [
    `Usage: ${program} notifications [--topic topic]... [--no-reconnect] [options]`,
    '',
    'Shows notifications as they arrive, one a line, until interrupted. A topic is an exact name or a prefix such as',
    "'container.*'; without one, every notification is shown. With --json each line is a JSON document.",
    'Secrets are hidden unless --reveal is given.',
    '',
    'Examples',
    `  ${program} notifications`,
    `  ${program} notifications --topic 'container.*' --topic environment.state.changed`,
    `  ${program} notifications --json | jq .topic`,
  ],
  watch: (program) => [
    `Usage: ${program} watch containers|instances|services|ips|virtual-machines [options]`,
    '',
    'Shows a list of the environment until interrupted: on a terminal a table that follows what changes; with --json, or where',
    'the output is not a terminal, one JSON document a line, {"event","resource","entry"}: first "added" for each entry that is',
    'there, then "added", "changed" and "removed". Secrets are hidden unless --reveal is given.',
    '',
    'Examples',
    `  ${program} watch instances`,
    `  ${program} watch containers | jq -c '[.event, .entry.name, .entry.state.current]'`,
  ],
  metadata: (program) => [
    `Usage: ${program} metadata [--path file] [--validate] [options]`,
    '',
    'Shows the metadata of the environment: the content of /var/run/cycle/metadata/environment.json, or of the file that',
    'CYCLE_METADATA_PATH names. With --validate, missing fields and wrong types are an error.',
    '',
    'Examples',
    `  ${program} metadata`,
    `  ${program} metadata --json --validate`,
  ],
  request: (program) => [
    `Usage: ${program} request [method] <path> [--body json] [options]`,
    '',
    'Sends any request with the credential and shows the body of the answer. The method is GET unless given; the body',
    'is JSON, @file, or - for standard input.',
    '',
    'Examples',
    `  ${program} request GET '/things?state=new'`,
    `  ${program} request POST /things --body '{"name":"a"}'`,
    `  ${program} request POST /things --body @thing.json --json`,
  ],
  doctor: (program) => [
    `Usage: ${program} doctor [options]`,
    '',
    'Checks what a program needs of the platform, and says what to do where something is missing: versions, the variables of',
    'the instance, token, socket, clock, scopes, elections, notifications and the metadata file. Nothing is changed. It ends with',
    '1 if a check failed.',
    '',
    'Examples',
    `  ${program} doctor`,
    `  ${program} doctor --json`,
  ],
  exec: (program) => [
    `Usage: ${program} exec [--required name,name]... [--restart] [options] -- command...`,
    '',
    'Runs a program with the scoped variables of the environment in its own environment, and ends with its exit code. Without',
    'those that --required names it is not started. With --restart it is told to end (SIGTERM) and started again when one',
    'changes. SIGTERM and Ctrl-C are passed on.',
    '',
    'Examples',
    `  ${program} exec --required DATABASE_URL,API_KEY -- node server.js`,
    `  ${program} exec --restart -- ./worker`,
  ],
  'ha run': (program) => [
    `Usage: ${program} ha run [--priority number] [--deadline duration] [--instance-id id] [options] -- command...`,
    '',
    'Takes part in the election of the primary of this container, and runs a program while this instance is it. The program',
    'gets SIGTERM before the lease ends without being renewed, and SIGKILL when it has ended; it is started again in the next',
    'term. If it ends by itself, this instance gives up at once and ends with its exit code. SIGTERM and Ctrl-C are passed on.',
    'What the program leaves behind is ended with it, except at a terminal.',
    'The instance is CYCLE_INSTANCE_ID, and the deadline that of the container, unless they are given.',
    '',
    'Examples',
    `  ${program} ha run -- node scheduler.js`,
    `  ${program} ha run --priority 10 -- sh -c 'exec ./worker'`,
  ],
  simulate: (program) => [
    `Usage: ${program} simulate [socket-path] [--port port] [--fail group.endpoint=error]... [--scopes list] [options]`,
    '',
    'Runs a simulator until it is interrupted: on a socket of its own, on the one given, or on a TCP port (0 for any).',
    'With --token it accepts that credential (- reads it from standard input). --latency, such as 200ms, delays every',
    'answer. --fail makes an endpoint of the protocol answer with one of its declared errors. --scopes self,environment',
    'allows only what needs no other scope of the internal API.',
    '',
    'Examples',
    `  ${program} simulate`,
    `  ${program} simulate /tmp/api.sock --token secret`,
    `  ${program} simulate --port 8080 --json`,
  ],
  completion: (program) => [
    `Usage: ${program} completion bash|zsh|fish`,
    '',
    'Prints a script that makes a shell complete groups, commands and options.',
    '',
    'Examples',
    `  source <(${program} completion bash)`,
    `  ${program} completion zsh > "\${fpath[1]}/_cycle-internal"`,
    `  ${program} completion fish > ~/.config/fish/completions/cycle-internal.fish`,
  ],
};

export { commandHelp, commandUsage, groupHelp, OWN_HELP, ownCommands, programName, topHelp };
