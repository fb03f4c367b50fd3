//! Converts a batch of events to the arguments of one JavaScript call, five for each event. An array would be slower:
//! setting one element through Node-API costs as much as making a short string.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use napi::bindgen_prelude::Result;
use napi::sys;
use rustc_hash::FxHashMap;

use super::external_text::body_text;
use super::tapes::{Taped, Tapes};
use super::values::{array, array_buffer, forget_exception, latin1, number, undefined, utf8};
use super::waiting::Waiting;
use super::wire::{call_error, event as place, kind};
use crate::http::{Delivery, Endpoint, Error, Event, Head};

/// The arguments of one event.
type Arguments = [sys::napi_value; place::WIDTH];

/// The lines of the last response head that JavaScript got. When the next head has the same lines, as nearly always,
/// JavaScript gets `undefined` instead.
#[derive(Default)]
pub(super) struct LastHead {
    lines: Vec<u8>,
    /// A buffer for the lines of the next head.
    next: Vec<u8>,
}

impl LastHead {
    /// The lines of a head, or `None` when the last head had the same.
    fn lines(&mut self, head: &Head) -> Option<&[u8]> {
        self.next.clear();
        write_lines(head, &mut self.next);
        if self.next == self.lines {
            return None;
        }
        mem::swap(&mut self.next, &mut self.lines);
        Some(&self.lines)
    }
}

/// Makes JavaScript values of events.
pub(super) struct Maker<'a> {
    env: sys::napi_env,
    nothing: sys::napi_value,
    endpoint: &'a Endpoint,
}

/// The kind of an event, and its arguments. The places of the kind and of the call's number are not filled yet.
type Described = (u32, Arguments);

/// The content of a complete answer.
enum Content {
    /// The kind of the event, and the body.
    Body(u32, sys::napi_value),
    /// The error that the protocol declares for this answer, as JSON, and the request's path and query.
    Rejected(sys::napi_value, sys::napi_value),
}

impl<'a> Maker<'a> {
    /// Makes one for the answers of `endpoint`.
    ///
    /// # Errors
    /// When the environment is closing.
    pub(super) fn new(env: sys::napi_env, endpoint: &'a Endpoint) -> Result<Self> {
        Ok(Self { env, nothing: undefined(env)?, endpoint })
    }

    /// Makes the arguments of a batch, and removes the calls that ended from `waiting`.
    pub(super) fn batch(
        &self,
        events: Vec<Event>,
        waiting: &mut FxHashMap<u32, Box<dyn Waiting>>,
        last_head: &mut LastHead,
        mut tapes: Option<&mut Tapes>,
    ) -> Result<Vec<sys::napi_value>> {
        let mut values = Vec::with_capacity(events.len() * place::WIDTH);
        if let Some(tapes) = &mut tapes {
            tapes.begin();
        }
        for event in events {
            let call = event.id();
            // Calls of a protocol have only one event.
            let waiting = if waiting.is_empty() { None } else { waiting.remove(&call) };
            let tapes = tapes.as_deref_mut();
            let described =
                catch_unwind(AssertUnwindSafe(|| self.describe(event, waiting.as_deref(), last_head, tapes)));
            let described = if let Ok(Ok(described)) = described {
                described
            } else {
                // Only this call of the batch fails.
                *last_head = LastHead::default();
                forget_exception(self.env);
                let error = Error::Internal("the answer could not be converted to JavaScript values".into());
                Some(self.failed(&error, waiting.as_deref())?)
            };
            if let Some((kind, mut arguments)) = described {
                arguments[place::CALL] = number(self.env, call)?;
                arguments[place::KIND] = number(self.env, kind)?;
                values.extend_from_slice(&arguments);
            }
        }
        if let Some(tapes) = &mut tapes {
            tapes.end();
        }
        Ok(values)
    }

    /// `None` for a cancelled call, which JavaScript knows of itself.
    fn describe(
        &self,
        event: Event,
        waiting: Option<&dyn Waiting>,
        last_head: &mut LastHead,
        tapes: Option<&mut Tapes>,
    ) -> Result<Option<Described>> {
        let env = self.env;
        let mut arguments = [self.nothing; place::WIDTH];
        let mut set_head = |arguments: &mut Arguments, head: &Head| {
            arguments[place::STATUS] = number(env, head.status.as_u16().into())?;
            if let Some(lines) = last_head.lines(head) {
                arguments[place::HEAD] = latin1(env, lines)?;
            }
            Result::Ok(())
        };
        let kind = match event {
            Event::Done { head, body, delivery, .. } => {
                let length = body.len() as u64;
                let form = if delivery == Delivery::Bytes { "buffer" } else { "string" };
                match self.content(&head, body, delivery, waiting, tapes) {
                    Ok(Content::Body(kind, body)) => {
                        set_head(&mut arguments, &head)?;
                        arguments[place::BODY] = body;
                        kind
                    }
                    Ok(Content::Rejected(declared, target)) => {
                        arguments[place::STATUS] = number(env, head.status.as_u16().into())?;
                        arguments[place::HEAD] = declared;
                        arguments[place::BODY] = target;
                        kind::REJECTED
                    }
                    // V8 limits the size of strings and buffers.
                    Err(_) => {
                        return self
                            .failed(&Error::TooLargeForJavaScript { length, form }, waiting)
                            .map(Some);
                    }
                }
            }
            Event::Head { head, .. } => {
                set_head(&mut arguments, &head)?;
                kind::HEAD
            }
            Event::Chunk { bytes, .. } => {
                arguments[place::BODY] = array_buffer(env, &bytes)?;
                kind::CHUNK
            }
            Event::End { .. } => kind::END,
            Event::Ready { .. } => kind::READY,
            Event::Failed { error, .. } => return self.failed(&error, waiting).map(Some),
            Event::Cancelled { .. } => return Ok(None),
        };
        Ok(Some((kind, arguments)))
    }

