use std::cell::{Cell, RefCell};
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use http::Method;
use socket2::{Domain, SockAddr, Socket, Type};

use super::*;
use crate::http::event::Event;
use crate::http::redirect::Redirect;
use crate::http::{Delivery, Error, Payload};
use crate::runtime::test_reactor::{TestReactor, event_loop};

const PATIENCE: Duration = Duration::from_secs(20);
pub(super) const SHORT: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A path for a socket that is removed when the test is over.
pub(super) struct SocketPath(PathBuf);

impl SocketPath {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("cycle-lane-{}-{number}.sock", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }
}

impl Drop for SocketPath {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[derive(Clone, Default)]
pub(super) struct Events(Rc<RefCell<Vec<Event>>>);

impl Sink for Events {
    fn deliver(&self, event: Event) {
        self.0.borrow_mut().push(event);
    }
}

pub(super) struct Lane {
    pub(super) event_loop: Rc<EventLoop>,
    pub(super) reactor: Rc<TestReactor>,
    events: Events,
    pub(super) transport: EventLoopTransport<Events>,
    path: SocketPath,
}

impl Lane {
    pub(super) fn new(max_connections: usize) -> Self {
        Self::with(&Limits { max_connections, ..Limits::default() })
    }

    pub(super) fn with(limits: &Limits) -> Self {
        let path = SocketPath::new();
        let (event_loop, reactor) = event_loop();
        let events = Events::default();
        let endpoint = Endpoint::Unix(path.0.clone());
        let transport = EventLoopTransport::new(&event_loop, &endpoint, limits, events.clone())
            .expect("a Unix socket needs no look-up");
        Self { event_loop, reactor, events, transport, path }
    }

    pub(super) fn listen(&self) -> UnixListener {
        UnixListener::bind(&self.path.0).expect("a free path")
    }

    pub(super) fn tick(&self) {
        self.reactor.tick(&self.event_loop, Duration::from_millis(20));
    }

    /// Runs ticks until `done`.
    pub(super) fn tick_until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < end, "waited in vain: {what}");
            self.tick();
        }
    }

    fn is_over(&self, id: u32) -> bool {
        self.events.0.borrow().iter().any(|event| event.is_last() && number(event) == id)
    }

    /// Runs ticks until the call is over; gives its body.
    pub(super) fn body(&self, id: u32) -> Result<Bytes, Error> {
        self.tick_until("a call", |lane| lane.is_over(id));
        let mut events = self.events.0.borrow_mut();
        let index = events.iter().position(|event| event.is_last() && number(event) == id);
        match events.swap_remove(index.expect("it is over")) {
            Event::Done { body, .. } => Ok(body),
            Event::Failed { error, .. } => Err(error),
            event => panic!("{event:?}"),
        }
    }

    pub(super) fn open(&self) -> usize {
        self.transport.engine.dispatch().open_connections()
    }
}

fn number(event: &Event) -> u32 {
    match event {
        Event::Done { id, .. }
        | Event::Head { id, .. }
        | Event::Chunk { id, .. }
        | Event::End { id }
        | Event::Ready { id }
        | Event::Failed { id, .. }
        | Event::Cancelled { id } => *id,
    }
}

pub(super) fn get(id: u32) -> Call {
    Call {
        id,
        method: Method::GET,
        authority: "localhost".parse().unwrap(),
        target: format!("/{id}").parse().unwrap(),
        defaults: Arc::default(),
        headers: Vec::new(),
        payload: Payload::None,
        delivery: Delivery::Text,
        redirect: Redirect::Follow,
        timeout: None,
        max_response_bytes: u64::MAX,
        retry: None,
    }
}

/// Reads the head of a request, which must be there or on its way.
pub(super) fn read_head(stream: &mut UnixStream) -> String {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).expect("a request"), 1, "end of stream");
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

pub(super) fn is_at_end(stream: &mut UnixStream) -> bool {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    matches!(stream.read(&mut [0]), Ok(0))
}

#[test]
fn the_request_is_written_before_start_returns() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut stream, _) = listener.accept().unwrap();
    assert!(read_head(&mut stream).starts_with("GET /1 HTTP/1.1\r\nhost: localhost\r\n"));
    stream.write_all(SHORT).unwrap();
    assert_eq!(lane.body(1).unwrap(), "ok");
}

