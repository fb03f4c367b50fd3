//! Runs an [`EventLoop`] on Node's event loop. There is one host for each environment.

use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use napi::bindgen_prelude::{Env, JsObjectValue as _, Object, Result};
use napi::{check_status, sys};

use super::busy_poll::BusyPoll;
use super::loop_wakeup::Recipient;
use super::reactor::Uv;
use super::uv::{Async, AsyncWakeup, Check, Handle, Loop, Prepare, Target, Timer};
use crate::runtime::{EventLoop, Interest};

/// The name of deliveries in `async_hooks`.
const RESOURCE: &str = "cycle:http";

thread_local! {
    /// The hosts of this thread's open environments.
    static HOSTS: RefCell<Hosts> = const { RefCell::new(Hosts(Vec::new())) };
}

struct Hosts(Vec<Rc<Host>>);

/// `process.exit()` ends the process in the middle of a tick, without closing any environment.
impl Drop for Hosts {
    fn drop(&mut self) {
        for host in &self.0 {
            let _ = catch_unwind(AssertUnwindSafe(|| host.event_loop().finish_reads()));
        }
    }
}

/// Drives the sockets and timers of an environment, and delivers events to JavaScript: those of one tick together, in one
/// callback scope, so that microtasks run once.
pub(crate) struct Host {
    pub(super) env: sys::napi_env,
    event_loop: OnceCell<Rc<EventLoop>>,
    pub(super) uv: Loop,
    pub(super) handles: RefCell<Option<Handles>>,
    pub(super) async_wakeup: Arc<AsyncWakeup>,
    /// The async context of deliveries. It exists only while there are recipients, because `async_hooks` lists it.
    scope: Cell<sys::napi_async_context>,
    /// The number of open recipients.
    recipients: Cell<usize>,
    /// The number of deliveries that are running, one nested in the other.
    deliveries: Cell<usize>,
    /// Recipients that have events to deliver.
    pub(super) due: RefCell<Vec<Rc<Recipient>>>,
    /// Whether a delivery at the end of this tick is certain, so that no wake-up is needed.
    pub(super) collecting: Cell<bool>,
    /// Whether the check handle is started.
    checking: Cell<bool>,
    busy_poll: BusyPoll,
    /// The number of recipients that keep the process alive.
    refs: Cell<usize>,
}

/// The handles of a host. The async handle keeps the process alive while it is referenced.
pub(super) struct Handles {
    prepare: Handle<Prepare>,
    check: Handle<Check>,
    pub(super) timer: Handle<Timer>,
    asynchronous: Handle<Async>,
}

impl Host {
    /// The host of `env`, created by the first call. `None` outside of Node.
    ///
    /// # Errors
    ///
    /// When the environment variable for busy polling is invalid.
    pub(crate) fn of(env: Env) -> Result<Option<Rc<Self>>> {
        let known = HOSTS.with_borrow(|hosts| hosts.0.iter().find(|host| host.env == env.raw()).cloned());
        if known.is_some() || !is_node(env).unwrap_or(false) {
            return Ok(known);
        }
        let host = Self::new(env.raw(), BusyPoll::from_env()?);
        HOSTS.with_borrow_mut(|hosts| hosts.0.extend(host.clone()));
        Ok(host)
    }

    /// The loop that this host runs.
    pub(crate) fn event_loop(&self) -> &Rc<EventLoop> {
        self.event_loop.get().expect("set by `new`")
    }

