//! Reads `Retry-After`: a number of seconds, or a date.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The pause that a server asks for. A date in the past is no pause. `None` if the value is neither.
pub(super) fn pause(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(date(value)?))?;
    Some(at.duration_since(now).unwrap_or_default())
}

/// The seconds since 1970 at a date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(value: &str) -> Option<u64> {
    let words: Vec<&str> = value.split_whitespace().collect();
    let [_, day, month, year, time, "GMT"] = *words else { return None };
    let month = MONTHS.iter().position(|name| *name == month)?;
    let (day, year): (u64, u64) = (day.parse().ok()?, year.parse().ok()?);
    let clock: Vec<u64> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = *clock else { return None };
    if !(1970..=9999).contains(&year)
        || !(1..=31).contains(&day)
        || hours > 23
        || minutes > 59
        || seconds > 60
    {
        return None;
    }
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days_of = |month: usize| match month {
        1 => 28 + u64::from(is_leap(year)),
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    };
    let before: u64 = (1970..year).map(|year| 365 + u64::from(is_leap(year))).sum();
    let days = before + (0..month).map(days_of).sum::<u64>() + day - 1;
    Some(days * 86_400 + hours * 3600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_seconds_or_a_date() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_770);
        let seconds = |value| pause(value, now).map(|pause| pause.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(7));
        assert_eq!(seconds("Fri, 01 Mar 1996 00:00:00 GMT"), Some(825_638_400 - 784_111_770));
        assert_eq!(seconds("Sat, 05 Nov 1994 08:49:37 GMT"), Some(0));
        for value in ["", "soon", "-1", "1.5", "06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 99999 08:49:37 GMT"] {
            assert_eq!(seconds(value), None, "{value}");
        }
        assert_eq!(seconds("Sun, 99 Nov 1994 08:49:37 GMT"), None);
        assert_eq!(seconds("Sun, 06 Nov 1994 99999999999999999999:49:37 GMT"), None);
    }
}
