// The cases of `npm run test:consumers`. Each has a folder with its files, in which the package is installed. Then the steps
// run there; their output must contain `answered 200`, or match `expect`.

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
 * @property {string} [install] package manager; default: npm
 * @property {string[]} [tools] packages of npm whose commands the steps use
 * @property {RegExp} [expect]
 * @property {boolean} [quick] whether it needs only tools of the project
 * @property {boolean} [privileged] whether only root can run it
 * @property {Record<string, string>} [env] added to the environment
 * @property {NodeJS.Platform} [os] the only system on which it can run
 */

/** @type {Case[]} */
export const cases = [...managers, ...compilers, ...bundlers, ...runners, ...processes, ...faults];
