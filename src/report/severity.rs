//! How bad a finding of `oca check` is.

use super::finding::{Finding, Problem};
use super::rule::Severity;

impl Finding {
    /// The modules that cannot be installed because of it, without those that depend on them. A missing name counts.
    pub(crate) fn blocks(&self) -> Vec<&str> {
        match &self.problem {
            Problem::Missing { .. } | Problem::Impossible { .. } => {
                self.module.as_deref().into_iter().collect()
            }
            Problem::Cycle { modules, .. } => modules.iter().map(String::as_str).collect(),
            Problem::Version { series, .. } if series.refuses_others() => {
                self.module.as_deref().into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The severity of its rule. If nobody wants the modules that cannot be installed, it is a note.
    pub(crate) fn severity(&self) -> Severity {
        match &self.problem {
            Problem::Missing { needed_by, .. } | Problem::Impossible { needed_by }
                if needed_by.iter().all(|needer| !needer.is_wanted) =>
            {
                Severity::Note
            }
            Problem::Cycle { is_wanted: false, .. } | Problem::Version { is_wanted: false, .. } => {
                Severity::Note
            }
            problem => problem.rule().severity,
        }
    }
}

/// How many findings there are, without notes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Count {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
}

impl Count {
    pub(crate) fn of(findings: &[Finding]) -> Self {
        let count = |severity| findings.iter().filter(|finding| finding.severity() == severity).count();
        Self { errors: count(Severity::Error), warnings: count(Severity::Warning) }
    }
}
