//! The bodies that are served, and their heads.

use std::fmt::Write as _;

use bytes::Bytes;

/// Bytes of the small body.
const SMALL: usize = 738;
/// Items of the body of about 105 KB.
const LARGE_ITEMS: usize = 161;
/// Items of the body of about 10 MB.
const HUGE_ITEMS: usize = 15_300;

/// Whole answers, head and body, ready to be written.
pub struct Answers {
    small: Bytes,
    large: Bytes,
    huge: Bytes,
    not_found: Bytes,
}

impl Answers {
    /// Makes all of them.
    pub fn new() -> Self {
        let padding = SMALL - one(0).len();
        let small = one(padding);
        Self {
            small: answer("200 OK", &small),
            large: answer("200 OK", &list(LARGE_ITEMS)),
            huge: answer("200 OK", &list(HUGE_ITEMS)),
            not_found: answer("404 Not Found", r#"{"data":null,"error":{"status":404,"code":"404.uri"}}"#),
        }
    }

    /// The answer to a GET of `target`.
    pub fn get(&self, target: &[u8]) -> &Bytes {
        match target {
            b"/small" => &self.small,
            b"/large" => &self.large,
            b"/huge" => &self.huge,
            _ => &self.not_found,
        }
    }
}

/// A whole answer with a body of JSON.
pub fn answer(status: &str, body: &str) -> Bytes {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body.as_bytes()].concat().into()
}

fn one(padding: usize) -> String {
    format!("{{\"data\":{}}}", item(0, padding))
}

fn list(items: usize) -> String {
    let mut body = String::from("{\"data\":[");
    for index in 0..items {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(body, "{comma}{}", item(index, 40 + index % 20));
    }
    body.push_str("]}");
    body
}

/// An object as an API of this kind has them: ids, times, numbers, nested objects and lists.
fn item(index: usize, padding: usize) -> String {
    let id = format!("{:024x}", 0x0065_f0c1_a2b3_c4d5_u64 + index as u64);
    let description = "d".repeat(padding);
    format!(
        concat!(
            r#"{{"id":"{id}","name":"container-{index}","description":"{description}","hub_id":"{id}","#,
            r#""state":{{"current":"running","desired":"running","changed":"2025-01-02T03:04:05.678Z","#,
            r#""job":null,"error":null}},"instances":{instances},"stateful":false,"deprecate":false,"#,
            r#""config":{{"network":{{"public":"enable","hostname":"host-{index}","ports":["80:80","443:443"]}},"#,
            r#""resources":{{"cpu":{{"shares":10,"limit":0.5}},"ram":{{"limit":536870912,"reserve":null}}}}}},"#,
            r#""environment":{{"id":"{id}","cluster":"production"}},"tags":["web","blue"],"#,
            r#""meta":{{"created":1735787045678,"weight":0.25,"ratio":-1.5e-3}}}}"#
        ),
        id = id,
        index = index,
        description = description,
        instances = index % 7,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_sizes_that_the_report_names() {
        let answers = Answers::new();
        for (target, least, most) in
            [("/small", 738, 738), ("/large", 104_000, 106_000), ("/huge", 10_000_000, 10_200_000)]
        {
            let answer = answers.get(target.as_bytes());
            let body =
                answer.windows(4).position(|end| end == b"\r\n\r\n").map(|at| &answer[at + 4..]).unwrap();
            assert!((least..=most).contains(&body.len()), "{target} has {} bytes", body.len());
            serde_json::from_slice::<serde_json::Value>(body).unwrap();
        }
    }
}
