//! What becomes of requests whose connections are lost, or only seem to be.

use std::io::Write as _;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use http::Method;

use super::tests::{Lane, SHORT, get, is_at_end, read_head};
use crate::http::{Call, Payload, Transport as _};

/// Opens this many connections. Each has answered once and is idle.
fn idle(lane: &Lane, listener: &UnixListener, count: u32) -> Vec<UnixStream> {
    (1..=count).for_each(|id| lane.transport.start(get(id)));
    let mut streams: Vec<_> = (1..=count).map(|_| listener.accept().unwrap().0).collect();
    for stream in &mut streams {
        read_head(stream);
        stream.write_all(SHORT).unwrap();
    }
    (1..=count).for_each(|id| assert_eq!(lane.body(id).unwrap(), "ok"));
    streams
}

#[test]
fn a_slow_liveness_check_closes_no_healthy_connection() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    lane.reactor.check_duration.set(Duration::from_millis(3));
    let mut stream = idle(&lane, &listener, 1).remove(0);
    for id in 2..7 {
        lane.transport.start(get(id));
        assert!(read_head(&mut stream).starts_with(&format!("GET /{id} ")));
        stream.write_all(SHORT).unwrap();
        assert_eq!(lane.body(id).unwrap(), "ok");
    }
    assert_eq!(lane.open(), 1);
}

#[test]
fn idle_connections_are_checked_together() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    let _streams = idle(&lane, &listener, 3);
    lane.reactor.checked.borrow_mut().clear();
    lane.transport.start(get(4));
    assert_eq!(*lane.reactor.checked.borrow(), [3]);
}

#[test]
fn a_request_is_repeated_once_and_on_a_new_connection() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    let mut streams = idle(&lane, &listener, 3);
    lane.transport.start(get(4));
    // The one that was used last is used next.
    let mut used = streams.pop().unwrap();
    assert!(read_head(&mut used).starts_with("GET /4 "));
    drop(used);
    lane.tick_until("the repeat", |_| {
        listener.set_nonblocking(true).unwrap();
        let Ok((mut stream, _)) = listener.accept() else { return false };
        stream.set_nonblocking(false).unwrap();
        assert!(read_head(&mut stream).starts_with("GET /4 "));
        true
    });
    assert_eq!(lane.body(4).unwrap_err().code(), "ECONNRESET");
    assert_eq!(lane.open(), 2);
}

#[test]
fn a_full_pool_makes_room_for_the_repeat() {
    let lane = Lane::new(2);
    let listener = lane.listen();
    let mut streams = idle(&lane, &listener, 2);
    lane.transport.start(get(3));
    lane.transport.start(get(4));
    let mut lost = streams.pop().unwrap();
    read_head(&mut lost);
    drop(lost);
    let mut kept = streams.pop().unwrap();
    read_head(&mut kept);
    kept.write_all(SHORT).unwrap();
    assert_eq!(lane.body(4).unwrap(), "ok");
    let (mut stream, _) = listener.accept().unwrap();
    assert!(read_head(&mut stream).starts_with("GET /3 "));
    stream.write_all(SHORT).unwrap();
    assert_eq!(lane.body(3).unwrap(), "ok");
}

#[test]
fn what_was_never_written_is_sent_over_another_connection_whatever_it_is() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    let mut streams = idle(&lane, &listener, 2);
    // This checks both connections; the other one ends right after.
    lane.transport.start(get(3));
    drop(streams.remove(0));
    lane.transport.start(Call { method: Method::POST, ..get(4) });
    lane.tick();
    let (mut stream, _) = listener.accept().unwrap();
    assert!(read_head(&mut stream).starts_with("POST /4 "));
    stream.write_all(SHORT).unwrap();
    assert_eq!(lane.body(4).unwrap(), "ok");
}

#[test]
fn a_post_that_was_written_is_not_repeated() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    let mut stream = idle(&lane, &listener, 1).remove(0);
    lane.transport.start(Call { method: Method::POST, ..get(2) });
    read_head(&mut stream);
    drop(stream);
    assert_eq!(lane.body(2).unwrap_err().code(), "ECONNRESET");
    assert_eq!(lane.open(), 0);
}

#[test]
fn bytes_of_an_answer_that_nobody_has_read_forbid_a_repeat() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    let mut stream = idle(&lane, &listener, 1).remove(0);
    let body = vec![b'x'; 8 << 20];
    lane.transport.start(Call { method: Method::PUT, payload: Payload::Bytes(body.into()), ..get(2) });
    // The answer comes and the connection ends between two ticks, while the body is being written.
    stream.write_all(b"HTTP/1.1 1").unwrap();
    drop(stream);
    assert_eq!(lane.body(2).unwrap_err().code(), "ECONNRESET");
    assert_eq!(lane.open(), 0);
}

#[test]
fn a_dropped_transport_leaves_neither_connections_nor_timers() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    let mut streams = idle(&lane, &listener, 2);
    let Lane { event_loop, transport, .. } = lane;
    drop(transport);
    event_loop.tick();
    assert!(streams.iter_mut().all(is_at_end));
    assert_eq!(event_loop.sleepers(), 0);
}

#[test]
fn nothing_is_awaited_where_nothing_can_be_written() {
    let lane = Lane::new(10);
    let listener = lane.listen();
    let streams = idle(&lane, &listener, 1);
    // The server keeps the connection open and reads nothing more.
    streams[0].shutdown(Shutdown::Read).unwrap();
    lane.transport.start(Call { method: Method::POST, payload: Payload::Bytes("body".into()), ..get(2) });
    lane.tick_until("the repeat", |_| {
        listener.set_nonblocking(true).unwrap();
        let Ok((mut stream, _)) = listener.accept() else { return false };
        stream.set_nonblocking(false).unwrap();
        assert!(read_head(&mut stream).starts_with("POST /2 "));
        stream.write_all(SHORT).unwrap();
        true
    });
    assert_eq!(lane.body(2).unwrap(), "ok");
}
