//! Shapes: what the body of an answer must contain.

use std::sync::OnceLock;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde_json::{Map, Value, json};

use super::error::{Diagnostics, join};
use super::fields;
use super::names::suggestion;
use super::param::{Type, article_of, no_type};
use super::value::escape;

/// The shape of a value.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// A value of a type.
    Leaf(Type),
    /// An object with these fields; extra keys are allowed.
    Map(Fields),
    /// An object with any keys, whose values all have one shape.
    Dictionary(Box<Shape>),
    /// An array whose items all have one shape.
    List(Box<Shape>),
    /// A shape of `global.response.shapes`, by its name.
    Named(Name),
}

/// A field of an object.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) shape: Shape,
    /// Whether it may be absent or null.
    pub(super) optional: bool,
}

/// Fields by name.
pub(super) type Fields = fields::Fields<Field>;

/// The name of a declared shape.
#[derive(Debug, Clone)]
pub(super) struct Name {
    name: String,
    /// Its index in the shapes, or `None` if there is none; set by the first lookup.
    number: OnceLock<Option<usize>>,
}

impl Name {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), number: OnceLock::new() }
    }

    /// The shape with this name. `shapes` must be the same in each call, because the index is remembered.
    pub(super) fn of<'a>(&self, shapes: &'a Shapes) -> Option<&'a Shape> {
        let number = *self.number.get_or_init(|| shapes.get_index_of(&self.name));
        shapes.get_index(number?).map(|(_, shape)| shape)
    }
}

/// Shapes by name.
pub(super) type Shapes = IndexMap<String, Shape, FxBuildHasher>;

/// Why a value does not have its shape.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// Where: `[0].start-time`; empty for the whole value.
    pub(super) place: String,
    /// What is wrong there: "is missing".
    pub(super) reason: String,
}

impl Shape {
    /// The shape of a body that has its results, of any shape, under a key.
    pub(super) fn of_results(key: &str) -> Self {
        let field = Field { shape: Self::Leaf(Type::Json), optional: false };
        Self::Map(Fields::from_iter([(key.to_owned(), field)]))
    }

    /// Reads a declared shape and reports what is wrong with it.
    pub(super) fn read(source: &Value, place: &str, diagnostics: &mut Diagnostics) -> Self {
        match source {
            Value::String(name) => match (Type::named(name), name.strip_prefix('#')) {
                (Some(leaf), _) => Self::Leaf(leaf),
                (None, Some(name)) => Self::Named(Name::new(name)),
                (None, None) => {
                    diagnostics.add(place, no_type(name));
                    Self::Leaf(Type::Json)
                }
            },
            Value::Array(items) => {
                if let [item] = items.as_slice() {
                    Self::List(Box::new(Self::read(item, &join(place, "[0]"), diagnostics)))
                } else {
                    diagnostics
                        .add(place, format!("an array has exactly one shape in it, not {}", items.len()));
                    Self::Leaf(Type::Json)
                }
            }
            Value::Object(fields) => match fields.get("*") {
                Some(every) => {
                    if fields.len() > 1 {
                        diagnostics.add(place, "an object with the key * can have no other keys");
                    }
                    Self::Dictionary(Box::new(Self::read(every, &join(place, "*"), diagnostics)))
                }
                None => Self::Map(read_fields(fields, place, diagnostics)),
            },
            other => {
                diagnostics.add(
                    place,
                    format!(
                        "a shape is a type, an object of shapes or an array with one shape, not {}",
                        article_of(other)
                    ),
                );
                Self::Leaf(Type::Json)
            }
        }
    }

    /// Reports every `#name` in the shape that is not declared.
    pub(super) fn check_names(&self, place: &str, shapes: &Shapes, diagnostics: &mut Diagnostics) {
        match self {
            Self::Leaf(_) => {}
            Self::Map(fields) => {
                for (name, field) in fields.iter() {
                    let key = if field.optional { format!("{name}?") } else { name.clone() };
                    field.shape.check_names(&join(place, &key), shapes, diagnostics);
                }
            }
            Self::Dictionary(shape) => shape.check_names(&join(place, "*"), shapes, diagnostics),
            Self::List(shape) => shape.check_names(&join(place, "[0]"), shapes, diagnostics),
            Self::Named(Name { name, .. }) => {
                if !shapes.contains_key(name) {
                    let near = suggestion(name, shapes.keys().map(String::as_str));
                    diagnostics.add(
                        place,
                        format!("there is no shape called {name:?} in global.response.shapes{near}"),
                    );
                }
            }
        }
    }

