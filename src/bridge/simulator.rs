//! The native half of a simulator.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{AsyncTask, Env, Error, Result, Status, Task, Uint8Array};
use napi_derive::napi;

use super::wakeup::Wakeup;
use crate::milliseconds::milliseconds;
use crate::simulator::{Answer, Closing, Pace, Publisher, Simulator};

/// A running simulator.
#[napi]
pub struct NativeSimulator {
    simulator: Simulator,
    publishers: HashMap<u32, Publisher>,
    last_publisher: u32,
    wakeup: Option<Wakeup>,
}

/// Waits for a simulator's end on a thread of libuv's pool.
pub struct Close {
    closing: Arc<Mutex<Closing>>,
}

impl Task for Close {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> Result<()> {
        wait(&self.closing);
        Ok(())
    }

    fn resolve(&mut self, _env: Env, (): ()) -> Result<()> {
        Ok(())
    }
}

/// A simulator that is stopping.
#[napi]
pub struct NativeClosing {
    closing: Arc<Mutex<Closing>>,
}

#[napi]
impl NativeClosing {
    /// Resolves when its thread has ended and its files are removed.
    #[must_use]
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn wait(&self) -> AsyncTask<Close> {
        AsyncTask::new(Close { closing: Arc::clone(&self.closing) })
    }

    /// Blocks until its thread has ended and its files are removed.
    #[napi(catch_unwind)]
    pub fn wait_now(&self) {
        wait(&self.closing);
    }
}

fn wait(closing: &Mutex<Closing>) {
    closing.lock().unwrap_or_else(PoisonError::into_inner).wait();
}

impl NativeSimulator {
    pub(super) fn new(simulator: Simulator, wakeup: Option<Wakeup>) -> Self {
        Self { simulator, publishers: HashMap::new(), last_publisher: 0, wakeup }
    }
}

#[napi]
impl NativeSimulator {
    /// Path of the Unix socket, if it listens on one.
    #[must_use]
    #[napi(getter, catch_unwind)]
    pub fn socket_path(&self) -> Option<String> {
        self.simulator.socket_path().map(|path| path.to_string_lossy().into_owned())
    }

    /// Path of the metadata file, if there is one.
    #[must_use]
    #[napi(getter, catch_unwind)]
    pub fn metadata_path(&self) -> Option<String> {
        self.simulator.metadata_path().map(|path| path.to_string_lossy().into_owned())
    }

    /// The TCP port, if it listens on one.
    #[must_use]
    #[napi(getter, catch_unwind)]
    pub fn port(&self) -> Option<u16> {
        self.simulator.tcp().map(|(_, port)| port)
    }

    /// The first token that it accepts.
    #[must_use]
    #[napi(getter, catch_unwind)]
    pub fn token(&self) -> String {
        self.simulator.token().to_owned()
    }

    /// The number of open notification sockets.
    #[must_use]
    #[napi(getter, catch_unwind)]
    pub fn connections(&self) -> u32 {
        u32::try_from(self.simulator.connections()).unwrap_or(u32::MAX)
    }

    /// Requests that arrived or changed since a revision, as JSON.
    #[must_use]
    #[napi(catch_unwind)]
    pub fn requests_since(&self, revision: f64) -> String {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it came from here")]
        self.simulator.requests_since(revision as u64)
    }

    /// Adds a rule for requests that `matcher` (JSON) matches. They get `answer` (JSON) with the body `bytes`; without an
    /// answer, a `QUESTION` event asks for one. `times` limits how often the rule answers. Returns the rule's number.
    ///
    /// # Errors
    /// When `matcher` can match nothing, or `answer` is invalid.
    #[napi(catch_unwind)]
    pub fn respond(
        &self,
        matcher: String,
        answer: Option<String>,
        bytes: Option<Uint8Array>,
        times: Option<u32>,
    ) -> Result<u32> {
        let answer = answer.map(|answer| parse(&answer, bytes)).transpose()?;
        self.simulator.respond(&matcher, answer, times).map_err(|cause| invalid(&cause))
    }

    /// Removes a rule.
    #[napi(catch_unwind)]
    pub fn remove(&self, rule: u32) {
        self.simulator.remove(rule);
    }

