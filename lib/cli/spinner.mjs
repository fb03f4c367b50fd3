const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Milliseconds before anything is shown: a quick call needs no spinner. */
const PATIENCE = 150;
/** Milliseconds a frame is shown. */
const PACE = 80;

/**
 * A line on a terminal that shows that something goes on. Elsewhere it does nothing.
 *
 * @param {NodeJS.WriteStream} stream
 * @param {boolean} enabled
 */
function createSpinner(stream, enabled) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let shown = false;

  /** @param {string} text @param {number} frame */
  function show(text, frame) {
    stream.write(`\r\u001b[K${FRAMES[frame % FRAMES.length]} ${text}`);
    shown = true;
    timer = setTimeout(show, PACE, text, frame + 1);
    timer.unref();
  }

  return {
    /** @param {string} text */
    start(text) {
      if (enabled && timer === undefined) {
        timer = setTimeout(show, PATIENCE, text, 0);
        timer.unref();
      }
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      if (shown) {
        stream.write('\r\u001b[K');
        shown = false;
      }
    },
  };
}

export { createSpinner };
