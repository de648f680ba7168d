//! The words for people: lower case, no full stop, backticks round literals.

use std::fmt;

use crate::config::near;
use crate::error::counted;
use crate::export::FileState;
use crate::git::CheckoutError;
use crate::lock::{Part, Seal, Untrue};
use crate::repo::{RepoName, one_line, redact, shown};
use crate::report::{
    Difference, Done, Failure, MissingDirectory, OtherTree, State, Step, SubmoduleDifference, Trouble, Unmet,
    Verified, WhyUnmet,
};

/// How many files of one repository are named.
pub(super) const NAMED: usize = 20;

/// What became of a repository, to follow its name.
pub(crate) fn render_outcome(outcome: Result<&Done, &Trouble>) -> String {
    match outcome {
        Ok(done) => render_done(done),
        Err(Trouble::Kept(error)) => format!("left alone: {error}"),
        Err(Trouble::Export(error)) => format!("refused: {error}"),
        Err(Trouble::NoAddons(missing)) => format!("failed: it has no directory `{}`", missing.directory),
        Err(Trouble::OtherTree(other)) => format!("failed: {other}"),
        Err(Trouble::Remote(error) | Trouble::Checkout { error, .. }) => {
            format!("failed: {error}")
        }
    }
}

fn render_done(done: &Done) -> String {
    match done {
        Done::Locked { from: None, to } => format!("locked at {}", to.short()),
        Done::Locked { from: Some(from), to } => format!("{} -> {}", from.short(), to.short()),
        Done::UpToDate => "up to date".to_owned(),
        Done::Outdated => "outdated".to_owned(),
        Done::Created(commit) => format!("checked out at {}", commit.short()),
        Done::Moved { from: Some(from), to } => format!("moved {} -> {}", from.short(), to.short()),
        Done::Moved { from: None, to } => format!("moved to {}", to.short()),
        Done::Refreshed(commit) => format!("refreshed at {}", commit.short()),
        Done::Removed => "removed".to_owned(),
        Done::Exported { modules, files } => {
            format!("{}, {}", counted(*modules, "module", "modules"), counted(*files, "file", "files"))
        }
        Done::Listed(directories) => counted(*directories, "directory", "directories"),
        Done::PassedOver(why) => format!("passed over: {why}"),
    }
}

/// What a dry run says would become of a repository, to follow its name.
pub(crate) fn render_planned(outcome: Result<&Done, &Trouble>) -> String {
    match outcome {
        Ok(Done::Created(commit)) => format!("would check out at {}", commit.short()),
        Ok(Done::Moved { from: Some(from), to }) => format!("would move {} -> {}", from.short(), to.short()),
        Ok(Done::Moved { from: None, to }) => format!("would move to {}", to.short()),
        Ok(Done::Refreshed(commit)) => format!("would refresh at {}", commit.short()),
        Ok(Done::Removed) => "would remove".to_owned(),
        Err(Trouble::Kept(error)) => format!("would be left alone: {error}"),
        other => render_outcome(other),
    }
}

/// The lines that tell of a failure.
pub(super) struct FailureWords {
    pub(super) error: String,
    pub(super) cause: Option<String>,
    pub(super) hint: Option<String>,
}

