/** @typedef {{ closeNow: () => void }} Closable */

/** Simulators that run, so that none is collected before it is closed. @type {Set<Closable>} */
const running = new Set();

/** Signals that end a process which does not listen to them. @type {NodeJS.Signals[]} */
const DEADLY = ['SIGHUP', 'SIGINT', 'SIGTERM'];

/**
 * Has a simulator end with the process, so that no file of it is left behind.
 *
 * @param {Closable} simulator
 */
function watch(simulator) {
  if (running.size === 0) {
    process.on('exit', closeAll);
    // First, so that a listener that is called once still counts.
    for (const signal of DEADLY) process.prependListener(signal, endBy);
  }
  running.add(simulator);
}

/**
 * A simulator that has ended.
 *
 * @param {Closable} simulator
 */
function forget(simulator) {
  running.delete(simulator);
  if (running.size === 0) {
    process.removeListener('exit', closeAll);
    for (const signal of DEADLY) process.removeListener(signal, endBy);
  }
}

function closeAll() {
  for (const simulator of running) simulator.closeNow();
}

/**
 * Ends as the signal would have. A program that listens to it itself decides what happens.
 *
 * @param {NodeJS.Signals} signal
 */
function endBy(signal) {
  if (process.listenerCount(signal) > 1) return;
  closeAll();
  process.removeListener(signal, endBy);
  process.kill(process.pid, signal);
}

export { forget, watch };
