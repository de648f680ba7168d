//! What `oca check` finds: the data, and its words.

use std::fmt;
use std::path::{Path, PathBuf};

use super::in_front::InFront;
use super::rule::{RULES, Rule};
use crate::repo::{Edition, RepoName, Series, and_list, first_names};

/// One problem, or possible problem, of the modules of a profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Finding {
    pub(crate) problem: Problem,
    /// The module with the problem, or the missing name.
    pub(crate) module: Option<String>,
    /// Where the module is: a repository, or a directory as written in `repos.toml`.
    pub(crate) repo: Option<String>,
    /// Where the user can correct it.
    pub(crate) spot: Spot,
    /// All profiles that have the problem.
    pub(crate) profiles: Vec<String>,
}

/// A position in a file that the user can edit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Spot {
    /// A line of `repos.toml`.
    Declaration(usize),
    /// A manifest in one of the user's own directories.
    Manifest {
        /// The path as shown to the user.
        name: String,
        path: PathBuf,
        line: Option<usize>,
    },
}

impl Finding {
    /// What stays the same if lines move, or if more modules have the problem.
    pub(crate) fn identity(&self) -> String {
        let subject = match &self.problem {
            Problem::Cycle { modules: names, .. } | Problem::Case { names } => names.join(","),
            Problem::FromPip { distribution, file, .. } => format!("{distribution},{file}"),
            Problem::InFront { entry, .. } => entry.clone(),
            Problem::Nested { outer, .. } => outer.clone(),
            Problem::Unreadable { path, .. } => path.clone(),
            _ => String::new(),
        };
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        [self.problem.rule().code.to_owned(), name(&self.module), name(&self.repo), subject].join("\n")
    }
}

impl Spot {
    /// The file, and the line if it is known. `config` is the path of `repos.toml`.
    pub(crate) fn file<'s>(&'s self, config: &'s Path) -> (&'s Path, Option<usize>) {
        match self {
            Self::Declaration(line) => (config, Some(*line)),
            Self::Manifest { path, line, .. } => (path, *line),
        }
    }
}

/// The kind of problem, with its details.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Problem {
    /// Several repositories, or several of the user's own directories, have the module. Odoo loads the first.
    Duplicate { homes: Vec<String> },
    /// One of the user's own directories, or one of `[addons-path]`, has the module too. Odoo loads the first.
    Hidden { homes: Vec<String> },
    /// This entry of `before` is in front of the locked Odoo.
    InFront { entry: String, table: &'static str, what: InFront },
    /// It has the same name as a module of Odoo.
    Core { edition: Edition },
    /// The module does not exist, or cannot be installed.
    Missing { needed_by: Vec<Needer>, why: WhyMissing },
    /// The name is not a valid module name.
    Impossible { needed_by: Vec<Needer> },
    /// The modules depend on each other, in this order.
    Cycle { modules: Vec<String>, is_wanted: bool },
    /// Odoo of this series refuses the module's version.
    Version { version: String, series: Series, is_wanted: bool },
    /// Its licence is incompatible with those of the modules in `on`: their names and licences.
    License { license: String, on: Vec<(String, String)> },
    /// Odoo does not know its licence. `None` if it declares none.
    UnknownLicense { license: Option<String> },
    /// It installs itself when these modules are installed, but it is not selected. They are selected or Odoo's own.
    AutoInstall { where_are: Vec<String> },
    /// It is more mature than the modules in `on`, on which it depends: their names and status.
    Maturity { status: String, on: Vec<(String, String)> },
    /// Names of modules that differ only by case.
    Case { names: Vec<String> },
    /// One entry of the path is inside another entry.
    /// Each entry in `inner` is inside `outer`.
    Nested { inner: Vec<String>, outer: String },
    /// Its manifest, at this path below the repository or directory, cannot be read.
    Unreadable { path: String, line: usize, why: String },
    /// pip would install it from this distribution, which a requirements file names. `is_here` if the profile has it.
    FromPip { distribution: String, file: String, line: usize, is_here: bool },
    /// Its access rights are records of `ir.model.access`, which Odoo of this series does not have.
    ModelAccess { series: Series },
}

/// A module that needs another module.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Needer {
    pub(crate) module: String,
    pub(crate) repo: String,
    /// Whether the user asked for it, directly or not. If not, it is only part of a whole repository.
    pub(crate) is_wanted: bool,
}

/// A module of a repository that is to be removed, and that selected modules need.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StillNeeded {
    pub(crate) repo: RepoName,
    pub(crate) module: String,
    pub(crate) needed_by: Vec<Needer>,
}

impl fmt::Display for StillNeeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { repo, module, needed_by } = self;
        write!(f, "`{repo}` is still needed: it has `{module}`, and {}", need_it(needed_by))
    }
}