    /// Whether values of the shape can have a key.
    pub(super) fn may_have(&self, key: &str, shapes: &Shapes) -> bool {
        match self {
            Self::Leaf(kind) => *kind == Type::Json,
            // An object without declared fields may have any key.
            Self::Map(fields) => fields.is_empty() || fields.contains_key(key),
            Self::Dictionary(_) => true,
            Self::List(_) => false,
            Self::Named(name) => match name.of(shapes) {
                // Both are reported elsewhere.
                Some(Self::Named(_)) | None => true,
                Some(shape) => shape.may_have(key, shapes),
            },
        }
    }

    /// Checks that a value has the shape.
    pub(super) fn check(&self, value: &Value, shapes: &Shapes) -> Result<(), Mismatch> {
        self.check_at(value, shapes).map_err(|(mut keys, reason)| {
            keys.reverse();
            Mismatch { place: keys.iter().fold(String::new(), |place, key| join(&place, key)), reason }
        })
    }

    /// As [`Shape::check`]. Fails with the keys that lead to the wrong value, innermost first, and what is wrong.
    fn check_at(&self, value: &Value, shapes: &Shapes) -> Result<(), (Vec<String>, String)> {
        let inside = |key: String| {
            move |(mut keys, reason): (Vec<String>, String)| {
                keys.push(key);
                (keys, reason)
            }
        };
        match (self, value) {
            (Self::Leaf(kind), value) => kind.check(value).map_err(|reason| (Vec::new(), reason)),
            (Self::Named(name), value) => {
                name.of(shapes).map_or(Ok(()), |shape| shape.check_at(value, shapes))
            }
            (Self::List(shape), Value::Array(items)) => items
                .iter()
                .enumerate()
                .try_for_each(|(at, item)| shape.check_at(item, shapes).map_err(inside(format!("[{at}]")))),
            (Self::Dictionary(shape), Value::Object(entries)) => entries
                .iter()
                .try_for_each(|(key, entry)| shape.check_at(entry, shapes).map_err(inside(key.clone()))),
            (Self::Map(fields), Value::Object(entries)) => {
                fields.iter().try_for_each(|(name, field)| match entries.get(name) {
                    None | Some(Value::Null) if field.optional => Ok(()),
                    None => Err((vec![name.clone()], "is missing".to_owned())),
                    Some(entry) => field.shape.check_at(entry, shapes).map_err(inside(name.clone())),
                })
            }
            (Self::List(_), other) => {
                Err((Vec::new(), format!("must be an Array, not {}", article_of(other))))
            }
            (Self::Map(_) | Self::Dictionary(_), other) => {
                Err((Vec::new(), format!("must be an Object, not {}", article_of(other))))
            }
        }
    }

    /// The shape as a JSON schema. Named shapes become references into [`document`].
    pub(super) fn schema(&self) -> Value {
        match self {
            Self::Leaf(Type::String) => json!({ "type": "string" }),
            Self::Leaf(Type::Number) => json!({ "example": 1 }),
            Self::Leaf(Type::Boolean) => json!({ "type": "boolean" }),
            Self::Leaf(Type::Date) => json!({ "example": "2024-01-01T00:00:00Z" }),
            Self::Leaf(Type::Json) => json!({ "example": {} }),
            Self::List(shape) => json!({ "type": "array", "items": shape.schema() }),
            Self::Dictionary(shape) => json!({ "type": "object", "additionalProperties": shape.schema() }),
            Self::Map(fields) => {
                let required: Vec<&String> =
                    fields.iter().filter(|(_, field)| !field.optional).map(|(name, _)| name).collect();
                let properties: Map<String, Value> =
                    fields.iter().map(|(name, field)| (name.clone(), field.shape.schema())).collect();
                json!({ "type": "object", "properties": properties, "required": required })
            }
            Self::Named(Name { name, .. }) => json!({ "$ref": format!("#/{}", escape(name)) }),
        }
    }
}

/// The JSON schemas of all named shapes, by name.
pub(super) fn document(shapes: &Shapes) -> Value {
    Value::Object(shapes.iter().map(|(name, shape)| (name.clone(), shape.schema())).collect())
}

