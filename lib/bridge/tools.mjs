import { loaderOf } from './addon.mjs';

/**
 * The addon that has all of production's, and the protocol engine and the simulator: protocols, `/testing` and the command line
 * load it. Named here alone, so that bundlers leave it out of what needs none of these.
 *
 * @type {() => typeof import('../../binding-tools.js')}
 */
export const loadTools = loaderOf({
  name: 'cycle-internal-api-tools',
  isSecond: true,
  loadBundled: () => require('../../binding-tools.js'),
});
