//! The words for a repository of which something was not done.

use crate::config::near;
use crate::git::CheckoutError;
use crate::report::{Failure, MissingDirectory, Step, Trouble};

/// The lines that tell of a failure.
pub(crate) struct FailureWords {
    pub(crate) error: String,
    pub(crate) cause: Option<String>,
    pub(crate) hint: Option<String>,
}

pub(crate) fn failure_words(failure: &Failure) -> FailureWords {
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