    fn content(
        &self,
        head: &Head,
        body: Bytes,
        delivery: Delivery,
        waiting: Option<&dyn Waiting>,
        tapes: Option<&mut Tapes>,
    ) -> Result<Content> {
        let env = self.env;
        if let Some(waiting) = waiting
            && let Some(declared) = waiting.rejected(head.status.as_u16(), &body)
        {
            let [declared, target] = [&declared, waiting.target()].map(|text| utf8(env, text.as_bytes()));
            return Ok(Content::Rejected(declared?, target?));
        }
        if delivery == Delivery::Json
            && head.status.is_success()
            && !head.no_content
            && let Some(tapes) = tapes
        {
            match tapes.record(env, &body)? {
                Some(Taped::Short(text, start)) => {
                    return Ok(Content::Body(kind::TAPED | start << kind::BITS, text));
                }
                Some(Taped::Long(long)) => {
                    return Ok(Content::Body(kind::TAPED_IN_PARTS, number(env, long)?));
                }
                None => {}
            }
        }
        let kind = if head.no_content { kind::DONE_WITHOUT_CONTENT } else { kind::DONE };
        let body =
            if delivery == Delivery::Bytes { array_buffer(env, &body)? } else { body_text(env, body)? };
        Ok(Content::Body(kind, body))
    }

    fn failed(&self, error: &Error, waiting: Option<&dyn Waiting>) -> Result<Described> {
        let (detail, cause) = (error.detail(), error.cause());
        let declared = waiting.map(|waiting| waiting.unanswered(error)).unwrap_or_default();
        let mut texts = [""; call_error::WIDTH];
        texts[call_error::CODE] = error.code();
        texts[call_error::DETAIL] = &detail;
        texts[call_error::HINT] = error.hint(self.endpoint).unwrap_or_default();
        texts[call_error::CAUSE] = &cause;
        texts[call_error::SYSCALL] = error.syscall().unwrap_or_default();
        texts[call_error::DECLARED] = &declared;
        texts[call_error::TARGET] = waiting.map(Waiting::target).unwrap_or_default();
        let texts: Vec<_> =
            texts.iter().map(|text| utf8(self.env, text.as_bytes())).collect::<Result<_>>()?;
        let mut arguments = [self.nothing; place::WIDTH];
        arguments[place::STATUS] = number(self.env, error.errno().map_or(0, i32::unsigned_abs))?;
        arguments[place::HEAD] = array(self.env, &texts)?;
        Ok((kind::FAILED, arguments))
    }
}

/// Writes one line each for the reason phrase, the final URL (empty without a redirect), and the name and value of each
/// header.
fn write_lines(head: &Head, lines: &mut Vec<u8>) {
    lines.extend_from_slice(&head.reason);
    lines.push(b'\n');
    if let Some(url) = &head.redirected_to {
        lines.extend_from_slice(url.as_bytes());
    }
    for (name, value) in &head.headers {
        lines.push(b'\n');
        lines.extend_from_slice(name.as_str().as_bytes());
        lines.push(b'\n');
        lines.extend_from_slice(value.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_lines_with_repeated_headers_apart() {
        let mut headers = http::HeaderMap::new();
        headers.append("set-cookie", "a=1".parse().unwrap());
        headers.append("x-other", "x".parse().unwrap());
        headers.append("set-cookie", "b=2".parse().unwrap());
        let head = Head {
            status: http::StatusCode::OK,
            reason: "Fine".into(),
            headers,
            redirected_to: None,
            no_content: false,
        };
        let mut last = LastHead::default();
        let lines = b"Fine\n\nset-cookie\na=1\nset-cookie\nb=2\nx-other\nx";
        assert_eq!(last.lines(&head), Some(&lines[..]));
        assert_eq!(last.lines(&head), None);
        let other = Head { reason: "Other".into(), ..head };
        assert!(last.lines(&other).is_some_and(|lines| lines.starts_with(b"Other\n")));
        assert_eq!(last.lines(&other), None);
    }
}
