//! Merges of small repositories, from a path and from servers.

use super::*;
use crate::patch::render;

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
fn a_file_for_which_the_result_has_no_place_conflicts() {
    const OTHER: (&str, &str) = ("other/__manifest__.py", "{}\n");
    let cases: [(Files<'_>, Files<'_>, Files<'_>, &str); 3] = [
        (
            &[MANIFEST, ("m/a", "1\n")],
            &[OTHER, ("other/a", "1\n")],
            &[MANIFEST, ("m/a", "1\n"), ("m/new.py", "x\n")],
            "`m/new.py`: the request adds it, and the base removed or renamed the module `m`",
        ),
        (
            &[MANIFEST, ("m/old.py", "1\n")],
            &[MANIFEST, ("m/ours.py", "1\n")],
            &[MANIFEST, ("m/theirs.py", "1\n")],
            "`m/theirs.py`: the request renamed a file to it, and the base renamed the file to `m/ours.py`",
        ),
        (
            &[MANIFEST],
            &[OTHER],
            &[MANIFEST, ("m/models/new.py", "x\n"), ("m/i18n/fr.po", ""), ("m/README.rst", "x\n")],
            "`m/models/new.py`: the request adds it, and the base removed or renamed the module `m`",
        ),
    ];
    for (ancestor, ours, theirs, expected) in cases {
        let (_, outcome) = outcome(ancestor, ours, theirs);
        let Ok(Outcome::Conflicts(conflicts)) = outcome else { panic!("{expected}: {outcome:?}") };
        let shown: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
        assert!(shown.contains(&expected.to_owned()), "{shown:?}");
        assert!(!shown.iter().any(|conflict| conflict.contains("README")), "a bot writes it: {shown:?}");
    }
    // A request on top of another one, which is merged already, moves another file of the same content.
    let copies: Files<'_> = &[MANIFEST, ("m/a/x.py", "1\n"), ("m/b/x.py", "2\n")];
    let ours: Files<'_> = &[MANIFEST, ("m/c/x.py", "1\n"), ("m/b/x.py", "2\n")];
    let theirs: Files<'_> = &[MANIFEST, ("m/c/x.py", "1\n"), ("m/d/x.py", "1\n"), ("m/b/x.py", "2\n")];
    let (origin, merged) = outcome(copies, ours, theirs);
    let Ok(Outcome::Step(step)) = merged else { panic!("{merged:?}") };
    assert_eq!(step.tree, origin.tree_of(origin.commit(&[], theirs)));
    // Empty files are the same by chance.
    let (origin, merged) = outcome(
        &[MANIFEST, ("m/old/__init__.py", "")],
        &[MANIFEST, ("m/ours/__init__.py", "")],
        &[MANIFEST, ("m/theirs/__init__.py", "")],
    );
    let both = origin.commit(&[], &[MANIFEST, ("m/ours/__init__.py", ""), ("m/theirs/__init__.py", "")]);
    let Ok(Outcome::Step(step)) = merged else { panic!("{merged:?}") };
    assert_eq!(step.tree, origin.tree_of(both));
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
