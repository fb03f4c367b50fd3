//! APIs declared as data: a declaration lists the endpoints of an API, and clients, command line and simulator are
//! derived from it.
//!
//! [`Protocol::from_json`] checks a declaration and reports all of its errors, each with its place. The checked
//! protocol builds [`Request`]s from params, turns answers into results or [`CallError`]s, lists the [`Command`]s of a
//! command line, and answers requests in a simulator ([`Service`]). Nothing in here does input or output.

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
pub(crate) mod names;
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
