//! From a request to its endpoint.

use super::types::{Endpoint, Protocol};

/// What a method and a path lead to.
#[derive(Debug)]
pub(super) enum Route<'a> {
    /// An endpoint, with the values in the path by param name.
    Endpoint(&'a Endpoint, Vec<(String, String)>),
    /// Endpoints on this path, but with other methods: these.
    Methods(Vec<&'a str>),
    /// Nothing.
    Unknown,
}

impl Protocol {
    /// Finds the endpoint of a request. Of several paths that match, the one with more literal text wins.
    pub(super) fn route(&self, method: &str, path: &str) -> Route<'_> {
        let mut matches: Vec<(&Endpoint, Vec<(String, String)>)> = self
            .endpoints()
            .filter_map(|endpoint| {
                Some((endpoint, endpoint.path.matches(path, endpoint.optional_path_param())?))
            })
            .collect();
        matches.sort_by_key(|(endpoint, _)| std::cmp::Reverse(endpoint.path.literal_len()));
        if matches.is_empty() {
            return Route::Unknown;
        }
        let mut methods: Vec<&str> = matches.iter().map(|(endpoint, _)| endpoint.method.as_str()).collect();
        if let Some((endpoint, values)) = matches.into_iter().find(|(endpoint, _)| endpoint.method == method)
        {
            Route::Endpoint(endpoint, values)
        } else {
            methods.sort_unstable();
            methods.dedup();
            Route::Methods(methods)
        }
    }
}
