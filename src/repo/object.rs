//! Trees and blobs as git stores them: their bytes, and the ids computed from them.
//!
//! Plain SHA-1 is enough. libgit2 detects collisions when it indexes what oca fetches, so the trees that a lock names
//! contain none. Nobody can make a second content for a given id.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};
use std::io::{self, Read, Write};

use sha1::{Digest, Sha1};

use super::path::{PathPart, is_dot_gitmodules};
use super::{BlobId, RepoPath, TreeId};

/// The type of an entry of a directory. Gitlinks and devices are `Other`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum EntryKind {
    File,
    Directory,
    Symlink,
    Other,
}

/// Why a tree of files cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum UnreadableTree {
    /// The store is damaged, or oca may not read the directory.
    #[error("cannot read `{path}`: {why}")]
    Damaged { path: String, why: String },
    /// The tree contains something that an honest repository does not have. Git refuses most of these at a checkout.
    #[error("`{path}` cannot be checked out: {why}")]
    Impossible { path: String, why: String },
}

impl UnreadableTree {
    pub(crate) fn damaged(path: &str, why: &(impl fmt::Display + ?Sized)) -> Self {
        Self::Damaged { path: path.to_owned(), why: why.to_string() }
    }

    pub(crate) fn impossible(path: &str, why: &str) -> Self {
        Self::Impossible { path: path.to_owned(), why: why.to_owned() }
    }

    /// The error for a directory with too many entries.
    pub(crate) fn endless(directory: &RepoPath) -> Self {
        Self::impossible(&directory.to_string(), "it has more than a million files and directories")
    }

    /// The same error, for a path that is relative to this directory.
    pub(crate) fn in_directory(self, directory: impl fmt::Display) -> Self {
        let Self::Impossible { path, why } = self else { return self };
        let path = match (directory.to_string(), &*path) {
            (directory, "") => directory,
            (directory, _) if matches!(&*directory, "" | ".") => path,
            (directory, _) => format!("{directory}/{path}"),
        };
        Self::Impossible { path, why }
    }
}

/// The bits of a mode that give the type of the entry.
const KIND: u32 = 0o170_000;

/// An entry of a tree. Its name can be checked out. Its mode is kept as written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TreeEntry {
    pub(crate) mode: Mode,
    pub(crate) name: PathPart,
    pub(crate) id: [u8; 20],
}

/// The mode of an entry, with its leading zeros: the id of the tree depends on them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Mode {
    bits: u32,
    width: usize,
}

impl Mode {
    /// Accepts up to 16 octal digits: git writes 6, and old tools wrote zeros before them. Returns `None` for anything
    /// else.
    pub(crate) fn parse(digits: &str) -> Option<Self> {
        let is_octal =
            (1..=16).contains(&digits.len()) && digits.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
        let bits = u32::from_str_radix(digits, 8).ok().filter(|_| is_octal)?;
        Some(Self { bits, width: digits.len() })
    }

    /// The mode as which git treats this number. Git has five modes; old commits have others, such as `100664`.
    pub(crate) fn usual(bits: u32) -> Self {
        let (bits, width) = match bits & KIND {
            0o100_000 if bits & 0o100 != 0 => (0o100_755, 6),
            0o100_000 => (0o100_644, 6),
            0o040_000 => (0o040_000, 5),
            0o120_000 => (0o120_000, 6),
            _ => (0o160_000, 6),
        };
        Self { bits, width }
    }

    /// The octal digits. `write!` takes ten times as long, and there is a mode for each file of a repository.
    fn digits(self) -> impl Iterator<Item = u8> {
        let digit = move |place: usize| b'0' + (u64::from(self.bits) >> (3 * place) & 0o7) as u8;
        (0..self.width).rev().map(digit)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digits().try_for_each(|digit| f.write_char(char::from(digit)))
    }
}

impl TreeEntry {
    /// Whether the entry is a commit of another repository.
    pub(crate) fn is_gitlink(&self) -> bool {
        self.mode.bits & KIND == 0o160_000
    }

    pub(crate) fn kind(&self) -> EntryKind {
        match self.mode.bits & KIND {
            0o100_000 => EntryKind::File,
            0o040_000 => EntryKind::Directory,
            0o120_000 => EntryKind::Symlink,
            _ => EntryKind::Other,
        }
    }

    pub(crate) fn is_executable(&self) -> bool {
        self.kind() == EntryKind::File && self.mode.bits & 0o100 != 0
    }

    /// The mode as which git treats its own, as a number.
    pub(crate) fn usual_mode(&self) -> u32 {
        Mode::usual(self.mode.bits).bits
    }

    /// Whether git treats the mode as another one.
    pub(super) fn is_odd(&self) -> bool {
        self.mode.bits != self.usual_mode()
    }

