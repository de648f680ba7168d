//! The messages for a repository that failed.

use crate::config::near;
use crate::git::{CheckoutError, HintContext};
use crate::repo::{first_names, typed};
use crate::report::{Failure, MissingDirectory, Step, Trouble};

/// The lines of a message about a failure.
pub(crate) struct FailureWords {
    pub(crate) error: String,
    pub(crate) cause: Option<String>,
    pub(crate) hint: Option<String>,
}

pub(crate) fn failure_words(failure: &Failure) -> FailureWords {
    let Failure { name, url, trouble, near: meant } = failure;
    let asked = HintContext { name: Some(name.as_str()), url: Some(url) };
    match trouble {
        Trouble::Kept(error) => FailureWords {
            error: format!("`{name}` was not changed: {error}"),
            cause: None,
            hint: Some(match error {
                CheckoutError::Link { .. } => {
                    "remove the link, or list the repository in `skip` of `repos.local.toml`".to_owned()
                }
                CheckoutError::LocalWork(_) => {
                    "commit and push your work, or use `--force` to discard it".to_owned()
                }
                CheckoutError::Tracked { path, .. } => {
                    format!("run `git rm -r --cached {}`, then move the directory away", typed(path))
                }
                CheckoutError::Occupied { git, .. } => {
                    format!("compare it with `{}`, then delete one of the two", git.display())
                }
                CheckoutError::Elsewhere { .. } => "move it away".to_owned(),
                _ => "move it away, or use `--force` to replace it".to_owned(),
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
                None => error.hint(asked),
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
            hint: Some(format!("run `oca lock {name}@{}`, which reads it again", other.commit)),
        },
        Trouble::Checkout { step, error } => FailureWords {
            error: match step {
                Step::Inspect => format!("cannot read the checkout of `{name}`"),
                Step::CheckOut => format!("cannot check out `{name}`"),
                Step::Remove => format!("cannot remove `{name}`"),
            },
            cause: Some(with_sources(error)),
            hint: error.hint(asked),
        },
    }
}

/// The failures, by name. If the same thing went wrong for several repositories of one server or organisation, they have
/// one message.
pub(crate) fn grouped_failures(failures: &[Failure]) -> Vec<FailureWords> {
    /// From this number of repositories on, one message is easier to read.
    const MANY: usize = 3;
    let mut failures: Vec<&Failure> = failures.iter().collect();
    failures.sort_by(|a, b| a.name.cmp(&b.name));
    let mut groups: Vec<(Option<(String, &str)>, Vec<&Failure>)> = Vec::new();
    for failure in failures {
        let key = shared_cause(failure);
        match groups.iter_mut().find(|(other, _)| key.is_some() && *other == key) {
            Some((_, group)) => group.push(failure),
            None => groups.push((key, vec![failure])),
        }
    }
    let words = |(key, group): (Option<(String, &str)>, Vec<&Failure>)| match (key, &group[..]) {
        (Some((cause, parent)), [first, ..]) if group.len() >= MANY => {
            let names: Vec<String> = group.iter().map(|failure| failure.name.to_string()).collect();
            let error =
                format!("cannot fetch {} repositories from `{parent}`: {}", names.len(), first_names(&names));
            vec![FailureWords { error, cause: Some(cause), hint: failure_words(first).hint }]
        }
        (_, group) => group.iter().map(|failure| failure_words(failure)).collect(),
    };
    groups.into_iter().flat_map(words).collect()
}

/// The cause, and the url above the repository, of a failure that others may share.
fn shared_cause(failure: &Failure) -> Option<(String, &str)> {
    match &failure.trouble {
        Trouble::Remote(error) if failure.near.is_none() => {
            Some((with_sources(error), failure.url.rsplit_once('/')?.0))
        }
        _ => None,
    }
}

/// An error with its causes, on one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let behind = std::iter::successors(error.source(), |error| error.source());
    std::iter::once(error.to_string()).chain(behind.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}
