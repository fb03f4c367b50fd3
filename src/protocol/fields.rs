//! The fields of an object, found in the order in which servers send them.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde_json::json;

type ByName<F> = IndexMap<String, F, FxBuildHasher>;

/// Fields by name, and the order in which they come. `F` is what is known of a field.
#[derive(Debug)]
pub(super) struct Fields<F> {
    by_name: ByName<F>,
    /// Their names as compact JSON: with quotes and a colon.
    keys: Vec<Box<[u8]>>,
    /// Which field was found last after field `n - 1`; at 0, which was found first. Servers send the fields of a shape
    /// in the same order each time, which may differ from the declared one.
    followers: Vec<AtomicUsize>,
}

impl<F> Fields<F> {
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

impl<F> From<ByName<F>> for Fields<F> {
    fn from(by_name: ByName<F>) -> Self {
        let followers = (0..=by_name.len()).map(AtomicUsize::new).collect();
        let keys = by_name.keys().map(|name| format!("{}:", json!(name)).into_bytes().into()).collect();
        Self { by_name, keys, followers }
    }
}

impl<F: Clone> Clone for Fields<F> {
    fn clone(&self) -> Self {
        Self::from(self.by_name.clone())
    }
}

impl<F> FromIterator<(String, F)> for Fields<F> {
    fn from_iter<I: IntoIterator<Item = (String, F)>>(fields: I) -> Self {
        Self::from(ByName::from_iter(fields))
    }
}

impl<F> Deref for Fields<F> {
    type Target = ByName<F>;

    fn deref(&self) -> &ByName<F> {
        &self.by_name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_fields_in_any_order() {
        let fields: Fields<()> = ["a", "b", "c"].map(|name| (name.to_owned(), ())).into_iter().collect();
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
