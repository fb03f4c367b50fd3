//! Chooses the lane of a client, and keeps the queue of events from it to JavaScript.

use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{env, mem};

use napi::bindgen_prelude::{Env, Result};
use napi::sys;

use super::libuv::{Host, LoopWakeup};
use super::wakeup::{Waker, Wakeup};
use crate::http::lanes::event_loop::{EventLoopTransport, can_reach};
use crate::http::lanes::io_thread::IoThreadTransport;
use crate::http::{Endpoint, Error, Event, Limits, Sink, Transport};

/// The environment variable that forces a lane.
const VARIABLE: &str = "CYCLE_INTERNAL_API_LANE";

/// The lane of a client, and the wake-up that delivers its events to JavaScript.
pub(super) struct Lane {
    queue: Arc<Queue>,
    backend: Backend,
}

/// Where the connections live, and what wakes JavaScript.
enum Backend {
    /// Connections on the JavaScript thread, driven by Node's event loop.
    EventLoop(Rc<Host>, LoopWakeup),
    /// Connections on the I/O thread.
    IoThread(Wakeup),
}

/// Events of a client's calls that JavaScript did not get yet.
#[derive(Default)]
struct Queue {
    events: Mutex<Vec<Event>>,
    /// Calls whose last event was not taken. Used on the JavaScript thread only.
    in_flight: AtomicUsize,
}

/// The arguments of a JavaScript call that delivers a batch of events; empty for no call.
type Batch = Result<Vec<sys::napi_value>>;

impl Lane {
    /// Uses the event loop in Node for endpoints without a host name to look up, else the I/O thread. The environment
    /// variable `CYCLE_INTERNAL_API_LANE` overrides this.
    ///
    /// `callback` is called with the arguments that `make_batch` makes of events.
    ///
    /// # Errors
    ///
    /// When the environment variable has an unknown value or asks for the event loop where it cannot be used, or when the
    /// environment is closing.
    pub(super) fn new(
        env: Env,
        endpoint: &Endpoint,
        callback: sys::napi_value,
        make_batch: impl Fn(sys::napi_env, Vec<Event>) -> Batch + Send + Sync + 'static,
    ) -> Result<Self> {
        let queue = Arc::<Queue>::default();
        let waiting = Arc::clone(&queue);
        let backend = if let Some(host) = choose(env, endpoint)? {
            let drain = move |env, wakeup: &LoopWakeup| make_batch(env, waiting.take(|| wakeup.unref()));
            let wakeup = LoopWakeup::new(&host, callback, Box::new(drain))?;
            Backend::EventLoop(host, wakeup)
        } else {
            let drain = move |env, waker: &Waker| make_batch(env, waiting.take(|| waker.unref(env)));
            Backend::IoThread(Wakeup::new(env.raw(), callback, "cycle:http", Box::new(drain))?)
        };
        Ok(Self { queue, backend })
    }

    /// The name of the lane, as in the environment variable.
    pub(super) fn name(&self) -> &'static str {
        match self.backend {
            Backend::EventLoop(..) => "event-loop",
            Backend::IoThread(_) => "io-thread",
        }
    }

    /// Prepares connections to `endpoint`.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`] when the I/O thread cannot be started.
    pub(super) fn transport(
        &self,
        endpoint: &Endpoint,
        limits: &Limits,
    ) -> std::result::Result<Box<dyn Transport>, Error> {
        let queue = Arc::clone(&self.queue);
        Ok(match &self.backend {
            Backend::EventLoop(host, wakeup) => {
                let sink = LoopSink { queue, wakeup: wakeup.clone() };
                let event_loop = host.event_loop();
                let made = EventLoopTransport::new(event_loop, endpoint, limits, sink);
                Box::new(made.map_err(Error::Connect)?)
            }
            Backend::IoThread(wakeup) => {
                let waker = (**wakeup).clone();
                let made = IoThreadTransport::new(endpoint, limits, ThreadSink(queue), move || {
                    waker.wake();
                });
                Box::new(made.map_err(Error::Connect)?)
            }
        })
    }

    /// Queues an event and wakes JavaScript.
    pub(super) fn deliver(&self, event: Event) {
        self.queue.push(event);
        match &self.backend {
            Backend::EventLoop(_, wakeup) => wakeup.wake(),
            Backend::IoThread(wakeup) => wakeup.wake(),
        }
    }

    /// Counts a call that begins. The process is kept alive until its last event is delivered.
    pub(super) fn begin(&self, env: sys::napi_env) {
        if self.queue.in_flight.fetch_add(1, Ordering::Relaxed) == 0 {
            match &self.backend {
                Backend::EventLoop(_, wakeup) => wakeup.r#ref(),
                Backend::IoThread(wakeup) => wakeup.r#ref(env),
            }
        }
    }

    /// Releases what it has in the environment. Nothing is delivered any more.
    pub(super) fn close(&self, env: sys::napi_env) {
        self.queue.in_flight.store(0, Ordering::Relaxed);
        self.queue.lock().clear();
        match &self.backend {
            Backend::EventLoop(_, wakeup) => {
                wakeup.unref();
                wakeup.close();
            }
            Backend::IoThread(wakeup) => {
                wakeup.unref(env);
                wakeup.close();
            }
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, event: Event) {
        self.lock().push(event);
    }

    /// Takes all events. Calls `unref` when no call is in flight any more.
    fn take(&self, unref: impl FnOnce()) -> Vec<Event> {
        let events = mem::take(&mut *self.lock());
        let ended = events.iter().filter(|event| event.is_last()).count();
        if ended > 0 && self.in_flight.fetch_sub(ended, Ordering::Relaxed) == ended {
            unref();
        }
        events
    }
}

/// The host for the event-loop lane, or `None` for the I/O-thread lane.
fn choose(env: Env, endpoint: &Endpoint) -> Result<Option<Rc<Host>>> {
    let forced = env::var(VARIABLE).unwrap_or_default();
    match forced.as_str() {
        "" if !can_reach(endpoint) => Ok(None),
        "" => Host::of(env),
        "io-thread" => Ok(None),
        "event-loop" => match Host::of(env)? {
            Some(host) if can_reach(endpoint) => Ok(Some(host)),
            Some(_) => Err(invalid("asks for event-loop, which cannot look up host names: use an address")),
            None => Err(invalid("asks for event-loop, which needs Node: unset it")),
        },
        _ => Err(invalid("must be event-loop or io-thread")),
    }
}

fn invalid(reason: &str) -> napi::Error {
    napi::Error::from_reason(format!("{VARIABLE} {reason}"))
}

/// Queues events of the I/O thread, which wakes JavaScript itself once for several.
#[derive(Clone)]
struct ThreadSink(Arc<Queue>);

impl Sink for ThreadSink {
    fn deliver(&self, event: Event) {
        self.0.push(event);
    }
}

/// Queues events of the event loop and wakes JavaScript.
#[derive(Clone)]
struct LoopSink {
    queue: Arc<Queue>,
    wakeup: LoopWakeup,
}

impl Sink for LoopSink {
    fn deliver(&self, event: Event) {
        self.queue.push(event);
        self.wakeup.wake();
    }
}
