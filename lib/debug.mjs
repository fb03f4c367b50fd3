import { channel } from 'node:diagnostics_channel';

/**
 * Prints with NODE_DEBUG=cycle. Never give it a header or a body. Without that variable Node's logger is not made: it
 * takes longer than a call.
 */
const debug = process.env.NODE_DEBUG
  ? require('node:util').debuglog('cycle')
  : Object.assign(() => {}, { enabled: false });

/** Diagnostics channels; a message is made only for those that have subscribers. */
const channels = {
  start: channel('cycle:request:start'),
  end: channel('cycle:request:end'),
  error: channel('cycle:request:error'),
};

/**
 * A request as these functions need it.
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
    // A part of Node itself, which needs no file; loading it with the package would take a fiftieth of the time to a first answer.
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
