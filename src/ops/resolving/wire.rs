//! The JSON of the state of `oca resolve`.

use serde::{Deserialize, Serialize};

use super::state::{OpenState, State, Taken};
use crate::git::{Before, OpenMerge, Placed};
use crate::lock::StepWay;
use crate::ops::merging::{Made, Refreshed, Unmade};
use crate::patch::{self, Header};
use crate::repo::{CommitId, MergeSource, Reference, RepoPath, TreeId};

/// The newest version. It names what a person finished.
pub(super) const VERSION: u32 = 3;
/// A state with patches in which nothing is finished. Older versions of oca read it and the next one.
const WITHOUT_FINISHED: u32 = 2;
const WITHOUT_PATCHES: u32 = 1;

impl State {
    /// Reads what [`render`](Self::render) wrote.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Unread> {
        let Versioned { version } = serde_json::from_slice(text).map_err(|_| Unread::Damaged)?;
        if version > VERSION {
            return Err(Unread::Newer { version });
        }
        let wire: Option<Wire> = serde_json::from_slice(text).ok().filter(|_| version >= WITHOUT_PATCHES);
        wire.and_then(Wire::read).ok_or(Unread::Damaged)
    }

    pub(super) fn render(&self) -> String {
        let is_open = self.open.as_ref().is_some_and(|open| matches!(open.of, Unmade::Patch { .. }));
        let has_patches = is_open || !self.patches.is_empty();
        let version = match (self.finished.is_empty(), has_patches) {
            (false, _) => VERSION,
            (true, true) => WITHOUT_FINISHED,
            (true, false) => WITHOUT_PATCHES,
        };
        let wire = Wire::of(version, self);
        let mut text = serde_json::to_string_pretty(&wire).expect("a value without maps");
        text.push('\n');
        text
    }
}

/// Why a state cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unread {
    /// A newer oca wrote it.
    Newer {
        version: u32,
    },
    Damaged,
}

