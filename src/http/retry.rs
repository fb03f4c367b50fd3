//! Decides whether to repeat a failed call, and after which delay.

use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, Method, StatusCode};

use super::error::Error;

/// How idempotent calls are repeated: with exponential backoff and full jitter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most repeats of a call.
    pub retries: u32,
    /// The longest delay before the first repeat. It doubles with each repeat.
    pub base_delay: Duration,
    /// The longest delay before any repeat. If `Retry-After` asks for a longer one, the call is not repeated.
    pub max_delay: Duration,
}

/// Whether sending a request twice has the same effect as sending it once (RFC 9110, 9.2.2).
#[must_use]
pub fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE
    )
}

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// None of it was written.
    Nothing,
    /// Some of it was written, and nothing of an answer was received.
    Server,
    /// Part of an answer, or of an interim one, was received.
    Answer,
}

impl Reached {
    /// Whether the request may be sent again without being executed twice.
    #[must_use]
    pub fn allows_repeat(self, method: &Method) -> bool {
        match self {
            Self::Nothing => true,
            Self::Server => is_idempotent(method),
            Self::Answer => false,
        }
    }
}

/// Whether a failed request is repeated once, without a delay and even without a [`RetryPolicy`]: if its connection was
/// reused and is lost, or if none of the request was written.
#[must_use]
pub fn is_worth_one_repeat(error: &Error, reached: Reached, reused: bool) -> bool {
    match error {
        Error::Lost { in_body: false, .. } => reused || reached == Reached::Nothing,
        // These errors say that a server listens there, or did a moment ago.
        Error::Connect(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe
        ),
        _ => false,
    }
}

impl RetryPolicy {
    /// The delay before repeat number `repeat` (from 1) after an error, or `None` not to repeat. `at_once` says that the
    /// error [is worth a repeat](is_worth_one_repeat) even without a policy.
    #[must_use]
    pub fn after_error(&self, repeat: u32, error: &Error, at_once: bool) -> Option<Duration> {
        let transient = matches!(error, Error::Connect(_) | Error::Lost { in_body: false, .. });
        (transient && repeat <= self.retries)
            .then(|| if at_once { Duration::ZERO } else { self.backoff(repeat) })
    }

    /// The delay before repeat number `repeat` (from 1) after an answer with an error status, or `None` to deliver it.
    #[must_use]
    pub fn after_answer(&self, repeat: u32, status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
        if !matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504) || repeat > self.retries {
            return None;
        }
        match retry_after(headers, SystemTime::now()) {
            Some(delay) => (delay <= self.max_delay).then_some(delay),
            None => Some(self.backoff(repeat)),
        }
    }

    fn backoff(&self, repeat: u32) -> Duration {
        let ceiling = self
            .base_delay
            .saturating_mul(1_u32.checked_shl(repeat - 1).unwrap_or(u32::MAX))
            .min(self.max_delay);
        ceiling.mul_f64(fastrand::f64())
    }
}

/// The delay that `Retry-After` asks for, in seconds or by a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy =
        RetryPolicy { retries: 3, base_delay: Duration::from_millis(100), max_delay: Duration::from_secs(1) };

    fn headers(retry_after: &str) -> HeaderMap {
        HeaderMap::from_iter([(RETRY_AFTER, retry_after.parse().unwrap())])
    }

    #[test]
    fn backoff_doubles_up_to_its_ceiling() {
        for (repeat, ceiling) in [(1, 100), (2, 200), (4, 800), (5, 1000), (60, 1000)] {
            for _ in 0..100 {
                assert!(POLICY.backoff(repeat) <= Duration::from_millis(ceiling));
            }
        }
    }

    #[test]
    fn repeats_transient_answers_a_limited_number_of_times() {
        let none = HeaderMap::new();
        assert!(POLICY.after_answer(3, StatusCode::SERVICE_UNAVAILABLE, &none).is_some());
        assert!(POLICY.after_answer(4, StatusCode::SERVICE_UNAVAILABLE, &none).is_none());
        assert!(POLICY.after_answer(1, StatusCode::NOT_FOUND, &none).is_none());
    }

    #[test]
    fn retry_after_is_honoured_up_to_the_longest_delay() {
        let status = StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(POLICY.after_answer(1, status, &headers("1")), Some(Duration::from_secs(1)));
        assert_eq!(POLICY.after_answer(1, status, &headers("2")), None);
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let later = headers("Sun, 06 Nov 1994 08:49:40 GMT");
        assert_eq!(retry_after(&later, now), Some(Duration::from_secs(3)));
        assert_eq!(retry_after(&headers("Sun, 06 Nov 1994 08:49:00 GMT"), now), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers("soon"), now), None);
    }

    #[test]
    fn repeats_what_never_reached_an_answer() {
        let lost = |in_body| Error::Lost { in_body, source: std::io::ErrorKind::ConnectionReset.into() };
        assert!(POLICY.after_error(1, &lost(false), false).is_some());
        assert!(POLICY.after_error(4, &lost(false), true).is_none());
        assert!(POLICY.after_error(1, &lost(true), true).is_none());
        assert!(POLICY.after_error(1, &Error::Closed, true).is_none());
        assert_eq!(POLICY.after_error(3, &lost(false), true), Some(Duration::ZERO));
    }

    #[test]
    fn what_the_server_may_have_carried_out_is_repeated_when_that_does_no_harm() {
        for (reached, get, post) in
            [(Reached::Nothing, true, true), (Reached::Server, true, false), (Reached::Answer, false, false)]
        {
            let allowed = [Method::GET, Method::POST].map(|method| reached.allows_repeat(&method));
            assert_eq!(allowed, [get, post], "{reached:?}");
        }
    }

    #[test]
    fn a_lost_connection_is_worth_one_repeat_when_it_may_have_nothing_to_do_with_the_request() {
        let lost = Error::Lost { in_body: false, source: ErrorKind::ConnectionReset.into() };
        assert!(is_worth_one_repeat(&lost, Reached::Server, true));
        assert!(!is_worth_one_repeat(&lost, Reached::Server, false));
        assert!(is_worth_one_repeat(&lost, Reached::Nothing, false));
        let connect = |kind: ErrorKind| Error::Connect(kind.into());
        assert!(is_worth_one_repeat(&connect(ErrorKind::ConnectionReset), Reached::Nothing, false));
        assert!(!is_worth_one_repeat(&connect(ErrorKind::NotFound), Reached::Nothing, false));
    }
}
