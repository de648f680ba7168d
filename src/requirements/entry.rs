//! One requirement: its line of text (PEP 508, or a url or path as pip allows) as a value.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use pep508_rs::pep440_rs::VersionSpecifier;
use pep508_rs::{MarkerWarningKind, PackageName, Pep508Url, VersionOrUrl};

use super::marker::Marker;
use super::problem::Problem;
use super::requirement::Requirement;
use super::{Origin, breaks_line, escaped};
use crate::repo::redact;

/// What pip calls an archive (`pip/_internal/utils/filetypes.py`).
const ARCHIVES: [&str; 9] =
    [".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz"];

/// One requirement and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) origin: Origin,
    /// Manifests that ask for just this by a word of their own, see [`Repository::read`](super::Repository::read).
    pub(super) asked_by: Vec<Origin>,
    /// Normalised; empty for a url that does not tell it.
    pub(super) name: String,
    pub(super) extras: BTreeSet<String>,
    pub(super) wanted: Wanted,
    pub(super) marker: Marker,
}

/// What is asked for: some versions (all, where there is no specifier), or what lies at a url or path.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    Versions(Vec<VersionSpecifier>),
    /// The whole line, to be kept as it is; `is_named` where it has the form `name @ place`.
    Verbatim {
        line: String,
        place: String,
        is_named: bool,
    },
}

impl Wanted {
    pub(super) fn specifiers(&self) -> &[VersionSpecifier] {
        match self {
            Self::Versions(specifiers) => specifiers,
            Self::Verbatim { .. } => &[],
        }
    }

    pub(super) fn line(&self) -> Option<&str> {
        match self {
            Self::Versions(_) => None,
            Self::Verbatim { line, .. } => Some(line),
        }
    }

    /// What pip compares when one name is to come from two places: the url of `name @ url` without userinfo and
    /// fragment. Two places that differ exclude each other.
    pub(super) fn place(&self) -> Option<String> {
        match self {
            Self::Verbatim { place, is_named: true, .. } => place.split('#').next().map(shown),
            _ => None,
        }
    }
}

impl Entry {
    /// Reads a line that has neither comment nor options.
    pub(super) fn parse(text: &str, origin: Origin) -> Result<Self, Problem> {
        let read = if text.contains(breaks_line) {
            Err("control characters may not stand in it".to_owned())
        } else if let Some(place) = leading_place(text) {
            Self::at_place(text, place, &origin)
        } else {
            parse_pep508(text).map(|requirement| Self::from_pep508(text, requirement, &origin))
        };
        let entry = match read {
            Ok(entry) => entry,
            Err(why) => {
                return Err(Problem::NotARequirement { origin, text: escaped(&shown(text)), why });
            }
        };
        match &entry.wanted {
            Wanted::Verbatim { place, .. } if !is_reachable(place) => {
                Err(Problem::RelativePath { origin, path: shown(place) })
            }
            _ => Ok(entry),
        }
    }

    /// A line that begins with its url or path. A marker may follow, which stays a part of the line.
    fn at_place(text: &str, place: &str, origin: &Origin) -> Result<Self, String> {
        let rest = text[place.len()..].trim_start();
        if !rest.is_empty() && !rest.starts_with(';') && !place.ends_with(';') {
            return Err("a blank may not stand in a url or path".to_owned());
        }
        Ok(Self {
            origin: origin.clone(),
            asked_by: Vec::new(),
            name: name_of_place(place).unwrap_or_default(),
            extras: BTreeSet::new(),
            wanted: Wanted::Verbatim { line: text.to_owned(), place: place.to_owned(), is_named: false },
            marker: Marker::default(),
        })
    }

    fn from_pep508(text: &str, requirement: pep508_rs::Requirement<Place>, origin: &Origin) -> Self {
        // A url may hold a `;`, a marker does not.
        let (wanted, marker) = match requirement.version_or_url {
            None => (Wanted::Versions(Vec::new()), text.split_once(';')),
            Some(VersionOrUrl::VersionSpecifier(specifiers)) => {
                (Wanted::Versions(specifiers.into_iter().collect()), text.split_once(';'))
            }
            Some(VersionOrUrl::Url(Place(place))) => {
                (Wanted::Verbatim { line: text.to_owned(), place, is_named: true }, text.rsplit_once(';'))
            }
        };
        Self {
            origin: origin.clone(),
            asked_by: Vec::new(),
            name: requirement.name.to_string(),
            extras: requirement.extras.iter().map(ToString::to_string).collect(),
            wanted,
            marker: Marker::new(requirement.marker, marker.map(|(_, marker)| marker)),
        }
    }

