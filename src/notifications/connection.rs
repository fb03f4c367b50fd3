//! An open connection: reading it in bursts, and ending it.

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::close_code;
use super::fault::Fault;
use super::frames::{Broken, Frames, Message};
use super::handshake::Connection;
use super::liveness::{Liveness, Verdict};
use super::options::Options;
use super::queue::{Batch, Event, Outbox};
use crate::json::tape::Recorder;

/// So many messages are looked at before others on the I/O thread have their turn.
const BURST: usize = 2048;
/// So long the answer to a close frame is waited for.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// What one step of reading led to.
pub(super) enum Step {
    /// Nothing that ends the connection.
    Continue,
    /// The server closes, with code and reason if it gave any.
    Close(Option<(u16, String)>),
    /// The connection has to be closed with this code.
    Fail { fault: Fault, code: u16 },
    /// The connection is gone.
    Lost(Fault),
}

/// How a connection ends.
pub(super) enum End {
    /// The user closed.
    Asked,
    /// The server did.
    Server(Option<(u16, String)>),
    /// Something was wrong; the code says what.
    Failed(u16),
}

impl End {
    /// How long ending may take.
    pub(super) fn patience(&self) -> Duration {
        match self {
            // A server that was silent for so long is not waited for.
            Self::Failed(close_code::UNEXPECTED) => Duration::ZERO,
            _ => CLOSE_PATIENCE,
        }
    }
}

/// Reads an open connection into an outbox.
pub(super) struct Reader<'a> {
    frames: &'a mut Frames<Connection>,
    options: &'a Options,
    outbox: &'a Outbox,
    recorder: &'a Mutex<Recorder>,
    batch: Batch,
    liveness: Option<Liveness>,
    /// The socket has no more for now.
    drained: bool,
}

enum Cause {
    Readable(io::Result<()>),
    Writable(io::Result<()>),
    Room,
    Silence,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        frames: &'a mut Frames<Connection>,
        options: &'a Options,
        outbox: &'a Outbox,
        recorder: &'a Mutex<Recorder>,
    ) -> Self {
        let liveness = options.idle_timeout.map(|timeout| Liveness::new(timeout, Instant::now()));
        // Messages that came with the handshake wait in `frames`.
        Self { frames, options, outbox, recorder, batch: Batch::default(), liveness, drained: false }
    }

    /// Reads one burst, or waits until there is one to read. May be dropped while it waits: nothing is lost.
    pub(super) async fn step(&mut self) -> Step {
        let paused = !self.outbox.has_room();
        if !self.drained && !paused {
            // Gives commands and other connections their turn before each burst of a flood.
            tokio::task::yield_now().await;
            return self.burst();
        }
        match self.wait(paused).await {
            Cause::Readable(Ok(())) => {
                self.drained = false;
                self.heard();
                self.burst()
            }
            Cause::Writable(Ok(())) => self.flushed(),
            Cause::Readable(Err(error)) | Cause::Writable(Err(error)) => self.lost(error),
            Cause::Room => {
                self.heard();
                Step::Continue
            }
            Cause::Silence => self.silence(),
        }
    }

    async fn wait(&self, paused: bool) -> Cause {
        let stream = &self.frames.get_ref().0;
        let silence = self.liveness.as_ref().filter(|_| !paused).map(Liveness::deadline);
        tokio::select! {
            ready = stream.readable(), if !paused => Cause::Readable(ready),
            ready = stream.writable(), if self.frames.wants_write() => Cause::Writable(ready),
            () = self.outbox.room(), if paused => Cause::Room,
            () = sleep_until(silence.unwrap_or_else(Instant::now)), if silence.is_some() => Cause::Silence,
        }
    }

    fn heard(&mut self) {
        if let Some(liveness) = &mut self.liveness {
            liveness.heard(Instant::now());
        }
    }

    fn burst(&mut self) -> Step {
        let result = self.read();
        self.outbox.put_messages(&mut self.batch);
        match result {
            Ok(step) => step,
            Err(Broken::Io(error)) => self.lost(error),
            Err(Broken::Violation(violation)) => {
                let code = violation.close_code();
                Step::Fail { fault: Fault::Protocol { path: self.options.path(), violation }, code }
            }
            Err(Broken::TooLarge) => {
                let fault = Fault::MessageTooLarge {
                    path: self.options.path(),
                    limit: self.options.max_message_bytes,
                };
                Step::Fail { fault, code: close_code::TOO_LARGE }
            }
        }
    }

    /// Reads until the socket has no more, the batch is full, or the burst is long enough.
    fn read(&mut self) -> Result<Step, Broken> {
        // After a panic it may be wrong about the messages it has seen.
        let mut recorder = self.outbox.wants_tapes().then(|| self.recorder.lock().ok()).flatten();
        for _ in 0..BURST {
            match self.frames.read_message()? {
                None => {
                    self.drained = true;
                    return Ok(Step::Continue);
                }
                Some(Message::Text(message)) => {
                    if self.options.topics.as_ref().is_none_or(|topics| topics.wants(message)) {
                        self.batch.push(message, recorder.as_deref_mut());
                        if self.batch.is_full() {
                            break;
                        }
                    }
                }
                Some(Message::Binary) => {
                    self.outbox.put_messages(&mut self.batch);
                    self.outbox.put(Event::Fault(Fault::Binary));
                    if !self.outbox.has_room() {
                        break;
                    }
                }
                Some(Message::Ping | Message::Pong) => {}
                Some(Message::Close(content)) => return Ok(Step::Close(content)),
            }
        }
        self.heard();
        Ok(Step::Continue)
    }

    fn flushed(&mut self) -> Step {
        match self.frames.flush() {
            Ok(()) => Step::Continue,
            Err(error) => self.lost(error),
        }
    }

    fn silence(&mut self) -> Step {
        let Some(liveness) = &mut self.liveness else { return Step::Continue };
        match liveness.check(Instant::now()) {
            None => Step::Continue,
            Some(Verdict::Ping) => match self.frames.ping() {
                Ok(()) => Step::Continue,
                Err(error) => self.lost(error),
            },
            Some(Verdict::Dead) => {
                let ms = self.options.idle_timeout.unwrap_or_default().as_millis();
                let fault = Fault::IdleTimeout { path: self.options.path(), ms, during: "" };
                Step::Fail { fault, code: close_code::UNEXPECTED }
            }
        }
    }

    fn lost(&self, source: io::Error) -> Step {
        Step::Lost(Fault::Lost { path: self.options.path(), source })
    }

    /// Tells the server that nobody is here any more, if that can be done without waiting.
    pub(super) fn abandon(&mut self) {
        let _ = self.frames.close(Some(close_code::GOING_AWAY), "");
    }
}

