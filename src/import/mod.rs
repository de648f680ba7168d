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
mod comments;
mod core;
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

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub(crate) use error::Error;
pub(crate) use note::{Note, lost, messages};

use crate::config::{Fresh, Merge, Mode, directory_of};
use crate::repo::{
    CommitId, MergeRef, MergeSource, Reference, RemoteUrl, RepoName, Series, bare_url, redact,
};
use around::Around;
use format::Format;
use place::{SourcePlace, Text};

/// The result of reading the files of another tool.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) fresh: Fresh,
    /// The commits to which the format pins its branches and tags. `None` if it has no pins.
    pub(crate) pins: Option<BTreeMap<RepoName, CommitId>>,
    /// The commits to which the format pins merges. If `pins` is `None`, there are none.
    pub(crate) merge_pins: BTreeMap<(RepoName, MergeSource), CommitId>,
    /// The repositories whose format means the default branch of the remote. `fresh` has the branch of the series.
    pub(crate) heads: Vec<DefaultBranch>,
    /// The repositories whose url or branch comes from an environment variable. A request would send its value to a host
    /// that the file names, so the user must read `repos.toml` first.
    pub(crate) revealing: BTreeSet<RepoName>,
    pub(crate) notes: Vec<Note>,
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
    /// Whether other files of the project name the repositories by their directories.
    keeps_directories: bool,
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

/// A ref that is merged into a repository.
#[derive(Debug)]
struct RepoMerge {
    merge: Merge,
    place: SourcePlace,
    /// The commit to which the format pins it.
    commit: Option<CommitId>,
    /// The comments about it.
    remarks: Vec<String>,
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
    /// Whether an environment variable was replaced in the reference.
    is_expanded: bool,
    /// Whether the directory is a place of Odoo itself, whatever the url is.
    is_odoo: bool,
    /// What is merged into it, in the order of the file.
    merges: Vec<RepoMerge>,
    /// What the merges start from, if `url` and `reference` already contain them.
    merge_base: Option<(RemoteUrl, Option<Reference>)>,
    /// `None` means all modules.
    modules: Option<Vec<String>>,
    /// The directories that contain modules. Empty means the root of the repository.
    addons: Vec<String>,
    depth: Option<u32>,
    hold: bool,
    commit: Option<CommitId>,
    /// The comments about it.
    remarks: Vec<String>,
}

impl Repo {
    fn new(place: SourcePlace, path: PathBuf, url: RemoteUrl) -> Self {
        Self {
            place,
            path,
            url,
            reference: None,
            follows_head: false,
            is_expanded: false,
            is_odoo: false,
            merges: Vec::new(),
            merge_base: None,
            modules: None,
            addons: Vec::new(),
            depth: None,
            hold: false,
            commit: None,
            remarks: Vec::new(),
        }
    }
}

/// A url of a format that expands variables. Its `$VAR` becomes `${VAR}`, the form of `repos.toml`.
fn expanding_url(text: &str, place: &SourcePlace) -> Result<RemoteUrl, Error> {
    any_url(&braced(text), place)
}

/// A url of a format that does not expand variables. `repos.toml` cannot contain the literal text `${`.
fn url(text: &str, place: &SourcePlace) -> Result<RemoteUrl, Error> {
    if has_variable(text) {
        let shown = redact(text);
        let why =
            format!("`{shown}` contains `${{`, which is a variable in `repos.toml`, but not in this file");
        return Err(place.refuse(why));
    }
    any_url(text, place)
}

fn any_url(text: &str, place: &SourcePlace) -> Result<RemoteUrl, Error> {
    crate::config::remote_url(text.strip_suffix('/').unwrap_or(text)).map_err(|why| place.refuse(why))
}

/// Whether `repos.toml` would expand a variable in this text.
fn has_variable(text: &str) -> bool {
    text.contains("${")
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

/// A ref to merge into the repository at `own`: a request of that repository becomes `#NUMBER`.
fn merge_of(own: &RemoteUrl, url: &RemoteUrl, word: &str, place: &SourcePlace) -> Result<Merge, Error> {
    let is_own = bare_url(url.as_str()) == bare_url(own.as_str());
    let reference = match request(word) {
        Some((_, number)) if is_own => MergeRef::Request(number),
        Some((full, _)) => MergeRef::Full(full),
        None => MergeRef::named(word).map_err(|invalid| place.refuse(invalid.to_string()))?,
    };
    Ok(Merge::whole(MergeSource { url: (!is_own).then(|| url.clone()), reference }))
}

/// The request whose ref this is: the full name of the ref, and the number.
fn request(word: &str) -> Option<(String, u64)> {
    // git also finds a ref without `refs/`.
    let full = format!("refs/{}", word.strip_prefix("refs/").unwrap_or(word));
    let number: u64 = full.split('/').nth(2)?.parse().ok()?;
    MergeRef::Request(number).full_names().contains(&full).then_some((full, number))
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
