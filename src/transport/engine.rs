//! The calls in flight of one client, on the thread of their lane.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{AbortHandle, Abortable, FutureExt as _};
use rustc_hash::FxHashMap;
use tokio::sync::Notify;

use super::body::{Upload, Uploader};
use super::call::{Call, Delivery, Payload};
use super::dispatch::Dispatch;
use super::event::{Event, Sink};
use super::exchange::{Credit, Streams, run};
use super::failure::Failure;

/// Runs calls on a lane and keeps what is needed to steer them.
pub struct Engine<D, S> {
    dispatch: Rc<D>,
    sink: S,
    calls: Calls,
}

type Calls = Rc<RefCell<FxHashMap<u32, InFlight>>>;

struct InFlight {
    abort: AbortHandle,
    credit: Option<Rc<Credit>>,
    uploader: Option<Uploader>,
}

impl<D: Dispatch, S: Sink + Clone> Engine<D, S> {
    /// An engine without calls.
    pub fn new(dispatch: D, sink: S) -> Self {
        Self { dispatch: Rc::new(dispatch), sink, calls: Calls::default() }
    }

    /// The lane.
    #[cfg(test)]
    pub(super) fn dispatch(&self) -> &D {
        &self.dispatch
    }

    /// Begins a call. Whatever becomes of it, one last event is delivered, unless it is cancelled.
    pub fn start(&self, call: Call) {
        let id = call.id;
        let streams_body = matches!(call.payload, Payload::Stream);
        let (uploader, upload) = if streams_body {
            let taken = Arc::new(Notify::new());
            let (uploader, upload) = Upload::new(Arc::clone(&taken));
            (Some(uploader), Some((upload, taken)))
        } else {
            (None, None)
        };
        let credit = (call.delivery == Delivery::Stream).then(Rc::default);
        let (abort, registration) = AbortHandle::new_pair();
        self.calls.borrow_mut().insert(id, InFlight { abort, credit: credit.clone(), uploader });

        let unsettled = Unsettled { id, calls: Rc::clone(&self.calls), sink: self.sink.clone() };
        let dispatch = Rc::clone(&self.dispatch);
        let task = async move {
            run(&*dispatch, call, Streams { credit, upload }, &unsettled).await;
        };
        self.dispatch.spawn(Box::pin(Abortable::new(task, registration).map(drop)));
    }

    /// Drops a call with its connection; its events end.
    pub fn cancel(&self, id: u32) {
        // Not in the same statement: dropping may run other code.
        let call = self.calls.borrow_mut().remove(&id);
        if let Some(call) = call {
            call.abort.abort();
        }
    }

    /// The reader of a streamed response took some bytes.
    pub fn consumed(&self, id: u32, bytes: usize) {
        let credit = self.calls.borrow().get(&id).and_then(|call| call.credit.clone());
        if let Some(credit) = credit {
            credit.consumed(bytes);
        }
    }

    /// The next piece of a streamed request body, or its end.
    pub fn upload(&self, id: u32, chunk: Option<Bytes>) {
        if let Some(InFlight { uploader: Some(uploader), .. }) = self.calls.borrow_mut().get_mut(&id) {
            uploader.send(chunk);
        }
    }
}

impl<D, S> Drop for Engine<D, S> {
    fn drop(&mut self) {
        for call in self.calls.take().into_values() {
            call.abort.abort();
        }
    }
}

/// Sees to it that a call that was not cancelled has a last event, even when its task panics.
struct Unsettled<S: Sink> {
    id: u32,
    calls: Calls,
    sink: S,
}

impl<S: Sink> Sink for Unsettled<S> {
    fn deliver(&self, event: Event) {
        if event.is_last() && self.calls.borrow_mut().remove(&self.id).is_none() {
            return;
        }
        self.sink.deliver(event);
    }
}

impl<S: Sink> Drop for Unsettled<S> {
    fn drop(&mut self) {
        if self.calls.borrow_mut().remove(&self.id).is_some() {
            let failure = Failure::Internal("the task of this call ended early".into());
            self.sink.deliver(Event::Failed { id: self.id, failure });
        }
    }
}
