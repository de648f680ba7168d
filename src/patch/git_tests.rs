//! Patches against real git: what oca computes, git computes too.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::repo::{BlobId, Objects, TreeEntry, TreeId, UnreadableTree, parse_tree};

/// A repository with its own index and objects. It can read the objects of another one.
pub(super) struct Git {
    home: tempfile::TempDir,
    other: Option<PathBuf>,
    reader: RefCell<Option<Child>>,
}

impl Git {
    pub(super) fn new(other: Option<PathBuf>) -> Self {
        let home = tempfile::TempDir::with_prefix("oca-patch-").expect("a temporary directory");
        let git = Self { home, other, reader: RefCell::default() };
        git.run(&["init", "--quiet", "."], b"");
        git
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        let names = ["HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"];
        command.args(args).current_dir(self.home.path()).envs(names.map(|name| (name, "/dev/null")));
        if let Some(other) = &self.other {
            let objects: OsString = other.join("objects").into();
            command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(super) fn try_run(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
        let mut child = self.command(args).spawn().expect("git is installed");
        let mut stdin = child.stdin.take().expect("a pipe");
        let output = std::thread::scope(|scope| {
            scope.spawn(move || stdin.write_all(input));
            child.wait_with_output().expect("git ends")
        });
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(output.stdout) } else { Err(format!("{args:?}: {error}")) }
    }

    pub(super) fn run(&self, args: &[&str], input: &[u8]) -> Vec<u8> {
        self.try_run(args, input).unwrap_or_else(|error| panic!("{error}"))
    }

    fn line(&self, args: &[&str], input: &[u8]) -> String {
        String::from_utf8(self.run(args, input)).expect("UTF-8").trim().to_owned()
    }

    pub(super) fn tree_of(&self, entries: &[(&str, Vec<u8>, Vec<u8>)]) -> TreeId {
        let mut info = Vec::new();
        for (mode, path, content) in entries {
            let id = match *mode {
                "160000" => BlobId::from_bytes([content.first().map_or(1, |byte| byte | 1); 20]).to_string(),
                _ => self.line(&["hash-object", "-w", "--stdin"], content),
            };
            info.extend([format!("{mode} {id}\t").as_bytes(), path, b"\0"].concat());
        }
        self.run(&["read-tree", "--empty"], b"");
        self.run(&["update-index", "-z", "--index-info"], &info);
        self.written()
    }

    pub(super) fn written(&self) -> TreeId {
        TreeId::parse(&self.line(&["write-tree", "--missing-ok"], b"")).expect("an id")
    }

    fn object(&self, id: &str) -> Option<Vec<u8>> {
        let mut reader = self.reader.borrow_mut();
        let child =
            reader.get_or_insert_with(|| self.command(&["cat-file", "--batch"]).spawn().expect("git"));
        writeln!(child.stdin.as_mut().expect("a pipe"), "{id}").expect("git reads");
        let mut output = BufReader::with_capacity(1, child.stdout.as_mut().expect("a pipe"));
        let mut head = String::new();
        output.read_line(&mut head).expect("git answers");
        let length: usize = head.split(' ').nth(2)?.trim().parse().ok()?;
        let mut content = vec![0; length + 1];
        output.get_mut().read_exact(&mut content).expect("git answers");
        content.pop();
        Some(content)
    }
}

impl Drop for Git {
    fn drop(&mut self) {
        if let Some(mut child) = self.reader.take() {
            drop(child.stdin.take());
            child.wait().expect("git ends");
        }
    }
}

impl Objects for Git {
    fn tree(&self, id: TreeId) -> Result<Arc<[TreeEntry]>, UnreadableTree> {
        let bytes = self.object(&id.to_string()).ok_or_else(|| UnreadableTree::damaged("tree", "missing"))?;
        parse_tree(&bytes).map(Into::into)
    }

