//! Wakes JavaScript for events of the event-loop lane.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::{Rc, Weak};

use napi::bindgen_prelude::Result;
use napi::{check_status, sys};

use super::host::Host;
use crate::bridge::wakeup::call;

/// Takes everything that waits and returns it as JavaScript values, empty if nothing waits.
type Drain = Box<dyn Fn(sys::napi_env, &LoopWakeup) -> Result<Vec<sys::napi_value>>>;

/// Like a [`Wakeup`](crate::bridge::wakeup::Wakeup), for events of the JavaScript thread itself: the function is called at
/// the end of a tick, and never inside of another call from JavaScript.
#[derive(Clone)]
pub(crate) struct LoopWakeup(Rc<Recipient>);

/// A JavaScript function that events are delivered to.
pub(super) struct Recipient {
    host: Weak<Host>,
    callback: Cell<sys::napi_ref>,
    drain: Drain,
    /// The number of events to deliver.
    pub(super) waiting: Cell<usize>,
    is_ref: Cell<bool>,
}

impl LoopWakeup {
    /// Creates a wake-up on `host`. `callback` must be a JavaScript function of the same environment. `drain` must not own
    /// the wake-up.
    pub(crate) fn new(host: &Rc<Host>, callback: sys::napi_value, drain: Drain) -> Result<Self> {
        let mut reference = ptr::null_mut();
        // SAFETY: the environment is open and this is its thread; the value belongs to it.
        check_status!(unsafe { sys::napi_create_reference(host.env, callback, 1, &raw mut reference) })?;
        let joined = host.join();
        if joined.is_err() {
            // SAFETY: made just now.
            unsafe { sys::napi_delete_reference(host.env, reference) };
        }
        joined?;
        Ok(Self(Rc::new(Recipient {
            host: Rc::downgrade(host),
            callback: Cell::new(reference),
            drain,
            waiting: Cell::new(0),
            is_ref: Cell::new(false),
        })))
    }

    /// Schedules a delivery for one more event. Events that come before it begins are delivered together.
    pub(crate) fn wake(&self) {
        let Some(host) = self.0.host.upgrade() else { return };
        if self.0.waiting.replace(self.0.waiting.get() + 1) == 0 {
            host.due.borrow_mut().push(Rc::clone(&self.0));
            if !host.collecting.get() {
                host.async_wakeup.wake();
            }
        }
    }

    /// Keeps the process alive until [`LoopWakeup::unref`].
    pub(crate) fn r#ref(&self) {
        if !self.0.is_ref.replace(true)
            && let Some(host) = self.0.host.upgrade()
        {
            host.add_refs(1);
        }
    }

    /// Lets the process end.
    pub(crate) fn unref(&self) {
        self.0.unref();
    }

    /// Releases what it has in the environment. Nothing is delivered any more.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

impl Recipient {
    fn unref(&self) {
        if self.is_ref.replace(false)
            && let Some(host) = self.host.upgrade()
        {
            host.add_refs(-1);
        }
    }

    pub(super) fn deliver(self: &Rc<Self>, env: sys::napi_env) {
        self.waiting.set(0);
        let mut callback = ptr::null_mut();
        let reference = self.callback.get();
        if reference.is_null() {
            return;
        }
        // SAFETY: the reference was made in this environment and is not deleted yet.
        let found = unsafe { sys::napi_get_reference_value(env, reference, &raw mut callback) };
        if found != sys::Status::napi_ok || callback.is_null() {
            return;
        }
        let wakeup = LoopWakeup(Rc::clone(self));
        if let Ok(Ok(values)) = catch_unwind(AssertUnwindSafe(|| (self.drain)(env, &wakeup))) {
            call(env, callback, &values);
        }
    }

    pub(super) fn close(&self) {
        // Without a host the environment is closing, and its references go with it.
        if let Some(host) = self.host.upgrade()
            && self.disconnect(host.env)
        {
            host.leave();
        }
    }

    /// Releases the JavaScript function. Returns `false` if it was released before.
    fn disconnect(&self, env: sys::napi_env) -> bool {
        let reference = self.callback.replace(ptr::null_mut());
        if reference.is_null() {
            return false;
        }
        // SAFETY: made in this environment, which is open, and deleted once.
        unsafe { sys::napi_delete_reference(env, reference) };
        true
    }
}

impl Drop for Recipient {
    fn drop(&mut self) {
        self.unref();
        self.close();
    }
}
