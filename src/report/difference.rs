//! How a lock is not what `repos.toml` declares.

use std::fmt;

use super::submodule::SubmoduleDifference;
use crate::lock::{Seal, Untrue};
use crate::repo::{CommitId, Reference, RepoName, first_names, one_line, profile_list, quoted_list};

/// One way in which a lock is not what `repos.toml` declares.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Difference {
    /// There is no lock at all.
    NoLock,
    /// Declared, and not in the lock with this reference and url.
    Unpinned {
        name: RepoName,
        profiles: Vec<String>,
    },
    /// In the lock, and declared by no profile.
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
    /// The layout of the profile's export, or what is left out of it.
    Export {
        profile: String,
    },
    /// The directories in which the profile looks for modules.
    ProfileAddons {
        profile: String,
    },
    /// The profile's repositories, or their order.
    Repos {
        profile: String,
    },
    /// The profile selects modules and the lock records no selection of it, or the other way round.
    Selects {
        profile: String,
        declared: bool,
    },
    /// What the profile selects follows no longer from what is declared and from the lock's facts.
    Modules {
        profile: String,
        more: Vec<String>,
        fewer: Vec<String>,
    },
    /// The user's own directories of a profile that selects.
    Locals {
        profile: String,
    },
    /// What the modules in one of them depend on.
    LocalDepends {
        profile: String,
        directory: String,
        more: Vec<String>,
        fewer: Vec<String>,
    },
    /// A module is asked for that the lock cannot give.
    Unmet(Unmet),
    /// A `rev` is declared and the commit is another.
    Commit {
        name: RepoName,
        declared: CommitId,
        locked: CommitId,
    },
    /// The remote's branch or tag does not lead to the pin: it was rewritten, or the pin is somebody's fork.
    Unreachable {
        name: RepoName,
        reference: Reference,
        commit: CommitId,
    },
    /// An entry of the lock is not as it was written.
    Edited {
        name: RepoName,
        reference: Reference,
        seal: Seal,
    },
    /// The lock says of a commit what is not so.
    Untrue {
        name: RepoName,
        commit: CommitId,
        untrue: Untrue,
    },
    /// The file is not what oca writes: sorted or spaced by hand.
    Layout,
    /// The lock is what is declared, and a submodule is not what the lock says.
    Submodule(SubmoduleDifference),
}

/// A module that `modules` asks for, and that is not there or not in that version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Unmet {
    /// Its name and, where that is at fault, the requirement on its version.
    pub(crate) module: String,
    /// The repository whose `modules` it is; else it is the profile's own.
    pub(crate) repo: Option<RepoName>,
    pub(crate) why: WhyUnmet,
    /// All that ask for it.
    pub(crate) profiles: Vec<String>,
}

