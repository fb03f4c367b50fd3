//! A time limit that does not expire for data which arrived in time but was not read yet.

use std::time::Duration;

use tokio::time::sleep;

/// Polls after the limit: data that arrived in time may need several to pass the layers of a connection.
const LAST_POLLS: usize = 8;

/// Waits for `work`, at most for `limit`; `None` when that has passed. If the thread was stopped meanwhile, data that
/// arrived is read before giving up.
pub(super) async fn within<F: Future>(limit: Option<Duration>, work: F) -> Option<F::Output> {
    let Some(limit) = limit else { return Some(work.await) };
    let over = async {
        sleep(limit).await;
        for _ in 0..LAST_POLLS {
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
            // Blocks the thread, as if the process was stopped.
            std::thread::sleep(Duration::from_millis(50));
            near.readable().await.unwrap();
            near.try_read(&mut byte).unwrap();
            byte[0]
        };
        tokio::io::AsyncWriteExt::write_all(&mut far, b"x").await.unwrap();
        assert_eq!(within(SHORT, work).await, Some(b'x'));
    }
}
