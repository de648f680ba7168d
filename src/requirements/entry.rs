//! One requirement as a value: PEP 508, or a url or path in the forms that pip allows.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;
use std::path::Path;

use pep508_rs::pep440_rs::VersionSpecifier;
use pep508_rs::{MarkerWarningKind, Pep508Url, VersionOrUrl};

use super::Origin;
use super::line::{Author, Line, shortened, shown, without_userinfo};
use super::marker::{self, Marker};
use super::place::{self, Refusal};
use super::problem::RequirementProblem;
use crate::repo::one_line;

/// One requirement and its origin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SourcedRequirement {
    pub(super) origin: Origin,
    /// Manifests whose own word for the distribution is covered by this line, see
    /// [`Repository::read`](super::Repository::read).
    pub(super) asked_by: Vec<Origin>,
    /// Normalised. Empty if a url does not show the name.
    pub(super) name: String,
    pub(super) extras: BTreeSet<String>,
    pub(super) wanted: VersionsOrPlace,
    pub(super) marker: Marker,
}

/// What is required: versions (all versions if there is no specifier), or a url or path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum VersionsOrPlace {
    Versions(Vec<VersionSpecifier>),
    /// The complete line, which is kept unchanged. `is_named` if it has the form `name @ place`.
    Verbatim {
        line: Line,
        place: String,
        is_named: bool,
    },
}

impl VersionsOrPlace {
    pub(super) fn specifiers(&self) -> &[VersionSpecifier] {
        match self {
            Self::Versions(specifiers) => specifiers,
            Self::Verbatim { .. } => &[],
        }
    }

    pub(super) fn line(&self) -> Option<&str> {
        match self {
            Self::Versions(_) => None,
            Self::Verbatim { line, .. } => Some(line.as_str()),
        }
    }

    /// What pip compares if one name has two places: the url of `name @ url`, without userinfo and fragment. Two
    /// different places exclude each other.
    pub(super) fn place(&self) -> Option<String> {
        match self {
            Self::Verbatim { place, is_named: true, .. } => place.split('#').next().map(without_userinfo),
            _ => None,
        }
    }
}

impl SourcedRequirement {
    /// Parses a line without its comment.
    pub(super) fn parse(text: &str, origin: &Origin, author: Author) -> Result<Self, RequirementProblem> {
        let malformed = |why| {
            let text = shortened(&one_line(&shown(text)));
            RequirementProblem::NotARequirement { origin: origin.clone(), text, why }
        };
        let line = Line::new(text, author).map_err(malformed)?;
        let entry = match place::leading(line.as_str()) {
            Some(place) => place::check(place, author)
                .and_then(|()| Self::at_place(&line, place, origin).map_err(Refusal::Malformed)),
            None => Self::from_pep508(&line, origin).map_err(Refusal::Malformed).and_then(|entry| {
                if let VersionsOrPlace::Verbatim { place, .. } = &entry.wanted {
                    place::check(place, author)?;
                }
                Ok(entry)
            }),
        };
        entry.map_err(|refusal| match refusal {
            Refusal::Malformed(why) => malformed(why),
            Refusal::Relative(path) => RequirementProblem::RelativePath { origin: origin.clone(), path },
            Refusal::Local(place) => RequirementProblem::LocalPlace { origin: origin.clone(), place },
        })
    }

    /// Parses a line that starts with a url or a path. It can have a marker, which stays part of the line.
    fn at_place(line: &Line, place: &str, origin: &Origin) -> Result<Self, String> {
        let marker = line.as_str()[place.len()..].trim_start();
        if !marker.is_empty() {
            if !marker.starts_with(';') {
                return Err("a url or a path must not contain blanks".to_owned());
            }
            parse_pep508(&format!("x {marker}"))?;
        }
        Ok(Self {
            origin: origin.clone(),
            asked_by: Vec::new(),
            name: place::name(place)?.unwrap_or_default(),
            extras: BTreeSet::new(),
            wanted: VersionsOrPlace::Verbatim {
                line: line.clone(),
                place: place.to_owned(),
                is_named: false,
            },
            marker: Marker::default(),
        })
    }

