//! Safe wrappers of libuv's loop and handles.
//!
//! Call these functions only in Node: other runtimes export functions of these names that abort the process.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ffi::{c_int, c_uint, c_void};
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use napi::sys::uv_loop_s;

use super::sockets::has_event;
use super::symbols::{Functions, RawHandle, functions};
use crate::runtime::Interest;

/// Numbers of `uv_handle_type` and `uv_poll_event`, part of libuv's stable interface.
const ASYNC: c_uint = 1;
const CHECK: c_uint = 2;
const POLL: c_uint = 8;
const PREPARE: c_uint = 9;
const TIMER: c_uint = 13;
const READABLE: c_int = 1;
const WRITABLE: c_int = 2;

/// Alignment that suits every handle, as `malloc` would give it.
const HANDLE_ALIGN: usize = 16;

/// Converts libuv's negative error numbers to errors.
fn check(status: c_int) -> io::Result<()> {
    if status < 0 { Err(io::Error::from_raw_os_error(-status)) } else { Ok(()) }
}

/// Node's loop on this thread.
#[derive(Clone)]
pub(super) struct Loop {
    raw: *mut uv_loop_s,
    uv: &'static Functions,
    tally: Rc<Tally>,
}

/// Counts handles that libuv has not closed yet.
#[derive(Default)]
struct Tally {
    handles: Cell<usize>,
    /// Called once, when no handles are left.
    then: Cell<Option<Box<dyn FnOnce()>>>,
}

impl Tally {
    fn settle(&self) {
        if self.handles.get() == 0
            && let Some(then) = self.then.take()
        {
            then();
        }
    }
}

/// Receives the events of a handle.
pub(super) trait Target: 'static {
    /// Handles an event. Only sockets use `events`, which is `None` for a socket that failed and is no longer watched, and
    /// the result: what to watch for from now on, or `None` for no change.
    fn event(&self, events: Option<Interest>) -> Option<Interest>;
}

/// The `data` of a handle.
struct Data {
    layout: Layout,
    target: Box<dyn Target>,
    tally: Rc<Tally>,
}

/// A handle of the loop. Dropping it closes it: its target gets no more events, and is dropped when libuv has closed the
/// handle.
pub(super) struct Handle<K> {
    raw: NonNull<c_void>,
    uv: &'static Functions,
    kind: PhantomData<*mut K>,
}

/// A handle that watches a socket.
pub(super) enum Poll {}
/// A handle that runs after the sockets in a tick.
pub(super) enum Check {}
/// A handle that runs before the loop waits for sockets.
pub(super) enum Prepare {}
/// A handle of a timer.
pub(super) enum Timer {}
/// A handle that other threads can wake.
pub(super) enum Async {}

impl Loop {
    /// Wraps the loop of this thread. `None` where libuv's functions are missing.
    ///
    /// # Safety
    ///
    /// `raw` must be the loop of this thread in a process that is Node. The loop must not end before
    /// [`Loop::when_empty`] calls back.
    pub(super) unsafe fn new(raw: *mut uv_loop_s) -> Option<Self> {
        Some(Self { raw, uv: functions()?, tally: Rc::default() })
    }

    /// Calls `then` when all handles are closed; at once if there are none.
    pub(super) fn when_empty(&self, then: impl FnOnce() + 'static) {
        self.tally.then.set(Some(Box::new(then)));
        self.tally.settle();
    }

    /// Makes a handle for a socket, which watches for nothing at first.
    pub(super) fn poll(&self, fd: BorrowedFd<'_>, target: impl Target) -> io::Result<Handle<Poll>> {
        let fd = fd.as_raw_fd();
        // SAFETY: the memory has the size of this kind of handle; the caller keeps the socket open.
        self.handle(POLL, target, |raw| unsafe { (self.uv.poll_init)(self.raw, raw, fd) })
    }

    /// Makes a check handle, stopped.
    pub(super) fn check(&self, target: impl Target) -> io::Result<Handle<Check>> {
        // SAFETY: the memory has the size of this kind of handle.
        self.handle(CHECK, target, |raw| unsafe { (self.uv.check_init)(self.raw, raw) })
    }

    /// Makes a prepare handle, stopped.
    pub(super) fn prepare(&self, target: impl Target) -> io::Result<Handle<Prepare>> {
        // SAFETY: the memory has the size of this kind of handle.
        self.handle(PREPARE, target, |raw| unsafe { (self.uv.prepare_init)(self.raw, raw) })
    }