    /// The same entry with the mode as which git treats its own, and with this id.
    pub(super) fn usual(&self, id: [u8; 20]) -> Self {
        Self { mode: Mode::usual(self.mode.bits), name: self.name.clone(), id }
    }

    pub(crate) fn tree(&self) -> TreeId {
        TreeId::from_bytes(self.id)
    }

    pub(crate) fn blob(&self) -> BlobId {
        BlobId::from_bytes(self.id)
    }

    /// The sort key of git: the name, with a `/` at its end if it is a directory.
    fn key(&self) -> impl Iterator<Item = u8> {
        let slash = (self.kind() == EntryKind::Directory).then_some(b'/');
        self.name.as_bytes().iter().copied().chain(slash)
    }
}

/// Reads a tree. If git would refuse to check it out, this is an error that names the first bad entry.
pub(crate) fn parse_tree(bytes: &[u8]) -> Result<Vec<TreeEntry>, UnreadableTree> {
    match split_tree(bytes) {
        (entries, None) => Ok(entries),
        (_, Some(fault)) => Err(fault),
    }
}

/// Reads a tree: a sequence of `MODE NAME\0` and 20 bytes. Returns the entries whose names can be checked out, and the
/// first reason why the whole tree cannot.
pub(crate) fn split_tree(bytes: &[u8]) -> (Vec<TreeEntry>, Option<UnreadableTree>) {
    let (mut entries, mut fault) = (Vec::new(), None);
    let mut left = bytes;
    while !left.is_empty() {
        let Some((mode, name, id, rest)) = split(left) else {
            let why = "it is not a valid git tree";
            return (entries, fault.or_else(|| Some(UnreadableTree::impossible("", why))));
        };
        left = rest;
        match PathPart::parse(name) {
            Ok(name) => entries.push(TreeEntry { mode, name, id }),
            Err(why) => fault = fault.or_else(|| Some(UnreadableTree::impossible(&super::shown(name), why))),
        }
    }
    let fault = fault.or_else(|| check(&entries).err());
    (entries, fault)
}

#[expect(clippy::type_complexity, reason = "mode, name, id and the rest")]
fn split(bytes: &[u8]) -> Option<(Mode, &[u8], [u8; 20], &[u8])> {
    let blank = bytes.iter().position(|&byte| byte == b' ')?;
    let mode = Mode::parse(std::str::from_utf8(&bytes[..blank]).ok()?)?;
    let rest = &bytes[blank + 1..];
    let (name, rest) = rest.split_at_checked(rest.iter().position(|&byte| byte == 0)?)?;
    let (id, rest) = rest[1..].split_first_chunk()?;
    Some((mode, name, *id, rest))
}

/// Checks the entries together: no name occurs twice, they are sorted, and no symlink can replace another entry on a
/// file system that ignores case.
fn check(entries: &[TreeEntry]) -> Result<(), UnreadableTree> {
    let refuse = |entry: &TreeEntry, why| Err(UnreadableTree::impossible(&entry.name.to_string(), why));
    let mut names = HashSet::new();
    if let Some(twice) = entries.iter().find(|entry| !names.insert(entry.name.as_bytes())) {
        return refuse(twice, "two entries have this name");
    }
    if let Some((_, early)) =
        entries.iter().zip(entries.iter().skip(1)).find(|(one, next)| one.key().gt(next.key()))
    {
        return refuse(early, "it is not in git's sort order");
    }
    let mut links = entries.iter().filter(|entry| entry.kind() == EntryKind::Symlink).peekable();
    if links.peek().is_none() {
        return Ok(());
    }
    let folded = |entry: &TreeEntry| super::shown(entry.name.as_bytes()).to_lowercase();
    let mut same: HashMap<String, usize> = HashMap::new();
    entries.iter().for_each(|entry| *same.entry(folded(entry)).or_default() += 1);
    for link in links {
        if is_dot_gitmodules(link.name.as_bytes()) {
            return refuse(link, "git refuses a symlink with this name");
        }
        if same[&folded(link)] > 1 {
            return refuse(link, "a symlink and another entry differ only in case");
        }
    }
    Ok(())
}

pub(crate) fn blob_id(content: &[u8]) -> BlobId {
    BlobId::from_bytes(id("blob", content))
}

/// The id of a blob of `length` bytes, read in pieces. `None` if the content has another length.
pub(crate) fn blob_id_of(content: impl Read, length: u64) -> io::Result<Option<BlobId>> {
    let mut hash = Sha1::new();
    hash.update(format!("blob {length}\0"));
    let copied = io::copy(&mut content.take(length.saturating_add(1)), &mut Hashed(&mut hash))?;
    Ok((copied == length).then(|| BlobId::from_bytes(hash.finalize().into())))
}

struct Hashed<'a>(&'a mut Sha1);

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The id of a tree with these entries, in git's order.
pub(crate) fn tree_id(entries: &[TreeEntry]) -> TreeId {
    TreeId::from_bytes(id("tree", &render_tree(entries)))
}

