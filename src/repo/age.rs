//! A span of time, as people write it: `7 days`, `12h`, `2 weeks`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::words::counted;

const DAY: u64 = 24 * 60 * 60;

/// How old a commit must be.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Age(Duration);

/// The text is not a span of time.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a span of time; write it as `7 days` or `12 hours`")]
pub(crate) struct NotAnAge(String);

impl Age {
    /// Whether it asks for nothing.
    pub(crate) fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The time this long before `now`; both in seconds since 1970.
    pub(crate) fn before(self, now: i64) -> i64 {
        now.saturating_sub_unsigned(self.0.as_secs())
    }
}

impl FromStr for Age {
    type Err = NotAnAge;

    fn from_str(text: &str) -> Result<Self, NotAnAge> {
        let invalid = || NotAnAge(super::one_line(text));
        // A bare number has no unit, except that nothing is nothing in every unit.
        match text.trim() {
            "0" => Ok(Self::default()),
            text => humantime::parse_duration(text).map(Self).map_err(|_| invalid()),
        }
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            days if days % DAY == 0 => {
                let days = usize::try_from(days / DAY).unwrap_or(usize::MAX);
                f.write_str(&counted(days, "day", "days"))
            }
            _ => write!(f, "{}", humantime::format_duration(self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_has_a_number_and_a_unit() {
        let shown =
            |text: &str| text.parse::<Age>().map_or_else(|error| error.to_string(), |age| age.to_string());
        for (text, expected) in [
            ("7 days", "7 days"),
            ("7d", "7 days"),
            ("1 week", "7 days"),
            ("24h", "1 day"),
            ("36 hours", "1day 12h"),
            ("0", "0 days"),
            ("0 days", "0 days"),
        ] {
            assert_eq!(shown(text), expected);
        }
        for text in ["", "7", "days", "-1 day", "1 \u{1b}x", "99999999999999999999 days"] {
            assert!(shown(text).ends_with("write it as `7 days` or `12 hours`"), "{text}: {}", shown(text));
        }
    }

    #[test]
    fn the_time_before_now_is_a_date_of_a_commit() {
        assert_eq!("2 days".parse::<Age>().map(|age| age.before(200_000)), Ok(200_000 - 2 * 86_400));
        assert!("1000000 years".parse::<Age>().is_ok_and(|age| age.before(0) < 0));
    }
}
