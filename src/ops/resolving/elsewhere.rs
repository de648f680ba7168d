//! Conflicts of the other profiles, if nothing conflicts in the one that was asked about.

use super::{AllAnswers, Resolving};
use crate::lock::Lock;
use crate::repo::typed;

/// A conflict of another profile.
struct Elsewhere<'a> {
    profile: &'a str,
    /// As it is typed, such as `web#2950`.
    what: String,
}

impl<'a> Resolving<'a> {
    /// Says that nothing conflicts here, and what conflicts in another profile.
    pub(super) fn tell_of_no_conflict(&self, lock: Option<&Lock>) {
        let (name, printer) = (self.name(), self.session.printer);
        let movable = typed(&self.movable.to_string());
        let Some(Elsewhere { profile, what }) = self.elsewhere(lock) else {
            printer.note(&format!("{name}: nothing conflicts"));
            printer.next(&format!("`oca lock --upgrade {movable}` moves it"));
            return;
        };
        let here = self.session.profile().map(|profile| format!(" in profile `{}`", profile.name));
        let here = here.unwrap_or_default();
        printer
            .note(&format!("{name}: nothing conflicts{here}, but `{what}` conflicts in profile `{profile}`"));
        printer.next_for_all(&format!("`oca -p {} resolve {movable}` opens it", typed(profile)));
    }

    /// The first conflict of a profile that declares something else. An error there is no answer to this question.
    fn elsewhere(&self, lock: Option<&Lock>) -> Option<Elsewhere<'a>> {
        let profiles = self.session.config.profiles.iter();
        let mut others = profiles.filter(|profile| !self.declared.profiles.contains(&profile.name));
        others.find_map(|profile| {
            let other = Self::of_profile(self.session, self.movable.clone(), profile).ok()?;
            let opened = |moves: String| other.open(&moves, lock, &AllAnswers::default()).ok()??.opening.open;
            let what = other.moves().into_iter().find_map(opened)?.conflict.what;
            Some(Elsewhere { profile: &profile.name, what })
        })
    }
}
