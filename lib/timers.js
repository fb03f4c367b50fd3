'use strict';

// Node's timers as they are when the package is loaded: fake ones of a test runner may take their place later.
const { clearTimeout, setImmediate, setTimeout } = require('node:timers');

module.exports = { clearTimeout, setImmediate, setTimeout };
