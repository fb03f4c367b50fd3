//! The open notification sockets. Each gets every message.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::error::Error;

/// A command to a socket. Sockets obey them in order.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Send a text message.
    Text(Utf8Bytes),
    /// Write these bytes as they are.
    Raw(Bytes),
    /// Close with a code and a reason.
    Close(CloseCode, Utf8Bytes),
    /// Drop the connection without closing it.
    Drop,
    /// Neither read nor write until `Resume`.
    Silence,
    /// End the silence.
    Resume,
}

/// The open notification sockets of a simulator.
#[derive(Debug)]
pub(crate) struct Channel {
    sockets: Mutex<HashMap<u64, Socket>>,
    last_id: AtomicU64,
    /// Whether new handshakes are not answered for now.
    deaf: watch::Sender<bool>,
}

#[derive(Debug)]
struct Socket {
    commands: mpsc::UnboundedSender<Command>,
    waiting: Arc<AtomicUsize>,
}

/// The membership of a socket in the channel. Dropping it removes the socket.
#[derive(Debug)]
pub(crate) struct Membership {
    id: u64,
    channel: Arc<Channel>,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    /// Bytes of messages that are not written yet.
    pub(crate) waiting: Arc<AtomicUsize>,
}

impl Default for Channel {
    fn default() -> Self {
        Self { sockets: Mutex::default(), last_id: AtomicU64::new(0), deaf: watch::channel(false).0 }
    }
}

impl Channel {
    /// Adds a socket. From now on it gets every message.
    pub(crate) fn join(self: &Arc<Self>) -> Membership {
        let (sender, commands) = mpsc::unbounded_channel();
        let id = self.last_id.fetch_add(1, Ordering::Relaxed);
        let waiting = Arc::new(AtomicUsize::new(0));
        self.lock().insert(id, Socket { commands: sender, waiting: Arc::clone(&waiting) });
        Membership { id, channel: Arc::clone(self), commands, waiting }
    }

    /// Gives a command to all sockets.
    pub(crate) fn tell(&self, command: &Command) {
        for socket in self.lock().values() {
            if let Command::Text(text) = command {
                socket.waiting.fetch_add(text.len(), Ordering::Relaxed);
            }
            // Fails for a socket that is just ending.
            let _ = socket.commands.send(command.clone());
        }
    }

    /// Sends a text message to all sockets.
    pub(crate) fn publish(&self, text: impl Into<Utf8Bytes>) {
        self.tell(&Command::Text(text.into()));
    }

    /// Closes all sockets. Fails when a close frame cannot have this code or reason.
    pub(crate) fn close(&self, code: u16, reason: &str) -> Result<(), Error> {
        if reason.len() > 123 {
            return Err(Error::CloseReason(reason.len()));
        }
        let known = CloseCode::from(code);
        if !known.is_allowed() || matches!(code, 1016..3000) {
            return Err(Error::CloseCode(code));
        }
        self.tell(&Command::Close(known, reason.into()));
        Ok(())
    }

    /// Makes open sockets neither read nor write. With `handshakes`, new handshakes are not answered either.
    pub(crate) fn silence(&self, handshakes: bool) {
        self.tell(&Command::Silence);
        self.deaf.send_replace(handshakes);
    }

    /// Ends all silence.
    pub(crate) fn resume(&self) {
        self.tell(&Command::Resume);
        self.deaf.send_replace(false);
    }

    /// Waits until handshakes are answered.
    pub(crate) async fn hearing(&self) {
        // Cannot fail: the sender lives as long as `self`.
        let _ = self.deaf.subscribe().wait_for(|deaf| !deaf).await;
    }

    /// How many sockets are open.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// How many bytes the slowest socket has not written yet.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().values().map(|socket| socket.waiting.load(Ordering::Relaxed)).max().unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Socket>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.channel.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_everyone_and_counts_what_waits() {
        let channel = Arc::new(Channel::default());
        let (mut one, two) = (channel.join(), channel.join());
        channel.publish("hello");
        assert_eq!((channel.len(), channel.waiting()), (2, 5));
        assert!(matches!(one.commands.try_recv(), Ok(Command::Text(text)) if text == "hello"));
        one.waiting.fetch_sub(5, Ordering::Relaxed);
        drop(two);
        assert_eq!((channel.len(), channel.waiting()), (1, 0));
    }

    #[test]
    fn closes_only_with_codes_that_may_be_sent() {
        let channel = Arc::new(Channel::default());
        for code in [1000, 1001, 1008, 1011, 1012, 3000, 4999] {
            assert!(channel.close(code, "").is_ok(), "{code}");
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
            assert!(matches!(channel.close(code, ""), Err(Error::CloseCode(refused)) if refused == code));
        }
        assert!(matches!(channel.close(1000, &"x".repeat(124)), Err(Error::CloseReason(124))));
    }
}
