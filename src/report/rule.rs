//! What `oca check` looks for.

use std::fmt;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Severity {
    Error,
    Warning,
    /// A problem of modules that nobody asked for.
    Note,
}

/// One check, with the title that is in the table of `docs/checks.md`.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The meaning of a code never changes, and the code of a removed check is never used again.
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    pub(crate) title: &'static str,
}

/// All checks.
pub(crate) const RULES: [Rule; 16] = {
    use Severity::{Error, Warning};
    const fn rule(code: &'static str, severity: Severity, title: &'static str) -> Rule {
        Rule { code, severity, title }
    }
    [
        rule("OCA001", Error, "module in several repositories"),
        rule("OCA002", Warning, "module hidden by one of the same name"),
        rule("OCA003", Warning, "module with the name of an Odoo module"),
        rule("OCA004", Error, "missing dependency"),
        rule("OCA005", Error, "dependency that is not a valid module name"),
        rule("OCA006", Error, "dependency cycle"),
        rule("OCA007", Error, "version of another series"),
        rule("OCA008", Error, "incompatible licences"),
        rule("OCA009", Warning, "unknown licence"),
        rule("OCA010", Warning, "auto-install module that is not selected"),
        rule("OCA011", Warning, "dependency less mature than the module"),
        rule("OCA012", Warning, "names that differ only by case"),
        rule("OCA013", Warning, "entry of the path inside another entry"),
        rule("OCA014", Error, "manifest that cannot be read"),
        rule("OCA015", Warning, "requirement that installs a module of Odoo"),
        rule("OCA016", Warning, "access rights in `ir.model.access`"),
    ]
};

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn the_documents_have_the_table_of_codes() {
        let page = include_str!("../../docs/checks.md").replace("\r\n", "\n");
        let rows = RULES.iter().map(|rule| format!("| {} | {} | {} |", rule.code, rule.severity, rule.title));
        let rows: Vec<String> = rows.collect();
        let found: Vec<&str> = page.lines().filter(|line| line.starts_with("| OCA")).collect();
        let starts = |(line, row): (&&str, &String)| line.starts_with(row.as_str());
        assert!(
            found.len() == rows.len() && found.iter().zip(&rows).all(starts),
            "`docs/checks.md` lacks these rows, or has others:\n{}",
            rows.join("\n")
        );
    }
}
