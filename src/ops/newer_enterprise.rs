//! Odoo Enterprise that is newer than Odoo itself: it can need changes that this Odoo does not have.

use crate::config::{Profile, Repo};
use crate::lock::Lock;
use crate::plan;
use crate::repo::{CorePart, counted};
use crate::session::Session;

const DAY: i64 = 24 * 60 * 60;
/// So many days are not worth a warning: OCB follows Odoo once a day.
const USUAL: i64 = 1;

/// Warns if an entry of Odoo or Enterprise is new, and the commit of Enterprise is newer than that of Odoo by some days.
/// An older Enterprise is no problem. The dates are those of the commits in the cache, so nothing is requested.
pub(super) fn warn_of_newer_enterprise(session: &Session<'_>, old: Option<&Lock>, lock: &Lock) {
    let mut told: Vec<i64> = Vec::new();
    for profile in &session.config.profiles {
        let Some((days, is_odoo_new)) = days(session, old, lock, profile).filter(|(days, _)| *days > USUAL)
        else {
            continue;
        };
        if told.contains(&days) {
            continue;
        }
        told.push(days);
        let days = counted(usize::try_from(days).unwrap_or(usize::MAX), "day", "days");
        session.printer.warning(&format!(
            "`enterprise` is newer than `odoo` by {days}: it can need changes that this Odoo does not have"
        ));
        session.printer.hint(if is_odoo_new {
            "run `oca lock enterprise@COMMIT` with a commit of the day of Odoo's"
        } else {
            "run `oca lock --upgrade odoo`, or `oca lock enterprise@COMMIT` with an older commit"
        });
    }
}

/// By how many days Enterprise is newer, and whether the entry of Odoo is new. `None` if neither entry is new, or if a
/// date is not known.
fn days(session: &Session<'_>, old: Option<&Lock>, lock: &Lock, profile: &Profile) -> Option<(i64, bool)> {
    let of = |part| profile.core.iter().find(|repo| repo.core.as_ref().is_some_and(|core| core.part == part));
    let (odoo, enterprise) = (of(CorePart::Odoo)?, of(CorePart::Enterprise)?);
    let is_new = |repo: &Repo| {
        let pin = plan::pin(repo);
        let before = old.and_then(|old| old.repo(&pin)).filter(|before| before.is_whole());
        before.map(|before| before.commit) != lock.repo(&pin).map(|locked| locked.commit)
    };
    if !is_new(odoo) && !is_new(enterprise) {
        return None;
    }
    let time = |repo: &Repo| {
        let commit = lock.repo(&plan::pin(repo))?.commit;
        session.git().ok()?.known_time(&session.remote_url(&repo.url).ok()?, commit)
    };
    let days = time(enterprise)?.saturating_sub(time(odoo)?).div_euclid(DAY);
    Some((days, is_new(odoo)))
}
