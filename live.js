'use strict';

const live = require('./dist/live.js');

// By name, so that Node finds them here when it searches what `import` loads for names.
exports.joinElection = live.joinElection;
exports.mirrorEnvironment = live.mirrorEnvironment;
exports.remember = live.remember;
exports.waitForApi = live.waitForApi;
exports.watchEnvironmentMetadata = live.watchEnvironmentMetadata;
exports.watchScopedVariables = live.watchScopedVariables;
exports.watchCertificates = live.watchCertificates;
