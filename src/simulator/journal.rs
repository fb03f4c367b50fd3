//! The journal: every request in order, with its answer's status.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::request::Request;

/// Most requests that are kept; older ones are deleted.
const MOST_REQUESTS: usize = 10_000;
/// Most bytes of all bodies that are kept; the oldest requests are deleted beyond that.
const MOST_BYTES: usize = 32 << 20;
/// Most bytes of one body that are kept.
const MOST_OF_A_BODY: usize = 1 << 20;

/// The requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    /// Names of headers, in lower case, whose values are not kept.
    secrets: Vec<String>,
    last_sequence: u64,
    revision: u64,
    bytes: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    sequence: u64,
    #[serde(skip)]
    revision: u64,
    /// Milliseconds since 1970.
    received_at: u64,
    method: String,
    path: String,
    target: String,
    query: Map<String, Value>,
    headers: Map<String, Value>,
    text: String,
    /// Whether `text` is less than all of the body.
    truncated: bool,
    body_length: usize,
    operation_id: Option<String>,
    status: Option<u16>,
    fault: Option<Interruption>,
}

/// Why the answer to a request is not complete.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Interruption {
    /// A rule dropped the connection before the answer.
    Connection,
    /// A rule dropped the connection in the answer's head.
    Head,
    /// A rule dropped the connection in the answer's body.
    Body,
    /// The client closed the connection before the answer.
    Aborted,
}

impl Journal {
    pub(crate) fn new(secrets: Vec<String>) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// Adds a request and returns its sequence number, for [`Journal::finish`]. Header values for which `is_secret` is
    /// true are not kept.
    pub(crate) fn begin(
        &mut self,
        request: &Request,
        operation_id: Option<&str>,
        now: Duration,
        is_secret: impl Fn(&str) -> bool,
    ) -> u64 {
        self.last_sequence += 1;
        self.revision += 1;
        let mut headers = Map::new();
        for (name, value) in &request.headers {
            let secret = self.secrets.contains(name) || is_secret(value);
            let value = if secret { "[redacted]" } else { value };
            match headers.get_mut(name) {
                Some(Value::String(known)) => *known = format!("{known}, {value}"),
                _ => {
                    headers.insert(name.clone(), value.into());
                }
            }
        }
        let kept = &request.body[..request.body.len().min(MOST_OF_A_BODY)];
        let text = String::from_utf8_lossy(kept).into_owned();
        self.bytes += text.len();
        self.entries.push_back(Entry {
            sequence: self.last_sequence,
            revision: self.revision,
            received_at: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
            method: request.method.clone(),
            path: request.path.clone(),
            target: request.target.clone(),
            query: request.query.clone(),
            headers,
            text,
            truncated: kept.len() < request.body.len(),
            body_length: request.body.len(),
            operation_id: operation_id.map(String::from),
            status: None,
            fault: None,
        });
        while self.entries.len() > MOST_REQUESTS || (self.bytes > MOST_BYTES && self.entries.len() > 1) {
            let gone = self.entries.pop_front();
            self.bytes -= gone.map_or(0, |entry| entry.text.len());
        }
        self.last_sequence
    }

    /// Records the outcome of a request, if it is still kept.
    pub(crate) fn finish(&mut self, sequence: u64, status: Option<u16>, fault: Option<Interruption>) {
        self.revision += 1;
        let revision = self.revision;
        if let Some(entry) = self.position(sequence).and_then(|index| self.entries.get_mut(index)) {
            (entry.status, entry.fault, entry.revision) = (status, fault, revision);
        }
    }

    /// One request as JSON.
    pub(crate) fn entry(&self, sequence: u64) -> Option<String> {
        let entry = self.entries.get(self.position(sequence)?)?;
        serde_json::to_string(entry).ok()
    }

