//! The fields of a shape that is an object.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde_json::json;

use super::shape::Shape;

/// A field of an object.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) shape: Shape,
    /// Whether it may be absent or null.
    pub(super) optional: bool,
}

type ByName = IndexMap<String, Field, FxBuildHasher>;

/// Fields by name.
#[derive(Debug)]
pub(super) struct Fields {
    by_name: ByName,
    /// Their names as compact JSON: with quotes and a colon.
    keys: Vec<Box<[u8]>>,
    /// Which field was found last after field `n - 1`; at 0, which was found first. Servers send the fields of a shape
    /// in the same order each time, which may differ from the declared one.
    followers: Vec<AtomicUsize>,
}

impl Fields {
    /// The field that is expected after another one, or first with `None`. Fields are given by their number. The second
    /// value is its key as compact JSON.
    #[inline]
    pub(super) fn expected(&self, after: Option<usize>) -> Option<(usize, &[u8])> {
        let number = self.follower(after)?.load(Ordering::Relaxed);
        Some((number, self.keys.get(number)?))
    }

    /// The number of the field with this name. From now on it is expected at this position.
    pub(super) fn find(&self, name: &[u8], after: Option<usize>) -> Option<usize> {
        let number = self.by_name.get_index_of(str::from_utf8(name).ok()?)?;
        self.follower(after)?.store(number, Ordering::Relaxed);
        Some(number)
    }

    #[inline]
    fn follower(&self, after: Option<usize>) -> Option<&AtomicUsize> {
        self.followers.get(after.map_or(0, |number| number + 1))
    }
}

impl From<ByName> for Fields {
    fn from(by_name: ByName) -> Self {
        let followers = (0..=by_name.len()).map(AtomicUsize::new).collect();
        let keys = by_name.keys().map(|name| format!("{}:", json!(name)).into_bytes().into()).collect();
        Self { by_name, keys, followers }
    }
}

impl Clone for Fields {
    fn clone(&self) -> Self {
        Self::from(self.by_name.clone())
    }
}

impl FromIterator<(String, Field)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Field)>>(fields: I) -> Self {
        Self::from(ByName::from_iter(fields))
    }
}

impl Deref for Fields {
    type Target = ByName;

    fn deref(&self) -> &ByName {
        &self.by_name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::param::Type;

    #[test]
    fn finds_fields_in_any_order() {
        let fields: Fields = ["a", "b", "c"]
            .map(|name| (name.to_owned(), Field { shape: Shape::Leaf(Type::String), optional: false }))
            .into_iter()
            .collect();
        for order in ["abc", "cab", "cab", "ba", "xcx", "b"] {
            let mut after = None;
            for name in order.split("").filter(|name| !name.is_empty()) {
                let found = fields.find(name.as_bytes(), after);
                assert_eq!(found, fields.get_index_of(name), "{name} in {order}");
                if let Some(number) = found {
                    assert_eq!(fields.expected(after), Some((number, format!("\"{name}\":").as_bytes())));
                }
                after = found.or(after);
            }
        }
    }
}
