//! What is wrong with a declaration, and where.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong with a declaration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The path of keys to it: `build.start.request.body[1]`. Empty for the declaration as a whole.
    pub place: String,
    /// What is wrong there.
    #[serde(rename = "fault")]
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.place, self.message)
        }
    }
}

/// Everything that is wrong with a declaration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", describe(.diagnostics))]
pub struct Error {
    /// In the order in which they were found; never empty.
    pub diagnostics: Vec<Diagnostic>,
}

fn describe(diagnostics: &[Diagnostic]) -> String {
    let count = diagnostics.len();
    let mut text = format!("the protocol declaration has {count} fault{}", if count == 1 { "" } else { "s" });
    for diagnostic in diagnostics {
        text.push_str("\n  ");
        text.push_str(&diagnostic.to_string());
    }
    text
}

/// Collects diagnostics while a declaration is read.
#[derive(Debug, Default)]
pub(super) struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a diagnostic.
    pub(super) fn add(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.0.push(Diagnostic { place: place.into(), message: message.into() });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Gives `value` if there are no diagnostics, else an error with all of them.
    pub(super) fn or<T>(self, value: T) -> Result<T, Error> {
        if self.0.is_empty() { Ok(value) } else { Err(Error { diagnostics: self.0 }) }
    }
}

/// Joins a place and a key: `a` and `b` give `a.b`, `a` and `[0]` give `a[0]`.
pub(super) fn join(place: &str, key: &str) -> String {
    if place.is_empty() || key.is_empty() || key.starts_with('[') {
        format!("{place}{key}")
    } else {
        format!("{place}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_everything_with_its_place() {
        let mut diagnostics = Diagnostics::default();
        diagnostics.add("a.b", "is wrong");
        diagnostics.add("", "declares no endpoint");
        let error = diagnostics.or(()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the protocol declaration has 2 faults\n  a.b: is wrong\n  declares no endpoint"
        );
    }

    #[test]
    fn joins_keys_and_indexes() {
        assert_eq!(join("a", "b"), "a.b");
        assert_eq!(join("a", "[1]"), "a[1]");
        assert_eq!(join("", "b"), "b");
        assert_eq!(join("a", ""), "a");
    }
}
