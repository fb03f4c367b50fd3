//! Runs one call: attempts, redirects, decoding, and the limit on the whole call.

use std::cell::Cell;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::ext::ReasonPhrase;
use tokio::sync::Notify;

use super::answer_head::has_null_body;
use super::body::{Body, Upload};
use super::call::{Call, Delivery, Payload};
use super::classify::classify;
use super::collect::Collector;
use super::content_encoding::ContentDecoder;
use super::dispatch::{Dispatch, Unanswered};
use super::error::Error;
use super::event::{Event, Head, Sink};
use super::framing;
use super::progress::Progress;
use super::redirect::{MAX_REDIRECTS, Redirect, is_redirect, next_hop};
use super::retry::{is_idempotent, is_worth_one_repeat};
use super::time_slice::TimeSlice;

/// The most bytes of a streamed response body that wait for the reader.
const STREAM_WINDOW: usize = 256 * 1024;

/// The most bytes of an encoded body that are decoded before the time is checked. They may decode to nothing, or to
/// gigabytes.
const ENCODED_AT_A_TIME: usize = 16 * 1024;

/// Flow control of a streamed response body: counts the bytes that the reader has not taken yet.
#[derive(Debug, Default)]
pub struct Credit {
    unread: Cell<usize>,
    taken: Notify,
}

impl Credit {
    /// Says that the reader took `bytes` bytes.
    pub fn consumed(&self, bytes: usize) {
        self.unread.set(self.unread.get().saturating_sub(bytes));
        self.taken.notify_one();
    }

    /// Whether reading pauses until the reader takes something.
    pub(super) fn is_spent(&self) -> bool {
        self.unread.get() > STREAM_WINDOW
    }

    async fn spend(&self, bytes: usize) {
        self.unread.set(self.unread.get() + bytes);
        while self.is_spent() {
            self.taken.notified().await;
        }
    }
}

/// The streams of a call.
#[derive(Debug, Default)]
pub struct Streams {
    /// Flow control of the response body, if it is streamed.
    pub credit: Option<Rc<Credit>>,
    /// The request body, if it is streamed, and a notification for each piece of it that was taken.
    pub upload: Option<(Upload, Rc<Notify>)>,
}

/// Runs a call to its end. The last event is [`Event::Done`], [`Event::End`] or [`Event::Failed`].
pub async fn run<D: Dispatch, S: Sink>(
    dispatch: &D,
    mut call: Call,
    streams: Streams,
    progress: &Progress,
    sink: &S,
) {
    let id = call.id;
    let timeout = call.timeout;
    let uploaded = streams.upload.as_ref().map(|(_, taken)| Rc::clone(taken));
    let answered = async {
        let response =
            answer(dispatch, &mut call, streams.upload.map(|(upload, _)| upload), progress).await?;
        hand_over(dispatch, &call, response, streams.credit.as_deref(), sink).await
    };
    let outcome = tokio::select! {
        biased;
        outcome = answered => outcome,
        () = report_uploads(id, uploaded, sink) => unreachable!("reports for as long as the call runs"),
        error = limit(dispatch, timeout, progress) => Err(error),
    };
    if let Err(error) = outcome {
        sink.deliver(Event::Failed { id, error });
    }
}

/// Delivers an event for each piece of a streamed request body that was taken. Never returns.
async fn report_uploads<S: Sink>(id: u32, taken: Option<Rc<Notify>>, sink: &S) {
    let Some(taken) = taken else { return std::future::pending().await };
    loop {
        taken.notified().await;
        sink.deliver(Event::Ready { id });
    }
}

/// Resolves with an error when the call has taken longer than `timeout`.
async fn limit<D: Dispatch>(dispatch: &D, timeout: Option<Duration>, progress: &Progress) -> Error {
    /// Long enough to read from the sockets once.
    const MOMENT: Duration = Duration::from_millis(1);
    /// The most such moments. Enough to read all that a socket's buffer can hold.
    const MOMENTS: u32 = 64;
    /// A timer is late if it fires later than this.
    const PUNCTUAL: Duration = Duration::from_millis(10);

    let Some(timeout) = timeout else { return std::future::pending().await };
    let begun = Instant::now();
    dispatch.sleep(timeout).await;
    // If the timer is late, the thread was busy or the process stopped. Bytes that wait in the socket may have come in time:
    // read them first.
    let moments = if begun.elapsed() < timeout.saturating_add(PUNCTUAL) { 1 } else { MOMENTS };
    for _ in 0..moments {
        let moved = progress.moved();
        dispatch.sleep(MOMENT).await;
        if progress.moved() == moved {
            break;
        }
    }
    Error::Timeout { milliseconds: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX) }
}

