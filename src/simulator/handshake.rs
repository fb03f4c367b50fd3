//! Checks and answers the WebSocket handshake of notification sockets.

use http::HeaderValue;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::request::Request;

/// The headers of the answer to a handshake, or what is wrong with the request.
pub(crate) fn accept(request: &Request) -> Result<Vec<(http::HeaderName, HeaderValue)>, &'static str> {
    let has = |name: &str, token: &str| {
        request.headers.iter().any(|(known, value)| {
            known == name && value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token))
        })
    };
    if request.method != "GET" {
        return Err("a WebSocket handshake is a GET");
    }
    if !has("connection", "upgrade") || !has("upgrade", "websocket") {
        return Err("this path is a WebSocket; connect to it with a WebSocket client");
    }
    if request.header("sec-websocket-version") != Some("13") {
        return Err("the WebSocket version must be 13");
    }
    let key = request.header("sec-websocket-key").filter(|key| is_key(key));
    let key = key.ok_or("the header sec-websocket-key is missing, or not 16 bytes in base64")?;
    let accepted = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
        .map_err(|_| "the header sec-websocket-key can't be answered")?;
    Ok(vec![
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_ACCEPT, accepted),
    ])
}

fn is_key(key: &str) -> bool {
    data_encoding::BASE64.decode(key.as_bytes()).is_ok_and(|bytes| bytes.len() == 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(change: impl Fn(&mut Vec<(String, String)>)) -> Request {
        let mut headers = [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        change(&mut headers);
        Request { method: "GET".into(), headers, ..Request::default() }
    }

    #[test]
    fn answers_the_key_of_the_standard() {
        let headers = accept(&request(|_| {})).unwrap();
        assert_eq!(headers[2].1, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn says_what_is_wrong() {
        for (index, value, message) in [
            (0, "close", "this path is a WebSocket"),
            (1, "h2c", "this path is a WebSocket"),
            (2, "8", "the WebSocket version must be 13"),
            (3, "c2hvcnQ=", "the header sec-websocket-key is missing"),
        ] {
            let refused = accept(&request(|headers| headers[index].1 = value.into())).unwrap_err();
            assert!(refused.starts_with(message), "{refused}");
        }
        let mut post = request(|_| {});
        post.method = "POST".into();
        assert_eq!(accept(&post), Err("a WebSocket handshake is a GET"));
    }
}
