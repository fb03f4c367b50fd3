//! Hides secrets in the answer to a request whose method and path the user chose freely.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::secret::{SecretPath, hide, hide_all};
use super::types::{Endpoint, Protocol};

impl Protocol {
    /// Replaces everything in the body of an answer that may be secret by `mask`. Returns whether anything was hidden.
    ///
    /// Servers differ in which spellings of a path they treat as equal. So the secrets of every endpoint that some
    /// server could mean by the path are hidden; for an unknown path, everything whose name is declared secret in any
    /// place.
    pub fn hide_in_answer(&self, path: &str, body: &mut Value, mask: &Value) -> bool {
        // Not every server follows `..` where it is encoded or followed by `;`.
        let given = [segments(path, true), segments(path, false)];
        let pattern = |endpoint: &Endpoint| segments(&endpoint.path.pattern(true), true);
        let same = |endpoint: &&Endpoint| fits(&pattern(endpoint), &given[0]);
        let mut endpoints: Vec<&Endpoint> = self.endpoints().filter(same).collect();
        let known = !endpoints.is_empty() && given[0] == given[1];
        if !known {
            let within = |endpoint: &&Endpoint| {
                let pattern = pattern(endpoint);
                let is_in =
                    |given: &Vec<String>| given.windows(pattern.len()).any(|part| fits(&pattern, part));
                !pattern.is_empty() && given.iter().any(is_in)
            };
            endpoints.extend(self.endpoints().filter(within));
        }
        let anywhere =
            self.endpoints().flat_map(|endpoint| &endpoint.secret).filter(|path| path.is_anywhere());
        let secrets: Vec<&SecretPath> = endpoints
            .iter()
            .flat_map(|endpoint| &endpoint.secret)
            .chain(anywhere.filter(|_| !known))
            .collect();
        let results = match &self.results {
            Some(key) if body.get(key).is_some() => &mut body[key.as_str()],
            _ => body,
        };
        if results.is_string() && endpoints.iter().any(|endpoint| !endpoint.secret.is_empty()) {
            // An undeclared text, which may contain anything.
            return hide_all(results, mask);
        }
        hide(results, secrets, mask)
    }
}

/// The segments of a path, read as tolerantly as any server might: decoded, in lower case, without empty ones, and each
/// cut at the first unusual character. With `follow`, `..` removes the segment before it.
fn segments(path: &str, follow: bool) -> Vec<String> {
    let mut path = path.split(['?', '#']).next().unwrap_or_default().to_owned();
    // Some servers decode again what was encoded twice.
    loop {
        // Invalid UTF-8 becomes U+FFFD, which is an unusual character.
        let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if decoded == path {
            break;
        }
        path = decoded;
    }
    let mut segments: Vec<String> = Vec::new();
    for segment in path.to_lowercase().split(['/', '\\']) {
        let usual = |char: char| char.is_alphanumeric() || "-._~{}".contains(char);
        match segment.split(|char| !usual(char)).next().unwrap_or_default() {
            ".." if follow => drop(segments.pop()),
            "" | "." | ".." => {}
            segment => segments.push(segment.to_owned()),
        }
    }
    segments
}

/// Whether segments match a pattern, in which `{}` stands for any text.
fn fits(pattern: &[String], given: &[String]) -> bool {
    let fit = |(pattern, given): (&String, &String)| match pattern.split_once("{}") {
        Some((before, after)) => given.starts_with(before) && given.ends_with(after),
        None => pattern == given,
    };
    pattern.len() == given.len() && pattern.iter().zip(given).all(fit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn protocol() -> Protocol {
        let endpoint = |path: &str, secret: &[&str]| json!({"path": path, "description": "x", "request": {"method": "GET"}, "response": {"secret": secret}});
        let declaration = json!({
            "global": {"response": {"results": "data"}},
            "env": {
                "get": endpoint("/v1/env", &["**.secret"]),
                "vars": endpoint("/v1/env/scoped-vars", &["*"]),
                "plain": endpoint("/v1/plain", &[])
            }
        });
        Protocol::from_json(&declaration.to_string()).unwrap()
    }

    fn hidden(path: &str, mut body: Value) -> Value {
        let before = body.clone();
        let hidden = protocol().hide_in_answer(path, &mut body, &Value::Null);
        assert_eq!(hidden, body != before, "{path}");
        body
    }

    #[test]
    fn hides_by_what_is_really_asked_for() {
        for path in [
            "/v1/env/scoped-vars",
            "/v1/env/scoped-vars#x",
            "/v1/env/scoped-vars?a=b",
            "/v1/env/scoped-vars/",
            "//v1//env//scoped-vars",
            "/v1/x/../env/scoped-vars",
            "/v1/x/%2e%2E/env/./scoped-vars",
            "/v1/x/%252e%252e/env/scoped-vars",
            "/V1/Env/SCOPED-vars",
            "/v1/env/scoped%2Dvars",
            "/v1/env%2fscoped-vars",
            "/v1\\env\\scoped-vars",
            "/v1/env/scoped-vars;a=b",
            "/v1/env/scoped-vars%00",
            "/proxy/v1/env/scoped-vars",
            "/v1/env/scoped-vars/more",
            "/v1/env/scoped%2Dvars/%ff",
            "/v1/env/scoped%2Dvars%ff",
            "/v1/env/scoped-vars/..;",
            "/v1/env/scoped-vars/..%2fx",
        ] {
            assert_eq!(hidden(path, json!({"data": {"A": "x"}})), json!({"data": {"A": null}}), "{path}");
        }
    }

    #[test]
    fn hides_what_has_another_form() {
        let vars = "/v1/env/scoped-vars";
        assert_eq!(hidden(vars, json!({"A": "x"})), json!({"A": null}));
        assert_eq!(hidden(vars, json!("A=x")), json!(null));
        assert_eq!(
            hidden("/v1/other", json!({"data": {"secret": 1, "a": 2}})),
            json!({"data": {"secret": null, "a": 2}})
        );
        for path in ["/v1/plain", "/v1/plain/"] {
            let body = json!({"data": {"secret": 1}});
            assert_eq!(hidden(path, body.clone()), body);
        }
        assert_eq!(hidden("/v1/plain", json!("text")), json!("text"));
    }
}
