//! The queue to JavaScript: messages in batches and the events between them, in order. After a command of the user,
//! outdated items are removed from it.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::error::Error;
use crate::json::tape::{self, Recorder};

/// A batch with this many bytes of text is full, so that JavaScript is not busy for long with one.
const BATCH_BYTES: usize = 128 * 1024;
/// A batch with this many messages is full.
const BATCH_MESSAGES: usize = 1024;
/// Bytes that a message counts beside its text.
const MESSAGE_COST: usize = 16;
/// Bytes that an event counts, so that a server which reconnects again and again while JavaScript is blocked does not
/// fill memory.
const EVENT_COST: usize = 1024;

/// Messages in one buffer.
#[derive(Debug, Default)]
pub struct Batch {
    text: String,
    spans: Vec<Span>,
    tape: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    end: usize,
    ascii: bool,
    /// Where its tape begins, if it has one.
    tape: Option<usize>,
}

/// A message of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its text.
    pub text: &'a str,
    /// Whether it is all ASCII.
    pub ascii: bool,
    /// Where its tape begins in [`Batch::tape`], if it has one.
    pub tape: Option<usize>,
}

impl Batch {
    /// Appends a message, with a tape if `recorder` makes one of it.
    pub fn push(&mut self, message: &str, recorder: Option<&mut Recorder>) {
        let ascii = message.is_ascii();
        let start = self.tape.len();
        let taped = recorder.is_some_and(|recorder| {
            ascii && message.len() <= tape::PIECE && recorder.record(message, &mut self.tape)
        });
        self.text.push_str(message);
        self.spans.push(Span { end: self.text.len(), ascii, tape: taped.then_some(start) });
    }

    /// Number of messages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether it has no messages.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether it should be put into the outbox before more is added.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.text.len() >= BATCH_BYTES || self.spans.len() >= BATCH_MESSAGES
    }

    /// The messages in order.
    pub fn iter(&self) -> impl Iterator<Item = Message<'_>> {
        let mut start = 0;
        self.spans.iter().map(move |&Span { end, ascii, tape }| {
            let text = &self.text[start..end];
            start = end;
            Message { text, ascii, tape }
        })
    }

    /// The tapes of all messages that have one.
    #[must_use]
    pub fn tape(&self) -> &[u32] {
        &self.tape
    }

    fn cost(&self) -> usize {
        self.text.len() + self.spans.len() * MESSAGE_COST + size_of_val(&*self.tape)
    }

    fn has_room_for(&self, other: &Self) -> bool {
        self.text.len() + other.text.len() <= BATCH_BYTES && self.len() + other.len() <= BATCH_MESSAGES
    }

    fn append(&mut self, other: &mut Self) {
        let (text, tape) = (self.text.len(), self.tape.len());
        self.text.push_str(&other.text);
        self.tape.extend_from_slice(&other.tape);
        self.spans.extend(other.spans.iter().map(|span| Span {
            end: span.end + text,
            ascii: span.ascii,
            tape: span.tape.map(|start| start + tape),
        }));
        other.clear();
    }

    fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
        self.tape.clear();
    }
}

/// An event of a notification socket, other than a message.
#[derive(Debug)]
pub enum Event {
    /// The handshake succeeded.
    Open,
    /// Something failed; `Close` follows if that ended the connection.
    Error(Error),
    /// The connection, or the attempt to connect, has ended.
    Close {
        /// Code of the close frame, or 1005 or 1006 when there was none.
        code: u16,
        /// Reason of the close frame, or empty.
        reason: String,
    },
    /// The next attempt to connect follows after a delay.
    Reconnecting {
        /// Number of the attempt, from 1.
        attempt: u32,
        /// The delay, in milliseconds.
        delay_ms: f64,
    },
    /// No more events follow until the user connects again.
    Idle,
}

/// A command of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Connect, and reconnect as the options say.
    Connect,
    /// Close the connection and do not reconnect.
    Close,
}

/// An item of the queue.
#[derive(Debug)]
pub enum Item {
    /// Messages.
    Messages(Batch),
    /// An event between messages.
    Event(Event),
}

impl Item {
    fn cost(&self) -> usize {
        match self {
            Self::Messages(batch) => batch.cost(),
            Self::Event(_) => EVENT_COST,
        }
    }
}

/// The queue from the I/O thread, which puts items, to the JavaScript thread, which takes them.
pub struct Outbox {
    inner: Mutex<Inner>,
    room: Notify,
    high_water_mark: usize,
    wake: Box<dyn Fn() + Send + Sync>,
    wants_tapes: AtomicBool,
}

