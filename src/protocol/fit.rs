//! Checks whether a JSON text has a shape in one pass, without parsing it into values.

use super::date::is_date;
use super::param::Type;
use super::shape::{Field, Fields, Shape, Shapes};
use crate::json::scan::{Literal, Sink, begins, scan};

/// Deeper nesting and longer numbers are left to the parser, which has its own limits.
const MAX_DEPTH: usize = 100;
const MAX_NUMBER: usize = 300;
/// Shapes with more fields are left to the parser too.
const MAX_FIELDS: usize = u128::BITS as usize;

impl Shape {
    /// True only if the text has the shape. When false, it still may have it: [`Shape::check`] decides, and says what
    /// is wrong.
    pub(super) fn surely_fits(&self, text: &str, shapes: &Shapes) -> bool {
        let mut checker = Checker {
            shapes,
            open: Vec::new(),
            next: Wanted { shape: Some(self), optional: false },
            unsure: false,
        };
        scan(text, &mut checker).is_ok() && !checker.unsure
    }
}

/// What a value has to be. Without a shape, anything is allowed.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    shape: Option<&'a Shape>,
    /// Whether `null` is allowed too.
    optional: bool,
}

/// An object or array whose end was not reached yet.
enum Open<'a> {
    /// Its values may be anything.
    Any,
    /// All its values have this shape.
    All(&'a Shape),
    /// An object with these fields.
    Map {
        fields: &'a Fields,
        /// The number of the last field read.
        last: Option<usize>,
        /// The numbers of all fields read, as a bit set.
        seen: u128,
    },
}

struct Checker<'a> {
    shapes: &'a Shapes,
    open: Vec<Open<'a>>,
    /// What the next value has to be.
    next: Wanted<'a>,
    /// Whether something was found that does not fit, or that only the parser can judge.
    unsure: bool,
}

impl<'a> Checker<'a> {
    /// What the value that begins now has to be.
    fn value(&mut self) -> Wanted<'a> {
        let mut wanted = match self.open.last() {
            Some(Open::All(shape)) => Wanted { shape: Some(shape), optional: false },
            Some(Open::Any) => Wanted { shape: None, optional: true },
            Some(Open::Map { .. }) | None => self.next,
        };
        while let Some(Shape::Named(name)) = wanted.shape {
            wanted.shape = name.of(self.shapes);
        }
        wanted
    }

    /// Notes that the next value belongs to this field of the innermost object.
    #[inline]
    fn field(&mut self, number: usize) {
        let Some(Open::Map { fields, last, seen }) = self.open.last_mut() else { return };
        let Some((_, field)) = fields.get_index(number) else { return };
        // A key that occurs twice is left to the parser, which keeps the last value.
        self.unsure |= *seen & (1 << number) != 0;
        *seen |= 1 << number;
        *last = Some(number);
        self.next = Wanted { shape: Some(&field.shape), optional: field.optional };
    }

    /// Checks a value that is neither an object nor an array; `is` says whether it has a given type.
    fn leaf(&mut self, is: impl FnOnce(Type) -> bool) {
        self.unsure |= match self.value().shape {
            None | Some(Shape::Leaf(Type::Json)) => false,
            Some(Shape::Leaf(kind)) => !is(*kind),
            Some(_) => true,
        };
    }
}

