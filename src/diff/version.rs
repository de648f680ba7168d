//! How far a version went.

use std::cmp::Ordering;

use super::Step;
use crate::addons::version::semver_of;
use crate::repo::Series;

/// What a new version says about a module, by the rule of OCA: `18.0.x.y.z` with a new `x` is a major version, which may
/// break data or other modules; with a new `y` a minor one; with a new `z` a patch.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum VersionStep {
    Patch,
    Minor,
    Major,
    /// It is lower than before.
    Back,
    /// It is another text for the same version; or one of the two is not a version of Odoo.
    Other,
}

impl VersionStep {
    /// `None` if both versions are the same text.
    pub(super) fn between(versions: Step<&str>, series: Step<Series>) -> Option<Self> {
        if versions.is_same() {
            return None;
        }
        let (Some(from), Some(to)) =
            (semver_of(versions.from, series.from), semver_of(versions.to, series.to))
        else {
            return Some(Self::Other);
        };
        Some(match to.cmp(&from) {
            Ordering::Less => Self::Back,
            Ordering::Equal => Self::Other,
            Ordering::Greater if to.major != from.major => Self::Major,
            Ordering::Greater if to.minor != from.minor => Self::Minor,
            Ordering::Greater => Self::Patch,
        })
    }

    /// Its word in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Back => "lower",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_named_by_its_highest_number() {
        let series = Series::parse("18.0").expect("a series");
        for (from, to, expected) in [
            ("18.0.1.0.0", "18.0.1.0.1", Some(VersionStep::Patch)),
            ("18.0.1.0.9", "18.0.1.1.0", Some(VersionStep::Minor)),
            ("18.0.1.9.9", "18.0.2.0.0", Some(VersionStep::Major)),
            ("1.0", "18.0.1.0.1", Some(VersionStep::Patch)),
            ("18.0.1.0.0", "18.0.1.0.0", None),
            ("1.0", "18.0.1.0.0", Some(VersionStep::Other)),
            ("18.0.2.0.0", "18.0.1.9.0", Some(VersionStep::Back)),
            ("18.0.1.0.0", "17.0.2.0.0", Some(VersionStep::Other)),
            ("18.0.1.0.0", "", Some(VersionStep::Other)),
        ] {
            assert_eq!(VersionStep::between(Step { from, to }, Step { from: series, to: series }), expected);
        }
    }

    #[test]
    fn each_version_is_read_for_its_own_series() {
        let series = ["18.0", "19.0"].map(|word| Series::parse(word).expect("a series"));
        let series = Step { from: series[0], to: series[1] };
        let step = |from, to| VersionStep::between(Step { from, to }, series);
        assert_eq!(step("18.0.1.0.0", "19.0.1.0.0"), Some(VersionStep::Other));
        assert_eq!(step("18.0.1.0.0", "19.0.2.0.0"), Some(VersionStep::Major));
    }
}