    fn blob(&self, id: BlobId) -> Result<Vec<u8>, UnreadableTree> {
        self.object(&id.to_string()).ok_or_else(|| UnreadableTree::damaged("blob", "missing"))
    }
}

fn header() -> Header {
    Header {
        name: "Ann".to_owned(),
        email: "ann@example.com".to_owned(),
        date: 1_714_564_800,
        title: "[FIX] web: the title".to_owned(),
        url: Some("https://example.com/acme/web/pull/1".to_owned()),
    }
}

/// The patch between two trees, after every law was checked.
fn checked(git: &Git, old: TreeId, new: TreeId) -> Vec<u8> {
    let changes = between(git, old, new).expect("trees");
    let files = describe(git, changes).expect("blobs");
    let patch = Patch::new(header(), files).expect("a valid patch");
    let bytes = render(&patch);
    assert_eq!(parse(&bytes).expect("what is written can be read"), patch);
    let trees = result(git, old, patch.files()).expect("it applies");
    assert_eq!(trees.root, new);
    for file in patch.files() {
        let old = file.old.and_then(|side| side.blob()).map(|id| git.blob(id).expect("a blob"));
        let content = apply(file, &old.unwrap_or_default()).expect("it applies");
        let blob = file.new.and_then(|side| side.blob());
        assert_eq!(content.is_some(), blob.is_some());
    }
    bytes
}

/// `git apply` gives the same tree, in the index alone and with a work tree.
fn same_in_git(git: &Git, old: TreeId, new: TreeId, patch: &[u8], with_files: bool) -> Result<(), String> {
    if patch.ends_with(b"\n\n") && !patch.windows(11).any(|part| part == b"\ndiff --git") {
        return if old == new { Ok(()) } else { Err("an empty patch".to_owned()) };
    }
    git.try_run(&["read-tree", &old.to_string()], b"")?;
    git.try_run(&["apply", "--cached", "--whitespace=nowarn"], patch)?;
    if git.written() != new {
        return Err("git apply --cached gives another tree".to_owned());
    }
    if with_files {
        git.try_run(&["read-tree", "--reset", "-u", &old.to_string()], b"")?;
        git.try_run(&["clean", "-dffxq"], b"")?;
        git.try_run(&["checkout-index", "--all", "--force"], b"")?;
        git.try_run(&["apply", "--index", "--whitespace=nowarn"], patch)?;
        if git.written() != new {
            return Err("git apply --index gives another tree".to_owned());
        }
    }
    Ok(())
}

fn git_diff(git: &Git, old: TreeId, new: TreeId) -> Vec<u8> {
    let (old, new) = (old.to_string(), new.to_string());
    git.run(&["diff", "--binary", "--full-index", "--no-renames", &old, &new], b"")
}

/// The files of a patch, without the names of functions.
fn sections(patch: &[u8]) -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    for line in String::from_utf8_lossy(patch).split_inclusive('\n') {
        if line.starts_with("diff --git ") {
            sections.push(String::new());
        }
        let Some(section) = sections.last_mut() else { continue };
        match line.strip_prefix("@@ ").and_then(|rest| rest.split_once(" @@")) {
            Some((ranges, _)) => section.extend(["@@ ", ranges, " @@\n"]),
            None => *section += line,
        }
    }
    sections
}

