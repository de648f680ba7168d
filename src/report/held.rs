//! Why a repository did not move, or not to the head of its branch.

use std::fmt;

use crate::git::LostCommit;
use crate::lock::Pin;
use crate::repo::{Age, CommitId, Reference, RepoName, counted, day, first_names, quotation};

/// A repository that an upgrade left as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Held {
    pub(crate) pin: Pin,
    /// The commit at which it stays.
    pub(crate) commit: CommitId,
    pub(crate) why: WhyHeld,
}

/// See [`Held`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum WhyHeld {
    /// The commits after the pin are younger than this.
    Young { cooldown: Age },
    /// A selected module would go further than `--max-bump` allows. `step` says how far.
    Step { module: String, from: String, to: String, step: &'static str },
    /// A selected module would be gone.
    Gone { module: String },
    /// `oca check` would have this new error.
    Finding { code: &'static str, text: String },
    /// The version of a requested module would be refused, for this reason.
    Refused { why: String },
    /// The requirements of this name would exclude each other: each line with the file that has it.
    Conflict { name: String, lines: Vec<String> },
}

impl fmt::Display for WhyHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Young { cooldown } => write!(f, "the newer commits are younger than {cooldown}"),
            Self::Step { module, from, to, step } => {
                write!(f, "`{module}` would go from {from} to {to} ({step})")
            }
            Self::Gone { module } => write!(f, "`{module}` would be gone"),
            Self::Finding { code, text } => write!(f, "`oca check` would find {code}: {text}"),
            Self::Refused { why } => f.write_str(why),
            Self::Conflict { name, lines } => {
                write!(f, "the requirements for `{name}` would exclude each other: {}", lines.join(", "))
            }
        }
    }
}

/// A branch or tag that does not contain its old pin any more.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Rewritten {
    pub(crate) name: RepoName,
    pub(crate) reference: Reference,
    /// The old pin.
    pub(crate) pin: CommitId,
    /// The commits that are lost, the newest first. `None` if the remote does not have the old pin any more.
    pub(crate) commits: Option<Vec<LostCommit>>,
    /// The modules that are lost.
    pub(crate) modules: Vec<String>,
}

impl fmt::Display for Rewritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        let Self { name, reference, pin, commits, modules } = self;
        let pin = pin.short();
        write!(f, "`{name}`: the history of {reference} was rewritten: ")?;
        match commits.as_deref() {
            None => write!(f, "the remote does not have the old pin {pin} any more")?,
            Some(commits) => {
                let count = counted(commits.len(), "commit", "commits");
                write!(f, "it does not contain the old pin {pin} any more; {count} lost")?;
                let titles = commits.iter().take(SHOWN);
                let titles: Vec<String> = titles
                    .map(|lost| format!("{} {}", lost.commit.short(), quotation(&lost.title)))
                    .collect();
                let more = if commits.len() > SHOWN { ", ..." } else { "" };
                write!(f, ": {}{more}", titles.join(", "))?;
            }
        }
        if !modules.is_empty() {
            write!(f, "; modules lost: {}", first_names(modules))?;
        }
        Ok(())
    }
}

/// The commit to which a pin moves because the head of its branch is too young.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Younger {
    pub(crate) name: RepoName,
    pub(crate) head: CommitId,
    pub(crate) commit: CommitId,
    /// Its committer date, in seconds since 1970.
    pub(crate) time: i64,
    pub(crate) cooldown: Age,
}

impl fmt::Display for Younger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, head, commit, time, cooldown } = self;
        let (commit, head, day) = (commit.short(), head.short(), day(*time));
        write!(f, "{name}: takes {commit} of {day}, because the head {head} is younger than {cooldown}")
    }
}
