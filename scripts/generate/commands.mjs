const START = '<!-- commands:start -->';
const END = '<!-- commands:end -->';

/**
 * Makes a table of the commands of a protocol, in Markdown.
 *
 * @param {any} protocol a declaration with type names in place of constructors
 */
export function commandsTable({ global: _, ...groups }) {
  const rows = Object.entries(groups).flatMap(([group, endpoints]) =>
    Object.entries(endpoints).map(([name, { params = {}, description }]) => {
      const words = Object.entries(params).map(([param, { required }]) =>
        required === false ? `[${param}]` : `<${param}>`,
      );
      return [`\`${[kebab(group), kebab(name), ...words].join(' ')}\``, description];
    }),
  );
  const width = Math.max(...rows.map(([command]) => command.length));
  const last = Math.max(...rows.map(([, description]) => description.length));
  const line = (/** @type {string[]} */ [command, description]) =>
    `| ${command.padEnd(width)} | ${description.padEnd(last)} |`;
  return [line(['command', 'what it does']), `| ${'-'.repeat(width)} | ${'-'.repeat(last)} |`, ...rows.map(line)].join(
    '\n',
  );
}

/**
 * Puts the table between the markers of a page. A page without markers is not changed.
 *
 * @param {string} page
 * @param {string} table
 */
export function withCommands(page, table) {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start === -1 || end < start) {
    return page;
  }
  return `${page.slice(0, start + START.length)}\n\n${table}\n\n${page.slice(end)}`;
}

/** @param {string} name */
function kebab(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
