//! The lines of the user that replace all other lines of their distributions.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{SourcedRequirement, VersionsOrPlace};
use super::line::{Author, shown};
use super::parse::Parsed;
use super::place::{has_credentials, normalised};
use super::problem::{Note, RequirementProblem};
use super::{Origin, Requirement};

/// A line of `override` in `[requirements]`, such as `lxml==5.2.1`. It always has a name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Override {
    entry: SourcedRequirement,
    line: usize,
}

/// Why a line cannot be an override, and what to write instead.
#[derive(Debug)]
pub(crate) struct BadOverride {
    pub(crate) why: String,
    pub(crate) hint: &'static str,
}

impl Override {
    pub(crate) fn parse(text: &str) -> Result<Self, BadOverride> {
        let refuse = |why, hint| Err(BadOverride { why, hint });
        let origin = Origin::Manifest { path: String::new() };
        let entry = match SourcedRequirement::parse(text, &origin, Author::User) {
            Ok(entry) => entry,
            Err(RequirementProblem::NotARequirement { text, why, .. }) => {
                return refuse(format!("`{text}` is not a requirement: {why}"), "write it as `lxml==5.2.1`");
            }
            Err(RequirementProblem::RelativePath { path, .. }) => {
                return refuse(format!("`{path}` is a relative path"), "write a url or an absolute path");
            }
            Err(other) => return refuse(other.to_string(), "write it as `lxml==5.2.1`"),
        };
        if let VersionsOrPlace::Verbatim { line, place, is_named } = &entry.wanted {
            let text = shown(line.as_str());
            if !is_named {
                return refuse(format!("`{text}` has no name before its url"), "write it as `name @ url`");
            }
            if has_credentials(place) {
                return refuse(
                    format!("`{text}` must not contain a user, a password or a query"),
                    "write `${TOKEN}` in place of a token, and pip takes it from the environment",
                );
            }
        }
        Ok(Self { entry, line: 0 })
    }

    /// The same, at a line of its file.
    #[must_use]
    pub(crate) fn at(self, line: usize) -> Self {
        Self { line, ..self }
    }

    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// The distribution, normalised.
    pub(crate) fn name(&self) -> &str {
        &self.entry.name
    }

    /// Whether both are for the same distribution and the same environments.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        self.entry.name == other.entry.name && self.entry.marker.meaning() == other.entry.marker.meaning()
    }

    /// Whether a word of `ignore` leaves its distribution out.
    pub(crate) fn is_ignored_by(&self, word: &str) -> bool {
        normalised(word).is_some_and(|name| name == self.entry.name)
    }

    fn of(&self, file: &str) -> SourcedRequirement {
        let origin = Origin::File { path: file.to_owned(), line: self.line };
        SourcedRequirement { origin, ..self.entry.clone() }
    }
}

/// The overrides of one distribution, and the places of the lines that they replace.
pub(super) struct Replacement<'a> {
    pub(super) lines: Vec<&'a SourcedRequirement>,
    origins: Vec<Origin>,
}

impl Replacement<'_> {
    /// Marks a line that was made of the overrides.
    pub(super) fn mark(&self, requirement: Requirement) -> Requirement {
        Requirement { origins: self.origins.clone(), is_override: true, ..requirement }
    }
}

/// The overrides of a profile by their distributions.
pub(super) struct Overrides {
    by_name: BTreeMap<String, Vec<SourcedRequirement>>,
}

impl Overrides {
    /// `file` is the name of the file that has them, for messages.
    pub(super) fn new(overrides: &[Override], file: &str) -> Self {
        let mut by_name: BTreeMap<String, Vec<SourcedRequirement>> = BTreeMap::new();
        for one in overrides {
            by_name.entry(one.entry.name.clone()).or_default().push(one.of(file));
        }
        Self { by_name }
    }

    /// Whether an override stands in place of the entry.
    pub(super) fn replace(&self, entry: &SourcedRequirement) -> bool {
        self.by_name.contains_key(&entry.name)
    }

    /// Whether an override stands in place of the line with the problem.
    pub(super) fn replace_problem(&self, problem: &RequirementProblem) -> bool {
        problem.distribution().is_some_and(|name| self.by_name.contains_key(name))
    }

    /// The overrides of the distributions that are required, and notes about the others. Of the constraints, only the
    /// lines of Odoo itself count as replaced.
    pub(super) fn used(&self, required: &Parsed, constraints: &Parsed) -> (Vec<Replacement<'_>>, Vec<Note>) {
        let (mut used, mut notes) = (Vec::new(), Vec::new());
        for (name, lines) in &self.by_name {
            let mut places: BTreeSet<Origin> = origins(required, name).cloned().collect();
            let of_odoo = origins(constraints, name).filter(|origin| origin.is_of_odoo());
            if places.is_empty() {
                let is_of_odoo = of_odoo.count() > 0;
                notes.extend(lines.iter().map(|line| unused(line.text(), name.clone(), is_of_odoo)));
            } else {
                places.extend(of_odoo.cloned());
                let replaced: Vec<_> = required.entries.iter().filter(|entry| entry.name == *name).collect();
                notes.extend(lost_extras(lines, &replaced));
                used.push(Replacement {
                    lines: lines.iter().collect(),
                    origins: places.into_iter().collect(),
                });
            }
        }
        (used, notes)
    }
}

/// The places of the lines of a distribution, also of those that cannot be merged.
fn origins<'a>(parsed: &'a Parsed, name: &'a str) -> impl Iterator<Item = &'a Origin> {
    let entries = parsed.entries.iter().filter(move |entry| entry.name == name);
    let unread = parsed.problems.iter().filter(move |problem| problem.distribution() == Some(name));
    entries.flat_map(SourcedRequirement::origins).chain(unread.map(RequirementProblem::origin))
}

fn unused(line: String, name: String, is_of_odoo: bool) -> Note {
    if is_of_odoo { Note::OnlyOdoo { line, name } } else { Note::NothingOverridden { line, name } }
}

/// The extras of replaced lines that no override has, each once.
fn lost_extras(overrides: &[SourcedRequirement], replaced: &[&SourcedRequirement]) -> Vec<Note> {
    let kept: BTreeSet<&String> = overrides.iter().flat_map(|entry| &entry.extras).collect();
    let mut lost: BTreeMap<&String, &Origin> = BTreeMap::new();
    for entry in replaced {
        for extra in entry.extras.iter().filter(|extra| !kept.contains(extra)) {
            let first = lost.entry(extra).or_insert(&entry.origin);
            *first = (*first).min(&entry.origin);
        }
    }
    let line = || overrides.first().map(SourcedRequirement::text).unwrap_or_default();
    let note = |(extra, origin): (&String, &Origin)| Note::LostExtra {
        origin: origin.clone(),
        extra: extra.clone(),
        line: line(),
    };
    lost.into_iter().map(note).collect()
}
