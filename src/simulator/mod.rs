//! A server that simulates the platform: it answers every declared operation from a small set of data, the world, keeps
//! state like the platform, and fails, delays or disconnects when a test asks for it.
//!
//! It knows no endpoint. A [`Declaration`] lists the operations and how each behaves. [`Simulator::start`] serves it on
//! a Unix socket or a TCP port, on a thread of its own.

mod address;
mod answer;
mod api_error;
mod arguments;
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
mod journal;
mod listener;
mod place;
mod placeholders;
mod protocol;
mod publisher;
mod reply;
mod request;
mod rule;
mod schema;
mod scopes;
mod server;
mod service;
mod shared;
mod socket;
#[cfg(test)]
mod tests;
mod vanishing;
mod variables;
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
