//! Values for the tests of messages.

use super::{CommitId, RepoName};

/// One value of each variant of an enum; more values may follow a `;`. A new variant does not compile without one.
macro_rules! every_variant {
    ($type:ident: $($variant:ident $fields:tt),+ $(; $($more:expr),+)?) => {{
        let _is_complete = |value: &$type| match value { $(| $type::$variant { .. })+ => {} };
        vec![$($type::$variant $fields,)+ $($($more),+)?]
    }};
}
pub(crate) use every_variant;

pub(crate) fn name(word: &str) -> RepoName {
    RepoName::parse(word).expect("a name")
}

/// The commit whose id consists of this byte.
pub(crate) fn commit(byte: u8) -> CommitId {
    CommitId::from_bytes([byte; 20])
}

/// One line for each value.
pub(crate) fn lines<T: std::fmt::Display>(values: &[T]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}
