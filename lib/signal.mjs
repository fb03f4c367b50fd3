/**
 * The calls that wait on each signal. There is one listener for all of them, which is removed with the last, so that a
 * signal shared by many calls does not cause a warning about too many listeners.
 *
 * @type {WeakMap<AbortSignal, { calls: Set<() => void>, listener: () => void }>}
 */
const waiting = new WeakMap();

/**
 * @param {any} value
 * @returns {boolean}
 */
function isSignal(value) {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof value.aborted === 'boolean' &&
    typeof value.addEventListener === 'function' &&
    typeof value.removeEventListener === 'function'
  );
}

/**
 * Calls `onAbort` once when the signal aborts.
 *
 * @param {AbortSignal} signal not aborted yet
 * @param {() => void} onAbort
 */
function listen(signal, onAbort) {
  const known = waiting.get(signal);
  if (known) {
    known.calls.add(onAbort);
    return;
  }
  const calls = new Set([onAbort]);
  const listener = () => {
    waiting.delete(signal);
    for (const call of calls) {
      call();
    }
  };
  waiting.set(signal, { calls, listener });
  signal.addEventListener('abort', listener, { once: true });
}

/**
 * @param {AbortSignal} signal
 * @param {() => void} onAbort
 */
function unlisten(signal, onAbort) {
  const known = waiting.get(signal);
  if (known?.calls.delete(onAbort) && known.calls.size === 0) {
    waiting.delete(signal);
    signal.removeEventListener('abort', known.listener);
  }
}

export { isSignal, listen, unlisten };
