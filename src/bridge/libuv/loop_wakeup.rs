//! Events of one client on their way from the host to JavaScript.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::{Rc, Weak};

use napi::bindgen_prelude::Result;
use napi::{check_status, sys};

use super::host::Host;
use crate::bridge::wakeup::call;

/// Makes the JavaScript values to be delivered out of what waits; none when nothing does.
type Drain = Box<dyn Fn(sys::napi_env, &LoopWakeup) -> Result<Vec<sys::napi_value>>>;

/// The same as a [`Wakeup`](crate::bridge::wakeup::Wakeup), for events of this thread: the function is called at the end
/// of the loop's turn, and never from within a call of JavaScript.
#[derive(Clone)]
pub(crate) struct LoopWakeup(Rc<Line>);

pub(super) struct Line {
    host: Weak<Host>,
    callback: Cell<sys::napi_ref>,
    drain: Drain,
    /// Events that wait; none when no delivery is due.
    pub(super) waiting: Cell<usize>,
    held: Cell<bool>,
}

impl LoopWakeup {
    /// Creates the wake-up for the events of `host`.
    ///
    /// `callback` must be a JavaScript function of the same environment. `drain` must not own the wake-up.
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
        Ok(Self(Rc::new(Line {
            host: Rc::downgrade(host),
            callback: Cell::new(reference),
            drain,
            waiting: Cell::new(0),
            held: Cell::new(false),
        })))
    }

    /// Schedules the delivery of an event, together with those that come before it has begun.
    pub(crate) fn wake(&self) {
        let Some(host) = self.0.host.upgrade() else { return };
        if self.0.waiting.replace(self.0.waiting.get() + 1) == 0 {
            host.due.borrow_mut().push(Rc::clone(&self.0));
            if !host.collecting.get() {
                host.doorbell.ring();
            }
        }
    }

    /// Keeps the process alive until [`LoopWakeup::release`].
    pub(crate) fn hold(&self) {
        if !self.0.held.replace(true)
            && let Some(host) = self.0.host.upgrade()
        {
            host.hold(1);
        }
    }

    /// Lets the process end.
    pub(crate) fn release(&self) {
        self.0.release();
    }

    /// Gives back what the environment has made for it. Nothing is delivered any more.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

impl Line {
    fn release(&self) {
        if self.held.replace(false)
            && let Some(host) = self.host.upgrade()
        {
            host.hold(-1);
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

    /// Gives the JavaScript function back, if that was not done yet.
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

impl Drop for Line {
    fn drop(&mut self) {
        self.release();
        self.close();
    }
}
