//! Merges of small repositories, from a path and from a server.

use super::server::Server;
use super::*;
use crate::patch::render;
use crate::repo::{MergeRef, Reference};

/// The urls under which a repository can be reached.
fn urls(origin: &Origin) -> [String; 2] {
    [origin.path().display().to_string(), Server::new(origin.path()).url]
}

fn found(remote: &Remote<'_>, word: &str) -> Result<Head, Error> {
    remote.resolve_merge(&match word.strip_prefix('#') {
        Some(number) => MergeRef::Request(number.parse().expect("a number")),
        None => MergeRef::named(word).expect("a name"),
    })
}

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

fn snapshot<'g>(remote: &Remote<'g>, commit: CommitId, reference: &Reference) -> Snapshot<'g, 'static> {
    remote.clone().at(commit, reference, &|_| ())
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

/// Merges `theirs` into `ours`; both started from `ancestor`.
fn outcome(ancestor: Files<'_>, ours: Files<'_>, theirs: Files<'_>) -> (Origin, Result<Outcome, String>) {
    let origin = Origin::new();
    let old = origin.commit(&[], ancestor);
    let [pin, head] = [ours, theirs].map(|files| origin.commit(&[old], files));
    let (_cache, git) = git();
    let outcome = {
        let remote = remote(&git, &origin.path().display().to_string());
        let at = |commit| snapshot(&remote, commit, &Reference::Rev(commit));
        let (base, head) = (at(pin), at(head));
        let mut merging = Merging::new(&base).expect("a base");
        let merge = Merge { head: &head, ancestor: old, modules: &[], label: Label::default() };
        merging.merge(&merge).map_err(|error| error.to_string())
    };
    (origin, outcome)
}

const MANIFEST: (&str, &str) = ("m/__manifest__.py", "{\n    \"version\": \"16.0.1.0.0\",\n}\n");

#[test]
fn each_conflict_has_its_kind() {
    let cases: [(Files<'_>, Files<'_>, Files<'_>, &str); 12] = [
        (&[("m/a", "1\n")], &[("m/a", "2\n")], &[("m/a", "3\n")], "`m/a`: both changed the same lines"),
        (&[("m/a", "\0")], &[("m/a", "\x002")], &[("m/a", "\x003")], "`m/a`: both changed the binary file"),
        (&[], &[("m/a", "2\n")], &[("m/a", "3\n")], "`m/a`: both added the file, with different content"),
        (&[("m/a", "1\n")], &[], &[("m/a", "3\n")], "`m/a`: the base removed it, and the request changes it"),
        (&[("m/a", "1\n")], &[("m/a", "3\n")], &[], "`m/a`: the base changed it, and the request removes it"),
        (&[], &[("m/a", "1\n")], &[("m/a", "100755 1\n")], "`m/a`: only one of both made it executable"),
        (
            &[("m/a", "120000 x")],
            &[("m/a", "120000 y")],
            &[("m/a", "120000 z")],
            "`m/a`: both changed it, and it is a symlink",
        ),
        (
            &[("m/a", "160000 1")],
            &[("m/a", "160000 2")],
            &[("m/a", "160000 3")],
            "`m/a`: both changed it, and it is a submodule",
        ),
        (
            &[],
            &[("m/a/b", "1\n")],
            &[("m/a", "2\n")],
            "`m/a`: it is a file on one side and a directory on the other",
        ),
        (
            &[],
            &[("m/a", "1\n")],
            &[("m/a/b", "2\n")],
            "`m/a/b`: it is a file on one side and a directory on the other",
        ),
        (&[], &[("m/Aa", "1\n")], &[("m/aA", "2\n")], "`m/aA`: it differs from `m/Aa` only in case"),
        (&[], &[("m/É/x", "1\n")], &[("m/é/y", "2\n")], "`m/é/y`: it differs from `m/É` only in case"),
    ];
    for (ancestor, ours, theirs, expected) in cases {
        let with = |files: Files<'static>| [&[MANIFEST], files].concat();
        let (_, outcome) = outcome(&with(ancestor), &with(ours), &with(theirs));
        let Ok(Outcome::Conflicts(conflicts)) = outcome else { panic!("{expected}: {outcome:?}") };
        let shown: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
        assert_eq!(shown, [expected]);
    }
}

#[test]
fn files_of_bots_do_not_conflict() {
    let version = |version: &str, rest: &str| {
        format!(
            "{{\n    \"name\": \"M\",\n    \"version\": \"{version}\",\n    \"a\": 1,\n    \"b\": 2,\n{rest}}}\n"
        )
    };
    let [old, ours, theirs, merged] = [
        version("16.0.1.0.0", ""),
        version("16.0.1.1.0", ""),
        version("16.0.1.0.1", "    \"c\": 3,\n"),
        version("16.0.1.1.0", "    \"c\": 3,\n"),
    ];
    let manifest = "m/__manifest__.py";
    let (origin, outcome) = outcome(
        &[
            (manifest, &old),
            ("m/README.rst", "1"),
            ("m/static/description/icon.png", "\0"),
            ("m/readme/X.md", "1"),
            ("gone/__manifest__.py", "{}"),
            ("gone/README.rst", "1"),
            ("setup/m/setup.py", "1"),
            ("requirements.txt", "a\n"),
            ("tox.ini", "1"),
        ],
        &[
            (manifest, &ours),
            ("m/README.rst", "2"),
            ("m/static/description/icon.png", "\x002"),
            ("m/i18n/de.po", "msgid \"a\"\nmsgstr \"A\"\n"),
            ("requirements.txt", "a\nb\n"),
            ("tox.ini", "2"),
        ],
        &[
            (manifest, &theirs),
            ("m/README.rst", "3"),
            ("m/static/description/icon.png", "\x003"),
            ("m/readme/X.md", "3"),
            ("m/i18n/de.po", "msgid \"b\"\nmsgstr \"B\"\n"),
            ("gone/__manifest__.py", "{}"),
            ("gone/README.rst", "3"),
            ("setup/m/setup.py", "3"),
            ("requirements.txt", "a\nc\n"),
            ("tox.ini", "3"),
        ],
    );
    let Ok(Outcome::Step(step)) = outcome else { panic!("{outcome:?}") };
    let expected = origin.commit(
        &[],
        &[
            (manifest, &merged),
            ("m/README.rst", "2"),
            ("m/static/description/icon.png", "\x002"),
            ("m/i18n/de.po", "msgid \"a\"\nmsgstr \"A\"\n\nmsgid \"b\"\nmsgstr \"B\"\n"),
            ("requirements.txt", "a\nb\nc\n"),
            ("tox.ini", "2"),
        ],
    );
    assert_eq!(step.tree, origin.tree_of(expected), "{}", String::from_utf8_lossy(&render(&step.patch)));
    assert_eq!(step.ruled.len(), 9, "{:?}", step.ruled);
}

#[test]
fn the_source_of_a_module_that_the_base_removed_is_not_lost() {
    let (_, outcome) = outcome(
        &[MANIFEST, ("m/models/x.py", "1\n")],
        &[("other", "1")],
        &[MANIFEST, ("m/models/x.py", "2\n")],
    );
    let Ok(Outcome::Conflicts(conflicts)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(conflicts[0].kind, ConflictKind::RemovedByOurs);
    // The repository is one module.
    let manifest = ("__manifest__.py", "{}");
    let (_, outcome) = super::merges::outcome(
        &[manifest, ("models/x.py", "1\n")],
        &[manifest, ("models/x.py", "2\n")],
        &[manifest, ("models/x.py", "3\n")],
    );
    assert!(matches!(outcome, Ok(Outcome::Conflicts(_))), "{outcome:?}");
}

#[test]
fn a_step_has_the_header_of_the_request_and_only_its_modules() {
    let origin = Origin::new();
    let files: Files<'_> = &[("m/a", "1\n"), ("n/a", "1\n"), ("mm/a", "1\n")];
    let old = origin.commit(&[], files);
    let pin = origin.commit(&[old], &[("m/a", "1\n"), ("n/a", "1\n"), ("mm/a", "1\n"), ("b", "")]);
    let head = origin.commit(&[old], &[("m/a", "2\n"), ("n/a", "2\n"), ("mm/a", "2\n")]);
    origin.set("refs/heads/16.0", pin);
    origin.set("refs/pull/1/head", head);
    let (_cache, git) = git();
    for url in urls(&origin) {
        let remote = remote(&git, &url);
        let reference = Reference::branch("16.0").expect("a branch");
        let (base, head) =
            (snapshot(&remote, pin, &reference), at(&remote, &found(&remote, "#1").expect("it")));
        let mut merging = Merging::new(&base).expect("a base");
        let module = |name: &str| RepoPath::parse(name.as_bytes()).expect("a path");
        let label = Label { title: None, url: Some("https://me:secret@example.com/OCA/web/pull/1") };
        let merge = Merge { head: &head, ancestor: old, modules: &[module("m")], label };
        let Ok(Outcome::Step(step)) = merging.merge(&merge) else { panic!("a conflict") };
        insta::allow_duplicates! {
            insta::assert_snapshot!(String::from_utf8_lossy(&render(&step.patch)), @r"
            From: Ann <ann@example.com>
            Date: 2023-11-14 22:13:20 +0000
            Subject: [FIX] web: the title
            Link: https://example.com/OCA/web/pull/1

            diff --git a/m/a b/m/a
            index d00491fd7e5bb6fa28c517a0bb32b8b506539d4d..0cfbf08886fca9a91cb753ec8734c84fcbe52c9f 100644
            --- a/m/a
            +++ b/m/a
            @@ -1 +1 @@
            -1
            +2
            ");
        }
        let whole = Merge { modules: &[], label: Label { title: Some("Two\nlines"), url: None }, ..merge };
        let Ok(Outcome::Step(step)) = merging.merge(&whole) else { panic!("a conflict") };
        assert_eq!(step.patch.files().len(), 3);
        assert_eq!(step.patch.header().title, "Two\\nlines");
        let nothing = Merge { modules: &[module("m"), module("x")], ..merge };
        let error = merging.merge(&nothing).expect_err("it is refused").to_string();
        assert_eq!(error, "the request does not change the module directory `x`");
    }
}

#[test]
fn a_resolution_is_not_asked_twice() {
    let origin = Origin::new();
    let old = origin.commit(&[], &[MANIFEST, ("m/a", "1\n"), ("m/b", "1\n2\n3\n")]);
    let request = origin.commit(&[old], &[MANIFEST, ("m/a", "request\n"), ("m/b", "1\n2\n3\n")]);
    let pin = origin.commit(&[old], &[MANIFEST, ("m/a", "base\n"), ("m/b", "1\n2\n3\n")]);
    // What a person made of it, and a second step on top of that.
    let resolved = origin.commit(&[pin], &[MANIFEST, ("m/a", "both\n"), ("m/b", "1\n2\n3\n")]);
    let second = origin.commit(&[resolved], &[MANIFEST, ("m/a", "both\nmore\n"), ("m/b", "1\n2\n3\n")]);
    let next = origin.commit(&[pin], &[MANIFEST, ("m/a", "base\n"), ("m/b", "0\n1\n2\n3\n")]);
    let expected = origin.commit(&[], &[MANIFEST, ("m/a", "both\nmore\n"), ("m/b", "0\n1\n2\n3\n")]);
    let (_cache, git) = git();
    for url in urls(&origin) {
        let remote = remote(&git, &url);
        let at = |commit| snapshot(&remote, commit, &Reference::Rev(commit));
        let (base, head) = (at(pin), at(request));
        let merge = Merge { head: &head, ancestor: old, modules: &[], label: Label::default() };
        let outcome = Merging::new(&base).expect("a base").merge(&merge).expect("trees");
        assert!(matches!(outcome, Outcome::Conflicts(_)));
        let step = |from: CommitId, to: CommitId| {
            let (from_at, to_at) = (at(from), at(to));
            let mut merging = Merging::new(&from_at).expect("a base");
            let merge = Merge { head: &to_at, ancestor: from, ..merge };
            let Outcome::Step(step) = merging.merge(&merge).expect("trees") else { panic!("a conflict") };
            step.patch
        };
        let steps = [step(pin, resolved), step(resolved, second)];
        let new = at(next);
        let mut merging = Merging::new(&new).expect("a base");
        let before = merging.recall(&base, &[&steps[0], &steps[1]]).expect("they apply");
        for (before, patch) in before.into_iter().zip(&steps) {
            let Outcome::Step(step) = merging.replay(before, patch).expect("trees") else {
                panic!("a conflict")
            };
            assert_eq!(step.patch.header(), patch.header());
            merging.accept(&step).expect("trees");
        }
        assert_eq!(merging.tree(), origin.tree_of(expected));
    }
}

#[test]
fn only_its_own_difference_is_picked() {
    let origin = Origin::new();
    let pin = origin.commit(&[], &[("m/a", "1\n"), ("m/b", "1\n")]);
    let newer = origin.commit(&[pin], &[("m/a", "2\n"), ("m/b", "1\n")]);
    let tip = origin.commit(&[newer], &[("m/a", "3\n"), ("m/b", "1\n")]);
    let request = origin.commit(&[newer], &[("m/a", "2\n"), ("m/b", "2\n")]);
    let expected = origin.commit(&[], &[("m/a", "1\n"), ("m/b", "2\n")]);
    origin.set("refs/heads/16.0", tip);
    origin.set("refs/pull/1/head", request);
    let (_cache, git) = git();
    for url in urls(&origin) {
        let remote = remote(&git, &url);
        let base = snapshot(&remote, pin, &Reference::branch("16.0").expect("a branch"));
        let head = at(&remote, &found(&remote, "#1").expect("a request"));
        let relation = relation(&base, Some(tip), &head).expect("a relation");
        assert_eq!(relation, Relation::Newer { start: newer, base: pin });
        let merge = Merge { head: &head, ancestor: newer, modules: &[], label: Label::default() };
        let Ok(Outcome::Step(step)) = Merging::new(&base).expect("a base").merge(&merge) else {
            panic!("a conflict")
        };
        assert_eq!(step.tree, origin.tree_of(expected));
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
        assert_eq!(error.to_string(), format!("commit `{gone}` no longer exists on the remote"));
    }
}