/// All versions have it.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    version: u32,
    declared: Vec<String>,
    locked: Option<CommitId>,
    moves: String,
    base: CommitId,
    merges: Vec<WireAnswer>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    patches: Vec<WirePatch>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    finished: Vec<String>,
    open: Option<WireOpen>,
    taken: Option<WireTaken>,
    before: WireBefore,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WireAnswer {
    merge: String,
    /// A full ref, or a commit.
    #[serde(rename = "ref")]
    reference: String,
    commit: CommitId,
    step: Option<WireStep>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WireStep {
    way: String,
    patch: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WirePatch {
    path: String,
    old: String,
    new: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WireOpen {
    head: CommitId,
    merged: CommitId,
    conflicts: Vec<String>,
    what: String,
    /// A patch has its path and its text. A merge has the three others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merge: Option<String>,
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<CommitId>,
    name: String,
    email: String,
    date: i64,
    title: String,
    url: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WireTaken {
    head: CommitId,
    merged: CommitId,
    conflicts: Vec<String>,
    tree: TreeId,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WireBefore {
    commit: Option<CommitId>,
    branch: Option<String>,
    placed: Option<WirePlaced>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WirePlaced {
    commit: CommitId,
    tree: TreeId,
    depth: u32,
    url: String,
}

impl Wire {
    fn of(version: u32, state: &State) -> Self {
        Self {
            version,
            declared: state.declared.clone(),
            locked: state.locked,
            moves: state.moves.clone(),
            base: state.base,
            merges: state.answers.iter().map(WireAnswer::of).collect(),
            patches: state.patches.iter().map(WirePatch::of).collect(),
            finished: state.finished.clone(),
            open: state.open.as_ref().map(WireOpen::of),
            taken: state.taken.as_ref().map(WireTaken::of),
            before: WireBefore::of(&state.before),
        }
    }

    fn read(self) -> Option<State> {
        Some(State {
            declared: self.declared,
            locked: self.locked,
            moves: self.moves,
            base: self.base,
            answers: self.merges.into_iter().map(WireAnswer::read).collect::<Option<_>>()?,
            patches: self.patches.into_iter().map(WirePatch::read).collect::<Option<_>>()?,
            finished: self.finished,
            open: match self.open {
                Some(open) => Some(open.read()?),
                None => None,
            },
            taken: match self.taken {
                Some(taken) => Some(taken.read()?),
                None => None,
            },
            before: self.before.read()?,
        })
    }
}

impl WireAnswer {
    fn of(answer: &Made) -> Self {
        let step = answer.step.as_ref().map(|(way, patch)| WireStep {
            way: way.word().to_owned(),
            patch: text_of(&patch::render(patch)),
        });
        let (merge, reference) = (answer.source.to_string(), word_of(&answer.reference));
        Self { merge, reference, commit: answer.commit, step }
    }

    fn read(self) -> Option<Made> {
        let step = match self.step {
            None => None,
            Some(WireStep { way, patch }) => {
                Some((StepWay::of_word(&way)?, patch::parse(&bytes_of(&patch)?).ok()?))
            }
        };
        let source = MergeSource::parse(&self.merge).ok()?;
        Some(Made { source, reference: reference_of(&self.reference)?, commit: self.commit, step })
    }
}

impl WireTaken {
    fn of(taken: &Taken) -> Self {
        let Taken { merge: OpenMerge { head, merged, conflicts }, tree } = taken;
        Self { head: *head, merged: *merged, conflicts: texts_of(conflicts), tree: *tree }
    }

    fn read(self) -> Option<Taken> {
        let Self { head, merged, conflicts, tree } = self;
        Some(Taken { merge: OpenMerge { head, merged, conflicts: paths_of(&conflicts)? }, tree })
    }
}

impl WirePatch {
    fn of(patch: &Refreshed) -> Self {
        let Refreshed { path, old, new } = patch;
        Self { path: path.clone(), old: text_of(old), new: text_of(new) }
    }

    fn read(self) -> Option<Refreshed> {
        let Self { path, old, new } = self;
        Some(Refreshed { path, old: bytes_of(&old)?, new: bytes_of(&new)? })
    }
}

impl WireOpen {
    fn of(open: &OpenState) -> Self {
        let OpenState { merge, what, of, header } = open;
        let (patch, merged) = match of {
            Unmade::Patch { path, text } => (Some((path.clone(), text_of(text))), None),
            Unmade::Merge { source, reference, commit } => {
                (None, Some((source.to_string(), word_of(reference), *commit)))
            }
        };
        let (patch, text) = patch.unzip();
        let (source, reference, commit) = match merged {
            Some((source, reference, commit)) => (Some(source), Some(reference), Some(commit)),
            None => (None, None, None),
        };
        let OpenMerge { head, merged, conflicts } = merge;
        let Header { name, email, date, title, url } = header.clone();
        Self {
            head: *head,
            merged: *merged,
            conflicts: texts_of(conflicts),
            what: what.clone(),
            patch,
            text,
            merge: source,
            reference,
            commit,
            name,
            email,
            date,
            title,
            url,
        }
    }

    fn read(self) -> Option<OpenState> {
        let conflicts = paths_of(&self.conflicts)?;
        let Self {
            head,
            merged,
            what,
            patch,
            text,
            merge,
            reference,
            commit,
            name,
            email,
            date,
            title,
            url,
            ..
        } = self;
        let of = match (patch.zip(text), merge, reference, commit) {
            (Some((path, text)), None, None, None) => Unmade::Patch { path, text: bytes_of(&text)? },
            (None, Some(merge), Some(reference), Some(commit)) => {
                let source = MergeSource::parse(&merge).ok()?;
                Unmade::Merge { source, reference: reference_of(&reference)?, commit }
            }
            _ => return None,
        };
        Some(OpenState {
            merge: OpenMerge { head, merged, conflicts },
            what,
            of,
            header: Header { name, email, date, title, url },
        })
    }
}

impl WireBefore {
    fn of(before: &Before) -> Self {
        let Before::Commit { commit, branch, placed } = before.clone() else {
            return Self { commit: None, branch: None, placed: None };
        };
        let placed =
            placed.map(|Placed { commit, tree, depth, url }| WirePlaced { commit, tree, depth, url });
        Self { commit: Some(commit), branch, placed }
    }

    fn read(self) -> Option<Before> {
        let Self { commit, branch, placed } = self;
        let is_branch = |name: &String| name.starts_with("refs/heads/") && Reference::full(name).is_ok();
        if branch.as_ref().is_some_and(|name| !is_branch(name)) {
            return None;
        }
        let Some(commit) = commit else { return Some(Before::Nothing) };
        let placed =
            placed.map(|WirePlaced { commit, tree, depth, url }| Placed { commit, tree, depth, url });
        if placed.as_ref().is_some_and(|placed| placed.url.contains('\n')) {
            return None;
        }
        Some(Before::Commit { commit, branch, placed })
    }
}

fn word_of(reference: &Reference) -> String {
    match reference {
        Reference::Rev(commit) => commit.to_string(),
        other => other.full_name().unwrap_or_default(),
    }
}

fn reference_of(word: &str) -> Option<Reference> {
    match CommitId::parse(word) {
        Ok(commit) => Some(Reference::Rev(commit)),
        Err(_) => Reference::full(word).ok(),
    }
}

fn texts_of(paths: &[RepoPath]) -> Vec<String> {
    paths.iter().map(|path| text_of(path.as_bytes())).collect()
}

fn paths_of(texts: &[String]) -> Option<Vec<RepoPath>> {
    texts.iter().map(|text| RepoPath::parse(&bytes_of(text)?).ok()).collect()
}

/// Any bytes as text: one character for each byte.
fn text_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}
