//! Reads an open connection in bursts, and closes it.

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep_until, timeout};

use super::error::Error;
use super::handshake::Connection;
use super::liveness::{Liveness, Verdict};
use super::options::Options;
use super::queue::{Batch, Event, Outbox};
use super::websocket::{self, Message, close_code};
use crate::json::tape::Recorder;

/// How many messages are read before other tasks of the I/O thread can run.
const BURST: usize = 2048;
/// How long closing may take: waiting for the server's close frame and for the end of the connection.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often a pong is sent while reading pauses. The server's pings are not read then, and it might take this client
/// for dead.
const PAUSE_PONG: Duration = Duration::from_secs(10);

/// What one step of reading led to.
pub(super) enum Step {
    /// The connection goes on.
    Continue,
    /// The server sent a close frame, with code and reason unless it was empty.
    Close(Option<(u16, String)>),
    /// The connection must be closed with this code.
    Fail { error: Error, code: u16 },
    /// The connection broke.
    Lost(Error),
}

/// Why a connection is closed.
pub(super) enum End {
    /// The user called `close()`.
    Asked,
    /// The server sent a close frame, with code and reason unless it was empty.
    Server(Option<(u16, String)>),
    /// The server broke a rule or was silent; the close code to send.
    Failed(u16),
}

impl End {
    /// How long closing may take.
    fn timeout(&self) -> Duration {
        match self {
            // The server was silent for the whole idle timeout, and is not waited for again.
            Self::Failed(close_code::UNEXPECTED) => Duration::ZERO,
            _ => CLOSE_TIMEOUT,
        }
    }
}

/// Reads the messages of an open connection into an outbox.
pub(super) struct Reader<'a> {
    websocket: &'a mut websocket::Reader<Connection>,
    options: &'a Options,
    outbox: &'a Outbox,
    recorder: &'a Mutex<Recorder>,
    batch: Batch,
    liveness: Option<Liveness>,
    /// Whether all that has arrived was read.
    drained: bool,
}