    /// The changes since a revision as JSON: `revision`, the current one; `first`, the sequence number of the oldest
    /// entry; and `entries`, the changed ones.
    pub(crate) fn since(&self, revision: u64) -> String {
        #[derive(Serialize)]
        struct Changes<'a> {
            revision: u64,
            first: u64,
            entries: Vec<&'a Entry>,
        }
        let changes = Changes {
            revision: self.revision,
            first: self.entries.front().map_or(self.last_sequence + 1, |entry| entry.sequence),
            entries: self.entries.iter().filter(|entry| entry.revision > revision).collect(),
        };
        serde_json::to_string(&changes).unwrap_or_default()
    }

    /// Deletes all requests.
    pub(crate) fn clear(&mut self) {
        self.revision += 1;
        self.entries.clear();
        self.bytes = 0;
    }

    fn position(&self, sequence: u64) -> Option<usize> {
        let first = self.entries.front()?.sequence;
        usize::try_from(sequence.checked_sub(first)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    fn request(body: &[u8]) -> Request {
        Request {
            method: "POST".into(),
            path: "/v1/thing".into(),
            target: "/v1/thing?a=1".into(),
            query: Map::new(),
            headers: vec![
                ("x-token".into(), "secret".into()),
                ("x-copy".into(), "secret".into()),
                ("accept".into(), "a".into()),
                ("accept".into(), "b".into()),
            ],
            body: Bytes::copy_from_slice(body),
        }
    }

    fn changes(journal: &Journal, revision: u64) -> Value {
        serde_json::from_str(&journal.since(revision)).unwrap()
    }

    #[test]
    fn keeps_requests_without_their_secrets() {
        let mut journal = Journal::new(vec!["x-token".into()]);
        let sequence = journal
            .begin(&request(b"{}"), Some("getThing"), Duration::from_secs(1), |value| value == "secret");
        let entry = changes(&journal, 0)["entries"][0].clone();
        assert_eq!(
            entry["headers"],
            json!({"x-token": "[redacted]", "x-copy": "[redacted]", "accept": "a, b"})
        );
        assert_eq!((&entry["operationId"], &entry["receivedAt"]), (&json!("getThing"), &json!(1000)));
        assert_eq!((&entry["status"], &entry["text"]), (&Value::Null, &json!("{}")));
        assert!(journal.entry(sequence).unwrap().contains("\"bodyLength\":2"));
    }

    #[test]
    fn tells_only_what_changed() {
        let mut journal = Journal::new(Vec::new());
        let first = journal.begin(&request(b""), None, Duration::ZERO, |_| false);
        let second = journal.begin(&request(b""), None, Duration::ZERO, |_| false);
        let revision = changes(&journal, 0)["revision"].as_u64().unwrap();
        journal.finish(first, Some(200), None);
        let changed = changes(&journal, revision);
        assert_eq!(changed["entries"].as_array().unwrap().len(), 1);
        assert_eq!((&changed["entries"][0]["status"], &changed["first"]), (&json!(200), &json!(first)));
        journal.finish(second, None, Some(Interruption::Head));
        assert_eq!(changes(&journal, 0)["entries"][1]["fault"], "head");
        journal.clear();
        journal.finish(second, Some(200), None);
        assert_eq!(changes(&journal, 0)["first"], json!(second + 1));
        assert_eq!(changes(&journal, 0)["entries"], json!([]));
    }

    #[test]
    fn stays_within_its_bounds() {
        let mut journal = Journal::new(Vec::new());
        for _ in 0..MOST_REQUESTS + 5 {
            journal.begin(&request(b"x"), None, Duration::ZERO, |_| false);
        }
        assert_eq!((journal.entries.len(), changes(&journal, 0)["first"].as_u64()), (MOST_REQUESTS, Some(6)));
        let body = vec![b'x'; MOST_OF_A_BODY + 7];
        for _ in 0..40 {
            journal.begin(&request(&body), None, Duration::ZERO, |_| false);
        }
        assert!(journal.bytes <= MOST_BYTES);
        let last = journal.entries.back().unwrap();
        assert_eq!((last.text.len(), last.truncated, last.body_length), (MOST_OF_A_BODY, true, body.len()));
    }
}
