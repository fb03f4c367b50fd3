//! Counts the bytes of a connection.

use std::cell::Cell;

/// The number of bytes that a connection has read and written. It tells how far a request got.
#[derive(Debug, Default)]
pub struct Traffic {
    read: Cell<u64>,
    written: Cell<u64>,
}

impl Traffic {
    /// Adds to the bytes read.
    pub fn add_read(&self, bytes: usize) {
        self.read.set(self.read.get() + bytes as u64);
    }

    /// Adds to the bytes written.
    pub fn add_written(&self, bytes: usize) {
        self.written.set(self.written.get() + bytes as u64);
    }

    /// The number of bytes read so far.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.get()
    }

    /// The number of bytes written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written.get()
    }
}
