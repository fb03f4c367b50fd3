//! Collects a whole body.

use bytes::{Bytes, BytesMut};

use super::error::Error;

/// The most memory, in bytes, that is reserved because of a `Content-Length` alone.
const MAX_RESERVE: u64 = 1 << 20;
/// Memory beyond that is reserved up to this many times what was received.
const TRUST: u64 = 16;

/// Joins the pieces of a body. A body of one piece is not copied.
#[derive(Debug)]
pub struct Collector {
    limit: u64,
    expected: u64,
    only: Bytes,
    joined: BytesMut,
}

impl Collector {
    /// Accepts up to `limit` bytes. `expected` is the announced length in bytes, 0 if unknown.
    #[must_use]
    pub fn new(limit: u64, expected: u64) -> Self {
        Self { limit, expected, only: Bytes::new(), joined: BytesMut::new() }
    }

    /// The number of bytes that are still accepted.
    #[must_use]
    pub fn room(&self) -> u64 {
        self.limit.saturating_sub((self.only.len() + self.joined.len()) as u64)
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when the body exceeds the limit.
    pub fn push(&mut self, piece: Bytes) -> Result<(), Error> {
        if piece.len() as u64 > self.room() {
            return Err(Error::TooLarge { limit: self.limit });
        }
        if self.joined.is_empty() && self.only.is_empty() {
            self.only = piece;
            return Ok(());
        }
        let first = std::mem::take(&mut self.only);
        self.make_room(first.len() + piece.len());
        self.joined.extend_from_slice(&first);
        self.joined.extend_from_slice(&piece);
        Ok(())
    }

    /// Reserves memory for `bytes` bytes, and for the rest of the announced length if that is plausible. Growing step by step
    /// would copy a long body several times.
    fn make_room(&mut self, bytes: usize) {
        let known = self.joined.len() + bytes;
        if known > self.joined.capacity() {
            let believed = MAX_RESERVE.max(known as u64 * TRUST);
            let wanted = usize::try_from(self.expected.min(believed)).unwrap_or_default().max(known);
            self.joined.reserve(wanted - self.joined.len());
        }
    }

    /// Returns the whole body, without spare memory, because it may be kept for long.
    #[must_use]
    pub fn finish(self) -> Bytes {
        if self.joined.is_empty() {
            return self.only;
        }
        let mut whole = Vec::from(self.joined);
        whole.shrink_to_fit();
        whole.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_pieces_in_order() {
        let mut collector = Collector::new(100, 6);
        for piece in ["ab", "cd", "ef"] {
            collector.push(Bytes::from_static(piece.as_bytes())).unwrap();
        }
        assert_eq!(collector.room(), 94);
        assert_eq!(collector.finish(), "abcdef");
        assert_eq!(Collector::new(0, 0).finish(), "");
    }

    #[test]
    fn room_is_made_for_an_announced_length_once_enough_has_come() {
        let megabyte = Bytes::from(vec![1; 1 << 20]);
        let collected = |expected: u64, pieces: usize| {
            let mut collector = Collector::new(u64::MAX, expected);
            for _ in 0..pieces {
                collector.push(megabyte.clone()).unwrap();
            }
            collector.joined.capacity()
        };
        assert_eq!(collected(10 << 20, 2), 10 << 20);
        assert_eq!(collected(10 << 20, 10), 10 << 20);
        assert!(collected(u64::MAX, 2) <= 32 << 20);
        assert!(collected(0, 3) <= 4 << 20);
    }

    #[test]
    fn a_whole_body_keeps_no_memory_that_it_does_not_fill() {
        let mut collector = Collector::new(u64::MAX, 1 << 20);
        for _ in 0..2 {
            collector.push(Bytes::from_static(b"piece")).unwrap();
        }
        assert_eq!(collector.joined.capacity(), 1 << 20);
        let whole = collector.finish();
        assert_eq!(Vec::from(whole).capacity(), 10);
    }

    #[test]
    fn a_single_piece_is_handed_on_as_it_is() {
        let piece = Bytes::from(vec![1; 10]);
        let mut collector = Collector::new(10, 0);
        collector.push(piece.clone()).unwrap();
        assert_eq!(collector.finish().as_ptr(), piece.as_ptr());
    }

    #[test]
    fn refuses_what_is_over_the_limit() {
        let mut collector = Collector::new(3, 0);
        collector.push(Bytes::from_static(b"abc")).unwrap();
        assert!(matches!(collector.push(Bytes::from_static(b"d")), Err(Error::TooLarge { limit: 3 })));
    }
}
