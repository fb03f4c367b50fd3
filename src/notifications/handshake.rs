//! Opens a WebSocket on a Unix socket: sends the HTTP request and checks the answer.

use std::future::Future;
use std::io::{self, Read, Write};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, HeaderName, HeaderValue, UPGRADE};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::error::{Error, refusal_advice};
use super::options::Options;
use super::time_limit::within;
use super::websocket::Reader;
use crate::http::MAX_HEADERS;
use crate::http::lanes::connector::QUEUE_FULL_PAUSE;

/// Path of the notification endpoint.
pub const PATH: &str = "/v1/notifications";

/// Largest head of an answer, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;
/// How many bytes of the body are kept when the server refuses the handshake.
const BODY_LIMIT: usize = 64 * 1024;
/// How long that body is waited for.
const BODY_TIMEOUT: Duration = Duration::from_secs(2);

const ACCEPT: HeaderName = HeaderName::from_static("sec-websocket-accept");
const EXTENSIONS: HeaderName = HeaderName::from_static("sec-websocket-extensions");
const KEY: HeaderName = HeaderName::from_static("sec-websocket-key");
const PROTOCOL: HeaderName = HeaderName::from_static("sec-websocket-protocol");
const VERSION: HeaderName = HeaderName::from_static("sec-websocket-version");

/// A connected Unix socket with non-blocking [`Read`] and [`Write`], which tungstenite needs.
pub struct Connection(pub UnixStream);

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Connects to the server's socket and does the WebSocket handshake.
///
/// # Errors
/// When connecting or the handshake fails or takes too long; [`Error::Refused`] has the status and body of a refusal.
pub async fn dial(options: &Options) -> Result<Reader<Connection>, Error> {
    let ms = options.idle_timeout.unwrap_or_default().as_millis();
    within(options.idle_timeout, shake_hands(options)).await.unwrap_or_else(|| {
        Err(Error::IdleTimeout { path: options.path(), ms, during: " during the handshake" })
    })
}

async fn shake_hands(options: &Options) -> Result<Reader<Connection>, Error> {
    let stream =
        within(options.headers_timeout, connect(options)).await.unwrap_or_else(|| Err(too_late(options)))?;
    let failed = |error: hyper::Error| hyper_error(options, &error);
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_LIMIT)
        .max_headers(MAX_HEADERS)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let exchange = async {
        let key = generate_key();
        let answer = sender.send_request(request(options, &key)?);
        let response = within(options.headers_timeout, answer).await.ok_or_else(|| too_late(options))?;
        let response = response.map_err(failed)?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(refused(options, response).await);
        }
        check(response.headers(), &key).map_err(|problem| handshake_error(options, &problem))?;
        hyper::upgrade::on(response).await.map_err(failed)
    };
    let upgraded = alongside(connection.with_upgrades(), exchange).await?;
    let parts = upgraded
        .downcast::<TokioIo<UnixStream>>()
        .map_err(|_| handshake_error(options, &"the connection was not handed over"))?;
    Ok(Reader::new(Connection(parts.io.into_inner()), parts.read_buf.into(), options.max_message_bytes))
}

async fn connect(options: &Options) -> Result<UnixStream, Error> {
    loop {
        let error = match UnixStream::connect(&options.socket_path).await {
            Ok(stream) => return Ok(stream),
            Err(error) => error,
        };
        if error.kind() == io::ErrorKind::WouldBlock {
            sleep(QUEUE_FULL_PAUSE).await;
            continue;
        }
        // For a path that is too long, the standard library makes an error of its own without a system code.
        let too_long = error.kind() == io::ErrorKind::InvalidInput && error.raw_os_error().is_none();
        let source = if too_long { io::Error::from_raw_os_error(libc::ENAMETOOLONG) } else { error };
        return Err(Error::Connect { path: options.path(), source });
    }
}

fn too_late(options: &Options) -> Error {
    let ms = options.headers_timeout.unwrap_or_default().as_millis();
    Error::HeadersTimeout { path: options.path(), ms }
}

fn request(options: &Options, key: &str) -> Result<Request<Empty<Bytes>>, Error> {
    let mut request = Request::get(PATH)
        .header(HOST, "unix")
        .header(CONNECTION, "upgrade")
        .header(UPGRADE, "websocket")
        .header(VERSION, "13")
        .header(KEY, key)
        .body(Empty::new())
        .map_err(|error| handshake_error(options, &error))?;
    for (name, value) in options.headers.map() {
        request.headers_mut().insert(name, value.clone());
    }
    Ok(request)
}

