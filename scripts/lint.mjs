// `npm run lint`: checks style, types and that generated files are up to date. Changes nothing.

import { build, has, installDependencies, run, say, tool } from './setup.mjs';

installDependencies();
// The types of the addon are written by its build.
build();
say('Rust: format and clippy');
run('cargo', ['fmt', '--check']);
for (const part of [['--all-targets'], ['--package', 'cycle-internal-api-production']]) {
  run('cargo', ['clippy', ...part, '--quiet', '--', '--deny', 'warnings']);
}
if (has('cargo', ['deny', '--version'])) {
  say('Rust: licences and sources of the dependencies');
  run('cargo', ['deny', '--log-level', 'error', 'check', 'bans', 'licenses', 'sources']);
}
say('JavaScript: format, lint and types');
run(tool('biome'), ['ci', '.']);
run(tool('tsc'), ['--project', '.']);
say('API declarations and generated files');
run(tool('redocly'), ['lint'], { REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', REDOCLY_TELEMETRY: 'off' });
run(process.execPath, ['scripts/generate.mjs', '--check']);
