import { AsyncResource } from 'node:async_hooks';
import { redirectFlags } from '../bridge/native-client.mjs';
import { FLAG_OWNED, FLAG_STREAM, FLAG_UPLOAD } from '../bridge/wire.mjs';
import { reportEnd, reportError, reportStart } from '../debug.mjs';
import { TransportError } from '../errors.mjs';
import { listen, unlisten } from '../signal.mjs';
import { toBytes } from './request.mjs';
import { sentHeaders } from './request-headers.mjs';
import { createResponse } from './response.mjs';

/** @typedef {import('../bridge/native-client.mjs').NativeClient} NativeClient */

/** Cancels the request when its response body is garbage-collected before it was read. */
const abandoned = new FinalizationRegistry((/** @type {Exchange} */ exchange) => exchange.abandon());

/**
 * One request with a streamed answer.
 *
 * @implements {Receiver}
 * @typedef {import('../bridge/native-client.mjs').Receiver} Receiver
 */
class Exchange {
  client;
  method;
  path;
  /** The async context of the call. Request bodies are read and diagnostics channels are called in it. */
  context = new AsyncResource('CycleRequest');
  #id = -1;
  #request;
  #requestBody;
  #signals;
  /** Resolves the call. Removed after that, because it would keep the response alive. @type {((response: Response) => void) | undefined} */
  #resolve;
  /** @type {((reason: unknown) => void) | undefined} */
  #reject;
  /** The response body. Weak, so that it is collected when the program can no longer read it. @type {WeakRef<ReadableByteStreamController> | undefined} */
  #body;
  /** The same while a reader waits for bytes. @type {ReadableByteStreamController | undefined} */
  awaited;
  /** Bytes handed to the response body since it last asked for more. */
  #unread = 0;
  /** The error of the body, kept back until the bytes that came before it are read. @type {{ reason: unknown } | undefined} */
  #failure;
  /** @type {ReadableStreamDefaultReader<Uint8Array> | undefined} */
  #reader;
  #settled = false;
  #status = 0;

  /**
   * @param {NativeClient} client
   * @param {Request} request
   * @param {Uint8Array | ReadableStream<Uint8Array> | undefined} body
   * @param {AbortSignal[]} signals
   * @param {(response: Response) => void} resolve
   * @param {(reason: unknown) => void} reject
   */
  constructor(client, request, body, signals, resolve, reject) {
    const url = new URL(request.url);
    this.protocol = url.protocol;
    this.client = client;
    this.method = request.method;
    this.path = url.pathname + url.search;
    this.host = url.host;
    this.#request = request;
    this.#requestBody = body;
    this.#signals = signals;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start() {
    for (const signal of this.#signals) {
      if (signal.aborted) {
        this.#reject?.(signal.reason);
        return;
      }
    }
    if (this.protocol !== 'http:') {
      const detail = `${this.protocol} URLs cannot be reached through the socket`;
      const attempt = { method: this.method, path: this.path, socketPath: this.client.address };
      this.#reject?.(new TransportError({ code: 'ERR_CYCLE_INVALID_REQUEST', detail }, attempt));
      return;
    }
    for (const signal of this.#signals) {
      listen(signal, this.#abort);
    }
    reportStart(this);
    const body = this.#requestBody;
    const bytes = body instanceof Uint8Array ? body : undefined;
    const stream = body instanceof Uint8Array ? undefined : body;
    // Bytes are a copy that nothing else uses, so native code can take them without copying.
    const bodyFlag = stream ? FLAG_UPLOAD : FLAG_OWNED;
    const bits = FLAG_STREAM | redirectFlags[this.#request.redirect] | bodyFlag;
    const headers = sentHeaders(this.#request);
    this.#id = this.client.request(this, this.host, headers, bytes, bits);
    if (stream) {
      this.#reader = stream.getReader();
      this.ready();
    }
  }

  /** Sends the next piece of the body. */
  ready() {
    this.#reader
      ?.read()
      .then(({ done, value }) => {
        this.client.upload(this.#id, done ? undefined : toBytes(value));
      })
      .catch((cause) => {
        const detail = 'the request body could not be read to its end';
        const attempt = { method: this.method, path: this.path, socketPath: this.client.address };
        this.#fail(new TransportError({ code: 'ERR_CYCLE_REQUEST_BODY', detail, cause }, attempt));
      });
  }

  /**
   * @param {number} status
   * @param {string} head
   */
  head(status, head) {
    this.#status = status;
    const id = this.#id;
    const client = this.client;
    const body = new ReadableStream({
      type: 'bytes',
      start: (controller) => {
        this.#body = new WeakRef(controller);
      },
      pull: (controller) => {
        if (this.#failure) {
          this.#settle();
          controller.error(this.#failure.reason);
          return;
        }
        this.awaited = controller;
        client.consumed(id, this.#unread);
        this.#unread = 0;
      },
      cancel: (reason) => this.#end(() => {}, reason),
    });
    abandoned.register(body, this, this);
    this.#resolve?.(createResponse({ status, head, url: stripFragment(this.#request.url) }, body));
    this.#resolve = undefined;
    this.#reject = undefined;
  }

  /** @param {ArrayBuffer} bytes */
  chunk(bytes) {
    this.#unread += bytes.byteLength;
    const body = this.#body?.deref();
    this.awaited = undefined;
    body?.enqueue(new Uint8Array(bytes));
  }

  end() {
    const body = this.#body?.deref();
    this.#settle();
    reportEnd(this, this.#status);
    body?.close();
    // A reader that waits with its own buffer needs this call to see the end.
    body?.byobRequest?.respond(0);
  }

  /** @param {unknown} error */
  failed(error) {
    const body = this.#body?.deref();
    reportError(this, error);
    this.#reader?.cancel(error).catch(() => {});
    if ((body?.desiredSize ?? 0) < 0) {
      this.#failure = { reason: error };
      this.awaited = undefined;
      return;
    }
    this.#settle();
    body?.error(error);
    this.#reject?.(error);
  }

  abandon() {
    this.#end(() => {}, undefined);
  }

  #abort = () => {
    const aborted = this.#signals.find((signal) => signal.aborted);
    this.context.runInAsyncScope(() => this.#fail(aborted?.reason));
  };

  /**
   * Fails at once, without waiting until the received bytes are read: the program aborted, or its request body failed.
   *
   * @param {unknown} error
   */
  #fail(error) {
    this.#end(() => {
      if (!this.#failure) {
        reportError(this, error);
      }
      this.#body?.deref()?.error(error);
      this.#reject?.(error);
    }, error);
  }

  /**
   * @param {() => void} report
   * @param {unknown} reason
   */
  #end(report, reason) {
    if (this.#settled) {
      return;
    }
    this.client.cancel(this.#id);
    this.#settle();
    this.#reader?.cancel(reason).catch(() => {});
    report();
  }

  #settle() {
    this.#settled = true;
    this.awaited = undefined;
    abandoned.unregister(this);
    for (const signal of this.#signals) {
      unlisten(signal, this.#abort);
    }
  }
}

/** @param {string} url */
function stripFragment(url) {
  const hash = url.indexOf('#');
  return hash === -1 ? url : url.slice(0, hash);
}

export { Exchange };
