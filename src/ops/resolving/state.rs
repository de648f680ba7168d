//! The state of `oca resolve`, in the git directory of the checkout.

use serde::{Deserialize, Serialize};

use crate::git::{Before, OpenMerge, Placed};
use crate::lock::StepWay;
use crate::ops::merging::{Answer, AnswerStep};
use crate::patch::{self, Header};
use crate::repo::{CommitId, Reference, RepoPath, TreeId};

const VERSION: u32 = 1;

/// How far the merges of a repository are.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// What was declared when the merge was opened: the reference, the url, the merges, the patches.
    pub(super) declared: Vec<String>,
    /// The commit of the repository in the lock then.
    pub(super) locked: Option<CommitId>,
    /// What moves, as it is typed. Empty if nothing moves.
    pub(super) moves: String,
    pub(super) base: CommitId,
    /// The merges that are made.
    pub(super) answers: Vec<Answer>,
    /// The next merge, if it is open in the checkout.
    pub(super) open: Option<OpenState>,
    pub(super) before: Before,
}

/// The merge that is open.
#[derive(Clone, Debug)]
pub(super) struct OpenState {
    pub(super) merge: OpenMerge,
    /// As it is typed.
    pub(super) what: String,
    pub(super) reference: Reference,
    pub(super) commit: CommitId,
    pub(super) header: Header,
}

impl State {
    /// Reads what [`render`](Self::render) wrote. `None` for anything else.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let wire: Wire = serde_json::from_slice(text).ok()?;
        if wire.version != VERSION {
            return None;
        }
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
            before: WireBefore::of(&self.before),
        };
        let mut text = serde_json::to_string_pretty(&wire).expect("a value without maps");
        text.push('\n');
        text
    }
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
    before: WireBefore,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WireAnswer {
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
    fn of(answer: &Answer) -> Self {
        let step = match &answer.step {
            AnswerStep::Patch(way, patch) => {
                Some(WireStep { way: way.word().to_owned(), patch: text_of(&patch::render(patch)) })
            }
            // The tree of a person is made a patch before the state is written.
            AnswerStep::Nothing | AnswerStep::Tree { .. } => None,
        };
        Self { reference: word_of(&answer.reference), commit: answer.commit, step }
    }

    fn read(self) -> Option<Answer> {
        let step = match self.step {
            None => AnswerStep::Nothing,
            Some(WireStep { way, patch }) => {
                AnswerStep::Patch(StepWay::of_word(&way)?, patch::parse(&bytes_of(&patch)?).ok()?)
            }
        };
        Some(Answer { reference: reference_of(&self.reference)?, commit: self.commit, step })
    }
}

impl WireOpen {
    fn of(open: &OpenState) -> Self {
        let OpenState { merge, what, reference, commit, header } = open;
        let OpenMerge { head, merged, conflicts } = merge;
        let Header { name, email, date, title, url } = header.clone();
        Self {
            head: *head,
            merged: *merged,
            conflicts: conflicts.iter().map(|path| text_of(path.as_bytes())).collect(),
            what: what.clone(),
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
        let path = |text: &String| RepoPath::parse(&bytes_of(text)?).ok();
        let conflicts = self.conflicts.iter().map(path).collect::<Option<_>>()?;
        let Self { head, merged, what, commit, name, email, date, title, url, .. } = self;
        Some(OpenState {
            merge: OpenMerge { head, merged, conflicts },
            what,
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
            answers: vec![Answer {
                reference: Reference::Rev(commit(4)),
                commit: commit(4),
                step: AnswerStep::Nothing,
            }],
            open: Some(OpenState { merge, what: "web#1".to_owned(), reference, commit: commit(5), header }),
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
            ("\"version\": 1", "\"version\": 2"),
            ("refs/heads/18.0", "refs/../18.0"),
            ("refs/pull/1/head", "x"),
            ("\"what\"", "\"why\""),
            ("web/\u{e9}.py", "../x"),
            ("web/\u{e9}.py", "web/\u{20ac}.py"),
            ("0303", "xx03"),
        ] {
            assert!(text.contains(from), "{from} in {text}");
            assert!(State::parse(text.replacen(from, to, 1).as_bytes()).is_none(), "{from} {to}");
        }
        assert!(State::parse(b"").is_none());
    }
}
