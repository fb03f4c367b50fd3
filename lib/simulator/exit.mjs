/** @typedef {{ closeNow: () => void }} Closable */

/** The running simulators. Keeps them alive until they are closed. @type {Set<Closable>} */
const running = new Set();

/** Signals that end a process unless it has a listener for them. @type {NodeJS.Signals[]} */
const DEADLY = ['SIGHUP', 'SIGINT', 'SIGTERM'];

/**
 * Closes a simulator when the process ends, so that none of its files is left behind.
 *
 * @param {Closable} simulator
 */
function watch(simulator) {
  if (running.size === 0) {
    process.on('exit', closeAll);
    // Prepended, so that a listener added by `once` is still counted when this one runs.
    for (const signal of DEADLY) process.prependListener(signal, endBy);
  }
  running.add(simulator);
}

/**
 * Undoes {@link watch} for a simulator that was closed.
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
 * Closes all simulators and ends the process by the signal. Does nothing if the program has a listener for the signal,
 * which then decides what happens.
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
