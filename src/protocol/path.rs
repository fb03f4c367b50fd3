//! Path templates: `/builds/{image-name}`.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The characters that are percent-encoded: all but letters, digits and `-._~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes a value for a path segment or a query.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Decodes a path segment or a query's name or value; `None` when it is not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

/// A path with params in it, at most one in each segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    before: String,
    param: Option<String>,
    after: String,
    /// `before`, percent-decoded.
    literal: String,
}

/// A segment of a request's path.
pub(super) struct Given<'a> {
    raw: &'a str,
    decoded: Cow<'a, str>,
}

/// Splits the path of a request; `None` when it does not start with `/` or is not UTF-8.
pub(super) fn segments(path: &str) -> Option<Vec<Given<'_>>> {
    let segment = |raw| Some(Given { raw, decoded: percent_decode_str(raw).decode_utf8().ok()? });
    path.strip_prefix('/')?.split('/').map(segment).collect()
}

impl Path {
    /// Reads a path template. Fails with a message.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        let Some(rest) = source.strip_prefix('/') else {
            return Err("a path starts with /".to_owned());
        };
        if let Some(wrong) = source.chars().find(|char| !is_path_char(*char)) {
            return Err(format!("{wrong:?} does not belong in a path; percent-encode it"));
        }
        let segments: Vec<Segment> = rest.split('/').map(Segment::parse).collect::<Result<_, _>>()?;
        let inner = &segments[..segments.len() - 1];
        if inner.iter().any(|segment| segment.before.is_empty() && segment.param.is_none()) {
            return Err("a path has no empty segments".to_owned());
        }
        Ok(Self(segments))
    }

    /// The names of its params, in order.
    pub(super) fn params(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| segment.param.as_deref())
    }

    /// The param that is the whole last segment, if any. Only this one may be optional.
    pub(super) fn last_param(&self) -> Option<&str> {
        let last = self.0.last().filter(|segment| segment.before.is_empty() && segment.after.is_empty())?;
        last.param.as_deref()
    }

    /// Puts percent-encoded values into the path. Fails with the name of a param and what is wrong with its value.
    pub(super) fn expand(&self, value: impl Fn(&str) -> Option<String>) -> Result<String, (String, String)> {
        let mut path = String::new();
        for segment in &self.0 {
            path.push('/');
            let Some(name) = &segment.param else {
                path.push_str(&segment.before);
                continue;
            };
            let Some(value) = value(name) else { continue };
            if value.is_empty() {
                return Err((name.clone(), "must not be empty".to_owned()));
            }
            let filled = format!("{}{}{}", segment.before, encode(&value), segment.after);
            if filled == "." || filled == ".." {
                return Err((
                    name.clone(),
                    format!("must not be {filled:?}, which would lead to another path"),
                ));
            }
            path.push_str(&filled);
        }
        Ok(path)
    }

    /// Matches the segments of a request. Gives the decoded values by param name, or `None` if they do not match. The
    /// param named `optional` may be empty and is then left out.
    pub(super) fn matches(
        &self,
        given: &[Given<'_>],
        optional: Option<&str>,
    ) -> Option<Vec<(String, String)>> {
        if given.len() != self.0.len() {
            return None;
        }
        let mut values = Vec::new();
        for (segment, given) in self.0.iter().zip(given) {
            let Some(name) = &segment.param else {
                if given.decoded == segment.literal {
                    continue;
                }
                return None;
            };
            let inner =
                given.raw.strip_prefix(segment.before.as_str())?.strip_suffix(segment.after.as_str())?;
            if !inner.is_empty() {
                values.push((name.clone(), decode(inner)?));
            } else if optional != Some(name) {
                return None;
            }
        }
        Some(values)
    }

    /// The path with `{}` for each param: equal for two paths that match the same requests. With `filled` false, the
    /// param of the last segment is left empty.
    pub(super) fn pattern(&self, filled: bool) -> String {
        let last = self.0.len() - 1;
        let mut pattern = String::new();
        for (at, segment) in self.0.iter().enumerate() {
            pattern.push('/');
            pattern.push_str(&segment.before);
            if segment.param.is_some() && (filled || at != last) {
                pattern.push_str("{}");
            }
            pattern.push_str(&segment.after);
        }
        pattern
    }

    /// How many bytes of the path are literal. Of two paths that match, the one with more is taken.
    pub(super) fn literal_len(&self) -> usize {
        self.0.iter().map(|segment| segment.before.len() + segment.after.len()).sum()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|Segment { before, param, after, .. }| match param {
            Some(param) => write!(f, "/{before}{{{param}}}{after}"),
            None => write!(f, "/{before}"),
        })
    }
}

