//! The cooldown: which commit a pin takes if the head of its branch is too young.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Care;
use crate::git::{Aged, Meter, Remote};
use crate::plan::Declared;
use crate::repo::{Age, CommitId, Reference};
use crate::report::{Trouble, WhyHeld, Younger};

/// The commit to which a pin moves.
pub(crate) enum Chosen {
    /// The head of the branch or tag.
    Head,
    Older(Younger),
    /// It stays.
    Pin(WhyHeld),
}

/// Chooses the commit for a pin whose branch is at `head` now. A tag is a commit that somebody chose, so it has no
/// cooldown.
pub(crate) fn choose(
    remote: &Remote<'_>,
    declared: &Declared,
    head: CommitId,
    pin: Option<CommitId>,
    care: Care,
    meter: Meter<'_>,
) -> Result<Chosen, Trouble> {
    let reference = &declared.pin.reference;
    let cooldown = care.cooldown.unwrap_or(declared.cooldown);
    if cooldown.is_zero() || !matches!(reference, Reference::Branch(_)) || pin == Some(head) {
        return Ok(Chosen::Head);
    }
    let snapshot = remote.clone().at(head, reference, meter);
    Ok(match snapshot.newest_until(cooldown.before(now()), pin).map_err(Trouble::Remote)? {
        Aged::At(commit, _) if commit == head => Chosen::Head,
        Aged::At(commit, time) => {
            Chosen::Older(Younger { name: declared.pin.name.clone(), head, commit, time, cooldown })
        }
        Aged::Pin => Chosen::Pin(WhyHeld::Young { cooldown }),
        Aged::None if pin.is_some() => Chosen::Pin(WhyHeld::Young { cooldown }),
        Aged::None => return Err(too_young(reference, cooldown)),
    })
}

fn too_young(reference: &Reference, cooldown: Age) -> Trouble {
    Trouble::TooYoung { reference: reference.clone(), cooldown }
}

/// In seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
