//! What the files of other tools declare, as a new `repos.toml` and pins for it.
//!
//! One file here for each format: it reads texts and gives a [`Declaration`]. `settle` makes a `repos.toml` of that,
//! whatever format it came from. What `repos.toml` cannot say becomes a [`Note`] with its place, so that nothing is
//! dropped in silence. Nothing is written here and no server is asked.

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
use place::{Place, Text};

/// What is to become of the files of another tool.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) fresh: Fresh,
    /// The commits that the format pins its branches and tags to; `None` where it has no pins at all.
    pub(crate) pins: Option<BTreeMap<RepoName, CommitId>>,
    pub(crate) notes: Vec<Note>,
}

/// Where an import goes, and what surrounds it.
pub(crate) struct Surroundings<'a> {
    /// The directory of the new `repos.toml`.
    pub(crate) project: &'a Path,
    /// The series that the user names.
    pub(crate) series: Option<Series>,
    /// The environment.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
}

/// Reads a file or directory of another tool.
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

/// What a format declares, before it is known which series, urls and directories are the common ones.
#[derive(Debug, Default)]
struct Declaration {
    /// What its relative paths are relative to.
    base: PathBuf,
    /// How its checkouts are kept.
    mode: Mode,
    /// Where the format itself says it.
    series: Option<Series>,
    /// Directories of own modules, relative to the base.
    locals: Vec<PathBuf>,
    repos: Vec<Repo>,
    /// Whether the format pins, though perhaps not everything.
    has_pins: bool,
    notes: Vec<Note>,
}

/// A repository as a format declares it.
#[derive(Debug)]
struct Repo {
    place: Place,
    /// The checkout, relative to the base.
    path: PathBuf,
    url: RemoteUrl,
    /// `None` is the branch of the series.
    reference: Option<Reference>,
    merges: Vec<Merge>,
    /// `None` is all of them.
    modules: Option<Vec<String>>,
    /// The directories that hold the modules; none is the repository itself.
    addons: Vec<String>,
    depth: Option<u32>,
    hold: bool,
    commit: Option<CommitId>,
}

impl Repo {
    fn new(place: Place, path: PathBuf, url: RemoteUrl) -> Self {
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

/// A url, its `$VAR` as `repos.toml` writes them.
fn url(text: &str, place: &Place) -> Result<RemoteUrl, Error> {
    let text = braced(text.strip_suffix('/').unwrap_or(text));
    crate::config::remote_url(&text).map_err(|why| place.refuse(why))
}

/// `$VAR` as `${VAR}`.
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

/// What a word stands for: a commit by its whole id, a full ref, or the branch of that name.
fn reference(word: &str, place: &Place) -> Result<Reference, Error> {
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
