//! How a lock differs from `repos.toml`.

use std::fmt;

use super::StepDifference;
use super::submodule::SubmoduleDifference;
use crate::lock::{Seal, Untrue};
use crate::repo::{CommitId, Reference, RepoName, first_names, one_line, profile_list, quoted_list};

/// One difference between a lock and `repos.toml`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Difference {
    /// There is no lock.
    NoLock,
    /// Declared, but not in the lock with this reference and url.
    Unpinned {
        name: RepoName,
        profiles: Vec<String>,
    },
    /// In the lock, but no profile declares it.
    Undeclared {
        name: RepoName,
        reference: Reference,
    },
    Reference {
        name: RepoName,
        declared: Reference,
        locked: Reference,
    },
    Url {
        name: RepoName,
        declared: String,
        locked: String,
    },
    Addons {
        name: RepoName,
        declared: Vec<String>,
        locked: Vec<String>,
    },
    /// `[core]` declares it, but the lock has it as a repository of modules; or the other way round.
    Core {
        name: RepoName,
        is_declared: bool,
    },
    /// Merges and patches.
    Pending {
        name: RepoName,
        declared: Vec<String>,
        locked: Vec<String>,
    },
    /// A patch of the user was changed.
    PatchFile {
        name: RepoName,
        path: String,
    },
    Step(StepDifference),
    ProfileMissing {
        profile: String,
    },
    ProfileUndeclared {
        profile: String,
    },
    Series {
        profile: String,
        declared: String,
        locked: String,
    },
    /// The layout or the rules of the profile's export.
    Export {
        profile: String,
    },
    /// The addons directories of the profile's repositories.
    ProfileAddons {
        profile: String,
    },
    /// The profile's repositories, or their order.
    Repos {
        profile: String,
    },
    /// The profile selects modules, but the lock has no selection for it; or the other way round.
    Selects {
        profile: String,
        declared: bool,
    },
    /// The recorded selection is not the one that `repos.toml` and the facts of the lock give.
    Modules {
        profile: String,
        more: Vec<String>,
        fewer: Vec<String>,
    },
    /// The user's own directories of a profile that selects modules.
    Locals {
        profile: String,
    },
    /// The dependencies of the modules in one of the user's own directories.
    LocalDepends {
        profile: String,
        directory: String,
        more: Vec<String>,
        fewer: Vec<String>,
    },
    /// A requested module that the lock cannot provide.
    Unmet(Unmet),
    /// The commit is not the declared `rev`.
    Commit {
        name: RepoName,
        declared: CommitId,
        locked: CommitId,
    },
    /// The branch or tag of the remote does not contain the commit: it was rewritten, or the commit belongs to a fork.
    Unreachable {
        name: RepoName,
        reference: Reference,
        commit: CommitId,
    },
    /// An entry of the lock was edited, or has no digest.
    Edited {
        name: RepoName,
        reference: Reference,
        seal: Seal,
    },
    /// A profile of the lock was edited, or has no digest.
    EditedProfile {
        profile: String,
        seal: Seal,
    },
    /// A fact in the lock does not match the commit.
    Untrue {
        name: RepoName,
        commit: CommitId,
        untrue: Untrue,
    },
    /// The bytes of the file are not those that oca writes: its order or spacing was edited.
    Layout,
    /// The lock is up to date, but a submodule differs from it.
    Submodule(SubmoduleDifference),
    /// The same with a submodule in the place of a checkout, although the mode is `clone`. The path is as in
    /// `.gitmodules`.
    StillSubmodule {
        path: String,
    },
}

/// A module that `modules` requests, but that does not exist, or not in that version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Unmet {
    /// The name of the module. If the version is wrong, with the requirement on the version.
    pub(crate) module: String,
    /// The repository whose `modules` has the request. `None` for the `modules` of the profile.
    pub(crate) repo: Option<RepoName>,
    pub(crate) why: WhyUnmet,
    /// All profiles that request it.
    pub(crate) profiles: Vec<String>,
}

impl Unmet {
    /// The name of the module alone.
    pub(crate) fn name(&self) -> &str {
        let is_in_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        self.module.split(|c| !is_in_name(c)).next().unwrap_or_default()
    }
}

