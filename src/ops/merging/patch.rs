//! The steps of the user's patches.

use super::maker::StepMaker;
use crate::git::merging;
use crate::lock::StepWay;
use crate::patch::{About, Header, UserPatch, parse_user};
use crate::repo::one_line;
use crate::report::{MergeNoteKind, Trouble};

impl StepMaker<'_> {
    /// Applies a patch to the result so far. `None` if it changes nothing.
    pub(super) fn patch(&mut self, position: usize) -> Result<Option<StepWay>, Trouble> {
        let job = self.job;
        let path = &job.declared.pin.pending.patches[position];
        let file = &job.patches[position];
        let entry = job.of_patches().map(|(entry, _)| entry);
        let merges = entry.map_or(0, |entry| entry.merges.len());
        let old = entry.and_then(|old| {
            let place = old.pin.pending.patches.iter().position(|known| known == path)?;
            Some((place, &old.patches[place]))
        });
        let same = old.filter(|(_, locked)| locked.content == file.digest);
        let old_step = same.and_then(|(place, locked)| self.old_step(merges + place, locked.step.as_ref()?));
        if let Some((place, locked)) = same
            && self.is_where_old_was(merges + place)
        {
            match (&locked.step, &old_step) {
                (None, _) => return Ok(None),
                (Some(_), Some(step)) => return self.reuse(step).map(Some),
                (Some(_), None) => {}
            }
        }
        let failed = |error: merging::Error| job.failed(path, error);
        let user = parse_user(&file.text).map_err(|error| failed(error.into()))?;
        let header = header_of(&user, path);
        match self.merging.apply_user(&user, header) {
            Ok(step) if step.is_empty() => {
                self.note(path, MergeNoteKind::EmptyPatch);
                Ok(None)
            }
            Ok(step) => {
                self.accept(step)?;
                Ok(Some(StepWay::Made))
            }
            // It was applied to another base, or on another branch: its step is merged. If that conflicts, a person can
            // resolve it.
            Err(error) => match old_step {
                Some(step) if self.before(&step).is_some() => self.replay(path, &step),
                _ => Err(failed(error)),
            },
        }
    }
}

/// What a step says about a patch of the user.
pub(super) fn header_of(user: &UserPatch, path: &str) -> Header {
    let title = one_line(path);
    user.about().unwrap_or(&About::default()).header(&title)
}
