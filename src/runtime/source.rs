//! A watched socket, with its readiness and the bytes that were read ahead.

use std::cell::{Cell, RefCell};
use std::io::{self, Read as _};
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::net::{RecvFlags, recv};
use socket2::Socket;

use super::inbox::Inbox;
use super::peeks::{Peeked, Peeks};
use super::readiness::{Direction, Interest, Readiness};

/// Answers of this length or more, in bytes, are taken out at once: the server may wait for room in the socket.
const MOST_PEEKED: usize = 8 * 1024;

/// A socket that is being watched.
pub struct Source {
    pub(super) socket: Socket,
    pub(super) readiness: Readiness,
    inbox: Rc<Inbox>,
    peeks: Option<Rc<Peeks>>,
    ahead: RefCell<Ahead>,
    /// The number of bytes at the front of the socket that were peeked at.
    peeked: Cell<usize>,
    /// When a liveness check last found the socket open with nothing to read.
    seen_live: Cell<Option<Instant>>,
}

/// The result of a read ahead.
#[derive(Default)]
enum Ahead {
    #[default]
    Nothing,
    /// The bytes in the inbox, and whether there may be more in the socket.
    Bytes(Range<usize>, bool),
    Failed(io::Error),
}

impl Source {
    /// Wraps a non-blocking socket. It is only peeked at if there are `peeks`. `writable` says whether it can be written before
    /// the first event.
    pub(super) fn new(socket: Socket, inbox: Rc<Inbox>, peeks: Option<Rc<Peeks>>, writable: bool) -> Self {
        Self {
            socket,
            readiness: Readiness::new(writable),
            inbox,
            peeks,
            ahead: RefCell::default(),
            peeked: Cell::new(0),
            seen_live: Cell::new(None),
        }
    }

    /// Handles an event from the reactor. Returns what to watch for from now on, or `None` for no change.
    ///
    /// A socket that a task waits to read is read ahead: at once, before the tasks of this tick run. Reading makes room in the
    /// socket, which may wake the server. By reading all sockets first, the server is woken once instead of one by one.
    pub fn event(self: &Rc<Self>, readable: bool, writable: bool) -> Option<Interest> {
        if readable && self.readiness.is_awaited(Direction::Read) {
            self.take_peeked();
            match self.peeks.as_ref().filter(|peeks| peeks.note_arrival()) {
                Some(peeks) => self.peek_ahead(peeks),
                None => self.read_ahead(|room| (&self.socket).read(room)),
            }
        }
        self.readiness.event(readable, writable)
    }

    /// Called when the socket has failed and is no longer watched. The next read or write gets the error.
    pub fn failed(&self) {
        self.readiness.failed();
    }

    fn peek_ahead(self: &Rc<Self>, peeks: &Peeks) {
        self.read_ahead(|room| {
            let most = MOST_PEEKED.min(room.len());
            let (bytes, _whole) = recv(&self.socket, &mut room[..most], RecvFlags::PEEK)?;
            if bytes == most {
                return (&self.socket).read(room);
            }
            self.peeked.set(bytes);
            Ok(bytes)
        });
        if self.peeked.get() > 0 {
            let socket: Rc<dyn Peeked> = Rc::clone(self) as Rc<dyn Peeked>;
            peeks.remember(Rc::downgrade(&socket));
        }
    }

