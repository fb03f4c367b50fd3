const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Milliseconds before the spinner is shown: fast calls need none. */
const DELAY = 150;
/** Milliseconds that each frame is shown. */
const FRAME_TIME = 80;

/**
 * Makes a spinner: a line on a terminal that shows that the program is waiting. Unless enabled, it does nothing.
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
    timer = setTimeout(show, FRAME_TIME, text, frame + 1);
    timer.unref();
  }

  return {
    /** @param {string} text */
    start(text) {
      if (enabled && timer === undefined) {
        timer = setTimeout(show, DELAY, text, 0);
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
