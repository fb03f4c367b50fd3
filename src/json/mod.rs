//! JSON text on its way to JavaScript.
//!
//! `JSON.parse` finds the keys of each object anew, and that is most of its time. What comes over one socket has few
//! kinds of objects, so [`tape::Recorder`] reads a text here and writes a [`tape`]: which kind of object comes next, and
//! where its values are. `lib/bridge/json-tape.mjs` makes the objects of a tape, with one function for each kind.
//! [`topic`] reads just one value of a text. Both know the grammar from [`scan`].

#[cfg(test)]
mod arbitrary;
mod error;
mod parts;
pub(crate) mod scan;
pub mod shapes;
pub mod tape;
pub mod topic;

pub use error::Error;
