//! Runs the calls of one client on the thread of its lane.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use bytes::Bytes;
use futures_util::future::{AbortHandle, Abortable, FutureExt as _};
use rustc_hash::FxHashMap;
use tokio::sync::Notify;

use super::body::{Upload, Uploader};
use super::call::{Call, Delivery, Payload};
use super::dispatch::Dispatch;
use super::error::Error;
use super::event::{Event, Sink};
use super::exchange::{Credit, Streams, run};
use super::limits::Limits;
use super::progress::{Progress, SilenceLimits};

/// Runs calls on a lane, and keeps the state of those in flight.
pub struct Engine<D, S> {
    dispatch: Rc<D>,
    sink: S,
    calls: Calls,
    silence_limits: Option<SilenceLimits>,
    /// The task that ends calls of a silent server. It runs while there are calls.
    watch: RefCell<AbortHandle>,
}

type Calls = Rc<RefCell<FxHashMap<u32, InFlight>>>;

struct InFlight {
    progress: Rc<Progress>,
    credit: Option<Rc<Credit>>,
    upload: Option<(Uploader, Upload)>,
}

impl InFlight {
    /// Whether the server waits for us to read or to send more.
    fn keeps_server_waiting(&self) -> bool {
        self.credit.as_ref().is_some_and(|credit| credit.is_spent())
            || self.upload.as_ref().is_some_and(|(_, upload)| upload.is_starved())
    }
}

impl<D: Dispatch, S: Sink + Clone> Engine<D, S> {
    /// Makes an engine without calls. Their events go to `sink`.
    pub fn new(dispatch: D, limits: &Limits, sink: S) -> Self {
        let (watch, _) = AbortHandle::new_pair();
        watch.abort();
        Self {
            dispatch: Rc::new(dispatch),
            sink,
            calls: Calls::default(),
            silence_limits: SilenceLimits::new(limits),
            watch: RefCell::new(watch),
        }
    }

    /// The lane.
    #[cfg(test)]
    pub(super) fn dispatch(&self) -> &D {
        &self.dispatch
    }

    /// Begins a call. Exactly one last event is delivered for it, whatever happens.
    pub fn start(&self, call: Call) {
        let id = call.id;
        let streams_body = matches!(call.payload, Payload::Stream);
        let (ours, theirs) = if streams_body {
            let taken = Rc::new(Notify::new());
            let (uploader, upload) = Upload::new(Rc::clone(&taken));
            (Some((uploader, upload.clone())), Some((upload, taken)))
        } else {
            (None, None)
        };
        let credit = (call.delivery == Delivery::Stream).then(Rc::default);
        let progress = Rc::<Progress>::default();
        let in_flight = InFlight { progress: Rc::clone(&progress), credit: credit.clone(), upload: ours };
        self.calls.borrow_mut().insert(id, in_flight);

        let guard = LastEventGuard { id, calls: Rc::clone(&self.calls), sink: self.sink.clone() };
        let dispatch = Rc::clone(&self.dispatch);
        self.dispatch.spawn(Box::pin(async move {
            let streams = Streams { credit, upload: theirs };
            let mut call = pin!(run(&*dispatch, call, streams, &progress, &guard));
            poll_fn(|cx| if progress.is_ended(cx) { Poll::Ready(()) } else { call.as_mut().poll(cx) }).await;
        }));
        if self.watch.borrow().is_aborted() {
            self.watch_over_calls();
        }
    }

    /// Starts the task that ends calls whose server is silent for too long.
    fn watch_over_calls(&self) {
        let Some(silence_limits) = self.silence_limits else { return };
        let (watch, registration) = AbortHandle::new_pair();
        self.watch.replace(watch.clone());
        let (dispatch, calls, sink) = (Rc::clone(&self.dispatch), Rc::clone(&self.calls), self.sink.clone());
        let task = async move {
            while !calls.borrow().is_empty() {
                dispatch.sleep(silence_limits.every).await;
                let silent: Vec<_> = {
                    let calls = calls.borrow();
                    let step = |(&id, call): (&u32, &InFlight)| {
                        let error = call.progress.step(call.keeps_server_waiting(), &silence_limits)?;
                        Some((id, error))
                    };
                    calls.iter().filter_map(step).collect()
                };
                for (id, error) in silent {
                    if end(&calls, id) {
                        sink.deliver(Event::Failed { id, error });
                    }
                }
            }
            watch.abort();
        };
        self.dispatch.spawn(Box::pin(Abortable::new(task, registration).map(drop)));
    }

    /// Drops a call with its connection, unless its last event was delivered.
    pub fn cancel(&self, id: u32) {
        if end(&self.calls, id) {
            self.sink.deliver(Event::Cancelled { id });
        }
    }

    /// Says that the reader of a streamed response took `bytes` bytes.
    pub fn consumed(&self, id: u32, bytes: usize) {
        let credit = self.calls.borrow().get(&id).and_then(|call| call.credit.clone());
        if let Some(credit) = credit {
            credit.consumed(bytes);
        }
    }

    /// Sends the next piece of a streamed request body. `None` ends it.
    pub fn upload(&self, id: u32, chunk: Option<Bytes>) {
        if let Some(InFlight { upload: Some((uploader, _)), .. }) = self.calls.borrow_mut().get_mut(&id) {
            uploader.send(chunk);
        }
    }
}

/// Drops a call with its connection. Returns `false` if its last event was delivered before.
fn end(calls: &Calls, id: u32) -> bool {
    // A statement of its own, so that the borrow ends before other code runs.
    let call = calls.borrow_mut().remove(&id);
    if let Some(call) = &call {
        call.progress.end();
    }
    call.is_some()
}

impl<D, S> Drop for Engine<D, S> {
    fn drop(&mut self) {
        self.watch.get_mut().abort();
        for call in self.calls.take().into_values() {
            call.progress.end();
        }
    }
}

/// Ensures that a call has exactly one last event, even when its task panics.
struct LastEventGuard<S: Sink> {
    id: u32,
    calls: Calls,
    sink: S,
}

impl<S: Sink> Sink for LastEventGuard<S> {
    fn deliver(&self, event: Event) {
        if event.is_last() && self.calls.borrow_mut().remove(&self.id).is_none() {
            return;
        }
        self.sink.deliver(event);
    }
}

impl<S: Sink> Drop for LastEventGuard<S> {
    fn drop(&mut self) {
        if self.calls.borrow_mut().remove(&self.id).is_some() {
            let error = Error::Internal("the task of this call ended early".into());
            self.sink.deliver(Event::Failed { id: self.id, error });
        }
    }
}
