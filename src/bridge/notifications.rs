//! The native half of `NotificationSocket`.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use napi::bindgen_prelude::{Env, Function, JsValue as _, Result, Uint32Array, Unknown};
use napi::{Error, Status, sys};
use napi_derive::napi;

use super::shared_words::{SharedWords, word};
use super::values::{array, double, number, text, utf8};
use super::wakeup::{Waker, Wakeup};
use super::wire::{notification as kind, notification_error as place};
use crate::json::shapes::ShapeKeys;
use crate::milliseconds::{LONGEST_TIMER, milliseconds};
use crate::notifications;
use crate::notifications::backoff::Backoff;
use crate::notifications::options::{Headers, Options};
use crate::notifications::queue::{Batch, Event, Item, Outbox};
use crate::notifications::socket::{Socket, Task};
use crate::notifications::topics::Filter;
use crate::runtime::io_thread::IoThread;
use crate::system_error;

/// Options of a notification socket.
#[napi(object, object_to_js = false)]
pub struct NotificationChannelOptions {
    /// Path of the Unix socket.
    pub socket_path: String,
    /// The token, if there is one.
    pub token: Option<String>,
    /// Further headers of the handshake, names and values in turn.
    pub headers: Vec<String>,
    /// Whether to reconnect after a connection is lost or cannot be made.
    pub reconnect: bool,
    /// Delay before the first attempt to reconnect, in milliseconds.
    pub reconnect_base_delay_ms: f64,
    /// Longest delay before an attempt, in milliseconds.
    pub reconnect_max_delay_ms: f64,
    /// Whether a delay is chosen at random between half of it and all of it.
    pub jitter: bool,
    /// Patterns of the topics to deliver; all topics if absent.
    pub topics: Option<Vec<String>>,
    /// Silence after which the server counts as dead, in milliseconds; no limit if absent.
    pub idle_timeout_ms: Option<f64>,
    /// Limit on the wait for the response head of the handshake, in milliseconds; no limit if absent.
    pub headers_timeout_ms: Option<f64>,
    /// Bytes that may wait for JavaScript before reading pauses.
    pub high_water_mark: f64,
    /// The largest accepted message in bytes.
    pub max_message_bytes: f64,
}

/// A notification stream. The function given to the constructor is called with one item: an array of messages, or an array
/// that begins with the number of an event's kind. JavaScript then calls [`NotificationChannel::take`] for further items
/// until there are none; after that the function is called again for the next item.
#[napi]
pub struct NotificationChannel {
    socket: Socket,
    /// What runs on the I/O thread; taken by the first connect.
    task: Option<Task>,
    io: Option<Arc<IoThread>>,
    tapes: Tapes,
    wakeup: Wakeup,
}

#[napi]
impl NotificationChannel {
    /// Prepares a stream. [`NotificationChannel::connect`] opens it.
    ///
    /// # Errors
    /// When a header or a topic pattern is invalid or the environment is closing.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        env: Env,
        options: NotificationChannelOptions,
        deliver: Function<'_, Unknown<'_>, ()>,
    ) -> Result<Self> {
        let options = settings(options)?;
        // The outbox and the wake-up need each other, so the wake-up gets the outbox later.
        let slot = Arc::new(OnceLock::<(Weak<Outbox>, Tapes)>::new());
        let drain = {
            let slot = Arc::clone(&slot);
            move |env, waker: &_| {
                let Some((outbox, tapes)) = slot.get() else { return Ok(Vec::new()) };
                let Some(outbox) = outbox.upgrade() else { return Ok(Vec::new()) };
                Ok(take(env, &outbox, tapes, waker)?.into_iter().collect())
            }
        };
        let wakeup = Wakeup::new(env.raw(), deliver.value().value, "cycle:notifications", Box::new(drain))?;
        let waker = (*wakeup).clone();
        let (socket, task) = Socket::new(options, move || waker.wake());
        let tapes = Tapes { keys: socket.keys().clone(), shared: Arc::default() };
        slot.get_or_init(|| (Arc::downgrade(socket.outbox()), tapes.clone()));
        Ok(Self { socket, task: Some(task), io: None, tapes, wakeup })
    }

    /// Connects, unless it is connected or connecting. `deliver` is the function that the constructor got.
    ///
    /// # Errors
    /// When the I/O thread cannot be started, with the code of the system error, or the environment is closing.
    #[napi(catch_unwind)]
    pub fn connect(
        &mut self,
        env: Env,
        deliver: Function<'_, Unknown<'_>, ()>,
    ) -> std::result::Result<(), Error<String>> {
        if self.io.is_none() {
            self.io = Some(IoThread::acquire().map_err(|error| {
                let reason = format!("the I/O thread could not be started: {error}");
                Error::new(system_error::code(&error).to_owned(), reason)
            })?);
        }
        self.wakeup
            .open(env.raw(), deliver.value().value)
            .map_err(|error| Error::new(error.status.as_ref().to_owned(), error.reason.clone()))?;
        if let (Some(io), Some(task)) = (&self.io, self.task.take()) {
            io.spawn(move || task.run());
        }
        self.socket.connect();
        Ok(())
    }

    /// Closes the connection and drops messages that were not taken.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.socket.close();
    }

    /// Takes the oldest item, or nothing if there is none.
    ///
    /// # Errors
    /// When there is no memory for its JavaScript values.
    #[napi(catch_unwind, ts_return_type = "any[] | null")]
    pub fn take(&self, env: Env) -> Result<Option<Unknown<'_>>> {
        let value = take(env.raw(), self.socket.outbox(), &self.tapes, &self.wakeup)?;
        // SAFETY: the value was made just now, in this environment and its handle scope.
        Ok(value.map(|value| unsafe { Unknown::from_raw_unchecked(env.raw(), value) }))
    }

    /// From now on, arrays of messages may come with tapes. The last element of such an array is the number of shapes. Until
    /// the next item is taken, `shared` has one word for each message, the position of its tape or 0, and then the tapes.
    /// JavaScript must not write to it.
    #[napi(catch_unwind)]
    pub fn ask_for_tapes(&self, shared: Uint32Array) {
        *self.tapes.shared.lock().unwrap_or_else(PoisonError::into_inner) = Some(SharedWords::new(shared));
        self.socket.outbox().ask_for_tapes();
    }

    /// The keys of the objects of a shape, in order; empty for an unknown shape.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn shape_keys(&self, shape: u32) -> Vec<String> {
        self.socket.keys().of(shape)
    }

    /// Keeps the process alive.
    #[napi(catch_unwind, js_name = "ref")]
    pub fn keep_alive(&self, env: Env) {
        self.wakeup.r#ref(env.raw());
    }

    /// Lets the process end.
    #[napi(catch_unwind)]
    pub fn unref(&self, env: Env) {
        self.wakeup.unref(env.raw());
    }
}