/// See [`Unmet`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum WhyUnmet {
    /// It is one of Odoo's own modules.
    Core,
    Nowhere {
        /// Another repository in the lock that has it.
        elsewhere: Option<RepoName>,
        /// A similar name.
        near: Option<String>,
        /// Whether the profile has directories of the user's own: the module may be there.
        may_be_local: bool,
    },
    Version {
        repo: RepoName,
        version: String,
        /// The version without the series, if the requirement is for it.
        compared: Option<String>,
    },
    /// The repository had it at the commit in the old lock, but not at the new one.
    Gone { repo: RepoName },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLock => write!(f, "there is no lock"),
            Self::Unpinned { name, profiles } => {
                let verb = if profiles.len() == 1 { "declares" } else { "declare" };
                write!(f, "`{name}` is not in the lock, but {} {verb} it", profile_list(profiles))
            }
            Self::Undeclared { name, reference } => {
                write!(f, "`{name}` at {reference} is in the lock, but no profile declares it")
            }
            Self::Reference { name, declared, locked } => {
                write!(f, "`{name}` wants {declared}, but the lock has {locked}")
            }
            Self::Url { name, declared, locked } => {
                write!(f, "`{name}` has url `{declared}`, but the lock has `{locked}`")
            }
            Self::Addons { name, declared, locked } => write!(
                f,
                "`{name}` has its modules in {}, but the lock has {}",
                quoted_list(declared),
                quoted_list(locked)
            ),
            Self::Core { name, is_declared } => f.write_str(&other_kind(name, *is_declared)),
            Self::Pending { name, declared, locked } => {
                let list = |words: &[String]| match words {
                    [] => "nothing".to_owned(),
                    words => quoted_list(words),
                };
                write!(f, "`{name}` merges {}, but the lock merges {}", list(declared), list(locked))
            }
            Self::PatchFile { name, path } => write!(f, "`{name}` has another patch `{path}` in the lock"),
            Self::Step(step) => step.fmt(f),
            Self::ProfileMissing { profile } => write!(f, "profile `{profile}` is not in the lock"),
            Self::ProfileUndeclared { profile } => {
                write!(f, "profile `{profile}` is in the lock, but `repos.toml` does not declare it")
            }
            Self::Series { profile, declared, locked } => {
                write!(f, "profile `{profile}` is for Odoo {declared}, but the lock has {locked}")
            }
            Self::Export { profile } => {
                write!(f, "profile `{profile}` has a different `[export]` or `layout` in the lock")
            }
            Self::ProfileAddons { profile } => {
                write!(f, "profile `{profile}` has different `addons` for its repositories in the lock")
            }
            Self::Repos { profile } => {
                write!(f, "profile `{profile}` has different repositories in the lock, or a different order")
            }
            Self::Selects { profile, declared: true } => {
                write!(f, "profile `{profile}` selects modules, but the lock has no selection for it")
            }
            Self::Selects { profile, declared: false } => {
                write!(f, "profile `{profile}` selects no modules, but the lock has a selection for it")
            }
            Self::Modules { profile, more, fewer } => {
                write!(f, "profile `{profile}` {}", compared("selects", more, fewer))
            }
            Self::Locals { profile } => {
                write!(f, "profile `{profile}` has different local directories in the lock")
            }
            Self::LocalDepends { profile, directory, more, fewer } => write!(
                f,
                "the modules in `{directory}` of profile `{profile}` {}",
                compared("need", more, fewer)
            ),
            Self::Unmet(unmet) => write!(f, "{unmet}"),
            Self::Commit { name, declared, locked } => {
                write!(f, "`{name}` wants commit `{declared}`, but the lock has `{locked}`")
            }
            Self::Unreachable { name, reference, commit } => {
                write!(
                    f,
                    "`{name}` is locked at `{commit}`, but {reference} of its remote does not contain that commit"
                )
            }
            Self::Edited { name, reference, seal } => {
                write!(f, "`{name}` at {reference} {}", edited(seal))
            }
            Self::EditedProfile { profile, seal: Seal::Missing } => {
                write!(f, "profile `{profile}` has no digest in the lock")
            }
            Self::EditedProfile { profile, seal: Seal::Unreadable(why) } => {
                write!(f, "profile `{profile}` was edited: it cannot be read: {why}")
            }
            Self::EditedProfile { profile, .. } => {
                write!(f, "profile `{profile}` was edited: it does not match its digest in the lock")
            }
            Self::Untrue { name, commit, untrue } => {
                write!(f, "`{name}`: {}", one_line(&untrue_of(untrue, &commit.short())))
            }
            Self::Layout => write!(f, "the file is not formatted as oca writes it"),
            Self::Submodule(difference) => write!(f, "{difference}"),
            Self::StillSubmodule { path } => {
                write!(f, "`{path}` is still a submodule, but `mode` is `clone`")
            }
        }
    }
}

/// What is wrong with an entry of the lock, to follow its name.
fn edited(seal: &Seal) -> String {
    match seal {
        Seal::Unreadable(why) => format!("was edited: its entry cannot be read: {why}"),
        Seal::Missing => "has no digest in the lock".to_owned(),
        Seal::PinOnly => "has only a commit in the lock".to_owned(),
        Seal::Broken | Seal::Whole => "was edited: its entry does not match its digest".to_owned(),
    }
}

