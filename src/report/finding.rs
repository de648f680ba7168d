//! What `oca check` finds, as plain data; `output` words it.

use std::path::{Path, PathBuf};

use crate::repo::{Edition, Series};

/// One thing that is wrong with the modules of a profile, or may be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Finding {
    pub(crate) problem: Problem,
    /// The module it is about or, where a name stands for nothing, that name.
    pub(crate) module: Option<String>,
    /// Where that module is: a repository, or a directory as `repos.toml` writes it.
    pub(crate) repo: Option<String>,
    /// Where to begin with mending it.
    pub(crate) spot: Spot,
    /// All that have it.
    pub(crate) profiles: Vec<String>,
}

/// A spot in a file that the user can edit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Spot {
    /// A line of `repos.toml`.
    Declaration(usize),
    /// A manifest in a directory of the user's own.
    Manifest {
        /// As it is shown.
        name: String,
        path: PathBuf,
        line: Option<usize>,
    },
}

impl Spot {
    /// The file and, where one is known, the line; `config` is `repos.toml`.
    pub(crate) fn file<'s>(&'s self, config: &'s Path) -> (&'s Path, Option<usize>) {
        match self {
            Self::Declaration(line) => (config, Some(*line)),
            Self::Manifest { path, line, .. } => (path, *line),
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Problem {
    /// Several repositories, or several own directories, have the module; the first one wins.
    Duplicate { homes: Vec<String> },
    /// An own directory, or one around the checkouts, has it as well; the first one wins.
    Hidden { homes: Vec<String> },
    /// It has the name of a module of Odoo's own.
    Core { edition: Edition },
    /// It is nowhere, or cannot be installed.
    Missing { needed_by: Vec<Needer>, why: WhyMissing },
    /// No module can have that name.
    Impossible { needed_by: Vec<Needer> },
    /// They need each other in this order.
    Cycle { modules: Vec<String> },
    /// Odoo of this series refuses the module's version.
    Version { version: String, series: Series },
    /// Its licence does not allow it to depend on modules with these: their names, and their licences.
    License { license: String, on: Vec<(String, String)> },
    /// Its licence is none that is known; `None` where it declares none.
    UnknownLicense { license: Option<String> },
    /// It installs itself where these are, which are selected or Odoo's own, and is not selected itself.
    AutoInstall { where_are: Vec<String> },
    /// It is more mature than modules that it depends on: their names, and their status.
    Maturity { status: String, on: Vec<(String, String)> },
    /// Names of modules that differ only by case.
    Case { names: Vec<String> },
    /// One entry of the path is inside another.
    Nested { inner: String, outer: String },
    /// Its manifest, at this path below the repository or directory, cannot be read.
    Unreadable { path: String, line: usize, why: String },
}

/// A module that needs another.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Needer {
    pub(crate) module: String,
    pub(crate) repo: String,
}

/// See [`Problem::Missing`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum WhyMissing {
    /// It is here, and says `installable: False`.
    Uninstallable { home: String },
    /// It is one of Odoo Enterprise.
    Enterprise,
    /// A repository that only other profiles of the series have has it.
    Elsewhere { repo: String, profile: String },
    /// A repository of OCA's has it.
    Known { repo: String },
    /// A repository of the profile has it on its branch, and not at the commit in the lock.
    Newer { repo: String },
    Nowhere {
        /// A name that is much like it.
        near: Option<String>,
    },
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Severity {
    Error,
    Warning,
}

/// What is looked for, in words for the table of `docs/checks.md`.
#[derive(Debug)]
pub(crate) struct Rule {
    /// A promise: a number keeps its meaning, and one that is given up is never used again.
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    pub(crate) title: &'static str,
}

/// All that is looked for.
pub(crate) const RULES: [Rule; 14] = {
    use Severity::{Error, Warning};
    const fn rule(code: &'static str, severity: Severity, title: &'static str) -> Rule {
        Rule { code, severity, title }
    }
    [
        rule("OCA001", Error, "module in several repositories"),
        rule("OCA002", Warning, "module hidden by one of the same name"),
        rule("OCA003", Warning, "module with the name of one of Odoo's own"),
        rule("OCA004", Error, "missing dependency"),
        rule("OCA005", Error, "dependency that is no name of a module"),
        rule("OCA006", Error, "dependency cycle"),
        rule("OCA007", Error, "version of another series"),
        rule("OCA008", Error, "licences that do not go together"),
        rule("OCA009", Warning, "unknown licence"),
        rule("OCA010", Warning, "module that installs itself left out"),
        rule("OCA011", Warning, "dependency less mature than its dependant"),
        rule("OCA012", Warning, "names that differ only by case"),
        rule("OCA013", Warning, "entry of the path inside another"),
        rule("OCA014", Error, "manifest that cannot be read"),
    ]
};

impl Problem {
    pub(crate) fn rule(&self) -> &'static Rule {
        let place = match self {
            Self::Duplicate { .. } => 0,
            Self::Hidden { .. } => 1,
            Self::Core { .. } => 2,
            Self::Missing { .. } => 3,
            Self::Impossible { .. } => 4,
            Self::Cycle { .. } => 5,
            Self::Version { .. } => 6,
            Self::License { .. } => 7,
            Self::UnknownLicense { .. } => 8,
            Self::AutoInstall { .. } => 9,
            Self::Maturity { .. } => 10,
            Self::Case { .. } => 11,
            Self::Nested { .. } => 12,
            Self::Unreadable { .. } => 13,
        };
        &RULES[place]
    }
}

/// How many findings there are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Count {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
}

impl Count {
    pub(crate) fn of(findings: &[Finding]) -> Self {
        let is_error = |finding: &&Finding| finding.problem.rule().severity == Severity::Error;
        let errors = findings.iter().filter(is_error).count();
        Self { errors, warnings: findings.len() - errors }
    }
}