    /// How often a rule has answered; nothing for an unknown rule.
    #[must_use]
    #[napi(catch_unwind)]
    pub fn calls(&self, rule: u32) -> Option<u32> {
        self.simulator.calls(rule)
    }

    /// Answers a question. Without `answer`, the simulator gives its own.
    ///
    /// # Errors
    /// When `answer` is invalid.
    #[napi(catch_unwind)]
    pub fn answer(&self, question: u32, answer: Option<String>, bytes: Option<Uint8Array>) -> Result<()> {
        let answer = answer.map(|answer| parse(&answer, bytes)).transpose()?;
        self.simulator.answer(question.into(), Ok(answer));
        Ok(())
    }

    /// Says that a question has no answer, and why.
    #[napi(catch_unwind)]
    pub fn fail(&self, question: u32, message: String) {
        self.simulator.answer(question.into(), Err(message));
    }

    /// Sets the delay before every answer, in milliseconds.
    #[napi(catch_unwind)]
    pub fn set_latency(&self, latency_ms: f64) {
        self.simulator.set_latency(milliseconds(latency_ms, f64::INFINITY));
    }

    /// Adds a token for the entry `id`. Returns `false` when there is no such entry.
    #[must_use]
    #[napi(catch_unwind)]
    pub fn add_token(&self, token: String, id: String) -> bool {
        self.simulator.add_token(&token, &id)
    }

    /// Moves the simulator's clock forward by `by_ms` milliseconds.
    #[napi(catch_unwind)]
    pub fn advance(&self, by_ms: f64) {
        self.simulator.advance(milliseconds(by_ms, f64::INFINITY));
    }

    /// The current world, as JSON.
    #[must_use]
    #[napi(catch_unwind)]
    pub fn world(&self) -> String {
        self.simulator.world()
    }

    /// Merges a change, given as JSON, into the world.
    ///
    /// # Errors
    /// When `change` is not JSON, or the changed world cannot be served.
    #[napi(catch_unwind)]
    pub fn merge_world(&self, change: String) -> Result<()> {
        let change = serde_json::from_str(&change).map_err(|cause| invalid(&cause))?;
        self.simulator.merge_world(change).map_err(|cause| invalid(&cause))
    }

    /// Replaces the world, if it still is as it was `before`. Both are JSON. Returns whether it did so.
    ///
    /// # Errors
    /// When one is not JSON, or the new world cannot be served.
    #[napi(catch_unwind)]
    pub fn replace_world(&self, before: String, after: String) -> Result<bool> {
        let before = serde_json::from_str(&before).map_err(|cause| invalid(&cause))?;
        let after = serde_json::from_str(&after).map_err(|cause| invalid(&cause))?;
        self.simulator.replace_world(&before, after).map_err(|cause| invalid(&cause))
    }

    /// Replaces the first token that it accepts.
    ///
    /// # Errors
    /// When it is empty.
    #[napi(catch_unwind)]
    pub fn set_token(&mut self, token: String) -> Result<()> {
        self.simulator.set_token(token).map_err(|cause| invalid(&cause))
    }

    /// Allows only requests that need none but these scopes; all requests without `scopes`.
    ///
    /// # Errors
    /// When there is no such scope.
    #[napi(catch_unwind)]
    pub fn set_scopes(&self, scopes: Option<Vec<String>>) -> Result<()> {
        self.simulator.set_scopes(scopes).map_err(|cause| invalid(&cause))
    }

    /// The environment variables that the platform sets, as a JSON object.
    #[must_use]
    #[napi(catch_unwind)]
    pub fn variables(&self) -> String {
        self.simulator.variables()
    }

    /// Returns to the state it had at its start.
    #[napi(catch_unwind)]
    pub fn reset(&self) {
        self.simulator.reset();
    }

    /// Makes an endpoint of a declared protocol, given as `group.name`, answer with one of its errors; without `error`, as
    /// usual again.
    ///
    /// # Errors
    /// When there is no such endpoint or error.
    #[napi(catch_unwind)]
    pub fn fail_endpoint(&self, endpoint: String, error: Option<String>) -> Result<()> {
        self.simulator.fail(&endpoint, error.as_deref()).map_err(Error::from_reason)
    }

