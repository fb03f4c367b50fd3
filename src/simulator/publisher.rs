//! Sends messages at a rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::channel::Channel;

/// How fast and how often messages are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Messages a second; `None` for as fast as the slowest socket takes them.
    pub per_second: Option<f64>,
    /// Messages in all; `None` for no end.
    pub count: Option<u64>,
}

/// While a socket has more unwritten bytes than this, no more messages are sent.
const FULL: usize = 4 << 20;
/// How long to sleep before checking the sockets again, and at most before the next message.
const TICK: Duration = Duration::from_millis(1);
/// Messages sent before other tasks can run.
const BATCH: u64 = 512;

/// Sends the messages in order, again and again. `sent` counts them.
pub(crate) async fn publish(
    channel: Arc<Channel>,
    messages: Vec<Utf8Bytes>,
    pace: Pace,
    sent: Arc<AtomicU64>,
) {
    if messages.is_empty() {
        return;
    }
    let start = Instant::now();
    let mut messages = messages.iter().cycle();
    let end = pace.count.unwrap_or(u64::MAX);
    let mut done = 0;
    while done < end {
        if channel.waiting() > FULL {
            sleep(TICK).await;
            continue;
        }
        let due = match pace.per_second {
            Some(rate) => due(start.elapsed(), rate).clamp(done, end),
            None => end,
        };
        for message in messages.by_ref().take(usize::try_from((due - done).min(BATCH)).unwrap_or(0)) {
            channel.publish(message.clone());
            done += 1;
            sent.store(done, Ordering::Relaxed);
        }
        if done == due && done < end {
            sleep(TICK).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
}

/// How many messages are due after a time. The first is due at once.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
fn due(elapsed: Duration, per_second: f64) -> u64 {
    ((elapsed.as_secs_f64() * per_second) as u64).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::super::channel::Command;
    use super::*;

    #[test]
    fn counts_what_is_due() {
        assert_eq!(due(Duration::ZERO, 10.0), 1);
        assert_eq!(due(Duration::from_millis(250), 10.0), 3);
        assert_eq!(due(Duration::from_secs(1), f64::MAX), u64::MAX);
    }

    #[test]
    fn sends_in_turn_as_often_as_it_is_told_to() {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
            let channel = Arc::new(Channel::default());
            let mut socket = channel.join();
            let sent = Arc::new(AtomicU64::new(0));
            let messages = vec!["a".into(), "b".into()];
            let pace = Pace { per_second: Some(100_000.0), count: Some(5) };
            publish(Arc::clone(&channel), messages, pace, Arc::clone(&sent)).await;
            let mut text = String::new();
            while let Ok(Command::Text(message)) = socket.commands.try_recv() {
                text.push_str(&message);
            }
            assert_eq!((text.as_str(), sent.load(Ordering::Relaxed)), ("ababa", 5));
        });
    }

    #[test]
    fn waits_for_a_socket_that_is_full() {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
            let channel = Arc::new(Channel::default());
            let mut socket = channel.join();
            let sent = Arc::new(AtomicU64::new(0));
            let message: Utf8Bytes = "x".repeat(1 << 20).into();
            let pace = Pace { per_second: None, count: Some(1_000) };
            let task = tokio::spawn(publish(Arc::clone(&channel), vec![message], pace, Arc::clone(&sent)));
            // Lets the publisher run until it waits for the clock.
            while sent.load(Ordering::Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
            assert!(sent.load(Ordering::Relaxed) < 1_000);
            while let Some(Command::Text(text)) = socket.commands.recv().await {
                socket.waiting.fetch_sub(text.len(), Ordering::Relaxed);
                if sent.load(Ordering::Relaxed) == 1_000 {
                    break;
                }
            }
            task.await.unwrap();
        });
    }
}
