//! The HTTP client that JavaScript uses.

use std::cell::{OnceCell, RefCell};
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderName, HeaderValue, Method};
use napi::bindgen_prelude::{Either, Env, Function, JsValue as _, Result, Uint8Array, Uint32Array, Unknown};
use napi_derive::napi;
use rustc_hash::FxHashMap;

use super::client_settings::{HttpClientOptions, Settings};
use super::event::{LastHead, Maker};
use super::garbage::collect_soon;
use super::lane::Lane;
use super::request_bytes::{free_sent, keep};
use super::shared_words::SharedWords;
use super::tapes::Tapes;
use super::waiting::Waiting;
use super::wire::flag;
use crate::http::call::parse_header;
use crate::http::redirect::Redirect;
use crate::http::{Call, Delivery, Error, Event, Payload, Transport};

/// Shorter bodies are copied, because that costs less than keeping JavaScript's memory until they are sent. In bytes.
const WORTH_KEEPING: usize = 16 * 1024;

/// Makes calls over a pool of connections. The function given to the constructor is called with batches of events.
#[napi]
pub struct HttpClient {
    transport: OnceCell<Box<dyn Transport>>,
    settings: Settings,
    prepared: RefCell<Vec<(Method, PathAndQuery)>>,
    waiting: WaitingCalls,
    tapes: Arc<Mutex<Option<Tapes>>>,
    lane: Lane,
}

