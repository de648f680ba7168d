//! What `oca check` finds: the data, and its words.

use std::fmt;
use std::path::{Path, PathBuf};

use super::rule::{RULES, Rule, Severity};
use crate::repo::{Edition, Series, and_list, first_names};

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

/// How many modules are named that have the same finding.
const SHOWN: usize = 5;

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let module = self.module.as_deref().unwrap_or_default();
        let of = |f: &mut fmt::Formatter<'_>| {
            write!(f, "`{module}`")?;
            self.repo.iter().try_for_each(|repo| write!(f, " of `{repo}`"))
        };
        match &self.problem {
            Problem::Duplicate { homes } => {
                write!(f, "`{module}` is in {}; Odoo takes that of `{}`", and_list(homes), first(homes))
            }
            Problem::Hidden { homes } => {
                write!(f, "`{module}` of `{}` hides that of {}", first(homes), and_list(&homes[1..]))
            }
            Problem::Core { edition } => {
                of(f)?;
                write!(f, " has the name of a module of {}", odoo(*edition))
            }
            Problem::Missing { needed_by, why } => match why {
                WhyMissing::Uninstallable { home } => write!(
                    f,
                    "`{module}` of `{home}` says that it cannot be installed, and {}",
                    need_it(needed_by)
                ),
                WhyMissing::Enterprise => write!(
                    f,
                    "`{module}` is a module of Odoo Enterprise, `edition` is `community`, and {}",
                    need_it(needed_by)
                ),
                _ => write!(f, "there is no module `{module}`, and {}", need_it(needed_by)),
            },
            Problem::Impossible { needed_by } => {
                write!(f, "no module can be called `{}`, and {}", module, need_it(needed_by))
            }
            Problem::Cycle { modules } => {
                let names: Vec<String> =
                    modules.iter().chain(modules.first()).map(|name| format!("`{name}`")).collect();
                write!(f, "modules need each other in a circle: {}", names.join(" -> "))
            }
            Problem::Version { version, series } => {
                of(f)?;
                write!(f, " has version `{version}`, which is none of Odoo {series}")
            }
            Problem::License { license, on } => {
                of(f)?;
                write!(f, " is under `{license}` and depends on {}", with_words(on))
            }
            Problem::UnknownLicense { license: Some(license) } => {
                of(f)?;
                write!(f, " is under `{license}`, a licence that Odoo does not know")
            }
            Problem::UnknownLicense { license: None } => {
                of(f)?;
                write!(f, " names no licence; Odoo takes it for `LGPL-3`")
            }
            Problem::AutoInstall { where_are } => {
                of(f)?;
                let verb = if where_are.len() == 1 { "is" } else { "are" };
                write!(f, " installs itself where {} {verb}, and is not selected", and_list(where_are))
            }
            Problem::Maturity { status, on } => {
                of(f)?;
                write!(f, " is `{status}` and depends on {}", with_words(on))
            }
            Problem::Case { names } => {
                write!(f, "{} are one name on macOS and Windows", and_list(names))
            }
            Problem::Nested { inner, outer } => {
                write!(f, "the path has an entry of `{inner}` inside one of `{outer}`")
            }
            Problem::Unreadable { path, line, why } => {
                write!(f, "the manifest of ")?;
                of(f)?;
                write!(f, " cannot be read: {why} (`{path}` at line {line})")
            }
        }
    }
}

fn first(homes: &[String]) -> &str {
    homes.first().map(String::as_str).unwrap_or_default()
}

fn odoo(edition: Edition) -> &'static str {
    match edition {
        Edition::Community => "Odoo's own",
        Edition::Enterprise => "Odoo Enterprise",
    }
}

/// "`a` of `web` needs it", "`a`, `b` and 8 others need it".
fn need_it(needed_by: &[Needer]) -> String {
    if let [Needer { module, repo }] = needed_by {
        return format!("`{module}` of `{repo}` needs it");
    }
    let mut names: Vec<String> = needed_by.iter().map(|needer| needer.module.clone()).collect();
    names.dedup();
    let names = if names.len() <= SHOWN + 1 { and_list(&names) } else { first_names(&names) };
    format!("{names} need it")
}

