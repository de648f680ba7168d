//! Finds out whether a set of PEP 440 specifiers excludes all versions. It never says so wrongly.
//!
//! Every specifier becomes one or two spans in the order of all public versions. If PEP 440 and its implementations
//! differ, the wider span is used. Local versions (`1.0+x`) are in the span of their public version. Only pins name
//! them, so they are compared separately.

use std::cmp::{max, min};

use pep508_rs::pep440_rs::{Operator, Version, VersionSpecifier};

/// All versions from `low` (included) to `high` (excluded). Without `high`, there is no upper limit.
#[derive(Clone, Debug)]
struct Span {
    low: Version,
    high: Option<Version>,
}

/// Whether no version satisfies all specifiers.
pub(super) fn exclude_all(specifiers: &[&VersionSpecifier]) -> bool {
    let mut left = vec![Span { low: lowest(), high: None }];
    for specifier in specifiers {
        left = intersection(&left, &spans(specifier));
    }
    left.is_empty() || local_versions_clash(specifiers)
}

fn intersection(left: &[Span], right: &[Span]) -> Vec<Span> {
    let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (a, b)));
    let common = pairs.map(|(a, b)| Span {
        low: max(&a.low, &b.low).clone(),
        high: match (&a.high, &b.high) {
            (Some(a), Some(b)) => Some(min(a, b).clone()),
            (Some(only), None) | (None, Some(only)) => Some(only.clone()),
            (None, None) => None,
        },
    });
    common.filter(|span| span.high.as_ref().is_none_or(|high| span.low < *high)).collect()
}

/// The spans of one specifier, by PEP 440, "Version specifiers".
fn spans(specifier: &VersionSpecifier) -> Vec<Span> {
    let version = specifier.version().clone().without_local();
    let is_prerelease = version.any_prerelease();
    match specifier.operator() {
        Operator::Equal | Operator::ExactEqual => vec![only(version)],
        // `!=1.0+x` still allows `1.0`.
        Operator::NotEqual if specifier.version().is_local() => vec![from(lowest())],
        Operator::NotEqual => around(only(version)),
        Operator::EqualStar => vec![prefix(version.release(), &version)],
        Operator::NotEqualStar => around(prefix(version.release(), &version)),
        Operator::TildeEqual => {
            let release = version.release();
            let high = prefix(&release[..release.len() - 1], &version).high;
            vec![Span { low: version, high }]
        }
        Operator::GreaterThanEqual => vec![from(version)],
        Operator::LessThanEqual => vec![Span { low: lowest(), high: successor(&version) }],
        // "MUST NOT allow a post-release of the given version unless V itself is a post release"
        Operator::GreaterThan if !is_prerelease && !version.is_post() => {
            vec![from(version.with_max(Some(0)))]
        }
        Operator::GreaterThan => vec![from(successor(&version).unwrap_or(version))],
        // "MUST NOT allow a pre-release of the specified version unless the specified version is itself" one
        Operator::LessThan if !is_prerelease => {
            vec![Span { low: lowest(), high: Some(version.with_dev(Some(0))) }]
        }
        Operator::LessThan => vec![Span { low: lowest(), high: Some(version) }],
    }
}

fn lowest() -> Version {
    Version::new([0]).with_dev(Some(0))
}

fn from(low: Version) -> Span {
    Span { low, high: None }
}

fn only(version: Version) -> Span {
    Span { high: successor(&version), low: version }
}

fn around(hole: Span) -> Vec<Span> {
    let below = Span { low: lowest(), high: Some(hole.low) };
    std::iter::once(below).chain(hole.high.map(from)).collect()
}

/// All versions whose release starts with `release`, in the epoch of `version`.
fn prefix(release: &[u64], version: &Version) -> Span {
    let first = |release: &[u64]| Version::new(release).with_epoch(version.epoch()).with_dev(Some(0));
    let next = release.split_last().and_then(|(last, rest)| Some([rest, &[last.checked_add(1)?]].concat()));
    Span { low: first(release), high: next.map(|release| first(&release)) }
}

/// The public version directly after `version` in PEP 440's order. `None` if its number is the largest possible.
fn successor(version: &Version) -> Option<Version> {
    let version = version.clone();
    match (version.dev(), version.post()) {
        (Some(dev), _) => Some(version.with_dev(Some(dev.checked_add(1)?))),
        (None, Some(post)) => Some(version.with_post(Some(post.checked_add(1)?)).with_dev(Some(0))),
        (None, None) => Some(version.with_post(Some(0)).with_dev(Some(0))),
    }
}

