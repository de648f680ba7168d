//! A folder on the disk as a tree of files.

use std::fs::DirEntry;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::fs;
use crate::repo::{Content, Entry, EntryKind, FileTree, UnreadableTree};

/// A folder that is read as Odoo reads it: a symlink is what it leads to, wherever that is.
///
/// A link that leads nowhere stays [`EntryKind::Symlink`].
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

impl FileTree for Folder {
    fn entries(&self, directory: &str) -> Result<Vec<Entry>, UnreadableTree> {
        let path = self.root.join(directory);
        let children = match std::fs::read_dir(&path) {
            Ok(children) => children,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(unreadable(&path, &error)),
        };
        let mut entries = Vec::new();
        for child in children {
            let child = child.map_err(|error| unreadable(&path, &error))?;
            if let Ok(name) = child.file_name().into_string() {
                entries.push(Entry { name, kind: kind_of(&child), tree: None });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn read(&self, path: &str, limit: usize) -> Result<Option<Content>, UnreadableTree> {
        let path = self.root.join(path);
        match std::fs::metadata(&path) {
            Ok(file) if file.is_file() && file.len() > limit as u64 => Ok(Some(Content::TooLong)),
            Ok(file) if file.is_file() => {
                let bytes = fs::read_if_there(&path).map_err(|error| unreadable(&path, &error.source))?;
                Ok(bytes.map(Content::Bytes))
            }
            _ => Ok(None),
        }
    }
}

/// What a child is. Nearly all need no question to the file system, which has named their types with their names.
fn kind_of(child: &DirEntry) -> EntryKind {
    let file_type = match child.file_type() {
        Ok(file_type) if !file_type.is_symlink() => file_type,
        named => match std::fs::metadata(child.path()) {
            Ok(target) => target.file_type(),
            Err(_) if named.is_ok() => return EntryKind::Symlink,
            Err(_) => return EntryKind::Other,
        },
    };
    if file_type.is_dir() {
        EntryKind::Directory
    } else if file_type.is_file() {
        EntryKind::File
    } else {
        EntryKind::Other
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> UnreadableTree {
    UnreadableTree::damaged(&path.display().to_string(), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_directory(path.parent().expect("a parent")).expect("a new directory");
        fs::write_if_changed(&path, text.as_bytes()).expect("a new file");
    }

    fn listed(folder: &Folder, directory: &str) -> Vec<(String, EntryKind)> {
        let entries = folder.entries(directory).expect("a readable folder");
        entries.into_iter().map(|entry| (entry.name, entry.kind)).collect()
    }

    #[test]
    fn lists_by_name_and_reads() {
        let root = tempfile::tempdir().expect("a temporary directory");
        write(root.path(), "b/__init__.py", "");
        write(root.path(), "a.txt", "text");
        let folder = Folder::new(root.path());
        let expected = [("a.txt".to_owned(), EntryKind::File), ("b".to_owned(), EntryKind::Directory)];
        assert_eq!(listed(&folder, ""), expected);
        assert_eq!(listed(&folder, "b"), [("__init__.py".to_owned(), EntryKind::File)]);
        assert_eq!(folder.read("a.txt", 4).expect("readable"), Some(Content::Bytes(b"text".to_vec())));
        assert_eq!(folder.read("a.txt", 3).expect("readable"), Some(Content::TooLong));
    }

    #[test]
    fn missing_files_are_no_error() {
        let root = tempfile::tempdir().expect("a temporary directory");
        write(root.path(), "a.txt", "");
        let folder = Folder::new(root.path());
        assert_eq!(listed(&folder, "nowhere"), []);
        assert_eq!(listed(&folder, "a.txt"), []);
        for path in ["nowhere", "a.txt/b", ""] {
            assert_eq!(folder.read(path, 9).expect("readable"), None, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn symlinks_count_as_their_targets() {
        use std::os::unix::fs::symlink;

        let root = tempfile::tempdir().expect("a temporary directory");
        let outside = tempfile::tempdir().expect("a temporary directory");
        write(outside.path(), "module/__manifest__.py", "{}");
        symlink(outside.path().join("module"), root.path().join("module")).expect("a link");
        symlink("nowhere", root.path().join("dangling")).expect("a link");
        symlink("itself", root.path().join("itself")).expect("a link");
        let folder = Folder::new(root.path());
        let expected = [
            ("dangling".to_owned(), EntryKind::Symlink),
            ("itself".to_owned(), EntryKind::Symlink),
            ("module".to_owned(), EntryKind::Directory),
        ];
        assert_eq!(listed(&folder, ""), expected);
        assert_eq!(
            folder.read("module/__manifest__.py", 9).expect("readable"),
            Some(Content::Bytes(b"{}".to_vec()))
        );
    }
}