/// "`a`, which is `Beta`", and the first few of many.
fn with_words(on: &[(String, String)]) -> String {
    let named: Vec<String> =
        on.iter().take(SHOWN).map(|(name, word)| format!("`{name}` (`{word}`)")).collect();
    match on.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

impl Finding {
    /// What to do about a finding; `default` is the profile that commands take of themselves.
    pub(crate) fn hint(&self, default: Option<&str>) -> String {
        let module = self.module.as_deref().unwrap_or_default();
        let add = |what: &str| match self.profiles.first().filter(|first| Some(first.as_str()) != default) {
            Some(profile) => format!("run `oca add {what} --profile {profile}`"),
            None => format!("run `oca add {what}`"),
        };
        let unless = |what: &str| format!("{what}, or put `{module}` into `ignore` of `[check]`");
        match &self.problem {
            Problem::Duplicate { homes } => {
                unless(&format!("keep only one of them, such as that of `{}`", first(homes)))
            }
            Problem::Hidden { .. } => unless("keep only one of them"),
            Problem::Core { .. } => unless("rename it"),
            Problem::Missing { why, .. } => match why {
                WhyMissing::Uninstallable { .. } => format!("make `{module}` installable, or do without"),
                WhyMissing::Enterprise => {
                    "write `edition = \"enterprise\"` into `repos.toml` if the image has Odoo Enterprise"
                        .to_owned()
                }
                WhyMissing::Elsewhere { repo, profile } => {
                    format!("`{repo}` of profile `{profile}` has it: {}", add(repo))
                }
                WhyMissing::Known { repo } => format!("`{repo}` has it: {}", add(repo)),
                WhyMissing::Newer { repo } => {
                    format!("`{repo}` may have it by now: run `oca lock --upgrade {repo}`")
                }
                WhyMissing::Nowhere { near: Some(near) } => {
                    format!("did you mean `{near}`? else run `oca find {module}`")
                }
                WhyMissing::Nowhere { near: None } => {
                    format!("run `oca find {module}`, and add the repository that has it")
                }
            },
            Problem::Impossible { .. } => "correct `depends` in the manifest".to_owned(),
            Problem::Cycle { .. } => "take one of them out of the `depends` of another".to_owned(),
            Problem::Version { series, .. } => {
                format!("write it as `{series}.1.0.0` or `1.0.0` once it is migrated, or leave it out")
            }
            Problem::License { .. } => unless("change the licence of one of them"),
            Problem::UnknownLicense { .. } => {
                unless("write a licence that Odoo knows, such as `LGPL-3`, into the manifest")
            }
            Problem::AutoInstall { .. } => unless(&add(&format!("--module {module}"))),
            Problem::Maturity { .. } => unless("expect changes in what it depends on"),
            Problem::Case { .. } => unless("rename one of them"),
            Problem::Nested { inner, .. } => format!("move `{inner}`, or take one of the two off the path"),
            Problem::Unreadable { .. } => match self.spot {
                Spot::Manifest { .. } => "correct it: a manifest is one dict of Python literals".to_owned(),
                Spot::Declaration(_) => "correct it in a fork that `url` in `repos.toml` names".to_owned(),
            },
        }
    }

    /// All modules that have to do with a finding, the one it is about first.
    pub(crate) fn modules(&self) -> Vec<&str> {
        let names: Vec<&str> = match &self.problem {
            Problem::Missing { needed_by, .. } | Problem::Impossible { needed_by } => {
                needed_by.iter().map(|needer| needer.module.as_str()).collect()
            }
            Problem::Cycle { modules: names }
            | Problem::AutoInstall { where_are: names }
            | Problem::Case { names } => names.iter().map(String::as_str).collect(),
            Problem::License { on, .. } | Problem::Maturity { on, .. } => {
                on.iter().map(|(name, _)| name.as_str()).collect()
            }
            _ => Vec::new(),
        };
        let module = self.module.as_deref();
        module.into_iter().chain(names.into_iter().filter(|name| Some(*name) != module)).collect()
    }
}
