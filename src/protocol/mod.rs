//! APIs declared as data: what a declaration may say, and what follows from it.
//!
//! [`Protocol::from_json`] checks a declaration and says everything that is wrong with it, each with its place. From the
//! checked protocol come [`Request`]s built from params, answers told apart into results and
//! [`CallError`]s, the table of [`Command`]s of a command line, and the routes of a simulator.
//! Nothing in here performs input or output.

mod address;
mod answer;
mod call_error;
mod caller;
mod command;
mod compile;
mod date;
mod declaration;
mod declared_error;
mod error;
mod fields;
mod fit;
mod hiding;
mod names;
mod param;
pub(crate) mod path;
mod request;
pub(crate) mod router;
pub(crate) mod sample;
mod secret;
mod service;
mod shape;
mod template;
mod types;
pub(crate) mod value;

pub use address::Address;
pub use answer::{Answer, Unanswered};
pub use call_error::CallError;
pub use caller::Caller;
pub use command::{Command, CommandParam};
pub use error::{Diagnostic, Error};
pub use param::Param;
pub use request::{Call, Request};
pub use service::{HeaderLookup, Incoming, Reply, Service};
pub use types::{Endpoint, Protocol};

#[cfg(test)]
mod tests;