    /// How long the loop will sleep if no event comes: until its next timer.
    pub(super) fn sleep(&self) -> Duration {
        // SAFETY: only reads the loop, which is alive, on its thread.
        let milliseconds = unsafe { (self.uv.backend_timeout)(self.raw) };
        // -1 means no limit.
        u64::try_from(milliseconds).map_or(Duration::MAX, Duration::from_millis)
    }

    /// Whether an event is pending, so that the loop will not sleep.
    pub(super) fn has_event(&self) -> bool {
        // SAFETY: as in `sleep`; the descriptor is the loop's own and lives as long.
        let fd = unsafe { BorrowedFd::borrow_raw((self.uv.backend_fd)(self.raw)) };
        has_event(fd)
    }

    /// Makes a timer, stopped.
    pub(super) fn timer(&self, target: impl Target) -> io::Result<Handle<Timer>> {
        // SAFETY: the memory has the size of this kind of handle.
        self.handle(TIMER, target, |raw| unsafe { (self.uv.timer_init)(self.raw, raw) })
    }

    /// Makes an async handle.
    pub(super) fn asynchronous(&self, target: impl Target) -> io::Result<Handle<Async>> {
        // SAFETY: the memory has the size of this kind of handle.
        self.handle(ASYNC, target, |raw| unsafe { (self.uv.async_init)(self.raw, raw, Some(on_event)) })
    }

    /// Allocates and initialises a handle. It does not keep the process alive.
    fn handle<K>(
        &self,
        kind: c_uint,
        target: impl Target,
        init: impl FnOnce(RawHandle) -> c_int,
    ) -> io::Result<Handle<K>> {
        // SAFETY: only reads a table.
        let size = unsafe { (self.uv.handle_size)(kind) };
        let layout = Layout::from_size_align(size, HANDLE_ALIGN).map_err(io::Error::other)?;
        if layout.size() == 0 {
            return Err(io::ErrorKind::Unsupported.into());
        }
        // SAFETY: the size is not zero.
        let raw = unsafe { alloc_zeroed(layout) }.cast::<c_void>();
        let Some(raw) = NonNull::new(raw) else { handle_alloc_error(layout) };
        if let Err(error) = check(init(raw.as_ptr())) {
            // SAFETY: allocated above, and libuv keeps no handle that it refused.
            unsafe { dealloc(raw.as_ptr().cast(), layout) };
            return Err(error);
        }
        self.tally.handles.set(self.tally.handles.get() + 1);
        let data = Data { layout, target: Box::new(target), tally: Rc::clone(&self.tally) };
        // SAFETY: the handle is initialised; `on_closed` takes the data back.
        unsafe {
            (self.uv.set_data)(raw.as_ptr(), Box::into_raw(Box::new(data)).cast());
            (self.uv.unrefer)(raw.as_ptr());
        }
        Ok(Handle { raw, uv: self.uv, kind: PhantomData })
    }
}

impl<K> Handle<K> {
    /// Sets whether the handle keeps the process alive.
    pub(super) fn keep_alive(&self, yes: bool) {
        let set = if yes { self.uv.refer } else { self.uv.unrefer };
        // SAFETY: the handle is open as long as this value exists.
        unsafe { set(self.raw.as_ptr()) };
    }
}

impl<K> Drop for Handle<K> {
    fn drop(&mut self) {
        // SAFETY: the handle is open and is closed once; `on_closed` frees it.
        unsafe { (self.uv.close)(self.raw.as_ptr(), Some(on_closed)) };
    }
}

impl Handle<Poll> {
    /// Watches the socket for `interest` from now on.
    pub(super) fn start(&self, interest: Interest) -> io::Result<()> {
        // SAFETY: the handle is open as long as this value exists.
        unsafe { watch(self.uv, self.raw.as_ptr(), interest) }
    }
}

/// Watches a socket for `interest` from now on.
///
/// # Safety
///
/// `raw` is an open handle of this kind.
unsafe fn watch(uv: &Functions, raw: RawHandle, interest: Interest) -> io::Result<()> {
    let readable = if interest.readable { READABLE } else { 0 };
    let writable = if interest.writable { WRITABLE } else { 0 };
    // SAFETY: as the caller says.
    check(unsafe {
        match readable | writable {
            0 => (uv.poll_stop)(raw),
            events => (uv.poll_start)(raw, events, on_poll),
        }
    })
}

impl Handle<Check> {
    /// Calls the target in each tick after the sockets, until it is stopped.
    pub(super) fn start(&self) {
        // SAFETY: the handle is open as long as this value exists. It cannot fail with a callback.
        unsafe { (self.uv.check_start)(self.raw.as_ptr(), on_event) };
    }

