//! Node's event loop as the host of an [`EventLoop`], one for each environment.

use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use napi::bindgen_prelude::{Env, JsObjectValue as _, Object, Result};
use napi::{check_status, sys};

use super::busy_poll::BusyPoll;
use super::line::Line;
use super::reactor::Uv;
use super::uv::{Async, Check, Doorbell, Handle, Loop, Prepare, Target, Timer};
use crate::runtime::{EventLoop, Interest};

/// What asynchronous hooks call the context of a delivery.
const RESOURCE: &str = "cycle:http";

thread_local! {
    /// The hosts of this thread's environments, each until its environment closes.
    static HOSTS: RefCell<Hosts> = const { RefCell::new(Hosts(Vec::new())) };
}

struct Hosts(Vec<Rc<Host>>);

/// With `process.exit()` the process ends in the middle of a turn, and no environment is closed.
impl Drop for Hosts {
    fn drop(&mut self) {
        for host in &self.0 {
            let _ = catch_unwind(AssertUnwindSafe(|| host.event_loop().finish_reads()));
        }
    }
}

/// An environment's event loop: it drives sockets and timers, and delivers to JavaScript what came of them, all
/// that a turn brought in one callback scope, so that microtasks run once.
pub(crate) struct Host {
    pub(super) env: sys::napi_env,
    event_loop: OnceCell<Rc<EventLoop>>,
    pub(super) uv: Loop,
    pub(super) handles: RefCell<Option<Handles>>,
    pub(super) doorbell: Arc<Doorbell>,
    /// The context of deliveries, for as long as there are lines; asynchronous hooks list it.
    scope: Cell<sys::napi_async_context>,
    /// Lines that are open.
    lines: Cell<usize>,
    /// Deliveries that are going on, one inside the other.
    deliveries: Cell<usize>,
    /// What is to be delivered.
    pub(super) due: RefCell<Vec<Rc<Line>>>,
    /// Whether a delivery follows anyway.
    pub(super) collecting: Cell<bool>,
    /// Whether the check handle is started.
    checking: Cell<bool>,
    busy_poll: BusyPoll,
    /// Reasons to keep the process alive.
    holds: Cell<usize>,
}

/// The handles of a host. The async handle is the one that keeps the process alive.
pub(super) struct Handles {
    prepare: Handle<Prepare>,
    check: Handle<Check>,
    pub(super) timer: Handle<Timer>,
    asynchronous: Handle<Async>,
}

impl Host {
    /// The host of `env`, made when it is first asked for. `None` where there is no libuv to be hosted by.
    ///
    /// # Errors
    ///
    /// When an environment variable for it has no such value.
    pub(crate) fn of(env: Env) -> Result<Option<Rc<Self>>> {
        let known = HOSTS.with_borrow(|hosts| hosts.0.iter().find(|host| host.env == env.raw()).cloned());
        if known.is_some() || !is_node(env).unwrap_or(false) {
            return Ok(known);
        }
        let host = Self::new(env.raw(), BusyPoll::from_env()?);
        HOSTS.with_borrow_mut(|hosts| hosts.0.extend(host.clone()));
        Ok(host)
    }

