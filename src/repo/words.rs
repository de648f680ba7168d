//! Lists and numbers in sentences.

use std::fmt::Display;

/// "1 repository", "3 repositories".
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

pub(crate) fn profile_list(profiles: &[String]) -> String {
    let word = if profiles.len() == 1 { "profile" } else { "profiles" };
    format!("{word} {}", quoted_list(profiles))
}

pub(crate) fn quoted_list(words: &[impl Display]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The quoted names; if there are more than six, the first five and the number of others.
pub(crate) fn first_names(names: &[String]) -> String {
    const SHOWN: usize = 5;
    if names.len() <= SHOWN + 1 {
        return quoted_list(names);
    }
    format!("{} and {} others", quoted_list(&names[..SHOWN]), names.len() - SHOWN)
}

/// A number of bytes for people, in decimal units: `34 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} bytes");
    }
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 9_995 && unit + 1 < UNITS.len() {
        tenths = (tenths + 500) / 1_000;
        unit += 1;
    }
    let unit = UNITS[unit];
    if tenths < 100 {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", (tenths + 5) / 10)
    }
}

/// A time in seconds since 1970, in UTC: `2026-11-28 14:05`.
pub(crate) fn minute(seconds: i64) -> String {
    let minutes = seconds.rem_euclid(24 * 60 * 60) / 60;
    format!("{} {:02}:{:02}", day(seconds), minutes / 60, minutes % 60)
}

/// The last second of the year 9999, in seconds since 1970: the last that a date with four digits of a year can name.
pub(crate) const LATEST: i64 = 253_402_300_799;

/// The day of a time: `2026-11-28`.
pub(crate) fn day(seconds: i64) -> String {
    // Days since the first of March of the year 0, so that a leap day is the last day of a year.
    let days = seconds.div_euclid(24 * 60 * 60) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// "`a`, `b` and `c`".
pub(crate) fn and_list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [rest @ .., last] => format!("{} and `{last}`", quoted_list(rest)),
    }
}

/// A word as you type it into a shell. It is quoted if it contains special characters (POSIX, "Quoting").
pub(crate) fn typed(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%=,~".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{minute, size, typed};

    #[test]
    fn words_are_quoted_as_a_shell_reads_them() {
        for (word, shown) in [
            ("https://me@example.com:8443/web.git", "https://me@example.com:8443/web.git"),
            ("oca/my web", "'oca/my web'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("", "''"),
        ] {
            assert_eq!(typed(word), shown);
        }
    }

    #[test]
    fn sizes_are_in_decimal_units() {
        let all =
            [0, 999, 1_000, 9_949, 9_950, 34_000_000, 999_499, 999_500, 999_999, 1_500_000_000, u64::MAX];
        let all: Vec<String> = all.into_iter().map(size).collect();
        insta::assert_snapshot!(all.join("\n"), @r"
        0 bytes
        999 bytes
        1.0 kB
        9.9 kB
        9.9 kB
        34 MB
        999 kB
        1.0 MB
        1.0 MB
        1.5 GB
        18446744 TB
        ");
    }

    #[test]
    fn times_are_in_utc() {
        let all = [0, -1, 951_827_699, 1_709_208_000, 4_102_444_799].map(minute);
        insta::assert_snapshot!(all.join("\n"), @r"
        1970-01-01 00:00
        1969-12-31 23:59
        2000-02-29 12:34
        2024-02-29 12:00
        2099-12-31 23:59
        ");
    }
}
