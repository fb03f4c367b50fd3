//! Tells V8 about memory, so that it collects garbage in time.

use std::cell::Cell;

use napi::sys;

/// After this many bytes of long answers, V8 is asked to collect garbage.
const TEXT_PER_COLLECTION: usize = 24 << 20;
/// A growth of external memory, in bytes, that makes V8 begin a collection.
const PRESSURE: i64 = 65 << 20;

thread_local! {
    /// Bytes of long answers since V8 was last asked.
    static UNASKED: Cell<usize> = const { Cell::new(0) };
}

/// Counts a long answer of this many bytes.
pub(super) fn count(length: usize) {
    UNASKED.set(UNASKED.get() + length);
}

/// Asks V8 to collect garbage if there were many bytes of long answers since it was last asked.
///
/// Called when a call begins: the values of the last answer are likely unused by then, and there is time until the next
/// answer. Without this, V8 collects while it builds the next answer, when all of it is alive, and copies it.
pub(super) fn collect_soon(env: sys::napi_env) {
    if UNASKED.get() >= TEXT_PER_COLLECTION {
        UNASKED.set(0);
        report(env, PRESSURE);
        report(env, -PRESSURE);
    }
}

/// Reports to V8 that its values keep `change` more bytes of external memory; negative for fewer.
pub(super) fn report(env: sys::napi_env, change: i64) {
    let mut sum = 0;
    // SAFETY: `env` is open and this is its thread. The function may be called while garbage is collected.
    unsafe { sys::napi_adjust_external_memory(env, change, &raw mut sum) };
}
