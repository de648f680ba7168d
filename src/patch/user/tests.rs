//! Patches of users, as `git apply` reads them.

use proptest::prelude::*;

use super::super::git_tests::Git;
use super::*;
use crate::patch::diff::diff;
use crate::patch::error::Error;
use crate::patch::model::Content;
use crate::patch::{FilePatch, Header, Patch, Side, render, result};
use crate::repo::{TreeId, blob_id};

const OLD: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";

fn base(git: &Git) -> TreeId {
    let entries: [(&str, &[u8], &[u8]); 6] = [
        ("100644", b"web/x.py", OLD.as_bytes()),
        ("100644", b"web/crlf.py", b"a\r\nb\r\nc\r\n"),
        ("100755", b"run", b"#!/bin/sh\n"),
        ("100644", b"icon.png", b"\0\x01\x02"),
        ("120000", b"link", b"web"),
        ("160000", b"sub", b"\x03"),
    ];
    git.tree_of(&entries.map(|(mode, path, content)| (mode, path.to_vec(), content.to_vec())))
}

fn header() -> Header {
    Header { name: "Ann".to_owned(), email: String::new(), date: 0, title: "x".to_owned(), url: None }
}

/// The tree that a patch gives, computed by oca.
fn applied(git: &Git, base: TreeId, patch: &[u8]) -> Result<TreeId, Error> {
    let patch = parse_user(patch)?;
    let blobs = patch.blobs(git, base)?;
    assert!(blobs.len() <= 6, "{blobs:?}");
    let files = patch.onto(git, base)?;
    let step = Patch::new(header(), files).expect("a valid step");
    Ok(result(git, base, step.files())?.root)
}

/// The tree that `git apply` makes. `None` if it refuses.
fn by_git(git: &Git, base: TreeId, patch: &[u8]) -> Option<TreeId> {
    git.run(&["read-tree", &base.to_string()], b"");
    git.try_run(&["apply", "--cached", "--whitespace=nowarn"], patch).ok()?;
    Some(git.written())
}

fn same(git: &Git, base: TreeId, patch: &str) -> TreeId {
    let expected = by_git(git, base, patch.as_bytes()).unwrap_or_else(|| panic!("git refuses {patch}"));
    assert_eq!(applied(git, base, patch.as_bytes()).expect("oca takes it"), expected, "{patch}");
    expected
}

fn refusal(git: &Git, base: TreeId, patch: &str) -> String {
    assert_eq!(by_git(git, base, patch.as_bytes()), None, "git takes {patch}");
    applied(git, base, patch.as_bytes()).expect_err(patch).to_string()
}

const MIDDLE: &str = "@@ -4,3 +4,3 @@ def f():\n 4\n-5\n+five\n 6\n";

#[test]
fn usual_forms_give_the_trees_of_git() {
    let git = Git::new(None);
    let base = base(&git);
    let x = "a/web/x.py b/web/x.py";
    let names = "--- a/web/x.py\n+++ b/web/x.py\n";
    let id = "0".repeat(40);
    let first = same(&git, base, &format!("diff --git {x}\n{names}{MIDDLE}"));
    for form in [
        format!("diff --git {x}\nindex f00c965..1234567 100644\n{names}{MIDDLE}"),
        format!("{names}{MIDDLE}"),
        format!("Some words\n--- a/web/x.py\t2024-01-01\n+++ b/web/x.py\t2024-01-01\n{MIDDLE}-- \n2.47\n"),
        format!("diff --git i/web/x.py w/web/x.py\n--- i/web/x.py\n+++ w/web/x.py\n{MIDDLE}"),
        // It has moved two lines, and its context says so.
        format!("{names}@@ -2,3 +2,3 @@\n 4\n-5\n+five\n 6\n"),
        format!(
            "From {id} Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nSubject: [PATCH] x\n\n---\n 1 file\n\ndiff --git {x}\n{names}{MIDDLE}-- \n2\n\n"
        ),
    ] {
        assert_eq!(same(&git, base, &form), first);
    }
    for form in [format!("diff --git {x}\n{names}{MIDDLE}"), format!("{names}{MIDDLE}")] {
        // `git apply` refuses these, and everybody has them.
        let windows = form.replace('\n', "\r\n");
        assert_eq!(applied(&git, base, windows.as_bytes()).expect("oca takes it"), first);
        let short = form.replace("a/web", "web").replace("b/web", "web");
        assert_eq!(applied(&git, base, short.as_bytes()).expect("oca takes it"), first);
    }
    for patch in [
        "diff --git a/run b/bin/run\nsimilarity index 100%\nrename from run\nrename to bin/run\n",
        "diff --git a/run b/copy b\ncopy from run\ncopy to copy b\nindex 1..2\n--- a/run\n+++ b/copy b\t\n@@ -1 +1,2 @@\n #!/bin/sh\n+x\n",
        "diff --git a/run b/link\nrename from run\nrename to link\ndiff --git a/link b/run\nrename from link\nrename to run\n",
        "diff --git a/run b/run\nold mode 100755\nnew mode 100644\n",
        "diff --git a/new b/new\nnew file mode 100755\nindex 0..e69de29\n",
        "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n",
        "--- a/run\n+++ /dev/null\n@@ -1 +0,0 @@\n-#!/bin/sh\n",
        "diff --git a/run b/run\ndeleted file mode 100755\n--- a/run\n+++ /dev/null\n@@ -1 +0,0 @@\n-#!/bin/sh\ndiff --git a/run/x b/run/x\nnew file mode 100644\n--- /dev/null\n+++ b/run/x\n@@ -0,0 +1 @@\n+x\n",
        "diff --git \"a/caf\\303\\251\" \"b/caf\\303\\251\"\nnew file mode 100644\n--- /dev/null\n+++ \"b/caf\\303\\251\"\n@@ -0,0 +1 @@\n+x\n",
        "diff --git a/sub b/sub\nindex 0303030..0505050 160000\n--- a/sub\n+++ b/sub\n@@ -1 +1 @@\n-Subproject commit 0303030303030303030303030303030303030303\n+Subproject commit 0505050505050505050505050505050505050505\n",
        "--- a/web/x.py\n+++ b/web/x.py\n@@ -1,2 +1,3 @@\n+0\n 1\n 2\n@@ -9,2 +10,2 @@\n 9\n-10\n+ten\n",
    ] {
        same(&git, base, patch);
    }
}

