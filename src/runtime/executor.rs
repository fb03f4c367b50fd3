//! Runs the tasks of one thread.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};
use std::task::{Context, Wake, Waker};

/// The most polls of one run, so that the host's loop can go on.
const POLLS_PER_RUN: usize = 10_000;

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Holds tasks, and a queue of those to poll.
pub(super) struct Executor {
    slots: RefCell<Slots>,
    ready: Arc<Ready>,
    batch: RefCell<Vec<usize>>,
    running: Cell<bool>,
    closed: Cell<bool>,
}

#[derive(Default)]
struct Slots {
    all: Vec<Slot>,
    free: Vec<usize>,
}

/// A place for a task. All tasks that are put here one after the other share its waker: a waker of an earlier task only
/// causes a needless poll.
struct Slot {
    task: Option<Task>,
    waker: Waker,
    flag: Arc<SlotWaker>,
}

struct SlotWaker {
    slot: usize,
    queued: AtomicBool,
    ready: Arc<Ready>,
}

impl Wake for SlotWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.ready.push(self.slot);
        }
    }
}

/// The queue of slots to poll. Any thread may push to it.
struct Ready {
    queue: Mutex<Queue>,
    notify: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Queue {
    slots: Vec<usize>,
    /// Whether the executor is running or certain to run soon, so that `notify` need not be called.
    attended: bool,
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, slot: usize) {
        let mut queue = self.lock();
        queue.slots.push(slot);
        let attended = mem::replace(&mut queue.attended, true);
        drop(queue);
        if !attended {
            (self.notify)();
        }
    }

    /// Moves the queue into the empty `batch`. Returns `false` if it was empty: then the next push notifies again.
    fn take(&self, batch: &mut Vec<usize>) -> bool {
        let mut queue = self.lock();
        mem::swap(&mut queue.slots, batch);
        queue.attended = !batch.is_empty();
        queue.attended
    }
}

impl Executor {
    pub(super) fn new(notify: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            slots: RefCell::default(),
            ready: Arc::new(Ready { queue: Mutex::default(), notify: Box::new(notify) }),
            batch: RefCell::default(),
            running: Cell::new(false),
            closed: Cell::new(false),
        }
    }

    pub(super) fn attend(&self) {
        self.ready.lock().attended = true;
    }

    pub(super) fn spawn(&self, task: Task) {
        if self.closed.get() {
            return;
        }
        let flag = {
            let mut slots = self.slots.borrow_mut();
            let index = slots.free.pop().unwrap_or_else(|| {
                let slot = slots.all.len();
                let flag = Arc::new(SlotWaker {
                    slot,
                    queued: AtomicBool::new(false),
                    ready: Arc::clone(&self.ready),
                });
                slots.all.push(Slot { task: None, waker: Waker::from(Arc::clone(&flag)), flag });
                slot
            });
            let slot = &mut slots.all[index];
            slot.task = Some(task);
            Arc::clone(&slot.flag)
        };
        flag.wake();
    }

    pub(super) fn run(&self) {
        if self.running.replace(true) {
            return;
        }
        let mut batch = self.batch.take();
        let mut polls = 0;
        while self.ready.take(&mut batch) {
            polls += batch.len();
            for slot in batch.drain(..) {
                self.poll(slot);
            }
            if polls >= POLLS_PER_RUN {
                // The queue still counts as attended, so this notification makes sure that the rest is run.
                (self.ready.notify)();
                break;
            }
        }
        self.batch.replace(batch);
        self.running.set(false);
    }

    /// Drops all tasks, and later ones as they are spawned. A task that is being polled is dropped when its poll returns.
    pub(super) fn close(&self) {
        self.closed.set(true);
        let mut index = 0;
        loop {
            let task = match self.slots.borrow_mut().all.get_mut(index) {
                Some(slot) => slot.task.take(),
                None => break,
            };
            drop_quietly(task);
            index += 1;
        }
    }

    fn poll(&self, index: usize) {
        let (mut task, waker) = {
            let mut slots = self.slots.borrow_mut();
            let slot = &mut slots.all[index];
            slot.flag.queued.store(false, Ordering::Release);
            let Some(task) = slot.task.take() else { return };
            (task, slot.waker.clone())
        };
        // A panic ends only this task. It is dropped, and guards that it owns report its end.
        let pending = catch_unwind(AssertUnwindSafe(|| {
            task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending()
        }))
        .unwrap_or(false);
        if pending && !self.closed.get() {
            self.slots.borrow_mut().all[index].task = Some(task);
        } else {
            drop_quietly(task);
            self.slots.borrow_mut().free.push(index);
        }
    }
}

