//! What the engine is told about memory, so that it looks for garbage in time.

use std::cell::Cell;

use napi::sys;

/// After so much text in long answers the engine is asked to look for garbage.
const TEXT_PER_COLLECTION: usize = 24 << 20;
/// A growth of external memory at which V8 begins to look for garbage.
const PRESSURE: i64 = 65 << 20;

thread_local! {
    /// Bytes of long answers since the engine was last asked.
    static UNASKED: Cell<usize> = const { Cell::new(0) };
}

/// Takes note of a long answer that JavaScript gets.
pub(super) fn count(length: usize) {
    UNASKED.set(UNASKED.get() + length);
}

/// Asks the engine to look for garbage if there was much of it since it was last asked.
///
/// Called when a call begins: what the last one gave is likely done with, and there is time until the answer. Left to
/// itself, V8 looks in the middle of the next answer, when all is alive, and moves that to ever larger young generations.
pub(super) fn collect_soon(env: sys::napi_env) {
    if UNASKED.get() >= TEXT_PER_COLLECTION {
        UNASKED.set(0);
        report(env, PRESSURE);
        report(env, -PRESSURE);
    }
}

/// Tells the engine of memory that its values keep, or no longer keep.
pub(super) fn report(env: sys::napi_env, change: i64) {
    let mut sum = 0;
    // SAFETY: `env` is open and this is its thread. The function may be called while garbage is collected.
    unsafe { sys::napi_adjust_external_memory(env, change, &raw mut sum) };
}
