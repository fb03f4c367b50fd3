//! Sends request bodies from JavaScript's memory without a copy.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use napi::bindgen_prelude::{Env, Result, Uint8Array};

thread_local! {
    /// The arrays that return to this JavaScript thread.
    static RETURNED: RefCell<Option<Arc<Returned>>> = const { RefCell::new(None) };
}

/// Arrays that were sent. They must be dropped on their JavaScript thread.
struct Returned {
    any: AtomicBool,
    /// `None` after the environment has ended.
    arrays: Mutex<Option<Vec<Uint8Array>>>,
}

/// An array that is being sent, on any thread.
struct Kept {
    /// `None` only while this is dropped.
    array: Option<Uint8Array>,
    returned: Arc<Returned>,
}

/// The bytes of an array that nothing else uses.
///
/// # Errors
/// When the environment is closing.
pub(super) fn keep(env: Env, array: Uint8Array) -> Result<Bytes> {
    let returned = RETURNED.with_borrow_mut(|slot| {
        if let Some(returned) = slot {
            return Ok(Arc::clone(returned));
        }
        env.add_env_cleanup_hook((), |()| {
            if let Some(returned) = RETURNED.take() {
                returned.lock().take();
            }
        })?;
        let arrays = Mutex::new(Some(Vec::new()));
        Result::Ok(Arc::clone(slot.insert(Arc::new(Returned { any: AtomicBool::new(false), arrays }))))
    })?;
    Ok(Bytes::from_owner(Kept { array: Some(array), returned }))
}

/// Drops the arrays that were sent, so that they can be collected. JavaScript thread only.
pub(super) fn free_sent() {
    let sent = RETURNED.try_with(|slot| {
        let slot = slot.borrow();
        let returned = slot.as_ref().filter(|returned| returned.any.swap(false, Ordering::Acquire))?;
        returned.lock().as_mut().map(std::mem::take)
    });
    drop(sent);
}

impl Returned {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<Uint8Array>>> {
        self.arrays.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        self.array.as_deref().unwrap_or_default()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let Some(array) = self.array.take() else { return };
        match self.returned.lock().as_mut() {
            Some(arrays) => arrays.push(array),
            // Its reference was freed with the environment.
            None => std::mem::forget(array),
        }
        self.returned.any.store(true, Ordering::Release);
    }
}