enum Cause {
    Readable(io::Result<()>),
    Writable(io::Result<()>),
    Room,
    LongPause,
    Silence,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        websocket: &'a mut websocket::Reader<Connection>,
        options: &'a Options,
        outbox: &'a Outbox,
        recorder: &'a Mutex<Recorder>,
    ) -> Self {
        let liveness = options.idle_timeout.map(|timeout| Liveness::new(timeout, Instant::now()));
        // Not drained: `websocket` may contain messages that came together with the handshake.
        Self { websocket, options, outbox, recorder, batch: Batch::default(), liveness, drained: false }
    }

    /// Reads one burst, or waits until there is one to read. Can be cancelled while it waits; nothing is lost.
    pub(super) async fn step(&mut self) -> Step {
        let paused = !self.outbox.has_room();
        if !self.drained && !paused {
            // While messages arrive without a pause, commands and other connections run before each burst.
            tokio::task::yield_now().await;
            return self.burst();
        }
        match self.wait(paused).await {
            Cause::Readable(Ok(())) => self.readable(),
            Cause::Writable(Ok(())) => {
                let flushed = self.websocket.flush();
                self.written(flushed)
            }
            Cause::Readable(Err(error)) | Cause::Writable(Err(error)) => self.lost(error),
            Cause::Room => {
                self.heard();
                Step::Continue
            }
            Cause::LongPause => {
                let written = self.websocket.pong();
                self.written(written)
            }
            Cause::Silence => {
                // The thread may have been stopped. After the yield tokio has polled the system, and data that arrived
                // meanwhile shows here.
                tokio::task::yield_now().await;
                match self.websocket.get_ref().0.readable().now_or_never() {
                    Some(Ok(())) => self.readable(),
                    Some(Err(error)) => self.lost(error),
                    None => self.silence(),
                }
            }
        }
    }

    async fn wait(&self, paused: bool) -> Cause {
        let stream = &self.websocket.get_ref().0;
        let silence = self.liveness.as_ref().map(Liveness::deadline);
        let timer = if paused { Some(Instant::now() + PAUSE_PONG) } else { silence };
        tokio::select! {
            biased;
            ready = stream.readable(), if !paused => Cause::Readable(ready),
            ready = stream.writable(), if self.websocket.wants_write() => Cause::Writable(ready),
            () = self.outbox.room(), if paused => Cause::Room,
            () = sleep_until(timer.unwrap_or_else(Instant::now)), if timer.is_some() => {
                if paused { Cause::LongPause } else { Cause::Silence }
            }
        }
    }

    fn heard(&mut self) {
        if let Some(liveness) = &mut self.liveness {
            liveness.heard(Instant::now());
        }
    }

    fn readable(&mut self) -> Step {
        self.drained = false;
        self.heard();
        self.burst()
    }

    fn burst(&mut self) -> Step {
        let result = self.read();
        self.outbox.put_messages(&mut self.batch);
        match result {
            Ok(step) => step,
            Err(websocket::Error::Io(error)) => self.lost(error),
            Err(websocket::Error::Protocol(source)) => {
                let code = source.close_code();
                Step::Fail { error: Error::Protocol { path: self.options.path(), source }, code }
            }
            Err(websocket::Error::MessageTooLarge) => {
                let error = Error::MessageTooLarge {
                    path: self.options.path(),
                    limit: self.options.max_message_bytes,
                };
                Step::Fail { error, code: close_code::TOO_LARGE }
            }
        }
    }

    /// Reads until the socket has no more, the batch is full, or the burst is long enough.
    fn read(&mut self) -> Result<Step, websocket::Error> {
        // A poisoned recorder is not used: after a panic its shapes may be wrong.
        let mut recorder = self.outbox.wants_tapes().then(|| self.recorder.lock().ok()).flatten();
        for _ in 0..BURST {
            match self.websocket.read_message()? {
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
                    self.outbox.put(Event::Error(Error::Binary));
                    if !self.outbox.has_room() {
                        break;
                    }
                }
                Some(Message::Ping | Message::Pong | Message::Fragment) => {}
                Some(Message::Close(content)) => return Ok(Step::Close(content)),
            }
        }
        self.heard();
        Ok(Step::Continue)
    }

    fn written(&self, result: io::Result<()>) -> Step {
        result.map_or_else(|error| self.lost(error), |()| Step::Continue)
    }

    fn silence(&mut self) -> Step {
        let Some(liveness) = &mut self.liveness else { return Step::Continue };
        match liveness.check(Instant::now()) {
            None => Step::Continue,
            Some(Verdict::Ping) => {
                let written = self.websocket.ping();
                self.written(written)
            }
            Some(Verdict::Dead) => {
                let ms = self.options.idle_timeout.unwrap_or_default().as_millis();
                let error = Error::IdleTimeout { path: self.options.path(), ms, during: "" };
                Step::Fail { error, code: close_code::UNEXPECTED }
            }
        }
    }

    fn lost(&self, source: io::Error) -> Step {
        Step::Lost(Error::Lost { path: self.options.path(), source })
    }

    /// Sends a close frame because the handle was dropped, if that is possible without waiting.
    pub(super) fn abandon(&mut self) {
        let _ = self.websocket.close(Some(close_code::GOING_AWAY), "");
    }
}

/// Sends the close frame that `end` asks for, and returns the code and reason to report once the connection is over.
pub(super) async fn goodbye(websocket: websocket::Reader<Connection>, end: &End) -> (u16, String) {
    let answer = timeout(end.timeout(), close(websocket, end)).await.ok().flatten();
    let received = match end {
        End::Server(content) => Some(content.clone()),
        _ => answer,
    };
    let Some(content) = received else { return (close_code::ABNORMAL, String::new()) };
    content.unwrap_or((close_code::NO_STATUS, String::new()))
}

async fn flush(websocket: &mut websocket::Reader<Connection>) -> io::Result<()> {
    while websocket.wants_write() {
        websocket.get_ref().0.writable().await?;
        websocket.flush()?;
    }
    Ok(())
}

/// Sends a close frame and gives the server's: its code and reason, or `Some(None)` if it was empty.
async fn close(mut websocket: websocket::Reader<Connection>, end: &End) -> Option<Option<(u16, String)>> {
    let code = match end {
        End::Asked => None,
        End::Server(content) => content.as_ref().map(|(code, _)| *code),
        End::Failed(code) => Some(*code),
    };
    websocket.close(code, "").ok()?;
    flush(&mut websocket).await.ok()?;
    if matches!(end, End::Asked) {
        return answer(&mut websocket).await;
    }
    // Reads until the server ends the connection. Closing it with unread data would reset it, and the server might not
    // get the close frame.
    discard(&websocket.get_ref().0).await;
    None
}

/// Waits for the server's close frame and drops messages that come before it.
async fn answer(websocket: &mut websocket::Reader<Connection>) -> Option<Option<(u16, String)>> {
    loop {
        for _ in 0..BURST {
            match websocket.read_message().ok()? {
                Some(Message::Close(content)) => return Some(content),
                Some(_) => {}
                None => {
                    websocket.get_ref().0.readable().await.ok()?;
                    break;
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Reads and drops everything until the connection ends.
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
