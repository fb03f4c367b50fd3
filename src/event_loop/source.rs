//! A socket, what its reactor said of it, and what came of it.

use std::cell::{Cell, RefCell};
use std::io::{self, Read as _};
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::inbox::Inbox;
use super::reactor::{Direction, Interest, Readiness};

/// A socket that is being watched.
pub struct Source {
    pub(super) socket: Socket,
    pub(super) readiness: Readiness,
    inbox: Rc<Inbox>,
    ahead: RefCell<Ahead>,
    seen_quiet: Cell<Option<Instant>>,
}

/// What a read brought before anybody asked for it.
#[derive(Default)]
enum Ahead {
    #[default]
    Nothing,
    /// Bytes in the inbox, and whether there may be more in the socket.
    Bytes(Range<usize>, bool),
    Failed(io::Error),
}

impl Source {
    /// A non-blocking socket. `writable` tells whether it can be written to before the first event.
    pub(super) fn new(socket: Socket, inbox: Rc<Inbox>, writable: bool) -> Self {
        let readiness = Readiness::new(writable);
        Self { socket, readiness, inbox, ahead: RefCell::default(), seen_quiet: Cell::new(None) }
    }

    /// Takes an event from the reactor. Gives the interest to go on with where it has changed.
    ///
    /// A socket that somebody waits to read is read at once, before the tasks of this turn run: a read tells the other
    /// side that there is room, which may wake it, and so the sockets of a turn wake it once and not one by one.
    pub fn event(&self, readable: bool, writable: bool) -> Option<Interest> {
        if readable && self.readiness.is_awaited(Direction::Read) {
            self.read_ahead();
        }
        self.readiness.event(readable, writable)
    }

    /// Takes note that the socket has failed and that its watch is for nothing now. The next read or write finds out
    /// why.
    pub fn failed(&self) {
        self.readiness.failed();
    }

    fn read_ahead(&self) {
        let mut ahead = self.ahead.borrow_mut();
        if !matches!(*ahead, Ahead::Nothing) {
            return;
        }
        match self.inbox.keep(|room| (&self.socket).read(room)) {
            Some(Ok((range, more))) if !range.is_empty() => {
                *ahead = Ahead::Bytes(range, more);
            }
            Some(Err(error))
                if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) =>
            {
                *ahead = Ahead::Failed(error);
            }
            // Whoever reads finds the same.
            _ => {}
        }
    }

    /// Reads up to `most` bytes and hands them to `take`. Gives how many they were, and whether there may be more at
    /// once.
    pub(super) fn read(&self, most: usize, take: impl FnOnce(&[u8])) -> io::Result<(usize, bool)> {
        match self.ahead.take() {
            Ahead::Failed(error) => Err(error),
            Ahead::Bytes(range, more) => {
                let part = range.start..range.end.min(range.start + most);
                self.inbox.look(part.clone(), take);
                let rest = part.end..range.end;
                if rest.is_empty() {
                    self.inbox.release();
                    return Ok((part.len(), more));
                }
                self.ahead.replace(Ahead::Bytes(rest, more));
                Ok((part.len(), true))
            }
            Ahead::Nothing => self.inbox.lend(|room| {
                let wanted = most.min(room.len());
                let bytes = (&self.socket).read(&mut room[..wanted])?;
                let more = bytes == wanted;
                take(&room[..bytes]);
                // Zero is the end, and whoever asks again shall see the end again.
                Ok((bytes, more || bytes == 0))
            }),
        }
    }

    /// Takes note of a look at the socket: when it was, and whether there was something to read.
    pub(super) fn was_seen(&self, at: Instant, readable: bool) {
        self.seen_quiet.set((!readable).then_some(at));
    }

    /// From now on something may come.
    pub(super) fn forget_look(&self) {
        self.seen_quiet.set(None);
    }

    /// Whether a look less than `limit` ago found nothing to read, neither bytes nor an end.
    pub(super) fn was_quiet_within(&self, limit: Duration) -> bool {
        self.seen_quiet.get().is_some_and(|at| at.elapsed() < limit)
    }

    /// Whether everything that was read was also taken.
    pub(super) fn is_taken(&self) -> bool {
        matches!(*self.ahead.borrow(), Ahead::Nothing)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Ahead::Bytes(..) = self.ahead.take() {
            self.inbox.release();
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

    fn source() -> (Source, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Source::new(ours.into(), Rc::new(Inbox::new()), true), theirs)
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
    fn a_look_holds_for_a_while_and_until_it_is_forgotten() {
        let (source, _peer) = source();
        assert!(!source.was_quiet_within(Duration::MAX));
        source.was_seen(Instant::now(), false);
        assert!(source.was_quiet_within(Duration::MAX) && !source.was_quiet_within(Duration::ZERO));
        source.was_seen(Instant::now(), true);
        assert!(!source.was_quiet_within(Duration::MAX));
        source.was_seen(Instant::now(), false);
        source.forget_look();
        assert!(!source.was_quiet_within(Duration::MAX));
    }

    #[test]
    fn an_end_is_told_again_and_again() {
        let (source, peer) = source();
        drop(peer);
        wait(&source);
        source.event(true, false);
        for _ in 0..2 {
            assert_eq!(read(&source, 9).unwrap(), (String::new(), true));
        }
    }

    #[test]
    fn a_failure_is_told_to_whoever_reads() {
        let (source, mut peer) = source();
        // What it leaves unread makes its end a reset.
        source.socket.send(b"unread").unwrap();
        peer.write_all(b"answer").unwrap();
        drop(peer);
        wait(&source);
        source.event(true, false);
        wait(&source);
        source.event(true, false);
        assert!(!source.is_taken());
        let first = read(&source, 9);
        let failure = first.and_then(|_| read(&source, 9)).unwrap_err();
        assert_eq!(failure.kind(), io::ErrorKind::ConnectionReset);
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
