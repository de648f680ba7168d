//! The state of `oca resolve`, in the git directory of the checkout.

use serde::{Deserialize, Serialize};

use crate::git::{Before, OpenMerge, Placed};
use crate::lock::StepWay;
use crate::ops::merging::Made;
use crate::patch::{self, Header};
use crate::repo::{CommitId, MergeSource, Reference, RepoPath, TreeId};

pub(super) const VERSION: u32 = 1;

/// How far the merges of a repository are.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// What was declared when the merge was opened: the reference, the url, the merges.
    pub(super) declared: Vec<String>,
    /// The commit of the repository in the lock then.
    pub(super) locked: Option<CommitId>,
    /// What moves, as it is typed. Empty if nothing moves.
    pub(super) moves: String,
    pub(super) base: CommitId,
    /// The merges that are made.
    pub(super) answers: Vec<Made>,
    /// The next merge, if it is open in the checkout.
    pub(super) open: Option<OpenState>,
    /// What the checkout still has of the last merge that a person made.
    pub(super) taken: Option<Taken>,
    pub(super) before: Before,
}

/// A resolution that is among the answers, as the person left it in the checkout.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) merge: OpenMerge,
    pub(super) tree: TreeId,
}

/// The merge that is open.
#[derive(Clone, Debug)]
pub(super) struct OpenState {
    pub(super) merge: OpenMerge,
    /// As it is typed.
    pub(super) what: String,
    /// Without secrets.
    pub(super) source: MergeSource,
    pub(super) reference: Reference,
    pub(super) commit: CommitId,
    pub(super) header: Header,
}

impl State {
    /// Reads what [`render`](Self::render) wrote.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Unread> {
        let Versioned { version } = serde_json::from_slice(text).map_err(|_| Unread::Damaged)?;
        if version > VERSION {
            return Err(Unread::Newer { version });
        }
        Self::read(text).filter(|_| version == VERSION).ok_or(Unread::Damaged)
    }

    fn read(text: &[u8]) -> Option<Self> {
        let wire: Wire = serde_json::from_slice(text).ok()?;
        Some(Self {
            declared: wire.declared,
            locked: wire.locked,
            moves: wire.moves,
            base: wire.base,
            answers: wire.merges.into_iter().map(WireAnswer::read).collect::<Option<_>>()?,
            open: match wire.open {
                Some(open) => Some(open.read()?),
                None => None,
            },
            taken: match wire.taken {
                Some(taken) => Some(taken.read()?),
                None => None,
            },
            before: wire.before.read()?,
        })
    }

    pub(super) fn render(&self) -> String {
        let wire = Wire {
            version: VERSION,
            declared: self.declared.clone(),
            locked: self.locked,
            moves: self.moves.clone(),
            base: self.base,
            merges: self.answers.iter().map(WireAnswer::of).collect(),
            open: self.open.as_ref().map(WireOpen::of),
            taken: self.taken.as_ref().map(WireTaken::of),
            before: WireBefore::of(&self.before),
        };
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
struct WireOpen {
    head: CommitId,
    merged: CommitId,
    conflicts: Vec<String>,
    what: String,
    merge: String,
    #[serde(rename = "ref")]
    reference: String,
    commit: CommitId,
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

impl WireOpen {
    fn of(open: &OpenState) -> Self {
        let OpenState { merge, what, source, reference, commit, header } = open;
        let OpenMerge { head, merged, conflicts } = merge;
        let Header { name, email, date, title, url } = header.clone();
        Self {
            head: *head,
            merged: *merged,
            conflicts: texts_of(conflicts),
            what: what.clone(),
            merge: source.to_string(),
            reference: word_of(reference),
            commit: *commit,
            name,
            email,
            date,
            title,
            url,
        }
    }

    fn read(self) -> Option<OpenState> {
        let conflicts = paths_of(&self.conflicts)?;
        let source = MergeSource::parse(&self.merge).ok()?;
        let Self { head, merged, what, commit, name, email, date, title, url, .. } = self;
        Some(OpenState {
            merge: OpenMerge { head, merged, conflicts },
            what,
            source,
            reference: reference_of(&self.reference)?,
            commit,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::samples::commit;

    fn state() -> State {
        let header = Header {
            name: "Ann".to_owned(),
            email: "ann@example.com".to_owned(),
            date: 1,
            title: "Fix".to_owned(),
            url: None,
        };
        let merge = OpenMerge {
            head: commit(1),
            merged: commit(2),
            conflicts: vec![RepoPath::parse(b"web/\xe9.py").expect("a path")],
        };
        let reference = Reference::Full("refs/pull/1/head".to_owned());
        State {
            declared: vec!["branch `18.0`".to_owned()],
            locked: None,
            moves: "web#1".to_owned(),
            base: commit(3),
            answers: vec![Made {
                source: MergeSource::parse("18.0-fix").expect("a merge"),
                reference: Reference::Rev(commit(4)),
                commit: commit(4),
                step: None,
            }],
            taken: Some(Taken { merge: merge.clone(), tree: TreeId::from_bytes([7; 20]) }),
            open: Some(OpenState {
                merge,
                what: "web#1".to_owned(),
                source: MergeSource::request(1),
                reference,
                commit: commit(5),
                header,
            }),
            before: Before::Commit {
                commit: commit(6),
                branch: Some("refs/heads/18.0".to_owned()),
                placed: None,
            },
        }
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let text = state().render();
        let read = State::parse(text.as_bytes()).expect("a state");
        assert_eq!(read.render(), text);
        let open = read.open.expect("an open merge");
        assert_eq!(open.merge.conflicts[0].as_bytes(), b"web/\xe9.py");
    }

    #[test]
    fn nothing_else_is_read() {
        let text = state().render();
        for (from, to) in [
            ("\"version\": 1", "\"version\": 0"),
            ("refs/heads/18.0", "refs/../18.0"),
            ("refs/pull/1/head", "x"),
            ("\"what\"", "\"why\""),
            ("web/\u{e9}.py", "../x"),
            ("web/\u{e9}.py", "web/\u{20ac}.py"),
            ("0303", "xx03"),
        ] {
            assert!(text.contains(from), "{from} in {text}");
            let read = State::parse(text.replacen(from, to, 1).as_bytes());
            assert_eq!(read.err(), Some(Unread::Damaged), "{from} {to}");
        }
        assert_eq!(State::parse(b"").err(), Some(Unread::Damaged));
        let newer = b"{\"version\": 2, \"new\": []}";
        assert_eq!(State::parse(newer).err(), Some(Unread::Newer { version: 2 }));
    }
}