/// Drops a value whose destructor may panic.
fn drop_quietly<T>(value: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{pending, poll_fn};
    use std::rc::Rc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Poll;
    use std::thread;

    use super::*;

    fn executor() -> (Executor, Arc<AtomicUsize>) {
        let notified = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&notified);
        let notify = move || {
            counter.fetch_add(1, Ordering::SeqCst);
        };
        (Executor::new(notify), notified)
    }

    struct OnDrop(Rc<Cell<u32>>);

    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn runs_tasks_in_the_order_they_became_ready() {
        let (executor, _) = executor();
        let log = Rc::new(RefCell::new(Vec::new()));
        for name in ["a", "b", "c"] {
            let log = Rc::clone(&log);
            let mut polled = false;
            executor.spawn(Box::pin(poll_fn(move |cx| {
                log.borrow_mut().push(name);
                if mem::replace(&mut polled, true) {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })));
        }
        executor.run();
        assert_eq!(*log.borrow(), ["a", "b", "c", "a", "b", "c"]);
    }

    #[test]
    fn a_task_may_spawn_and_may_call_run() {
        let executor = Rc::new(executor().0);
        let done = Rc::new(Cell::new(false));
        let (inner, flag) = (Rc::clone(&executor), Rc::clone(&done));
        executor.spawn(Box::pin(async move {
            let flag = Rc::clone(&flag);
            inner.spawn(Box::pin(async move { flag.set(true) }));
            inner.run();
        }));
        executor.run();
        assert!(done.get());
    }

    #[test]
    fn notifies_once_until_it_has_run() {
        let (executor, notified) = executor();
        executor.spawn(Box::pin(async {}));
        executor.spawn(Box::pin(async {}));
        assert_eq!(notified.load(Ordering::SeqCst), 1);
        executor.run();
        executor.spawn(Box::pin(async {}));
        assert_eq!(notified.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn an_attended_executor_does_not_notify() {
        let (executor, notified) = executor();
        executor.attend();
        executor.spawn(Box::pin(async {}));
        executor.run();
        assert_eq!(notified.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_wake_from_another_thread_notifies_and_is_served() {
        let (executor, notified) = executor();
        let (waker, polls) = (Rc::new(RefCell::new(None)), Rc::new(Cell::new(0)));
        let (kept, count) = (Rc::clone(&waker), Rc::clone(&polls));
        executor.spawn(Box::pin(poll_fn(move |cx| {
            kept.replace(Some(cx.waker().clone()));
            count.set(count.get() + 1);
            Poll::Pending
        })));
        executor.run();
        let before = notified.load(Ordering::SeqCst);
        let waker = waker.take().expect("the task was polled");
        thread::spawn(move || waker.wake()).join().expect("the thread ends");
        assert_eq!(notified.load(Ordering::SeqCst), before + 1);
        executor.run();
        assert_eq!(polls.get(), 2);
    }

    #[test]
    fn a_task_that_always_wakes_itself_does_not_block_the_host() {
        let (executor, notified) = executor();
        executor.attend();
        executor.spawn(Box::pin(poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        })));
        executor.run();
        assert_eq!(notified.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_panic_ends_one_task() {
        let (executor, _) = executor();
        let (dropped, done) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
        let guard = OnDrop(Rc::clone(&dropped));
        executor.spawn(Box::pin(async move {
            let _guard = guard;
            panic!("expected by the test");
        }));
        let flag = Rc::clone(&done);
        executor.spawn(Box::pin(async move { flag.set(true) }));
        executor.run();
        assert_eq!(dropped.get(), 1);
        assert!(done.get());
    }

    #[test]
    fn closing_drops_tasks_and_refuses_new_ones() {
        let (executor, _) = executor();
        let dropped = Rc::new(Cell::new(0));
        for _ in 0..2 {
            let guard = OnDrop(Rc::clone(&dropped));
            executor.spawn(Box::pin(async move {
                let _guard = guard;
                pending::<()>().await;
            }));
        }
        executor.run();
        executor.close();
        assert_eq!(dropped.get(), 2);
        let guard = OnDrop(Rc::clone(&dropped));
        executor.spawn(Box::pin(async move { drop(guard) }));
        assert_eq!(dropped.get(), 3);
    }

    #[test]
    fn a_task_that_closes_its_executor_is_dropped_after_its_poll() {
        let executor = Rc::new(executor().0);
        let dropped = Rc::new(Cell::new(0));
        let (inner, guard) = (Rc::clone(&executor), OnDrop(Rc::clone(&dropped)));
        executor.spawn(Box::pin(async move {
            let _guard = guard;
            inner.close();
            pending::<()>().await;
        }));
        executor.run();
        assert_eq!(dropped.get(), 1);
    }

    #[test]
    fn slots_are_used_again() {
        let (executor, _) = executor();
        for _ in 0..100 {
            executor.spawn(Box::pin(async {}));
            executor.run();
        }
        assert_eq!(executor.slots.borrow().all.len(), 1);
    }
}
