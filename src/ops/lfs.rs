//! Files that a repository keeps in Git LFS. `oca` does not fetch them: a checkout or an export has their pointers.

use crate::export;
use crate::output::Printer;
use crate::repo::{
    EntryKind, Objects, RepoName, TreeId, UnreadableTree, counted, first_names, is_lfs_pointer,
};

const ATTRIBUTES: &[u8] = b".gitattributes";

/// The paths of the pointers in a tree. Only a repository whose attributes name the filter of Git LFS is searched: such
/// attributes are at the top, or at the top of a module.
pub(crate) fn pointers(objects: &dyn Objects, root: TreeId) -> Result<Vec<String>, UnreadableTree> {
    let top = objects.tree(root)?;
    let mut attributes = Vec::new();
    let directories = top.iter().filter(|entry| entry.kind() == EntryKind::Directory);
    let trees = directories.map(|entry| objects.tree(entry.tree())).collect::<Result<Vec<_>, _>>()?;
    for entry in top.iter().chain(trees.iter().flat_map(|tree| tree.iter())) {
        if entry.kind() == EntryKind::File && entry.name.as_bytes() == ATTRIBUTES {
            attributes.extend(objects.blob(entry.blob())?);
        }
    }
    if !String::from_utf8_lossy(&attributes).contains("filter=lfs") {
        return Ok(Vec::new());
    }
    let Ok((files, _)) = export::all(objects, root) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for file in files {
        if is_lfs_pointer(&objects.blob(file.id)?) {
            found.push(file.path.to_string());
        }
    }
    Ok(found)
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
