//! What is printed in place of a report that cannot be made.

use std::path::PathBuf;

use serde::Serialize;

use crate::error::{Error, Message};

/// Every command: why it failed before it printed its report.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FailureReport {
    /// In the order in which stderr shows them.
    pub(crate) errors: Vec<FailureEntry>,
    /// The exit code of the command.
    pub(crate) exit_code: u8,
    /// The absolute path of the file with the first error, and its line, if they are known.
    #[serde(skip)]
    pub(crate) place: Option<(PathBuf, usize)>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FailureEntry {
    /// What is wrong. It can have several lines.
    pub(crate) message: String,
    /// Why, from the nearest cause to the first one.
    pub(crate) causes: Vec<String>,
    /// What to do; `null` if there is no advice.
    pub(crate) hint: Option<String>,
    /// The repositories that failed, if this is about repositories.
    pub(crate) repos: Vec<String>,
}

impl FailureReport {
    pub(crate) fn of(error: &Error) -> Self {
        Self { errors: FailureEntry::all(error), exit_code: error.exit_code(), place: error.place() }
    }

    /// One error without a cause.
    pub(crate) fn one(message: String, hint: Option<String>, exit_code: u8) -> Self {
        let error = FailureEntry { message, causes: Vec::new(), hint, repos: Vec::new() };
        Self { errors: vec![error], exit_code, place: None }
    }
}

impl FailureEntry {
    /// The error with its causes and its hint, on one line for each.
    pub(crate) fn text(&self) -> String {
        let causes = self.causes.iter().map(|cause| format!("\ncaused by: {cause}"));
        let hint = self.hint.iter().map(|hint| format!("\nhint: {hint}"));
        std::iter::once(self.message.clone()).chain(causes).chain(hint).collect()
    }

    pub(super) fn all(error: &Error) -> Vec<Self> {
        let messages = error.messages().into_iter().filter(|message| !message.is_total);
        messages.map(Self::from).collect()
    }
}

impl From<Message> for FailureEntry {
    fn from(message: Message) -> Self {
        let Message { error, causes, hint, repos, is_total: _ } = message;
        Self { message: error, causes, hint, repos }
    }
}
