//! `oca export --core`: Odoo itself, so that it starts from the export.

use std::path::Path;

use super::{Args, Plan, put};
use crate::config::{Profile, Template};
use crate::error::Error;
use crate::export::Kind;
use crate::fs::normal;
use crate::lock::Lock;
use crate::ops::RepoExport;
use crate::plan::{self, Below};
use crate::repo::{Layout, Packaging};
use crate::session::Session;

pub(super) fn run(
    args: &Args,
    dest: &Path,
    session: &Session<'_>,
    profile: &Profile,
    lock: &Lock,
) -> Result<(), Error> {
    if profile.core.is_empty() {
        return Err(Error::NoCore { profile: profile.name.clone() });
    }
    let skipped = profile.core.iter().filter(|repo| session.config.skips(&repo.name));
    let skipped: Vec<String> = skipped.map(|repo| repo.name.to_string()).collect();
    if !skipped.is_empty() {
        return Err(Error::SkippedCore { names: skipped });
    }
    refuse_nested(profile)?;
    // The layout is that of modules.
    let packaging = Packaging { layout: Layout::Repos, ..profile.packaging() };
    let repos =
        plan::core(profile, lock).into_iter().filter_map(|plan::Selected { repo, locked, .. }| {
            RepoExport::of_core(locked, &repo.addons, &packaging.rules, profile.odoo)
        });
    let plan = Plan {
        kind: Kind::Core,
        packaging: &packaging,
        repos: repos.collect(),
        below: Below::default(),
        profile,
        lock,
    };
    put(args, session, &plan, dest)?;
    if profile.image.core.is_none() {
        session.printer.note(
            "the path in the container does not have it: set `core` of `[image]` to the directory of this export there",
        );
    }
    Ok(())
}

/// Fails if the directory of Odoo itself in the container is in another directory of the image, or contains one: each
/// export is replaced and verified as a whole.
fn refuse_nested(profile: &Profile) -> Result<(), Error> {
    // A variable may be unset on this machine.
    let path = |template: &Template| Session::image_entry(template).ok();
    let Some(core) = profile.image.core.as_ref().and_then(path) else { return Ok(()) };
    let locals = profile.locals.iter().filter_map(|local| local.image.as_ref()?.into());
    for other in std::iter::once(&profile.image.root).chain(locals).filter_map(path) {
        let (inner, outer) = (normal(Path::new(&other)), normal(Path::new(&core)));
        if inner.starts_with(&outer) || outer.starts_with(&inner) {
            return Err(Error::ImageNested { core, other });
        }
    }
    Ok(())
}
