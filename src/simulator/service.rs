//! Answers a request: records it in the journal, then uses a matching rule or the engine.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::answer::{Answer, Content, DropAt};
use super::api_error::ApiError;
use super::connection::{Cut, Cutter};
use super::handshake;
use super::journal::Interruption;
use super::reply::Reply;
use super::request::Request;
use super::rule::Response as Rule;
use super::shared::{Event, Shared};
use super::socket;
use crate::protocol::router::Route;

/// Largest body that is accepted, in bytes.
const LONGEST_BODY: usize = 64 << 20;

/// Records a request as aborted if this is dropped before the request is finished.
struct Pending<'a> {
    shared: &'a Shared,
    sequence: u64,
    open: bool,
}

impl Pending<'_> {
    fn finish(mut self, status: Option<u16>, fault: Option<Interruption>) {
        self.open = false;
        self.shared.journal().finish(self.sequence, status, fault);
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.open {
            self.shared.journal().finish(self.sequence, None, Some(Interruption::Aborted));
        }
    }
}

/// Answers a request. An error drops the connection.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    cutter: Cutter,
    mut incoming: http::Request<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let upgrade = hyper::upgrade::on(&mut incoming);
    let (head, body) = incoming.into_parts();
    let (body, too_large) = match Limited::new(body, LONGEST_BODY).collect().await {
        Ok(body) => (body.to_bytes(), false),
        Err(cause) if cause.is::<LengthLimitError>() => (Bytes::new(), true),
        Err(_) => return Err(io::ErrorKind::ConnectionReset.into()),
    };
    let request = Request::new(&head, body);
    let operation = shared.operation_of(&request);
    let sequence = shared.begin(&request, operation.as_deref());
    let pending = Pending { shared: &shared, sequence, open: true };

    let rule = shared.rules().take(&request, operation.as_deref());
    let answer = match rule {
        None => Answer::default(),
        Some((_, Rule::Fixed(answer))) => *answer,
        Some((rule, Rule::Asked)) => match shared.ask(rule, sequence).await {
            Ok(answer) => answer.unwrap_or_default(),
            Err(message) => shared.failed(&message),
        },
    };

    let mut response = if answer.replaces() {
        respond(&shared, &answer)
    } else if too_large {
        let detail = format!("the body has more than {LONGEST_BODY} bytes");
        from_reply(shared.engine().error(&ApiError::new("too-large").detail(detail)))
    } else if shared.is_channel(&request.path) {
        shared.channel.hearing().await;
        open_channel(&shared, &request, upgrade)
    } else {
        let mut reply = shared.engine().reply(&request);
        for message in std::mem::take(&mut reply.publications) {
            shared.channel.publish(message.to_string());
        }
        from_reply(reply)
    };
    add_headers(response.headers_mut(), &answer);

    let delay = answer.delay.saturating_add(shared.latency());
    if delay > Duration::ZERO {
        tokio::time::sleep(delay).await;
    }
    let length = response.body().size();
    let fault = match answer.drop {
        None => None,
        Some(DropAt::Connection) => {
            pending.finish(None, Some(Interruption::Connection));
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Some(DropAt::Head) => {
            cutter.arm(Cut::Head);
            Some(Interruption::Head)
        }
        Some(DropAt::Body) => {
            cutter.arm(Cut::Body(length / 2));
            Some(Interruption::Body)
        }
    };
    pending.finish(Some(response.status().as_u16()), fault);
    Ok(response)
}

trait Size {
    fn size(&self) -> usize;
}

impl Size for Full<Bytes> {
    fn size(&self) -> usize {
        let exact = hyper::body::Body::size_hint(self).exact().unwrap_or(0);
        usize::try_from(exact).unwrap_or(usize::MAX)
    }
}

fn respond(shared: &Shared, answer: &Answer) -> Response<Full<Bytes>> {
    let status = answer.status.unwrap_or(200);
    let content = answer.body.clone().or_else(|| {
        let usual = shared.declaration.simulation.errors.of_status(status).filter(|_| status >= 400)?;
        Some(Content::Json(usual.to_string()))
    });
    build(status, content.filter(|_| status != 204 && status != 304))
}

fn from_reply(reply: Reply) -> Response<Full<Bytes>> {
    let content = (!matches!(reply.status, 204 | 304)).then(|| Content::Json(reply.body.to_string()));
    let mut response = build(reply.status, content);
    if let Some(allow) = reply.allow.and_then(|allow| HeaderValue::from_str(&allow).ok()) {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

fn build(status: u16, content: Option<Content>) -> Response<Full<Bytes>> {
    let kind = content.as_ref().map(Content::content_type);
    let mut response = Response::new(Full::new(content.map(Content::into_bytes).unwrap_or_default()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(kind) = kind {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    response
}

/// Replaces headers by those of an answer, which can contain a header more than once.
fn add_headers(headers: &mut HeaderMap, answer: &Answer) {
    for (name, _) in &answer.headers {
        headers.remove(name);
    }
    for (name, value) in &answer.headers {
        headers.append(name.clone(), value.clone());
    }
}

fn open_channel(
    shared: &Arc<Shared>,
    request: &Request,
    upgrade: hyper::upgrade::OnUpgrade,
) -> Response<Full<Bytes>> {
    let refused = |error: &ApiError| from_reply(shared.engine().error(error));
    let schemes = shared.declaration.simulation.channel.as_ref().map_or(&[][..], |channel| &channel.auth);
    let caller = shared.engine().authenticate(schemes, request);
    if let Err(error) = caller.and_then(|_| shared.engine().check_channel_scopes()) {
        return refused(&error);
    }
    let headers = match handshake::accept(request) {
        Ok(headers) => headers,
        Err(detail) => return refused(&ApiError::new("invalid-syntax").detail(detail)),
    };
    // Joins before the client gets the answer, so that it gets every message published from then on.
    let membership = shared.channel.join();
    shared.tell(Event::Connections(shared.channel.len()));
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        if let Ok(stream) = upgrade.await {
            socket::run(TokioIo::new(stream), membership).await;
        } else {
            drop(membership);
        }
        shared.tell(Event::Connections(shared.channel.len()));
    });
    let mut response = build(101, None);
    response.headers_mut().extend(headers);
    response
}

impl Shared {
    fn operation_of(&self, request: &Request) -> Option<String> {
        match self.declaration.route(&request.method, &request.path) {
            Route::Found(operation, _) => Some(operation.id.clone()),
            Route::Methods(_) | Route::Unknown => self.engine().endpoint_of(request),
        }
    }

    fn begin(&self, request: &Request, operation: Option<&str>) -> u64 {
        let engine = self.engine();
        self.journal().begin(request, operation, self.clock.now(), |value| engine.is_token(value))
    }

    fn is_channel(&self, path: &str) -> bool {
        self.declaration.simulation.channel.as_ref().is_some_and(|channel| channel.path == path)
    }

    /// The answer when the test's function for it failed.
    fn failed(&self, message: &str) -> Answer {
        let (status, body): (u16, Value) = {
            let error = ApiError::new("internal").detail(message);
            self.declaration.simulation.errors.answer(&error)
        };
        Answer { status: Some(status), body: Some(Content::Json(body.to_string())), ..Answer::default() }
    }
}
