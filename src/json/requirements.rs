//! What the modules need of Python and of the system.

use serde::Serialize;

use crate::requirements::{Conflict, Flag, Merged, Need, Origin, Requirement, RequirementProblem, System};

/// `oca requirements`: the merged requirements of a profile.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RequirementsReport<'a> {
    pub(crate) requirements: Vec<MergedRequirement<'a>>,
    /// Requirements that exclude each other.
    pub(crate) conflicts: Vec<RequirementConflict<'a>>,
    /// Requirements that exclude each other only for some versions of Python.
    pub(crate) warnings: Vec<RequirementConflict<'a>>,
    /// Lines that cannot be merged, in words.
    pub(crate) problems: Vec<String>,
    /// With `--check`: whether the file is what would be written. `null` if it was not compared, because there is no
    /// `--check` or because requirements cannot be merged.
    pub(crate) fresh: Option<bool>,
    /// With `--check`: each difference in words; `null` if the file was not compared.
    pub(crate) differences: Option<&'a [String]>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MergedRequirement<'a> {
    /// The name of the distribution, normalised.
    pub(crate) name: &'a str,
    pub(crate) extras: &'a [String],
    /// The versions, such as `>=2.0,<3`; empty if any version will do.
    pub(crate) specifier: &'a str,
    /// The environment marker, such as `python_version < '3.7'`.
    pub(crate) marker: Option<&'a str>,
    /// The whole requirement, as pip reads it.
    pub(crate) line: String,
    pub(crate) flag: Option<RequirementFlag>,
    /// Whether `override` replaced all other lines of the distribution with this one.
    #[serde(rename = "override")]
    pub(crate) is_override: bool,
    /// The files, with lines if they are known, that ask for it.
    pub(crate) origins: Vec<String>,
}

/// Why pip has no choice.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RequirementFlag {
    /// Only one version is allowed.
    ExactPin,
    /// It is a url or a path.
    DirectReference,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RequirementConflict<'a> {
    /// The name of the distribution.
    pub(crate) name: &'a str,
    pub(crate) lines: Vec<ConflictLine<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ConflictLine<'a> {
    pub(crate) requirement: &'a str,
    /// The file, with its line if that is known.
    pub(crate) origin: String,
}

/// `oca requirements --system`: what the modules of a profile need of the system.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SystemReport<'a> {
    /// Packages of Debian.
    pub(crate) packages: Vec<SystemNeed<'a>>,
    pub(crate) programs: Vec<SystemNeed<'a>>,
    /// What cannot be read, in words.
    pub(crate) problems: Vec<String>,
    /// With `--check`: whether the file is what would be written. `null` if it was not compared, because there is no
    /// `--check` or because something cannot be read.
    pub(crate) fresh: Option<bool>,
    /// With `--check`: each difference in words; `null` if the file was not compared.
    pub(crate) differences: Option<&'a [String]>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SystemNeed<'a> {
    pub(crate) name: &'a str,
    /// The manifests that name it.
    pub(crate) origins: Vec<String>,
}

impl<'a> RequirementsReport<'a> {
    /// `differences` are those of the file, if it was compared.
    pub(crate) fn of(merged: &'a Merged, differences: Option<&'a [String]>) -> Self {
        Self {
            requirements: merged.requirements.iter().map(MergedRequirement::of).collect(),
            conflicts: merged.conflicts.iter().map(RequirementConflict::of).collect(),
            warnings: merged.warnings.iter().map(RequirementConflict::of).collect(),
            problems: in_words(&merged.problems),
            fresh: differences.map(<[String]>::is_empty),
            differences,
        }
    }
}

impl<'a> MergedRequirement<'a> {
    fn of(requirement: &'a Requirement) -> Self {
        Self {
            name: &requirement.name,
            extras: &requirement.extras,
            specifier: &requirement.specifier,
            marker: requirement.marker.as_deref(),
            line: requirement.to_string(),
            flag: requirement.flag.map(|flag| match flag {
                Flag::ExactPin => RequirementFlag::ExactPin,
                Flag::DirectReference => RequirementFlag::DirectReference,
            }),
            is_override: requirement.is_override,
            origins: requirement.origins.iter().map(ToString::to_string).collect(),
        }
    }
}

impl<'a> RequirementConflict<'a> {
    fn of(conflict: &'a Conflict) -> Self {
        let line = |(requirement, origin): &'a (String, Origin)| ConflictLine {
            requirement,
            origin: origin.to_string(),
        };
        Self { name: &conflict.name, lines: conflict.lines.iter().map(line).collect() }
    }
}

impl<'a> SystemReport<'a> {
    /// `differences` are those of the file, if it was compared.
    pub(crate) fn of(needs: &'a System, differences: Option<&'a [String]>) -> Self {
        Self {
            packages: needs.packages.iter().map(SystemNeed::of).collect(),
            programs: needs.programs.iter().map(SystemNeed::of).collect(),
            problems: in_words(&needs.problems),
            fresh: differences.map(<[String]>::is_empty),
            differences,
        }
    }
}

impl<'a> SystemNeed<'a> {
    fn of(need: &'a Need) -> Self {
        Self { name: &need.name, origins: need.origins.iter().map(ToString::to_string).collect() }
    }
}

fn in_words(problems: &[RequirementProblem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}