/// See [`Problem::Missing`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum WhyMissing {
    /// It exists, but has `installable: False`.
    Uninstallable { home: String },
    /// It is a module of Odoo Enterprise.
    Enterprise,
    /// A repository has it, but only other profiles of the same series have that repository.
    Elsewhere { repo: String, profile: String },
    /// An OCA repository has it.
    Known { repo: String },
    /// A repository of the profile has it on its branch, but not at the commit in the lock.
    Newer { repo: String },
    Nowhere {
        /// A similar name.
        near: Option<String>,
    },
}

impl Problem {
    pub(crate) fn rule(&self) -> &'static Rule {
        let place = match self {
            Self::Duplicate { .. } => 0,
            Self::Hidden { .. } | Self::InFront { .. } => 1,
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
            Self::FromPip { .. } => 14,
            Self::ModelAccess { .. } => 15,
        };
        &RULES[place]
    }
}

/// How many modules are named in one message.
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
                write!(f, "`{module}` is in {}; Odoo loads the one in `{}`", and_list(homes), first(homes))
            }
            Problem::Hidden { homes } => {
                write!(
                    f,
                    "`{module}` of `{}` hides the same module of {}",
                    first(homes),
                    and_list(&homes[1..])
                )
            }
            Problem::InFront { entry, table, what } => {
                write!(f, "`{entry}` in `before` of `{table}` {what}")
            }
            Problem::Core { edition } => {
                of(f)?;
                write!(f, " has the same name as a module of {}", odoo(*edition))
            }
            Problem::Missing { needed_by, why } => match why {
                WhyMissing::Uninstallable { home } => {
                    write!(f, "`{module}` of `{home}` is `installable: False`, and {}", need_it(needed_by))
                }
                WhyMissing::Enterprise => write!(
                    f,
                    "`{module}` is a module of Odoo Enterprise, but `edition` is `community`, and {}",
                    need_it(needed_by)
                ),
                _ => write!(f, "module `{module}` does not exist, but {}", need_it(needed_by)),
            },
            Problem::Impossible { needed_by } => {
                write!(f, "`{}` is not a valid module name, but {}", module, need_it(needed_by))
            }
            Problem::Cycle { modules, .. } => {
                let names: Vec<String> =
                    modules.iter().chain(modules.first()).map(|name| format!("`{name}`")).collect();
                write!(f, "modules depend on each other in a circle: {}", names.join(" -> "))
            }
            Problem::Version { version, series, .. } => {
                of(f)?;
                write!(f, " has version `{version}`, which is not a version for Odoo {series}")
            }
            Problem::License { license, on } => {
                of(f)?;
                write!(f, " has licence `{license}` and depends on {}", with_words(on))
            }
            Problem::UnknownLicense { license: Some(license) } => {
                of(f)?;
                write!(f, " has licence `{license}`, which Odoo does not know")
            }
            Problem::UnknownLicense { license: None } => {
                of(f)?;
                write!(f, " declares no licence; Odoo treats it as `LGPL-3`")
            }
            Problem::AutoInstall { where_are } => {
                of(f)?;
                let verb = if where_are.len() == 1 { "is" } else { "are" };
                write!(
                    f,
                    " installs itself if {} {verb} installed, but it is not selected",
                    and_list(where_are)
                )
            }
            Problem::Maturity { status, on } => {
                of(f)?;
                write!(f, " is `{status}` and depends on {}", with_words(on))
            }
            Problem::Case { names } => {
                write!(f, "{} are the same name on macOS and Windows", and_list(names))
            }
            Problem::Nested { inner, outer } => {
                let (entries, are) = if inner.len() == 1 { ("entry", "is") } else { ("entries", "are") };
                let inner = first_names(inner);
                write!(f, "the path {entries} of {inner} {are} inside the path entry of `{outer}`")
            }
            Problem::Unreadable { path, line, why } => {
                write!(f, "the manifest of ")?;
                of(f)?;
                write!(f, " cannot be read: {why} (`{path}` at line {line})")
            }
            Problem::FromPip { distribution, file, line, .. } => {
                write!(
                    f,
                    "pip would install `{distribution}`, which contains modules of Odoo (`{file}` at line {line})"
                )
            }
            Problem::ModelAccess { series } => {
                of(f)?;
                write!(f, " lists a file of `ir.model.access`, but Odoo {series} has `ir.access` instead")
            }
        }
    }
}

fn first(homes: &[String]) -> &str {
    homes.first().map(String::as_str).unwrap_or_default()
}

fn odoo(edition: Edition) -> &'static str {
    match edition {
        Edition::Community => "Odoo Community",
        Edition::Enterprise => "Odoo Enterprise",
    }
}

