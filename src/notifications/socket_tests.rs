use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::AsyncReadExt as _;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, coding::CloseCode};
use tokio_tungstenite::{WebSocketStream, accept_async, accept_hdr_async};

use super::*;
use crate::notifications::backoff::Backoff;
use crate::notifications::options::Headers;
use crate::notifications::queue::Item;
use crate::notifications::topics::Filter;

type Peer = WebSocketStream<UnixStream>;

/// A path for a socket that is gone after the test.
struct Path(PathBuf);

impl Path {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("cycle-{}-{}.sock", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    fn listen(&self) -> UnixListener {
        UnixListener::bind(&self.0).unwrap()
    }

    fn options(&self) -> Options {
        let backoff = Backoff { base_ms: 1.0, max_ms: 4.0, jitter: false };
        Options { reconnect: Some(backoff), ..Options::new(&self.0) }
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A socket whose task runs, and what came out of it.
struct Client {
    socket: Socket,
    wakes: tokio::sync::mpsc::UnboundedReceiver<()>,
    task: JoinHandle<()>,
}

impl Client {
    fn new(options: Options) -> Self {
        let (sender, wakes) = mpsc::unbounded_channel();
        let (socket, task) = Socket::new(options, move || {
            let _ = sender.send(());
        });
        let task = tokio::spawn(task.run());
        Self { socket, wakes, task }
    }

    /// What comes next, in one word, waiting for it; several messages that come together are one.
    async fn next(&mut self) -> String {
        let waiting = async {
            loop {
                if let Some(item) = self.socket.outbox().take() {
                    return describe(&item);
                }
                self.wakes.recv().await.unwrap();
            }
        };
        timeout(Duration::from_secs(20), waiting).await.expect("something happens")
    }

    async fn expect(&mut self, expected: &[&str]) {
        for expected in expected {
            assert_eq!(self.next().await, *expected);
        }
    }
}

fn describe(item: &Item) -> String {
    match item {
        Item::Messages(batch) => batch.iter().map(|message| message.text).collect::<Vec<_>>().join(" "),
        Item::Event(Event::Open) => "open".into(),
        Item::Event(Event::Error(error)) => error.code().into(),
        Item::Event(Event::Close { code, reason }) => format!("close {code} {reason}"),
        Item::Event(Event::Reconnecting { attempt, delay_ms }) => format!("attempt {attempt} in {delay_ms}"),
        Item::Event(Event::Idle) => "idle".into(),
    }
}

async fn accept(listener: &UnixListener) -> Peer {
    accept_async(listener.accept().await.unwrap().0).await.unwrap()
}

async fn send(peer: &mut Peer, message: &str) {
    peer.send(Message::text(message)).await.unwrap();
}

/// The code of the client's close frame, once it is answered; `None` when the connection ended without one.
async fn close_code(peer: &mut Peer) -> Option<u16> {
    let mut code = None;
    while let Some(Ok(message)) = peer.next().await {
        if let Message::Close(frame) = message {
            code = Some(frame.map_or(1005, |frame| frame.code.into()));
        }
    }
    code
}

fn close_frame(code: u16, reason: &'static str) -> CloseFrame {
    CloseFrame { code: CloseCode::from(code), reason: reason.into() }
}

#[tokio::test]
async fn a_whole_life() {
    let path = Path::new();
    let mut client = Client::new(path.options());
    client.socket.connect();
    client.expect(&["ENOENT", "close 1006 ", "attempt 1 in 1"]).await;
    let listener = path.listen();
    let mut peer = accept(&listener).await;
    while client.next().await != "open" {}
    send(&mut peer, "{\"n\":1}").await;
    client.expect(&["{\"n\":1}"]).await;
    peer.close(Some(close_frame(4001, "again"))).await.unwrap();
    assert_eq!(close_code(&mut peer).await, Some(4001));
    drop(peer);
    client.expect(&["close 4001 again", "attempt 1 in 1"]).await;
    let mut peer = accept(&listener).await;
    client.expect(&["open"]).await;
    client.socket.close();
    assert_eq!(close_code(&mut peer).await, Some(1005));
    client.expect(&["close 1005 ", "idle"]).await;
    client.socket.connect();
    let _peer = accept(&listener).await;
    client.expect(&["open"]).await;
}

#[tokio::test]
async fn the_request_carries_path_and_headers() {
    let path = Path::new();
    let listener = path.listen();
    let headers = Headers::new([("x-extra".to_owned(), "1".to_owned())], Some("token")).unwrap();
    let client = Client::new(Options { headers, ..path.options() });
    client.socket.connect();
    let (stream, _) = listener.accept().await.unwrap();
    let mut seen = None;
    #[allow(clippy::result_large_err, reason = "the type of tungstenite's callback")]
    let look = |request: &Request, response: Response| {
        seen = Some((request.uri().to_string(), request.headers().clone()));
        Ok(response)
    };
    accept_hdr_async(stream, look).await.unwrap();
    let (target, headers) = seen.unwrap();
    assert_eq!(target, "/v1/notifications");
    assert_eq!(headers["x-extra"], "1");
    assert_eq!(headers["x-cycle-token"], "token");
    assert_eq!(headers["host"], "unix");
}

#[tokio::test]
async fn unwanted_topics_stay_here() {
    let path = Path::new();
    let listener = path.listen();
    let topics = Some(Filter::new(["a.*", "b"]).unwrap());
    let mut client = Client::new(Options { topics, ..path.options() });
    client.socket.connect();
    let mut peer = accept(&listener).await;
    client.expect(&["open"]).await;
    for topic in ["c", "a", "ab.c", "c.a"] {
        send(&mut peer, &format!("{{\"topic\":\"{topic}\"}}")).await;
    }
    send(&mut peer, "{\"topic\":\"b\"}").await;
    client.expect(&["{\"topic\":\"b\"}"]).await;
}

#[tokio::test]
async fn reading_pauses_at_the_mark_and_goes_on() {
    let path = Path::new();
    let listener = path.listen();
    let mut client = Client::new(Options { high_water_mark: 100_000, ..path.options() });
    client.socket.connect();
    let mut peer = accept(&listener).await;
    client.expect(&["open"]).await;
    let message = "x".repeat(1_000);
    let count = 5_000;
    let sending = tokio::spawn(async move {
        for _ in 0..count {
            send(&mut peer, &message).await;
        }
        peer
    });
    let outbox = Arc::clone(client.socket.outbox());
    while outbox.has_room() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // Long enough for a client that reads too far ahead to do so: no message is taken here.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(outbox.waiting() < 400_000, "{}", outbox.waiting());
    assert!(!sending.is_finished());
    let mut received = 0;
    while received < count {
        received += client.next().await.split(' ').count();
    }
    assert_eq!(received, count);
    sending.await.unwrap();
}

#[tokio::test]
async fn a_pause_is_no_silence() {
    let path = Path::new();
    let listener = path.listen();
    let idle_timeout = Some(Duration::from_millis(200));
    let mut client = Client::new(Options { high_water_mark: 1, idle_timeout, ..path.options() });
    client.socket.connect();
    let mut peer = accept(&listener).await;
    client.expect(&["open"]).await;
    send(&mut peer, "one").await;
    while client.socket.outbox().has_room() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    send(&mut peer, "two").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    client.expect(&["one", "two"]).await;
}

#[tokio::test]
async fn a_silent_server_is_pinged_and_then_left() {
    let path = Path::new();
    let listener = path.listen();
    let idle_timeout = Some(Duration::from_millis(100));
    let mut client = Client::new(Options { idle_timeout, reconnect: None, ..path.options() });
    client.socket.connect();
    // The bare stream answers nothing.
    let mut stream = accept(&listener).await.into_inner();
    client.expect(&["open", "ERR_CYCLE_IDLE_TIMEOUT", "close 1006 ", "idle"]).await;
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.unwrap();
    // On a busy machine there may be several pings, of six bytes each.
    let (pings, close) = received.split_at(received.len() - 8);
    assert!(pings.len() >= 6 && pings.chunks(6).all(|ping| ping[..2] == [0x89, 0x80]), "{received:?}");
    assert_eq!(close[..2], [0x88, 0x82]);
    assert_eq!(u16::from_be_bytes([close[6] ^ close[2], close[7] ^ close[3]]), 1011);
}

#[tokio::test]
async fn a_server_that_says_nothing_to_the_handshake_is_left() {
    let path = Path::new();
    let listener = path.listen();
    let headers_timeout = Some(Duration::from_millis(30));
    let mut client = Client::new(Options { headers_timeout, reconnect: None, ..path.options() });
    client.socket.connect();
    let (mut stream, _) = listener.accept().await.unwrap();
    client.expect(&["ERR_CYCLE_HEADERS_TIMEOUT", "close 1006 ", "idle"]).await;
    let mut received = String::new();
    stream.read_to_string(&mut received).await.unwrap();
    assert!(received.starts_with("GET /v1/notifications HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_server_hears_during_a_long_pause_that_the_client_is_alive() {
    let path = Path::new();
    let listener = path.listen();
    let mut client = Client::new(Options { high_water_mark: 1, ..path.options() });
    client.socket.connect();
    let mut peer = accept(&listener).await;
    client.expect(&["open"]).await;
    send(&mut peer, "one").await;
    while client.socket.outbox().has_room() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    peer.send(Message::Ping("not seen".into())).await.unwrap();
    tokio::time::pause();
    for _ in 0..3 {
        let heard = timeout(Duration::from_secs(15), peer.next()).await.expect("a sign of life");
        assert_eq!(heard.unwrap().unwrap(), Message::Pong("".into()));
    }
    tokio::time::resume();
    client.expect(&["one"]).await;
    assert_eq!(peer.next().await.unwrap().unwrap(), Message::Pong("not seen".into()));
}

#[tokio::test]
async fn a_dropped_handle_ends_the_connection_and_the_task() {
    let path = Path::new();
    let listener = path.listen();
    let mut client = Client::new(path.options());
    client.socket.connect();
    let mut peer = accept(&listener).await;
    client.expect(&["open"]).await;
    drop(client.socket);
    assert_eq!(close_code(&mut peer).await, Some(1001));
    timeout(Duration::from_secs(20), client.task).await.unwrap().unwrap();

    for connect in [false, true] {
        let client = Client::new(Path::new().options());
        if connect {
            client.socket.connect();
        }
        drop(client.socket);
        timeout(Duration::from_secs(20), client.task).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn attempts_wait_while_nobody_takes_their_news() {
    let path = Path::new();
    let backoff = Backoff { base_ms: 0.0, max_ms: 0.0, jitter: false };
    let mut client =
        Client::new(Options { high_water_mark: 20_000, reconnect: Some(backoff), ..path.options() });
    client.socket.connect();
    while client.socket.outbox().has_room() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(client.socket.outbox().waiting() < 40_000);
    for _ in 0..200 {
        client.next().await;
    }
}
