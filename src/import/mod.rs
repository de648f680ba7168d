//! Reads files of other tools, and makes a new `repos.toml` and pins from them.
//!
//! Each format has one file here. It reads texts and returns a [`Declaration`]. `settle` converts that into a
//! `repos.toml`, the same way for every format. If `repos.toml` cannot express a setting, the setting becomes a
//! [`Note`] with its place, so that the user hears of everything that is dropped. This room writes nothing and asks no
//! server.

mod aggregator;
mod ak;
mod around;
mod camptocamp;
mod doodba;
mod error;
mod format;
mod git_config;
mod gitmodules;
mod json;
mod mrchef;
mod names;
mod node;
mod note;
mod oca_dependencies;
mod odoo;
mod old_lock;
mod own;
mod place;
mod places;
mod settle;
mod toml;
mod vcs2l;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) use error::Error;
pub(crate) use note::{Note, lost, messages};

use crate::config::{Fresh, Merge, Mode, directory_of};
use crate::repo::{CommitId, Reference, RemoteUrl, RepoName, Series};
use around::Around;
use format::Format;
use place::{SourcePlace, Text};

/// The result of reading the files of another tool.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) fresh: Fresh,
    /// The commits to which the format pins its branches and tags. `None` if it has no pins.
    pub(crate) pins: Option<BTreeMap<RepoName, CommitId>>,
    /// What is merged into the repositories. `fresh` does not contain it.
    #[cfg_attr(not(test), expect(dead_code, reason = "this version reports merges and cannot write them"))]
    pub(crate) merges: Vec<ImportedMerges>,
    /// The repositories whose format means the default branch of the remote. `fresh` has the branch of the series.
    pub(crate) heads: Vec<DefaultBranch>,
    pub(crate) notes: Vec<Note>,
}

/// What a format merges into one repository.
#[derive(Debug)]
#[cfg_attr(not(test), expect(dead_code, reason = "this version reports merges and cannot write them"))]
pub(crate) struct ImportedMerges {
    pub(crate) name: RepoName,
    /// The repository that the merges start from, and its reference. `None` means the branch of the series.
    pub(crate) base: (RemoteUrl, Option<Reference>),
    /// In the order of the file.
    pub(crate) merges: Vec<Merge>,
    /// Whether the imported commit of the repository already contains them.
    pub(crate) is_in_commit: bool,
}

/// A repository that follows the default branch of its remote.
#[derive(Debug)]
pub(crate) struct DefaultBranch {
    pub(crate) name: RepoName,
    /// The note for the user, if the remote cannot be asked.
    pub(crate) note: Note,
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
pub(crate) fn read(path: &Path, given: &Surroundings<'_>) -> Result<Import, Error> {
    let format = format::recognise(path)?;
    let around = Around::new(format.file(), given);
    let around = &around;
    let declaration = match &format {
        Format::Aggregator(file) => doodba::read(file, around)?,
        Format::Ak(file) => ak::read(file, around)?,
        Format::Camptocamp(pending) => camptocamp::read(pending, around)?,
        Format::GitModules(file) => gitmodules::read_file(&Text::load(file)?, around)?,
        Format::MrChef(file) => mrchef::read(file)?,
        Format::OcaDependencies(file) => oca_dependencies::read(&Text::load(file)?, around)?,
        Format::OldLock(file) => old_lock::read(&Text::load(file)?, around)?,
        Format::Vcs2l(file) => vcs2l::read(&Text::load(file)?)?,
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
    /// Entries that cannot be read, with their keys.
    refused: Vec<(String, Error)>,
}

impl Declaration {
    /// Keeps the error of one entry for later: one odd entry is no reason to refuse the others.
    fn accept<T>(&mut self, key: &str, entry: Result<T, Error>) -> Result<Option<T>, Error> {
        match entry {
            Ok(entry) => Ok(Some(entry)),
            Err(error @ Error::Refused { .. }) => {
                self.refused.push((key.to_owned(), error));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
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
    /// Whether the default branch of the remote is meant.
    follows_head: bool,
    /// Whether the directory is a place of Odoo itself, whatever the url is.
    is_odoo: bool,
    /// What is merged into it, in the order of the file.
    merges: Vec<(Merge, SourcePlace)>,
    /// What the merges start from, if `url` and `reference` already contain them.
    merge_base: Option<(RemoteUrl, Option<Reference>)>,
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
            follows_head: false,
            is_odoo: false,
            merges: Vec::new(),
            merge_base: None,
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
