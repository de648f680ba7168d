//! git's configuration syntax, with places for messages.

use super::{Error, SourcePlace, Text};
use crate::git;

/// `[name "subsection"]` and the variables below it.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) place: SourcePlace,
    /// In lower case.
    pub(super) name: String,
    pub(super) subsection: Option<String>,
    pub(super) variables: Vec<Variable>,
}

#[derive(Debug)]
pub(super) struct Variable {
    pub(super) place: SourcePlace,
    /// In lower case.
    pub(super) key: String,
    pub(super) value: String,
}

pub(super) fn sections(text: &Text) -> Result<Vec<Section>, Error> {
    let sections = git::config_sections(&text.text)
        .map_err(|malformed| text.line(malformed.line).refuse(malformed.why))?;
    let variable =
        |git::ConfigVariable { line, key, value, .. }| Variable { place: text.line(line), key, value };
    let section = |git::ConfigSection { line, name, subsection, variables, .. }| Section {
        place: text.line(line),
        name,
        subsection,
        variables: variables.into_iter().map(variable).collect(),
    };
    Ok(sections.into_iter().map(section).collect())
}
