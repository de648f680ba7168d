//! The message for a repository that failed.

use super::message::Message;
use crate::config::near;
use crate::git::{CheckoutError, HintContext};
use crate::repo::typed;
use crate::report::{Failure, MissingDirectory, Step, Trouble};

pub(super) fn of_failure(failure: &Failure) -> Message {
    let Failure { name, url, trouble, near: meant } = failure;
    let asked = HintContext { name: Some(name.as_str()), url: Some(url) };
    match trouble {
        Trouble::Kept(error) => {
            Message::new(&format!("`{name}` was not changed: {error}"), after_kept(error, asked))
        }
        Trouble::Export(error) => because(&format!("cannot export `{name}`"), error, error.hint()),
        Trouble::Remote(error) => {
            let hint = match meant {
                Some(meant) => Some(format!("did you mean `{meant}`?")),
                None => error.hint(asked),
            };
            because(&format!("cannot fetch `{name}` from `{url}`"), error, hint)
        }
        Trouble::NoAddons(MissingDirectory { directory, commit, known }) => {
            let hint = match near(directory, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("correct `addons` of `[repos.{name}]` in `repos.toml`"),
            };
            let error = format!("`{name}` has no directory `{directory}` at commit `{commit}`");
            Message::new(&error, Some(hint))
        }
        Trouble::OtherTree(other) => {
            let hint = format!("run `oca lock {name}@{}`; it reads the entry again", other.commit);
            Message::new(&format!("the lock is wrong about `{name}`: {other}"), Some(hint))
        }
        Trouble::Checkout { step, error } => {
            let text = match step {
                Step::Inspect => format!("cannot read the checkout of `{name}`"),
                Step::CheckOut => format!("cannot check out `{name}`"),
                Step::Remove => format!("cannot remove `{name}`"),
            };
            because(&text, error, error.hint(asked))
        }
    }
}

fn after_kept(error: &CheckoutError, asked: HintContext<'_>) -> Option<String> {
    Some(match error {
        CheckoutError::Link { .. } => {
            "remove the link, or list the repository in `skip` of `repos.local.toml`".to_owned()
        }
        CheckoutError::LocalWork(_) => "commit and push your work, or use `--force` to discard it".to_owned(),
        CheckoutError::Tracked { path, .. } => {
            format!("run `git rm -r --cached {}`, then move the directory away", typed(path))
        }
        CheckoutError::Occupied { path, .. } => {
            format!("push your commits in `{}`, then move that directory away", path.display())
        }
        CheckoutError::Elsewhere { path, .. } => format!("move `{}` away", path.display()),
        CheckoutError::NotGit { .. } | CheckoutError::Unborn { .. } | CheckoutError::ForeignOrigin { .. } => {
            "move it away, or use `--force` to replace it".to_owned()
        }
        CheckoutError::Git(error) => return error.hint(asked),
    })
}

/// A message with a cause, on one line with its own causes.
fn because(text: &str, cause: &dyn std::error::Error, hint: Option<String>) -> Message {
    let behind = std::iter::successors(Some(cause), |error| error.source());
    let cause = behind.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    Message { causes: vec![cause], ..Message::new(text, hint) }
}