struct Answer {
    response: Response<Incoming>,
    redirected: bool,
}

/// Sends the request, repeats it where that is safe, and follows redirects.
async fn answer<D: Dispatch>(
    dispatch: &D,
    call: &mut Call,
    upload: Option<Upload>,
    progress: &Progress,
) -> Result<Answer, Error> {
    let length = framing::take(call)?;
    if let (Some(length), Some(upload)) = (length, &upload) {
        upload.announce(length);
    }
    let mut repeats = 0;
    let mut fresh = false;
    let mut redirects = 0;
    loop {
        let streamed = matches!(call.payload, Payload::Stream);
        let can_be_sent_again = || !streamed || upload.as_ref().is_some_and(|upload| !upload.is_begun());
        let policy = call.retry.as_deref();
        let response = match dispatch.dispatch(request(call, upload.clone()), fresh, progress).await {
            Ok(response) => response,
            Err(unanswered) => {
                progress.set_waiting();
                let delay = delay_after(&unanswered, repeats + 1, call).filter(|_| can_be_sent_again());
                let Some(delay) = delay else { return Err(unanswered.error) };
                repeats += 1;
                fresh = true;
                if !delay.is_zero() {
                    dispatch.sleep(delay).await;
                }
                continue;
            }
        };
        progress.set_answered();
        fresh = false;
        let delay = policy
            .filter(|_| is_idempotent(&call.method) && can_be_sent_again())
            .and_then(|policy| policy.after_answer(repeats + 1, response.status(), response.headers()));
        if let Some(delay) = delay {
            repeats += 1;
            discard(dispatch, response).await;
            progress.set_waiting();
            dispatch.sleep(delay).await;
            continue;
        }
        if call.redirect == Redirect::Manual || !is_redirect(response.status()) {
            return Ok(Answer { response, redirected: redirects > 0 });
        }
        if call.redirect == Redirect::Error {
            return Err(Error::RedirectRefused);
        }
        let hop =
            next_hop(&call.method, &call.authority, &call.target, response.status(), response.headers())?;
        let Some(hop) = hop else { return Ok(Answer { response, redirected: redirects > 0 }) };
        // As in fetch, a streamed body is refused for every redirect but 303, even where the method changes to GET.
        if streamed && response.status() != StatusCode::SEE_OTHER {
            return Err(Error::BadRedirect("a streamed body cannot be sent a second time"));
        }
        redirects += 1;
        if redirects > MAX_REDIRECTS {
            return Err(Error::TooManyRedirects { limit: MAX_REDIRECTS });
        }
        discard(dispatch, response).await;
        call.headers.retain(|(name, _)| !hop.drops_headers.contains(name));
        if hop.drops_body {
            call.payload = Payload::None;
        }
        (call.method, call.authority, call.target) = (hop.method, hop.authority, hop.target);
    }
}

/// The delay before repeat number `repeat` (from 1) of a failed call, or `None` not to repeat it.
fn delay_after(unanswered: &Unanswered, repeat: u32, call: &Call) -> Option<Duration> {
    if !unanswered.reached.allows_repeat(&call.method) {
        return None;
    }
    let at_once =
        repeat == 1 && is_worth_one_repeat(&unanswered.error, unanswered.reached, unanswered.reused);
    match call.retry.as_deref() {
        Some(policy) => policy.after_error(repeat, &unanswered.error, at_once),
        None => at_once.then_some(Duration::ZERO),
    }
}

/// Reads an unwanted body to its end, so that the connection can be used again. Closes the connection instead if the body
/// is long or slow.
async fn discard<D: Dispatch>(dispatch: &D, response: Response<Incoming>) {
    const WORTHWHILE: u64 = 64 * 1024;
    const PATIENCE: Duration = Duration::from_millis(100);
    let read = async {
        let mut body = response.into_body();
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, |data| data.len() as u64);
            if seen > WORTHWHILE {
                return;
            }
        }
    };
    tokio::select! {
        biased;
        () = read => {}
        () = dispatch.sleep(PATIENCE) => {}
    }
}

