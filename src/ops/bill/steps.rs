//! What is merged and patched into a repository, and which modules it changes.

use crate::error::Error;
use crate::lock::{Lock, LockedRepo, LockedStep, STEPS};
use crate::patch::{FilePatch, Patch};
use crate::repo::{MANIFESTS, PendingMerge, WebPage, in_short};
use crate::sbom::{Change, ChangeKind, Location};
use crate::session::Session;

/// A step of a repository: what it is, and the patch that it is.
pub(super) struct Step {
    change: Change,
    patch: Patch,
}

impl Step {
    /// Its change of the repository.
    pub(super) fn of_repository(&self) -> Change {
        self.change.clone()
    }

    /// Its change of the module at a path. `None` if it does not change the module.
    pub(super) fn of_module(&self, path: &str) -> Option<Change> {
        let below = format!("{path}/");
        let is_in = |file: &&FilePatch| file.path.as_bytes().starts_with(below.as_bytes());
        let files: Vec<&FilePatch> = self.patch.files().iter().filter(is_in).collect();
        let is_manifest = |file: &&&FilePatch| {
            let name = &file.path.as_bytes()[below.len()..];
            MANIFESTS.iter().any(|manifest| manifest.as_bytes() == name)
        };
        let is_added = |file: &FilePatch| file.old.is_none();
        // A manifest that gets another name is a removed one and an added one.
        let mut manifests = files.iter().filter(is_manifest).peekable();
        let is_origin = manifests.peek().is_some() && manifests.all(|file| is_added(file));
        (!files.is_empty()).then(|| Change { is_origin, ..self.change.clone() })
    }
}

/// The steps of a repository that change something, in their order. Fails if the file of one is missing or changed.
pub(super) fn steps(session: &Session<'_>, lock: &Lock, locked: &LockedRepo) -> Result<Vec<Step>, Error> {
    let patches = lock.patches(locked, &session.lock_file())?;
    let files = lock.step_files();
    let merges = locked.pin.pending.merges.iter().zip(&locked.merges);
    let merges = merges.filter_map(|(declared, merge)| Some((merge.step.as_ref()?, declared, merge.commit)));
    let merges = merges.map(|(step, declared, commit)| {
        let url = declared.source.url.as_ref().unwrap_or(&locked.pin.url).without_secret();
        let location = Location::new(&locked.pin.name, &url, commit);
        let page = match declared.source.as_request() {
            Some(number) => WebPage::of_merged(&url, number),
            None => WebPage::of_commit(&url, commit),
        };
        let words = words(declared);
        (step, Change { page, ..change(ChangeKind::Merge, words, Some(location)) })
    });
    let own = locked.pin.pending.patches.iter().zip(&locked.patches);
    let own = own.filter_map(|(path, patch)| Some((patch.step.as_ref()?, path)));
    let own = own.map(|(step, path)| (step, change(ChangeKind::Patch, in_short(path), None)));
    let steps = merges.chain(own).zip(patches).map(|((step, change), patch)| {
        let is_it = |(_, known): &&(String, &LockedStep)| std::ptr::eq(*known, step);
        let file = files.iter().find(is_it).map(|(file, _)| format!("{STEPS}/{file}"));
        Step { change: Change { file: file.unwrap_or_default(), ..change }, patch }
    });
    Ok(steps.collect())
}

fn change(kind: ChangeKind, words: String, location: Option<Location>) -> Change {
    Change { kind, words, location, page: None, file: String::new(), is_origin: false }
}

/// A merge as it is declared.
fn words(declared: &PendingMerge) -> String {
    in_short(&declared.to_string())
}
