//! Finds the endpoint or operation for the method and path of a request.

use super::path::{Path, segments};

/// Routes of an API, each a method and a path that lead to a `T`.
#[derive(Debug, Clone)]
pub(crate) struct Router<T> {
    /// Paths with more literal text come first; equal ones are in the order in which they were added.
    entries: Vec<Entry<T>>,
}

#[derive(Debug, Clone)]
struct Entry<T> {
    path: Path,
    /// The param of the path that may be empty.
    optional: Option<String>,
    /// In upper case.
    method: String,
    target: T,
}

/// The result of a lookup.
#[derive(Debug, PartialEq)]
pub(crate) enum Route<T> {
    /// The target, and the decoded values in the path by param name.
    Found(T, Vec<(String, String)>),
    /// The path exists, but only with these methods.
    Methods(Vec<String>),
    /// No such path.
    Unknown,
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T: Copy> Router<T> {
    /// Adds a route. The param named `optional` may be left out of the path.
    pub(crate) fn add(&mut self, method: &str, path: Path, optional: Option<&str>, target: T) {
        let at = self.entries.partition_point(|entry| entry.path.literal_len() >= path.literal_len());
        let (method, optional) = (method.to_ascii_uppercase(), optional.map(str::to_owned));
        self.entries.insert(at, Entry { path, optional, method, target });
    }

    /// Looks a request up. Of several routes that match, the one with more literal text in its path is taken.
    pub(crate) fn find(&self, method: &str, path: &str) -> Route<T> {
        let Some(given) = segments(path) else { return Route::Unknown };
        let mut methods: Vec<String> = Vec::new();
        for entry in &self.entries {
            let Some(values) = entry.path.matches(&given, entry.optional.as_deref()) else { continue };
            if entry.method == method {
                return Route::Found(entry.target, values);
            }
            methods.push(entry.method.clone());
        }
        if methods.is_empty() {
            return Route::Unknown;
        }
        methods.sort_unstable();
        methods.dedup();
        Route::Methods(methods)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router() -> Router<u32> {
        let mut router = Router::default();
        for (target, (method, path, optional)) in [
            ("get", "/v1/thing", None),
            ("POST", "/v1/thing", None),
            ("GET", "/v1/things/{id}", None),
            ("GET", "/v1/things/{id}/parts/{part}", None),
            ("DELETE", "/v1/things/{id}", None),
            ("GET", "/v1/things/all", None),
            ("GET", "/v1/files/{name}.json", None),
            ("GET", "/v1/notes/{note}", Some("note")),
        ]
        .into_iter()
        .enumerate()
        {
            router.add(method, Path::parse(path).unwrap(), optional, u32::try_from(target).unwrap());
        }
        router
    }

    fn found(method: &str, path: &str) -> Option<(u32, Vec<String>)> {
        match router().find(method, path) {
            Route::Found(target, values) => {
                Some((target, values.into_iter().map(|(_, value)| value).collect()))
            }
            Route::Methods(_) | Route::Unknown => None,
        }
    }

    #[test]
    fn finds_by_method_and_path() {
        assert_eq!(found("GET", "/v1/thing"), Some((0, vec![])));
        assert_eq!(found("POST", "/v1/thing"), Some((1, vec![])));
        assert_eq!(router().find("PUT", "/v1/thing"), Route::Methods(vec!["GET".into(), "POST".into()]));
        for path in ["/v1/thing/", "/v2", "v1/thing", "", "/v1/things/", "/v1/things/x/parts", "/v1/thing//"]
        {
            assert_eq!(router().find("GET", path), Route::Unknown, "{path}");
        }
    }

    #[test]
    fn takes_the_params_out_of_the_path() {
        assert_eq!(found("GET", "/v1/things/a%2Fb/parts/c%20d"), Some((3, vec!["a/b".into(), "c d".into()])));
        assert_eq!(found("GET", "/v1/files/a.json"), Some((6, vec!["a".into()])));
        assert_eq!(found("GET", "/v1/files/a.txt"), None);
        assert_eq!(found("GET", "/v1/notes/a"), Some((7, vec!["a".into()])));
        assert_eq!(found("GET", "/v1/notes/"), Some((7, vec![])));
    }

    #[test]
    fn prefers_literal_text_where_the_method_is_the_same() {
        assert_eq!(found("GET", "/v1/things/all"), Some((5, vec![])));
        assert_eq!(found("GET", "/v1/things/%61ll"), Some((5, vec![])));
        assert_eq!(found("DELETE", "/v1/things/all"), Some((4, vec!["all".into()])));
        assert_eq!(
            router().find("PUT", "/v1/things/all"),
            Route::Methods(vec!["DELETE".into(), "GET".into()])
        );
    }
}
