//! What a step says about itself: it becomes the message and the author of a commit.

use super::error::Error;
use crate::repo::{LATEST, day, one_line};

const DAY: i64 = 86_400;

/// Author, date, title and address of a step. All of them are text on one line, without invisible characters:
/// [`one_line`] makes such a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) email: String,
    /// Seconds since 1970, in UTC.
    pub(crate) date: i64,
    pub(crate) title: String,
    /// The address of the request, if there is one.
    pub(crate) url: Option<String>,
}

impl Header {
    pub(super) fn check(&self) -> Result<(), Error> {
        let is_person = |text: &str| !text.contains(['<', '>']);
        let fields =
            [("author's name", &self.name), ("author's address", &self.email), ("title", &self.title)];
        for (field, text) in fields.into_iter().chain(self.url.as_ref().map(|url| ("url", url))) {
            let refuse = |why| Err(Error::Header { field, why });
            if one_line(text) != **text {
                return refuse("it contains an invisible character");
            }
            if text.trim() != text {
                return refuse("it begins or ends with a blank");
            }
            if text.is_empty() && field != "author's address" {
                return refuse("it is empty");
            }
            if field.starts_with("author") && !is_person(text) {
                return refuse("it contains `<` or `>`");
            }
        }
        if !(0..=LATEST).contains(&self.date) {
            return Err(Error::Header { field: "date", why: "it is not between the years 1970 and 9999" });
        }
        Ok(())
    }
}

/// A time as `2024-05-01 12:00:00 +0000`.
pub(super) fn written(seconds: i64) -> String {
    let time = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{} {hour:02}:{minute:02}:{second:02} +0000", day(seconds))
}

/// A time as in a mail: `Wed, 1 May 2024 12:00:00 +0000`.
pub(super) fn mailed(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = |number: i64| usize::try_from(number).unwrap_or_default();
    let week_day = DAYS[at(seconds.div_euclid(DAY).rem_euclid(7))];
    let date = day(seconds);
    let parts: Vec<&str> = date.split('-').collect();
    let month = parts[1].parse().map_or("Jan", |number: i64| MONTHS[at((number - 1).rem_euclid(12))]);
    let time = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let (year, day) = (parts[0], parts[2].trim_start_matches('0'));
    format!("{week_day}, {day} {month} {year} {hour:02}:{minute:02}:{second:02} +0000")
}

/// Reads what [`written`] writes.
pub(super) fn read(text: &str) -> Option<i64> {
    let fields = text.strip_suffix(" +0000")?;
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = fields.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let days = days(number(0..4)?, number(5..7)?, number(8..10)?);
    let seconds = days * DAY + number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
    // This also refuses a day or an hour that does not exist.
    (written(seconds) == text).then_some(seconds)
}

/// The days from 1970-01-01 to a date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 +0000"),
            (951_782_399, "2000-02-28 23:59:59 +0000"),
            (1_709_210_096, "2024-02-29 12:34:56 +0000"),
            (LATEST, "9999-12-31 23:59:59 +0000"),
        ] {
            assert_eq!(written(seconds), text);
            assert_eq!(read(text), Some(seconds));
        }
        assert_eq!(mailed(1_714_564_800), "Wed, 1 May 2024 12:00:00 +0000");
        assert_eq!(mailed(0), "Thu, 1 Jan 1970 00:00:00 +0000");
        for text in
            ["2023-02-29 00:00:00 +0000", "2023-01-01 24:00:00 +0000", "2023-01-01 00:00:00 +0100", ""]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn every_field_is_one_plain_line() {
        let header = || Header {
            name: "Ann".to_owned(),
            email: "ann@example.com".to_owned(),
            date: 0,
            title: "Fix the title".to_owned(),
            url: None,
        };
        assert!(header().check().is_ok());
        for text in ["a\nb", "\u{1b}[31m", " a", "a\t", "", "a\u{202e}b"] {
            assert!(Header { name: text.to_owned(), ..header() }.check().is_err(), "{text:?}");
            assert!(Header { title: text.to_owned(), ..header() }.check().is_err(), "{text:?}");
            assert!(Header { url: Some(text.to_owned()), ..header() }.check().is_err(), "{text:?}");
        }
        assert!(Header { name: "a <b".to_owned(), ..header() }.check().is_err());
        assert!(Header { email: String::new(), ..header() }.check().is_ok());
        assert!(Header { date: -1, ..header() }.check().is_err());
    }
}
