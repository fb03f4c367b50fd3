//! A server that stands in for the platform: it answers every declared operation from a small world,
//! keeps the state the platform would keep, and does on request what a test needs a server to do.
//!
//! It knows no endpoint. A [`Declaration`] says which operations there are and how each behaves;
//! [`Simulator::start`] serves it on a Unix socket or a TCP port, on a thread of its own.

mod address;
mod answer;
mod api_error;
mod behaviour;
mod channel;
mod clock;
mod connection;
mod control;
mod declaration;
mod duration;
mod engine;
mod error;
mod handshake;
mod holes;
mod journal;
mod listener;
mod place;
mod protocol;
mod publisher;
mod reply;
mod request;
mod rule;
mod schema;
mod server;
mod service;
mod shared;
mod socket;
#[cfg(test)]
mod tests;
mod world;

pub use address::Address;
pub use answer::{Answer, DropAt};
pub use clock::Clock;
pub use control::Publisher;
pub use declaration::Declaration;
pub use error::Error;
pub use publisher::Pace;
pub use server::{Closing, Options, Simulator};
pub use shared::Event;
