//! The candidates for words that are typed, without those that a shell could misread.

use std::ffi::OsString;
use std::path::PathBuf;

use clap_complete::engine::{CompletionCandidate, complete};

use super::project::remember;
use crate::repo::{is_invisible, one_line};

/// More than this helps nobody, and shells become slow.
const MOST: usize = 2000;
/// Longer names are no names of modules, and files with such names are not typed.
const LONGEST: usize = 200;

/// A value that replaces the last word, and a short text about it.
pub(super) struct Offered {
    pub(super) value: String,
    pub(super) help: String,
}

/// The candidates for the last of these words. The first word is the program.
pub(super) fn offered(words: Vec<OsString>, mut command: clap::Command) -> Vec<Offered> {
    let Some(last) = words.len().checked_sub(1).filter(|last| *last > 0) else { return Vec::new() };
    let current = words[last].to_string_lossy().into_owned();
    let directory: Option<PathBuf> = remember(&words[1..last]);
    let found = complete(&mut command, words, last, directory.as_deref()).unwrap_or_default();
    let mut found: Vec<&CompletionCandidate> =
        found.iter().filter(|candidate| is_harmless(candidate, &current)).collect();
    // Before a word begins, what belongs here is more useful than the flags.
    let is_flag =
        |candidate: &CompletionCandidate| candidate.get_value().as_encoded_bytes().starts_with(b"-");
    if current.is_empty() && found.iter().any(|candidate| !is_flag(candidate)) {
        found.retain(|candidate| !is_flag(candidate));
    }
    found.into_iter().take(MOST).filter_map(|candidate| plain(candidate, &current)).collect()
}

/// Whether a candidate is what it seems to be. A name or a file with a dash in front would be an option.
fn is_harmless(candidate: &CompletionCandidate, current: &str) -> bool {
    let Some(value) = candidate.get_value().to_str() else { return false };
    let is_declared = candidate.get_id().is_some();
    let is_option = value.starts_with('-') && !current.starts_with('-');
    value.len() <= LONGEST && !value.chars().any(is_invisible) && (is_declared || !is_option)
}

/// A candidate for what is typed. clap offers one word for each command, perhaps an alias: its name is better.
fn plain(candidate: &CompletionCandidate, current: &str) -> Option<Offered> {
    let name = candidate.get_id().and_then(|id| id.strip_prefix("command::"));
    let value = match name.filter(|name| name.starts_with(current)) {
        Some(name) => name,
        None => candidate.get_value().to_str()?,
    };
    let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    let help = one_line(help.lines().next().unwrap_or_default());
    Some(Offered { value: value.to_owned(), help })
}