    fn read_ahead(&self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) {
        let mut ahead = self.ahead.borrow_mut();
        if !matches!(*ahead, Ahead::Nothing) {
            return;
        }
        match self.inbox.keep(read) {
            Some(Ok((range, more))) if !range.is_empty() => {
                *ahead = Ahead::Bytes(range, more);
            }
            Some(Err(error))
                if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) =>
            {
                *ahead = Ahead::Failed(error);
            }
            // The reader will find the same.
            _ => {}
        }
    }

    /// The number of bytes at the front of the socket that were peeked at.
    pub(super) fn peeked(&self) -> usize {
        self.peeked.get()
    }

    /// Reads up to `most` bytes and passes them to `take`. Returns their number, and whether there may be more now.
    pub(super) fn read(&self, most: usize, take: impl FnOnce(&[u8])) -> io::Result<(usize, bool)> {
        match self.ahead.take() {
            Ahead::Failed(error) => Err(error),
            Ahead::Bytes(range, more) => {
                let part = range.start..range.end.min(range.start + most);
                self.inbox.with(part.clone(), take);
                let rest = part.end..range.end;
                if rest.is_empty() {
                    self.inbox.release();
                    return Ok((part.len(), more));
                }
                self.ahead.replace(Ahead::Bytes(rest, more));
                Ok((part.len(), true))
            }
            Ahead::Nothing => {
                self.take_peeked();
                self.inbox.lend(|room| {
                    let wanted = most.min(room.len());
                    let bytes = (&self.socket).read(&mut room[..wanted])?;
                    let more = bytes == wanted;
                    take(&room[..bytes]);
                    // 0 is the end. Report it again to later reads.
                    Ok((bytes, more || bytes == 0))
                })
            }
        }
    }

    /// Records the time of a liveness check, and whether the socket was open with nothing to read.
    pub(super) fn note_liveness(&self, at: Instant, quiet: bool) {
        self.seen_live.set(quiet.then_some(at));
    }

    /// Makes the last liveness check invalid, because bytes may come from now on.
    pub(super) fn forget_liveness(&self) {
        self.seen_live.set(None);
    }

    /// Whether a liveness check less than `limit` ago found the socket open with nothing to read.
    pub(super) fn was_live_within(&self, limit: Duration) -> bool {
        self.seen_live.get().is_some_and(|at| at.elapsed() < limit)
    }

    /// Whether all bytes that were read ahead were taken.
    pub(super) fn is_taken(&self) -> bool {
        matches!(*self.ahead.borrow(), Ahead::Nothing)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // Closing a socket with unread bytes would reset the connection.
        self.take_peeked();
        if let Ahead::Bytes(..) = self.ahead.take() {
            self.inbox.release();
        }
    }
}

