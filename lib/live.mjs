// The exports of the package's `./live`.

export { watchCertificates } from './live/certificates.mjs';
export { joinElection } from './live/join-election.mjs';
export { watchEnvironmentMetadata } from './live/metadata.mjs';
export { mirrorEnvironment } from './live/mirror.mjs';
export { remember } from './live/remember.mjs';
export { watchScopedVariables } from './live/variables.mjs';
export { waitForApi } from './live/wait-for-api.mjs';