    /// The entry as one line for people: in the form in which it would be merged, without secrets.
    pub(super) fn text(&self) -> String {
        Requirement::join(&[self]).shown()
    }
}

/// Reads a requirement of PEP 508, or says why not in words that complete "is not a requirement: …".
///
/// The parser leaves out a comparison of a marker that makes no sense to it; that is refused here, since it would
/// change what is required.
fn parse_pep508(text: &str) -> Result<pep508_rs::Requirement<Place>, String> {
    check_names(text)?;
    let mut is_whole = true;
    let mut note_loss = |kind, _: String| is_whole &= kind == MarkerWarningKind::DeprecatedMarkerName;
    let requirement = pep508_rs::Requirement::parse_reporter(text, "", &mut note_loss)
        .map_err(|error| as_clause(&error.message.to_string()))?;
    match &requirement.version_or_url {
        _ if !is_whole => Err("its marker compares what cannot be compared".to_owned()),
        Some(VersionOrUrl::Url(Place(place))) if place.contains(char::is_whitespace) => {
            Err("a blank may not stand in a url or path".to_owned())
        }
        _ => Ok(requirement),
    }
}

/// The parser panics at a name or an extra that ends in `.`, `_` or `-` (`pep508_rs` 0.9.2).
fn check_names(text: &str) -> Result<(), String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let extras =
        rest.trim_start().strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or_default();
    let mut names = std::iter::once(name).chain(extras.split(',').map(str::trim));
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    match names.find(|name| name.ends_with(['.', '_', '-'])) {
        Some(name) => Err(format!("the name `{name}` must end with a letter or a digit")),
        None => Ok(()),
    }
}

/// A sentence of the parser on one line, without capital and full stop.
fn as_clause(sentence: &str) -> String {
    let words = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = words.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// The url or path that a line without `name @` consists of.
fn leading_place(text: &str) -> Option<&str> {
    let word = text.split([' ', '\t']).next().unwrap_or_default();
    let before_version =
        word.split(['@', '=', '<', '>', '~', '!', '[', '(', ';', '#']).next().unwrap_or_default();
    let is_archive = ARCHIVES.iter().any(|ending| before_version.to_ascii_lowercase().ends_with(ending));
    (before_version.contains('/') || is_archive || before_version == "." || before_version == "..")
        .then_some(word)
}

/// Whether a place means the same outside of the repository that names it.
fn is_reachable(place: &str) -> bool {
    place.contains("://") || place.starts_with('/') || place.starts_with("file:/")
}

/// The normalised name in `…#egg=name` or in the name of a wheel.
fn name_of_place(place: &str) -> Option<String> {
    let (path, fragment) = place.split_once('#').unwrap_or((place, ""));
    let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg="));
    let wheel = || path.strip_suffix(".whl")?.rsplit('/').next()?.split('-').next();
    normalised(egg.or_else(wheel)?.split('[').next()?)
}

/// A name as PEP 503 compares it: lower case, and one `-` for each run of `-`, `_` and `.`.
pub(super) fn normalised(name: &str) -> Option<String> {
    PackageName::from_str(name).ok().map(|name| name.to_string())
}

/// A line without the secrets that a url in it may hold.
pub(super) fn shown(line: &str) -> String {
    // `redact` hides a lone user name only behind `http`, and here `git+` may come before it.
    let (start, url) = line.split_at(line.find("http").unwrap_or(0));
    format!("{start}{}", redact(url))
}

/// A url or path as it was written: `${VAR}` is pip's to expand.
#[derive(Debug)]
struct Place(String);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Pep508Url for Place {
    type Err = Infallible;

    fn parse_url(url: &str, _working_directory: Option<&Path>) -> Result<Self, Infallible> {
        Ok(Self(url.to_owned()))
    }
}