impl Peeked for Source {
    fn take_peeked(&self) {
        let mut left = self.peeked.take();
        while left > 0 {
            let taken = self.inbox.lend(|room| {
                let most = left.min(room.len());
                (&self.socket).read(&mut room[..most])
            });
            match taken {
                Ok(bytes) if bytes > 0 => left -= bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The bytes were there, so the socket has failed. The next read gets the error.
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::mem::MaybeUninit;
    use std::os::unix::net::UnixStream;
    use std::task::{Context, Waker};

    use super::*;

    fn source() -> (Rc<Source>, UnixStream) {
        source_with(None)
    }

    fn source_with(peeks: Option<Rc<Peeks>>) -> (Rc<Source>, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Rc::new(Source::new(ours.into(), Rc::new(Inbox::new()), peeks, true)), theirs)
    }

    fn peeks() -> Rc<Peeks> {
        Rc::new(Peeks::new())
    }

    /// A source that may be peeked at, and got an event for these bytes.
    fn peeked(peeks: &Rc<Peeks>, bytes: &[u8]) -> (Rc<Source>, UnixStream) {
        let (source, mut peer) = source_with(Some(Rc::clone(peeks)));
        wait(&source);
        peer.write_all(bytes).unwrap();
        source.event(true, false);
        (source, peer)
    }

    fn wait(source: &Source) {
        source.readiness.wait(Direction::Read, &Context::from_waker(Waker::noop()));
    }

    fn read(source: &Source, most: usize) -> io::Result<(String, bool)> {
        let mut text = String::new();
        let (_, more) = source.read(most, |bytes| text.push_str(str::from_utf8(bytes).unwrap()))?;
        Ok((text, more))
    }

    fn holds_bytes(source: &Source) -> bool {
        source.socket.peek(&mut [MaybeUninit::uninit()]).is_ok()
    }

    #[test]
    fn a_socket_that_is_waited_for_is_read_with_the_event() {
        let (source, mut peer) = source();
        wait(&source);
        peer.write_all(b"answer").unwrap();
        source.event(true, false);
        assert!(!holds_bytes(&source) && !source.is_taken());
        assert_eq!(read(&source, 2).unwrap(), ("an".into(), true));
        assert_eq!(read(&source, 9).unwrap(), ("swer".into(), false));
        assert!(source.is_taken());
    }

    #[test]
    fn one_that_nobody_waits_for_keeps_its_bytes() {
        let (source, mut peer) = source();
        peer.write_all(b"answer").unwrap();
        source.event(true, false);
        assert!(holds_bytes(&source) && source.is_taken());
        assert_eq!(read(&source, 4).unwrap(), ("answ".into(), true));
        assert_eq!(read(&source, 4).unwrap(), ("er".into(), false));
    }

    #[test]
    fn a_liveness_check_is_valid_for_a_while_and_until_it_is_forgotten() {
        let (source, _peer) = source();
        assert!(!source.was_live_within(Duration::MAX));
        source.note_liveness(Instant::now(), true);
        assert!(source.was_live_within(Duration::MAX) && !source.was_live_within(Duration::ZERO));
        source.note_liveness(Instant::now(), false);
        assert!(!source.was_live_within(Duration::MAX));
        source.note_liveness(Instant::now(), true);
        source.forget_liveness();
        assert!(!source.was_live_within(Duration::MAX));
    }

    #[test]
    fn an_end_is_reported_to_each_read() {
        let (source, peer) = source();
        drop(peer);
        wait(&source);
        source.event(true, false);
        for _ in 0..2 {
            assert_eq!(read(&source, 9).unwrap(), (String::new(), true));
        }
    }

    #[test]
    fn an_error_is_reported_to_the_reader() {
        let (source, mut peer) = source();
        // Closing the peer with unread bytes resets the connection.
        source.socket.send(b"unread").unwrap();
        peer.write_all(b"answer").unwrap();
        drop(peer);
        wait(&source);
        source.event(true, false);
        wait(&source);
        source.event(true, false);
        assert!(!source.is_taken());
        let first = read(&source, 9);
        let error = first.and_then(|_| read(&source, 9)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }

    #[test]
    fn bytes_that_were_peeked_at_are_read_once_and_stay_until_the_tick_is_over() {
        let peeks = peeks();
        let _awaited = peeks.await_answer();
        let (source, _peer) = peeked(&peeks, b"answer");
        assert_eq!(read(&source, 2).unwrap(), ("an".into(), true));
        assert_eq!(read(&source, 9).unwrap(), ("swer".into(), false));
        assert!(holds_bytes(&source));
        peeks.take_all();
        assert!(!holds_bytes(&source));
        assert_eq!(read(&source, 9).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn what_follows_bytes_that_were_peeked_at_is_read_before_the_tick_is_over() {
        let peeks = peeks();
        let _awaited = peeks.await_answer();
        let (source, mut peer) = peeked(&peeks, b"answer");
        assert_eq!(read(&source, 9).unwrap().0, "answer");
        peer.write_all(b"more").unwrap();
        assert_eq!(read(&source, 9).unwrap().0, "more");
        peeks.take_all();
        wait(&source);
        peer.write_all(b"and more").unwrap();
        source.event(true, false);
        wait(&source);
        source.event(true, false);
        assert_eq!(read(&source, 9).unwrap().0, "and more");
        assert_eq!(read(&source, 9).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn nobody_peeks_at_long_answers_or_when_there_is_not_just_one() {
        let peeks = peeks();
        assert!(!holds_bytes(&peeked(&peeks, b"nobody awaits it").0));
        let _first = peeks.await_answer();
        assert!(!holds_bytes(&peeked(&peeks, &[b'x'; MOST_PEEKED]).0));
        assert!(holds_bytes(&peeked(&peeks, &[b'x'; MOST_PEEKED - 1]).0));
        let second = peeks.await_answer();
        assert!(!holds_bytes(&peeked(&peeks, b"one of two").0));
        drop(second);
        assert!(holds_bytes(&peeked(&peeks, b"the last of two").0));
    }

    #[test]
    fn a_connection_that_was_peeked_at_ends_without_a_reset() {
        let peeks = peeks();
        let _awaited = peeks.await_answer();
        let (source, mut peer) = peeked(&peeks, b"answer");
        drop(source);
        assert_eq!(peer.read(&mut [0; 9]).unwrap(), 0);
        peeks.take_all();
    }

    #[test]
    fn bytes_that_nobody_takes_leave_the_inbox_with_their_source() {
        let (source, mut peer) = source();
        let inbox = Rc::clone(&source.inbox);
        wait(&source);
        peer.write_all(b"answer").unwrap();
        source.event(true, false);
        let room = inbox.lend(|room| room.len());
        drop(source);
        assert!(inbox.lend(|room| room.len()) > room);
    }
}