    fn from_pep508(line: &Line, origin: &Origin) -> Result<Self, String> {
        let text = line.as_str();
        let requirement = parse_pep508(text)?;
        // A url can contain a `;`, but a marker cannot.
        let (wanted, marker) = match requirement.version_or_url {
            None => (VersionsOrPlace::Versions(Vec::new()), text.split_once(';')),
            Some(VersionOrUrl::VersionSpecifier(specifiers)) => {
                let specifiers: Vec<VersionSpecifier> = specifiers.into_iter().collect();
                // A local version can look like a file, such as `1.0+x.zip`.
                if specifiers.iter().any(|one| place::looks_like_archive(&one.to_string())) {
                    return Err("pip would read it as a file name".to_owned());
                }
                (VersionsOrPlace::Versions(specifiers), text.split_once(';'))
            }
            Some(VersionOrUrl::Url(RawPlace(place))) => (
                VersionsOrPlace::Verbatim { line: line.clone(), place, is_named: true },
                text.rsplit_once(';'),
            ),
        };
        Ok(Self {
            origin: origin.clone(),
            asked_by: Vec::new(),
            name: requirement.name.to_string(),
            extras: requirement.extras.iter().map(ToString::to_string).collect(),
            wanted,
            marker: Marker::new(requirement.marker, marker.map(|(_, marker)| marker)),
        })
    }

    /// The entry. An error if it is a url without a name.
    pub(super) fn named(self) -> Result<Self, RequirementProblem> {
        match &self.wanted {
            VersionsOrPlace::Verbatim { line, is_named: false, .. } => {
                Err(RequirementProblem::NotARequirement {
                    text: shown(line.as_str()),
                    why: "a url in a manifest needs a name, as in `name @ url`".to_owned(),
                    origin: self.origin,
                })
            }
            _ => Ok(self),
        }
    }
}

/// Parses a PEP 508 requirement. The error is a text that completes "is not a requirement: …".
///
/// The parser drops a comparison in a marker that it does not understand. That changes the requirement, so it is
/// refused here.
fn parse_pep508(text: &str) -> Result<pep508_rs::Requirement<RawPlace>, String> {
    check_names(text)?;
    marker::check(text.split_once(';').map_or("", |(_, marker)| marker))?;
    let mut is_whole = true;
    let mut note_loss = |kind, _: String| is_whole &= kind == MarkerWarningKind::DeprecatedMarkerName;
    let spaced = marker::with_blanks_in_lists(text);
    let requirement = pep508_rs::Requirement::parse_reporter(&spaced, "", &mut note_loss)
        .map_err(|error| as_clause(&error.message.to_string()))?;
    match &requirement.version_or_url {
        _ if !is_whole => Err("its marker has a comparison that makes no sense".to_owned()),
        Some(VersionOrUrl::Url(RawPlace(place))) if place.contains(char::is_whitespace) => {
            Err("a url or a path must not contain blanks".to_owned())
        }
        _ => Ok(requirement),
    }
}

/// The parser panics at a name or an extra that ends with `.`, `_` or `-` (`pep508_rs` 0.9.2).
fn check_names(text: &str) -> Result<(), String> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let end = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let extras = rest.trim_start().strip_prefix('[').map(|rest| rest.split(']').next().unwrap_or_default());
    let mut names = std::iter::once(name).chain(extras.into_iter().flat_map(|extras| extras.split(',')));
    let is_refused = |name: &str| name.ends_with(['.', '_', '-']) || !name.chars().all(is_of_name);
    match names.find(|name| is_refused(name.trim())) {
        Some(name) => {
            Err(format!("`{}` is not a valid name: it must end with a letter or a digit", name.trim()))
        }
        None => Ok(()),
    }
}

/// A message of the parser on one line, without the capital and the full stop.
fn as_clause(sentence: &str) -> String {
    let words = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words.trim_end_matches('.');
    let mut letters = words.chars();
    if words.chars().nth(1).is_some_and(char::is_uppercase) {
        // Such as `URL`.
        return words.to_owned();
    }
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// A url or path as written: only pip expands `${VAR}`.
#[derive(Debug)]
struct RawPlace(String);

impl fmt::Display for RawPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Pep508Url for RawPlace {
    type Err = Infallible;

    fn parse_url(url: &str, _working_directory: Option<&Path>) -> Result<Self, Infallible> {
        Ok(Self(url.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::as_clause;

    #[test]
    fn a_word_in_capitals_stays_so() {
        for (sentence, clause) in [
            ("URL requirement must be preceded by a name.", "URL requirement must be preceded by a name"),
            ("Expected\n one of `@`.", "expected one of `@`"),
            ("A", "a"),
            ("", ""),
        ] {
            assert_eq!(as_clause(sentence), clause);
        }
    }
}
