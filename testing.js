'use strict';

module.exports = {
  /** @type {typeof import('./lib/simulator').startSimulator} */
  startSimulator: (options) => require('./lib/simulator').startSimulator(options),
};
