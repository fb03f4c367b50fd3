//! Limits on waiting that hold for what has not come, not for what was not looked at.

use std::time::Duration;

use tokio::time::sleep;

/// Polls after the limit: what came in time may take several to get through the layers of a connection.
const LAST_LOOKS: usize = 8;

/// Waits for `work`, as long as `limit` says where there is one. What had come by then is taken although this thread looks
/// at it later, as after it was stopped.
pub(super) async fn within<F: Future>(limit: Option<Duration>, work: F) -> Option<F::Output> {
    let Some(limit) = limit else { return Some(work.await) };
    let over = async {
        sleep(limit).await;
        for _ in 0..LAST_LOOKS {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        output = work => Some(output),
        () = over => None,
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    const SHORT: Option<Duration> = Some(Duration::from_millis(5));

    #[tokio::test]
    async fn gives_up_only_where_there_is_a_limit() {
        assert_eq!(within(SHORT, pending::<()>()).await, None);
        assert_eq!(within(SHORT, ready(1)).await, Some(1));
        assert_eq!(within(None, ready(1)).await, Some(1));
    }

    #[tokio::test]
    async fn what_came_in_time_is_taken_by_a_thread_that_was_stopped() {
        let (mut far, near) = tokio::net::UnixStream::pair().unwrap();
        let work = async {
            let mut byte = [0];
            // As a process that is stopped: it looks neither at the socket nor at the clock.
            std::thread::sleep(Duration::from_millis(50));
            near.readable().await.unwrap();
            near.try_read(&mut byte).unwrap();
            byte[0]
        };
        tokio::io::AsyncWriteExt::write_all(&mut far, b"x").await.unwrap();
        assert_eq!(within(SHORT, work).await, Some(b'x'));
    }
}