    /// The loop that is hosted.
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
        let doorbell = Arc::new(Doorbell::new());
        let host = Rc::new(Self {
            env,
            event_loop: OnceCell::new(),
            uv,
            handles: RefCell::new(None),
            doorbell: Arc::clone(&doorbell),
            scope: Cell::new(ptr::null_mut()),
            lines: Cell::new(0),
            deliveries: Cell::new(0),
            due: RefCell::default(),
            collecting: Cell::new(false),
            checking: Cell::new(false),
            busy_poll,
            holds: Cell::new(0),
        });
        let event_loop = EventLoop::new(Rc::new(Uv::new(Rc::downgrade(&host))), move || doorbell.ring());
        let _ = host.event_loop.set(event_loop);
        let target = |event| Turn { host: Rc::downgrade(&host), event };
        let handles = Handles {
            prepare: host.uv.prepare(target(Host::before_sockets)).ok()?,
            check: host.uv.check(target(Host::after_sockets)).ok()?,
            timer: host.uv.timer(target(Host::after_timer)).ok()?,
            asynchronous: host.uv.asynchronous(target(Host::after_ring)).ok()?,
        };
        host.doorbell.connect(&handles.asynchronous);
        host.handles.replace(Some(handles));
        if host.enter_environment().is_err() {
            host.close();
            return None;
        }
        Some(host)
    }

    /// Has the environment give notice of its end.
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

    /// Counts one more line, and makes the context of its deliveries.
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
        self.lines.set(self.lines.get() + 1);
        Ok(())
    }

    /// Counts one line less.
    pub(super) fn leave(&self) {
        self.lines.set(self.lines.get() - 1);
        self.drop_unused_scope();
    }

    fn drop_unused_scope(&self) {
        if self.lines.get() == 0 && self.deliveries.get() == 0 {
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

    /// Drops everything that runs here. The loop lets go of the handles in a later turn.
    fn close(&self) {
        self.doorbell.disconnect();
        self.event_loop().close();
        for line in self.due.take() {
            line.close();
        }
        drop(self.handles.take());
        self.drop_scope();
    }

    /// While calls are in flight, an answer is looked for before the thread sleeps.
    fn before_sockets(&self) {
        if self.holds.get() > 0 {
            // JavaScript that runs a loop within a delivery waits for what it has started.
            self.event_loop().turn();
            self.busy_poll.wait(self.uv.sleep(), || self.uv.has_event());
        } else if let Some(handles) = &*self.handles.borrow() {
            handles.prepare.stop();
        }
    }

    /// A socket is ready: the tasks run when all that are were heard.
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
        self.turn();
    }

    fn after_timer(&self) {
        self.collecting.set(true);
        self.event_loop().attend();
        self.event_loop().expire();
        self.turn();
    }

    fn after_ring(&self) {
        self.collecting.set(true);
        self.turn();
    }

    /// Runs the tasks and delivers what came of it. What JavaScript starts in answer is gathered: as a rule an answer is
    /// followed by the next call.
    fn turn(&self) {
        self.event_loop().turn();
        self.collecting.set(false);
        let due = self.due.take();
        if !due.is_empty() {
            let events = due.iter().map(|line| line.waiting.get()).sum();
            self.event_loop().gather(events, || {
                self.in_callback_scope(|| due.iter().for_each(|line| line.deliver(self.env)));
            });
        }
        self.event_loop().finish_reads();
    }

    /// Runs `work`, which calls JavaScript, and then, once, the microtasks and ticks that it left.
    fn in_callback_scope(&self, work: impl FnOnce()) {
        let context = self.scope.get();
        if context.is_null() {
            return;
        }
        self.deliveries.set(self.deliveries.get() + 1);
        let mut handle_scope = ptr::null_mut();
        let mut callback_scope = ptr::null_mut();
        // SAFETY: `env` is open, since its hosts are closed before it, and this is its thread.
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

    pub(super) fn hold(&self, by: isize) {
        let before = self.holds.get();
        let after = before.saturating_add_signed(by);
        self.holds.set(after);
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

/// What a handle of a host does.
struct Turn {
    host: Weak<Host>,
    event: fn(&Host),
}

impl Target for Turn {
    fn event(&self, _: Option<Interest>) -> Option<Interest> {
        if let Some(host) = self.host.upgrade() {
            (self.event)(&host);
        }
        None
    }
}

/// Closes a host with its environment, which goes on when libuv has let go of all handles.
unsafe extern "C" fn clean_up(hook: sys::napi_async_cleanup_hook_handle, data: *mut c_void) {
    // SAFETY: the reference that was counted for this hook, which is called once.
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

/// Whether this is Node, and not a process that merely resembles it.
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