#[test]
fn corked_calls_are_written_with_the_last_that_was_expected() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    listener.set_nonblocking(true).unwrap();
    let connected = || std::iter::from_fn(|| listener.accept().ok()).count();
    lane.event_loop.cork(3, || {
        for (id, expected) in [(1, 0), (2, 0), (3, 3), (4, 0)] {
            lane.transport.start(get(id));
            assert_eq!(connected(), expected, "after call {id}");
        }
    });
    assert_eq!(connected(), 1, "what was left when the work was done");
    lane.event_loop.cork(1, || {
        lane.transport.start(get(5));
        assert_eq!(connected(), 1);
    });
    lane.transport.start(get(6));
    assert_eq!(connected(), 1);
}

#[test]
fn a_call_that_is_cancelled_while_corked_is_never_sent() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.event_loop.cork(9, || {
        lane.transport.start(get(1));
        lane.transport.cancel(1);
        lane.transport.start(get(2));
    });
    let (mut stream, _) = listener.accept().unwrap();
    assert!(read_head(&mut stream).starts_with("GET /2 "));
    assert_eq!(lane.open(), 1);
}

#[test]
fn a_connection_is_free_again_when_its_call_is_over() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut stream, _) = listener.accept().unwrap();
    for id in 1..=3 {
        assert!(read_head(&mut stream).starts_with(&format!("GET /{id} ")));
        stream.write_all(SHORT).unwrap();
        assert_eq!(lane.body(id).unwrap(), "ok");
        // At once, without a tick in between: as JavaScript does in its callback.
        lane.transport.start(get(id + 1));
        assert_eq!(lane.open(), 1);
    }
}

#[test]
fn calls_beyond_the_limit_wait_for_a_connection() {
    let lane = Lane::new(1);
    let listener = lane.listen();
    for id in 1..=3 {
        lane.transport.start(get(id));
    }
    let (mut stream, _) = listener.accept().unwrap();
    for id in 1..=3 {
        assert!(read_head(&mut stream).starts_with(&format!("GET /{id} ")));
        stream.write_all(SHORT).unwrap();
        assert_eq!(lane.body(id).unwrap(), "ok");
        assert_eq!(lane.open(), 1);
    }
}

#[test]
fn a_waiting_call_gets_its_turn_when_a_connection_ends() {
    let lane = Lane::new(1);
    let listener = lane.listen();
    lane.transport.start(get(1));
    lane.transport.start(get(2));
    let (mut stream, _) = listener.accept().unwrap();
    read_head(&mut stream);
    drop(stream);
    let error = lane.body(1).unwrap_err();
    assert_eq!(error.code(), "ECONNRESET");
    let (mut stream, _) = listener.accept().unwrap();
    read_head(&mut stream);
    stream.write_all(SHORT).unwrap();
    assert_eq!(lane.body(2).unwrap(), "ok");
}

#[test]
fn an_idle_connection_that_ends_is_closed_at_once() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut stream, _) = listener.accept().unwrap();
    read_head(&mut stream);
    stream.write_all(SHORT).unwrap();
    lane.body(1).unwrap();
    assert_eq!(lane.open(), 1);
    drop(stream);
    lane.tick_until("the end of the connection", |lane| lane.open() == 0);
}

#[test]
fn a_connection_that_stays_idle_is_closed() {
    let limits = Limits { keep_alive: Some(Duration::from_millis(20)), ..Limits::default() };
    let lane = Lane::with(&limits);
    let listener = lane.listen();
    lane.transport.start(get(1));
    lane.transport.start(get(2));
    let (mut idle, _) = listener.accept().unwrap();
    let (mut busy, _) = listener.accept().unwrap();
    read_head(&mut idle);
    idle.write_all(SHORT).unwrap();
    lane.body(1).unwrap();
    lane.tick_until("the end of the idle connection", |lane| lane.open() == 1);
    assert!(is_at_end(&mut idle));
    read_head(&mut busy);
    busy.write_all(SHORT).unwrap();
    assert_eq!(lane.body(2).unwrap(), "ok");
}

