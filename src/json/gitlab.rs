//! What `oca check` finds, as a report for GitLab's Code Quality. Its form is GitLab's, so it has no version of ours.

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::failure::{FailureEntry, FailureReport};
use crate::config;
use crate::fs::slashed;
use crate::git::Superproject;
use crate::repo::{hexadecimal, one_line};
use crate::report::{Finding, Severity};

/// A finding as GitLab reads it.
#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    /// GitLab compares two reports by it: a finding that keeps it is not new.
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    /// Relative to the top of the repository.
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// The report: a list, indented by two spaces, with a newline at the end. `places` has the path of the file of each
/// finding, relative to the top of the repository, and its line if it is known. `default` is the default profile.
pub(crate) fn code_quality(
    findings: &[Finding],
    places: Vec<(String, Option<usize>)>,
    default: Option<&str>,
) -> String {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let issues: Vec<Issue> = findings
        .iter()
        .zip(places)
        .map(|(finding, (path, line))| {
            let (text, hint) = (one_line(&finding.to_string()), one_line(&finding.hint(default)));
            let identity = finding.identity();
            let before = seen.entry(identity.clone()).or_default();
            *before += 1;
            Issue {
                description: format!("{text}; hint: {hint}"),
                check_name: finding.problem.rule().code,
                fingerprint: fingerprint(&identity, *before),
                severity: match finding.severity() {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                    Severity::Note => "info",
                },
                location: Location { path, lines: Lines { begin: line.unwrap_or(1) } },
            }
        })
        .collect();
    rendered(&issues)
}

/// The report about what failed before there were findings. GitLab needs a file: it is `repos.toml` if no other is known.
pub(crate) fn code_quality_of(report: &FailureReport) -> String {
    let (file, line) = match &report.place {
        Some((file, line)) => {
            let top = file.parent().and_then(|directory| Superproject::around(directory).ok()?);
            let below = top.and_then(|top| top.path_below(file));
            let path = below.as_deref().or_else(|| file.file_name().map(Path::new)).unwrap_or(file);
            (slashed(path), *line)
        }
        None => (config::FILE_NAME.to_owned(), 1),
    };
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut issue = |error: &FailureEntry| {
        let text = error.text();
        let before = seen.entry(text.clone()).or_default();
        *before += 1;
        Issue {
            description: one_line(&text.lines().map(str::trim).collect::<Vec<_>>().join("; ")),
            check_name: "oca",
            fingerprint: fingerprint(&text, *before),
            severity: "blocker",
            location: Location { path: file.clone(), lines: Lines { begin: line } },
        }
    };
    rendered(&report.errors.iter().map(&mut issue).collect::<Vec<_>>())
}

fn rendered(issues: &[Issue]) -> String {
    let mut text = serde_json::to_string_pretty(issues).expect("text and numbers always serialize");
    text.push('\n');
    text
}

/// 64 hexadecimal digits. `number` tells findings of one identity apart; the first has 1.
fn fingerprint(identity: &str, number: usize) -> String {
    hexadecimal(&Sha256::digest(format!("{number}\n{identity}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::{Needer, Problem, Spot, WhyMissing};

    fn missing(module: &str, needed_by: &str) -> Finding {
        let needer = Needer { module: needed_by.to_owned(), repo: "web".to_owned(), is_wanted: true };
        Finding {
            problem: Problem::Missing { needed_by: vec![needer], why: WhyMissing::Nowhere { near: None } },
            module: Some(module.to_owned()),
            repo: None,
            spot: Spot::Declaration(3),
            profiles: Vec::new(),
        }
    }

    fn cycle(modules: &[&str]) -> Finding {
        let modules = modules.iter().map(|&name| name.to_owned()).collect();
        Finding { problem: Problem::Cycle { modules, is_wanted: true }, module: None, ..missing("", "") }
    }

    fn fingerprints(findings: &[Finding]) -> Vec<String> {
        let places = findings.iter().map(|_| ("repos.toml".to_owned(), None)).collect();
        let report: serde_json::Value =
            serde_json::from_str(&code_quality(findings, places, None)).expect("a report");
        let issues = report.as_array().expect("a list").iter();
        issues.map(|issue| issue["fingerprint"].as_str().expect("text").to_owned()).collect()
    }

    #[test]
    fn no_finding_is_an_empty_list() {
        assert_eq!(code_quality(&[], Vec::new(), None), "[]\n");
    }

    #[test]
    fn a_finding_keeps_its_fingerprint_if_another_module_has_the_problem_too() {
        let [one, other] = [missing("gone", "a"), missing("gone", "b")];
        let alone = fingerprints(std::slice::from_ref(&one));
        assert_eq!(alone, fingerprints(std::slice::from_ref(&other)));
        let both = fingerprints(&[one, other]);
        assert_eq!(both[0], alone[0]);
        assert_ne!(both[0], both[1]);
    }

    #[test]
    fn circles_have_fingerprints_of_their_own() {
        let [one, other] = [cycle(&["a", "b"]), cycle(&["c", "d"])];
        assert_eq!(fingerprints(&[one.clone(), other.clone()])[1], fingerprints(&[other, one])[0]);
    }

    proptest! {
        #[test]
        fn fingerprints_are_unique_and_one_line_each(names in prop::collection::vec("[ab\n]{0,3}", 0..12)) {
            let findings: Vec<Finding> = names.iter().map(|name| missing(name, "x")).collect();
            let all = fingerprints(&findings);
            let unique: std::collections::BTreeSet<&String> = all.iter().collect();
            prop_assert_eq!(unique.len(), all.len());
            prop_assert!(all.iter().all(|one| one.len() == 64));
        }
    }
}