    /// Calls the target no more.
    pub(super) fn stop(&self) {
        // SAFETY: the handle is open as long as this value exists.
        unsafe { (self.uv.check_stop)(self.raw.as_ptr()) };
    }
}

impl Handle<Prepare> {
    /// Calls the target in each tick before the loop waits, until it is stopped. Does nothing if it is started.
    pub(super) fn start(&self) {
        // SAFETY: the handle is open as long as this value exists. It cannot fail with a callback.
        unsafe { (self.uv.prepare_start)(self.raw.as_ptr(), on_event) };
    }

    /// Calls the target no more.
    pub(super) fn stop(&self) {
        // SAFETY: the handle is open as long as this value exists.
        unsafe { (self.uv.prepare_stop)(self.raw.as_ptr()) };
    }
}

impl Handle<Timer> {
    /// Calls the target once after `delay`, rounded up to milliseconds. Replaces an earlier request.
    pub(super) fn start(&self, delay: Duration) {
        let milliseconds = delay.as_nanos().div_ceil(1_000_000).try_into().unwrap_or(u64::MAX);
        // SAFETY: the handle is open as long as this value exists. It cannot fail with a callback.
        unsafe { (self.uv.timer_start)(self.raw.as_ptr(), on_event, milliseconds, 0) };
    }
}

/// Wakes the loop from any thread, so that it calls an async handle's target. Does nothing while it is not connected.
pub(super) struct AsyncWakeup(Mutex<Option<Connected>>);

struct Connected {
    raw: NonNull<c_void>,
    uv: &'static Functions,
}

// SAFETY: `uv_async_send` may be called from any thread, and nothing else is done with the handle.
unsafe impl Send for Connected {}

impl AsyncWakeup {
    /// Makes one that is not connected.
    pub(super) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Connects it to a handle. [`AsyncWakeup::disconnect`] must be called before the handle is dropped.
    pub(super) fn connect(&self, handle: &Handle<Async>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Connected { raw: handle.raw, uv: handle.uv });
    }

    /// Makes every later [`AsyncWakeup::wake`] do nothing.
    pub(super) fn disconnect(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Wakes the loop.
    pub(super) fn wake(&self) {
        if let Some(connected) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            // SAFETY: it is disconnected, under this lock, before the handle is closed.
            unsafe { (connected.uv.async_send)(connected.raw.as_ptr()) };
        }
    }
}

/// Passes an event to a handle's target and returns the result.
///
/// # Safety
///
/// `raw` is a handle made by [`Loop::handle`] that was open when the loop made this call.
unsafe fn dispatch(uv: &Functions, raw: RawHandle, events: Option<Interest>) -> Option<Interest> {
    // SAFETY: the data is the box that was put there; it is dropped by `on_closed` only, which the loop never
    // calls from within another callback.
    let data = unsafe { &*(uv.get_data)(raw).cast::<Data>() };
    // A panic must not unwind into C.
    catch_unwind(AssertUnwindSafe(|| data.target.event(events))).unwrap_or(None)
}

unsafe extern "C" fn on_event(raw: RawHandle) {
    let Some(uv) = functions() else { return };
    // SAFETY: libuv calls this for an open handle that was started with it.
    unsafe { dispatch(uv, raw, Some(Interest::default())) };
}

unsafe extern "C" fn on_poll(raw: RawHandle, status: c_int, events: c_int) {
    let Some(uv) = functions() else { return };
    let interest = Interest { readable: events & READABLE != 0, writable: events & WRITABLE != 0 };
    // SAFETY: libuv calls this for an open handle that was started with it. Its memory lives until `on_closed`.
    unsafe {
        if let Some(next) = dispatch(uv, raw, (status >= 0).then_some(interest))
            && (uv.is_closing)(raw) == 0
        {
            // An error shows in the read or write that follows.
            let _ = watch(uv, raw, next);
        }
    }
}

unsafe extern "C" fn on_closed(raw: RawHandle) {
    let Some(uv) = functions() else { return };
    // SAFETY: the handle was made by `Loop::handle`, which put the box there, and this is called once for it.
    let data = unsafe { Box::from_raw((uv.get_data)(raw).cast::<Data>()) };
    let Data { layout, target, tally } = *data;
    // SAFETY: allocated with this layout, and libuv has closed the handle.
    unsafe { dealloc(raw.cast(), layout) };
    let _ = catch_unwind(AssertUnwindSafe(|| {
        drop(target);
        tally.handles.set(tally.handles.get() - 1);
        tally.settle();
    }));
}