#[derive(Default)]
struct Inner {
    items: VecDeque<Item>,
    cost: usize,
    /// Whether the taker needs no wake-up: it was woken, and has not found the queue empty since.
    taking: bool,
    /// Commands that the I/O thread has not obeyed yet.
    commands: u32,
    /// [`Command::Close`] among them.
    closes: u32,
    /// An empty batch whose memory is used again.
    spare: Option<Batch>,
}

impl Outbox {
    /// An empty queue. It has room until it contains `high_water_mark` bytes. `wake` is called when the queue is no
    /// longer empty, to make the taker call [`Outbox::take`].
    pub fn new(high_water_mark: usize, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            inner: Mutex::default(),
            room: Notify::new(),
            high_water_mark,
            wake: Box::new(wake),
            wants_tapes: AtomicBool::new(false),
        }
    }

    /// Asks for tapes of messages from now on.
    pub fn ask_for_tapes(&self) {
        self.wants_tapes.store(true, Ordering::Relaxed);
    }

    /// Whether tapes of messages are wanted.
    #[must_use]
    pub fn wants_tapes(&self) -> bool {
        self.wants_tapes.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts messages and empties `batch`. Works without room too: callers check [`Outbox::has_room`]. Messages that
    /// come after [`Command::Close`] are dropped.
    pub fn put_messages(&self, batch: &mut Batch) {
        if batch.is_empty() {
            return;
        }
        let mut inner = self.lock();
        if inner.closes > 0 {
            batch.clear();
            return;
        }
        inner.cost += batch.cost();
        if let Some(Item::Messages(last)) = inner.items.back_mut()
            && last.has_room_for(batch)
        {
            last.append(batch);
        } else {
            let empty = inner.spare.take().unwrap_or_default();
            inner.items.push_back(Item::Messages(mem::replace(batch, empty)));
        }
        self.wake_taker(inner);
    }

    /// Puts an event, unless a command that is not obeyed yet makes it outdated: see [`Outbox::ordered`].
    pub fn put(&self, event: Event) {
        let mut inner = self.lock();
        let overtaken = match event {
            Event::Idle => inner.commands > 0,
            Event::Close { .. } => false,
            _ => inner.closes > 0,
        };
        if overtaken {
            return;
        }
        inner.cost += EVENT_COST;
        inner.items.push_back(Item::Event(event));
        self.wake_taker(inner);
    }

    fn wake_taker(&self, mut inner: MutexGuard<'_, Inner>) {
        let asleep = !mem::replace(&mut inner.taking, true);
        drop(inner);
        if asleep {
            (self.wake)();
        }
    }

    /// Takes the oldest item. After `None`, `wake` is called for the next item; after an item it is not, so the caller
    /// must go on taking until it gets `None`.
    pub fn take(&self) -> Option<Item> {
        let mut inner = self.lock();
        let Some(item) = inner.items.pop_front() else {
            inner.taking = false;
            return None;
        };
        inner.cost -= item.cost();
        let roomy = inner.cost <= self.high_water_mark / 2;
        drop(inner);
        if roomy {
            self.room.notify_one();
        }
        Some(item)
    }

    /// Gives a batch back, so that its memory is used again.
    pub fn recycle(&self, mut batch: Batch) {
        let sizes = [batch.text.capacity(), size_of::<u32>() * batch.tape.capacity()];
        if sizes.iter().all(|size| *size <= 2 * BATCH_BYTES) {
            batch.clear();
            self.lock().spare = Some(batch);
        }
    }

    /// Bytes in the queue, counted with the cost of messages and events beside their text.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lock().cost
    }

    /// Whether the queue contains less than the high-water mark.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.waiting() < self.high_water_mark
    }

    /// Waits until there is room: if there is none now, until at most half of the high-water mark is left. Only one
    /// task may wait at a time.
    pub async fn room(&self) {
        while !self.has_room() {
            self.room.notified().await;
        }
    }

    /// Notes that the user gave a command. Until it is [obeyed](Outbox::obeyed), [`Event::Idle`] is outdated: it is
    /// removed from the queue and not accepted. After [`Command::Close`] that holds for messages and all events but
    /// [`Event::Close`] as well.
    pub fn ordered(&self, command: Command) {
        let mut inner = self.lock();
        inner.commands += 1;
        inner.closes += u32::from(command == Command::Close);
        inner.items.retain(|item| match item {
            Item::Event(Event::Idle) => false,
            Item::Event(Event::Close { .. }) => true,
            _ => command != Command::Close,
        });
        inner.cost = inner.items.iter().map(Item::cost).sum();
        drop(inner);
        self.room.notify_one();
    }

    /// Notes that the I/O thread has obeyed a command.
    pub fn obeyed(&self, command: Command) {
        let mut inner = self.lock();
        inner.commands = inner.commands.saturating_sub(1);
        inner.closes = inner.closes.saturating_sub(u32::from(command == Command::Close));
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