/// Whether a pin has a local label that another pin or exclusion contradicts.
fn local_versions_clash(specifiers: &[&VersionSpecifier]) -> bool {
    let local = |operators: &'static [Operator]| {
        let named = specifiers.iter().filter(move |specifier| operators.contains(specifier.operator()));
        named.map(|specifier| specifier.version()).filter(|version| version.is_local())
    };
    let Some(pinned) = local(&[Operator::Equal, Operator::ExactEqual]).next() else { return false };
    local(&[Operator::Equal, Operator::ExactEqual]).any(|other| other != pinned)
        || local(&[Operator::NotEqual]).any(|other| other == pinned)
}

#[cfg(test)]
mod tests {
    use pep508_rs::pep440_rs::VersionSpecifiers;
    use proptest::prelude::*;

    use super::*;

    fn excludes_all(text: &str) -> bool {
        let specifiers: VersionSpecifiers = text.parse().expect("specifiers");
        exclude_all(&specifiers.iter().collect::<Vec<_>>())
    }

    #[test]
    fn sets_that_exclude_every_version() {
        for text in [
            "==1,==2",
            "==1,!=1.0.0",
            "==2.6.1,>=3",
            "<37,>=40",
            ">1,<1.0.post5",
            ">1.0,<=1.0.post3",
            "<1,>=1rc1",
            ">1rc1,<1",
            "==1.*,==2.*",
            "==1.*,!=1.*",
            "==1.1.*,==1",
            "~=1.4,>=2",
            "~=1.4.2,==1.5",
            ">=1,<=1,!=1",
            ">=1!0,<2024",
            "===1.0,==1.1",
            "==1+a,==1+b",
            "==1+a,!=1+a",
            "==1+a,!=1",
            "<0.dev0",
        ] {
            assert!(excludes_all(text), "{text}");
        }
    }

    #[test]
    fn sets_that_leave_a_version() {
        for text in [
            ">=1,<3",
            "==1,>=1,<=1",
            "==1.0,==1",
            "==1.*,==1.4",
            "~=1.4,<2",
            "~=1.4,!=1.4.*",
            ">=1,<1.0.post5",
            ">1.0,<1.0.1",
            "<=1,>1rc1",
            ">=1,<1.1,!=1.0",
            "==1,==1+a",
            "<=1,==1+a",
            "===1.0,==1",
            "!=1+a,==1",
            ">1.dev1,<1.dev3",
            "==1.post18446744073709551615",
            "==18446744073709551615.*",
            ">1.dev18446744073709551615",
        ] {
            assert!(!excludes_all(text), "{text}");
        }
    }

    fn a_version() -> impl Strategy<Value = String> {
        let ending =
            prop::sample::select(vec!["", "", "", ".dev1", "a1", "rc1", "rc1.dev1", ".post1", ".post1.dev1"]);
        (0..2_u8, 0..3_u8, 0..2_u8, ending)
            .prop_map(|(major, minor, patch, end)| format!("{major}.{minor}.{patch}{end}"))
    }

    fn a_specifier() -> impl Strategy<Value = VersionSpecifier> {
        let plain = (prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">=", "~=", "==="]), a_version());
        let star = (prop::sample::select(vec!["==", "!="]), "[01](\\.[012])?\\.\\*");
        prop_oneof![plain, star]
            .prop_map(|(operator, version)| format!("{operator}{version}").parse().expect("a specifier"))
    }

    fn grid() -> Vec<Version> {
        let endings = [
            "",
            ".dev0",
            ".dev1",
            ".dev2",
            "a1",
            "a2",
            "rc1.dev1",
            "rc1",
            ".post0",
            ".post1.dev1",
            ".post1",
            ".post2",
        ];
        let releases = (0..3)
            .flat_map(|major| (0..4).flat_map(move |minor| (0..3).map(move |patch| (major, minor, patch))));
        releases
            .flat_map(|(major, minor, patch)| endings.map(|end| format!("{major}.{minor}.{patch}{end}")))
            .map(|version| version.parse().expect("a version"))
            .collect()
    }

    proptest! {
        #[test]
        fn a_satisfiable_set_never_excludes_all(specifiers in prop::collection::vec(a_specifier(), 0..5)) {
            let satisfied = grid().into_iter().find(|version| specifiers.iter().all(|one| one.contains(version)));
            if let Some(version) = satisfied {
                prop_assert!(!exclude_all(&specifiers.iter().collect::<Vec<_>>()), "{version} satisfies {specifiers:?}");
            }
        }
    }
}
