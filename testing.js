'use strict';

// By name, so that Node finds it here when it searches what `import` loads for names.
exports.startSimulator = require('./dist/testing.js').startSimulator;
