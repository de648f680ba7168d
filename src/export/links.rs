//! Refuses symlinks that would point out of an export.

use std::collections::{BTreeMap, HashSet};

use super::Error;
use super::choose::{Chosen, File, FileKind};
use super::scope::CoreScope;
use crate::repo::{EntryKind, Objects, RepoPath, TreeId, UnreadableTree, check_target, shown};

/// The length in bytes from which the kernel does not follow the target of a symlink.
const LONGEST_TARGET: usize = 4096;

/// The parts of a path.
type Parts = Vec<Vec<u8>>;

/// Refuses symlinks that point outside their module. `files` are the files of one module, `module` is its path.
pub(crate) fn check_links<'f>(
    objects: &dyn Objects,
    module: &str,
    files: impl IntoIterator<Item = &'f File>,
) -> Result<(), Error> {
    let links = Links::read(objects, module, files)?;
    for (link, target) in &links.targets {
        if let Led::Outside = links.follow(link, target) {
            return Err(Error::LinkOutside { path: links.place(link), target: shown(target) });
        }
    }
    Ok(())
}

/// Refuses symlinks of Odoo itself that point outside their repository, or to what the export leaves out of it. `root`
/// is the tree of the repository.
pub(crate) fn check_core_links(
    objects: &dyn Objects,
    root: TreeId,
    scope: &CoreScope,
    chosen: &Chosen,
) -> Result<(), Error> {
    let links = Links::read(objects, "", chosen.files())?;
    if links.targets.is_empty() {
        return Ok(());
    }
    let above = |path: &RepoPath| {
        let parts: Vec<&[u8]> = path.parts().collect();
        (0..=parts.len()).map(|count| parts[..count].join(&b'/')).collect::<Vec<_>>()
    };
    let exported: HashSet<Vec<u8>> = chosen.files().flat_map(|file| above(&file.path)).collect();
    for (link, target) in &links.targets {
        let path = links.place(link);
        match links.follow(link, target) {
            Led::Outside => {
                return Err(Error::CoreLinkOutside { path, target: shown(target) });
            }
            Led::To(place) => {
                let joined = place.join(&b'/');
                if !exported.contains(&joined) && !scope.is_whole(&joined) && exists(objects, root, &place)? {
                    return Err(Error::LinkLeftOut { path, target: shown(&joined) });
                }
            }
            Led::InCircles => {}
        }
    }
    Ok(())
}

/// Whether a tree has something at a path, perhaps through a symlink.
fn exists(objects: &dyn Objects, root: TreeId, path: &Parts) -> Result<bool, UnreadableTree> {
    let mut id = root;
    for part in path {
        let entries = objects.tree(id)?;
        match entries.iter().find(|entry| entry.name.as_bytes() == part) {
            None => return Ok(false),
            Some(entry) if entry.kind() == EntryKind::Directory => id = entry.tree(),
            Some(_) => return Ok(true),
        }
    }
    Ok(true)
}

/// Where a symlink leads.
enum Led {
    To(Parts),
    Outside,
    /// A loop leads nowhere, so it does not lead outside.
    InCircles,
}

/// The symlinks below a directory, with their targets.
struct Links<'m> {
    /// The path of the directory in the repository; empty for the repository itself.
    directory: &'m str,
    targets: BTreeMap<Parts, Vec<u8>>,
}

impl<'m> Links<'m> {
    /// Reads the targets. Refuses those that no file system could hold.
    fn read<'f>(
        objects: &dyn Objects,
        directory: &'m str,
        files: impl IntoIterator<Item = &'f File>,
    ) -> Result<Self, Error> {
        let above = directory.split('/').filter(|part| !part.is_empty()).count();
        let mut links = Self { directory, targets: BTreeMap::new() };
        for file in files.into_iter().filter(|file| file.kind == FileKind::Symlink) {
            let below = file.path.parts().skip(above).map(<[u8]>::to_owned).collect();
            links.targets.insert(below, objects.blob(file.id)?);
        }
        for (link, target) in &links.targets {
            check_target(target).map_err(|why| UnreadableTree::impossible(&links.place(link), why))?;
        }
        if let Some((link, _)) = links.targets.iter().find(|(_, target)| target.len() >= LONGEST_TARGET) {
            return Err(Error::LinkTooLong { path: links.place(link) });
        }
        Ok(links)
    }

    /// The path of a link in the repository, to show.
    fn place(&self, link: &Parts) -> String {
        let below = shown(&link.join(&b'/'));
        if self.directory.is_empty() { below } else { format!("{}/{below}", self.directory) }
    }

    /// Follows a symlink as the kernel does, also through the other links.
    fn follow(&self, link: &[Vec<u8>], target: &[u8]) -> Led {
        let mut at: Parts = link[..link.len() - 1].to_vec();
        let parts = |target: &[u8]| {
            let parts = target.split(|byte| *byte == b'/').map(<[u8]>::to_owned);
            parts.rev().collect::<Vec<_>>()
        };
        let is_absolute =
            |target: &[u8]| target.starts_with(b"/") || (cfg!(windows) && target.contains(&b'\\'));
        if is_absolute(target) {
            return Led::Outside;
        }
        let mut left = parts(target);
        let mut followed = 0;
        while let Some(part) = left.pop() {
            match &*part {
                b"" | b"." => {}
                b".." => {
                    if at.pop().is_none() {
                        return Led::Outside;
                    }
                }
                _ => {
                    at.push(part);
                    if let Some(target) = self.targets.get(&at) {
                        followed += 1;
                        // The kernel stops after 40 links.
                        if followed > 40 {
                            return Led::InCircles;
                        }
                        if is_absolute(target) {
                            return Led::Outside;
                        }
                        at.pop();
                        left.extend(parts(target));
                    }
                }
            }
        }
        Led::To(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_as_the_kernel_does() {
        let path = |text: &str| text.split('/').map(|part| part.as_bytes().to_owned()).collect::<Vec<_>>();
        let outside = |all: &[(&str, &str)]| {
            let targets =
                all.iter().map(|(link, target)| (path(link), target.as_bytes().to_owned())).collect();
            let links = Links { directory: "", targets };
            matches!(links.follow(&path(all[0].0), all[0].1.as_bytes()), Led::Outside)
        };
        for inside in ["x", "./x", "d/../x", "missing/", "", ".", "d//x"] {
            assert!(!outside(&[("link", inside)]), "{inside}");
        }
        assert!(!outside(&[("a/b/link", "../../x")]));
        for away in ["..", "/etc/passwd", "../other/x", "d/../../x", "a/b/../../.."] {
            assert!(outside(&[("link", away)]), "{away}");
        }
        assert!(outside(&[("a/link", "../../x")]));
        // By its text alone, `d/../..` is two levels above `deep/er`, inside the module. The kernel follows the link
        // `d`.
        assert!(outside(&[("deep/er/link", "../../d/../.."), ("d", "deep")]));
        assert!(!outside(&[("x", "d/.."), ("d", "deep/er")]));
        assert!(!outside(&[("x", "y"), ("y", "x")]));
    }
}
