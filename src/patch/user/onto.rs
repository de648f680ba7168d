//! Applies a patch of the user to a tree.

use std::collections::{BTreeMap, BTreeSet};

use super::{Mail, UserContent, UserFile, UserPatch, locate};
use crate::patch::delta::{LONGEST, apply_delta};
use crate::patch::diff::diff;
use crate::patch::error::Error;
use crate::patch::model::{Content, FileMode, FilePatch, NO_ID, Side};
use crate::repo::{BlobId, EntryKind, Objects, RepoPath, TreeId, blob_id};

impl UserPatch {
    /// The blobs of the tree that [`UserPatch::onto`] reads.
    pub(crate) fn blobs(&self, objects: &dyn Objects, base: TreeId) -> Result<Vec<BlobId>, Error> {
        let olds = self.mails.iter().flat_map(|mail| &mail.files).filter_map(|file| file.old.as_ref());
        let paths: BTreeSet<&RepoPath> = olds.collect();
        let sides = paths.into_iter().map(|path| side_at(objects, base, path));
        sides.filter_map(|side| side.map(|side| side?.blob()).transpose()).collect()
    }

    /// Applies it to a tree. Returns the files of a step, with the ids of what it gives.
    pub(crate) fn onto(&self, objects: &dyn Objects, base: TreeId) -> Result<Vec<FilePatch>, Error> {
        let mut state = State { objects, base, changed: BTreeMap::new() };
        for mail in &self.mails {
            state.apply(mail)?;
        }
        let mut files = Vec::new();
        for (path, new) in &state.changed {
            let old = side_at(objects, base, path)?;
            let new_side = new.as_ref().map(|file| file.side(path)).transpose()?;
            if old == new_side {
                continue;
            }
            let old_content = match old.and_then(|side| side.blob()) {
                Some(id) => objects.blob(id)?,
                None => Vec::new(),
            };
            let new_content = new.as_ref().map(|file| &file.content[..]).unwrap_or_default();
            let mut add = |old: Option<Side>, new: Option<Side>| {
                let is_gitlink = [old, new].into_iter().flatten().any(|side| side.mode == FileMode::Gitlink);
                let of = |side: Option<Side>, content| if side.is_some() { content } else { &b""[..] };
                let content = if is_gitlink {
                    Content::None
                } else {
                    diff(of(old, &old_content), of(new, new_content))
                };
                files.push(FilePatch { path: path.clone(), old, new, content });
            };
            match (old, new_side) {
                (Some(before), Some(after)) if !before.mode.is_same_type(after.mode) => {
                    add(old, None);
                    add(None, new_side);
                }
                _ => add(old, new_side),
            }
        }
        Ok(files)
    }
}

/// A file with its content. The content of a submodule is the line that a patch shows for it.
#[derive(Clone)]
struct Present {
    mode: FileMode,
    content: Vec<u8>,
}

const SUBMODULE: &str = "Subproject commit ";

impl Present {
    fn side(&self, path: &RepoPath) -> Result<Side, Error> {
        let id = match self.mode {
            FileMode::Gitlink => {
                let text = std::str::from_utf8(&self.content).ok();
                let id = text.and_then(|text| text.strip_prefix(SUBMODULE)?.strip_suffix('\n'));
                let why = "a submodule is one line `Subproject commit ID`";
                id.and_then(|id| BlobId::parse(id).ok())
                    .filter(|id| *id.as_bytes() != NO_ID)
                    .ok_or_else(|| Error::Inconsistent { path: path.clone(), why })?
            }
            _ => blob_id(&self.content),
        };
        Ok(Side { mode: self.mode, id: *id.as_bytes() })
    }
}

/// A tree with the changes so far: `None` for a path that was removed.
struct State<'a> {
    objects: &'a dyn Objects,
    base: TreeId,
    changed: BTreeMap<RepoPath, Option<Present>>,
}