#[test]
fn what_git_refuses_is_refused_by_name() {
    let git = Git::new(None);
    let base = base(&git);
    let names = "--- a/web/x.py\n+++ b/web/x.py\n";
    let refused = |patch: &str| refusal(&git, base, patch);
    let other = format!("{names}@@ -1,2 +1,2 @@\n-1\n+one\n 2\n@@ -4,3 +4,3 @@\n 4\n-five\n+5\n 6\n");
    assert_eq!(refused(&other), "line 7: hunk 2 of `web/x.py` does not apply");
    // A hunk without lines before it is at the beginning.
    let moved = format!("{names}@@ -1,2 +1,2 @@\n-4\n+four\n 5\n");
    assert_eq!(refused(&moved), "line 3: hunk 1 of `web/x.py` does not apply");
    assert_eq!(refused("--- a/y\n+++ b/y\n@@ -1 +1 @@\n-1\n+2\n"), "`y` does not exist in the tree");
    assert_eq!(
        refused("--- /dev/null\n+++ b/run\n@@ -0,0 +1 @@\n+x\n"),
        "`run` cannot be added: the tree has it already"
    );
    assert_eq!(
        refused("--- /dev/null\n+++ b/link/x\n@@ -0,0 +1 @@\n+x\n"),
        "`link` cannot be added: the tree has it already"
    );
    assert_eq!(
        refused("--- a/web/x.py\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-1\n-2\n"),
        "line 3: hunk 1 of `web/x.py` does not apply"
    );
    for (path, shown) in [("../x", "../x"), (".git/hooks/x", ".git/hooks/x"), ("web/.GIT/x", "web/.GIT/x")] {
        let patch = format!("--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n");
        let error = applied(&git, base, patch.as_bytes()).expect_err("it leads outside").to_string();
        assert!(error.starts_with(&format!("line 2: a patch must not change `{shown}`: ")), "{error}");
    }
    let absolute = "--- /dev/null\n+++ /etc/passwd\n@@ -0,0 +1 @@\n+x\n";
    let error = applied(&git, base, absolute.as_bytes()).expect_err("it is absolute").to_string();
    assert_eq!(error, "line 2: a patch must not change `/etc/passwd`: the path is absolute");
    for (patch, error) in [
        ("hello\n", "line 1: the file contains no patch"),
        ("", "line 1: the file contains no patch"),
        ("--- a/run\n+++ b/run\n@@ -1,2 +1 @@\n-1\n", "line 5: the patch ends inside a hunk"),
        (
            "diff --git a/icon.png b/icon.png\nindex 1..2 100644\nBinary files a/icon.png and b/icon.png differ\n",
            "line 3: this form is not supported: a binary file without its content; make the patch with `git diff --binary`",
        ),
    ] {
        assert_eq!(refused(patch), error);
    }
}