/// See [`Unmet`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum WhyUnmet {
    /// Odoo itself brings it.
    Core,
    Nowhere {
        /// A repository of the lock that has it and was not meant.
        elsewhere: Option<RepoName>,
        /// A name that is much like it.
        near: Option<String>,
        /// Whether the profile has directories of the user's own, where it may be.
        may_be_local: bool,
    },
    Version {
        repo: RepoName,
        version: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLock => write!(f, "there is no lock"),
            Self::Unpinned { name, profiles } => {
                write!(f, "`{name}` is not in the lock; {} declares it", profile_list(profiles))
            }
            Self::Undeclared { name, reference } => {
                write!(f, "`{name}` at {reference} is in the lock, and no profile declares it")
            }
            Self::Reference { name, declared, locked } => {
                write!(f, "`{name}` wants {declared}, the lock has {locked}")
            }
            Self::Url { name, declared, locked } => {
                write!(f, "`{name}` is at `{declared}`, the lock has `{locked}`")
            }
            Self::Addons { name, declared, locked } => write!(
                f,
                "`{name}` has its modules in {}, the lock has {}",
                quoted_list(declared),
                quoted_list(locked)
            ),
            Self::ProfileMissing { profile } => write!(f, "profile `{profile}` is not in the lock"),
            Self::ProfileUndeclared { profile } => {
                write!(f, "profile `{profile}` is in the lock, and not declared")
            }
            Self::Series { profile, declared, locked } => {
                write!(f, "profile `{profile}` is for Odoo {declared}, the lock has {locked}")
            }
            Self::Export { profile } => {
                write!(f, "profile `{profile}` has another `[export]` or `layout` in the lock")
            }
            Self::ProfileAddons { profile } => {
                write!(f, "profile `{profile}` has other `addons` of its repositories in the lock")
            }
            Self::Repos { profile } => {
                write!(f, "profile `{profile}` has other repositories in the lock, or another order")
            }
            Self::Selects { profile, declared: true } => {
                write!(f, "profile `{profile}` selects modules, the lock has no selection of it")
            }
            Self::Selects { profile, declared: false } => {
                write!(f, "profile `{profile}` selects no modules, the lock has a selection of it")
            }
            Self::Modules { profile, more, fewer } => {
                write!(f, "profile `{profile}` selects {}", compared(more, fewer))
            }
            Self::Locals { profile } => {
                write!(f, "profile `{profile}` has other local directories in the lock")
            }
            Self::LocalDepends { profile, directory, more, fewer } => write!(
                f,
                "the modules in `{directory}`, local to profile `{profile}`, need {}",
                compared(more, fewer)
            ),
            Self::Unmet(unmet) => write!(f, "{unmet}"),
            Self::Commit { name, declared, locked } => {
                write!(f, "`{name}` wants commit `{declared}`, the lock has `{locked}`")
            }
            Self::Unreachable { name, reference, commit } => {
                write!(
                    f,
                    "`{name}` is locked at `{commit}`, and {reference} of its remote does not lead there"
                )
            }
            Self::Edited { name, reference, seal: Seal::Unreadable(why) } => {
                write!(f, "`{name}` at {reference} was edited: its entry cannot be read: {why}")
            }
            Self::Edited { name, reference, seal: Seal::Missing } => {
                write!(f, "`{name}` at {reference} has no digest in the lock")
            }
            Self::Edited { name, reference, seal: Seal::Broken | Seal::Whole } => {
                write!(f, "`{name}` at {reference} was edited: its entry does not match its digest")
            }
            Self::Untrue { name, commit, untrue } => {
                write!(f, "`{name}`: {}", one_line(&untrue_of(untrue, &commit.short())))
            }
            Self::Layout => write!(f, "the file is not laid out as oca writes it"),
            Self::Submodule(difference) => write!(f, "{difference}"),
        }
    }
}

fn untrue_of(untrue: &Untrue, commit: &str) -> String {
    match untrue {
        Untrue::Field { of, key, locked, found } => {
            let of = of.as_ref().map(|part| format!(" of {part}")).unwrap_or_default();
            format!("`{key}`{of} is {locked} in the lock, and {found} in commit {commit}")
        }
        Untrue::Extra(part) => format!("{part} is in the lock, and not in commit {commit}"),
        Untrue::Missing(part) => format!("{part} is in commit {commit}, and not in the lock"),
        Untrue::Order => {
            format!("modules or requirements have another order in the lock than in commit {commit}")
        }
    }
}

/// Names that came and names that went, to follow a verb.
fn compared(more: &[String], fewer: &[String]) -> String {
    match (more.is_empty(), fewer.is_empty()) {
        (_, true) => format!("{}, the lock does not", first_names(more)),
        (true, _) => format!("{} no longer", first_names(fewer)),
        _ => format!("{}, and {} no longer", first_names(more), first_names(fewer)),
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
        match &self.why {
            WhyUnmet::Core => write!(f, ", which is Odoo's own"),
            WhyUnmet::Nowhere { .. } if self.repo.is_some() => write!(f, ", which does not have it"),
            WhyUnmet::Nowhere { .. } if self.profiles.len() > 1 => {
                write!(f, ", which no repository of them has")
            }
            WhyUnmet::Nowhere { .. } => write!(f, ", which no repository of it has"),
            WhyUnmet::Version { repo, version } => write!(f, ", and `{repo}` has {version}"),
        }
    }
}

impl Unmet {
    /// What to do about a module that is not there.
    pub(crate) fn hint(&self) -> String {
        match &self.why {
            WhyUnmet::Core => "delete it: Odoo has it without being asked".to_owned(),
            WhyUnmet::Nowhere { elsewhere: Some(other), .. } => match &self.repo {
                Some(_) => format!("`{other}` has it: ask for it there"),
                None => format!("`{other}` has it: add that to the profile's `repos`"),
            },
            WhyUnmet::Nowhere { near: Some(near), .. } => format!("did you mean `{near}`?"),
            WhyUnmet::Nowhere { may_be_local: true, .. } => {
                format!(
                    "delete it if it is in a `[[local]]` directory, as all of these count, else {}",
                    self.find()
                )
            }
            WhyUnmet::Nowhere { .. } => format!("correct it, or {}", self.find()),
            WhyUnmet::Version { repo, .. } => {
                format!("run `oca lock --upgrade {repo}`, or ask for another version")
            }
        }
    }

    fn find(&self) -> String {
        format!("run `oca find {}` and add the repository that has it", self.module)
    }
}
