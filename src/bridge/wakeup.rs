//! Wakes the JavaScript thread with a threadsafe function, once for any number of waiting events.

use std::ffi::c_void;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{Error, Result, Status};
use napi::{check_status, sys};

/// Takes everything that waits and returns it as JavaScript values, empty if nothing waits.
/// It must not own the [`Waker`] it is given, or neither would ever be freed.
type Drain = Box<dyn Fn(sys::napi_env, &Waker) -> Result<Vec<sys::napi_value>> + Send + Sync>;

/// Wakes the JavaScript thread from any thread. There, `drain` takes everything that waits, and the JavaScript function
/// given to [`Wakeup::new`] is called with it. Microtasks run after that call.
///
/// It keeps the process alive only after [`Waker::ref`].
pub(crate) struct Wakeup(Waker);

/// The part of a [`Wakeup`] that other threads and the drain may own. It does nothing after the wake-up is dropped.
#[derive(Clone)]
pub(crate) struct Waker {
    shared: Arc<Shared>,
}

struct Shared {
    name: &'static str,
    function: Mutex<Function>,
    scheduled: AtomicBool,
    drain: Drain,
}

#[derive(Default)]
struct Function {
    /// `None` when it is closed or the environment has ended.
    handle: Option<sys::napi_threadsafe_function>,
    /// How many handles there were before. The finaliser of a closed handle runs late, and must not clear the next handle.
    earlier: u32,
}

/// The context of a threadsafe function.
struct Context {
    shared: Arc<Shared>,
    earlier: u32,
}

// SAFETY: Node-API allows a threadsafe function to be called and released from any thread;
// the mutex around it sees to it that neither happens after its finaliser ran.
unsafe impl Send for Function {}

impl Wakeup {
    /// Creates a wake-up. JavaScript thread only. `callback` must be a JavaScript function of this environment, `name` is
    /// what `async_hooks` shows.
    pub(crate) fn new(
        env: sys::napi_env,
        callback: sys::napi_value,
        name: &'static str,
        drain: Drain,
    ) -> Result<Self> {
        let shared =
            Arc::new(Shared { name, function: Mutex::default(), scheduled: AtomicBool::new(false), drain });
        let wakeup = Self(Waker { shared });
        wakeup.open(env, callback)?;
        Ok(wakeup)
    }

    /// Opens it again after [`Waker::close`]; does nothing if it is open. JavaScript thread only.
    ///
    /// `callback` is as in [`Wakeup::new`].
    pub(crate) fn open(&self, env: sys::napi_env, callback: sys::napi_value) -> Result<()> {
        let shared = &self.0.shared;
        let mut opened = shared.lock();
        if opened.handle.is_some() {
            return Ok(());
        }
        let name = shared.name;
        let context = Context { shared: Arc::clone(shared), earlier: opened.earlier };
        let context = Box::into_raw(Box::new(context)).cast::<c_void>();
        let mut resource_name = ptr::null_mut();
        let mut function = ptr::null_mut();
        // SAFETY: env and callback are valid for this call on the JavaScript thread; `context` is owned by the
        // threadsafe function from here on and freed in `finalize`.
        unsafe {
            check_status!(sys::napi_create_string_utf8(
                env,
                name.as_ptr().cast(),
                name.len().cast_signed(),
                &raw mut resource_name
            ))?;
            let status = sys::napi_create_threadsafe_function(
                env,
                callback,
                ptr::null_mut(),
                resource_name,
                0,
                1,
                context,
                Some(finalize),
                context,
                Some(deliver),
                &raw mut function,
            );
            if status != sys::Status::napi_ok {
                drop(Box::from_raw(context.cast::<Context>()));
                return Err(Error::new(Status::from(status), "cannot create a threadsafe function"));
            }
            check_status!(sys::napi_unref_threadsafe_function(env, function))?;
        }
        opened.handle = Some(function);
        shared.scheduled.store(false, Ordering::Release);
        Ok(())
    }
}

impl Drop for Wakeup {
    fn drop(&mut self) {
        self.close();
    }
}