impl State<'_> {
    fn get(&self, path: &RepoPath) -> Result<Option<Present>, Error> {
        if let Some(changed) = self.changed.get(path) {
            return Ok(changed.clone());
        }
        let Some(side) = side_at(self.objects, self.base, path)? else { return Ok(None) };
        let content = match side.blob() {
            Some(id) => self.objects.blob(id)?,
            None => format!("{SUBMODULE}{}\n", BlobId::from_bytes(side.id)).into_bytes(),
        };
        Ok(Some(Present { mode: side.mode, content }))
    }

    /// Applies all files of a mail together: what moves or is copied is read as it was before the mail.
    fn apply(&mut self, mail: &Mail) -> Result<(), Error> {
        let goes = |file: &UserFile| file.old != file.new && !file.is_copy;
        let going: BTreeSet<&RepoPath> =
            mail.files.iter().filter(|file| goes(file)).filter_map(|file| file.old.as_ref()).collect();
        let (mut removed, mut made) = (BTreeSet::new(), BTreeMap::new());
        for file in &mail.files {
            let moves = file.old.is_some() && file.new.is_some() && file.old != file.new;
            let old = match &file.old {
                None => None,
                Some(path) => {
                    let earlier = made.get(path).filter(|_| !moves).cloned();
                    let is_gone = !moves && earlier.is_none() && removed.contains(path);
                    let found = if is_gone {
                        None
                    } else {
                        earlier.map_or_else(|| self.get(path), |file| Ok(Some(file)))?
                    };
                    Some(found.ok_or_else(|| Error::Missing { path: path.clone() })?)
                }
            };
            if let Some(path) = file.new.as_ref().filter(|_| file.old != file.new)
                && (made.contains_key(path) || !going.contains(path) && self.exists(path)?)
            {
                return Err(Error::Exists { path: path.clone() });
            }
            let new = patched(file, old.as_ref())?;
            if let Some(path) = file.old.as_ref().filter(|_| goes(file)) {
                if !moves {
                    made.remove(path);
                }
                removed.insert(path.clone());
            }
            if let (Some(path), Some(new)) = (&file.new, new) {
                made.insert(path.clone(), new);
            }
        }
        self.changed.extend(removed.into_iter().map(|path| (path, None)));
        self.changed.extend(made.into_iter().map(|(path, file)| (path, Some(file))));
        Ok(())
    }

    fn exists(&self, path: &RepoPath) -> Result<bool, Error> {
        match self.changed.get(path) {
            Some(changed) => Ok(changed.is_some()),
            None => Ok(side_at(self.objects, self.base, path)?.is_some()),
        }
    }
}

/// The file that a change gives. `None` if it removes the file.
fn patched(file: &UserFile, old: Option<&Present>) -> Result<Option<Present>, Error> {
    let Some(path) = file.new.as_ref().or(file.old.as_ref()) else { return Ok(None) };
    let before = old.map(|old| &old.content[..]).unwrap_or_default();
    let is_other_type = |old: &&Present| file.old_mode.is_some_and(|mode| !mode.is_same_type(old.mode));
    if let (Some(old), Some(expected)) = (old.filter(is_other_type), file.old_mode) {
        let (expected, found) = (expected.to_string(), old.mode.to_string());
        return Err(Error::OtherBase { path: path.clone(), expected, found });
    }
    let content = match &file.content {
        UserContent::Same => before.to_owned(),
        UserContent::Hunks(hunks) => locate::apply(before, hunks).map_err(|index| {
            let line = hunks.get(index).map_or(file.line, |placed| placed.line);
            Error::NoPlace { path: path.clone(), hunk: index + 1, line }
        })?,
        UserContent::Literal(_) | UserContent::Delta(_) => {
            let found = blob_id(before).to_string();
            // Nothing else says whether a binary file is the one that was changed.
            let expected = file.old_id.clone().filter(|id| old.is_some() && !found.starts_with(&**id));
            if let Some(expected) = expected {
                return Err(Error::OtherBase { path: path.clone(), expected, found });
            }
            match &file.content {
                UserContent::Delta(delta) => apply_delta(before, delta, LONGEST)
                    .ok_or(Error::Syntax { line: file.line, why: "the binary content is damaged" })?,
                UserContent::Literal(content) => content.clone(),
                _ => Vec::new(),
            }
        }
    };
    if file.new.is_none() {
        // A file whose content is not in the patch can be removed only if it is empty, as with `git apply`.
        return if content.is_empty() { Ok(None) } else { Err(Error::Leftover { path: path.clone() }) };
    }
    let mode = file.new_mode.or(old.map(|old| old.mode)).unwrap_or(FileMode::Plain);
    // Of two modes of files, the patch names the one that it knew.
    let mode = match old {
        Some(old) if file.old_mode == file.new_mode && mode.is_same_type(old.mode) => old.mode,
        _ => mode,
    };
    Ok(Some(Present { mode, content }))
}

/// The file at a path of a tree.
fn side_at(objects: &dyn Objects, root: TreeId, path: &RepoPath) -> Result<Option<Side>, Error> {
    let (mut tree, mut parts) = (root, path.parts().peekable());
    while let Some(part) = parts.next() {
        let entries = objects.tree(tree)?;
        let Some(entry) = entries.iter().find(|entry| entry.name.as_bytes() == part) else { return Ok(None) };
        match (parts.peek(), entry.kind()) {
            (None, _) => return Ok(Side::of(entry)),
            (Some(_), EntryKind::Directory) => tree = entry.tree(),
            (Some(_), _) => return Ok(None),
        }
    }
    Ok(None)
}
