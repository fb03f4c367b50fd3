import { AsyncResource } from 'node:async_hooks';
import { askForTapes } from '../bridge/json-tape.mjs';
import {
  NOTIFICATION_CLOSE,
  NOTIFICATION_ERROR,
  NOTIFICATION_IDLE,
  NOTIFICATION_OPEN,
  NOTIFICATION_RECONNECTING,
} from '../bridge/wire.mjs';
import { debug } from '../debug.mjs';
import { listen, unlisten } from '../signal.mjs';
import { setImmediate, setTimeout } from '../timers.mjs';
import { channelError, createChannel } from './channel.mjs';
import { NotificationError } from './error.mjs';
import { NotificationIterator } from './iterator.mjs';
import { flag, readOptions } from './options.mjs';

/** How many messages of a socket are parsed by `JSON.parse` before tapes are used. */
const WARM_UP = 256;
/** Words for the tapes of a batch. A batch that needs more is parsed by `JSON.parse`. */
const TAPE_WORDS = 64 * 1024;

/** @typedef {import('./types.js').NotificationSocketOptions} NotificationSocketOptions */

/** Codes of errors that concern one message only, after which the stream goes on. */
const HARMLESS = new Set(['ERR_CYCLE_BINARY_FRAME', 'ERR_CYCLE_INVALID_JSON']);
/** @type {string[]} */
const NOTHING = [];
/** Keeps streams alive while they are in use: nothing else refers to one that waits for the server. */
const inUse = new Set();

/**
 * The code behind `NotificationSocket`: takes items from the native channel and emits them on the socket.
 *
 * An item is a batch of messages or an event. Each is taken in a tick of its own, so that timers, other sockets and
 * microtasks run in between.
 */
class NotificationStream {
  #socket;
  #channel;
  /** Called by the channel. It refers weakly to the stream. @type {(item: any) => void} */
  #deliver;
  #socketPath;
  /** @type {AbortSignal | undefined} */
  #signal;
  #onAbort = () => this.#abort();
  /** Whether it is in use: from `connect()` until the channel is idle. */
  #active = false;
  /** Whether the user closed it, or it ended by itself. */
  #over = false;
  #connected = false;
  /** Whether it was open before, and the user has not closed it since. */
  #opened = false;
  /** The async context of `connect()`, in which all events are emitted. @type {AsyncResource | undefined} */
  #context;
  #referenced = true;
  /** The batch that is being emitted. */
  #batch = NOTHING;
  /** Whether the messages of the batch have tapes. */
  #taped = false;
  /** Messages that are still parsed before tapes are used. */
  #warmUp = WARM_UP;
  /** Set when tapes are used. Its words begin with the position of each message's tape. @type {ReturnType<import('../bridge/json-tape.mjs').askForTapes>} */
  #tapeReader;
  /** Whether taking items has stopped until the iterators have room. */
  #heldBack = false;
  /** @type {Set<import('./iterator.mjs').NotificationIterator>} */
  #iterators = new Set();
  /** Why the connection was lost, to be thrown by iterators. @type {{ reason: unknown } | undefined} */
  #failure;
  /** @type {(() => void)[]} */
  #whenIdle = [];

