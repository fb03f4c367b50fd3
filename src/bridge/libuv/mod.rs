//! Runs the runtime on libuv, which is Node's event loop.

mod busy_poll;
mod host;
mod loop_wakeup;
mod reactor;
mod sockets;
mod symbols;
mod uv;

pub(super) use host::{Host, is_node};
pub(super) use loop_wakeup::LoopWakeup;