/// Sends the close frame that `end` asks for, and returns the code and reason to report once the connection is over.
pub(super) async fn goodbye(mut frames: Frames<Connection>, end: &End) -> (u16, String) {
    let abnormal = (close_code::ABNORMAL, String::new());
    let sent = match end {
        End::Asked => frames.close(Some(close_code::NORMAL), ""),
        End::Server(content) => frames.close(content.as_ref().map(|(code, _)| *code), ""),
        End::Failed(code) => frames.close(Some(*code), ""),
    };
    if sent.is_err() || flush(&mut frames).await.is_err() {
        return match end {
            End::Server(content) => received(content.as_ref()),
            _ => abnormal,
        };
    }
    match end {
        End::Server(content) => received(content.as_ref()),
        End::Asked => answer(&mut frames).await.unwrap_or(abnormal),
        End::Failed(_) => {
            // With data unread, closing would reset the connection and the close frame might not be seen.
            discard(&frames.get_ref().0).await;
            abnormal
        }
    }
}

fn received(content: Option<&(u16, String)>) -> (u16, String) {
    content.cloned().unwrap_or((close_code::NO_STATUS, String::new()))
}

async fn flush(frames: &mut Frames<Connection>) -> io::Result<()> {
    while frames.wants_write() {
        frames.get_ref().0.writable().await?;
        frames.flush()?;
    }
    Ok(())
}

/// Waits for the close frame of the server; what comes before it is not wanted any more.
async fn answer(frames: &mut Frames<Connection>) -> Option<(u16, String)> {
    loop {
        for _ in 0..BURST {
            match frames.read_message().ok()? {
                Some(Message::Close(content)) => {
                    return Some(content.unwrap_or((close_code::NORMAL, String::new())));
                }
                Some(_) => {}
                None => {
                    frames.get_ref().0.readable().await.ok()?;
                    break;
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Reads and forgets until the connection ends.
async fn discard(stream: &tokio::net::UnixStream) {
    let mut scratch = vec![0; 64 * 1024];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut scratch) {
            Ok(0) => return,
            Ok(_) => tokio::task::yield_now().await,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