    fn new(env: sys::napi_env, busy_poll: BusyPoll) -> Option<Rc<Self>> {
        let mut uv_loop = ptr::null_mut();
        // SAFETY: `env` is valid and this is its thread; the process is Node, says the caller. The loop outlives
        // the environment, which does not end before the cleanup hook below says so.
        let uv = unsafe {
            if sys::napi_get_uv_event_loop(env, &raw mut uv_loop) != sys::Status::napi_ok {
                return None;
            }
            Loop::new(uv_loop)?
        };
        let async_wakeup = Arc::new(AsyncWakeup::new());
        let host = Rc::new(Self {
            env,
            event_loop: OnceCell::new(),
            uv,
            handles: RefCell::new(None),
            async_wakeup: Arc::clone(&async_wakeup),
            scope: Cell::new(ptr::null_mut()),
            recipients: Cell::new(0),
            deliveries: Cell::new(0),
            due: RefCell::default(),
            collecting: Cell::new(false),
            checking: Cell::new(false),
            busy_poll,
            refs: Cell::new(0),
        });
        let event_loop = EventLoop::new(Rc::new(Uv::new(Rc::downgrade(&host))), move || async_wakeup.wake());
        let _ = host.event_loop.set(event_loop);
        let target = |event| HostTarget { host: Rc::downgrade(&host), event };
        let handles = Handles {
            prepare: host.uv.prepare(target(Host::before_sockets)).ok()?,
            check: host.uv.check(target(Host::after_sockets)).ok()?,
            timer: host.uv.timer(target(Host::after_timer)).ok()?,
            asynchronous: host.uv.asynchronous(target(Host::after_wakeup)).ok()?,
        };
        host.async_wakeup.connect(&handles.asynchronous);
        host.handles.replace(Some(handles));
        if host.enter_environment().is_err() {
            host.close();
            return None;
        }
        Some(host)
    }

    /// Registers a cleanup hook, which closes the host when the environment ends.
    fn enter_environment(self: &Rc<Self>) -> Result<()> {
        let data = Rc::into_raw(Rc::clone(self)).cast_mut().cast::<c_void>();
        // SAFETY: the environment is open and this is its thread. The hook takes the counted reference back.
        unsafe {
            let hooked = sys::napi_add_async_cleanup_hook(self.env, Some(clean_up), data, ptr::null_mut());
            if hooked != sys::Status::napi_ok {
                drop(Rc::from_raw(data.cast::<Self>()));
            }
            check_status!(hooked)
        }
    }

    /// Counts one more recipient. The first creates the async context.
    pub(super) fn join(&self) -> Result<()> {
        let mut name = ptr::null_mut();
        let mut scope = self.scope.get();
        // SAFETY: the environment is open and this is its thread.
        unsafe {
            if scope.is_null() {
                check_status!(sys::napi_create_string_utf8(
                    self.env,
                    RESOURCE.as_ptr().cast(),
                    RESOURCE.len().cast_signed(),
                    &raw mut name
                ))?;
                check_status!(sys::napi_async_init(self.env, ptr::null_mut(), name, &raw mut scope))?;
            }
        }
        self.scope.set(scope);
        self.recipients.set(self.recipients.get() + 1);
        Ok(())
    }

    /// Counts one recipient less.
    pub(super) fn leave(&self) {
        self.recipients.set(self.recipients.get() - 1);
        self.drop_unused_scope();
    }

    fn drop_unused_scope(&self) {
        if self.recipients.get() == 0 && self.deliveries.get() == 0 {
            self.drop_scope();
        }
    }

    fn drop_scope(&self) {
        let scope = self.scope.replace(ptr::null_mut());
        if !scope.is_null() {
            // SAFETY: made by `napi_async_init` in this environment, and destroyed once.
            unsafe { sys::napi_async_destroy(self.env, scope) };
        }
    }

    /// Drops all tasks, recipients and handles. libuv closes the handles in a later tick.
    fn close(&self) {
        self.async_wakeup.disconnect();
        self.event_loop().close();
        for recipient in self.due.take() {
            recipient.close();
        }
        drop(self.handles.take());
        self.drop_scope();
    }

    /// Runs before the loop waits for sockets. While calls are in flight, polls for events before the thread sleeps.
    fn before_sockets(&self) {
        if self.refs.get() > 0 {
            // JavaScript may run the loop inside of a delivery; then tasks that it has started run here.
            self.event_loop().tick();
            self.busy_poll.wait(self.uv.sleep(), || self.uv.has_event());
        } else if let Some(handles) = &*self.handles.borrow() {
            handles.prepare.stop();
        }
    }

    /// Called for each socket that is ready. The tasks run after the last of them, in the check phase.
    pub(super) fn before_check(&self) {
        if !self.checking.replace(true) {
            self.collecting.set(true);
            self.event_loop().attend();
            if let Some(handles) = &*self.handles.borrow() {
                handles.check.start();
            }
        }
    }