impl Drop for NotificationChannel {
    fn drop(&mut self) {
        // The wake-up may outlive the channel on another thread, but the shared memory must be released on this one.
        self.tapes.shared.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

fn settings(given: NotificationChannelOptions) -> Result<Options> {
    let invalid = |error: &dyn std::error::Error| Error::new(Status::InvalidArg, error.to_string());
    let extra = given.headers.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
    let headers = Headers::new(extra, given.token.as_deref()).map_err(|error| invalid(&error))?;
    let timeout = |ms| milliseconds(ms, LONGEST_TIMER);
    let topics = given.topics.map(Filter::new).transpose().map_err(|error| invalid(&error))?;
    Ok(Options {
        socket_path: given.socket_path.into(),
        headers,
        reconnect: given.reconnect.then_some(Backoff {
            base_ms: given.reconnect_base_delay_ms,
            max_ms: given.reconnect_max_delay_ms,
            jitter: given.jitter,
        }),
        topics,
        idle_timeout: given.idle_timeout_ms.map(timeout),
        headers_timeout: given.headers_timeout_ms.map(timeout),
        high_water_mark: whole(given.high_water_mark),
        max_message_bytes: whole(given.max_message_bytes),
    })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from f64 saturates")]
fn whole(number: f64) -> usize {
    number as usize
}

fn take(
    env: sys::napi_env,
    outbox: &Outbox,
    tapes: &Tapes,
    waker: &Waker,
) -> Result<Option<sys::napi_value>> {
    let Some(item) = outbox.take() else { return Ok(None) };
    if matches!(item, Item::Event(Event::Idle)) {
        // Nothing of it stays in the environment until the next connect.
        waker.close();
    }
    Ok(Some(match item {
        Item::Messages(batch) => {
            let mut values = Vec::with_capacity(batch.len() + 1);
            for message in batch.iter() {
                values.push(text(env, message.text, message.ascii)?);
            }
            if tapes.share(&batch) {
                values.push(number(env, word(tapes.keys.count()))?);
            }
            outbox.recycle(batch);
            array(env, &values)?
        }
        Item::Event(event) => array(env, &event_values(env, event)?)?,
    }))
}

/// Hands tapes over to JavaScript.
#[derive(Clone)]
struct Tapes {
    keys: ShapeKeys,
    /// Memory shared with JavaScript; `None` until it asks for tapes.
    shared: Arc<Mutex<Option<SharedWords>>>,
}

impl Tapes {
    /// Writes the position of each message's tape, 0 for none, and then the tapes. Returns `false`, and writes nothing, if
    /// there are no tapes or no room for them.
    fn share(&self, batch: &Batch) -> bool {
        let first = batch.len();
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(shared) = shared.as_mut().filter(|_| !batch.tape().is_empty()) else { return false };
        if first + batch.tape().len() > shared.len() {
            return false;
        }
        for (place, message) in batch.iter().enumerate() {
            shared.write(place, &[message.tape.map_or(0, |tape| word(first + tape))]);
        }
        shared.write(first, batch.tape());
        true
    }
}

/// The elements of an event's array: its kind, then its values.
fn event_values(env: sys::napi_env, event: Event) -> Result<Vec<sys::napi_value>> {
    Ok(match event {
        Event::Open => vec![number(env, kind::OPEN)?],
        Event::Error(error) => error_values(env, &error)?,
        Event::Close { code, reason } => {
            vec![number(env, kind::CLOSE)?, number(env, code.into())?, utf8(env, reason.as_bytes())?]
        }
        Event::Reconnecting { attempt, delay_ms } => {
            vec![number(env, kind::RECONNECTING)?, number(env, attempt)?, double(env, delay_ms)?]
        }
        Event::Idle => vec![number(env, kind::IDLE)?],
    })
}

fn error_values(env: sys::napi_env, error: &notifications::Error) -> Result<Vec<sys::napi_value>> {
    let (syscall, errno) = error
        .system()
        .map_or(("", 0), |(syscall, source)| (syscall, source.raw_os_error().map_or(0, i32::unsigned_abs)));
    let (status, body) = error.refusal().unwrap_or_default();
    let mut values = vec![number(env, kind::ERROR)?; place::WIDTH];
    values[place::CODE] = utf8(env, error.code().as_bytes())?;
    values[place::MESSAGE] = utf8(env, error.to_string().as_bytes())?;
    values[place::SYSCALL] = utf8(env, syscall.as_bytes())?;
    values[place::ERRNO] = number(env, errno)?;
    values[place::STATUS] = number(env, status.into())?;
    values[place::BODY] = utf8(env, body.as_bytes())?;
    Ok(values)
}
