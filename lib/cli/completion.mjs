import { OWN_OPTIONS } from './arguments.mjs';
import { UsageError } from './exit.mjs';
import { ownCommands } from './help.mjs';
import { fishWord, shellWord } from './shell.mjs';
import { oneLine } from './text.mjs';

/**
 * @typedef {import('./protocol-source.mjs').Source} Source
 * @typedef {{ name: string, description: string, words: Entry[] }} Entry
 */

/** @type {Record<string, (source: Source) => string>} */
const scripts = { bash, zsh, fish };

/**
 * Makes the script with which a shell completes the commands of a protocol.
 *
 * @param {Source} source
 * @param {string | undefined} shell
 */
function completionScript(source, shell) {
  if (shell === undefined || !Object.hasOwn(scripts, shell)) {
    throw new UsageError('completion needs the name of a shell', { hint: 'There are bash, zsh and fish.' });
  }
  return scripts[shell](source);
}

/** @typedef {Pick<import('../protocol/definition.mjs').CommandDescription, 'group' | 'name' | 'description' | 'params'>} Completed */

/**
 * The commands of the protocol, and those of this program that have two words, by the first one.
 *
 * @param {Source} source
 */
function groupsOf(source) {
  /** @type {Map<string, Completed[]>} */
  const groups = new Map();
  const own = ownCommands(source).map(([words, description]) => ({ words: words.split(' '), description }));
  const ofTwoWords = own
    .filter(({ words }) => words.length === 2)
    .map(({ words: [group, name], description }) => ({ group, name, description, params: [] }));
  for (const command of [...source.description.commands, ...ofTwoWords]) {
    groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  }
  return groups;
}

/**
 * The commands of this program that have one word.
 *
 * @param {Source} source
 */
function simpleCommands(source) {
  return ownCommands(source).filter(([words]) => !words.includes(' '));
}

function ownOptions() {
  return Object.keys(OWN_OPTIONS).map((name) => `--${name}`);
}

/**
 * Values to complete, without those that contain control characters for a terminal.
 *
 * @param {unknown[]} values
 */
function candidates(values) {
  return values.map(String).filter((value) => oneLine(value) === value);
}

/** @param {Pick<Completed, 'params'>} command */
function optionWords({ params }) {
  return [...params.map(({ option }) => `--${option}`), ...ownOptions()];
}

/**
 * The words that may follow the first one or two words, as patterns and words of a shell's `case`.
 *
 * @param {Source} source
 * @returns {[pattern: string, words: string[]][]}
 */
function cases(source) {
  const groups = groupsOf(source);
  /** @type {[string, string[]][]} */
  const lines = [[' ', [...groups.keys(), ...simpleCommands(source).map(([name]) => name)]]];
  for (const [group, commands] of groups) {
    lines.push([`${group} `, commands.map(({ name }) => name)]);
    for (const command of commands) {
      lines.push([`${group} ${command.name}`, optionWords(command)]);
      for (const { option, values } of command.params.filter(({ values }) => values.length > 0)) {
        lines.push([`${group} ${command.name} --${option}`, candidates(values)]);
      }
    }
  }
  lines.push(['completion ', ['bash', 'zsh', 'fish']]);
  return lines;
}

/** Shell code for bash and zsh: finds the first two words and the option before the cursor. */
const FIND_WORDS = `  local word group="" command="" skip=""
  for word in "\${words[@]:1:$((cword - 1))}"; do
    if [[ -n $skip ]]; then skip=""; continue; fi
    case $word in
      --json|--reveal|--help|--version|--color|--no-color|-h|-V) ;;
      --*=*) ;;
      -*) [[ -z $command ]] && skip=1 ;;
      *) if [[ -z $group ]]; then group=$word; elif [[ -z $command ]]; then command=$word; fi ;;
    esac
  done`;

/**
 * Shell code that sets `candidates` by the option before the cursor, or else by the first two words.
 *
 * @param {Source} source
 */
function findCandidates(source) {
  const lines = cases(source).map(
    ([pattern, words]) => `${shellWord(pattern)}) candidates=(${words.map(shellWord).join(' ')}) ;;`,
  );
  return `  case "$group $command $previous" in
    ${lines.join('\n    ')}
  esac
  if [[ \${#candidates[@]} -eq 0 ]]; then
    case "$group $command" in
      ${lines.join('\n      ')}
    esac
  fi`;
}

/** @param {Source} source */
function bash(source) {
  return `# Completion of cycle-internal for bash.
_cycle_internal() {
  local cword=$COMP_CWORD cur="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" candidate
  local words=("\${COMP_WORDS[@]}") candidates=()
${FIND_WORDS}
${findCandidates(source)}
  COMPREPLY=()
  for candidate in "\${candidates[@]}"; do
    if [[ $candidate == "$cur"* ]]; then COMPREPLY+=("$(printf %q "$candidate")"); fi
  done
}
complete -o default -F _cycle_internal cycle-internal
`;
}

/** @param {Source} source */
function zsh(source) {
  return `#compdef cycle-internal
# Completion of cycle-internal for zsh.
_cycle_internal() {
  setopt localoptions ksharrays
  local cword=$((CURRENT - 1)) previous="\${words[CURRENT-2]}"
  local -a candidates
${FIND_WORDS}
${findCandidates(source)}
  if [[ \${#candidates[@]} -gt 0 ]]; then compadd -- "\${candidates[@]}"; else _files; fi
}
if [[ "\${funcstack[1]}" == "_cycle_internal" ]]; then _cycle_internal "$@"; else compdef _cycle_internal cycle-internal; fi
`;
}

/**
 * Quotes words to complete for fish. Fish expands the text that contains them, so each is quoted in it too.
 *
 * @param {string[]} words
 */
function fishWords(words) {
  return fishWord(words.map(fishWord).join(' '));
}

/** @param {Source} source */
function fish(source) {
  const lines = ['# Completion of cycle-internal for fish.', 'complete -c cycle-internal -f'];
  const first = "-n '__fish_use_subcommand'";
  const groups = groupsOf(source);
  for (const [group, commands] of groups) {
    lines.push(`complete -c cycle-internal ${first} -a ${group} -d ${fishWord(`${commands.length} commands`)}`);
  }
  for (const [name, what] of simpleCommands(source)) {
    lines.push(`complete -c cycle-internal ${first} -a ${name} -d ${fishWord(what)}`);
  }
  for (const [group, commands] of groups) {
    const names = commands.map(({ name }) => name).join(' ');
    const inGroup = `__fish_seen_subcommand_from ${group}`;
    for (const { name, description, params } of commands) {
      const pick = `-n '${inGroup}; and not __fish_seen_subcommand_from ${names}'`;
      lines.push(`complete -c cycle-internal ${pick} -a ${name} -d ${fishWord(oneLine(description))}`);
      for (const { option, description: what, values, type } of params) {
        const at = `-n '${inGroup}; and __fish_seen_subcommand_from ${name}'`;
        const words = values.length > 0 ? ` -x -a ${fishWords(candidates(values))}` : '';
        const argument = type === 'Boolean' ? '' : ' -r';
        lines.push(`complete -c cycle-internal ${at} -l ${option}${argument}${words} -d ${fishWord(oneLine(what))}`);
      }
    }
  }
  lines.push(`complete -c cycle-internal -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'`);
  for (const [name, { type, short }] of Object.entries(OWN_OPTIONS)) {
    lines.push(`complete -c cycle-internal -l ${name}${short ? ` -s ${short}` : ''}${type === 'string' ? ' -r' : ''}`);
  }
  return `${lines.join('\n')}\n`;
}

export { completionScript };
