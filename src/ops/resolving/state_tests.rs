//! The state is read as it was written, and nothing else is.

use super::state::{OpenState, State, Taken};
use super::wire::Unread;
use crate::git::{Before, OpenMerge};
use crate::ops::merging::{Made, Refreshed, Unmade};
use crate::patch::Header;
use crate::repo::samples::commit;
use crate::repo::{MergeSource, Reference, RepoPath, TreeId};

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
        patches: Vec::new(),
        finished: Vec::new(),
        taken: Some(Taken { merge: merge.clone(), tree: TreeId::from_bytes([7; 20]) }),
        open: Some(OpenState {
            merge,
            what: "web#1".to_owned(),
            of: Unmade::Merge { source: MergeSource::request(1), reference, commit: commit(5) },
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
fn patches_make_a_state_that_an_older_oca_refuses() {
    let patch = Refreshed { path: "patches/x.patch".to_owned(), old: b"\xe9".to_vec(), new: b"new".to_vec() };
    let mut state = state();
    assert!(state.render().contains("\"version\": 1"));
    state.patches = vec![patch.clone()];
    let of = Unmade::Patch { path: "y".to_owned(), text: b"\xe9".to_vec() };
    state.open = state.open.map(|open| OpenState { of, ..open });
    let text = state.render();
    assert!(text.contains("\"version\": 2"), "{text}");
    let read = State::parse(text.as_bytes()).expect("a state");
    assert_eq!((read.render(), read.patches), (text, vec![patch]));
    let Some(Unmade::Patch { path, text }) = read.open.map(|open| open.of) else { panic!("an open patch") };
    assert_eq!((&*path, &*text), ("y", &b"\xe9"[..]));
}

#[test]
fn what_is_finished_makes_a_state_that_an_older_oca_refuses() {
    let state = State { finished: vec!["web#1".to_owned()], ..state() };
    let text = state.render();
    assert!(text.contains("\"version\": 3"), "{text}");
    let read = State::parse(text.as_bytes()).expect("a state");
    assert_eq!((read.render(), read.finished), (text, state.finished));
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
    let newer = b"{\"version\": 4, \"new\": []}";
    assert_eq!(State::parse(newer).err(), Some(Unread::Newer { version: 4 }));
}
