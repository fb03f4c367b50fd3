const { channel } = require('node:diagnostics_channel');
const { debuglog } = require('node:util');

/** Prints with NODE_DEBUG=cycle. Never give it a header or a body. */
const debug = debuglog('cycle');

/** Diagnostics channels; a message is made only for those that have subscribers. */
const channels = {
  start: channel('cycle:request:start'),
  end: channel('cycle:request:end'),
  error: channel('cycle:request:error'),
};

module.exports = { channels, debug };