impl Deref for Wakeup {
    type Target = Waker;

    fn deref(&self) -> &Waker {
        &self.0
    }
}

impl Waker {
    /// Schedules a delivery, unless one is scheduled that has not begun. Any thread may call this.
    pub(crate) fn wake(&self) {
        if self.shared.scheduled.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(function) = self.shared.lock().handle {
            // SAFETY: not finalised while the lock is held; any thread may call.
            unsafe {
                sys::napi_call_threadsafe_function(
                    function,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                )
            };
        }
    }

    /// Releases the threadsafe function, so that nothing of it stays in the environment. What waits is not delivered.
    pub(crate) fn close(&self) {
        let mut function = self.shared.lock();
        if let Some(handle) = function.handle.take() {
            function.earlier = function.earlier.wrapping_add(1);
            drop(function);
            // SAFETY: it was not finalised yet, and nobody can reach it once it is taken out.
            unsafe {
                sys::napi_release_threadsafe_function(handle, sys::ThreadsafeFunctionReleaseMode::abort)
            };
        }
    }

    /// Keeps the process alive until [`Waker::unref`]. JavaScript thread only.
    pub(crate) fn r#ref(&self, env: sys::napi_env) {
        if let Some(function) = self.shared.lock().handle {
            // SAFETY: the function is not finalised while the lock is held, and this is its JavaScript thread.
            unsafe { sys::napi_ref_threadsafe_function(env, function) };
        }
    }

    /// Lets the process end. JavaScript thread only.
    pub(crate) fn unref(&self, env: sys::napi_env) {
        if let Some(function) = self.shared.lock().handle {
            // SAFETY: as in `ref`.
            unsafe { sys::napi_unref_threadsafe_function(env, function) };
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Function> {
        self.function.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

extern "C" fn deliver(
    env: sys::napi_env,
    callback: sys::napi_value,
    context: *mut c_void,
    _data: *mut c_void,
) {
    if env.is_null() || callback.is_null() {
        return;
    }
    // SAFETY: `context` is the box given at creation; it is alive until `finalize`, which runs after every delivery.
    let context = unsafe { &*context.cast::<Context>() };
    let waker = Waker { shared: Arc::clone(&context.shared) };
    waker.shared.scheduled.store(false, Ordering::Release);
    if let Ok(Ok(values)) = catch_unwind(AssertUnwindSafe(|| (waker.shared.drain)(env, &waker))) {
        call(env, callback, &values);
    }
}

/// The most arguments of one call, since they are on the stack. A multiple of [`super::wire::event::WIDTH`].
const MAX_ARGUMENTS: usize = 1000;

/// Calls a JavaScript function with `arguments`: several times if they are many, not at all if there are none. What it
/// throws is reported as an uncaught exception.
pub(crate) fn call(env: sys::napi_env, callback: sys::napi_value, arguments: &[sys::napi_value]) {
    arguments.chunks(MAX_ARGUMENTS).for_each(|arguments| call_once(env, callback, arguments));
}

fn call_once(env: sys::napi_env, callback: sys::napi_value, arguments: &[sys::napi_value]) {
    let mut receiver = ptr::null_mut();
    let mut thrown = ptr::null_mut();
    // SAFETY: called on the JavaScript thread inside a handle scope; all values belong to `env`.
    unsafe {
        sys::napi_get_undefined(env, &raw mut receiver);
        let status = sys::napi_call_function(
            env,
            receiver,
            callback,
            arguments.len(),
            arguments.as_ptr(),
            ptr::null_mut(),
        );
        if status == sys::Status::napi_pending_exception
            && sys::napi_get_and_clear_last_exception(env, &raw mut thrown) == sys::Status::napi_ok
        {
            sys::napi_fatal_exception(env, thrown);
        }
    }
}

extern "C" fn finalize(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `data` is the box leaked in `open`; this is called once for it.
    let Context { shared, earlier } = *unsafe { Box::from_raw(data.cast::<Context>()) };
    let mut function = shared.lock();
    if function.earlier == earlier {
        function.handle = None;
    }
}
