//! A notification socket: obeys commands, opens and closes connections as [`Machine`] decides, and fills an [`Outbox`].

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::connection::{self, End, Step};
use super::error::Error;
use super::handshake::{self, Connection};
use super::options::Options;
use super::queue::{Command, Event, Outbox};
use super::state::{Input, Machine, State};
use super::websocket::{Reader, close_code};
use crate::json::shapes::ShapeKeys;
use crate::json::tape::Recorder;
use crate::milliseconds::{LONGEST_TIMER, milliseconds};

/// The handle of a notification socket. Dropping it ends the connection without further events.
pub struct Socket {
    commands: mpsc::UnboundedSender<Command>,
    outbox: Arc<Outbox>,
    keys: ShapeKeys,
}

impl Socket {
    /// Makes a socket that is not connected, and its task, which must be run on the I/O thread. `wake` is called when
    /// [`Outbox::take`] has an item again.
    pub fn new(options: Options, wake: impl Fn() + Send + Sync + 'static) -> (Self, Task) {
        let (sender, commands) = mpsc::unbounded_channel();
        let outbox = Arc::new(Outbox::new(options.high_water_mark, wake));
        let recorder = Recorder::default();
        let keys = recorder.keys().clone();
        let task = Task {
            machine: Machine::new(options.reconnect),
            options: Arc::new(options),
            outbox: Arc::clone(&outbox),
            commands,
            recorder: Arc::new(Mutex::new(recorder)),
        };
        (Self { commands: sender, outbox, keys }, task)
    }

    /// Connects. Does nothing if a connection is open, being made, or being closed by the server. While a reconnection
    /// is delayed, connects at once.
    pub fn connect(&self) {
        self.order(Command::Connect);
    }

    /// Closes the connection and does not reconnect. Messages that were not taken yet are dropped.
    pub fn close(&self) {
        self.order(Command::Close);
    }

    fn order(&self, command: Command) {
        self.outbox.ordered(command);
        // Fails only if the I/O thread has ended, which it does only with the process.
        let _ = self.commands.send(command);
    }

    /// The keys of the shapes on the tapes of messages.
    #[must_use]
    pub fn keys(&self) -> &ShapeKeys {
        &self.keys
    }

    /// The queue of messages and events.
    #[must_use]
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }
}

/// The [`Socket`] was dropped.
struct Gone;

/// The work of a socket. It ends when the [`Socket`] is dropped.
pub struct Task {
    options: Arc<Options>,
    outbox: Arc<Outbox>,
    commands: mpsc::UnboundedReceiver<Command>,
    machine: Machine,
    /// Makes tapes. It is kept for all connections, because it remembers the shapes of earlier messages.
    recorder: Arc<Mutex<Recorder>>,
}

impl Task {
    /// Runs until the handle is dropped. A panic, which is a bug, is reported as an error and ends the connection.
    pub async fn run(mut self) {
        // No `Idle` event before the first command.
        let Ok(first) = self.command().await else { return };
        self.obey(first);
        while AssertUnwindSafe(self.live()).catch_unwind().await.is_err() {
            self.outbox.put(Event::Error(Error::Internal));
            self.outbox.put(Event::Close { code: close_code::ABNORMAL, reason: String::new() });
            self.machine = Machine::new(self.options.reconnect);
        }
    }

    async fn live(&mut self) -> Result<Infallible, Gone> {
        let mut open = None;
        let mut end = End::Asked;
        loop {
            match self.machine.state() {
                State::Idle => self.rest().await?,
                State::Waiting => self.wait().await?,
                State::Connecting => {
                    end = End::Asked;
                    open = self.dial().await?;
                }
                State::Open => end = self.serve(&mut open).await?,
                State::Closing => self.finish(open.take(), &end).await?,
            }
        }
    }

    async fn command(&mut self) -> Result<Command, Gone> {
        self.commands.recv().await.ok_or(Gone)
    }

