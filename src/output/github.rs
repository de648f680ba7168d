//! Findings as annotations of GitHub workflows, one `::error …::message` per line.

use std::path::Path;

use crate::json::{FailureEntry, FailureReport};
use crate::repo::{one_line, plain};
use crate::report::{Finding, Severity};

/// The annotations, in order. `config` is the path of `repos.toml`; `default` is the default profile.
pub(crate) fn annotations(findings: &[Finding], config: &Path, default: Option<&str>) -> String {
    findings.iter().map(|finding| annotation(finding, config, default)).collect()
}

/// The annotations of what failed before there was a report.
pub(crate) fn failures(report: &FailureReport) -> String {
    let place = report.place.as_ref().map_or_else(String::new, |(file, line)| {
        format!("file={},line={line},", property(&file.to_string_lossy()))
    });
    let annotation = |error: &FailureEntry| {
        format!("::error {place}title=oca stopped::{}\n", message(&plain(&error.text())))
    };
    report.errors.iter().map(annotation).collect()
}

fn annotation(finding: &Finding, config: &Path, default: Option<&str>) -> String {
    let (rule, (file, line)) = (finding.problem.rule(), finding.spot.file(config));
    let file = property(&file.to_string_lossy());
    let line = line.map(|line| format!(",line={line}")).unwrap_or_default();
    let title = property(&format!("{} {}", rule.code, rule.title));
    let hint = one_line(&finding.hint(default));
    let text = message(&format!("{}\nhint: {hint}", one_line(&finding.to_string())));
    let level = match finding.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    format!("::{level} file={file}{line},title={title}::{text}\n")
}

/// Escapes the message after the second `::`, by the rules of GitHub's toolkit.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::report::{Problem, Spot};

    #[test]
    fn characters_that_end_a_value_are_escaped() {
        let finding = Finding {
            problem: Problem::Unreadable { path: "x".to_owned(), line: 2, why: "100%,\r\na: b".to_owned() },
            module: Some("x".to_owned()),
            repo: Some("a,b".to_owned()),
            spot: Spot::Manifest {
                name: String::new(),
                path: PathBuf::from("/c:/a,b/100%/x"),
                line: Some(2),
            },
            profiles: Vec::new(),
        };
        assert_eq!(
            annotations(&[finding], Path::new("repos.toml"), None),
            "::error file=/c%3A/a%2Cb/100%25/x,line=2,title=OCA014 manifest that cannot be read::\
             the manifest of `x` of `a,b` cannot be read: 100%25,\\r\\na: b (`x` at line 2)%0A\
             hint: correct the manifest: it must be one dict of Python literals\n"
        );
    }
}
