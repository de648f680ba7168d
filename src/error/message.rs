//! The messages of an error: what the terminal shows.

use super::failure::of_failures;
use super::hint;
use super::{Error, MergeError};
use crate::repo::counted;
use crate::report::{Failure, Finding, Unmet};

/// What is wrong, why, and what to type next.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) error: String,
    pub(crate) causes: Vec<String>,
    pub(crate) hint: Option<String>,
    /// The repositories that failed. Empty if this is not about repositories.
    pub(crate) repos: Vec<String>,
    /// Whether it only counts the messages before it.
    pub(crate) is_total: bool,
}

impl Message {
    pub(super) fn new(error: &(impl ToString + ?Sized), hint: Option<String>) -> Self {
        Self { error: error.to_string(), causes: Vec::new(), hint, repos: Vec::new(), is_total: false }
    }
}

impl Error {
    /// The messages, in the order in which they are shown. If a hint repeats, only the last message of the row has it.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let mut messages = match self {
            Self::Silent => Vec::new(),
            Self::Repos { failures } => of_all(failures),
            Self::Conflicts { conflicts, problems } => {
                let problems = problems.iter().map(|problem| Message::new(problem, Some(problem.hint())));
                let conflicts = conflicts.iter();
                let conflicts = conflicts.map(|conflict| Message::new(conflict, Some(conflict.hint())));
                problems.chain(conflicts).collect()
            }
            Self::Needed { removed, unmet } => {
                let needed =
                    |unmet: &Unmet| Message::new(&unmet.needed(removed), Some(hint::after_needed(unmet)));
                unmet.iter().map(needed).collect()
            }
            Self::StillNeeded { needed } => {
                let why = |module: &str| Some(format!("run `oca why {module}`"));
                needed.iter().map(|needed| Message::new(needed, why(&needed.module))).collect()
            }
            Self::Lacking { findings, default, .. } => {
                let hint = |finding: &Finding| Some(finding.hint(default.as_deref()));
                let findings = findings.iter().map(|finding| Message::new(finding, hint(finding)));
                findings.chain([Message::new(self, self.hint())]).collect()
            }
            Self::Unmet { unmet } => {
                unmet.iter().map(|unmet| Message::new(unmet, Some(unmet.hint()))).collect()
            }
            Self::Merge(MergeError::NotRewritten { cause, .. }) => {
                // What the conflict needs is in the hint of this error: nothing is declared yet.
                let mut messages = cause.messages();
                messages.iter_mut().for_each(|message| message.hint = None);
                messages.push(Message::new(self, self.hint()));
                messages
            }
            Self::ImportUnlocked { cause, .. } => {
                let mut messages = cause.messages();
                messages.push(Message::new(self, self.hint()));
                messages
            }
            _ => vec![Message { causes: causes(self), ..Message::new(self, self.hint()) }],
        };
        for at in 1..messages.len() {
            if messages[at - 1].hint == messages[at].hint {
                messages[at - 1].hint = None;
            }
        }
        messages
    }
}

/// The failed repositories, then their number.
fn of_all(failures: &[Failure]) -> Vec<Message> {
    let mut messages = of_failures(failures);
    if failures.len() > 1 {
        let count = counted(failures.len(), "repository", "repositories");
        messages.push(Message { is_total: true, ..Message::new(&format!("{count} failed"), None) });
    }
    messages
}

fn causes(error: &dyn std::error::Error) -> Vec<String> {
    std::iter::successors(error.source(), |error| error.source()).map(ToString::to_string).collect()
}
