//! One connection: requests in, fixed answers out.

use std::io;

use bytes::BytesMut;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::answers::{Answers, answer};
use super::notifications;

/// Serves requests without a body until the client closes, or turns into a stream of notifications.
pub async fn serve(mut stream: UnixStream, answers: &Answers) -> io::Result<()> {
    let mut received = BytesMut::with_capacity(16 * 1024);
    loop {
        while let Some(end) = received.windows(4).position(|end| end == b"\r\n\r\n") {
            let head = received.split_to(end + 4);
            let target = head[..].split(|byte| *byte == b' ').nth(1).unwrap_or_default();
            if target.starts_with(b"/v1/notifications") {
                return notifications::serve(stream, &String::from_utf8_lossy(&head)).await;
            }
            if target == b"/usage" {
                stream.write_all(&answer("200 OK", &usage())).await?;
            } else {
                stream.write_all(answers.get(target)).await?;
            }
        }
        received.reserve(4096);
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
    }
}

/// CPU time of this process, in microseconds, as a body.
fn usage() -> String {
    let spent = getrusage(UsageWho::RUSAGE_SELF)
        .map_or(0, |usage| usage.user_time().num_microseconds() + usage.system_time().num_microseconds());
    format!("{{\"data\":{{\"cpu_us\":{spent}}}}}")
}
