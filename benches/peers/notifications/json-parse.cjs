'use strict';

// What no client exceeds that gives each message to JSON.parse: bytes that are there already become strings, and are
// parsed. There is no socket.

const SIZE = 300;
const BATCH = 200;

/** A message as the server of the benchmarks sends it. */
function message(number) {
  const id = (0x65f0c1a2b3c4d5n + BigInt(number)).toString(16).padStart(24, '0');
  const text = (label) =>
    JSON.stringify({
      topic: 'server.telemetry.updated',
      object: { id, state: 'running', at: 0 },
      context: {
        label,
        hub_id: id,
        account_id: null,
        environments: [id],
        dns_zones: null,
        containers: [],
        clusters: null,
      },
    });
  return text('l'.repeat(SIZE - text('').length));
}

exports.connect = ({ headers, onOpen, onMessage }) => {
  const bytes = Buffer.from(Array.from({ length: BATCH }, (_, number) => message(number)).join(''), 'latin1');
  let left = Number(headers['x-bench'].split(' ')[1]);
  const parseBatch = () => {
    for (let at = 0; at < bytes.length && left > 0; at += SIZE) {
      left -= 1;
      onMessage(JSON.parse(bytes.latin1Slice(at, at + SIZE)));
    }
    if (left > 0) {
      setImmediate(parseBatch);
    }
  };
  setImmediate(() => {
    onOpen();
    parseBatch();
  });
  return () => {};
};
