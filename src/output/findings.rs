//! What `oca check` finds, for people.

use super::Tone;
use crate::repo::{one_line, profile_list};
use crate::report::{Finding, Severity, Spot};

/// The findings as text, each with its place and its hint. With `with_profiles`, also with its profiles; `default` is the
/// default profile.
pub(crate) fn render_findings(findings: &[Finding], default: Option<&str>, with_profiles: bool) -> String {
    findings.iter().map(|finding| render(finding, default, with_profiles)).collect()
}

fn render(finding: &Finding, default: Option<&str>, with_profiles: bool) -> String {
    let rule = finding.problem.rule();
    let place = match &finding.spot {
        Spot::Manifest { name, line: Some(line), .. } => format!("  at: {}:{line}\n", one_line(name)),
        Spot::Manifest { name, line: None, .. } => format!("  at: {}\n", one_line(name)),
        Spot::Declaration(_) => String::new(),
    };
    let profiles =
        if with_profiles { format!("  in: {}\n", profile_list(&finding.profiles)) } else { String::new() };
    let hint = finding.hint(default);
    let (text, hint) = (one_line(&finding.to_string()), one_line(&hint));
    let severity = finding.severity();
    let word = tone(severity).paint(&format!("{severity}[{}]:", rule.code));
    format!("{word} {text}\n{place}{profiles}  {} {hint}\n", Tone::Hint.paint("hint:"))
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Odd,
        Severity::Note => Tone::Dim,
    }
}
