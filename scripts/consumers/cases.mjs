// What consumers do with the package: one entry a case. The steps run in a folder of its own that has the files, after the
// package was installed there; together they have to print `answered 200`, or what `expect` says.

import { bundlers } from './bundlers.mjs';
import { compilers } from './compilers.mjs';
import { faults } from './faults.mjs';
import { managers } from './managers.mjs';
import { processes } from './processes.mjs';
import { runners } from './runners.mjs';

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {Record<string, string>} files
 * @property {string[][]} steps `$TOOLS`, `$TARBALL`, `$ADDON`, `$FOLDER` and `$YARN4` in them are paths
 * @property {string} [install] npm unless said
 * @property {string[]} [tools] packages of npm whose commands the steps use
 * @property {RegExp} [expect]
 * @property {boolean} [quick] needs no tools but those of the project
 * @property {boolean} [privileged] can be run by root alone
 * @property {Record<string, string>} [env] added to the environment
 * @property {NodeJS.Platform} [os] the one that it can run on
 */

/** @type {Case[]} */
export const cases = [...managers, ...compilers, ...bundlers, ...runners, ...processes, ...faults];
