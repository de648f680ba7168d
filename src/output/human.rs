//! The words for people: lower case, no full stop, backticks round literals.

use std::fmt;

use crate::error::counted;
use crate::git::{CheckoutError, Error as GitError};
use crate::report::{Difference, FileState, Outcome, RepoOutcome, State, Verified};

/// How many files of one repository are named.
pub(super) const NAMED: usize = 20;

/// What became of a repository, to follow its name.
pub(crate) fn render_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Locked { from: None, to } => format!("locked at {}", to.short()),
        Outcome::Locked { from: Some(from), to } => format!("{} -> {}", from.short(), to.short()),
        Outcome::UpToDate => "up to date".to_owned(),
        Outcome::Created(commit) => format!("checked out at {}", commit.short()),
        Outcome::Moved { from: Some(from), to } => format!("moved {} -> {}", from.short(), to.short()),
        Outcome::Moved { from: None, to } => format!("moved to {}", to.short()),
        Outcome::Refreshed(commit) => format!("refreshed at {}", commit.short()),
        Outcome::Removed => "removed".to_owned(),
        Outcome::Exported { modules, files } => {
            format!("{}, {}", counted(*modules, "module", "modules"), counted(*files, "file", "files"))
        }
        Outcome::Refused(error) => format!("refused: {error}"),
        Outcome::Kept(error) => format!("left alone: {error}"),
        Outcome::Failed(error) => format!("failed: {error}"),
    }
}

/// The lines that tell of a failure.
pub(super) struct FailureWords {
    pub(super) error: String,
    pub(super) cause: Option<String>,
    pub(super) hint: Option<String>,
}

pub(super) fn failure(failure: &RepoOutcome) -> FailureWords {
    let RepoOutcome { name, url, outcome } = failure;
    match outcome {
        Outcome::Kept(CheckoutError::Git(error)) => checkout_failure(name.as_str(), error, url),
        Outcome::Kept(error) => FailureWords {
            error: format!("`{name}` was left alone: {error}"),
            cause: None,
            hint: Some(match error {
                CheckoutError::LocalWork(_) => "commit and push it, or give `--force` to lose it".to_owned(),
                _ => "move it away, or give `--force` to replace it".to_owned(),
            }),
        },
        Outcome::Refused(error) => FailureWords {
            error: format!("cannot export `{name}`"),
            cause: Some(with_causes(error)),
            hint: error.hint(),
        },
        Outcome::Failed(error) => FailureWords {
            error: format!("cannot fetch `{name}` from `{url}`"),
            cause: Some(error.to_string()),
            hint: error.hint(url).map(|hint| hint.replace("NAME", name.as_str())),
        },
        other => {
            FailureWords { error: format!("`{name}`: {}", render_outcome(other)), cause: None, hint: None }
        }
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn checkout_failure(name: &str, error: &GitError, url: &str) -> FailureWords {
    FailureWords {
        error: format!("cannot check out `{name}`"),
        cause: Some(error.to_string()),
        hint: error.hint(url),
    }
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
            Self::Repos { profile } => {
                write!(f, "profile `{profile}` has other repositories in the lock, or another order")
            }
            Self::Commit { name, declared, locked } => {
                write!(f, "`{name}` wants commit `{declared}`, the lock has `{locked}`")
            }
            Self::Layout => write!(f, "the file is not laid out as oca writes it"),
        }
    }
}

fn profile_list(profiles: &[String]) -> String {
    let word = if profiles.len() == 1 { "profile" } else { "profiles" };
    format!("{word} {}", quoted_list(profiles))
}

fn quoted_list(words: &[String]) -> String {
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
            writeln!(f, "{name}{}: {}", alteration.state, alteration.path.display())?;
        }
        match alterations.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => writeln!(f, "{name}and {}", counted(more, "more file", "more files")),
        }
    }
}

/// Columns that line up, without a blank at the end of a line.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
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
}
