//! The merge of contents: line by line, and by the rules for files that OCA's bots write.

use std::collections::HashMap;

use git2::{MergeFileInput, MergeFileOptions};

use super::Error;
use super::conflict::{Conflict, ConflictKind};
use super::modules::{Modules, directories_above};
use super::three_way::{Both, changes};
use crate::merge::{self, Rule};
use crate::patch::{Change, Side, is_binary};
use crate::repo::{BlobId, Objects, RepoPath, TreeId, UnreadableTree, blob_id};

/// A conflict that a rule decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Ruled {
    pub(crate) path: RepoPath,
    pub(crate) rule: Rule,
}

/// What becomes of the paths that both sides changed.
#[derive(Debug, Default)]
pub(super) struct Decided {
    pub(super) changes: Vec<Change>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) ruled: Vec<Ruled>,
    /// The merged contents that no side has.
    pub(super) blobs: HashMap<BlobId, Vec<u8>>,
}

/// Merges contents. All blobs of `both` can be read. `trees` are those in which a module may be.
pub(super) fn decide(
    objects: &dyn Objects,
    trees: &[TreeId],
    both: &[Both],
    conflicts: Vec<Conflict>,
) -> Result<Decided, Error> {
    let rules = Rules { trees, modules: Modules::new(objects) };
    let mut decided = Decided::default();
    for both in both {
        let read = |side: Side| match side.blob() {
            Some(id) => objects.blob(id),
            None => Ok(Vec::new()),
        };
        let ancestor = both.ancestor.map(read).transpose()?.unwrap_or_default();
        let [ours, theirs] = [read(both.ours)?, read(both.theirs)?];
        let (kind, merged) = match merge_lines(&ancestor, &ours, &theirs)? {
            Lines::Merged(content) => (None, Some(content)),
            Lines::Binary => (Some(ConflictKind::Binary), None),
            Lines::Conflict if both.ancestor.is_none() => (Some(ConflictKind::BothAdded), None),
            Lines::Conflict => (Some(ConflictKind::Content), None),
        };
        let Some(kind) = kind else {
            decided.take(both, merged.unwrap_or_default());
            continue;
        };
        let rule = rules.of(&both.path)?;
        match by_rule(rule, &ancestor, &ours, &theirs)? {
            Some(content) => {
                decided.ruled.push(Ruled { path: both.path.clone(), rule });
                decided.take(both, content);
            }
            None => decided.conflicts.push(both.conflict(kind)),
        }
    }
    for conflict in conflicts {
        // Where a bot writes a file anew, it does not matter how it changed.
        let is_in_lost_module = matches!(conflict.kind, ConflictKind::ModuleGone { .. });
        let is_undecided = conflict.is_addition() && !is_in_lost_module;
        let rule = if is_undecided { Rule::Conflict } else { rules.of(&conflict.path)? };
        if rule == Rule::Ours && (conflict.ours.is_some() || rules.may_stay_removed(&conflict.path)?) {
            decided.ruled.push(Ruled { path: conflict.path, rule });
        } else {
            decided.conflicts.push(conflict);
        }
    }
    Ok(decided)
}

impl Decided {
    fn take(&mut self, both: &Both, content: Vec<u8>) {
        let id = blob_id(&content);
        let new = Side { mode: both.mode, id: *id.as_bytes() };
        self.changes.extend(changes(&both.path, Some(both.ours), Some(new)));
        if new.id != both.ours.id && new.id != both.theirs.id {
            self.blobs.insert(id, content);
        }
    }
}

enum Lines {
    Merged(Vec<u8>),
    Conflict,
    Binary,
}

/// Merges line by line, as `git merge` does. The user's configuration has no influence.
fn merge_lines(ancestor: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Lines, Error> {
    if [ancestor, ours, theirs].into_iter().any(is_binary) {
        return Ok(Lines::Binary);
    }
    let [mut old, mut our, mut their] = [(); 3].map(|()| MergeFileInput::new());
    old.content(ancestor);
    our.content(ours);
    their.content(theirs);
    let mut options = MergeFileOptions::new();
    options.style_standard(true);
    let merged = git2::merge_file(&old, &our, &their, Some(&mut options))?;
    Ok(if merged.is_automergeable() { Lines::Merged(merged.content().to_vec()) } else { Lines::Conflict })
}

/// The content that a rule gives. `None` if a person has to decide.
fn by_rule(rule: Rule, ancestor: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    Ok(match rule {
        Rule::Ours => Some(ours.to_vec()),
        Rule::Requirements => merge::requirements(ours, theirs),
        Rule::Po => merge::po(ancestor, ours, theirs),
        Rule::Manifest => match merge::manifest(ancestor, ours, theirs) {
            Some(same) => match merge_lines(&same.ancestor, &same.ours, &same.theirs)? {
                Lines::Merged(content) => Some(content),
                Lines::Conflict | Lines::Binary => None,
            },
            None => None,
        },
        Rule::Conflict => None,
    })
}

/// Chooses the rule of a path.
struct Rules<'a> {
    trees: &'a [TreeId],
    modules: Modules<'a>,
}

impl Rules<'_> {
    fn of(&self, path: &RepoPath) -> Result<Rule, UnreadableTree> {
        Ok(merge::rule(path, self.module(path)?.as_ref()))
    }

    /// The outermost module that contains a path, in any of the trees: the base may have removed the module.
    fn module(&self, path: &RepoPath) -> Result<Option<RepoPath>, UnreadableTree> {
        for directory in [RepoPath::default()].into_iter().chain(directories_above(path)) {
            for &tree in self.trees {
                if self.modules.are_in(tree, &directory)? {
                    return Ok(Some(directory));
                }
            }
        }
        Ok(None)
    }

    /// Whether a file that the base removed may stay removed although the request changes it: a bot writes it, or no
    /// directory of the name of a module is around it.
    fn may_stay_removed(&self, path: &RepoPath) -> Result<bool, UnreadableTree> {
        let first = path.parts().next().unwrap_or_default();
        let is_of_repository = first.starts_with(b".") || first == b"setup" || first == path.as_bytes();
        Ok(is_of_repository || self.module(path)?.is_some())
    }
}
