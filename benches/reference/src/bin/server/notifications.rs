//! A stream of notifications, as the header `x-bench` wants it.

use std::io;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::time::{MissedTickBehavior, interval};
use tungstenite::handshake::derive_accept_key;

/// Bytes of a message.
const SIZE: usize = 300;
/// Messages that are written at once in a flood.
const BATCH: u64 = 200;
/// One message in so many has the topic that filters look for.
const WANTED_EVERY: u64 = 100;
/// The topic that filters look for, and the one of all other messages.
const TOPICS: [&str; 2] = ["container.state.changed", "server.telemetry.updated"];

/// What is to be sent.
enum Plan {
    /// So many messages as fast as they are taken.
    Flood(u64),
    /// So many messages, one a millisecond, each with the time at which it was written.
    Paced(u64),
}

/// Shakes hands, sends what the request asks for, and waits for the client to close.
pub async fn serve(mut stream: UnixStream, head: &str) -> io::Result<()> {
    let (Some(key), Some(plan)) =
        (header(head, "sec-websocket-key"), header(head, "x-bench").and_then(parse))
    else {
        return stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    };
    let accept = derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         sec-websocket-accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    let (from_client, mut to_client) = stream.into_split();
    let closed = tokio::task::spawn_local(wait_for_close(from_client));
    match plan {
        Plan::Flood(messages) => {
            let batch: Vec<u8> = (0..BATCH).flat_map(|number| frame(number, 0)).collect();
            for _ in 0..messages / BATCH {
                to_client.write_all(&batch).await?;
            }
        }
        Plan::Paced(messages) => {
            let mut ticks = interval(Duration::from_millis(1));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for number in 0..messages {
                ticks.tick().await;
                to_client.write_all(&frame(number, now())).await?;
            }
        }
    }
    let _ = closed.await;
    to_client.write_all(&[0x88, 0]).await
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn parse(plan: &str) -> Option<Plan> {
    let (kind, messages) = plan.split_once(' ')?;
    let messages = messages.parse().ok()?;
    match kind {
        "flood" => Some(Plan::Flood(messages)),
        "paced" => Some(Plan::Paced(messages)),
        _ => None,
    }
}

/// Resolves on a close frame or the end of the stream. Clients of the benchmarks send nothing else of interest.
async fn wait_for_close(mut from_client: OwnedReadHalf) {
    let mut buffer = [0; 1024];
    while let Ok(read) = from_client.read(&mut buffer).await {
        if read == 0 || buffer[0] & 0x0f == 8 {
            return;
        }
    }
}

/// Nanoseconds of the monotonic clock, which Node's `process.hrtime` reads as well.
fn now() -> u64 {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |now| {
        u64::try_from(now.tv_sec()).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec()).unwrap_or(0)
    })
}

/// A text frame with a message of [`SIZE`] bytes.
fn frame(number: u64, at: u64) -> Vec<u8> {
    let topic = TOPICS[usize::from(!number.is_multiple_of(WANTED_EVERY))];
    let id = format!("{:024x}", 0x0065_f0c1_a2b3_c4d5_u64 + number);
    let without_label = message(topic, &id, at, "").len();
    let text = message(topic, &id, at, &"l".repeat(SIZE - without_label));
    let mut frame = vec![0x81, 126];
    frame.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    frame.extend_from_slice(text.as_bytes());
    frame
}

fn message(topic: &str, id: &str, at: u64, label: &str) -> String {
    format!(
        concat!(
            r#"{{"topic":"{topic}","object":{{"id":"{id}","state":"running","at":{at}}},"#,
            r#""context":{{"label":"{label}","hub_id":"{id}","account_id":null,"environments":["{id}"],"#,
            r#""dns_zones":null,"containers":[],"clusters":null}}}}"#
        ),
        topic = topic,
        id = id,
        at = at,
        label = label,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_holds_a_message_of_the_size_that_the_report_names() {
        for (number, at, topic) in [(0, 0, TOPICS[0]), (99, u64::MAX, TOPICS[1]), (200, 1, TOPICS[0])] {
            let frame = frame(number, at);
            assert_eq!(frame[..4], [0x81, 126, 1, 44]);
            assert_eq!(frame.len(), 4 + SIZE);
            let message: serde_json::Value = serde_json::from_slice(&frame[4..]).unwrap();
            assert_eq!(message["topic"], topic);
            assert_eq!(message["object"]["at"], at);
        }
    }

    #[test]
    fn headers_are_found_whatever_their_case() {
        let head = "GET / HTTP/1.1\r\nHost: x\r\nX-Bench:  flood 7 \r\n\r\n";
        assert!(matches!(header(head, "x-bench").and_then(parse), Some(Plan::Flood(7))));
        assert!(header(head, "x-other").is_none());
    }
}
