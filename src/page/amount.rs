//! Amounts of files and bytes, and how the page writes them.

use std::iter::Sum;
use std::ops::Add;

use crate::repo::size;

/// Some files and their bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Amount {
    pub(crate) bytes: u64,
    pub(crate) files: usize,
    /// How many of the files have an unknown size, because they are not in the cache.
    pub(crate) unknown: usize,
}

impl Amount {
    /// One file. `None` if its size is not known.
    pub(crate) fn of_file(bytes: Option<u64>) -> Self {
        Self { bytes: bytes.unwrap_or_default(), files: 1, unknown: usize::from(bytes.is_none()) }
    }

    /// Both without the part that `less` has. It must be a part.
    #[must_use]
    pub(crate) fn without(self, less: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(less.bytes),
            files: self.files.saturating_sub(less.files),
            unknown: self.unknown.saturating_sub(less.unknown),
        }
    }

    /// As a length in a drawing. Every file counts a little, so that it can be seen.
    #[expect(clippy::cast_precision_loss, reason = "a drawing has no more than four digits")]
    pub(super) fn weight(self) -> f64 {
        self.bytes.max(1) as f64
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            files: self.files + other.files,
            unknown: self.unknown + other.unknown,
        }
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Self::add)
    }
}

/// A number with its digits in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            // Narrow, and no line is broken there.
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// Kilobytes, for columns of a table: the digits of all rows stand below each other. If files are missing, it is the
/// least that it can be.
pub(super) fn kilobytes(amount: Amount) -> String {
    let kilobytes = match amount.bytes {
        0 => 0,
        bytes => (bytes.saturating_add(500) / 1_000).max(1),
    };
    format!("{}{}", least(amount), grouped(kilobytes))
}

/// Bytes in words: `34 MB`. If files are missing, it is the least that it can be.
pub(super) fn in_words(amount: Amount) -> String {
    // The number and its unit stay on one line.
    format!("{}{}", least(amount), size(amount.bytes).replace(' ', "\u{a0}"))
}

fn least(amount: Amount) -> &'static str {
    if amount.unknown > 0 { "at least " } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        let all = [0, 12, 999, 1_000, 1_234_567].map(|number| grouped(number).replace('\u{202f}', "_"));
        assert_eq!(all, ["0", "12", "999", "1_000", "1_234_567"]);
    }

    #[test]
    fn something_is_never_shown_as_nothing() {
        let known = [0, 1, 499, 1_499, 1_500].map(|bytes| kilobytes(Amount::of_file(Some(bytes))));
        assert_eq!(known, ["0", "1", "1", "1", "2"]);
        let half = Amount { bytes: 1_000, files: 2, unknown: 1 };
        assert_eq!(in_words(half), "at least 1.0\u{a0}kB");
        assert_eq!(kilobytes(half), "at least 1");
    }
}
