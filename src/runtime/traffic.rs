//! What went over a connection.

use std::cell::Cell;

/// How many bytes a connection has moved, for whoever must know how far a request came.
#[derive(Debug, Default)]
pub struct Traffic {
    read: Cell<u64>,
    written: Cell<u64>,
}

impl Traffic {
    /// Takes note of bytes that were read.
    pub fn add_read(&self, bytes: usize) {
        self.read.set(self.read.get() + bytes as u64);
    }

    /// Takes note of bytes that were written.
    pub fn add_written(&self, bytes: usize) {
        self.written.set(self.written.get() + bytes as u64);
    }

    /// Bytes read so far.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.get()
    }

    /// Bytes written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written.get()
    }
}
