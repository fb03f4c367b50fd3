// The exports of the package's `./live`.

export { joinElection } from './live/election.mjs';
export { mirrorEnvironment } from './live/mirror.mjs';
