//! The control API of a running simulator.

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
use crate::protocol::value::merge;

/// Sends messages at a rate. Dropping this does not stop it.
#[derive(Debug)]
pub struct Publisher {
    sent: Arc<AtomicU64>,
    /// Dropped when stopped, because it keeps the runtime alive.
    task: Option<AbortHandle>,
}

impl Publisher {
    /// How many messages were sent.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Stops sending. [`Event::Published`] does not follow.
    pub fn stop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl Simulator {
    /// The changes of the journal since a revision (0 for all), as JSON: `revision`, the current one; `first`, the
    /// sequence number of the oldest entry; and `entries`, the changed ones.
    #[must_use]
    pub fn requests_since(&self, revision: u64) -> String {
        self.shared.journal().since(revision)
    }

    /// Adds a rule: requests that match get this answer. `matcher` is `GET /path`, `/path` or the name of an operation.
    /// With `None` as the answer, [`Event::Question`] asks for one each time. The rule answers `times` requests, or all
    /// with `None`. Returns the rule's number.
    ///
    /// # Errors
    /// When no request can match.
    pub fn respond(&self, matcher: &str, answer: Option<Answer>, times: Option<u32>) -> Result<u32, Error> {
        let matcher = Matcher::parse(matcher, &self.shared.declaration.operations)?;
        let response = answer.map_or(Response::Asked, |answer| Response::Fixed(Box::new(answer)));
        Ok(self.shared.rules().add(matcher, response, times))
    }

    /// Removes a rule.
    pub fn remove(&self, rule: u32) {
        self.shared.rules().remove(rule);
    }

    /// How often a rule has answered; `None` when there is no such rule.
    #[must_use]
    pub fn calls(&self, rule: u32) -> Option<u32> {
        self.shared.rules().calls(rule)
    }

    /// Replies to [`Event::Question`]: with an answer, with `None` for the simulator's own, or with an error message.
    pub fn answer(&self, question: u64, answer: Result<Option<Answer>, String>) {
        self.shared.answer(question, answer);
    }

    /// Delays every answer from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.set_latency(latency);
    }

    /// Registers a token that belongs to the entry with this `id`. Returns `false` when there is no such entry.
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

    /// Merges a change into the world, as [`Options::world`](super::Options) is merged at the start.
    ///
    /// # Errors
    /// When the changed world cannot be served. It stays as it was.
    pub fn merge_world(&self, change: Value) -> Result<(), Error> {
        self.shared.engine().change_world(|world| merge(world, change))
    }

    /// Replaces the world, if it still is as it was `before`; else it returns `false`, and nothing has changed.
    ///
    /// # Errors
    /// When the new world cannot be served.
    pub fn replace_world(&self, before: &Value, after: Value) -> Result<bool, Error> {
        let mut engine = self.shared.engine();
        if engine.world() != before {
            return Ok(false);
        }
        engine.change_world(|world| *world = after)?;
        Ok(true)
    }

    /// Replaces the token that it accepts. Requests with the one before are refused from now on; those with other tokens
    /// that were added are not.
    ///
    /// # Errors
    /// When the token is empty.
    pub fn set_token(&mut self, token: String) -> Result<(), Error> {
        if token.is_empty() {
            return Err(Error::NoToken);
        }
        self.shared.engine().set_token(token.clone());
        self.token = token;
        Ok(())
    }

    /// Allows only requests that need none but these scopes; everything with `None`. Open sockets stay open.
    ///
    /// # Errors
    /// When there is no such scope.
    pub fn set_scopes(&self, scopes: Option<Vec<String>>) -> Result<(), Error> {
        self.shared.engine().set_scopes(scopes)
    }

    /// The environment variables that the platform sets for the instance that the first token belongs to, as a JSON
    /// object.
    #[must_use]
    pub fn variables(&self) -> String {
        serde_json::json!(self.shared.engine().variables()).to_string()
    }

    /// Restores the world to its start, and deletes requests, rules, stored values and elections. Connections and
    /// tokens stay.
    pub fn reset(&self) {
        self.shared.engine().reset();
        self.shared.rules().clear();
        self.shared.journal().clear();
    }

    /// Makes the endpoint `group.name` of a declared protocol answer with one of its errors; with `None`, as usual
    /// again.
    ///
    /// # Errors
    /// A message, when there is no such endpoint or error.
    pub fn fail(&self, endpoint: &str, error: Option<&str>) -> Result<(), String> {
        self.shared.engine().fail(endpoint, error)
    }

    /// Sends a notification to all sockets. The declared fields of every message are added to it.
    pub fn publish(&self, message: Value) {
        let message = self.shared.engine().message(message);
        self.shared.channel.publish(message.to_string());
    }

    /// Sends a text message to all sockets, unchanged.
    pub fn publish_text(&self, text: String) {
        self.shared.channel.publish(text);
    }

    /// Sends notifications at a rate, in order and again from the first. After the last, [`Event::Published`] is
    /// emitted with `number`. Does nothing when the simulator is closed.
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

    /// Writes bytes to all sockets, unchanged: frames that the simulator would not send.
    pub fn send_raw(&self, bytes: Vec<u8>) {
        self.shared.channel.tell(&Command::Raw(bytes.into()));
    }

    /// Closes all sockets with a code and a reason, once earlier messages are sent.
    ///
    /// # Errors
    /// When a close frame cannot have that code or reason.
    pub fn disconnect(&self, code: u16, reason: &str) -> Result<(), Error> {
        self.shared.channel.close(code, reason)
    }

    /// Drops all connections without a close frame, once earlier messages are sent.
    pub fn drop_sockets(&self) {
        self.shared.channel.tell(&Command::Drop);
    }

    /// Makes open sockets neither read nor write. With `handshakes`, new handshakes are not answered either.
    pub fn go_silent(&self, handshakes: bool) {
        self.shared.channel.silence(handshakes);
    }

    /// Ends the silence, and sends the messages that were published meanwhile.
    pub fn resume(&self) {
        self.shared.channel.resume();
    }

    /// How many notification sockets are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.channel.len()
    }
}
