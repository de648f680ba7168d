//! The words for people: lower case, no full stop, backticks round literals.

use std::fmt;

use crate::config::near;
use crate::git::CheckoutError;
use crate::repo::{RepoName, one_line, quoted_list};
use crate::report::{Failure, MissingDirectory, Step, Trouble, Unmet};

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

/// Why repositories cannot be removed.
pub(super) fn needed(removed: &[RepoName], unmet: &Unmet) -> String {
    let names: Vec<String> = removed.iter().map(ToString::to_string).collect();
    let verb = if removed.len() == 1 { "is" } else { "are" };
    format!("{} {verb} still needed: {unmet}", quoted_list(&names))
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