/// The calls of protocol endpoints in flight, by number.
type WaitingCalls = Arc<Mutex<FxHashMap<u32, Box<dyn Waiting>>>>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[napi]
impl HttpClient {
    /// Prepares a client. It connects with its first call.
    ///
    /// # Errors
    /// When a header is invalid or the environment is closing.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, options: HttpClientOptions, deliver: Function<'_, Unknown<'_>, ()>) -> Result<Self> {
        let settings = Settings::new(&options).map_err(|error| napi::Error::from_reason(error.detail()))?;
        let tapes = Arc::default();
        let waiting = WaitingCalls::default();
        let make_batch = {
            let endpoint = settings.endpoint.clone();
            let waiting = Arc::clone(&waiting);
            let tapes: Arc<Mutex<Option<Tapes>>> = Arc::clone(&tapes);
            let last_head = Mutex::new(LastHead::default());
            move |env, events| {
                free_sent();
                let (mut tapes, mut last_head) = (lock(&tapes), lock(&last_head));
                let maker = Maker::new(env, &endpoint)?;
                let batch = maker.batch(events, &mut lock(&waiting), &mut last_head, tapes.as_mut());
                if batch.is_err() {
                    // JavaScript did not get the batch, and so not its heads.
                    *last_head = LastHead::default();
                }
                batch
            }
        };
        let lane = Lane::new(env, &settings.endpoint, deliver.value().value, make_batch)?;
        Ok(Self { transport: OnceCell::new(), settings, prepared: RefCell::default(), waiting, tapes, lane })
    }

    /// Where the connections live: `event-loop` or `io-thread`.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn lane(&self) -> &'static str {
        self.lane.name()
    }

    /// From now on, answers to calls with `flag::JSON` may come as tapes. They are written to `shared`, laid out as the
    /// module `shared` of `src/bridge/wire.rs` says. JavaScript must not write to it, and must read it before the next
    /// batch.
    #[napi(catch_unwind)]
    pub fn ask_for_tapes(&self, shared: Uint32Array) {
        lock(&self.tapes).get_or_insert_with(|| Tapes::new(SharedWords::new(shared)));
    }

    /// The keys of the objects of a shape, in order; empty for an unknown shape.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn shape_keys(&self, shape: u32) -> Vec<String> {
        lock(&self.tapes).as_ref().map(|tapes| tapes.keys().of(shape)).unwrap_or_default()
    }

    /// Writes the next part of a long tape of the last batch to the shared memory, and returns the pieces of text that it
    /// refers to.
    ///
    /// # Errors
    /// When there is no such tape any more, or no memory for the text.
    #[napi(catch_unwind, ts_return_type = "string[]")]
    pub fn next_part(&self, env: Env, tape: u32) -> Result<Unknown<'_>> {
        let mut tapes = lock(&self.tapes);
        let Some(tapes) = tapes.as_mut() else { return Err(napi::Error::from_reason("there are no tapes")) };
        let pieces = tapes.next_part(env.raw(), tape)?;
        // SAFETY: the value was made just now, in this environment and its handle scope.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), pieces) })
    }

    /// Begins the call `id`. An invalid request is reported by an event, like any other error.
    ///
    /// `authority` is host and port of the URL (`localhost` if absent), `target` its path and query. `headers` has names and
    /// values in turn; a header without a value removes the client's default of that name. `flags` are those of
    /// `src/bridge/wire.rs`.
    #[napi(catch_unwind)]
    #[allow(clippy::too_many_arguments, reason = "an object of arguments would cost more than the call")]
    pub fn request(
        &self,
        env: Env,
        id: u32,
        method: String,
        authority: Option<String>,
        target: String,
        headers: Option<Vec<Option<String>>>,
        body: Option<Either<String, Uint8Array>>,
        flags: u32,
    ) {
        let call = self.call(env, id, &method, authority.as_deref(), target, headers, body, flags);
        self.start(env, id, call);
    }

    /// Prepares requests of this method and target that have neither own headers nor a body. Returns their number for
    /// [`HttpClient::send`], valid until the client is closed; none if the method or the target is invalid.
    #[napi(catch_unwind)]
    pub fn prepare(&self, method: String, target: String) -> Option<u32> {
        let mut prepared = self.prepared.borrow_mut();
        prepared.push((parse_method(&method).ok()?, parse_target(target).ok()?));
        u32::try_from(prepared.len() - 1).ok()
    }

    /// Begins the call `id` with prepared request `number`.
    #[napi(catch_unwind)]
    pub fn send(&self, env: Env, id: u32, number: u32, flags: u32) {
        let prepared =
            usize::try_from(number).ok().and_then(|number| self.prepared.borrow().get(number).cloned());
        let call = prepared
            .ok_or_else(|| Error::Internal("no request with this number was prepared".into()))
            .map(|(method, target)| self.bare_call(id, method, target, flags));
        self.start(env, id, call);
    }

    /// Closes the connections. Calls in flight get no more events.
    #[napi(catch_unwind)]
    pub fn close(&mut self, env: Env) {
        self.transport.take();
        self.prepared.take();
        lock(&self.waiting).clear();
        lock(&self.tapes).take();
        self.lane.close(env.raw());
        free_sent();
    }

    /// Cancels the call `id` and closes its connection. Events that are queued already may still come.
    #[napi(catch_unwind)]
    pub fn cancel(&self, id: u32) {
        if let Some(transport) = self.transport.get() {
            transport.cancel(id);
        }
    }

    /// Says that the reader of a streamed response took `bytes` bytes, so that more may be read.
    #[napi(catch_unwind)]
    pub fn consumed(&self, id: u32, bytes: u32) {
        if let Some(transport) = self.transport.get() {
            transport.consumed(id, bytes as usize);
        }
    }

    /// Sends the next piece of a streamed request body. No piece ends the body.
    #[napi(catch_unwind)]
    pub fn upload(&self, id: u32, chunk: Option<Uint8Array>) {
        if let Some(transport) = self.transport.get() {
            transport.upload(id, chunk.map(|chunk| Bytes::copy_from_slice(&chunk)));
        }
    }
}

impl Drop for HttpClient {
    fn drop(&mut self) {
        // The wake-up may outlive the client on another thread, but the shared memory must be released on this one.
        lock(&self.tapes).take();
        self.transport.take();
        free_sent();
    }
}

impl HttpClient {
    /// The server that its calls go to.
    #[cfg(feature = "tools")]
    pub(super) fn server(&self) -> &crate::http::Endpoint {
        &self.settings.endpoint
    }

    /// Begins a call of a protocol endpoint.
    #[cfg(feature = "tools")]
    pub(super) fn start_waiting(
        &self,
        env: Env,
        id: u32,
        waiting: Box<dyn Waiting>,
        call: std::result::Result<Call, Error>,
    ) {
        lock(&self.waiting).insert(id, waiting);
        self.start(env, id, call);
    }

