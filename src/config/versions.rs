//! The versions that a request for a module accepts: `>=1.0.3`, or with the series in front, `>=18.0.1.0.3`.

use std::fmt;

use semver::{Version, VersionReq};

use crate::repo::Series;

/// The operators, the longer ones first. `==` is the one of Python's requirements.
const OPERATORS: [&str; 8] = [">=", "<=", "==", ">", "<", "=", "~", "^"];

/// A requirement on the version of a module.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Versions {
    /// As the user wrote it.
    written: String,
    /// For the version without the series.
    accepted: VersionReq,
    series: Option<Series>,
}

impl Versions {
    /// The error says why the text is refused.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut series = None;
        let mut parts = Vec::new();
        for part in text.split(',').map(str::trim) {
            let operator = OPERATORS.into_iter().find(|operator| part.starts_with(operator));
            let rest = part[operator.map_or(0, str::len)..].trim_start();
            if let Some(sign) = rest.chars().next().filter(|c| !c.is_ascii_alphanumeric() && *c != '*') {
                return Err(format!("`{sign}` is not expected there; the operators are {}", listed()));
            }
            let (of, version) = without_series(rest)?;
            if of.is_some() && series.is_some() && of != series {
                return Err("it names two series".to_owned());
            }
            series = series.or(of);
            parts.push(format!(
                "{}{version}",
                match operator.unwrap_or_default() {
                    "==" => "=",
                    operator => operator,
                }
            ));
        }
        let accepted = VersionReq::parse(&parts.join(", ")).map_err(|error| error.to_string())?;
        Ok(Self { written: text.to_owned(), accepted, series })
    }

    /// Whether it accepts a version of a module for this series. `version` is without the series.
    pub(crate) fn accepts(&self, version: &Version, series: Series) -> bool {
        self.series.is_none_or(|of| of == series) && self.accepted.matches(version)
    }

    /// Whether it names a series: then versions are shown with it.
    pub(crate) fn has_series(&self) -> bool {
        self.series.is_some()
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

fn listed() -> String {
    let all = OPERATORS.iter().filter(|operator| **operator != "==");
    all.map(|operator| format!("`{operator}`")).collect::<Vec<_>>().join(", ")
}

/// The series in front of a version of four or five numbers, and the rest. With three numbers, there is no series.
fn without_series(version: &str) -> Result<(Option<Series>, String), String> {
    let numbers: Vec<&str> = version.split('.').collect();
    let is_number = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    if !numbers.iter().all(|word| is_number(word) || *word == "*") {
        return Err(format!("`{version}` is not a version such as `1.0.3`"));
    }
    if numbers.len() <= 3 {
        return Ok((None, version.to_owned()));
    }
    match Series::parse(&numbers[..2].join(".")) {
        Ok(series) if numbers.len() <= 5 && series.major() >= 8 && numbers[1] == "0" => {
            Ok((Some(series), numbers[2..].join(".")))
        }
        _ => Err(format!(
            "`{version}` has {} numbers; a version has at most three, or five with the series in front",
            numbers.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_accepted_with_and_without_the_series() {
        let series = Series::parse("16.0").expect("a series");
        for (text, version, expected) in [
            (">=1.0.3", (1, 0, 3), true),
            (">=1.0.3", (1, 0, 2), false),
            (">=16.0.1.0.3", (1, 0, 3), true),
            (">= 16.0.1.0.3, <16.0.2.0.0", (2, 0, 0), false),
            ("16.0.1.1", (1, 1, 0), true),
            (">=15.0.1.0.3", (1, 0, 3), false),
            ("==1.0.0", (1, 0, 0), true),
            ("==1.0.0", (1, 0, 1), false),
            ("~1.0", (1, 1, 0), false),
            ("1", (1, 9, 0), true),
            ("^1.2", (1, 1, 0), false),
            ("*", (1, 2, 3), true),
            ("=16.0.1.*", (1, 2, 3), true),
        ] {
            let (major, minor, patch) = version;
            let parsed = Versions::parse(text).expect(text);
            assert_eq!(parsed.accepts(&Version::new(major, minor, patch), series), expected, "{text}");
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_version_is_refused_in_words() {
        for (text, why) in [
            ("!=1.0", "`!` is not expected there; the operators are `>=`, `<=`, `>`, `<`, `=`, `~`, `^`"),
            ("~=1.0", "`=` is not expected there; the operators are `>=`, `<=`, `>`, `<`, `=`, `~`, `^`"),
            (">=one", "`one` is not a version such as `1.0.3`"),
            (">=", "`` is not a version such as `1.0.3`"),
            ("1.0,", "`` is not a version such as `1.0.3`"),
            (
                "1.2.3.4",
                "`1.2.3.4` has 4 numbers; a version has at most three, or five with the series in front",
            ),
            (
                "16.0.1.2.3.4",
                "`16.0.1.2.3.4` has 6 numbers; a version has at most three, or five with the series in front",
            ),
            (">=16.0.1.0, <17.0.1.0", "it names two series"),
        ] {
            assert_eq!(Versions::parse(text).expect_err(text), why);
        }
    }
}