    /// Sends a notification, given as JSON, to all sockets.
    ///
    /// # Errors
    /// When `message` is not JSON.
    #[napi(catch_unwind)]
    pub fn publish(&self, message: String) -> Result<()> {
        self.simulator.publish(serde_json::from_str(&message).map_err(|cause| invalid(&cause))?);
        Ok(())
    }

    /// Sends a text message to all sockets as it is.
    #[napi(catch_unwind)]
    pub fn publish_text(&self, text: String) {
        self.simulator.publish_text(text);
    }

    /// Sends notifications, given as a JSON array, again and again: `per_second` of them each second (as fast as possible if
    /// absent), until `count` were sent (forever if absent). Returns the publisher's number.
    ///
    /// # Errors
    /// When `messages` is not a JSON array.
    #[napi(catch_unwind)]
    pub fn publish_every(
        &mut self,
        messages: String,
        per_second: Option<f64>,
        count: Option<f64>,
    ) -> Result<u32> {
        let messages = serde_json::from_str(&messages).map_err(|cause| invalid(&cause))?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
        let pace = Pace { per_second, count: count.map(|count| count as u64) };
        self.last_publisher += 1;
        let publisher = self.simulator.publish_every(self.last_publisher, messages, pace);
        self.publishers.insert(self.last_publisher, publisher);
        Ok(self.last_publisher)
    }

    /// How many messages a publisher has sent.
    #[must_use]
    #[napi(catch_unwind)]
    #[allow(clippy::cast_precision_loss, reason = "exact below 2 to the 53rd")]
    pub fn published(&self, publisher: u32) -> f64 {
        self.publishers.get(&publisher).map_or(0.0, |publisher| publisher.sent() as f64)
    }

    /// Stops and removes a publisher. Returns how many messages it has sent.
    #[napi(catch_unwind)]
    #[allow(clippy::cast_precision_loss, reason = "exact below 2 to the 53rd")]
    pub fn stop_publisher(&mut self, publisher: u32) -> f64 {
        self.publishers.remove(&publisher).map_or(0.0, |mut publisher| {
            publisher.stop();
            publisher.sent() as f64
        })
    }

    /// Writes bytes to all sockets as they are.
    #[napi(catch_unwind)]
    pub fn send_raw(&self, bytes: Uint8Array) {
        self.simulator.send_raw(bytes.to_vec());
    }

    /// Closes all notification sockets with a close frame.
    ///
    /// # Errors
    /// When a close frame cannot have that code or reason.
    #[napi(catch_unwind)]
    pub fn disconnect(&self, code: u16, reason: String) -> Result<()> {
        self.simulator.disconnect(code, &reason).map_err(|cause| invalid(&cause))
    }

    /// Drops all notification sockets without a close frame.
    #[napi(catch_unwind)]
    pub fn drop_sockets(&self) {
        self.simulator.drop_sockets();
    }

    /// Stops reading from and writing to the open notification sockets. With `handshakes`, new handshakes get no answer.
    #[napi(catch_unwind)]
    pub fn go_silent(&self, handshakes: bool) {
        self.simulator.go_silent(handshakes);
    }

    /// Ends the silence.
    #[napi(catch_unwind)]
    pub fn resume(&self) {
        self.simulator.resume();
    }

    /// Keeps the process alive. This is the default.
    #[napi(catch_unwind, js_name = "ref")]
    pub fn keep_alive(&self, env: Env) {
        if let Some(wakeup) = &self.wakeup {
            wakeup.r#ref(env.raw());
        }
    }

    /// Lets the process end.
    #[napi(catch_unwind)]
    pub fn unref(&self, env: Env) {
        if let Some(wakeup) = &self.wakeup {
            wakeup.unref(env.raw());
        }
    }

    /// Begins to stop. No more events come.
    #[must_use]
    #[napi(catch_unwind)]
    pub fn close(&mut self) -> NativeClosing {
        self.wakeup = None;
        self.publishers.values_mut().for_each(Publisher::stop);
        NativeClosing { closing: Arc::new(Mutex::new(self.simulator.begin_close())) }
    }
}

fn parse(answer: &str, bytes: Option<Uint8Array>) -> Result<Answer> {
    Answer::parse(answer, bytes.map(|bytes| bytes.to_vec())).map_err(|cause| invalid(&cause))
}

fn invalid(cause: &dyn std::fmt::Display) -> Error {
    Error::new(Status::InvalidArg, cause.to_string())
}
