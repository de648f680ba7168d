//! Files that git changes when it writes them into a work tree, by attributes that `oca` does not follow: those that a
//! repository keeps in Git LFS, and those of other filters and encodings. A checkout or an export has their blobs.

use std::collections::{BTreeMap, BTreeSet};

use crate::export;
use crate::output::Printer;
use crate::repo::{
    EntryKind, Objects, RepoName, TreeId, UnreadableTree, counted, first_names, in_short, is_lfs_pointer,
};

const ATTRIBUTES: &[u8] = b".gitattributes";

/// What git would write in another way.
#[derive(Debug, Default)]
pub(crate) struct Unfollowed {
    /// The paths of the pointers of Git LFS.
    pub(crate) pointers: Vec<String>,
    /// Attributes such as `filter=git-crypt`, each with the first file that sets it.
    attributes: BTreeMap<String, String>,
}

/// What a tree has of that. Its files are searched for pointers only if its attributes name the filter of Git LFS.
pub(crate) fn unfollowed(objects: &dyn Objects, root: TreeId) -> Result<Unfollowed, UnreadableTree> {
    let mut found = Unfollowed::default();
    let mut open = vec![(root, String::new())];
    while let Some((tree, directory)) = open.pop() {
        for entry in objects.tree(tree)?.iter() {
            let name = entry.name.as_bytes();
            match entry.kind() {
                EntryKind::Directory => {
                    open.push((entry.tree(), format!("{directory}{}/", entry.name)));
                }
                EntryKind::File if name == ATTRIBUTES => {
                    let text = objects.blob(entry.blob())?;
                    for attribute in changing(&String::from_utf8_lossy(&text)) {
                        let file = format!("{directory}.gitattributes");
                        found.attributes.entry(attribute).or_insert(file);
                    }
                }
                _ => {}
            }
        }
    }
    if found.attributes.remove("filter=lfs").is_some()
        && let Ok((files, _)) = export::all(objects, root)
    {
        for file in files {
            if is_lfs_pointer(&objects.blob(file.id)?) {
                found.pointers.push(file.path.to_string());
            }
        }
    }
    Ok(found)
}

/// The attributes in a `.gitattributes` that name a filter or an encoding.
fn changing(text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words = lines.flat_map(|line| line.split_whitespace().skip(1));
    let is_changing = |word: &&str| match word.split_once('=') {
        Some(("filter", _)) => true,
        Some(("working-tree-encoding", encoding)) => !encoding.eq_ignore_ascii_case("utf-8"),
        _ => false,
    };
    words.filter(is_changing).map(str::to_owned)
}

/// Warns of what git would write in another way.
pub(crate) fn warn_of_unfollowed(printer: &Printer, name: &RepoName, found: &Unfollowed) {
    warn_of_pointers(printer, name, &found.pointers);
    if found.attributes.is_empty() {
        return;
    }
    let attributes: Vec<String> = found.attributes.keys().map(|attribute| in_short(attribute)).collect();
    let files: BTreeSet<String> = found.attributes.values().map(|file| in_short(file)).collect();
    printer.warning(&format!(
        "`{name}`: oca does not follow {} in {}: git may write other content into such files",
        first_names(&attributes),
        first_names(&files.into_iter().collect::<Vec<_>>())
    ));
}

/// Warns about the pointers of a repository.
pub(crate) fn warn_of_pointers(printer: &Printer, name: &RepoName, paths: &[String]) {
    if paths.is_empty() {
        return;
    }
    let (files, verb) = (counted(paths.len(), "file", "files"), if paths.len() == 1 { "is" } else { "are" });
    printer.warning(&format!(
        "`{name}`: {files} {verb} kept in Git LFS, which oca does not fetch; only pointers are written: {}",
        first_names(paths)
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_that_change_content_are_found() {
        let text = "# *.a filter=x\n*.png filter=lfs diff=lfs -text\n\n*.key filter=git-crypt diff=git-crypt\r\n\
            *.txt text working-tree-encoding=UTF-16LE-BOM eol=crlf\n*.b working-tree-encoding=utf-8\n*.c -filter\nfilter=d text\n";
        let found: Vec<String> = changing(text).collect();
        assert_eq!(found, ["filter=lfs", "filter=git-crypt", "working-tree-encoding=UTF-16LE-BOM"]);
    }
}
