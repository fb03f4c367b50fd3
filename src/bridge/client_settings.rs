//! Makes the settings of a client from the options that JavaScript gives.

use std::sync::Arc;
use std::time::Duration;

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue};
use napi_derive::napi;

use crate::http::call::parse_header;
use crate::http::framing::may_be_sent;
use crate::http::retry::RetryPolicy;
use crate::http::{Endpoint, Error, Limits};
use crate::milliseconds::milliseconds;

/// The default `User-Agent`.
const PRODUCT: &str = concat!("cycle-internal-api-client/", env!("CARGO_PKG_VERSION"));

/// Options of a client. Absent ones have the defaults of `getClient`.
#[napi(object, object_to_js = false)]
pub struct HttpClientOptions {
    /// Path of the Unix socket. Without it, `host` and `port` are used.
    pub socket_path: Option<String>,
    /// Name or address of a TCP host; `localhost` by default.
    pub host: Option<String>,
    /// TCP port; 80 by default.
    pub port: Option<u16>,
    /// Headers of every request, names and values in turn.
    pub headers: Vec<String>,
    /// The most open connections; by default 1024, or half the limit of file descriptors if that is less.
    pub max_connections: Option<u32>,
    /// The largest decoded response body in bytes; no limit by default.
    pub max_response_bytes: Option<f64>,
    /// Limit on a whole call in milliseconds; none by default.
    pub timeout_ms: Option<f64>,
    /// Limit on the wait for a response head in milliseconds; 0 for none, 300,000 by default.
    pub headers_timeout_ms: Option<f64>,
    /// Limit on the wait for the next byte of a response body in milliseconds; 0 for none, 300,000 by default.
    pub body_timeout_ms: Option<f64>,
    /// How long an idle connection is kept in milliseconds; 0 for no limit, 4,000 by default.
    pub keep_alive_timeout_ms: Option<f64>,
    /// How often a failed idempotent call is repeated; 0 by default.
    pub retries: Option<u32>,
    /// Longest delay before the first repeat in milliseconds; 100 by default.
    pub retry_base_delay_ms: Option<f64>,
    /// Longest delay before any repeat in milliseconds; 30,000 by default.
    pub retry_max_delay_ms: Option<f64>,
}

/// The settings that all calls of a client share.
pub(super) struct Settings {
    pub(super) endpoint: Endpoint,
    pub(super) defaults: Arc<HeaderMap>,
    pub(super) limits: Limits,
    pub(super) max_response_bytes: u64,
    pub(super) timeout: Option<Duration>,
    pub(super) retry: Option<Arc<RetryPolicy>>,
}

impl Settings {
    pub(super) fn new(options: &HttpClientOptions) -> std::result::Result<Self, Error> {
        let endpoint = match (&options.socket_path, &options.host) {
            (Some(path), _) => Endpoint::Unix(path.into()),
            (None, host) => Endpoint::Tcp {
                host: host.clone().unwrap_or_else(|| "localhost".into()),
                port: options.port.unwrap_or(80),
            },
        };
        let mut defaults = HeaderMap::new();
        for pair in options.headers.chunks_exact(2) {
            let (name, value) = parse_header(&pair[0], &pair[1])?;
            if may_be_sent(&name, &value)? {
                defaults.append(name, value);
            }
        }
        defaults.entry(USER_AGENT).or_insert(HeaderValue::from_static(PRODUCT));
        let retry = options.retries.filter(|retries| *retries > 0).map(|retries| RetryPolicy {
            retries,
            base_delay: milliseconds(options.retry_base_delay_ms.unwrap_or(100.0), f64::INFINITY),
            max_delay: milliseconds(options.retry_max_delay_ms.unwrap_or(30_000.0), f64::INFINITY),
        });
        Ok(Self {
            endpoint,
            defaults: Arc::new(defaults),
            limits: limits(options),
            max_response_bytes: options.max_response_bytes.map_or(u64::MAX, whole),
            timeout: options.timeout_ms.map(|ms| milliseconds(ms, f64::INFINITY)),
            retry: retry.map(Arc::new),
        })
    }
}

fn limits(options: &HttpClientOptions) -> Limits {
    let Limits { max_connections, keep_alive, head, body } = Limits::default();
    let limit = |given: Option<f64>, usual| match given {
        None => usual,
        Some(given) => (given > 0.0 && given.is_finite()).then(|| milliseconds(given, f64::INFINITY)),
    };
    Limits {
        max_connections: match options.max_connections {
            Some(given) => given.max(1) as usize,
            None => max_connections.min(descriptors() / 2).max(1),
        },
        keep_alive: limit(options.keep_alive_timeout_ms, keep_alive),
        head: limit(options.headers_timeout_ms, head),
        body: limit(options.body_timeout_ms, body),
    }
}

/// The limit of open file descriptors of this process.
fn descriptors() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit.and_then(|limit| limit.try_into().ok()).unwrap_or(usize::MAX)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from f64 saturates")]
fn whole(number: f64) -> u64 {
    number as u64
}