    fn start(&self, env: Env, id: u32, call: std::result::Result<Call, Error>) {
        free_sent();
        self.lane.begin(env.raw());
        match call.and_then(|call| Ok((self.transport()?, call))) {
            Ok((transport, call)) => transport.start(call),
            Err(error) => self.lane.deliver(Event::Failed { id, error }),
        }
        collect_soon(env.raw());
    }

    fn transport(&self) -> std::result::Result<&dyn Transport, Error> {
        if let Some(transport) = self.transport.get() {
            return Ok(&**transport);
        }
        let Settings { endpoint, limits, .. } = &self.settings;
        endpoint.check()?;
        let made = self.lane.transport(endpoint, limits)?;
        Ok(&**self.transport.get_or_init(|| made))
    }

    #[allow(clippy::too_many_arguments, reason = "the arguments of `request`")]
    fn call(
        &self,
        env: Env,
        id: u32,
        method: &str,
        authority: Option<&str>,
        target: String,
        headers: Option<Vec<Option<String>>>,
        body: Option<Either<String, Uint8Array>>,
        flags: u32,
    ) -> std::result::Result<Call, Error> {
        let mut call = self.bare_call(id, parse_method(method)?, parse_target(target)?, flags);
        if let Some(authority) = authority {
            call.authority = parse_authority(authority)?;
        }
        if let Some(headers) = headers {
            call.headers = parse_headers(&headers)?;
        }
        if let Some(body) = body {
            call.payload = Payload::Bytes(match body {
                Either::A(text) => text.into(),
                Either::B(bytes) if flags & flag::OWNED != 0 && bytes.len() >= WORTH_KEEPING => {
                    keep(env, bytes).map_err(|_| Error::Closed)?
                }
                Either::B(bytes) => Bytes::copy_from_slice(&bytes),
            });
        }
        Ok(call)
    }

    /// A call without own headers, with a streamed body or none.
    pub(super) fn bare_call(&self, id: u32, method: Method, target: PathAndQuery, flags: u32) -> Call {
        Call {
            id,
            method,
            authority: Authority::from_static("localhost"),
            target,
            defaults: Arc::clone(&self.settings.defaults),
            headers: Vec::new(),
            payload: if flags & flag::UPLOAD != 0 { Payload::Stream } else { Payload::None },
            delivery: match flags {
                _ if flags & flag::STREAM != 0 => Delivery::Stream,
                _ if flags & flag::BYTES != 0 => Delivery::Bytes,
                _ if flags & flag::JSON != 0 => Delivery::Json,
                _ => Delivery::Text,
            },
            redirect: match flags {
                _ if flags & flag::REDIRECT_MANUAL != 0 => Redirect::Manual,
                _ if flags & flag::REDIRECT_ERROR != 0 => Redirect::Error,
                _ => Redirect::Follow,
            },
            timeout: self.settings.timeout,
            max_response_bytes: self.settings.max_response_bytes,
            retry: self.settings.retry.clone(),
        }
    }
}

fn invalid(part: &str, detail: &'static str) -> Error {
    Error::InvalidRequest { part: part.into(), detail }
}

pub(super) fn parse_method(method: &str) -> std::result::Result<Method, Error> {
    Method::from_str(method).map_err(|_| invalid("method", "it is not an HTTP token"))
}

pub(super) fn parse_target(target: String) -> std::result::Result<PathAndQuery, Error> {
    PathAndQuery::try_from(target)
        .map_err(|_| invalid("path", "it has characters that are not allowed in a URL"))
}

pub(super) fn parse_authority(authority: &str) -> std::result::Result<Authority, Error> {
    Authority::from_str(authority).map_err(|_| invalid("path", "its host is invalid"))
}

fn parse_headers(
    flat: &[Option<String>],
) -> std::result::Result<Vec<(HeaderName, Option<HeaderValue>)>, Error> {
    let mut headers = Vec::with_capacity(flat.len() / 2);
    for pair in flat.chunks_exact(2) {
        let name = pair[0].as_deref().unwrap_or_default();
        let (name, value) = parse_header(name, pair[1].as_deref().unwrap_or_default())?;
        headers.push((name, pair[1].is_some().then_some(value)));
    }
    Ok(headers)
}
