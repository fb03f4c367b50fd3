//! Scopes: the parts of the API that are open to whoever asks.

use std::collections::HashMap;

use serde::Deserialize;

use super::api_error::ApiError;

/// The scopes of an API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scopes {
    /// The names of all scopes.
    pub(crate) names: Vec<String>,
    /// Error case when a request lacks one.
    pub(crate) missing: String,
}

/// The scopes that an operation needs.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Needed {
    /// All of these.
    All(Vec<String>),
    /// By name of a param and its value: the scope that goes with it.
    ByParam(HashMap<String, HashMap<String, String>>),
}

impl Needed {
    /// The scopes that are needed whatever the request says.
    pub(crate) fn always(&self) -> &[String] {
        match self {
            Self::All(scopes) => scopes,
            Self::ByParam(_) => &[],
        }
    }

    /// The scopes that the values of params need.
    pub(crate) fn chosen<'a>(
        &'a self,
        value_of: impl Fn(&str) -> Option<&'a str>,
    ) -> impl Iterator<Item = &'a String> {
        let by_param = match self {
            Self::All(_) => None,
            Self::ByParam(by_param) => Some(by_param),
        };
        by_param.into_iter().flatten().filter_map(move |(param, scopes)| scopes.get(value_of(param)?))
    }
}

/// The scopes that a simulator allows; everything with `None`.
pub(crate) type Allowed = Option<Vec<String>>;

/// Checks that all of these scopes are allowed.
pub(crate) fn check<'a>(
    declared: Option<&Scopes>,
    allowed: &Allowed,
    needed: impl IntoIterator<Item = &'a String>,
) -> Result<(), ApiError> {
    let (Some(Scopes { missing, .. }), Some(allowed)) = (declared, allowed) else { return Ok(()) };
    match needed.into_iter().find(|scope| !allowed.contains(scope)) {
        None => Ok(()),
        Some(scope) => {
            let has = if allowed.is_empty() { "none".into() } else { allowed.join(", ") };
            Err(ApiError::new(&**missing).detail(format!("needs the scope {scope}; allowed: {has}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn needed(json: serde_json::Value) -> Needed {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn reads_a_list_and_a_choice_by_a_param() {
        let list = needed(json!(["one", "two"]));
        assert_eq!(
            (list.always(), list.chosen(|_| Some("x")).count()),
            (&["one".into(), "two".into()][..], 0)
        );
        let choice = needed(json!({"of": {"all": "one", "own": "two"}}));
        assert!(choice.always().is_empty());
        let chosen = |value: Option<&'static str>| choice.chosen(move |_| value).collect::<Vec<_>>();
        assert_eq!(chosen(Some("own")), ["two"]);
        assert_eq!((chosen(Some("odd")).len(), chosen(None).len()), (0, 0));
    }

    #[test]
    fn names_the_scope_that_is_missing() {
        let scopes = Scopes { names: vec!["one".into(), "two".into()], missing: "scope".into() };
        let need = ["one".to_owned(), "two".to_owned()];
        let detail =
            |allowed: Allowed| check(Some(&scopes), &allowed, &need).err().and_then(|error| error.detail);
        assert_eq!(detail(None), None);
        assert_eq!(detail(Some(vec!["two".into(), "one".into()])), None);
        assert_eq!(detail(Some(vec!["one".into()])).as_deref(), Some("needs the scope two; allowed: one"));
        assert_eq!(detail(Some(Vec::new())).as_deref(), Some("needs the scope one; allowed: none"));
    }
}
