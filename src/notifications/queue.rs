//! What waits for JavaScript: messages in batches, and the events between them, in the order they happened. What a command
//! of the user has overtaken is taken out.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::error::Error;
use crate::json::tape::{self, Recorder};

/// A batch is closed once it holds this many bytes of text, so that one turn of JavaScript stays short.
const BATCH_BYTES: usize = 128 * 1024;
/// A batch holds at most this many messages.
const BATCH_MESSAGES: usize = 1024;
/// What a message costs beside its text.
const MESSAGE_COST: usize = 16;
/// What an event costs, so that a server that comes and goes while JavaScript is blocked cannot fill memory either.
const EVENT_COST: usize = 1024;

/// Messages in one piece of memory.
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
    /// It is all ASCII.
    pub ascii: bool,
    /// Where its tape begins in [`Batch::tape`], if it has one.
    pub tape: Option<usize>,
}

impl Batch {
    /// Appends a message; with its tape, if `recorder` makes one.
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

    /// Whether there is no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether it is large enough to be handed over.
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

    /// The tapes of those that have one.
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

/// Something that happened, other than a message.
#[derive(Debug)]
pub enum Event {
    /// The handshake succeeded.
    Open,
    /// Something failed.
    Error(Error),
    /// The connection, or the attempt to make one, is over.
    Close {
        /// Code of the close frame, or 1005 or 1006 when there was none.
        code: u16,
        /// Its text.
        reason: String,
    },
    /// The next attempt comes after a delay.
    Reconnecting {
        /// Its number, from 1.
        attempt: u32,
        /// Milliseconds until then.
        delay_ms: f64,
    },
    /// Nothing more will come until the user connects again.
    Idle,
}

/// What the user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// A connection.
    Connect,
    /// None.
    Close,
}

/// One thing to take.
#[derive(Debug)]
pub enum Item {
    /// Messages.
    Messages(Batch),
    /// Something else.
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

/// The queue between the I/O thread, which puts, and the JavaScript thread, which takes.
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
    /// The taker found something last time and will come again by itself.
    taking: bool,
    /// Commands that the I/O thread has not obeyed yet.
    commands: u32,
    /// Closes among them.
    closes: u32,
    spare: Option<Batch>,
}

impl Outbox {
    /// A queue that holds about `high_water_mark` bytes. `wake` is called when something waits and the taker does not
    /// know yet.
    pub fn new(high_water_mark: usize, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            inner: Mutex::default(),
            room: Notify::new(),
            high_water_mark,
            wake: Box::new(wake),
            wants_tapes: AtomicBool::new(false),
        }
    }

    /// The taker can do with tapes from now on.
    pub fn ask_for_tapes(&self) {
        self.wants_tapes.store(true, Ordering::Relaxed);
    }

    /// Whether the taker can do with tapes.
    #[must_use]
    pub fn wants_tapes(&self) -> bool {
        self.wants_tapes.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts messages and leaves `batch` empty. Nothing is refused: see [`Outbox::has_room`].
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

    /// Puts an event, unless a command of the user has overtaken it.
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

    /// Takes what has waited longest. After `None` the taker is woken when there is something again; until then it
    /// must come back by itself.
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

    /// Gives the memory of a batch back for the next one.
    pub fn recycle(&self, mut batch: Batch) {
        let sizes = [batch.text.capacity(), size_of::<u32>() * batch.tape.capacity()];
        if sizes.iter().all(|size| *size <= 2 * BATCH_BYTES) {
            batch.clear();
            self.lock().spare = Some(batch);
        }
    }

    /// Bytes that wait, with what they cost beside their text.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lock().cost
    }

    /// Whether less waits than the high-water mark.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.waiting() < self.high_water_mark
    }

    /// Returns once half of what may wait has been taken, or at once while there is room. One task may wait at a time.
    pub async fn room(&self) {
        while !self.has_room() {
            self.room.notified().await;
        }
    }

    /// The user gave a command. Until it is [obeyed](Outbox::obeyed), [`Event::Idle`] would be wrong: one that waits is
    /// forgotten, and none is let in. With a close that goes for messages and news as well, but not for the ends of
    /// connections.
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

    /// The I/O thread has obeyed a command.
    pub fn obeyed(&self, command: Command) {
        let mut inner = self.lock();
        inner.commands = inner.commands.saturating_sub(1);
        inner.closes = inner.closes.saturating_sub(u32::from(command == Command::Close));
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
