//! Reads JSON text for JavaScript.
//!
//! `JSON.parse` spends most of its time on the keys of objects. But the texts of one socket have objects of few shapes, that
//! is with the same keys. So [`tape::Recorder`] reads a text and writes a [`tape`]: the shape of each object, and where its
//! values are. `lib/bridge/json-tape.mjs` builds the objects of a tape, with one function for each shape. [`topic`] reads only
//! one value of a text. Both use the scanner in `scan.rs`.

#[cfg(test)]
mod arbitrary;
mod error;
mod parts;
pub(crate) mod scan;
pub mod shapes;
pub mod tape;
pub mod topic;

pub use error::Error;