/// Puts the entries of a tree into git's order.
pub(crate) fn sort_tree(entries: &mut [TreeEntry]) {
    entries.sort_by(|a, b| a.key().cmp(b.key()));
}

/// The bytes of a tree with these entries, in git's order.
pub(crate) fn render_tree(entries: &[TreeEntry]) -> Vec<u8> {
    let mut content = Vec::new();
    for entry in entries {
        content.extend(entry.mode.digits());
        content.push(b' ');
        content.extend_from_slice(entry.name.as_bytes());
        content.push(0);
        content.extend_from_slice(&entry.id);
    }
    content
}

fn id(kind: &str, content: &[u8]) -> [u8; 20] {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", content.len()));
    hash.update(content);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::EntryKind::{Directory, File, Symlink};
    use super::*;

    fn tree(entries: &[(&str, &str)]) -> Vec<u8> {
        let entry =
            |(mode, name): &(&str, &str)| [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &[7; 20]].concat();
        entries.iter().flat_map(entry).collect()
    }

    #[test]
    fn ids_are_those_of_git() {
        assert_eq!(blob_id(b"").to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        let streamed = |length| blob_id_of(&b"x\n"[..], length).expect("memory");
        assert_eq!(streamed(2), Some(blob_id(b"x\n")));
        assert_eq!((streamed(1), streamed(3)), (None, None));
        assert_eq!(tree_id(&[]).to_string(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        let entry = |mode, name: &str, content: &[u8]| TreeEntry {
            mode: Mode::parse(mode).expect("a mode"),
            name: PathPart::parse(name.as_bytes()).expect("a name"),
            id: *blob_id(content).as_bytes(),
        };
        let entries = [entry("100644", "a", b"x\n"), entry("100755", "b", b"")];
        // printf '100644 blob …\ta\n100755 blob …\tb\n' | git mktree
        assert_eq!(tree_id(&entries).to_string(), "4f40365cc7e9e68f48f8e544a84324dd9af56c82");
    }

    #[test]
    fn modes_are_kept_as_they_were_written() {
        let bytes =
            tree(&[("100664", "a"), ("040000", "b"), ("0100600", "c"), ("100755", "d"), ("120000", "e")]);
        let entries = parse_tree(&bytes).expect("a tree");
        assert_eq!(
            entries.iter().map(TreeEntry::kind).collect::<Vec<_>>(),
            [File, Directory, File, File, Symlink]
        );
        assert_eq!(entries.iter().map(TreeEntry::is_executable).filter(|is| *is).count(), 1);
        assert_eq!(render_tree(&entries), bytes);
    }

    #[test]
    fn a_tree_that_git_would_not_check_out_is_refused_by_the_name_of_its_entry() {
        for (entries, name) in [
            (&[("40000", "..")][..], ".."),
            (&[("100644", "a/b")], "a/b"),
            (&[("40000", ".Git")], ".Git"),
            (&[("120000", ".gitmodules")], ".gitmodules"),
            (&[("100644", "a"), ("100644", "a")], "a"),
            (&[("120000", "a"), ("100644", "a.b"), ("40000", "a")], "a"),
            (&[("100644", "b"), ("100644", "a")], "a"),
            (&[("40000", "A"), ("120000", "a")], "a"),
            (&[("120000", "A"), ("40000", "a")], "A"),
        ] {
            let Err(UnreadableTree::Impossible { path, .. }) = parse_tree(&tree(entries)) else {
                panic!("{entries:?} is taken")
            };
            assert_eq!(path, name);
        }
        for bytes in
            [&b"100644 a"[..], b"100644 a\0short", b"x a\0abcdefghijklmnopqrst", b" a\0abcdefghijklmnopqrst"]
        {
            assert!(parse_tree(bytes).is_err(), "{bytes:?}");
        }
        let sorted =
            [("100644", "README"), ("100644", "a-b"), ("40000", "a"), ("100644", "a0"), ("100644", "readme")];
        assert!(parse_tree(&tree(&sorted)).is_ok());
    }

    proptest! {
        #[test]
        fn a_tree_that_is_read_gives_its_bytes_again(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(entries) = parse_tree(&bytes) {
                prop_assert_eq!(render_tree(&entries), bytes);
            }
        }

        #[test]
        fn a_tree_of_any_entries_gives_its_bytes_again(
            entries in proptest::collection::btree_map("[a-z]{1,3}", "0{0,2}(100644|100664|100755|120000)", 0..6),
        ) {
            let entries: Vec<(&str, &str)> = entries.iter().map(|(name, mode)| (&**mode, &**name)).collect();
            let bytes = tree(&entries);
            prop_assert_eq!(render_tree(&parse_tree(&bytes).expect("a tree")), bytes);
        }
    }
}