type List<'a> = &'a [(&'static str, &'a [u8], &'a [u8])];

/// All cases in one tree, each in its own directory.
fn whole(git: &Git, cases: &[(&str, List<'_>, List<'_>)], side: usize) -> TreeId {
    let mut entries = Vec::new();
    for (name, old, new) in cases {
        let path = |path: &[u8]| [name.as_bytes(), b"/", path].concat();
        entries.extend(
            [old, new][side].iter().map(|(mode, below, content)| (*mode, path(below), content.to_vec())),
        );
    }
    git.tree_of(&entries)
}

#[test]
fn odd_changes_are_the_same_in_git() {
    const FILE: &str = "100644";
    const PROGRAM: &str = "100755";
    const LINK: &str = "120000";
    const MODULE: &str = "160000";
    let long: Vec<u8> = (0..30).flat_map(|n| format!("    line {n}\n").into_bytes()).collect();
    let changed = [&b"new\n"[..], &long[..100], b"x\n", &long[130..], b"end"].concat();
    let cases: &[(&str, List<'_>, List<'_>)] = &[
        ("empty new file", &[], &[(FILE, b"a", b"")]),
        ("removed empty file", &[(FILE, b"a", b""), (FILE, b"b", b"")], &[(FILE, b"b", b"")]),
        ("the last file is removed", &[(FILE, b"d/e/a", b"x\n")], &[]),
        ("emptied", &[(FILE, b"a", b"x\n")], &[(FILE, b"a", b"")]),
        ("filled", &[(FILE, b"a", b"")], &[(FILE, b"a", b"x")]),
        ("mode only", &[(FILE, b"a b", b"x\n")], &[(PROGRAM, b"a b", b"x\n")]),
        ("mode of a binary", &[(FILE, b"a", b"\0\x01")], &[(PROGRAM, b"a", b"\0\x01")]),
        ("mode and content", &[(FILE, b"a", b"x\n")], &[(PROGRAM, b"a", b"y\n")]),
        (
            "names",
            &[],
            &[
                (FILE, b"a b", b"x\n"),
                (FILE, b"q\"\\", b"x\n"),
                (FILE, b"caf\xe9 x", b"x\n"),
                (FILE, "grün/é".as_bytes(), b"x\n"),
                (FILE, b"t\tn\nx", b"x\n"),
                (FILE, b" a", b"x\n"),
                (FILE, b"a ", b"x\n"),
                (FILE, b"-x", b"\0"),
                (FILE, b"b b/b", b""),
            ],
        ),
        (
            "order",
            &[(FILE, b"a.b", b"1\n"), (FILE, b"a", b"1\n")],
            &[(FILE, b"a.b", b"2\n"), (FILE, b"a/b", b"2\n"), (FILE, b"a0", b"2\n")],
        ),
        (
            "a directory becomes a file",
            &[(FILE, b"a/b/c", b"1\n"), (FILE, b"a/d", b"1\n")],
            &[(FILE, b"a", b"2\n")],
        ),
        ("file to symlink", &[(FILE, b"a", b"x\n")], &[(LINK, b"a", b"b")]),
        ("symlink to file", &[(LINK, b"a", b"x")], &[(PROGRAM, b"a", b"x")]),
        ("symlink moves", &[(LINK, b"a", b"x")], &[(LINK, b"a", b"y/z")]),
        ("symlink to directory", &[(LINK, b"a", b"x")], &[(FILE, b"a/x", b"x\n")]),
        ("directory to symlink", &[(FILE, b"a/x", b"x\n")], &[(LINK, b"a", b"x")]),
        ("submodule", &[(FILE, b"x", b"1\n")], &[(MODULE, b"a b", b"\x03"), (FILE, b"x", b"1\n")]),
        ("submodule moves", &[(MODULE, b"a", b"\x03")], &[(MODULE, b"a", b"\x05")]),
        ("submodule goes", &[(MODULE, b"a", b"\x03"), (FILE, b"b", b"")], &[(FILE, b"b", b"")]),
        ("file to submodule", &[(FILE, b"a", b"x\n")], &[(MODULE, b"a", b"\x03")]),
        ("submodule to file", &[(MODULE, b"a", b"\x03")], &[(FILE, b"a", b"x\n")]),
        ("submodule to directory", &[(MODULE, b"a", b"\x03")], &[(FILE, b"a/b", b"x\n")]),
        ("directory to submodule", &[(FILE, b"a/b", b"x\n")], &[(MODULE, b"a", b"\x03")]),
        ("no end of line", &[(FILE, b"a", b"x\ny")], &[(FILE, b"a", b"x\nz")]),
        ("end of line added", &[(FILE, b"a", b"x\ny")], &[(FILE, b"a", b"x\ny\n")]),
        ("end of line removed", &[(FILE, b"a", b"x\ny\n")], &[(FILE, b"a", b"x\ny")]),
        ("no end of line in the context", &[(FILE, b"a", b"1\n2\n3")], &[(FILE, b"a", b"2\n3")]),
        ("CRLF", &[(FILE, b"a", b"x\r\ny\r\n")], &[(FILE, b"a", b"x\r\nz\r\n\r\n")]),
        ("CRLF goes", &[(FILE, b"a", b"x\r\ny\r\n")], &[(FILE, b"a", b"x\ny\n")]),
        ("trailing blanks", &[(FILE, b"a", b" \n\n\t\nx\n")], &[(FILE, b"a", b" \n\n\t \nx  \n")]),
        (
            "lines like a patch",
            &[(FILE, b"a", b"-- \n--- a\n@@ -1 +1 @@\n")],
            &[(FILE, b"a", b"++ b\n+++ b\n\\ No\n")],
        ),
        ("far hunks", &[(FILE, b"a", &long)], &[(FILE, b"a", &changed)]),
        ("NUL", &[(FILE, b"a", b"x\0\n")], &[(FILE, b"a", b"y\0\n")]),
        ("NUL goes", &[(FILE, b"a", b"x\0\n")], &[(FILE, b"a", b"y\n")]),
        ("binary is removed", &[(FILE, b"a", b"x\0\n"), (FILE, b"b", b"")], &[(FILE, b"b", b"")]),
        ("binary is emptied", &[(FILE, b"a", b"x\0\n")], &[(FILE, b"a", b"")]),
        ("nothing", &[(FILE, b"a", b"x\n")], &[(FILE, b"a", b"x\n")]),
    ];
    let git = Git::new(None);
    let [old, new] = [0, 1].map(|side| whole(&git, cases, side));
    let empty = git.tree_of(&[]);
    for (from, to) in [(old, new), (new, old), (empty, old), (old, empty)] {
        let patch = checked(&git, from, to);
        same_in_git(&git, from, to, &patch, true).unwrap_or_else(|error| panic!("{error}"));
        let (own, gits) = (sections(&patch), sections(&git_diff(&git, from, to)));
        assert_eq!(own.len(), gits.len());
        for (own, gits) in own.iter().zip(&gits).filter(|(own, _)| !own.contains("GIT binary patch")) {
            // Git writes no ids if only the mode changes.
            let is_mode_only = own.contains("\nold mode") && !own.contains("\n@@");
            let is_kept = |line: &&str| !is_mode_only || !line.starts_with("index ");
            assert_eq!(own.split_inclusive('\n').filter(is_kept).collect::<String>(), *gits);
        }
    }
}

fn some_tree() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>, Vec<u8>)>> {
    let path = prop::sample::select(vec!["a", "a/b", "a/b/c", "a.b", "a/b.c", "b", "b/\u{e9} x", "a b"]);
    let mode = prop::sample::select(vec!["100644", "100755", "120000", "160000"]);
    let content = prop::sample::select(vec![&b""[..], b"x", b"x\n", b"x\ny\nz\n", b"\0", b"y\n\n z"]);
    prop::collection::btree_map(path, (mode, content), 0..5).prop_map(|map| {
        let mut entries: Vec<(&str, Vec<u8>, Vec<u8>)> = Vec::new();
        for (path, (mode, content)) in map {
            // A file leaves no room for a directory of its name.
            let is_below = |(_, above, _): &(&str, Vec<u8>, Vec<u8>)| {
                path.as_bytes().strip_prefix(&above[..]).is_some_and(|rest| rest.starts_with(b"/"))
            };
            let content = if mode == "120000" && matches!(content, b"" | b"\0") {
                b"t".to_vec()
            } else {
                content.to_vec()
            };
            if !entries.iter().any(is_below) {
                entries.push((mode, path.as_bytes().to_vec(), content));
            }
        }
        entries
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_two_trees_are_the_same_in_git(old in some_tree(), new in some_tree()) {
        let git = Git::new(None);
        let (old, new) = (git.tree_of(&old), git.tree_of(&new));
        let patch = checked(&git, old, new);
        let same = same_in_git(&git, old, new, &patch, false);
        prop_assert!(same.is_ok(), "{same:?}");
    }
}

/// Every pull request of a mirror: `OCA_MIRROR` names a bare repository with `refs/pull/N/merge`.
#[test]
#[ignore = "it needs a mirror with pull requests"]
fn real_requests_are_the_same_in_git() {
    let mirror = std::env::var_os("OCA_MIRROR").expect("`OCA_MIRROR` names a repository");
    let git = Git::new(Some(PathBuf::from(&mirror)));
    let format = "--format=%(refname) %(tree) %(parent)";
    let mut list = Command::new("git");
    list.arg("-C").arg(&mirror).args(["for-each-ref", format, "refs/pull/*/merge"]);
    let list = String::from_utf8(list.output().expect("git").stdout).expect("UTF-8");
    let (mut count, mut missing, mut bytes, mut files, mut faults) = (0, 0, 0, 0, Vec::new());
    for line in list.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, tree, base, _] = words[..] else { continue };
        let base = git.line(&["rev-parse", &format!("{base}^{{tree}}")], b"");
        let (old, new) = (TreeId::parse(&base).expect("an id"), TreeId::parse(tree).expect("an id"));
        let is_there = |change: &Change| {
            let sides = [change.old, change.new].map(|side| side.and_then(|side| side.blob()));
            sides[0] == sides[1] || sides.into_iter().flatten().all(|id| git.blob(id).is_ok())
        };
        if !between(&git, old, new).is_ok_and(|changes| changes.iter().all(is_there)) {
            missing += 1;
            continue;
        }
        let patch = checked(&git, old, new);
        if let Err(error) = same_in_git(&git, old, new, &patch, false) {
            faults.push(format!("{name}: {error}"));
        }
        (count, bytes) = (count + 1, bytes + patch.len());
        files += parse(&patch).expect("a patch").files().len();
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count > 0, "no requests in {}", Path::new(&mirror).display());
    // `--no-capture` shows it.
    let figures = format!("{count} requests, {missing} without their files, {files} files, {bytes} bytes\n");
    std::io::stderr().write_all(figures.as_bytes()).expect("stderr");
}
