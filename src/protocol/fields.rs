//! The fields of a shape that is an object.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

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
    /// The field that came after each when one was looked up last; before them all, what came first. A server writes the
    /// fields of a shape in one order, which need not be the declared one.
    followers: Vec<AtomicUsize>,
}

impl Fields {
    /// The field with this name and its number. `after` is the number of the field that came before it in the object.
    pub(super) fn find(&self, name: &[u8], after: Option<usize>) -> Option<(usize, &Field)> {
        let follower = self.followers.get(after.map_or(0, |number| number + 1))?;
        let expected = follower.load(Ordering::Relaxed);
        if let Some((_, field)) = self.by_name.get_index(expected).filter(|(key, _)| key.as_bytes() == name) {
            return Some((expected, field));
        }
        let (number, _, field) = self.by_name.get_full(str::from_utf8(name).ok()?)?;
        follower.store(number, Ordering::Relaxed);
        Some((number, field))
    }
}

impl From<ByName> for Fields {
    fn from(by_name: ByName) -> Self {
        let followers = (0..=by_name.len()).map(AtomicUsize::new).collect();
        Self { by_name, followers }
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
                let found = fields.find(name.as_bytes(), after).map(|(number, _)| number);
                assert_eq!(found, fields.get_index_of(name), "{name} in {order}");
                after = found.or(after);
            }
        }
    }
}