fn read_fields(source: &Map<String, Value>, place: &str, diagnostics: &mut Diagnostics) -> Fields {
    let mut fields = IndexMap::default();
    for (key, shape) in source {
        let place = join(place, key);
        let (name, optional) = key.strip_suffix('?').map_or((key.as_str(), false), |name| (name, true));
        let shape = Shape::read(shape, &place, diagnostics);
        if fields.insert(name.to_owned(), Field { shape, optional }).is_some() {
            diagnostics.add(place, "the field is declared twice");
        }
    }
    fields.into()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::protocol::sample::sample;

    pub(in crate::protocol) fn read(source: &Value) -> Shape {
        let mut diagnostics = Diagnostics::default();
        let shape = Shape::read(source, "body", &mut diagnostics);
        diagnostics.or(shape).unwrap()
    }

    fn mismatch(shape: &Value, value: &Value) -> (String, String) {
        let Mismatch { place, reason } = read(shape).check(value, &Shapes::default()).unwrap_err();
        (place, reason)
    }

    #[test]
    fn checks_values_in_depth() {
        let shape =
            json!([{"name": "String", "start-time": "Date", "note?": "String", "more": {"*": ["Number"]}}]);
        let fitting =
            json!([{"name": "a", "start-time": "2016-03-01", "note": null, "more": {"x": [1]}, "extra": 1}]);
        assert_eq!(read(&shape).check(&fitting, &Shapes::default()), Ok(()));
        let entry = |change: &dyn Fn(&mut Value)| {
            let mut value = fitting.clone();
            change(&mut value[0]);
            mismatch(&shape, &value)
        };
        let pair = |place: &str, reason: &str| (place.to_owned(), reason.to_owned());
        assert_eq!(entry(&|e| e["name"] = json!(null)), pair("[0].name", "must be a String, not null"));
        assert_eq!(entry(&|e| e["note"] = json!(1)), pair("[0].note", "must be a String, not a Number"));
        assert_eq!(
            entry(&|e| e["more"]["y"] = json!([1, "2"])),
            pair("[0].more.y[1]", "must be a Number, not a String")
        );
        assert_eq!(
            entry(&|e| drop(e.as_object_mut().unwrap().remove("name"))),
            pair("[0].name", "is missing")
        );
        assert_eq!(mismatch(&shape, &json!({})), pair("", "must be an Array, not an Object"));
        assert_eq!(mismatch(&shape, &json!([[]])), pair("[0]", "must be an Object, not an Array"));
    }

    #[test]
    fn follows_names() {
        let shapes = Shapes::from_iter([(
            "Tree".to_owned(),
            read(&json!({"name": "String", "children": ["#Tree"], "parent?": "#Tree"})),
        )]);
        let shape = read(&json!("#Tree"));
        let leaf = json!({"name": "x", "children": []});
        assert_eq!(shape.check(&json!({"name": "x", "children": [leaf]}), &shapes), Ok(()));
        let wrong =
            shape.check(&json!({"name": "x", "children": [leaf, {"name": "y"}]}), &shapes).unwrap_err();
        assert_eq!(wrong.place, "children[1].children");
        let mut diagnostics = Diagnostics::default();
        read(&json!({"a?": ["#Other"]})).check_names("body", &shapes, &mut diagnostics);
        assert_eq!(
            diagnostics.or(()).unwrap_err().diagnostics[0].to_string(),
            "body.a?[0]: there is no shape called \"Other\" in global.response.shapes"
        );
        let sample = sample(&shape.schema(), &document(&shapes));
        assert_eq!(sample, json!({"name": "name", "children": []}));
        assert_eq!(shape.check(&sample, &shapes), Ok(()));
    }

    #[test]
    fn samples_have_the_shape() {
        for source in [
            json!("String"),
            json!("Number"),
            json!("Boolean"),
            json!("Date"),
            json!("JSON"),
            json!([{"a": "Date", "b?": {"*": "Boolean"}, "c": [["Number"]]}]),
        ] {
            let shape = read(&source);
            let sample = sample(&shape.schema(), &Value::Null);
            assert_eq!(shape.check(&sample, &Shapes::default()), Ok(()), "{source}");
        }
    }

    #[test]
    fn names_what_is_wrong_with_a_shape() {
        let mut diagnostics = Diagnostics::default();
        let source = json!({"a": "Text", "b": [], "c": null, "d": {"*": "String", "e": "String"}, "f": "String", "f?": "String"});
        Shape::read(&source, "body", &mut diagnostics);
        let diagnostics: Vec<String> =
            diagnostics.or(()).unwrap_err().diagnostics.iter().map(ToString::to_string).collect();
        assert_eq!(
            diagnostics,
            [
                "body.a: \"Text\" is not a type; the types are String, Number, Boolean, Date and JSON",
                "body.b: an array has exactly one shape in it, not 0",
                "body.c: a shape is a type, an object of shapes or an array with one shape, not null",
                "body.d: an object with the key * can have no other keys",
                "body.f?: the field is declared twice",
            ]
        );
    }
}