/// Runs the connection's task until the exchange on it is done.
async fn alongside<T>(connection: impl Future, exchange: impl Future<Output = T>) -> T {
    let mut connection = pin!(connection);
    let mut exchange = pin!(exchange);
    let mut ended = false;
    std::future::poll_fn(|context| {
        if let Poll::Ready(output) = exchange.as_mut().poll(context) {
            return Poll::Ready(output);
        }
        if !ended && connection.as_mut().poll(context).is_ready() {
            ended = true;
            return exchange.as_mut().poll(context);
        }
        Poll::Pending
    })
    .await
}

/// Checks an answer with status 101.
fn check(headers: &HeaderMap, key: &str) -> Result<(), String> {
    if !has_token(headers, &UPGRADE, "websocket") {
        return Err("the answer lacks \"Upgrade: websocket\"".into());
    }
    if !has_token(headers, &CONNECTION, "upgrade") {
        return Err("the answer lacks \"Connection: Upgrade\"".into());
    }
    let expected = derive_accept_key(key.as_bytes());
    if !headers.get_all(ACCEPT).iter().map(HeaderValue::as_bytes).eq([expected.as_bytes()]) {
        return Err("Sec-WebSocket-Accept is not the answer to the key that was sent".into());
    }
    for (name, what) in [(PROTOCOL, "a subprotocol"), (EXTENSIONS, "an extension")] {
        if headers.get_all(name).iter().any(|value| !value.as_bytes().trim_ascii().is_empty()) {
            return Err(format!("the server chose {what} although none was offered"));
        }
    }
    Ok(())
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token)))
}

async fn refused(options: &Options, response: Response<Incoming>) -> Error {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    // The body only explains the refusal: what has arrived by then is enough, also when it breaks off.
    let _ = tokio::time::timeout(BODY_TIMEOUT, read_body(response.into_body(), &mut body)).await;
    Error::Refused {
        path: options.path(),
        status,
        body: String::from_utf8_lossy(&body).into_owned(),
        advice: refusal_advice(status, options.headers.has_token()),
    }
}

async fn read_body<B>(mut body: B, kept: &mut Vec<u8>)
where
    B: Body<Data = Bytes> + Unpin,
{
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(data) = frame.data_ref() {
            let room = BODY_LIMIT - kept.len();
            kept.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() >= room {
                return;
            }
        }
    }
}

fn handshake_error(options: &Options, problem: &impl ToString) -> Error {
    Error::Handshake { path: options.path(), problem: problem.to_string() }
}

fn hyper_error(options: &Options, error: &hyper::Error) -> Error {
    let system = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    if let Some(source) = system {
        let source = source.raw_os_error().map_or_else(|| source.kind().into(), io::Error::from_raw_os_error);
        return Error::Handshaking { path: options.path(), source };
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return Error::Handshaking { path: options.path(), source: io::ErrorKind::UnexpectedEof.into() };
    }
    if error.is_parse_too_large() {
        return handshake_error(options, &"the head of the answer is too large");
    }
    handshake_error(options, &format_args!("the answer is not HTTP ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY_SENT: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const KEY_ANSWER: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    fn answer(lines: &[(&'static str, &'static str)]) -> Result<(), String> {
        let headers = lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        check(&headers.collect(), KEY_SENT)
    }

    const GOOD: [(&str, &str); 3] =
        [("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", KEY_ANSWER)];

    #[test]
    fn a_good_answer_is_accepted() {
        assert_eq!(answer(&GOOD), Ok(()));
        assert_eq!(
            answer(&[GOOD[2], ("connection", "keep-alive, upgrade"), ("upgrade", "WebSocket")]),
            Ok(())
        );
        assert_eq!(answer(&[GOOD[0], GOOD[1], GOOD[2], ("sec-websocket-protocol", " ")]), Ok(()));
    }

    #[test]
    fn each_missing_part_is_named() {
        for (missing, word) in
            [(0, "Upgrade: websocket"), (1, "Connection: Upgrade"), (2, "Sec-WebSocket-Accept")]
        {
            let rest: Vec<_> = (0..3).filter(|index| *index != missing).map(|index| GOOD[index]).collect();
            assert!(answer(&rest).unwrap_err().contains(word));
        }
    }

    #[test]
    fn what_was_not_offered_is_refused() {
        for (name, word) in
            [("sec-websocket-protocol", "subprotocol"), ("sec-websocket-extensions", "extension")]
        {
            assert!(answer(&[GOOD[0], GOOD[1], GOOD[2], (name, "x")]).unwrap_err().contains(word));
        }
    }

    #[tokio::test]
    async fn bodies_are_kept_up_to_the_limit() {
        let mut kept = Vec::new();
        read_body(http_body_util::Full::new(Bytes::from(vec![b'x'; BODY_LIMIT * 2])), &mut kept).await;
        assert_eq!(kept.len(), BODY_LIMIT);
        kept.clear();
        read_body(http_body_util::Full::new(Bytes::from_static(b"short")), &mut kept).await;
        assert_eq!(kept, b"short");
    }
}
