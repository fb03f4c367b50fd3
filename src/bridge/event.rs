//! A batch of events as JavaScript receives it: the arguments of one call, five an event. An array would be filled
//! element by element, and each of that costs as much as a short string.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use napi::bindgen_prelude::Result;
use napi::sys;

use super::external_text::body_text;
use super::tapes::{Taped, Tapes};
use super::values::{array, array_buffer, forget_exception, latin1, number, undefined, utf8};
use super::wire::{event as place, failure, kind};
use crate::http::{Delivery, Endpoint, Error, Event, Head};

/// The arguments of one event.
type Arguments = [sys::napi_value; place::WIDTH];

/// The lines of the last head that JavaScript was given. Heads are nearly always alike: then it gets `undefined`.
#[derive(Default)]
pub(super) struct LastHead {
    lines: Vec<u8>,
    /// Room for those of the next.
    next: Vec<u8>,
}

impl LastHead {
    /// The lines of a head, or nothing when they are those of the last.
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

/// Makes the arguments. JavaScript knows for itself which calls it has given up.
pub(super) fn batch(
    env: sys::napi_env,
    events: Vec<Event>,
    endpoint: &Endpoint,
    last_head: &mut LastHead,
    mut tapes: Option<&mut Tapes>,
) -> Result<Vec<sys::napi_value>> {
    let mut values = Vec::with_capacity(events.len() * place::WIDTH);
    let nothing = undefined(env)?;
    if let Some(tapes) = &mut tapes {
        tapes.begin();
    }
    for event in events {
        let call = event.id();
        let tapes = tapes.as_deref_mut();
        let described =
            catch_unwind(AssertUnwindSafe(|| describe(env, event, nothing, endpoint, last_head, tapes)));
        let described = if let Ok(Ok(described)) = described {
            described
        } else {
            // This call fails, and the others of the batch go on.
            *last_head = LastHead::default();
            forget_exception(env);
            let error = Error::Internal("its answer could not be handed over".into());
            Some(failed(env, &error, nothing, endpoint)?)
        };
        if let Some((kind, mut arguments)) = described {
            arguments[place::CALL] = number(env, call)?;
            arguments[place::KIND] = number(env, kind)?;
            values.extend_from_slice(&arguments);
        }
    }
    if let Some(tapes) = &mut tapes {
        tapes.end();
    }
    Ok(values)
}

/// The kind of an event, and its arguments but this and the call's number; nothing where JavaScript need not hear of it.
fn describe(
    env: sys::napi_env,
    event: Event,
    nothing: sys::napi_value,
    endpoint: &Endpoint,
    last_head: &mut LastHead,
    tapes: Option<&mut Tapes>,
) -> Result<Option<(u32, Arguments)>> {
    let mut arguments = [nothing; place::WIDTH];
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
            let Ok((kind, body)) = content(env, &head, body, delivery, tapes) else {
                // The engine refuses strings and buffers beyond a size of its own.
                return failed(env, &Error::Unholdable { length, form }, nothing, endpoint).map(Some);
            };
            set_head(&mut arguments, &head)?;
            arguments[place::BODY] = body;
            kind
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
        Event::Failed { error, .. } => return failed(env, &error, nothing, endpoint).map(Some),
        Event::Cancelled { .. } => return Ok(None),
    };
    Ok(Some((kind, arguments)))
}

/// The kind of event that brings a whole answer, and its body.
fn content(
    env: sys::napi_env,
    head: &Head,
    body: Bytes,
    delivery: Delivery,
    tapes: Option<&mut Tapes>,
) -> Result<(u32, sys::napi_value)> {
    if delivery == Delivery::Json
        && head.status.is_success()
        && !head.no_content
        && let Some(tapes) = tapes
    {
        match tapes.record(env, &body)? {
            Some(Taped::Short(text, start)) => return Ok((kind::TAPED | start << kind::BITS, text)),
            Some(Taped::Long(long)) => return Ok((kind::TAPED_IN_PARTS, number(env, long)?)),
            None => {}
        }
    }
    let kind = if head.no_content { kind::DONE_WITHOUT_CONTENT } else { kind::DONE };
    let body = if delivery == Delivery::Bytes { array_buffer(env, &body)? } else { body_text(env, body)? };
    Ok((kind, body))
}

fn failed(
    env: sys::napi_env,
    error: &Error,
    nothing: sys::napi_value,
    endpoint: &Endpoint,
) -> Result<(u32, Arguments)> {
    let (detail, cause) = (error.detail(), error.cause());
    let mut texts = [""; failure::WIDTH];
    texts[failure::CODE] = error.code();
    texts[failure::DETAIL] = &detail;
    texts[failure::HINT] = error.hint(endpoint).unwrap_or_default();
    texts[failure::CAUSE] = &cause;
    texts[failure::SYSCALL] = error.syscall().unwrap_or_default();
    let texts: Vec<_> = texts.iter().map(|text| utf8(env, text.as_bytes())).collect::<Result<_>>()?;
    let mut arguments = [nothing; place::WIDTH];
    arguments[place::STATUS] = number(env, error.errno().map_or(0, i32::unsigned_abs))?;
    arguments[place::HEAD] = array(env, &texts)?;
    Ok((kind::FAILED, arguments))
}

/// Reason, final URL (empty without a redirect), then name and value of each header, a line each.
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
