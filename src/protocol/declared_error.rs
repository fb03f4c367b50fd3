//! Declared errors, and which of them an answer means.

use super::template::Template;

/// An error that a call may end with.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) status: Option<u16>,
    pub(super) msg: Template,
    pub(super) suggestions: Vec<Template>,
    pub(super) codes: Vec<Code>,
}

/// Which answers mean an error, by the `type` field of their body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Code {
    /// Exactly this type.
    Exact(String),
    /// Any type that starts with this.
    Prefix(String),
    /// Any type or none, if the answer has the status of the error.
    Any,
}

impl Code {
    /// Reads a code: `name`, `prefix*` or `*`.
    pub(super) fn parse(source: &str) -> Self {
        match source.strip_suffix('*') {
            Some("") => Self::Any,
            Some(prefix) => Self::Prefix(prefix.to_owned()),
            None => Self::Exact(source.to_owned()),
        }
    }
}

impl Declared {
    /// How well the error fits an answer: higher is better, `None` means it does not fit. An exact type is better than
    /// a prefix, a longer prefix better than a shorter one, and any prefix better than an equal status alone.
    pub(super) fn fit(&self, status: u16, kind: Option<&str>) -> Option<usize> {
        let fit = |code: &Code| match (code, kind) {
            (Code::Exact(exact), Some(kind)) if exact == kind => Some(usize::MAX),
            (Code::Prefix(prefix), Some(kind)) if kind.starts_with(prefix) => Some(prefix.len() + 1),
            (Code::Any, _) if self.status == Some(status) => Some(0),
            _ => None,
        };
        self.codes.iter().filter_map(fit).max()
    }

    /// A type with which a simulator can answer this error.
    pub(super) fn sample_code(&self) -> String {
        let sample = |code: &Code| match code {
            Code::Exact(exact) => Some(exact.clone()),
            Code::Prefix(prefix) => Some(format!("{prefix}simulated")),
            Code::Any => None,
        };
        self.codes.iter().find_map(sample).unwrap_or_else(|| self.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(status: Option<u16>, codes: &[&str]) -> Declared {
        Declared {
            name: "broken".to_owned(),
            status,
            msg: Template::parse("{name} broke").unwrap(),
            suggestions: Vec::new(),
            codes: codes.iter().map(|code| Code::parse(code)).collect(),
        }
    }

    #[test]
    fn ranks_how_well_an_error_fits() {
        let exact = declared(Some(500), &["422.a"]).fit(400, Some("422.a")).unwrap();
        let long = declared(Some(500), &["422.*"]).fit(400, Some("422.a")).unwrap();
        let short = declared(Some(500), &["4*"]).fit(400, Some("422.a")).unwrap();
        let status = declared(Some(400), &["*"]).fit(400, Some("422.a")).unwrap();
        assert!(exact > long && long > short && short > status);
        assert_eq!(declared(Some(500), &["*"]).fit(400, None), None);
        assert_eq!(declared(None, &["*"]).fit(400, None), None);
        assert_eq!(declared(Some(400), &["a"]).fit(400, None), None);
        assert_eq!(declared(Some(400), &["x", "*"]).fit(400, Some("y")), Some(0));
    }

    #[test]
    fn samples_a_code_that_means_the_error() {
        for codes in [&["a", "*"][..], &["422.*"], &["*"]] {
            let error = declared(Some(400), codes);
            assert!(error.fit(400, Some(&error.sample_code())).is_some(), "{codes:?}");
        }
    }
}
