//! Findings, for machines.

use std::borrow::Cow;
use std::path::Path;

use serde::Serialize;

use super::{VERSION, render};
use crate::report::{Count, Finding};

/// `config` is `repos.toml`, and `default` the profile that commands take of themselves.
pub(crate) fn findings(findings: &[Finding], config: &Path, default: Option<&str>) -> String {
    #[derive(Serialize)]
    struct All<'a> {
        version: u32,
        errors: usize,
        warnings: usize,
        findings: Vec<One<'a>>,
    }
    #[derive(Serialize)]
    struct One<'a> {
        code: &'static str,
        severity: String,
        module: Option<&'a str>,
        repo: Option<&'a str>,
        message: String,
        hint: String,
        /// All modules that have to do with it.
        modules: Vec<&'a str>,
        file: Cow<'a, str>,
        line: Option<usize>,
        profiles: &'a [String],
    }
    fn one<'a>(finding: &'a Finding, config: &'a Path, default: Option<&str>) -> One<'a> {
        let Finding { problem, module, repo, spot, profiles } = finding;
        let (rule, (file, line)) = (problem.rule(), spot.file(config));
        One {
            code: rule.code,
            severity: rule.severity.to_string(),
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
    let Count { errors, warnings } = Count::of(findings);
    render(&All {
        version: VERSION,
        errors,
        warnings,
        findings: findings.iter().map(|finding| one(finding, config, default)).collect(),
    })
}
