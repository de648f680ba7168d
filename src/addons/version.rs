//! Versions of modules, by the rules of Odoo.

use crate::repo::Series;

/// The semantic version in a module's version, by the rule of Odoo's `adapt_version`.
///
/// `x.y` or `x.y.z`, with the series in front or not: `18.0.1.2.3` is 1.2.3, and `1.0` is 1.0.0. Anything else, which
/// Odoo refuses for an installable module, is `None`.
pub(crate) fn semver_of(version: &str, series: Series) -> Option<semver::Version> {
    let in_series = version.strip_prefix(&format!("{series}."));
    let number = |digits: &str| {
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().ok()).flatten()
    };
    let numbers: Vec<u64> = in_series.unwrap_or(version).split('.').map(number).collect::<Option<_>>()?;
    match numbers[..] {
        [major, minor] => Some(semver::Version::new(major, minor, 0)),
        [major, minor, patch] => Some(semver::Version::new(major, minor, patch)),
        _ => None,
    }
}

/// The series that a version of five parts begins with: `18.0.1.2.3` is for 18.0.
pub(crate) fn series_of(version: &str) -> Option<Series> {
    let parts: Vec<&str> = version.split('.').collect();
    if parts.len() == 5 { Series::parse(&parts[..2].join(".")).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_follow_adapt_version() {
        let series = Series::parse("18.0").expect("a series");
        for (version, expected) in [
            ("18.0.1.2.3", Some((1, 2, 3))),
            ("18.0.1.0", Some((1, 0, 0))),
            ("1.2.3", Some((1, 2, 3))),
            ("1.0", Some((1, 0, 0))),
            ("18.0", Some((18, 0, 0))),
            ("1.02", Some((1, 2, 0))),
            ("18.0.1", None),
            ("17.0.1.0.0", None),
            ("18.0.1.2.3.4", None),
            ("1", None),
            ("", None),
            ("18.0.", None),
            ("1.+2", None),
            ("1.0rc1", None),
            ("1..0", None),
            ("99999999999999999999.0", None),
        ] {
            let expected = expected.map(|(major, minor, patch)| semver::Version::new(major, minor, patch));
            assert_eq!(semver_of(version, series), expected, "{version}");
        }
    }
}