impl Sink for Checker<'_> {
    fn enter(&mut self, object: bool) {
        let open = match (self.value().shape, object) {
            (None | Some(Shape::Leaf(Type::Json)), _) => Open::Any,
            (Some(Shape::List(shape)), false) | (Some(Shape::Dictionary(shape)), true) => Open::All(shape),
            (Some(Shape::Map(fields)), true) if fields.len() <= MAX_FIELDS => {
                Open::Map { fields, last: None, seen: 0 }
            }
            _ => {
                self.unsure = true;
                Open::Any
            }
        };
        self.open.push(open);
        self.unsure |= self.open.len() > MAX_DEPTH;
    }

    fn leave(&mut self) {
        if let Some(Open::Map { fields, seen, .. }) = self.open.pop() {
            let lacks = |(bit, field): (usize, &Field)| !field.optional && seen & (1 << bit) == 0;
            self.unsure |= fields.values().enumerate().any(lacks);
        }
    }

    #[inline]
    fn expected(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let Some(Open::Map { fields, last, .. }) = self.open.last() else { return None };
        let (number, key) = fields.expected(*last)?;
        if !begins(bytes.get(at..)?, key) {
            return None;
        }
        self.field(number);
        Some(at + key.len())
    }

    fn key(&mut self, bytes: &[u8], key: Literal, _depth: usize) {
        self.unsure |= key.escaped;
        let Some(Open::Map { fields, last, .. }) = self.open.last() else { return };
        match fields.find(&bytes[key.start..key.end], *last) {
            Some(number) => self.field(number),
            None => self.next = Wanted { shape: None, optional: true },
        }
    }

    fn string(&mut self, bytes: &[u8], value: Literal) {
        let text = &bytes[value.start..value.end];
        // `\u` may escape half of a surrogate pair, which only JavaScript's strings can hold: left to the parser.
        self.unsure |= value.escaped && text.windows(2).any(|pair| pair == br"\u");
        self.leaf(|kind| match kind {
            Type::String => true,
            Type::Date => !value.escaped && is_date(text),
            _ => false,
        });
    }

    fn number(&mut self, literal: &[u8]) {
        self.unsure |= literal.len() > MAX_NUMBER || literal.iter().any(|byte| matches!(byte, b'e' | b'E'));
        self.leaf(|kind| kind == Type::Number);
    }

    fn word(&mut self, letter: u8) {
        if letter == b'n' {
            let Wanted { shape, optional } = self.value();
            self.unsure |= !optional && !matches!(shape, None | Some(Shape::Leaf(Type::Json)));
        } else {
            self.leaf(|kind| kind == Type::Boolean);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::protocol::shape::tests::read;

    fn shapes() -> Shapes {
        Shapes::from_iter([("Tree".to_owned(), read(&json!({"name": "String", "children?": ["#Tree"]})))])
    }

    /// Whether the fast check accepts a text. It must not where the full check refuses it.
    fn fits(shape: &Value, text: &str) -> bool {
        fits_shape(&read(shape), &shapes(), text)
    }

    fn fits_shape(shape: &Shape, shapes: &Shapes, text: &str) -> bool {
        let surely = shape.surely_fits(text, shapes);
        if surely {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(shape.check(&value, shapes), Ok(()), "{text}");
        }
        surely
    }

    fn everything() -> (Value, Value) {
        let shape = json!({
            "name": "String", "size": "Number", "on": "Boolean", "at": "Date", "any": "JSON",
            "list": ["Number"], "map": {"*": ["String"]}, "tree": "#Tree", "extra?": "String",
        });
        let value = json!({
            "name": "a \"name\"", "size": 1.5, "on": true, "at": "2016-03-01T10:20:30Z",
            "any": {"x": [1, {"y": null}]}, "list": [1, 2, 3], "map": {"k": ["v"], "l": []},
            "tree": {"name": "r", "children": [{"name": "s"}]}, "extra": null, "undeclared": [{"z": "w"}, null],
        });
        (shape, value)
    }

    #[test]
    fn knows_what_fits() {
        let (shape, value) = everything();
        assert!(fits(&shape, &value.to_string()));
        assert!(fits(&shape, &serde_json::to_string_pretty(&value).unwrap()));
        for (place, wrong) in [
            ("name", json!(1)),
            ("name", json!(null)),
            ("name", json!(["a"])),
            ("size", json!("1")),
            ("on", json!(0)),
            ("at", json!("soon")),
            ("list", json!([1, null])),
            ("list", json!({})),
            ("map", json!([])),
            ("map", json!({"k": "v"})),
            ("tree", json!({"children": []})),
            ("tree", json!({"name": "r", "children": [{"name": 1}]})),
            ("extra", json!(1)),
        ] {
            let mut value = value.clone();
            value[place] = wrong;
            assert!(!fits(&shape, &value.to_string()), "{value}");
        }
        for (place, _) in value.as_object().unwrap() {
            let mut value = value.clone();
            value.as_object_mut().unwrap().remove(place);
            assert_eq!(fits(&shape, &value.to_string()), ["extra", "undeclared"].contains(&place.as_str()));
        }
    }

    #[test]
    fn is_unsure_of_what_a_parser_may_see_otherwise() {
        let shape = json!({"a": "JSON"});
        assert!(fits(&shape, r#"{"a":1}"#));
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"\u0061":1}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":1e999}"#,
            r#"{"a":1}}"#,
            r#"{"a":01}"#,
            &deep,
            "",
        ] {
            assert!(!fits(&shape, text), "{text}");
        }
    }

    #[test]
    fn the_whole_may_be_of_any_shape() {
        for (shape, text) in [
            (json!(["String"]), r#"["a","b"]"#),
            (json!("Number"), "-1.5"),
            (json!("JSON"), r#"{"a":[{}]}"#),
            (json!("JSON"), "null"),
            (json!({"*": "#Tree"}), r#"{"x":{"name":"a"}}"#),
            (json!({}), r#"{"x":null}"#),
        ] {
            assert!(fits(&shape, text), "{text}");
        }
        assert!(!fits(&json!("Number"), "null"));
    }

    const KEYS: [&str; 8] =
        [r#""a""#, r#""b""#, r#""ab""#, r#""a\"""#, r#""é""#, r#""""#, r#""\u0061""#, r#""other""#];
    const VALUES: [&str; 12] = [
        r#""x""#,
        "1",
        "true",
        "null",
        r#""2016-03-01""#,
        "[1,null]",
        r#"{"name":"n","children":[]}"#,
        r#"{"children":[],"name":"n"}"#,
        "{}",
        "1e400",
        r#""\ud800""#,
        r#""2016-02-30T00:00:00Z""#,
    ];

    proptest! {
        /// One shape sees them all, and remembers the order of what came before.
        #[test]
        fn fields_may_come_in_any_order_and_twice(
            objects in prop::collection::vec(prop::collection::vec((0..KEYS.len(), 0..VALUES.len(), any::<bool>()), 0..7), 1..9),
        ) {
            let shape = read(&json!([{
                "a": "String", "b?": "Number", "ab?": "Date", "a\"?": "Boolean", "é?": ["JSON"], "?": "#Tree",
            }]));
            let shapes = shapes();
            for fields in objects {
                let written: Vec<String> = fields
                    .iter()
                    .map(|(key, value, apart)| {
                        format!("{}{}{}", KEYS[*key], if *apart { " : " } else { ":" }, VALUES[*value])
                    })
                    .collect();
                fits_shape(&shape, &shapes, &format!("[{{{}}}]", written.join(",")));
            }
        }

        #[test]
        fn never_says_so_where_it_does_not_fit(cuts in prop::collection::vec((0..400_usize, any::<u8>()), 1..4)) {
            let (shape, value) = everything();
            let mut text = value.to_string().into_bytes();
            for (at, byte) in cuts {
                let at = at % text.len();
                text[at] = byte;
            }
            if let Ok(text) = str::from_utf8(&text) {
                fits(&shape, text);
            }
        }
    }
}
