//! Reads files of other tools, and makes a new `repos.toml` and pins from them.
//!
//! Each format has one file here. It reads texts and returns a [`Declaration`]. `settle` converts that into a
//! `repos.toml`, the same way for every format. If `repos.toml` cannot express a setting, the setting becomes a
//! [`Note`] with its place, so that the user hears of everything that is dropped. This room writes nothing and asks no
//! server.

mod aggregator;
mod ak;
mod camptocamp;
mod doodba;
mod error;
mod format;
mod git_config;
mod gitmodules;
mod json;
mod mrchef;
mod node;
mod old_lock;
mod place;
mod settle;
mod toml;
mod vcs2l;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) use error::Error;
pub(crate) use place::Note;

use crate::config::{Fresh, Merge, Mode, directory_of};
use crate::git;
use crate::repo::{CommitId, Reference, RemoteUrl, RepoName, Series};
use format::Format;
use place::{SourcePlace, Text};

/// The result of reading the files of another tool.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) fresh: Fresh,
    /// The commits to which the format pins its branches and tags. `None` if it has no pins.
    pub(crate) pins: Option<BTreeMap<RepoName, CommitId>>,
    pub(crate) notes: Vec<Note>,
}

/// The target and the environment of an import.
pub(crate) struct Surroundings<'a> {
    /// The directory of the new `repos.toml`.
    pub(crate) project: &'a Path,
    /// The series of `--odoo`.
    pub(crate) series: Option<Series>,
    /// Looks up an environment variable.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
}

/// Reads a file or a directory of another tool.
pub(crate) fn read(path: &Path, around: &Surroundings<'_>) -> Result<Import, Error> {
    let declaration = match format::recognise(path)? {
        Format::Aggregator(file) => doodba::read(&file, around)?,
        Format::Ak(file) => ak::read(&file, around)?,
        Format::Camptocamp(directory) => camptocamp::read(&directory, around)?,
        Format::GitModules(file) => {
            let text = Text::load(&file)?;
            let outer = git::Superproject::at(&text.directory())?;
            let mut declaration = gitmodules::read(&text, outer.as_ref())?;
            if outer.is_some_and(|outer| outer.path_of(around.project).is_some()) {
                declaration.mode = Mode::Submodule;
            }
            declaration
        }
        Format::MrChef(file) => mrchef::read(&file)?,
        Format::OldLock(file) => old_lock::read(&Text::load(&file)?, around)?,
        Format::Vcs2l(file) => vcs2l::read(&Text::load(&file)?)?,
    };
    settle::settle(declaration, path, around)
}

/// The content of a file, before the common series, urls and directories are known.
#[derive(Debug, Default)]
struct Declaration {
    /// The directory that relative paths refer to.
    base: PathBuf,
    /// How its checkouts are kept.
    mode: Mode,
    /// The series, if the format itself declares it.
    series: Option<Series>,
    /// Directories of the user's own modules, relative to `base`.
    locals: Vec<PathBuf>,
    repos: Vec<Repo>,
    /// Whether the format has pins. A repository can still have none.
    has_pins: bool,
    notes: Vec<Note>,
}

/// A repository, as a format declares it.
#[derive(Debug)]
struct Repo {
    place: SourcePlace,
    /// The directory of the checkout, relative to `base`.
    path: PathBuf,
    url: RemoteUrl,
    /// `None` means the branch of the series.
    reference: Option<Reference>,
    merges: Vec<Merge>,
    /// `None` means all modules.
    modules: Option<Vec<String>>,
    /// The directories that contain modules. Empty means the root of the repository.
    addons: Vec<String>,
    depth: Option<u32>,
    hold: bool,
    commit: Option<CommitId>,
}

impl Repo {
    fn new(place: SourcePlace, path: PathBuf, url: RemoteUrl) -> Self {
        Self {
            place,
            path,
            url,
            reference: None,
            merges: Vec::new(),
            modules: None,
            addons: Vec::new(),
            depth: None,
            hold: false,
            commit: None,
        }
    }
}

/// A url. Its `$VAR` becomes `${VAR}`, the form of `repos.toml`.
fn url(text: &str, place: &SourcePlace) -> Result<RemoteUrl, Error> {
    let text = braced(text.strip_suffix('/').unwrap_or(text));
    crate::config::remote_url(&text).map_err(|why| place.refuse(why))
}

/// Replaces `$VAR` with `${VAR}`.
fn braced(text: &str) -> String {
    let mut parts = text.split('$');
    let mut braced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = part.find(|c| !is_name(c)).unwrap_or(part.len());
        if end == 0 {
            braced.extend(["$", part]);
        } else {
            braced.extend(["${", &part[..end], "}", &part[end..]]);
        }
    }
    braced
}

/// The reference that a word means: a complete commit id is a commit; a full ref is its branch or tag; any other word
/// is a branch.
fn reference(word: &str, place: &SourcePlace) -> Result<Reference, Error> {
    if let Ok(commit) = CommitId::parse(word) {
        return Ok(Reference::Rev(commit));
    }
    let parsed = if let Some(branch) = word.strip_prefix("refs/heads/") {
        Reference::branch(branch)
    } else if let Some(tag) = word.strip_prefix("refs/tags/") {
        Reference::tag(tag)
    } else {
        Reference::branch(word)
    };
    parsed.map_err(|invalid| place.refuse(invalid.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_get_their_braces() {
        for (text, expected) in [
            ("https://$HOST/web", "https://${HOST}/web"),
            ("https://${HOST}/$A$B.git", "https://${HOST}/${A}${B}.git"),
            ("plain", "plain"),
            ("a$", "a$"),
        ] {
            assert_eq!(braced(text), expected);
        }
    }

    #[test]
    fn a_word_is_a_commit_a_full_ref_or_a_branch() {
        let text = Text::new(Path::new("repos.yaml"), "");
        let shown = |word: &str| reference(word, &text.line(3)).map(|reference| reference.to_string());
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(shown(commit).ok(), Some(format!("commit `{commit}`")));
        assert_eq!(shown("refs/heads/18.0").ok().as_deref(), Some("branch `18.0`"));
        assert_eq!(shown("refs/tags/v1").ok().as_deref(), Some("tag `v1`"));
        assert_eq!(shown("18.0-fix").ok().as_deref(), Some("branch `18.0-fix`"));
        let refused = shown("refs/pull/1/head").expect_err("no branch").to_string();
        assert!(
            refused.starts_with("`repos.yaml` at line 3: `refs/pull/1/head` is not a valid"),
            "{refused}"
        );
    }
}
