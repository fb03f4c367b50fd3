import { channel } from 'node:diagnostics_channel';

/**
 * Logs to stderr with NODE_DEBUG=cycle. Headers and bodies must never be logged. Without the variable, Node's logger is not
 * created, because that takes longer than a call.
 */
const debug = process.env.NODE_DEBUG
  ? require('node:util').debuglog('cycle')
  : Object.assign(() => {}, { enabled: false });

/** Diagnostics channels. Messages are made only for channels that have subscribers. */
const channels = {
  start: channel('cycle:request:start'),
  end: channel('cycle:request:end'),
  error: channel('cycle:request:error'),
};

/**
 * The request that an event is about.
 *
 * @typedef {{ method: string, path: string, client: { address: string }, context?: import('node:async_hooks').AsyncResource | undefined }} Reported
 */

/** @param {Reported} request */
function reportStart(request) {
  const { method, path, client } = request;
  if (channels.start.hasSubscribers) {
    channels.start.publish({ method, path, socketPath: client.address });
  }
  if (channels.end.hasSubscribers || channels.error.hasSubscribers) {
    // Loaded late, because it would take 2 % of the time to the first answer. It is part of Node and needs no file.
    const { AsyncResource } = require('node:async_hooks');
    request.context ??= new AsyncResource('CycleRequest');
  }
}

/**
 * @param {Reported} request
 * @param {number} status
 */
function reportEnd({ method, path, client }, status) {
  if (channels.end.hasSubscribers) {
    channels.end.publish({ method, path, socketPath: client.address, status });
  }
  if (debug.enabled) {
    debug('%s %s -> %d', method, path, status);
  }
}

/**
 * @param {Reported} request
 * @param {any} error
 */
function reportError({ method, path, client }, error) {
  if (channels.error.hasSubscribers) {
    channels.error.publish({ method, path, socketPath: client.address, error });
  }
  if (debug.enabled) {
    debug('%s %s failed: %s', method, path, error?.code ?? error?.name);
  }
}

export { debug, reportEnd, reportError, reportStart };
