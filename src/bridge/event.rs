//! A batch of events as JavaScript receives it: five elements an event, in one flat array.

use std::collections::HashSet;

use napi::bindgen_prelude::Result;
use napi::sys;

use super::values::{FlatArray, array_buffer, latin1, utf8};
use crate::transport::{Endpoint, Event, Failure, Head};

/// Elements an event takes: number of the call, kind, and three that depend on the kind.
const WIDTH: usize = 5;

/// The kinds; `lib/native-client.js` has the same list.
mod kind {
    pub(super) const DONE: u32 = 0;
    pub(super) const DONE_WITHOUT_CONTENT: u32 = 1;
    pub(super) const HEAD: u32 = 2;
    pub(super) const CHUNK: u32 = 3;
    pub(super) const END: u32 = 4;
    pub(super) const READY: u32 = 5;
    pub(super) const FAILED: u32 = 6;
}

/// Makes the array, and takes the calls that are over out of `in_flight`. Events of other calls are left out.
pub(super) fn batch(
    env: sys::napi_env,
    events: Vec<Event>,
    endpoint: &Endpoint,
    in_flight: &mut HashSet<u32>,
) -> Result<sys::napi_value> {
    let mut array = FlatArray::new(env, events.len() * WIDTH)?;
    for event in events {
        let id = event.id();
        let awaited = if event.is_last() { in_flight.remove(&id) } else { in_flight.contains(&id) };
        if awaited {
            push(env, &mut array, event, endpoint)?;
        }
    }
    Ok(array.value())
}

fn push(env: sys::napi_env, array: &mut FlatArray, event: Event, endpoint: &Endpoint) -> Result<()> {
    match event {
        Event::Done { id, head, body, text } => {
            let made = if text { utf8(env, &body) } else { array_buffer(env, &body) };
            // The engine refuses strings and buffers beyond a size of its own.
            let Ok(body) = made else {
                let failure = Failure::TooLarge { limit: body.len() as u64 - 1 };
                return push(env, array, Event::Failed { id, failure }, endpoint);
            };
            let kind = if head.no_content { kind::DONE_WITHOUT_CONTENT } else { kind::DONE };
            push_head(env, array, id, kind, &head)?;
            array.push(body)?;
        }
        Event::Head { id, head } => {
            push_head(env, array, id, kind::HEAD, &head)?;
            array.skip(1);
        }
        Event::Chunk { id, bytes } => {
            array.push_number(id)?;
            array.push_number(kind::CHUNK)?;
            array.skip(2);
            array.push(array_buffer(env, &bytes)?)?;
        }
        Event::End { id } => push_bare(array, id, kind::END)?,
        Event::Ready { id } => push_bare(array, id, kind::READY)?,
        Event::Failed { id, failure } => {
            array.push_number(id)?;
            array.push_number(kind::FAILED)?;
            array.push_number(failure.errno().map_or(0, i32::unsigned_abs))?;
            let texts = [
                failure.code(),
                &failure.detail(),
                failure.hint(endpoint).unwrap_or_default(),
                &failure.cause(),
                failure.syscall().unwrap_or_default(),
            ];
            let mut parts = FlatArray::new(env, texts.len())?;
            for text in texts {
                parts.push(utf8(env, text.as_bytes())?)?;
            }
            array.push(parts.value())?;
            array.skip(1);
        }
    }
    Ok(())
}

fn push_bare(array: &mut FlatArray, id: u32, kind: u32) -> Result<()> {
    array.push_number(id)?;
    array.push_number(kind)?;
    array.skip(3);
    Ok(())
}

fn push_head(env: sys::napi_env, array: &mut FlatArray, id: u32, kind: u32, head: &Head) -> Result<()> {
    array.push_number(id)?;
    array.push_number(kind)?;
    array.push_number(head.status.as_u16().into())?;
    array.push(latin1(env, &head_lines(head))?)
}

/// Reason, final URL (empty without a redirect), then name and value of each header, a line each.
fn head_lines(head: &Head) -> Vec<u8> {
    let mut lines = Vec::with_capacity(256);
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
    lines
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
        assert_eq!(head_lines(&head), b"Fine\n\nset-cookie\na=1\nset-cookie\nb=2\nx-other\nx");
    }
}