pub(super) fn failure(failure: &Failure) -> FailureWords {
    let Failure { name, url, trouble, near: meant } = failure;
    match trouble {
        Trouble::Kept(error) => FailureWords {
            error: format!("`{name}` was left alone: {error}"),
            cause: None,
            hint: Some(match error {
                CheckoutError::Link { .. } => {
                    "remove the link, or list the repository in `skip` of `repos.local.toml`".to_owned()
                }
                CheckoutError::LocalWork(_) => "commit and push it, or give `--force` to lose it".to_owned(),
                CheckoutError::Tracked { path, .. } => {
                    format!("take it out with `git rm -r --cached {path}` and move it away")
                }
                CheckoutError::Occupied { git, .. } => {
                    format!("look at what is in `{}`, then delete one of the two", git.display())
                }
                CheckoutError::Elsewhere { .. } => "move it away".to_owned(),
                _ => "move it away, or give `--force` to replace it".to_owned(),
            }),
        },
        Trouble::Export(error) => FailureWords {
            error: format!("cannot export `{name}`"),
            cause: Some(with_sources(error)),
            hint: error.hint(),
        },
        Trouble::Remote(error) => FailureWords {
            error: format!("cannot fetch `{name}` from `{url}`"),
            cause: Some(with_sources(error)),
            hint: match meant {
                Some(meant) => Some(format!("did you mean `{meant}`?")),
                None => error.hint(url).map(|hint| hint.replace("NAME", name.as_str())),
            },
        },
        Trouble::NoAddons(MissingDirectory { directory, commit, known }) => FailureWords {
            error: format!("`{name}` has no directory `{directory}` at commit `{commit}`"),
            cause: None,
            hint: Some(match near(directory, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("correct `addons` of `[repos.{name}]` in `repos.toml`"),
            }),
        },
        Trouble::OtherTree(other) => FailureWords {
            error: format!("the lock is wrong about `{name}`: {other}"),
            cause: None,
            hint: Some(format!("run `oca lock {name}@{}`, which reads it anew", other.commit)),
        },
        Trouble::Checkout { step, error } => FailureWords {
            error: match step {
                Step::Inspect => format!("cannot read the checkout of `{name}`"),
                Step::CheckOut => format!("cannot check out `{name}`"),
                Step::Remove => format!("cannot remove `{name}`"),
            },
            cause: Some(with_sources(error)),
            hint: error.hint(url),
        },
    }
}

/// An error and what is behind it, on one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let behind = std::iter::successors(error.source(), |error| error.source());
    std::iter::once(error.to_string()).chain(behind.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
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

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module(path) => write!(f, "module `{path}`"),
            Self::Unreadable(path) => write!(f, "unreadable manifest `{path}`"),
            Self::Requirement(line) => write!(f, "requirement `{line}`"),
        }
    }
}

impl fmt::Display for OtherTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { commit, locked, found } = self;
        write!(f, "commit `{commit}` has tree `{found}`, the lock has `{locked}`")
    }
}