fn request(call: &Call, upload: Option<Upload>) -> Request<Body> {
    let body = match (&call.payload, upload) {
        (Payload::Stream, Some(upload)) => Body::Stream(upload),
        (Payload::Bytes(bytes), _) => Body::full(bytes.clone()),
        _ => Body::full(Bytes::new()),
    };
    let mut headers = call.merged_headers();
    let host = match call.authority.as_str() {
        // The usual host needs no allocation.
        "localhost" => Ok(HeaderValue::from_static("localhost")),
        other => HeaderValue::from_str(other),
    };
    if let Ok(host) = host {
        headers.insert(HOST, host);
    }
    let is_empty = match &call.payload {
        Payload::None => true,
        Payload::Bytes(bytes) => bytes.is_empty(),
        Payload::Stream => false,
    };
    if is_empty && matches!(call.method, Method::POST | Method::PUT | Method::PATCH) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut request = Request::new(body);
    *request.method_mut() = call.method.clone();
    *request.uri_mut() = Uri::from(call.target.clone());
    *request.headers_mut() = headers;
    request
}

/// Reads the body, decodes it, and delivers the answer.
async fn hand_over<D: Dispatch, S: Sink>(
    dispatch: &D,
    call: &Call,
    answer: Answer,
    credit: Option<&Credit>,
    sink: &S,
) -> Result<(), Error> {
    let (parts, mut body) = answer.response.into_parts();
    let status = parts.status;
    if parts.status.is_informational() {
        return Err(Error::BadResponse("the server switched protocols, which was not requested".into()));
    }
    let mut decoder = ContentDecoder::new(&call.method, parts.status, &parts.headers)?;
    let mut collector = Collector::new(call.max_response_bytes, body.size_hint().exact().unwrap_or(0));
    // An answer that has no body in fetch is not read to its end. If bytes follow, its connection is closed.
    let has_body = !has_null_body(status);
    if has_body && decoder.is_none() && body.size_hint().lower() > collector.room() {
        return Err(Error::TooLarge { limit: call.max_response_bytes });
    }
    // Without a length and chunks, the body ends with the connection.
    let mut may_be_reset =
        body.size_hint().exact().is_none() && !parts.headers.contains_key(TRANSFER_ENCODING);
    let reason = parts.extensions.get::<ReasonPhrase>().map_or_else(
        || Bytes::from_static(parts.status.canonical_reason().unwrap_or_default().as_bytes()),
        |reason| Bytes::copy_from_slice(reason.as_bytes()),
    );
    let head = Head {
        no_content: parts.status == StatusCode::NO_CONTENT
            || call.method == Method::HEAD
            || parts.headers.get(CONTENT_LENGTH).is_some_and(|length| length == "0"),
        status,
        reason,
        headers: parts.headers,
        redirected_to: answer.redirected.then(|| format!("http://{}{}", call.authority, call.target)),
    };
    let id = call.id;
    let mut whole_head = None;
    match call.delivery {
        Delivery::Text | Delivery::Json | Delivery::Bytes => whole_head = Some(head),
        Delivery::Stream => sink.deliver(Event::Head { id, head }),
    }
    let mut received = 0_u64;
    let mut slice = TimeSlice::default();
    let mut deliver = async |data: Bytes| {
        received += data.len() as u64;
        if received > call.max_response_bytes {
            return Err(Error::TooLarge { limit: call.max_response_bytes });
        }
        if call.delivery != Delivery::Stream {
            return collector.push(data);
        }
        let length = data.len();
        sink.deliver(Event::Chunk { id, bytes: data });
        if let Some(credit) = credit {
            credit.spend(length).await;
        }
        Ok(())
    };
    while has_body && let Some(frame) = body.frame().await {
        let frame = match frame.map_err(|error| body_error(&error)) {
            // A server that answers without reading the whole request resets the connection instead of closing it.
            Err(Error::Lost { source, .. })
                if may_be_reset && source.kind() == ErrorKind::ConnectionReset =>
            {
                break;
            }
            frame => frame?,
        };
        let Ok(mut data) = frame.into_data() else { continue };
        may_be_reset &= data.is_empty();
        let Some(decoder) = &mut decoder else {
            if !data.is_empty() {
                deliver(data).await?;
            }
            continue;
        };
        while !data.is_empty() {
            decoder.push(data.split_to(data.len().min(ENCODED_AT_A_TIME)));
            while let Some(portion) = slice.measure(|| decoder.portion())? {
                slice.add_bytes(portion.len());
                deliver(portion).await?;
                slice.pause_if_used_up(dispatch).await;
            }
            slice.pause_if_used_up(dispatch).await;
        }
    }
    if let Some(decoder) = decoder {
        decoder.finish()?;
    }
    // Return the connection to its pool before the caller can make the next call.
    drop(body);
    sink.deliver(match whole_head {
        Some(head) => Event::Done { id, head, body: collector.finish(), delivery: call.delivery },
        None => Event::End { id },
    });
    Ok(())
}

fn body_error(error: &hyper::Error) -> Error {
    match classify(error) {
        Error::Lost { source, .. } => Error::Lost { in_body: true, source },
        other => other,
    }
}