    fn after_sockets(&self) {
        self.checking.set(false);
        if let Some(handles) = &*self.handles.borrow() {
            handles.check.stop();
        }
        self.tick();
    }

    fn after_timer(&self) {
        self.collecting.set(true);
        self.event_loop().attend();
        self.event_loop().expire();
        self.tick();
    }

    fn after_wakeup(&self) {
        self.collecting.set(true);
        self.tick();
    }

    /// Runs the tasks and delivers their events. Calls that JavaScript makes meanwhile are corked: usually an answer is followed
    /// by the next call.
    fn tick(&self) {
        self.event_loop().tick();
        self.collecting.set(false);
        let due = self.due.take();
        if !due.is_empty() {
            let events = due.iter().map(|recipient| recipient.waiting.get()).sum();
            self.event_loop().cork(events, || {
                self.in_callback_scope(|| due.iter().for_each(|recipient| recipient.deliver(self.env)));
            });
        }
        self.event_loop().finish_reads();
    }

    /// Runs `work`, which calls JavaScript, and then once the microtasks and `process.nextTick` callbacks.
    fn in_callback_scope(&self, work: impl FnOnce()) {
        let context = self.scope.get();
        if context.is_null() {
            return;
        }
        self.deliveries.set(self.deliveries.get() + 1);
        let mut handle_scope = ptr::null_mut();
        let mut callback_scope = ptr::null_mut();
        // SAFETY: `env` is open, since its host is closed before it, and this is its thread.
        unsafe {
            if sys::napi_open_handle_scope(self.env, &raw mut handle_scope) == sys::Status::napi_ok {
                let opened = sys::napi_open_callback_scope(
                    self.env,
                    ptr::null_mut(),
                    context,
                    &raw mut callback_scope,
                );
                if opened == sys::Status::napi_ok {
                    work();
                    sys::napi_close_callback_scope(self.env, callback_scope);
                }
                sys::napi_close_handle_scope(self.env, handle_scope);
            }
        }
        self.deliveries.set(self.deliveries.get() - 1);
        self.drop_unused_scope();
    }

    /// Adds `by` to the number of recipients that keep the process alive.
    pub(super) fn add_refs(&self, by: isize) {
        let before = self.refs.get();
        let after = before.saturating_add_signed(by);
        self.refs.set(after);
        if (before == 0) != (after == 0)
            && let Some(handles) = &*self.handles.borrow()
        {
            handles.asynchronous.keep_alive(after > 0);
            if after > 0 {
                handles.prepare.start();
            }
        }
    }
}

/// The function of a host that a handle calls.
struct HostTarget {
    host: Weak<Host>,
    event: fn(&Host),
}

impl Target for HostTarget {
    fn event(&self, _: Option<Interest>) -> Option<Interest> {
        if let Some(host) = self.host.upgrade() {
            (self.event)(&host);
        }
        None
    }
}

/// Closes a host when its environment ends. The environment waits until libuv has closed all handles.
unsafe extern "C" fn clean_up(hook: sys::napi_async_cleanup_hook_handle, data: *mut c_void) {
    // SAFETY: the reference that `enter_environment` leaked for this hook, which is called once.
    let host = unsafe { Rc::from_raw(data.cast::<Host>()) };
    let _ = catch_unwind(AssertUnwindSafe(|| {
        HOSTS.with_borrow_mut(|hosts| hosts.0.retain(|other| !Rc::ptr_eq(other, &host)));
        host.close();
    }));
    host.uv.when_empty(move || {
        // SAFETY: the handle that the hook was called with; nothing of the host touches the environment any more.
        unsafe { sys::napi_remove_async_cleanup_hook(hook) };
    });
}

/// Whether the process is Node, and not Bun, Deno or Electron, which imitate it.
pub(crate) fn is_node(env: Env) -> Result<bool> {
    let process: Object<'_> = env.get_global()?.get_named_property("process")?;
    let release: Object<'_> = process.get_named_property("release")?;
    let versions: Object<'_> = process.get_named_property("versions")?;
    let mut named_node = release.get_named_property::<String>("name")? == "node";
    for other in ["bun", "deno", "electron"] {
        named_node &= !versions.has_named_property(other)?;
    }
    Ok(named_node && versions.has_named_property("uv")?)
}
