//! Which lane a client runs on, and the queue of events between it and JavaScript.

use std::env;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{Env, Error, Result};
use napi::sys;

use super::libuv::{Host, LoopWakeup};
use super::wakeup::{Waker, Wakeup};
use crate::http::lanes::event_loop::{EventLoopTransport, can_reach};
use crate::http::lanes::io_thread::IoThreadTransport;
use crate::http::{Endpoint, Event, Failure, Limits, Sink, Transport};

/// The environment variable that forces a lane.
const VARIABLE: &str = "CYCLE_INTERNAL_API_LANE";

/// Where a client's connections live, and how their events come to JavaScript.
pub(super) struct Lane {
    events: Events,
    way: Way,
}

enum Way {
    /// On the JavaScript thread, driven by Node's own loop.
    EventLoop(Rc<Host>, LoopWakeup),
    /// On the I/O thread.
    IoThread(Wakeup),
}

type Events = Arc<Mutex<Vec<Event>>>;

/// A batch of events as JavaScript receives it; empty when there is nothing in it.
type Batch = Result<Vec<sys::napi_value>>;

impl Lane {
    /// The event loop where the process is Node and the endpoint needs no look-up, else the I/O thread; or what
    /// the environment variable says.
    ///
    /// `drain` makes JavaScript values of a batch of events, the arguments of `callback`. The function it is given stands for
    /// [`Lane::release`].
    ///
    /// # Errors
    ///
    /// When an environment variable has no such value, when it asks for the event loop where that cannot be had, or when
    /// the environment is closing.
    pub(super) fn new(
        env: Env,
        endpoint: &Endpoint,
        callback: sys::napi_value,
        drain: impl Fn(sys::napi_env, Vec<Event>, &dyn Fn()) -> Batch + Send + Sync + 'static,
    ) -> Result<Self> {
        let events = Events::default();
        let waiting = Arc::clone(&events);
        let drain = move |env, release: &dyn Fn()| drain(env, take(&waiting), release);
        let way = if let Some(host) = choose(env, endpoint)? {
            let drain = move |env, wakeup: &LoopWakeup| drain(env, &|| wakeup.release());
            let wakeup = LoopWakeup::new(&host, callback, Box::new(drain))?;
            Way::EventLoop(host, wakeup)
        } else {
            let drain = move |env, waker: &Waker| drain(env, &|| waker.release(env));
            Way::IoThread(Wakeup::new(env.raw(), callback, "cycle:http", Box::new(drain))?)
        };
        Ok(Self { events, way })
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
    /// [`Failure::Connect`] when there is no thread for them.
    pub(super) fn transport(
        &self,
        endpoint: &Endpoint,
        limits: &Limits,
    ) -> std::result::Result<Box<dyn Transport>, Failure> {
        let events = Arc::clone(&self.events);
        Ok(match &self.way {
            Way::EventLoop(host, wakeup) => {
                let outbox = LoopOutbox { events, wakeup: wakeup.clone() };
                let event_loop = host.event_loop();
                let made = EventLoopTransport::new(event_loop, endpoint, limits, outbox);
                Box::new(made.map_err(Failure::Connect)?)
            }
            Way::IoThread(wakeup) => {
                let waker = (**wakeup).clone();
                let made = IoThreadTransport::new(endpoint, limits, ThreadOutbox(events), move || {
                    waker.wake();
                });
                Box::new(made.map_err(Failure::Connect)?)
            }
        })
    }

    /// Delivers an event that comes from this side.
    pub(super) fn deliver(&self, event: Event) {
        push(&self.events, event);
        match &self.way {
            Way::EventLoop(_, wakeup) => wakeup.wake(),
            Way::IoThread(wakeup) => wakeup.wake(),
        }
    }

    /// Keeps the process alive until [`Lane::release`].
    pub(super) fn hold(&self, env: sys::napi_env) {
        match &self.way {
            Way::EventLoop(_, wakeup) => wakeup.hold(),
            Way::IoThread(wakeup) => wakeup.hold(env),
        }
    }

    /// Gives back what the environment has made for it. Nothing is delivered any more.
    pub(super) fn close(&self) {
        match &self.way {
            Way::EventLoop(_, wakeup) => wakeup.close(),
            Way::IoThread(wakeup) => wakeup.close(),
        }
    }

    /// Lets the process end.
    pub(super) fn release(&self, env: sys::napi_env) {
        match &self.way {
            Way::EventLoop(_, wakeup) => wakeup.release(),
            Way::IoThread(wakeup) => wakeup.release(env),
        }
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

fn refusal(reason: &str) -> Error {
    Error::from_reason(format!("{VARIABLE} {reason}"))
}

fn push(events: &Events, event: Event) {
    events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
}

fn take(events: &Events) -> Vec<Event> {
    std::mem::take(&mut events.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The lane itself wakes JavaScript.
#[derive(Clone)]
struct ThreadOutbox(Events);

impl Sink for ThreadOutbox {
    fn deliver(&self, event: Event) {
        push(&self.0, event);
    }
}

#[derive(Clone)]
struct LoopOutbox {
    events: Events,
    wakeup: LoopWakeup,
}

impl Sink for LoopOutbox {
    fn deliver(&self, event: Event) {
        push(&self.events, event);
        self.wakeup.wake();
    }
}
