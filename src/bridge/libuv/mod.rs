//! The host of the runtime on Node's loop, which is libuv's.

mod busy_poll;
mod host;
mod sockets;
mod uv;

pub(super) use host::{Host, LoopWakeup, is_node};
