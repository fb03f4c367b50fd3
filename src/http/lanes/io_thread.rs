//! The I/O-thread lane: hyper's connections on tokio. The JavaScript thread sends it commands.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{Notify, mpsc};

use super::connector::Connector;
use super::pooled::PooledDispatch;
use crate::http::Transport;
use crate::http::call::Call;
use crate::http::endpoint::Endpoint;
use crate::http::engine::Engine;
use crate::http::event::{Event, Sink};
use crate::http::limits::Limits;
use crate::runtime::io_thread::IoThread;

/// Calls over connections that live on the I/O thread. Dropping it drops the calls in flight.
pub struct IoThreadTransport {
    commands: mpsc::UnboundedSender<Command>,
    /// Keeps the thread running.
    _thread: Arc<IoThread>,
}

enum Command {
    Start(Box<Call>),
    Cancel(u32),
    Consumed(u32, usize),
    Upload(u32, Option<Bytes>),
}

impl IoThreadTransport {
    /// Prepares calls to `endpoint`. The first call connects.
    ///
    /// `announce` is called after events were delivered to `sink`: once for those of all sockets that are ready together.
    ///
    /// # Errors
    /// The system error when the I/O thread cannot be started.
    pub fn new<S: Sink + Clone + Send>(
        endpoint: &Endpoint,
        limits: &Limits,
        sink: S,
        announce: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let connector = Connector::new(endpoint)?;
        let limits = limits.clone();
        let thread = IoThread::acquire()?;
        let (commands, mut incoming) = mpsc::unbounded_channel();
        thread.spawn(move || async move {
            let waiting = Rc::<Waiting>::default();
            let sink = Batching { sink, waiting: Rc::clone(&waiting) };
            let engine = Engine::new(PooledDispatch::new(connector, &limits), &limits, sink);
            let commands = async {
                while let Some(command) = incoming.recv().await {
                    match command {
                        Command::Start(call) => engine.start(*call),
                        Command::Cancel(id) => engine.cancel(id),
                        Command::Consumed(id, bytes) => engine.consumed(id, bytes),
                        Command::Upload(id, chunk) => engine.upload(id, chunk),
                    }
                }
            };
            tokio::select! {
                () = commands => {}
                () = announce_all(&waiting, announce) => {}
            }
        });
        Ok(Self { commands, _thread: thread })
    }

    fn send(&self, command: Command) {
        // The receiver lives as long as its thread, which this handle keeps running.
        let _ = self.commands.send(command);
    }
}

impl Transport for IoThreadTransport {
    fn start(&self, call: Call) {
        self.send(Command::Start(Box::new(call)));
    }

    fn cancel(&self, id: u32) {
        self.send(Command::Cancel(id));
    }

    fn consumed(&self, id: u32, bytes: usize) {
        self.send(Command::Consumed(id, bytes));
    }

    fn upload(&self, id: u32, chunk: Option<Bytes>) {
        self.send(Command::Upload(id, chunk));
    }
}

/// A sink whose events are announced together.
#[derive(Clone)]
struct Batching<S> {
    sink: S,
    waiting: Rc<Waiting>,
}

/// Whether events wait to be announced.
#[derive(Default)]
struct Waiting {
    any: Cell<bool>,
    first: Notify,
}

impl<S: Sink> Sink for Batching<S> {
    fn deliver(&self, event: Event) {
        self.sink.deliver(event);
        if !self.waiting.any.replace(true) {
            self.waiting.first.notify_one();
        }
    }
}

/// Announces waiting events. Polls the sockets once more first, because each announcement wakes another thread.
async fn announce_all(waiting: &Waiting, announce: impl Fn()) {
    loop {
        waiting.first.notified().await;
        tokio::task::yield_now().await;
        waiting.any.set(false);
        announce();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    struct Count(Cell<usize>);

    impl Sink for Rc<Count> {
        fn deliver(&self, _: Event) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[tokio::test]
    async fn events_of_one_poll_are_announced_together() {
        let waiting = Rc::<Waiting>::default();
        let delivered = Rc::new(Count(Cell::new(0)));
        let sink = Batching { sink: Rc::clone(&delivered), waiting: Rc::clone(&waiting) };
        let announced = RefCell::new(Vec::new());
        let delivering = async {
            for round in 1..=2 {
                for id in 0..3 {
                    sink.deliver(Event::End { id });
                }
                while announced.borrow().len() < round {
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::select! {
            () = announce_all(&waiting, || announced.borrow_mut().push(delivered.0.get())) => unreachable!(),
            () = delivering => {}
        }
        assert_eq!(*announced.borrow(), [3, 6]);
    }
}