#[test]
fn a_connection_is_closed_before_its_server_would_close_it() {
    let limits = Limits { keep_alive: Some(Duration::from_secs(600)), ..Limits::default() };
    let lane = Lane::with(&limits);
    let listener = lane.listen();
    for (id, seconds) in [(1, 1), (2, 60)] {
        lane.transport.start(get(id));
        let (mut stream, _) = listener.accept().unwrap();
        read_head(&mut stream);
        let head = format!("HTTP/1.1 200 OK\r\nkeep-alive: timeout={seconds}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        lane.body(id).unwrap();
        if seconds == 1 {
            lane.tick_until("the end of the connection", |lane| lane.open() == 0);
        } else {
            let end = Instant::now() + Duration::from_millis(1200);
            lane.tick_until("a while", |_| Instant::now() > end);
            assert_eq!(lane.open(), 1);
        }
    }
}

/// An answer with this many header fields, and a body that comes in two pieces.
fn many_fields(count: usize) -> (String, &'static str) {
    let fields = "x-field: value\r\n".repeat(count);
    (format!("HTTP/1.1 200 OK\r\n{fields}content-length: 8\r\n\r\nbody"), "body")
}

#[test]
fn an_answer_with_many_header_fields_keeps_its_connection() {
    let lane = Lane::new(1);
    let listener = lane.listen();
    lane.transport.start(Call { method: Method::POST, ..get(1) });
    let (mut stream, _) = listener.accept().unwrap();
    assert!(read_head(&mut stream).starts_with("POST /1 "));
    let (first, second) = many_fields(400);
    let (half, rest) = first.split_at(3000);
    for piece in [half, rest, second] {
        assert!(!lane.is_over(1));
        stream.write_all(piece.as_bytes()).unwrap();
        (0..3).for_each(|_| lane.tick());
    }
    assert_eq!(lane.body(1).unwrap(), "bodybody");
    // Its connection serves the next call.
    lane.transport.start(get(2));
    assert!(read_head(&mut stream).starts_with("GET /2 "));
    stream.write_all(SHORT).unwrap();
    assert_eq!(lane.body(2).unwrap(), "ok");
}

#[test]
fn an_answer_with_more_header_fields_than_are_allowed_fails() {
    let lane = Lane::new(1);
    let listener = lane.listen();
    for id in [1, 2] {
        lane.transport.start(get(id));
        let (mut stream, _) = listener.accept().unwrap();
        read_head(&mut stream);
        stream.write_all(many_fields(600).0.as_bytes()).unwrap();
        assert_eq!(lane.body(id).unwrap_err().code(), "ERR_CYCLE_BAD_RESPONSE");
        assert!(is_at_end(&mut stream));
    }
}

#[test]
fn the_head_of_an_answer_with_many_header_fields_may_be_all_there_is() {
    let lane = Lane::new(1);
    let listener = lane.listen();
    lane.transport.start(Call { method: Method::HEAD, ..get(1) });
    let (mut stream, _) = listener.accept().unwrap();
    read_head(&mut stream);
    let head = many_fields(400).0;
    stream.write_all(head.strip_suffix("body").unwrap().as_bytes()).unwrap();
    assert_eq!(lane.body(1).unwrap(), "");
    assert_eq!(lane.open(), 1);
}

#[test]
fn a_call_that_is_given_up_within_a_long_head_closes_the_connection() {
    let lane = Lane::new(1);
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut stream, _) = listener.accept().unwrap();
    read_head(&mut stream);
    stream.write_all(many_fields(400).0.strip_suffix("\r\nbody").unwrap().as_bytes()).unwrap();
    (0..3).for_each(|_| lane.tick());
    lane.transport.cancel(1);
    lane.tick_until("the end of the connection", |lane| lane.open() == 0);
    assert!(is_at_end(&mut stream));
}

#[test]
fn bytes_on_an_idle_connection_close_it() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut stream, _) = listener.accept().unwrap();
    read_head(&mut stream);
    stream.write_all(SHORT).unwrap();
    lane.body(1).unwrap();
    stream.write_all(SHORT).unwrap();
    lane.tick_until("the end of the connection", |lane| lane.open() == 0);
    assert!(is_at_end(&mut stream));
}

#[test]
fn an_idle_connection_that_ended_unseen_is_not_used() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut stream, _) = listener.accept().unwrap();
    read_head(&mut stream);
    stream.write_all(SHORT).unwrap();
    lane.body(1).unwrap();
    drop(stream);
    // No tick: only a check of the socket can tell. A POST is never sent twice.
    lane.transport.start(Call { method: Method::POST, ..get(2) });
    let (mut stream, _) = listener.accept().unwrap();
    assert!(read_head(&mut stream).starts_with("POST /2 "));
    stream.write_all(SHORT).unwrap();
    assert_eq!(lane.body(2).unwrap(), "ok");
}

/// A connection whose answer was delivered in a tick that is not over yet.
fn answered(lane: &Lane) -> (UnixListener, UnixStream) {
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut peer, _) = listener.accept().unwrap();
    read_head(&mut peer);
    peer.write_all(SHORT).unwrap();
    while !lane.is_over(1) {
        lane.reactor.begin_tick(&lane.event_loop, PATIENCE);
    }
    (listener, peer)
}

