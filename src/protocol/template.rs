//! Message templates: text with `{field}` in it; `{{` and `}}` stand for the braces themselves.

use std::fmt::Write;

use serde_json::Value;

/// Shown for a field whose optional param was not given.
const ABSENT: &str = "(not given)";

/// Longer values of fields are cut in messages, in characters.
const LONGEST: usize = 400;

/// A message template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(String),
}

impl Template {
    /// Reads a template. Fails with a message.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut chars = source.char_indices().peekable();
        while let Some((at, char)) = chars.next() {
            match char {
                '{' | '}' if chars.next_if(|(_, next)| *next == char).is_some() => text.push(char),
                '{' => {
                    let field: String = chars.by_ref().map(|(_, c)| c).take_while(|c| *c != '}').collect();
                    let closed = source[at + 1..].contains('}');
                    if !closed {
                        return Err(format!("the brace at position {at} is never closed"));
                    }
                    if field.is_empty() || field.contains('{') {
                        return Err(format!("the braces at position {at} do not hold one field name"));
                    }
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Field(field));
                }
                '}' => {
                    return Err(format!(
                        "the closing brace at position {at} was never opened; write }}}} for a brace"
                    ));
                }
                other => text.push(other),
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(Self(pieces))
    }

    /// The names of the fields, in order.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Field(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// Replaces each field by what `value` gives for its name. Control characters in values are escaped and long values
    /// are cut, so that the message can be printed safely.
    pub(super) fn fill<'a>(&self, value: impl Fn(&str) -> Option<Filling<'a>>) -> String {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Field(name) => match value(name) {
                    None | Some(Filling::Value(Value::Null)) => filled.push_str(ABSENT),
                    Some(Filling::Text(text)) => push_printable(&mut filled, text),
                    Some(Filling::Value(Value::String(text))) => push_printable(&mut filled, text),
                    Some(Filling::Value(other)) => push_printable(&mut filled, &other.to_string()),
                },
            }
        }
        filled
    }

    /// Splits the template at the first field called `name`. Without such a field, everything is in the first part.
    pub(super) fn around(&self, name: &str) -> (Self, Self) {
        let at = self.0.iter().position(|piece| matches!(piece, Piece::Field(field) if field == name));
        match at {
            Some(at) => (Self(self.0[..at].to_vec()), Self(self.0[at + 1..].to_vec())),
            None => (self.clone(), Self(Vec::new())),
        }
    }
}

/// What fills a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Filling<'a> {
    /// The value of a param: text as it is, anything else as JSON.
    Value(&'a Value),
    /// A text.
    Text(&'a str),
}

fn push_printable(filled: &mut String, text: &str) {
    for (count, char) in text.chars().enumerate() {
        if count == LONGEST {
            filled.push('…');
            return;
        }
        if char.is_control() && char != '\n' && char != '\t' {
            let _ = write!(filled, "\\u{{{:x}}}", u32::from(char));
        } else {
            filled.push(char);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fill(source: &str, values: &Value) -> String {
        Template::parse(source).unwrap().fill(|name| values.get(name).map(Filling::Value))
    }

    #[test]
    fn fills_fields() {
        let values = json!({"image-name": "a/b", "count": 3, "list": [1, "x"], "none": null});
        assert_eq!(fill("Image {image-name}, {count}: {list}", &values), "Image a/b, 3: [1,\"x\"]");
        assert_eq!(fill("{none} {missing}", &values), "(not given) (not given)");
        assert_eq!(fill("{{count}} is {count}, }}", &values), "{count} is 3, }");
        assert_eq!(fill("plain", &values), "plain");
    }

    #[test]
    fn keeps_messages_printable() {
        assert_eq!(fill("{a}", &json!({"a": "x\r\u{1b}[31m\ny"})), "x\\u{d}\\u{1b}[31m\ny");
        let filled = fill("{a}", &json!({"a": "é".repeat(1_000_000)}));
        assert_eq!(filled.chars().count(), LONGEST + 1);
        assert!(filled.ends_with('…'));
    }

    #[test]
    fn names_its_fields_and_its_faults() {
        assert_eq!(Template::parse("{a} and {b}").unwrap().fields().collect::<Vec<_>>(), ["a", "b"]);
        for (source, fault) in [
            ("é {a", "the brace at position 3 is never closed"),
            ("{}", "the braces at position 0 do not hold one field name"),
            ("{a{b}", "the braces at position 0 do not hold one field name"),
            ("a}", "the closing brace at position 1 was never opened; write }} for a brace"),
        ] {
            assert_eq!(Template::parse(source).unwrap_err(), fault, "{source}");
        }
    }

    #[test]
    fn splits_around_a_field() {
        let (before, after) = Template::parse("Got {name}: {results}.").unwrap().around("results");
        let name = |field: &str| (field == "name").then_some(Filling::Text("x"));
        assert_eq!((before.fill(name), after.fill(name)), ("Got x: ".to_owned(), ".".to_owned()));
        let (before, after) = Template::parse("Done").unwrap().around("results");
        assert_eq!((before.fill(name), after.fill(name)), ("Done".to_owned(), String::new()));
    }
}
