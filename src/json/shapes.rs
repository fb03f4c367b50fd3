//! The shapes of objects seen so far. A shape is a list of keys in order. The keys form a tree: a path from the root is the
//! beginning of an object, and each node adds a key.

use std::sync::{Arc, Mutex, PoisonError};

use super::scan::begins;

/// The most nodes of the tree.
const MAX_NODES: usize = 4096;
/// The most children of a node. Objects whose keys are data, such as identifiers, soon reach this limit.
const MAX_CHILDREN: usize = 24;
/// The most keys of a shape.
const MAX_DEPTH: u8 = 64;
/// The longest key in bytes.
const MAX_KEY: usize = 64;
/// The most shapes. JavaScript has a function for each.
const MAX_SHAPES: usize = 512;

/// The index of a node: the keys of an object so far, in order.
pub(super) type Node = usize;

/// The root: no keys.
pub(super) const EMPTY: Node = 0;

struct Entry {
    /// The key with its quotes and a colon.
    literal: Box<str>,
    parent: Node,
    depth: u8,
    children: Vec<Node>,
    /// The child that was used last, which is likely used next.
    next: Node,
    /// The first key of the last object that was the value of this key or in an array that was.
    inner: Node,
    shape: Option<u32>,
}

/// The keys of each shape, by its number. May be used on any thread.
#[derive(Clone, Default)]
pub struct ShapeKeys(Arc<Mutex<Vec<Vec<String>>>>);

impl ShapeKeys {
    /// The keys of a shape, in order; empty for an unknown shape.
    #[must_use]
    pub fn of(&self, shape: u32) -> Vec<String> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        usize::try_from(shape).ok().and_then(|shape| keys.get(shape).cloned()).unwrap_or_default()
    }

    /// The number of shapes.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn add(&self, shape: Vec<String>) -> Option<u32> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = u32::try_from(keys.len()).ok().filter(|_| keys.len() < MAX_SHAPES)?;
        keys.push(shape);
        Some(number)
    }
}

/// The tree of keys.
pub(super) struct Shapes {
    entries: Vec<Entry>,
    keys: ShapeKeys,
}

impl Shapes {
    pub(super) fn new() -> Self {
        let root = Entry {
            literal: "\"\":".into(),
            parent: EMPTY,
            depth: 0,
            children: Vec::new(),
            next: EMPTY,
            inner: EMPTY,
            shape: None,
        };
        Self { entries: vec![root], keys: ShapeKeys::default() }
    }

    pub(super) fn keys(&self) -> &ShapeKeys {
        &self.keys
    }

    /// The node that likely follows this one in an object.
    #[inline]
    pub(super) fn next(&self, node: Node) -> Node {
        self.entries[node].next
    }

    /// The node that an object under this key likely begins with.
    #[inline]
    pub(super) fn inner(&self, node: Node) -> Node {
        self.entries[node].inner
    }

    /// Records which node an object under this key began with.
    pub(super) fn set_inner(&mut self, node: Node, inner: Node) {
        self.entries[node].inner = inner;
    }

    /// If `text` begins with the key of `node` in quotes and a colon, returns their length.
    #[inline]
    pub(super) fn match_key(&self, node: Node, text: &[u8]) -> Option<usize> {
        let literal = self.entries[node].literal.as_bytes();
        (node != EMPTY && begins(text, literal)).then_some(literal.len())
    }

    /// The node after `key`, which is added if it is new. `None` if it cannot be added.
    pub(super) fn step(&mut self, node: Node, key: &[u8]) -> Option<Node> {
        let known = self.entries[node]
            .children
            .iter()
            .find(|child| unquoted(&self.entries[**child].literal).as_bytes() == key);
        let child = match known {
            Some(child) => *child,
            None => self.grow(node, key)?,
        };
        self.entries[node].next = child;
        Some(child)
    }

    fn grow(&mut self, node: Node, key: &[u8]) -> Option<Node> {
        let entry = &self.entries[node];
        let depth = entry.depth + 1;
        let full = self.entries.len() == MAX_NODES
            || entry.children.len() == MAX_CHILDREN
            || depth > MAX_DEPTH
            || !is_plain(key)
            || self.path(node).any(|before| before.as_bytes() == key);
        let key = str::from_utf8(key).ok().filter(|_| !full)?;
        let child = self.entries.len();
        self.entries.push(Entry {
            literal: format!("\"{key}\":").into(),
            parent: node,
            depth,
            children: Vec::new(),
            next: EMPTY,
            inner: EMPTY,
            shape: None,
        });
        self.entries[node].children.push(child);
        Some(child)
    }