#[test]
fn the_next_request_uses_a_connection_whose_answer_was_only_peeked_at() {
    let lane = Lane::new(8);
    let (_listener, mut peer) = answered(&lane);
    lane.transport.start(get(2));
    read_head(&mut peer);
    lane.event_loop.finish_reads();
    peer.write_all(SHORT).unwrap();
    assert_eq!(lane.body(2).unwrap(), "ok");
}

#[test]
fn bytes_behind_an_answer_that_was_only_peeked_at_are_never_taken_for_the_next() {
    let lane = Lane::new(8);
    let (listener, mut peer) = answered(&lane);
    peer.write_all(SHORT).unwrap();
    lane.transport.start(get(2));
    let (mut second, _) = listener.accept().unwrap();
    read_head(&mut second);
    lane.event_loop.finish_reads();
    lane.tick();
    assert!(!lane.is_over(2));
    assert_eq!(peer.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[test]
fn a_cancelled_call_closes_its_connection() {
    let lane = Lane::new(1);
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut stream, _) = listener.accept().unwrap();
    read_head(&mut stream);
    lane.transport.cancel(1);
    assert!(is_at_end(&mut stream));
    assert_eq!(lane.open(), 0);
    assert!(matches!(lane.events.0.borrow()[..], [Event::Cancelled { id: 1 }]));
    lane.transport.cancel(1);
    assert_eq!(lane.events.0.borrow().len(), 1);
}

#[test]
fn a_call_that_is_over_cannot_be_cancelled_any_more() {
    let lane = Lane::new(1);
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut stream, _) = listener.accept().unwrap();
    read_head(&mut stream);
    stream.write_all(SHORT).unwrap();
    lane.tick_until("the answer", |lane| lane.is_over(1));
    lane.transport.cancel(1);
    assert!(matches!(lane.events.0.borrow()[..], [Event::Done { id: 1, .. }]));
    assert_eq!(lane.open(), 1, "its connection serves the next");
}

#[test]
fn a_call_that_is_cancelled_while_it_waits_leaves_the_queue() {
    let lane = Lane::new(1);
    let listener = lane.listen();
    for id in 1..=3 {
        lane.transport.start(get(id));
    }
    lane.transport.cancel(2);
    let (mut stream, _) = listener.accept().unwrap();
    for id in [1, 3] {
        assert!(read_head(&mut stream).starts_with(&format!("GET /{id} ")));
        stream.write_all(SHORT).unwrap();
        assert_eq!(lane.body(id).unwrap(), "ok");
    }
}

#[test]
fn dropping_the_transport_closes_all_connections() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut idle, _) = listener.accept().unwrap();
    read_head(&mut idle);
    idle.write_all(SHORT).unwrap();
    lane.body(1).unwrap();
    lane.transport.start(get(2));
    lane.transport.start(get(3));
    let (mut busy, _) = listener.accept().unwrap();
    read_head(&mut busy);
    let Lane { event_loop, transport, .. } = lane;
    drop(transport);
    event_loop.tick();
    assert!(is_at_end(&mut busy));
    read_head(&mut idle);
    assert!(is_at_end(&mut idle));
}

#[test]
fn closing_the_loop_closes_all_connections() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut stream, _) = listener.accept().unwrap();
    read_head(&mut stream);
    lane.event_loop.close();
    assert!(is_at_end(&mut stream));
    lane.transport.start(get(2));
    assert!(lane.is_over(2), "a call on a closed loop fails at once");
}

#[test]
fn a_refused_connection_is_told() {
    let lane = Lane::new(10);
    lane.transport.start(get(1));
    assert_eq!(lane.body(1).unwrap_err().code(), "ENOENT");
    drop(lane.listen());
    lane.transport.start(get(2));
    assert_eq!(lane.body(2).unwrap_err().code(), "ECONNREFUSED");
    assert_eq!(lane.open(), 0);
}

#[test]
fn a_full_listen_queue_is_waited_for() {
    let lane = Lane::new(10);
    let address = SockAddr::unix(&lane.path.0).unwrap();
    let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    listener.bind(&address).unwrap();
    listener.listen(0).unwrap();
    let mut others = Vec::new();
    loop {
        let other = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        other.set_nonblocking(true).unwrap();
        match other.connect(&address) {
            Ok(()) => others.push(other),
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
                break;
            }
        }
    }
    lane.transport.start(get(1));
    for _ in 0..5 {
        lane.tick();
    }
    assert!(!lane.is_over(1));
    let answers = thread::spawn(move || {
        for _ in &others {
            drop(listener.accept().unwrap());
        }
        let (socket, _) = listener.accept().unwrap();
        let mut stream = UnixStream::from(std::os::fd::OwnedFd::from(socket));
        read_head(&mut stream);
        stream.write_all(SHORT).unwrap();
    });
    assert_eq!(lane.body(1).unwrap(), "ok");
    answers.join().unwrap();
}

