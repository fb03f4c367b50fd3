//! The host of the runtime on Node's loop, which is libuv's.

mod busy_poll;
mod host;
mod line;
mod reactor;
mod sockets;
mod symbols;
mod uv;

pub(super) use host::{Host, is_node};
pub(super) use line::LoopWakeup;
