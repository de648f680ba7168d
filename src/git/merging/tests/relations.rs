//! Which commit a merge names, and how it is related to the pin.

use super::server::Server;
use super::*;

#[test]
fn a_merge_is_the_first_ref_that_the_remote_has() {
    let origin = Origin::new();
    let commits: Vec<CommitId> =
        ["1", "2", "3", "4", "5"].map(|content| origin.commit(&[], &[("a", content)])).into();
    for (name, commit) in [
        ("refs/pull/7/head", 0),
        ("refs/merge-requests/7/head", 1),
        ("refs/merge-requests/8/head", 1),
        ("refs/pull-requests/9/from", 2),
        ("refs/pull/77/head", 3),
        ("refs/heads/fix", 3),
        ("refs/heads/fix-2", 4),
        ("refs/tags/v1", 4),
        ("refs/heads/both", 0),
        ("refs/tags/both", 1),
        ("refs/heads/same", 0),
        ("refs/tags/same", 0),
    ] {
        origin.set(name, commits[commit]);
    }
    let (_cache, git) = git();
    for url in urls(&origin) {
        let remote = remote(&git, &url);
        for (word, name, commit) in [
            ("#7", "refs/pull/7/head", 0),
            ("#8", "refs/merge-requests/8/head", 1),
            ("#9", "refs/pull-requests/9/from", 2),
            ("fix", "refs/heads/fix", 3),
            ("v1", "refs/tags/v1", 4),
            ("same", "refs/heads/same", 0),
            ("refs/tags/both", "refs/tags/both", 1),
        ] {
            let head = found(&remote, word).expect(word);
            assert_eq!(
                (head.reference, head.commit),
                (Reference::Full(name.to_owned()), commits[commit]),
                "{word}"
            );
        }
        let commit = found(&remote, &commits[2].to_string()).expect("a commit");
        assert_eq!((commit.commit, commit.reference), (commits[2], Reference::Rev(commits[2])));
        for (word, expected) in [
            ("#6", "the remote has no pull or merge request `#6`"),
            ("nothing", "the remote has no branch or tag `nothing`"),
            ("refs/pull/6/head", "the remote has no ref `refs/pull/6/head`"),
            ("both", "the remote has both a branch and a tag `both`, and they are different commits"),
        ] {
            assert_eq!(found(&remote, word).expect_err(word).to_string(), expected);
        }
    }
}

/// The relation of `head` on one remote to `pin` on another one.
fn related(
    pin: (&Remote<'_>, CommitId),
    tip: CommitId,
    head: (&Remote<'_>, CommitId),
) -> Result<Relation, Error> {
    let reference = Reference::full("refs/heads/any").expect("a name");
    let pin = snapshot(pin.0, pin.1, &reference);
    relation(&pin, Some(tip), &snapshot(head.0, head.1, &reference))
}

#[test]
fn a_request_is_absorbed_or_has_one_start() {
    let (origin, fork) = (Origin::new(), Origin::new());
    let commit = |parents: &[CommitId], content: &str| {
        // Both have it, with the same id.
        fork.commit(parents, &[("a", content)]);
        origin.commit(parents, &[("a", content)])
    };
    let old = commit(&[], "1");
    let pin = origin.commit(&[old], &[("a", "2")]);
    let newer = origin.commit(&[pin], &[("a", "3")]);
    let only_here = origin.commit(&[newer], &[("a", "tip")]);
    // What is only in the fork: the fork has the old commit, but not the pin.
    let from_old = fork.commit(&[old], &[("a", "x")]);
    let deep = (0..70).fold(from_old, |last, n| fork.commit(&[last], &[("a", &n.to_string())]));
    let stranger = fork.commit(&[], &[("a", "stranger")]);
    // What is in the origin itself.
    let request = origin.commit(&[old], &[("a", "y")]);
    let updated = origin.commit(&[request, pin], &[("a", "z")]);
    let from_newer = origin.commit(&[newer], &[("a", "z")]);
    let crossed = [[request, pin], [pin, request]].map(|parents| origin.commit(&parents, &[("a", "both")]));
    let unrelated = origin.commit(&[], &[("a", "other")]);
    for (name, commit) in [("a", only_here), ("b", updated), ("c", from_newer), ("d", unrelated)] {
        origin.set(&format!("refs/heads/{name}"), commit);
    }
    let (_cache, git) = git();
    for [url, other] in [[0, 0], [1, 1], [0, 1], [1, 0]]
        .map(|[one, two]| [urls(&origin)[one].clone(), urls(&fork)[two].clone()])
    {
        let (here, there) = (remote(&git, &url), remote(&git, &other));
        let ask = |head| related((&here, pin), only_here, (&here, head)).expect("a relation");
        assert_eq!(ask(pin), Relation::Absorbed);
        assert_eq!(ask(old), Relation::Absorbed);
        assert_eq!(ask(request), Relation::From(old));
        assert_eq!(ask(updated), Relation::From(pin));
        assert_eq!(ask(from_newer), Relation::Newer { start: newer, base: pin });
        let error = related((&here, pin), pin, (&here, unrelated)).expect_err("it is refused");
        assert_eq!(error.to_string(), format!("it has no commit in common with the pin `{pin}`"));
        let error = related((&here, crossed[0]), crossed[0], (&here, crossed[1])).expect_err("it is refused");
        assert!(matches!(error, Error::SeveralBases { ref commits } if commits.len() == 2), "{error}");
        let ask = |head| related((&here, pin), only_here, (&there, head));
        assert_eq!(ask(old).expect("a relation"), Relation::Absorbed);
        assert_eq!(ask(from_old).expect("a relation"), Relation::From(old));
        assert_eq!(ask(deep).expect("a relation"), Relation::From(old));
        assert!(matches!(ask(stranger), Err(Error::Unrelated { .. })));
    }
}

#[test]
fn a_commit_that_is_gone_is_named() {
    let origin = Origin::new();
    let here = origin.commit(&[], &[("a", "1")]);
    origin.set("refs/heads/16.0", here);
    let gone = CommitId::from_bytes([7; 20]);
    let (_cache, git) = git();
    let remote = remote(&git, &Server::new(origin.path()).url);
    let at = |commit| snapshot(&remote, commit, &Reference::branch("16.0").expect("a branch"));
    for (pin, head) in [(here, gone), (gone, here)] {
        let error = relation(&at(pin), None, &at(head)).expect_err("it is gone");
        assert_eq!(error.to_string(), format!("commit `{gone}` does not exist on the remote"));
    }
}
