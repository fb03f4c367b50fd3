/**
 * A promise that is settled from outside.
 *
 * @returns {{ promise: Promise<void>, resolve: () => void, reject: (reason: unknown) => void }}
 */
export function deferred() {
  /** @type {() => void} */
  let resolve = () => {};
  /** @type {(reason: unknown) => void} */
  let reject = () => {};
  /** @type {Promise<void>} */
  const promise = new Promise((done, fail) => {
    resolve = done;
    reject = fail;
  });
  return { promise, resolve, reject };
}