impl Segment {
    fn parse(source: &str) -> Result<Self, String> {
        if source == "." || source == ".." {
            return Err(format!("the segment {source:?} would lead to another path"));
        }
        let Some((before, rest)) = source.split_once('{') else {
            if source.contains('}') {
                return Err("a closing brace was never opened".to_owned());
            }
            return Ok(Self::new(source, None, ""));
        };
        let Some((name, after)) = rest.split_once('}') else {
            return Err("a brace is never closed".to_owned());
        };
        if after.contains('{') {
            return Err(format!("the segment {source:?} holds more than one param"));
        }
        if name.is_empty() || name.contains('{') || before.contains('}') || after.contains('}') {
            return Err(format!("the braces of the segment {source:?} do not hold one param name"));
        }
        Ok(Self::new(before, Some(name), after))
    }

    fn new(before: &str, param: Option<&str>, after: &str) -> Self {
        Self {
            before: before.to_owned(),
            param: param.map(str::to_owned),
            after: after.to_owned(),
            literal: percent_decode_str(before).decode_utf8_lossy().into_owned(),
        }
    }
}

fn is_path_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@%/{}[]".contains(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(path: &str, values: &[(&str, &str)]) -> Result<String, (String, String)> {
        let value =
            |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Path::parse(path).unwrap().expand(value)
    }

    fn matched(path: &str, actual: &str, optional: Option<&str>) -> Option<Vec<(String, String)>> {
        Path::parse(path).unwrap().matches(&segments(actual)?, optional)
    }

    #[test]
    fn expands_with_every_value_encoded() {
        assert_eq!(expand("/builds/", &[]).unwrap(), "/builds/");
        assert_eq!(expand("/a/{x}/{y}.json", &[("x", "p q"), ("y", "1")]).unwrap(), "/a/p%20q/1.json");
        assert_eq!(
            expand("/a/{x}", &[("x", "../b/?c#d%2F\r\n//é+&=")]).unwrap(),
            "/a/..%2Fb%2F%3Fc%23d%252F%0D%0A%2F%2F%C3%A9%2B%26%3D"
        );
        assert_eq!(expand("/a/{x}", &[("x", "AZaz09-._~")]).unwrap(), "/a/AZaz09-._~");
        assert_eq!(expand("/a/{x}", &[]).unwrap(), "/a/");
    }

    #[test]
    fn refuses_values_that_change_the_path() {
        for value in ["", ".", ".."] {
            assert_eq!(expand("/a/{x}", &[("x", value)]).unwrap_err().0, "x", "{value}");
        }
        assert!(expand("/a/{x}.", &[("x", ".")]).is_err());
        assert_eq!(expand("/a/{x}.json", &[("x", "..")]).unwrap(), "/a/...json");
    }

    #[test]
    fn matches_what_it_expands() {
        let value = "../b/?c é\r\n";
        let path = expand("/a/{x}/c", &[("x", value)]).unwrap();
        assert_eq!(matched("/a/{x}/c", &path, None).unwrap(), [("x".to_owned(), value.to_owned())]);
        assert_eq!(matched("/a/{x}.json", "/a/b.json", None).unwrap()[0].1, "b");
        assert_eq!(matched("/a/{x}", "/a/", Some("x")).unwrap(), []);
        for (path, actual) in [
            ("/a/{x}", "/a/"),
            ("/a/{x}", "/a"),
            ("/a/{x}", "/a/b/c"),
            ("/a/{x}", "/b/c"),
            ("/a", "/a/"),
            ("/a/{x}", "/a/%ff"),
        ] {
            assert_eq!(matched(path, actual, None), None, "{path} {actual}");
        }
    }

    #[test]
    fn names_what_is_wrong() {
        for (path, fault) in [
            ("a", "a path starts with /"),
            ("", "a path starts with /"),
            ("/a?b", "'?' does not belong in a path; percent-encode it"),
            ("/a b", "' ' does not belong in a path; percent-encode it"),
            ("/é", "'é' does not belong in a path; percent-encode it"),
            ("/a//b", "a path has no empty segments"),
            ("/a/../b", "the segment \"..\" would lead to another path"),
            ("/{a", "a brace is never closed"),
            ("/a}", "a closing brace was never opened"),
            ("/{a}{b}", "the segment \"{a}{b}\" holds more than one param"),
            ("/{}", "the braces of the segment \"{}\" do not hold one param name"),
            ("/{a}}", "the braces of the segment \"{a}}\" do not hold one param name"),
        ] {
            assert_eq!(Path::parse(path).unwrap_err(), fault, "{path}");
        }
    }

    #[test]
    fn tells_routes_apart() {
        let pattern = |path: &str, filled| Path::parse(path).unwrap().pattern(filled);
        assert_eq!(pattern("/a/{x}/b", true), "/a/{}/b");
        assert_eq!(pattern("/a/{x}", true), pattern("/a/{y}", true));
        assert_eq!(pattern("/a/{x}", false), pattern("/a/", true));
        assert_eq!(Path::parse("/a/{x}").unwrap().last_param(), Some("x"));
        assert_eq!(Path::parse("/a/{x}.json").unwrap().last_param(), None);
        assert!(Path::parse("/a/b").unwrap().literal_len() > Path::parse("/a/{x}").unwrap().literal_len());
    }
}
