//! Selects notifications by their topic.

use std::borrow::Cow;

use super::error::Error;
use crate::json::topic::topic;

/// A set of topic patterns, sorted so that each lookup needs few comparisons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    names: Vec<Box<str>>,
    /// Each ends with the dot before the asterisk.
    prefixes: Vec<Box<str>>,
}

impl Filter {
    /// Makes a filter of whole topics and of prefixes, written `prefix.*`. Without patterns it matches nothing.
    ///
    /// # Errors
    /// [`Error::Pattern`] for an empty pattern and for an asterisk anywhere but after the last dot.
    pub fn new<I>(patterns: I) -> Result<Self, Error>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut filter = Self::default();
        for pattern in patterns {
            let pattern = pattern.as_ref();
            let (text, list) = match pattern.strip_suffix('*') {
                Some(prefix) if prefix.len() > 1 && prefix.ends_with('.') => (prefix, &mut filter.prefixes),
                Some(_) => return Err(Error::Pattern(pattern.into())),
                None => (pattern, &mut filter.names),
            };
            if text.is_empty() || text.contains('*') {
                return Err(Error::Pattern(pattern.into()));
            }
            list.push(text.into());
        }
        for list in [&mut filter.names, &mut filter.prefixes] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(filter)
    }

    /// Whether a topic is in the set.
    #[must_use]
    pub fn matches(&self, topic: &str) -> bool {
        contains(&self.names, topic)
            || (!self.prefixes.is_empty()
                && topic.match_indices('.').any(|(dot, _)| contains(&self.prefixes, &topic[..=dot])))
    }

    /// Whether a message is wanted: its topic is in the set, or it is not JSON, which is an error that the user must
    /// see. JSON without a topic is not wanted.
    #[must_use]
    pub fn wants(&self, message: &str) -> bool {
        match topic(message) {
            Ok(Some(Cow::Borrowed(topic))) => self.matches(topic),
            Ok(Some(Cow::Owned(topic))) => self.matches(&topic),
            Ok(None) => false,
            Err(_) => true,
        }
    }
}

fn contains(sorted: &[Box<str>], text: &str) -> bool {
    sorted.binary_search_by(|entry| (**entry).cmp(text)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_names_match_themselves_only() {
        let filter = Filter::new(["container.new", "job.error", "container.new"]).unwrap();
        assert!(filter.matches("container.new"));
        assert!(filter.matches("job.error"));
        for topic in ["container.newer", "container.ne", "container", "container.new.x", "", "Container.new"]
        {
            assert!(!filter.matches(topic), "{topic}");
        }
    }

    #[test]
    fn prefixes_match_whole_segments() {
        let filter = Filter::new(["container.*", "hub.role.*"]).unwrap();
        for topic in ["container.new", "container.instance.state.changed", "hub.role.new", "container."] {
            assert!(filter.matches(topic), "{topic}");
        }
        for topic in
            ["container", "containers.new", "hub.new", "hub.role", "hub.roles.new", "x.container.new"]
        {
            assert!(!filter.matches(topic), "{topic}");
        }
    }

    #[test]
    fn no_pattern_matches_nothing() {
        let filter = Filter::new([""; 0]).unwrap();
        assert!(!filter.matches("container.new"));
        assert!(!filter.wants(r#"{"topic":"container.new"}"#));
    }

    #[test]
    fn anything_else_is_no_pattern() {
        for pattern in ["", "*", ".*", "a*", "a.*.b", "a.*b", "*.a", "a.**", "a.*.*"] {
            assert!(
                matches!(Filter::new([pattern]), Err(Error::Pattern(refused)) if refused == pattern),
                "{pattern}"
            );
        }
    }

    #[test]
    fn broken_json_is_handed_on_and_json_without_topic_is_not() {
        let filter = Filter::new(["a.b"]).unwrap();
        assert!(filter.wants(r#"{"topic":"x"#));
        assert!(filter.wants(""));
        assert!(filter.wants(r#"{"topic":"x",}"#));
        assert!(!filter.wants("{}"));
        assert!(!filter.wants(r#"{"topic":7}"#));
        assert!(!filter.wants(r#""a.b""#));
        assert!(filter.wants(r#"{"\u0074opic":"a\u002eb"}"#));
    }
}
