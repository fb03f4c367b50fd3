//! Serves one notification socket.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role};

use super::channel::{Command, Membership};

/// How long the client may take to answer a close frame.
const CLOSE_WAIT: Duration = Duration::from_secs(5);
/// Messages written before reading from the client.
const BATCH: usize = 256;

/// Whether a socket stays open.
enum Next {
    Go,
    Stop,
}

/// Serves a socket until it ends.
pub(crate) async fn run<S: AsyncRead + AsyncWrite + Unpin>(stream: S, mut membership: Membership) {
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    let mut held = VecDeque::new();
    loop {
        let command = if held.is_empty() {
            tokio::select! {
                // Commands first: a ping that comes after a silence must not be answered.
                biased;
                command = membership.commands.recv() => command,
                // Messages of the client are read, so that its pings and close frames are answered, and dropped.
                message = socket.next() => match message {
                    Some(Ok(_)) => continue,
                    Some(Err(_)) | None => return,
                },
            }
        } else {
            held.pop_front()
        };
        let Some(command) = command else { return };
        match obey(&mut socket, command, &mut held, &mut membership).await {
            Next::Go => {}
            Next::Stop => return,
        }
    }
}

async fn obey<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    command: Command,
    held: &mut VecDeque<Command>,
    membership: &mut Membership,
) -> Next {
    let done = match command {
        Command::Text(text) => {
            let mut written = text.len();
            let mut done = socket.feed(Message::Text(text)).await;
            for _ in 0..BATCH {
                let next = held.pop_front().or_else(|| membership.commands.try_recv().ok());
                match next {
                    Some(Command::Text(text)) if done.is_ok() => {
                        written += text.len();
                        done = socket.feed(Message::Text(text)).await;
                    }
                    Some(other) => {
                        held.push_front(other);
                        break;
                    }
                    None => break,
                }
            }
            let done = match done {
                Ok(()) => socket.flush().await,
                failed => failed,
            };
            membership.waiting.fetch_sub(written, Ordering::Relaxed);
            done.is_ok()
        }
        Command::Raw(bytes) => {
            socket.flush().await.is_ok()
                && socket.get_mut().write_all(&bytes).await.is_ok()
                && socket.get_mut().flush().await.is_ok()
        }
        Command::Close(code, reason) => {
            let closing = async {
                if socket.close(Some(CloseFrame { code, reason })).await.is_ok() {
                    while let Some(Ok(_)) = socket.next().await {}
                }
            };
            // The socket ends, whether the client has answered or not.
            let _ = tokio::time::timeout(CLOSE_WAIT, closing).await;
            false
        }
        Command::Drop => false,
        Command::Silence => loop {
            match membership.commands.recv().await {
                Some(Command::Resume) => break true,
                Some(Command::Drop) | None => break false,
                Some(other) => held.push_back(other),
            }
        },
        Command::Resume => true,
    };
    if done { Next::Go } else { Next::Stop }
}