    /// The keys from a node to the root.
    fn path(&self, mut node: Node) -> impl Iterator<Item = &str> {
        std::iter::from_fn(move || {
            let entry = &self.entries[node];
            (node != EMPTY).then(|| {
                node = entry.parent;
                unquoted(&entry.literal)
            })
        })
    }

    /// The number of the shape with the keys of this node. `None` if there are too many shapes.
    #[inline]
    pub(super) fn shape(&mut self, node: Node) -> Option<u32> {
        if self.entries[node].shape.is_none() {
            let mut keys: Vec<String> = self.path(node).map(String::from).collect();
            keys.reverse();
            self.entries[node].shape = self.keys.add(keys);
        }
        self.entries[node].shape
    }
}

fn unquoted(literal: &str) -> &str {
    &literal[1..literal.len() - 2]
}

/// Whether a key means the same in an object literal as in JSON. `__proto__` does not, and numbers change the order of keys.
fn is_plain(key: &[u8]) -> bool {
    key.len() <= MAX_KEY
        && key != b"__proto__"
        && key.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.$".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(shapes: &mut Shapes, keys: &[&str]) -> Option<Node> {
        keys.iter().try_fold(EMPTY, |node, key| shapes.step(node, key.as_bytes()))
    }

    #[test]
    fn the_same_keys_are_the_same_shape() {
        let mut shapes = Shapes::new();
        let lists: [&[&str]; 5] = [&[], &["a"], &["a", "b"], &["b", "a"], &["a", "b", "c"]];
        for round in 0..3 {
            for (number, list) in (0..).zip(lists) {
                let node = walk(&mut shapes, list).unwrap();
                assert_eq!(shapes.shape(node), Some(number), "{list:?} in round {round}");
                let keys = shapes.keys().of(number);
                assert_eq!(keys, list);
            }
        }
        assert!(shapes.keys().of(5).is_empty());
    }

    #[test]
    fn keys_that_an_object_literal_treats_differently_are_not_added() {
        let mut shapes = Shapes::new();
        let long = "x".repeat(MAX_KEY + 1);
        for key in
            ["", "__proto__", "0", "17", "-1", "a b", "a\"", "a'", "a\\", "é", "a\n", "\u{2028}", &long]
        {
            assert_eq!(shapes.step(EMPTY, key.as_bytes()), None, "{key:?}");
        }
        assert!(shapes.step(EMPTY, &long.as_bytes()[1..]).is_some());
        for key in ["constructor", "_", "a-b", "a.b", "a$1", "hasOwnProperty", "if"] {
            assert!(shapes.step(EMPTY, key.as_bytes()).is_some(), "{key}");
        }
    }

    #[test]
    fn a_duplicate_key_is_not_added() {
        let mut shapes = Shapes::new();
        let node = walk(&mut shapes, &["a", "b"]).unwrap();
        assert_eq!(shapes.step(node, b"a"), None);
        assert_eq!(shapes.step(node, b"b"), None);
        assert!(shapes.step(node, b"c").is_some());
    }

    #[test]
    fn keys_that_are_data_do_not_fill_memory() {
        let mut shapes = Shapes::new();
        let mut node = EMPTY;
        for number in 0..200_000_u32 {
            let key = format!("k{number}");
            node = shapes.step(node, key.as_bytes()).unwrap_or(EMPTY);
            let _ = shapes.shape(node);
        }
        assert!(shapes.entries.len() <= MAX_NODES);
        assert_eq!(shapes.keys().0.lock().unwrap().len(), MAX_SHAPES);
        let deep = (0..=MAX_DEPTH).map(|number| format!("d{number}")).try_fold(EMPTY, |node, key| {
            let mut fresh = Shapes::new();
            let _ = fresh.step(EMPTY, key.as_bytes());
            shapes.step(node, key.as_bytes())
        });
        assert_eq!(deep, None);
    }
}