fn other_kind(name: &RepoName, is_core: bool) -> String {
    let (modules, odoo) = ("a repository of modules", "Odoo itself");
    let (declared, locked) = if is_core { (odoo, modules) } else { (modules, odoo) };
    format!("`{name}` is {declared}, but the lock has it as {locked}")
}

fn untrue_of(untrue: &Untrue, commit: &str) -> String {
    match untrue {
        Untrue::Field { of, key, locked, found } => {
            let of = of.as_ref().map(|part| format!(" of {part}")).unwrap_or_default();
            format!("`{key}`{of} is {locked} in the lock, but {found} in commit {commit}")
        }
        Untrue::Extra(part) => format!("{part} is in the lock, but not in commit {commit}"),
        Untrue::Missing(part) => format!("{part} is in commit {commit}, but not in the lock"),
        Untrue::Order => {
            format!("modules or requirements are in a different order in the lock than in commit {commit}")
        }
    }
}

/// The predicate of a sentence about names that are new and names that are gone. One of the lists is not empty.
fn compared(verb: &str, more: &[String], fewer: &[String]) -> String {
    match (more.is_empty(), fewer.is_empty()) {
        (_, true) => format!("{verb} {}, but the lock does not say so", first_names(more)),
        (true, _) => format!("no longer {verb} {}", first_names(fewer)),
        _ => format!("{verb} {} and no longer {verb} {}", first_names(more), first_names(fewer)),
    }
}

impl Unmet {
    /// Why these repositories cannot be removed.
    pub(crate) fn needed(&self, removed: &[RepoName]) -> String {
        let names: Vec<String> = removed.iter().map(ToString::to_string).collect();
        let verb = if removed.len() == 1 { "is" } else { "are" };
        format!("{} {verb} still needed: {self}", quoted_list(&names))
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.profiles.len() == 1 { "asks" } else { "ask" };
        write!(f, "{} {verb} for ", profile_list(&self.profiles))?;
        let word = if matches!(self.why, WhyUnmet::Version { .. }) { "" } else { "module " };
        write!(f, "{word}`{}`", self.module)?;
        if let Some(repo) = &self.repo {
            write!(f, " of `{repo}`")?;
        }
        match (&self.why, &self.repo) {
            (WhyUnmet::Core, _) => write!(f, ", but it is part of Odoo"),
            (WhyUnmet::Nowhere { .. }, Some(repo)) => write!(f, ", but `{repo}` does not have it"),
            (WhyUnmet::Nowhere { .. }, None) if self.profiles.len() > 1 => {
                write!(f, ", but none of their repositories has it")
            }
            (WhyUnmet::Nowhere { .. }, None) => write!(f, ", but none of its repositories has it"),
            (WhyUnmet::Gone { repo }, _) => write!(f, ", but `{repo}` no longer has it"),
            (WhyUnmet::Version { repo, version, compared }, _) => {
                write!(f, ", but `{repo}` has version {version}")?;
                let mut compared = compared.iter();
                compared.try_for_each(|compared| write!(f, ", which counts as {compared}"))
            }
        }
    }
}

impl Unmet {
    /// What the user can do about the request.
    pub(crate) fn hint(&self) -> String {
        match &self.why {
            WhyUnmet::Core => "delete it from `modules`: Odoo always has it".to_owned(),
            WhyUnmet::Nowhere { elsewhere: Some(other), .. } => match &self.repo {
                Some(_) => format!("`{other}` has it: move it to the `modules` of `{other}`"),
                None => format!("`{other}` has it: add `{other}` to the `repos` of the profile"),
            },
            WhyUnmet::Nowhere { near: Some(near), .. } => format!("did you mean `{near}`?"),
            WhyUnmet::Nowhere { may_be_local: true, .. } => {
                format!(
                    "if it is in a `[[local]]` directory, delete it from `modules`: those modules are always \
                     selected; otherwise {}",
                    self.find()
                )
            }
            WhyUnmet::Nowhere { .. } => format!("correct the name, or {}", self.find()),
            WhyUnmet::Gone { repo } => {
                let module = &self.module;
                format!(
                    "run `oca remove --module {module}`, or leave `{repo}` where it is: \
                     `oca upgrade` takes the names of the others"
                )
            }
            WhyUnmet::Version { repo, .. } => {
                format!("run `oca lock --upgrade {repo}`, or ask for another version")
            }
        }
    }

    fn find(&self) -> String {
        format!("run `oca find {}` and add the repository that has it", self.module)
    }
}