/// "`a` of `web` needs it", "`a`, `b` and 8 others need it".
fn need_it(needed_by: &[Needer]) -> String {
    if let [Needer { module, repo, .. }] = needed_by {
        return format!("`{module}` of `{repo}` needs it");
    }
    let mut names: Vec<String> = needed_by.iter().map(|needer| needer.module.clone()).collect();
    names.dedup();
    if let [name] = &names[..] {
        return format!("`{name}` needs it");
    }
    let names = if names.len() <= SHOWN + 1 { and_list(&names) } else { first_names(&names) };
    format!("{names} need it")
}

/// "`a` (`Beta`), `b` (`Alpha`) and 3 more".
fn with_words(on: &[(String, String)]) -> String {
    let named: Vec<String> =
        on.iter().take(SHOWN).map(|(name, word)| format!("`{name}` (`{word}`)")).collect();
    match on.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

impl Finding {
    /// What the user can do about the finding. `default` is the profile that commands use without `--profile`.
    pub(crate) fn hint(&self, default: Option<&str>) -> String {
        let module = self.module.as_deref().unwrap_or_default();
        let add = |what: &str| match self.profiles.first().filter(|first| Some(first.as_str()) != default) {
            Some(profile) => format!("run `oca add {what} --profile {profile}`"),
            None => format!("run `oca add {what}`"),
        };
        let unless = |what: &str| format!("{what}, or put `{module}` into `ignore` of `[check]`");
        match &self.problem {
            Problem::Duplicate { homes } => {
                unless(&format!("keep only one of them, such as the one in `{}`", first(homes)))
            }
            Problem::Hidden { .. } => unless("keep only one of them"),
            Problem::InFront { entry, table, .. } => {
                format!("delete `{entry}` from `before` of `{table}`, or delete `[core]`")
            }
            Problem::Core { .. } => unless("rename it"),
            Problem::Missing { why, .. } => match why {
                WhyMissing::Uninstallable { .. } => {
                    format!("make `{module}` installable, or remove the dependency")
                }
                WhyMissing::Enterprise => {
                    "write `edition = \"enterprise\"` into `repos.toml` if the image has Odoo Enterprise"
                        .to_owned()
                }
                WhyMissing::Elsewhere { repo, profile } => {
                    format!("`{repo}` of profile `{profile}` has it: {}", add(repo))
                }
                WhyMissing::Known { repo } => format!("`{repo}` has it: {}", add(repo)),
                WhyMissing::Newer { repo } => {
                    format!("`{repo}` may have it now: run `oca lock --upgrade {repo}`")
                }
                WhyMissing::Nowhere { near: Some(near) } => {
                    format!("did you mean `{near}`? otherwise run `oca find {module}`")
                }
                WhyMissing::Nowhere { near: None } => {
                    format!("run `oca find {module}` and add the repository that has it")
                }
            },
            Problem::Impossible { .. } => "correct `depends` in the manifest".to_owned(),
            Problem::Cycle { .. } => "remove one of them from the `depends` of another".to_owned(),
            Problem::Version { series, .. } => {
                format!("after the migration, write it as `{series}.1.0.0` or `1.0.0`, or delete the version")
            }
            Problem::License { .. } => unless("change the licence of one of them"),
            Problem::UnknownLicense { .. } => {
                unless("write a licence that Odoo knows, such as `LGPL-3`, into the manifest")
            }
            Problem::AutoInstall { .. } => unless(&add(&format!("--module {module}"))),
            Problem::Maturity { .. } => unless("expect changes in its dependencies"),
            Problem::Case { .. } => unless("rename one of them"),
            Problem::Nested { inner, outer } => match &inner[..] {
                [inner] => format!("move `{inner}`, or remove one of the two from the path"),
                _ => format!(
                    "move the modules of `{outer}` into a directory of their own, such as `addons`, and name that in its place"
                ),
            },
            Problem::FromPip { distribution, is_here, .. } => {
                let ignore = format!("put `{distribution}` into `ignore` of `[requirements]`");
                if *is_here || module.is_empty() {
                    ignore
                } else {
                    format!("{ignore}, and {}", add(&format!("--module {module}")))
                }
            }
            Problem::ModelAccess { .. } => unless("write its access rights as records of `ir.access`"),
            Problem::Unreadable { .. } => match self.spot {
                Spot::Manifest { .. } => {
                    "correct the manifest: it must be one dict of Python literals".to_owned()
                }
                Spot::Declaration(_) => {
                    "correct it in a fork, and set the `url` of the repository to that fork".to_owned()
                }
            },
        }
    }

    /// All modules of the finding. The first is the one with the problem.
    pub(crate) fn modules(&self) -> Vec<&str> {
        let names: Vec<&str> = match &self.problem {
            Problem::Missing { needed_by, .. } | Problem::Impossible { needed_by } => {
                needed_by.iter().map(|needer| needer.module.as_str()).collect()
            }
            Problem::Cycle { modules: names, .. }
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
