//! The I/O thread, shared by all clients and notification sockets of the process.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use tokio::runtime;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

type Job = Box<dyn FnOnce() + Send>;

static CURRENT: Mutex<Weak<IoThread>> = Mutex::new(Weak::new());

/// A thread with a single-threaded tokio runtime. The first [`IoThread::acquire`] starts it. When the last handle is dropped,
/// it ends and drops its tasks.
pub struct IoThread {
    jobs: mpsc::UnboundedSender<Job>,
}

impl IoThread {
    /// Returns the running thread, or starts it.
    ///
    /// # Errors
    /// The system error when the thread or its epoll instance (or the like) cannot be created.
    pub fn acquire() -> io::Result<Arc<Self>> {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = current.upgrade() {
            return Ok(running);
        }
        let started = Arc::new(Self::start()?);
        *current = Arc::downgrade(&started);
        Ok(started)
    }

    fn start() -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (jobs, mut incoming) = mpsc::unbounded_channel::<Job>();
        thread::Builder::new().name("cycle-io".into()).spawn(move || {
            let tasks = LocalSet::new();
            tasks.block_on(&runtime, async move {
                while let Some(job) = incoming.recv().await {
                    job();
                }
            });
        })?;
        Ok(Self { jobs })
    }

    /// Runs a future on the thread. `make` is called there, so the future need not be `Send`. A panic in it ends only this
    /// task.
    pub fn spawn<F, T>(&self, make: F)
    where
        F: FnOnce() -> T + Send + 'static,
        T: Future<Output = ()> + 'static,
    {
        // The receiver lives as long as this handle does.
        let _ = self.jobs.send(Box::new(move || {
            tokio::task::spawn_local(async move { make().await });
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    struct Dropped(std::sync::mpsc::Sender<Option<String>>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(Some("dropped".into()));
        }
    }

    // One test, because the thread is one per process.
    #[test]
    fn is_shared_survives_a_panic_and_ends_with_its_last_handle() {
        let first = IoThread::acquire().unwrap();
        let second = IoThread::acquire().unwrap();
        assert!(Arc::ptr_eq(&first, &second));

        let (sender, receiver) = channel();
        first.spawn(|| async { panic!("a task that fails") });
        let answer = sender.clone();
        second.spawn(move || async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            answer.send(thread::current().name().map(String::from)).unwrap();
        });
        let name = receiver.recv_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(name.as_deref(), Some("cycle-io"));

        let guard = Dropped(sender);
        first.spawn(move || async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        });
        drop((first, second));
        assert_eq!(receiver.recv_timeout(Duration::from_secs(5)).unwrap().as_deref(), Some("dropped"));
    }
}