#[test]
fn a_full_send_buffer_is_waited_for() {
    const LENGTH: usize = 8 << 20;
    let lane = Lane::new(10);
    let listener = lane.listen();
    let body: Bytes = (0..=250).cycle().take(LENGTH).collect();
    let call = Call { method: Method::POST, payload: Payload::Bytes(body.clone()), ..get(1) };
    lane.transport.start(call);
    let (mut stream, _) = listener.accept().unwrap();
    // Nobody reads: the buffer is full, and waiting for room takes no ticks.
    lane.tick();
    let before = lane.reactor.events.get();
    for _ in 0..5 {
        lane.tick();
    }
    assert_eq!(lane.reactor.events.get(), before);
    let reader = thread::spawn(move || {
        read_head(&mut stream);
        let mut received = vec![0; LENGTH];
        stream.read_exact(&mut received).unwrap();
        stream.write_all(SHORT).unwrap();
        received
    });
    assert_eq!(lane.body(1).unwrap(), "ok");
    assert_eq!(reader.join().unwrap(), body);
}

#[test]
fn a_large_body_takes_many_ticks() {
    const LENGTH: usize = 16 << 20;
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.transport.start(get(1));
    let (mut stream, _) = listener.accept().unwrap();
    let before = lane.reactor.events.get();
    let writer = thread::spawn(move || {
        read_head(&mut stream);
        stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n").as_bytes()).unwrap();
        stream.write_all(&vec![b'x'; LENGTH]).unwrap();
    });
    assert_eq!(lane.body(1).unwrap().len(), LENGTH);
    writer.join().unwrap();
    // 256 KiB and one more read of at most 128 KiB between two ticks.
    assert!(lane.reactor.events.get() - before >= LENGTH / (384 * 1024));
}

#[test]
fn a_reader_that_pauses_costs_no_ticks() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.transport.start(Call { delivery: Delivery::Stream, ..get(1) });
    let (mut stream, _) = listener.accept().unwrap();
    let writer = thread::spawn(move || {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4000000\r\n\r\n").unwrap();
        stream.write_all(&vec![b'x'; 4_000_000]).unwrap();
    });
    let received = |lane: &Lane| -> usize {
        let events = lane.events.0.borrow();
        events.iter().map(|event| if let Event::Chunk { bytes, .. } = event { bytes.len() } else { 0 }).sum()
    };
    lane.tick_until("the window to fill", |lane| received(lane) > 256 * 1024);
    for _ in 0..5 {
        lane.tick();
    }
    let (events, held) = (lane.reactor.events.get(), received(&lane));
    for _ in 0..5 {
        lane.tick();
    }
    assert_eq!((lane.reactor.events.get(), received(&lane)), (events, held));
    assert!(held < 2_000_000);
    let taken = Cell::new(0);
    lane.tick_until("the rest", |lane| {
        let received = received(lane);
        lane.transport.consumed(1, received - taken.replace(received));
        lane.is_over(1)
    });
    assert_eq!(received(&lane), 4_000_000);
    writer.join().unwrap();
}

#[test]
fn a_timer_ends_a_call() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.transport.start(Call { timeout: Some(Duration::from_millis(20)), ..get(1) });
    let (mut stream, _) = listener.accept().unwrap();
    read_head(&mut stream);
    assert_eq!(lane.body(1).unwrap_err().code(), "ERR_CYCLE_TIMEOUT");
    assert!(is_at_end(&mut stream));
}

#[test]
fn tcp_works_alike_and_names_are_left_to_others() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 1024];
        assert!(stream.read(&mut head).unwrap() > 0);
        stream.write_all(SHORT).unwrap();
    });
    let mut lane = Lane::new(1);
    let endpoint = Endpoint::Tcp { host: "127.0.0.1".into(), port };
    lane.transport =
        EventLoopTransport::new(&lane.event_loop, &endpoint, &Limits::default(), lane.events.clone())
            .unwrap();
    lane.transport.start(get(1));
    assert_eq!(lane.body(1).unwrap(), "ok");
    server.join().unwrap();
    lane.transport.start(get(2));
    assert_eq!(lane.body(2).unwrap_err().code(), "ECONNREFUSED");
    let named = Endpoint::Tcp { host: "example.com".into(), port };
    assert!(
        EventLoopTransport::new(&lane.event_loop, &named, &Limits::default(), Events::default()).is_err()
    );
}
