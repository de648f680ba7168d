//! What `oca check` finds.

use std::borrow::Cow;
use std::path::Path;

use serde::Serialize;

use crate::report::{Count, Finding, Severity};

/// `oca check`: problems in the modules of a profile.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CheckReport<'a> {
    /// The number of findings that are errors.
    pub(crate) error_count: usize,
    /// The number of findings that are warnings.
    pub(crate) warning_count: usize,
    pub(crate) findings: Vec<CheckFinding<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CheckFinding<'a> {
    /// Such as `OCA001`. A code keeps its meaning.
    pub(crate) code: &'static str,
    pub(crate) severity: FindingSeverity,
    /// The module with the problem.
    pub(crate) module: Option<&'a str>,
    /// Where that module is: a repository, or a directory as `repos.toml` writes it.
    pub(crate) repo: Option<&'a str>,
    /// The finding in words.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: String,
    /// All modules that are concerned.
    pub(crate) modules: Vec<&'a str>,
    /// The absolute path of the file to edit first; what is not UTF-8 in it is replaced.
    pub(crate) file: Cow<'a, str>,
    /// The line in `file`, from 1.
    pub(crate) line: Option<usize>,
    /// The profiles that have the problem.
    pub(crate) profiles: &'a [String],
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FindingSeverity {
    Error,
    Warning,
    /// A problem of modules that nobody asked for.
    Note,
}

impl<'a> CheckReport<'a> {
    /// `config` is `repos.toml`, and `default` is its `default-profile`.
    pub(crate) fn of(findings: &'a [Finding], config: &'a Path, default: Option<&str>) -> Self {
        let Count { errors, warnings } = Count::of(findings);
        let findings = findings.iter().map(|finding| CheckFinding::of(finding, config, default)).collect();
        Self { error_count: errors, warning_count: warnings, findings }
    }
}

impl<'a> CheckFinding<'a> {
    fn of(finding: &'a Finding, config: &'a Path, default: Option<&str>) -> Self {
        let Finding { problem, module, repo, spot, profiles } = finding;
        let (rule, (file, line)) = (problem.rule(), spot.file(config));
        Self {
            code: rule.code,
            severity: match finding.severity() {
                Severity::Error => FindingSeverity::Error,
                Severity::Warning => FindingSeverity::Warning,
                Severity::Note => FindingSeverity::Note,
            },
            module: module.as_deref(),
            repo: repo.as_deref(),
            message: finding.to_string(),
            hint: finding.hint(default),
            modules: finding.modules(),
            file: file.to_string_lossy(),
            line,
            profiles,
        }
    }
}
