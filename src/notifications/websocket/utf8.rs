//! Checks UTF-8 that arrives in parts.

use super::error::ProtocolError;

/// Detects invalid UTF-8 before the whole text has arrived.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The first bytes of a character that is not complete.
    tail: [u8; 4],
    length: usize,
}

impl Utf8 {
    /// Checks the next bytes.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidUtf8`] when no further bytes could make the text valid.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        let mut rest = bytes;
        while self.length > 0
            && let Some((first, others)) = rest.split_first()
        {
            self.tail[self.length] = *first;
            self.length = incomplete(&self.tail[..=self.length])?.len();
            rest = others;
        }
        let tail = incomplete(rest)?;
        if !tail.is_empty() {
            self.length = tail.len();
            self.tail[..tail.len()].copy_from_slice(tail);
        }
        Ok(())
    }
}

/// The incomplete character at the end of `bytes`, or an empty slice.
fn incomplete(bytes: &[u8]) -> Result<&[u8], ProtocolError> {
    match str::from_utf8(bytes) {
        Ok(_) => Ok(&[]),
        Err(error) if error.error_len().is_none() => Ok(&bytes[error.valid_up_to()..]),
        Err(_) => Err(ProtocolError::InvalidUtf8),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pushed<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<(), ProtocolError> {
        let mut utf8 = Utf8::default();
        pieces.into_iter().try_for_each(|piece| utf8.push(piece))
    }

    #[test]
    fn characters_may_be_cut_anywhere() {
        let text = "a\u{80}€\u{10ffff}z".as_bytes();
        for size in 1..=text.len() {
            assert_eq!(pushed(text.chunks(size)), Ok(()), "{size}");
        }
    }

    #[test]
    fn the_first_byte_that_cannot_follow_is_refused() {
        for (valid, wrong) in [
            (&b"\xf4"[..], 0x90),
            (b"\xed", 0xa0),
            (b"\xe2\x82", b'a'),
            (b"", 0xc0),
            (b"", 0x80),
            (b"\xf0", 0x8f),
        ] {
            assert_eq!(pushed(valid.chunks(1)), Ok(()));
            assert_eq!(pushed(valid.chunks(1).chain([&[wrong][..]])), Err(ProtocolError::InvalidUtf8));
        }
    }

    proptest! {
        #[test]
        fn pieces_are_judged_as_the_whole_is(bytes in prop::collection::vec(any::<u8>(), 0..12), size in 1usize..4) {
            let whole = str::from_utf8(&bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
            prop_assert_eq!(pushed(bytes.chunks(size)).is_ok(), whole);
        }
    }
}
