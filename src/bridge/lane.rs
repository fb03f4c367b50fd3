//! Which lane a client runs on, and the queue of events between it and JavaScript.

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

/// Where a client's connections live, and how their events come to JavaScript.
pub(super) struct Lane {
    queue: Arc<Queue>,
    way: Way,
}

enum Way {
    /// On the JavaScript thread, driven by Node's own loop.
    EventLoop(Rc<Host>, LoopWakeup),
    /// On the I/O thread.
    IoThread(Wakeup),
}

/// What JavaScript is to hear of a client's calls.
#[derive(Default)]
struct Queue {
    events: Mutex<Vec<Event>>,
    /// Calls whose last event was not taken. On the JavaScript thread only.
    in_flight: AtomicUsize,
}

/// A batch of events as JavaScript receives it; empty when there is nothing in it.
type Batch = Result<Vec<sys::napi_value>>;

impl Lane {
    /// The event loop where the process is Node and the endpoint needs no look-up, else the I/O thread; or what
    /// the environment variable says.
    ///
    /// `make_batch` makes JavaScript values of events, the arguments of `callback`.
    ///
    /// # Errors
    ///
    /// When an environment variable has no such value, when it asks for the event loop where that cannot be had, or when
    /// the environment is closing.
    pub(super) fn new(
        env: Env,
        endpoint: &Endpoint,
        callback: sys::napi_value,
        make_batch: impl Fn(sys::napi_env, Vec<Event>) -> Batch + Send + Sync + 'static,
    ) -> Result<Self> {
        let queue = Arc::<Queue>::default();
        let waiting = Arc::clone(&queue);
        let way = if let Some(host) = choose(env, endpoint)? {
            let drain = move |env, wakeup: &LoopWakeup| make_batch(env, waiting.take(|| wakeup.release()));
            let wakeup = LoopWakeup::new(&host, callback, Box::new(drain))?;
            Way::EventLoop(host, wakeup)
        } else {
            let drain = move |env, waker: &Waker| make_batch(env, waiting.take(|| waker.release(env)));
            Way::IoThread(Wakeup::new(env.raw(), callback, "cycle:http", Box::new(drain))?)
        };
        Ok(Self { queue, way })
    }

    /// Its name, as the environment variable has it.
    pub(super) fn name(&self) -> &'static str {
        match self.way {
            Way::EventLoop(..) => "event-loop",
            Way::IoThread(_) => "io-thread",
        }
    }

    /// Prepares connections to `endpoint`.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`] when there is no thread for them.
    pub(super) fn transport(
        &self,
        endpoint: &Endpoint,
        limits: &Limits,
    ) -> std::result::Result<Box<dyn Transport>, Error> {
        let queue = Arc::clone(&self.queue);
        Ok(match &self.way {
            Way::EventLoop(host, wakeup) => {
                let outbox = LoopOutbox { queue, wakeup: wakeup.clone() };
                let event_loop = host.event_loop();
                let made = EventLoopTransport::new(event_loop, endpoint, limits, outbox);
                Box::new(made.map_err(Error::Connect)?)
            }
            Way::IoThread(wakeup) => {
                let waker = (**wakeup).clone();
                let made = IoThreadTransport::new(endpoint, limits, ThreadOutbox(queue), move || {
                    waker.wake();
                });
                Box::new(made.map_err(Error::Connect)?)
            }
        })
    }

    /// Delivers an event that comes from this side.
    pub(super) fn deliver(&self, event: Event) {
        self.queue.push(event);
        match &self.way {
            Way::EventLoop(_, wakeup) => wakeup.wake(),
            Way::IoThread(wakeup) => wakeup.wake(),
        }
    }

    /// A call begins: it keeps the process alive until its last event is delivered.
    pub(super) fn begin(&self, env: sys::napi_env) {
        if self.queue.in_flight.fetch_add(1, Ordering::Relaxed) == 0 {
            match &self.way {
                Way::EventLoop(_, wakeup) => wakeup.hold(),
                Way::IoThread(wakeup) => wakeup.hold(env),
            }
        }
    }

    /// Gives back what the environment has made for it. Nothing is delivered any more.
    pub(super) fn close(&self, env: sys::napi_env) {
        self.queue.in_flight.store(0, Ordering::Relaxed);
        self.queue.lock().clear();
        match &self.way {
            Way::EventLoop(_, wakeup) => {
                wakeup.release();
                wakeup.close();
            }
            Way::IoThread(wakeup) => {
                wakeup.release(env);
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

    /// All events. `release` is called when no call is in flight any more.
    fn take(&self, release: impl FnOnce()) -> Vec<Event> {
        let events = mem::take(&mut *self.lock());
        let ended = events.iter().filter(|event| event.is_last()).count();
        if ended > 0 && self.in_flight.fetch_sub(ended, Ordering::Relaxed) == ended {
            release();
        }
        events
    }
}

/// The host of the lane of the event loop, or `None` for the other.
fn choose(env: Env, endpoint: &Endpoint) -> Result<Option<Rc<Host>>> {
    let forced = env::var(VARIABLE).unwrap_or_default();
    match forced.as_str() {
        "" if !can_reach(endpoint) => Ok(None),
        "" => Host::of(env),
        "io-thread" => Ok(None),
        "event-loop" => match Host::of(env)? {
            Some(host) if can_reach(endpoint) => Ok(Some(host)),
            Some(_) => Err(refusal("asks for event-loop, which cannot look up host names: use an address")),
            None => Err(refusal("asks for event-loop, which needs Node: unset it")),
        },
        _ => Err(refusal("must be event-loop or io-thread")),
    }
}

fn refusal(reason: &str) -> napi::Error {
    napi::Error::from_reason(format!("{VARIABLE} {reason}"))
}

/// The lane itself wakes JavaScript.
#[derive(Clone)]
struct ThreadOutbox(Arc<Queue>);

impl Sink for ThreadOutbox {
    fn deliver(&self, event: Event) {
        self.0.push(event);
    }
}

#[derive(Clone)]
struct LoopOutbox {
    queue: Arc<Queue>,
    wakeup: LoopWakeup,
}

impl Sink for LoopOutbox {
    fn deliver(&self, event: Event) {
        self.queue.push(event);
        self.wakeup.wake();
    }
}