    fn obey(&mut self, command: Command) {
        self.outbox.obeyed(command);
        self.machine.on(match command {
            Command::Connect => Input::Connect,
            Command::Close => Input::Close,
        });
    }

    async fn rest(&mut self) -> Result<(), Gone> {
        self.outbox.put(Event::Idle);
        let command = self.command().await?;
        self.obey(command);
        Ok(())
    }

    async fn wait(&mut self) -> Result<(), Gone> {
        let Some(delay) = self.machine.delay() else { return Ok(()) };
        self.outbox.put(Event::Reconnecting { attempt: delay.attempt, delay_ms: delay.ms });
        let outbox = Arc::clone(&self.outbox);
        let over = async {
            sleep(milliseconds(delay.ms, LONGEST_TIMER)).await;
            outbox.room().await;
        };
        tokio::select! {
            biased;
            command = self.command() => self.obey(command?),
            () = over => { self.machine.on(Input::DelayOver); }
        }
        Ok(())
    }

    /// Opens a connection. `None` when that failed or the user closed meanwhile.
    async fn dial(&mut self) -> Result<Option<Reader<Connection>>, Gone> {
        let options = Arc::clone(&self.options);
        let mut dialing = std::pin::pin!(handshake::dial(&options));
        while self.machine.state() == State::Connecting {
            tokio::select! {
                biased;
                command = self.command() => self.obey(command?),
                result = &mut dialing => {
                    return Ok(match result {
                        Ok(websocket) => {
                            self.outbox.put(Event::Open);
                            self.machine.on(Input::Opened);
                            Some(websocket)
                        }
                        Err(error) => {
                            self.lost(error);
                            None
                        }
                    });
                }
            }
        }
        Ok(None)
    }

    fn lost(&mut self, error: Error) {
        self.outbox.put(Event::Error(error));
        self.ended(close_code::ABNORMAL, String::new());
    }

    fn ended(&mut self, code: u16, reason: String) {
        self.outbox.put(Event::Close { code, reason });
        self.machine.on(Input::Ended);
    }

    /// Reads messages until the connection must be closed, and gives the reason.
    async fn serve(&mut self, open: &mut Option<Reader<Connection>>) -> Result<End, Gone> {
        let options = Arc::clone(&self.options);
        let outbox = Arc::clone(&self.outbox);
        let recorder = Arc::clone(&self.recorder);
        let Some(websocket) = open else {
            self.machine.on(Input::Ended);
            return Ok(End::Asked);
        };
        let mut reader = connection::Reader::new(websocket, &options, &outbox, &recorder);
        while self.machine.state() == State::Open {
            let step = tokio::select! {
                biased;
                command = self.command() => {
                    let Ok(command) = command else {
                        reader.abandon();
                        return Err(Gone);
                    };
                    self.obey(command);
                    continue;
                }
                step = reader.step() => step,
            };
            match step {
                Step::Continue => {}
                Step::Close(content) => {
                    self.machine.on(Input::Finishing);
                    return Ok(End::Server(content));
                }
                Step::Fail { error, code } => {
                    self.outbox.put(Event::Error(error));
                    self.machine.on(Input::Failing);
                    return Ok(End::Failed(code));
                }
                Step::Lost(error) => {
                    *open = None;
                    self.lost(error);
                    return Ok(End::Asked);
                }
            }
        }
        Ok(End::Asked)
    }

    /// Closes the connection and reports its end.
    async fn finish(&mut self, open: Option<Reader<Connection>>, end: &End) -> Result<(), Gone> {
        let goodbye = async {
            match open {
                Some(websocket) => connection::goodbye(websocket, end).await,
                None => (close_code::ABNORMAL, String::new()),
            }
        };
        let mut goodbye = std::pin::pin!(goodbye);
        let (code, reason) = loop {
            tokio::select! {
                biased;
                command = self.command() => self.obey(command?),
                result = &mut goodbye => break result,
            }
        };
        self.ended(code, reason);
        Ok(())
    }
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
