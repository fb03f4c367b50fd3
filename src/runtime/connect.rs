//! Connects sockets without blocking.

use std::{future::poll_fn, io, net::SocketAddr, path::PathBuf, rc::Rc, time::Duration};

use socket2::{Domain, SockAddr, Socket, Type};

use super::EventLoop;
use super::Stream;
use super::readiness::Direction;
use super::stream::Watched;

/// The first pause before another attempt to connect when the listen queue is full. Each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(4);

/// Where a server listens.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Address {
    /// The path of a Unix socket.
    Unix(PathBuf),
    /// An IP address and a port.
    Tcp(SocketAddr),
}

/// Connects to `address`. A Unix socket is connected by the first poll, unless the listen queue is full: then this waits for
/// room, as a blocking socket would.
///
/// # Errors
///
/// The system error, or [`io::ErrorKind::InvalidInput`] for a path that is too long.
pub async fn connect(event_loop: &Rc<EventLoop>, address: &Address) -> io::Result<Stream> {
    let watched = match address {
        Address::Unix(path) => connect_unix(event_loop, &SockAddr::unix(path)?).await?,
        Address::Tcp(address) => connect_tcp(event_loop, (*address).into()).await?,
    };
    Ok(Stream::new(watched))
}

async fn connect_unix(event_loop: &Rc<EventLoop>, address: &SockAddr) -> io::Result<Watched> {
    let socket = open(Domain::UNIX)?;
    let mut pause = FIRST_PAUSE;
    loop {
        match socket.connect(address) {
            Ok(()) => return Watched::new(event_loop, socket, true),
            // There is no event for room in a listen queue, so try again.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                event_loop.sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

async fn connect_tcp(event_loop: &Rc<EventLoop>, address: SockAddr) -> io::Result<Watched> {
    let socket = open(address.domain())?;
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&address) {
        Ok(()) => return Watched::new(event_loop, socket, true),
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        Err(error) => return Err(error),
    }
    let watched = Watched::new(event_loop, socket, false)?;
    watched.block(Direction::Write)?;
    poll_fn(|cx| watched.poll_ready(Direction::Write, cx)).await;
    if let Some(error) = watched.socket().take_error()? {
        return Err(error);
    }
    watched.block(Direction::Read)?;
    Ok(watched)
}

/// A new socket, closed on exec and non-blocking.
fn open(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
