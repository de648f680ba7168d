//! The changelog: the merged requests, and the news of the modules.

use super::side::ReadLock;
use crate::diff::{Changelogs, LockDiff, Step};
use crate::error::Error;
use crate::flags::Global;
use crate::ops::{Contents, ask_changelogs, kept_changelogs, tell_unread_changelogs};
use crate::output::Printer;
use crate::session::Session;

/// What the cache has; or, if `asks`, what the servers say about the rest.
pub(super) fn changelogs<'l>(
    asks: bool,
    read: &Step<ReadLock>,
    diffs: &[LockDiff<'l>],
    global: &Global,
    printer: &Printer,
) -> Result<Changelogs<'l>, Error> {
    if !asks {
        // Two locks can be compared without a `repos.toml`. Then the urls of the repositories are not known.
        let session = Session::open(global, printer);
        return Ok(session.map(|session| kept_changelogs(&session, diffs)).unwrap_or_default());
    }
    let session = Session::open(global, printer)?;
    let contents = Step { from: &read.from, to: &read.to };
    let contents = contents.map(|read| Contents::new(&session, &read.lock).with_texts(read.texts.clone()));
    let (changelogs, failures) = ask_changelogs(&session, diffs, Some(&contents))?;
    tell_unread_changelogs(&session, &failures);
    Ok(changelogs)
}
