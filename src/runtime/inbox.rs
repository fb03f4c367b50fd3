//! The receive buffer of an event loop.

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::Range;

/// The size of the buffer in bytes, and so the most bytes of one read.
const BYTES: usize = 128 * 1024;
/// Bytes that reads ahead leave free for other reads.
const RESERVED: usize = 32 * 1024;
/// The least room for a read ahead, in bytes. Less would often be too little.
const LEAST: usize = 4 * 1024;

/// One receive buffer for all sockets of a loop. Bytes stay here only until they are taken.
pub(super) struct Inbox {
    bytes: RefCell<Box<[u8]>>,
    /// The end of the kept bytes.
    end: Cell<usize>,
    /// The number of kept pieces that are not released.
    kept: Cell<usize>,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self { bytes: RefCell::new(vec![0; BYTES].into_boxed_slice()), end: Cell::new(0), kept: Cell::new(0) }
    }

    /// Reads ahead: calls `read` with the free room. Returns the range of the bytes, and whether they fill the room. Unless
    /// the range is empty, they are kept until [`Inbox::release`]. `None` when there is too little room.
    pub(super) fn keep(
        &self,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> Option<io::Result<(Range<usize>, bool)>> {
        let start = self.end.get();
        let mut bytes = self.bytes.borrow_mut();
        let room = &mut bytes[start..BYTES - RESERVED];
        if room.len() < LEAST {
            return None;
        }
        let most = room.len();
        Some(read(room).map(|count| {
            if count > 0 {
                self.end.set(start + count);
                self.kept.set(self.kept.get() + 1);
            }
            (start..start + count, count == most)
        }))
    }

    /// Calls `work` with kept bytes.
    pub(super) fn with<R>(&self, range: Range<usize>, work: impl FnOnce(&[u8]) -> R) -> R {
        work(&self.bytes.borrow()[range])
    }

    /// Releases a kept piece. When all are released, the buffer is empty again.
    pub(super) fn release(&self) {
        self.kept.set(self.kept.get() - 1);
        if self.kept.get() == 0 {
            self.end.set(0);
        }
    }

    /// Calls `work` with the free room, whose content is lost afterwards.
    pub(super) fn lend<R>(&self, work: impl FnOnce(&mut [u8]) -> R) -> R {
        work(&mut self.bytes.borrow_mut()[self.end.get()..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(inbox: &Inbox, text: &[u8]) -> Option<Range<usize>> {
        let kept = inbox.keep(|room| {
            room[..text.len()].copy_from_slice(text);
            Ok(text.len())
        });
        kept.map(|kept| kept.unwrap().0)
    }

    #[test]
    fn kept_bytes_stay_where_they_are_until_all_are_released() {
        let inbox = Inbox::new();
        let (first, second) = (keep(&inbox, b"first").unwrap(), keep(&inbox, b"second").unwrap());
        inbox.release();
        let third = keep(&inbox, b"third").unwrap();
        inbox.lend(|room| room.fill(0));
        assert_eq!((first, third.clone()), (0..5, 11..16));
        assert!(
            inbox.with(second, |bytes| bytes == b"second") && inbox.with(third, |bytes| bytes == b"third")
        );
        inbox.release();
        inbox.release();
        assert_eq!(keep(&inbox, b"fourth"), Some(0..6));
    }

    #[test]
    fn nothing_is_kept_of_an_end_or_a_failure() {
        let inbox = Inbox::new();
        assert_eq!(inbox.keep(|_| Ok(0)).unwrap().unwrap(), (0..0, false));
        assert!(inbox.keep(|_| Err(io::ErrorKind::WouldBlock.into())).unwrap().is_err());
        assert_eq!(keep(&inbox, b"first"), Some(0..5));
    }

    #[test]
    fn a_full_inbox_still_lends() {
        let inbox = Inbox::new();
        let (all, filled) = inbox.keep(|room| Ok(room.len())).unwrap().unwrap();
        assert_eq!((all, filled), (0..BYTES - RESERVED, true));
        assert_eq!(keep(&inbox, b"more"), None);
        assert_eq!(inbox.lend(|room| room.len()), RESERVED);
    }
}