  /**
   * @param {import('node:events').EventEmitter} socket
   * @param {NotificationSocketOptions} options
   */
  constructor(socket, options) {
    const settings = readOptions(options);
    this.#socket = socket;
    this.#signal = options.signal;
    this.#socketPath = settings.socketPath;
    const self = new WeakRef(this);
    this.#deliver = (item) => {
      const stream = self.deref();
      return stream ? stream.#run(() => stream.#accept(item)) : undefined;
    };
    this.#channel = createChannel(settings, this.#deliver);
  }

  /** Whether the stream is open: true from `open` to `close`. */
  get connected() {
    return this.#connected;
  }

  connect() {
    if (this.#signal?.aborted) {
      return;
    }
    this.#channel.connect(this.#deliver);
    if (!this.#active || this.#over) {
      this.#context?.emitDestroy();
      this.#context = new AsyncResource('CycleNotifications');
    }
    this.#over = false;
    if (!this.#active) {
      this.#active = true;
      this.#failure = undefined;
      inUse.add(this);
      this.#updateRef();
      if (this.#signal) {
        listen(this.#signal, this.#onAbort);
      }
    }
  }

  close() {
    if (!this.#active || this.#over) {
      return;
    }
    this.#over = true;
    this.#connected = false;
    this.#opened = false;
    this.#batch = NOTHING;
    this.#channel.close();
    this.#endIterators();
    this.#resume();
  }

  #abort() {
    this.#endIterators({ reason: this.#signal?.reason });
    this.close();
  }

  ref() {
    this.#referenced = true;
    this.#updateRef();
  }

  unref() {
    this.#referenced = false;
    this.#updateRef();
  }

  #updateRef() {
    if (this.#active && this.#referenced) {
      this.#channel.ref();
    } else {
      this.#channel.unref();
    }
  }

  /**
   * Iterates over the notifications from now on.
   *
   * @param {{ gaps?: boolean }} [options]
   */
  iterate(options) {
    const gaps = flag('gaps', options?.gaps, false);
    const source = {
      demand: () => this.#resume(),
      leave: (/** @type {NotificationIterator} */ one) => {
        this.#iterators.delete(one);
        this.#resume();
      },
    };
    const iterator = new NotificationIterator(source, gaps);
    this.#iterators.add(iterator);
    if (this.#signal?.aborted) {
      iterator.end({ reason: this.#signal.reason });
    } else if (this.#over) {
      iterator.end();
    }
    return iterator;
  }

  /** Closes, and waits until the connection has ended. */
  async dispose() {
    this.close();
    if (this.#active) {
      await new Promise((/** @type {(value: void) => void} */ resolve) => {
        this.#whenIdle.push(resolve);
      });
    }
  }

  /** @param {any[]} item */
  #accept(item) {
    if (typeof item[0] === 'number') {
      this.#handle(item);
      return;
    }
    this.#taped = typeof item[item.length - 1] === 'number';
    if (this.#taped) {
      this.#tapeReader?.learn(item.pop());
    }
    this.#batch = item;
    if (this.#warmUp > 0) {
      this.#warmUp -= item.length;
      if (this.#warmUp <= 0) {
        const channel = this.#channel;
        this.#tapeReader = askForTapes(channel, TAPE_WORDS, (shape) => channel.shapeKeys(shape));
      }
    }
    this.#emitBatch(0, false);
  }

  /**
   * Emits the batch from a position on. If a listener throws, the error is thrown as in any emitter, and the rest follows
   * in a later tick.
   *
   * @param {number} position
   * @param {boolean} rawDone whether `raw` of that message was emitted before
   */
  #emitBatch(position, rawDone) {
    const batch = this.#batch;
    let next = position;
    let raw = rawDone;
    try {
      while (next < batch.length && this.#batch === batch) {
        const text = batch[next];
        if (!raw) {
          raw = true;
          this.#socket.emit('raw', text);
          if (this.#batch !== batch) {
            break;
          }
        }
        raw = false;
        next += 1;
        this.#emitNotification(text, this.#taped ? this.#tapeReader?.words[next - 1] : 0);
      }
    } finally {
      if (next < batch.length && this.#batch === batch) {
        this.#later(() => this.#emitBatch(next, raw));
      } else {
        this.#askAgain();
      }
    }
  }

  /**
   * @param {string} text
   * @param {number} [tape] where its tape begins; 0 or undefined without one
   */
  #emitNotification(text, tape) {
    let notification;
    try {
      notification = tape && this.#tapeReader ? this.#tapeReader.read(tape, text) : JSON.parse(text);
    } catch (cause) {
      const message = `failed to parse notification: ${/** @type {Error} */ (cause).message}`;
      this.#failed(
        new NotificationError(message, { code: 'ERR_CYCLE_INVALID_JSON', socketPath: this.#socketPath, cause }),
      );
      return;
    }
    for (const iterator of this.#iterators) {
      iterator.push(notification);
    }
    this.#socket.emit('notification', notification);
  }

  /** @param {any[]} event */
  #handle(event) {
    try {
      switch (event[0]) {
        case NOTIFICATION_OPEN:
          debug('notifications on %s: open', this.#socketPath);
          this.#open();
          break;
        case NOTIFICATION_ERROR:
          this.#failed(channelError(event, this.#socketPath));
          break;
        case NOTIFICATION_CLOSE:
          debug('notifications on %s: closed with code %d %s', this.#socketPath, event[1], event[2]);
          this.#connected = false;
          this.#socket.emit('close', event[1], event[2]);
          break;
        case NOTIFICATION_RECONNECTING:
          debug('notifications on %s: attempt %d in %d ms', this.#socketPath, event[1], event[2]);
          this.#socket.emit('reconnecting', event[1], event[2]);
          break;
        case NOTIFICATION_IDLE:
          this.#rest();
          break;
      }
    } finally {
      this.#askAgain();
    }
  }

  #open() {
    const reconnected = this.#opened;
    this.#opened = true;
    this.#connected = true;
    this.#failure = undefined;
    if (reconnected) {
      this.#markGap();
    }
    this.#socket.emit('open', { reconnected });
  }

  /** Tells iterators that notifications may be missing. */
  #markGap() {
    for (const iterator of this.#iterators) {
      iterator.markGap();
    }
  }

  /** @param {import('./error.mjs').NotificationError} error */
  #failed(error) {
    debug('notifications on %s: %s', this.#socketPath, error.message);
    if (HARMLESS.has(error.code)) {
      this.#markGap();
    } else {
      this.#connected = false;
      this.#failure = { reason: error };
    }
    // With a loop over the socket, an error needs no listener: the loop throws it if the stream ends.
    if (this.#iterators.size === 0 || this.#socket.listenerCount('error') > 0) {
      this.#socket.emit('error', error);
    }
  }

  /** The channel is idle: no more events come until the user connects again. */
  #rest() {
    this.#active = false;
    this.#opened = false;
    this.#context?.emitDestroy();
    this.#context = undefined;
    inUse.delete(this);
    if (this.#signal) {
      unlisten(this.#signal, this.#onAbort);
    }
    if (!this.#over) {
      this.#over = true;
      this.#endIterators(this.#failure);
    }
    for (const resolve of this.#whenIdle.splice(0)) {
      resolve();
    }
  }

  /** @param {{ reason: unknown }} [failure] */
  #endIterators(failure) {
    for (const iterator of [...this.#iterators]) {
      iterator.end(failure);
    }
  }

  /** Takes the next item in a later tick, unless an iterator is full. */
  #askAgain() {
    for (const iterator of this.#iterators) {
      if (iterator.full) {
        this.#heldBack = true;
        return;
      }
    }
    this.#later(() => this.#take());
  }

  #resume() {
    if (this.#heldBack) {
      this.#heldBack = false;
      this.#askAgain();
    }
  }

  /** @param {() => void} work */
  #run(work) {
    return this.#context ? this.#context.runInAsyncScope(work) : work();
  }

  #take() {
    const item = this.#channel.take();
    if (item) {
      this.#accept(item);
    }
  }

  /** @param {() => void} work */
  #later(work) {
    const run = () => this.#run(work);
    // An unreferenced immediate does not wake the event loop; an unreferenced timer does.
    this.#referenced ? setImmediate(run) : setTimeout(run, 0).unref();
  }
}

export { NotificationStream };