impl fmt::Display for SubmoduleDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let branch = |branch: &Option<String>| match branch {
            Some(branch) => format!("branch `{branch}`"),
            None => "no branch".to_owned(),
        };
        match self {
            Self::Missing { path } => write!(f, "`{path}` is not a submodule yet"),
            Self::Phantom { path, commit } => {
                write!(f, "`{path}` is a phantom: a gitlink at `{commit}` without an entry in `.gitmodules`")
            }
            Self::NoGitlink { path } => write!(f, "`{path}` is in `.gitmodules`, and has no gitlink"),
            Self::Stale { path, name } => {
                write!(
                    f,
                    "`{path}` is in `.gitmodules` as `{name}`, has no gitlink, and no profile declares it"
                )
            }
            Self::Duplicate { path, name } => {
                write!(f, "`{path}` is in `.gitmodules` once more, as `{name}`")
            }
            Self::Commit { path, locked, found } => {
                write!(f, "`{path}` is locked at `{locked}`, its gitlink is `{found}`")
            }
            Self::Url { path, declared, found } => {
                write!(f, "`{path}` is at `{}`, `.gitmodules` has `{}`", redact(declared), redact(found))
            }
            Self::Branch { path, declared, found } => {
                write!(f, "`{path}` follows {}, `.gitmodules` has {}", branch(declared), branch(found))
            }
            Self::Path { repo, found, path } => {
                write!(f, "`{repo}` belongs to `{path}`, `.gitmodules` has it at `{found}`")
            }
            Self::Second { repo, path } => write!(f, "`{path}` is a second submodule of `{repo}`"),
            Self::Undeclared { path } => write!(f, "`{path}` is a submodule that no profile declares"),
            Self::Tracked { path, file } => {
                write!(f, "`{path}` cannot be a submodule: the surrounding repository has `{file}` there")
            }
            Self::Unstaged => write!(f, "`.gitmodules` is not in the index as it stands here"),
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

/// The names, or the first few of many.
pub(crate) fn first_names(names: &[String]) -> String {
    const SHOWN: usize = 5;
    if names.len() <= SHOWN + 1 {
        return quoted_list(names);
    }
    format!("{} and {} others", quoted_list(&names[..SHOWN]), names.len() - SHOWN)
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

/// Why repositories cannot be removed.
pub(super) fn needed(removed: &[RepoName], unmet: &Unmet) -> String {
    let names: Vec<String> = removed.iter().map(ToString::to_string).collect();
    let verb = if removed.len() == 1 { "is" } else { "are" };
    format!("{} {verb} still needed: {unmet}", quoted_list(&names))
}

/// What to do about a module that is not there.
pub(super) fn unmet_hint(unmet: &Unmet) -> String {
    match &unmet.why {
        WhyUnmet::Core => "delete it: Odoo has it without being asked".to_owned(),
        WhyUnmet::Nowhere { elsewhere: Some(other), .. } => match &unmet.repo {
            Some(_) => format!("`{other}` has it: ask for it there"),
            None => format!("`{other}` has it: add that to the profile's `repos`"),
        },
        WhyUnmet::Nowhere { near: Some(near), .. } => format!("did you mean `{near}`?"),
        WhyUnmet::Nowhere { may_be_local: true, .. } => {
            format!(
                "delete it if it is in a `[[local]]` directory, as all of these count, else {}",
                find(unmet)
            )
        }
        WhyUnmet::Nowhere { .. } => format!("correct it, or {}", find(unmet)),
        WhyUnmet::Version { repo, .. } => {
            format!("run `oca lock --upgrade {repo}`, or ask for another version")
        }
    }
}

fn find(unmet: &Unmet) -> String {
    format!("run `oca find {}` and add the repository that has it", unmet.module)
}

pub(super) fn profile_list(profiles: &[String]) -> String {
    let word = if profiles.len() == 1 { "profile" } else { "profiles" };
    format!("{word} {}", quoted_list(profiles))
}

pub(super) fn quoted_list(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clean => "clean",
            Self::Missing => "missing",
            Self::OtherCommit => "other commit",
            Self::Dirty => "dirty",
            Self::LocalCommits => "local commits",
            Self::NotGit => "not git",
            Self::Undeclared => "undeclared",
            Self::Skipped => "skipped",
            Self::Unreadable => "unreadable",
        })
    }
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Altered => "altered",
            Self::Mode => "other mode",
            Self::Missing => "missing",
            Self::Extra => "extra",
        })
    }
}

/// What is wrong with a repository, a line for each file.
impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, alterations, trouble, .. } = self;
        let name = name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        trouble.iter().try_for_each(|trouble| writeln!(f, "{name}{trouble}"))?;
        for alteration in alterations.iter().take(NAMED) {
            writeln!(
                f,
                "{name}{}: {}",
                alteration.state,
                shown(alteration.path.as_os_str().as_encoded_bytes())
            )?;
        }
        match alterations.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => writeln!(f, "{name}and {}", counted(more, "more file", "more files")),
        }
    }
}

/// How wide a column of a table gets.
const WIDEST: usize = 200;

/// Columns that line up, without a blank at the end of a line.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        // What is longer stands out of its column, and does not make all others as wide. Rust pads to 65,535 at most.
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .filter(|&width| width <= WIDEST)
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_line_up() {
        let mut table = Table::default();
        table.row(["web".to_owned(), "clean".to_owned(), String::new()]);
        table.row(["server-tools".to_owned(), "dirty".to_owned(), "x".to_owned()]);
        assert_eq!(table.to_string(), "web           clean\nserver-tools  dirty  x\n");
    }

    #[test]
    fn a_cell_without_measure_does_not_widen_its_column() {
        let mut table = Table::default();
        let long = "1".repeat(70_000);
        table.row(["web".to_owned(), long.clone(), "x".to_owned()]);
        table.row(["dms".to_owned(), "1.0".to_owned(), "y".to_owned()]);
        assert_eq!(table.to_string(), format!("web  {long}  x\ndms  1.0  y\n"));
    }
}
