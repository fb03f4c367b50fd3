//! The state that the connections of a simulator share with its owner.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::answer::Answer;
use super::channel::Channel;
use super::clock::Clock;
use super::declaration::Declaration;
use super::engine::Engine;
use super::journal::Journal;
use super::rule::Rules;

/// An event for the owner of a simulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A rule without an answer asks for one.
    Question {
        /// Number of the question, for the reply.
        question: u64,
        /// Number of the rule.
        rule: u32,
        /// The request, as JSON.
        request: String,
    },
    /// The number of open notification sockets has changed to this.
    Connections(usize),
    /// A publisher has sent all its messages.
    Published {
        /// Number of the publisher.
        publisher: u32,
    },
}

/// The state that connections and owner share.
pub(crate) struct Shared {
    pub(crate) declaration: Arc<Declaration>,
    pub(crate) channel: Arc<Channel>,
    pub(crate) clock: Clock,
    engine: Mutex<Engine>,
    journal: Mutex<Journal>,
    rules: Mutex<Rules>,
    questions: Mutex<HashMap<u64, oneshot::Sender<Asked>>>,
    last_question: AtomicU64,
    latency_us: AtomicU64,
    events: Box<dyn Fn(Event) + Send + Sync>,
}

/// The owner's reply to a question: an answer, `None` for the simulator's own, or an error message.
type Asked = Result<Option<Answer>, String>;

impl Shared {
    pub(super) fn new(
        declaration: Arc<Declaration>,
        engine: Engine,
        clock: Clock,
        latency: Duration,
        events: impl Fn(Event) + Send + Sync + 'static,
    ) -> Self {
        let shared = Self {
            journal: Mutex::new(Journal::new(declaration.secret_headers())),
            declaration,
            channel: Arc::default(),
            clock,
            engine: Mutex::new(engine),
            rules: Mutex::default(),
            questions: Mutex::default(),
            last_question: AtomicU64::new(0),
            latency_us: AtomicU64::new(0),
            events: Box::new(events),
        };
        shared.set_latency(latency);
        shared
    }

    pub(crate) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn latency(&self) -> Duration {
        Duration::from_micros(self.latency_us.load(Ordering::Relaxed))
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        let latency = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latency_us.store(latency, Ordering::Relaxed);
    }

    pub(crate) fn tell(&self, event: Event) {
        (self.events)(event);
    }

    /// Asks the owner for an answer and waits for it.
    pub(crate) async fn ask(&self, rule: u32, sequence: u64) -> Asked {
        let request = self.journal().entry(sequence).unwrap_or_default();
        let question = self.last_question.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.questions().insert(question, sender);
        self.tell(Event::Question { question, rule, request });
        answer.await.unwrap_or(Ok(None))
    }

    /// Passes on the owner's reply. Does nothing if the request has ended meanwhile.
    pub(crate) fn answer(&self, question: u64, answer: Asked) {
        if let Some(sender) = self.questions().remove(&question) {
            let _ = sender.send(answer);
        }
    }

    fn questions(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Asked>>> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
