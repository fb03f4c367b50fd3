//! What the words of a tape say comes next: the lowest bits of each.

pub(super) const STRING: u32 = 0;
pub(super) const SMALL: u32 = 1;
pub(super) const NULL: u32 = 2;
pub(super) const TRUE: u32 = 3;
pub(super) const FALSE: u32 = 4;
pub(super) const ARRAY: u32 = 5;
pub(super) const OBJECT: u32 = 6;
pub(super) const DOUBLE: u32 = 7;
pub(super) const ESCAPED: u32 = 8;
pub(super) const PIECE: u32 = 9;
pub(super) const NEXT: u32 = 10;
pub(super) const MORE: u32 = 11;
