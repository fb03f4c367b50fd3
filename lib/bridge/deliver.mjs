import { failureOf } from '../errors.mjs';
import {
  CALL_ERROR_DECLARED,
  EVENT_BODY,
  EVENT_CALL,
  EVENT_HEAD,
  EVENT_KIND,
  EVENT_STATUS,
  EVENT_WIDTH,
  KIND_BITS,
  KIND_CHUNK,
  KIND_DONE,
  KIND_DONE_WITHOUT_CONTENT,
  KIND_END,
  KIND_FAILED,
  KIND_HEAD,
  KIND_MASK,
  KIND_READY,
  KIND_REJECTED,
  KIND_TAPED,
  KIND_TAPED_IN_PARTS,
} from './wire.mjs';

/** The kinds of events that have a head, as a bit set. */
const HAS_HEAD =
  (1 << KIND_DONE) |
  (1 << KIND_DONE_WITHOUT_CONTENT) |
  (1 << KIND_HEAD) |
  (1 << KIND_TAPED) |
  (1 << KIND_TAPED_IN_PARTS);

/**
 * Gets the events of one request. The last is `done`, `end`, `rejected` or `failed`; after a cancellation there is none.
 *
 * @typedef {object} Receiver
 * @property {import('./native-client.mjs').NativeClient} client kept alive until the last event
 * @property {import('node:async_hooks').AsyncResource} [context] async context of the call, in which it gets its events
 * @property {string} method
 * @property {string} path
 * @property {import('./known-requests.mjs').KnownRequest} [known] what is known of this request from earlier calls
 * @property {(status: number, head: string, body: any, noContent: boolean, parsed?: boolean) => void} [done]
 * @property {(status: number, head: string) => void} [head]
 * @property {(bytes: ArrayBuffer) => void} [chunk]
 * @property {() => void} [end]
 * @property {() => void} [ready]
 * @property {(error: import('../errors.mjs').TransportError, declared?: string) => void} failed the second argument is the
 *   error that a protocol declares for this failure, as JSON
 * @property {(status: number, declared: string, target: string) => void} [rejected]
 */

/**
 * The state that is kept from one batch to the next.
 *
 * @typedef {object} Incoming
 * @property {string} lastHead the head of the last answer
 * @property {ReturnType<import('./answer-tapes.mjs').askForAnswerTapes>} tapes set when tapes are used
 */

/**
 * @param {any[]} batch
 * @param {import('./pending.mjs').Pending<Receiver>} pending
 * @param {Incoming} incoming
 */
function deliver(batch, pending, incoming) {
  fillInHeads(batch, incoming);
  const { tapes } = incoming;
  let number;
  /** @type {{ reason: unknown } | undefined} */
  let uncaught;
  try {
    number = tapes?.begin();
  } catch {
    // The calls of this batch that have a tape will fail.
  }
  for (let i = 0; i < batch.length; i += EVENT_WIDTH) {
    const id = batch[i + EVENT_CALL];
    const receiver = pending.get(id);
    if (receiver === undefined) {
      continue;
    }
    try {
      const { context } = receiver;
      if (context) {
        context.runInAsyncScope(deliverEvent, undefined, receiver, batch, i, pending, tapes, number);
      } else {
        deliverEvent(receiver, batch, i, pending, tapes, number);
      }
    } catch (error) {
      // Only this call fails; the other calls of the batch go on.
      try {
        receiver.client.cancel(id);
        receiver.failed(/** @type {any} */ (error));
      } catch (reason) {
        uncaught ??= { reason };
      }
    }
  }
  if (uncaught) {
    throw uncaught.reason;
  }
}

/**
 * @param {Receiver} receiver
 * @param {any[]} batch
 * @param {number} i index of the event in the batch
 * @param {import('./pending.mjs').Pending<Receiver>} pending
 * @param {Incoming['tapes']} tapes
 * @param {number | undefined} number number of the batch
 */
function deliverEvent(receiver, batch, i, pending, tapes, number) {
  const id = batch[i + EVENT_CALL];
  const kind = batch[i + EVENT_KIND] & KIND_MASK;
  const status = batch[i + EVENT_STATUS];
  const head = batch[i + EVENT_HEAD];
  switch (kind) {
    case KIND_DONE:
    case KIND_DONE_WITHOUT_CONTENT:
      pending.delete(id);
      receiver.done?.(status, head, batch[i + EVENT_BODY], kind === KIND_DONE_WITHOUT_CONTENT);
      break;
    case KIND_TAPED:
    case KIND_TAPED_IN_PARTS:
      pending.delete(id);
      deliverTaped(receiver, batch, i, tapes, number);
      break;
    case KIND_HEAD:
      receiver.head?.(status, head);
      break;
    case KIND_CHUNK:
      receiver.chunk?.(batch[i + EVENT_BODY]);
      break;
    case KIND_END:
      pending.delete(id);
      receiver.end?.();
      break;
    case KIND_READY:
      receiver.ready?.();
      break;
    case KIND_REJECTED:
      pending.delete(id);
      receiver.rejected?.(status, head, batch[i + EVENT_BODY]);
      break;
    case KIND_FAILED:
      // Cancelled too: if the answer could not be handed over, native code still works on the call.
      receiver.client.cancel(id);
      receiver.failed(failureOf(status, head, receiver), head[CALL_ERROR_DECLARED]);
      break;
  }
}

/**
 * Fills in the heads that were left out because they equal the one before. This is done before any callback, because a
 * callback that runs an event loop gets the next batch.
 *
 * @param {any[]} batch
 * @param {Incoming} incoming
 */
function fillInHeads(batch, incoming) {
  for (let i = 0; i < batch.length; i += EVENT_WIDTH) {
    if (HAS_HEAD & (1 << (batch[i + EVENT_KIND] & KIND_MASK))) {
      incoming.lastHead = batch[i + EVENT_HEAD] ??= incoming.lastHead;
    }
  }
}

/**
 * @param {Receiver} receiver
 * @param {any[]} batch
 * @param {number} i index of the event in the batch
 * @param {Incoming['tapes']} tapes
 * @param {number | undefined} number number of the batch
 */
function deliverTaped(receiver, batch, i, tapes, number) {
  let value;
  try {
    value = tapes?.read(number, batch[i + EVENT_KIND] >>> KIND_BITS, batch[i + EVENT_BODY]);
  } catch (error) {
    receiver.failed(/** @type {any} */ (error));
    return;
  }
  receiver.done?.(batch[i + EVENT_STATUS], batch[i + EVENT_HEAD], value, false, true);
}

export { deliver };
