//! A line of the merged requirements, and what users should know about it.

use std::collections::BTreeSet;
use std::fmt;

use pep508_rs::pep440_rs::{Operator, VersionSpecifier};

use super::Origin;
use super::entry::{SourcedRequirement, VersionsOrPlace};
use super::line::shown;

/// One line of the merged requirements. `Display` shows it without its origins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Requirement {
    /// Normalised (PEP 503). Empty if a url does not show the name.
    pub(crate) name: String,
    /// Normalised and sorted.
    pub(crate) extras: Vec<String>,
    /// Each specifier once, sorted by text as pip does: `!=2,<3,>=1`.
    pub(crate) specifier: String,
    pub(crate) marker: Option<String>,
    /// Sorted, without duplicates.
    pub(crate) origins: Vec<Origin>,
    /// The whole line, if it names a url or a path.
    pub(crate) verbatim: Option<String>,
    pub(crate) flag: Option<Flag>,
    /// Whether it stands in place of all other lines of its distribution; then those have the origins.
    pub(crate) is_override: bool,
}

/// A requirement that leaves pip no choice, and so can conflict with other packages of the image.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Flag {
    /// Exactly one version.
    ExactPin,
    /// A url or a path, which no index provides (PEP 440, "Direct references").
    DirectReference,
}

impl Flag {
    fn of(wanted: &VersionsOrPlace) -> Option<Self> {
        let is_exact = |specifier: &VersionSpecifier| {
            matches!(specifier.operator(), Operator::Equal | Operator::ExactEqual)
        };
        match wanted {
            VersionsOrPlace::Verbatim { .. } => Some(Self::DirectReference),
            VersionsOrPlace::Versions(specifiers) => {
                specifiers.iter().any(is_exact).then_some(Self::ExactPin)
            }
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ExactPin => "exact pin",
            Self::DirectReference => "direct reference",
        })
    }
}

impl SourcedRequirement {
    /// The entry as a line for messages: in its merged form, without secrets.
    pub(super) fn text(&self) -> String {
        Requirement::join(&[self]).shown()
    }

    /// The places that ask for it.
    pub(super) fn origins(&self) -> impl Iterator<Item = &Origin> {
        std::iter::once(&self.origin).chain(&self.asked_by)
    }
}

impl Requirement {
    /// The line for messages, without the secrets of a url in it.
    pub(crate) fn shown(&self) -> String {
        shown(&self.to_string())
    }

    /// Joins entries with the same name, marker and verbatim line (if any).
    pub(super) fn join(entries: &[&SourcedRequirement]) -> Self {
        let extras: BTreeSet<_> = entries.iter().flat_map(|entry| &entry.extras).cloned().collect();
        let origins: BTreeSet<_> = entries.iter().flat_map(|entry| entry.origins()).cloned().collect();
        // Compare texts: `~=1.0` and `~=1.0.0` differ, although their versions are equal.
        let specifiers: BTreeSet<_> =
            entries.iter().flat_map(|entry| entry.wanted.specifiers()).map(ToString::to_string).collect();
        Self {
            name: entries.first().map(|entry| entry.name.clone()).unwrap_or_default(),
            extras: extras.into_iter().collect(),
            specifier: specifiers.into_iter().collect::<Vec<_>>().join(","),
            marker: entries.iter().filter_map(|entry| entry.marker.text()).min().map(ToOwned::to_owned),
            origins: origins.into_iter().collect(),
            verbatim: entries.first().and_then(|entry| entry.wanted.line()).map(ToOwned::to_owned),
            flag: entries.iter().filter_map(|entry| Flag::of(&entry.wanted)).max(),
            is_override: false,
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(verbatim) = &self.verbatim {
            return f.write_str(verbatim);
        }
        f.write_str(&self.name)?;
        if !self.extras.is_empty() {
            write!(f, "[{}]", self.extras.join(","))?;
        }
        f.write_str(&self.specifier)?;
        self.marker.as_ref().map_or(Ok(()), |marker| write!(f, " ; {marker}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Author;
    use super::super::parse::{Parsed, parse_file};
    use super::super::{Settings, merge};
    use super::*;

    #[test]
    fn requirements_that_leave_no_choice_are_flagged() {
        let merged = |lines: &[&str]| {
            let merged =
                merge(&parse_file("r", lines, Author::Other), &Parsed::default(), &Settings::default());
            merged.requirements.iter().map(|requirement| requirement.flag).collect::<Vec<_>>()
        };
        for (line, flag) in [
            ("a==1", Some(Flag::ExactPin)),
            ("a===1", Some(Flag::ExactPin)),
            ("a==1.*", None),
            ("a~=1.0", None),
            ("a<=1,>=1", None),
            ("a @ https://h/a.zip", Some(Flag::DirectReference)),
            ("git+https://h/a.git", Some(Flag::DirectReference)),
        ] {
            assert_eq!(merged(&[line]), [flag], "{line}");
        }
        assert_eq!(merged(&["a>=1", "a==2"]), [Some(Flag::ExactPin)]);
        assert_eq!(merged(&["a>=1", "a==2 ; os_name == 'nt'"]), [None, Some(Flag::ExactPin)]);
    }
}
