//! What the owner of a running simulator can do with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::task::AbortHandle;

use super::answer::Answer;
use super::channel::Command;
use super::error::Error;
use super::publisher::{self, Pace};
use super::rule::{Matcher, Response};
use super::server::Simulator;
use super::shared::Event;

/// Messages that are being sent at a rate. It goes on when this is dropped.
#[derive(Debug)]
pub struct Publisher {
    sent: Arc<AtomicU64>,
    /// Given up when it is stopped, because it holds on to the runtime.
    task: Option<AbortHandle>,
}

impl Publisher {
    /// How many messages were sent.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Sends no more. No event follows.
    pub fn stop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl Simulator {
    /// What changed in the journal since a revision, as JSON with `revision`, `first` (sequence number) and `entries`.
    #[must_use]
    pub fn requests_since(&self, revision: u64) -> String {
        self.shared.journal().since(revision)
    }

    /// Answers requests that match (`GET /path`, `/path` or an operation's name) with this answer; with `None` the
    /// owner is asked by [`Event::Question`]. It holds for so many `times`, or always. Gives the rule's number.
    ///
    /// # Errors
    /// When no request can match.
    pub fn respond(&self, matcher: &str, answer: Option<Answer>, times: Option<u32>) -> Result<u32, Error> {
        let matcher = Matcher::parse(matcher, &self.shared.declaration.operations)?;
        let response = answer.map_or(Response::Asked, |answer| Response::Fixed(Box::new(answer)));
        Ok(self.shared.rules().add(matcher, response, times))
    }

    /// Takes a rule away.
    pub fn remove(&self, rule: u32) {
        self.shared.rules().remove(rule);
    }

    /// How often a rule has answered.
    #[must_use]
    pub fn calls(&self, rule: u32) -> Option<u32> {
        self.shared.rules().calls(rule)
    }

    /// Answers a question: with an answer, with `None` for the simulator's own, or with why there is none.
    pub fn answer(&self, question: u64, answer: Result<Option<Answer>, String>) {
        self.shared.answer(question, answer);
    }

    /// Waited before every answer from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.set_latency(latency);
    }

    /// Registers a token of the entry with this `id`; `false` when there is none.
    #[must_use]
    pub fn add_token(&self, token: &str, id: &str) -> bool {
        self.shared.engine().add_token(token, id)
    }

    /// Moves the simulator's clock forward.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// The world as it is now, as JSON.
    #[must_use]
    pub fn world(&self) -> String {
        self.shared.engine().world().to_string()
    }

    /// Puts the world back, and forgets requests, rules, stored values and elections. Connections and tokens stay.
    pub fn reset(&self) {
        self.shared.engine().reset();
        self.shared.rules().clear();
        self.shared.journal().clear();
    }

    /// Makes the endpoint `group.name` of a declared protocol answer with one of its errors; with `None`, as
    /// usual again.
    ///
    /// # Errors
    /// The fault in words, when there is no such endpoint or error.
    pub fn fail(&self, endpoint: &str, error: Option<&str>) -> Result<(), String> {
        self.shared.engine().fail(endpoint, error)
    }

    /// Sends a notification to all sockets, with what every one has added to it.
    pub fn publish(&self, message: Value) {
        let message = self.shared.engine().message(message);
        self.shared.channel.publish(message.to_string());
    }

    /// Sends a text message to all sockets as it is.
    pub fn publish_text(&self, text: String) {
        self.shared.channel.publish(text);
    }

    /// Sends notifications at a rate, over and over in order; [`Event::Published`] with this number follows the last.
    /// Nothing is sent when the simulator is closed.
    #[must_use]
    pub fn publish_every(&self, number: u32, messages: Vec<Value>, pace: Pace) -> Publisher {
        let messages = {
            let engine = self.shared.engine();
            let text = |message| match message {
                Value::String(text) => text,
                other => engine.message(other).to_string(),
            };
            messages.into_iter().map(|message| text(message).into()).collect()
        };
        let sent = Arc::new(AtomicU64::new(0));
        let (shared, counter) = (Arc::clone(&self.shared), Arc::clone(&sent));
        let task = self.runtime.as_ref().map(|runtime| {
            runtime.spawn(async move {
                publisher::publish(Arc::clone(&shared.channel), messages, pace, counter).await;
                shared.tell(Event::Published { publisher: number });
            })
        });
        Publisher { sent, task: task.map(|task| task.abort_handle()) }
    }

    /// Writes bytes to all sockets as they are.
    pub fn send_raw(&self, bytes: Vec<u8>) {
        self.shared.channel.tell(&Command::Raw(bytes.into()));
    }

    /// Closes all sockets with a code and a reason, after what was sent before.
    ///
    /// # Errors
    /// When a close frame can't have that code or reason.
    pub fn disconnect(&self, code: u16, reason: &str) -> Result<(), Error> {
        self.shared.channel.close(code, reason)
    }

    /// Drops all sockets without closing them, after what was sent before.
    pub fn drop_sockets(&self) {
        self.shared.channel.tell(&Command::Drop);
    }

    /// Has the open sockets neither read nor write, and new handshakes go unanswered if asked to.
    pub fn go_silent(&self, handshakes: bool) {
        self.shared.channel.silence(handshakes);
    }

    /// Ends the silence. What was sent meanwhile goes out now.
    pub fn resume(&self) {
        self.shared.channel.resume();
    }

    /// How many notification sockets are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.channel.len()
    }
}