#[test]
fn binary_files_are_applied_whole_and_as_a_delta() {
    let git = Git::new(None);
    let noise: Vec<u8> = (0..4000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let changed = [&noise[..6000], b"\0changed\0", &noise[6000..]].concat();
    let tree = |content: &[u8]| git.tree_of(&[("100644", b"a b".to_vec(), content.to_vec())]);
    let trees = [
        tree(&[&noise[..], b"\0"].concat()),
        tree(&[&changed[..], b"\0"].concat()),
        tree(b"\0"),
        tree(b"x\n"),
    ];
    for old in trees {
        for new in trees.into_iter().filter(|new| *new != old) {
            let patch = git.run(&["diff", "--binary", &old.to_string(), &new.to_string()], b"");
            assert_eq!(applied(&git, old, &patch).expect("oca takes it"), new);
        }
    }
    let patch = git.run(&["diff", "--binary", &trees[0].to_string(), &trees[1].to_string()], b"");
    assert!(String::from_utf8_lossy(&patch).contains("\ndelta "));
    let error = applied(&git, trees[2], &patch).expect_err("another file").to_string();
    assert!(error.starts_with("the patch changes `a b` as "), "{error}");
}

#[test]
fn several_mails_follow_each_other() {
    let git = Git::new(None);
    let base = base(&git);
    let mail = |n: usize, hunk: &str| {
        let head = format!(
            "From {} Mon Sep 17 00:00:00 2001\nFrom: A\n B <a@b>\nSubject: [PATCH {n}/2] number {n}\n",
            "a".repeat(40)
        );
        format!(
            "{head}Date: Wed, 1 May 2024 14:00:00 +0200\n\n---\ndiff --git a/web/x.py b/web/x.py\n--- a/web/x.py\n+++ b/web/x.py\n{hunk}-- \n2.47\n\n"
        )
    };
    let text = mail(1, MIDDLE) + &mail(2, "@@ -4,3 +4,2 @@\n 4\n-five\n 6\n");
    let patch = parse_user(text.as_bytes()).expect("two mails");
    let about = patch.about().expect("a header");
    assert_eq!((&*about.name, &*about.email, &*about.title), ("A B", "a@b", "number 1"));
    assert_eq!(about.date, Some(1_714_564_800));
    let files = patch.onto(&git, base).expect("it applies");
    let [file] = &files[..] else { panic!("{files:?}") };
    let expected = OLD.replace("5\n", "").into_bytes();
    let content = crate::patch::apply(file, OLD.as_bytes()).expect("it applies");
    assert_eq!(content, Some(expected));
}

#[test]
fn line_ends_of_windows_do_not_matter() {
    let git = Git::new(None);
    let base = base(&git);
    let patch = "--- a/web/crlf.py\n+++ b/web/crlf.py\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n";
    let exact = patch.replace(" a\n", " a\r\n").replace("-b\n+x\n c\n", "-b\r\n+x\r\n c\r\n");
    let expected = same(&git, base, &exact);
    for form in [patch.to_owned(), patch.replace('\n', "\r\n")] {
        assert_eq!(applied(&git, base, form.as_bytes()).expect("oca takes it"), expected);
    }
}

fn some_lines(most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    proptest::collection::vec(prop::sample::select(vec!["a\n", "b\n", "c\n", "\n"]), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Lines come before and between, so hunks move or no longer apply.
    #[test]
    fn a_hunk_that_moves_lands_where_git_puts_it(
        start in some_lines(12), cut in some_lines(4), end in some_lines(12),
        before in some_lines(6), between in some_lines(2), new in some_lines(4),
    ) {
        let old = [&start[..], &cut, &end].concat().concat().into_bytes();
        let new = [&start[..], &new, &end].concat().concat().into_bytes();
        let base = [&before[..], &start, &between, &cut, &end].concat().concat().into_bytes();
        let content = diff(&old, &new);
        if content == Content::None {
            return Ok(());
        }
        let side = |content: &[u8]| Some(Side { mode: FileMode::Plain, id: *blob_id(content).as_bytes() });
        let path = RepoPath::parse(b"x").expect("a path");
        let file = FilePatch { path, old: side(&old), new: side(&new), content };
        let patch = render(&Patch::new(header(), vec![file]).expect("a valid step"));
        let git = Git::new(None);
        let tree = git.tree_of(&[("100644", b"x".to_vec(), base)]);
        prop_assert_eq!(applied(&git, tree, &patch).ok(), by_git(&git, tree, &patch));
    }
}
