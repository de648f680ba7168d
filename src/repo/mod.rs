//! The types that every room uses: names, urls, references, ids, and the trait for "a tree of files".
//!
//! This room does not know files, git or the terminal. Every value of these types is valid.

mod age;
mod conversion;
mod core_part;
mod id;
mod manifest;
mod name;
mod object;
mod packaging;
mod pasted;
mod path;
mod pattern;
mod pending;
mod plain;
mod reference;
#[cfg(test)]
pub(crate) mod samples;
mod series;
#[cfg(test)]
pub(crate) mod shapes;
mod tree;
mod url;
mod words;

use serde::{Deserialize, Serialize};

pub(crate) use age::{Age, NotAnAge};
pub(crate) use conversion::{Conversion, Encoding, is_lfs_pointer, lfs_target};
pub(crate) use core_part::CorePart;
pub(crate) use id::{BlobId, CommitId, TreeId, hexadecimal};
pub(crate) use manifest::{AutoInstall, MANIFESTS, Manifest};
pub(crate) use name::RepoName;
pub(crate) use object::{
    EntryKind, Mode, TreeEntry, UnreadableTree, blob_id, blob_id_of, parse_tree, render_tree, sort_tree,
    split_tree, tree_id,
};
pub(crate) use packaging::{Layout, Packaging, Rules};
pub(crate) use pasted::{Shows, WebPage};
#[cfg(test)]
pub(crate) use path::OWN_FILES;
pub(crate) use path::{
    AddonsDirectory, ModuleName, PathPart, RepoPath, is_dot_git, is_own_file, is_text, refuse_everywhere,
};
pub(crate) use pattern::{Pattern, characters};
pub(crate) use pending::{MergeRef, MergeSource, Pending, PendingMerge};
pub(crate) use plain::{ends_line, in_short, is_invisible, is_text_of, one_line, plain, quotation, shown};
pub(crate) use reference::Reference;
pub(crate) use series::{Edition, Platform, Series};
pub(crate) use tree::{
    AtPath, Content, Entry, FileTree, MOST_ENTRIES, NO_MODE, Objects, at_path, check_target, check_targets,
    check_tree, child, usual_tree, walk_tree,
};
pub(crate) use url::{RemoteUrl, bare_url, last_part, redact, redact_userinfo, split_scp};
pub(crate) use words::{
    LATEST, and_list, counted, day, first_names, minute, profile_list, quoted_list, size, typed,
};

/// A word that is not valid, with the reason. `what` and `why` complete the message "`word` is not a valid …: …".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{word}` is not a valid {what}: {why}")]
pub(crate) struct Invalid {
    pub(crate) word: String,
    pub(crate) what: &'static str,
    pub(crate) why: &'static str,
}

impl Invalid {
    /// The word is redacted: whatever it should have been, it may be a url with a password.
    fn new(word: &str, what: &'static str, why: &'static str) -> Self {
        Self { word: redact(word), what, why }
    }
}

/// Implements serde for types that parse and display as text.
macro_rules! serde_as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

serde_as_text!(RepoName, RemoteUrl, CommitId, TreeId, Series, ModuleName, AddonsDirectory, MergeSource);
