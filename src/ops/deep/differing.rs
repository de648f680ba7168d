//! The source files that differ in the changed modules.

use std::collections::{BTreeMap, BTreeSet};

use super::listing::{Listing, read_blobs};
use super::reading::Sources;
use crate::diff::deep::ApiChanges;
use crate::diff::{Home, Step};
use crate::error::Error;
use crate::git::Snapshot;
use crate::ops::compared::{Compared, by_repository};
use crate::ops::content::Contents;
use crate::ops::remotes::Remotes;
use crate::ops::target::confirm_trees;
use crate::repo::{BlobId, UnreadableTree};
use crate::report::{Done, Failure, Trouble};
use crate::session::Session;
use crate::source::{FileFacts, ModuleFacts, Source};

/// A module of which files differ.
#[derive(Debug)]
pub(super) struct Changed<'l> {
    pub(super) homes: Step<Home<'l>>,
    /// Whether it may have taken something away.
    pub(super) may_break: bool,
    /// The paths of all files of the new module.
    pub(super) paths: Vec<String>,
}

/// A module with the source files that only one side has in this form.
struct Differing<'l> {
    homes: Step<Home<'l>>,
    listings: Step<Listing>,
    files: Step<BTreeMap<String, BlobId>>,
}

/// Finds the modules of which files differ. Fetches the trees that are missing, in one request for each repository, and
/// then the source files that differ.
pub(super) fn changed<'l>(
    remotes: &Remotes<'_>,
    session: &Session<'_>,
    contents: &Step<Contents<'l>>,
    homes: Vec<Step<Home<'l>>>,
    sources: &Sources,
) -> Result<(Vec<Changed<'l>>, Vec<Failure>), Error> {
    let compared = by_repository(session, homes)?;
    let answers = remotes.each(
        &compared,
        |compared, watch| {
            let meter = |bytes| watch.received(bytes);
            let Compared { repos, urls, .. } = compared;
            let remote = |url| remotes.git.remote(url).map_err(Trouble::Remote);
            let from = contents.from.of(remote(&urls.from)?, repos.from, &meter)?;
            let to = contents.to.of(remote(&urls.to)?, repos.to, &meter)?;
            let snapshots = Step { from, to };
            let differing = compared.fetch(&snapshots, sources)?;
            let Step { from, to } = snapshots;
            Ok((Step { from: from.unmetered(), to: to.unmetered() }, differing))
        },
        |_, (snapshots, differing), _| Ok((Done::UpToDate, judged(&snapshots, differing, sources)?)),
    )?;
    let (found, failures) = answers.sorted();
    Ok((found.into_iter().flat_map(|(_, changed)| changed).collect(), failures))
}

impl<'l> Compared<'l> {
    /// Brings the trees, and then the source files that differ.
    fn fetch(
        &self,
        snapshots: &Step<Snapshot<'_, '_>>,
        sources: &Sources,
    ) -> Result<Vec<Differing<'l>>, Trouble> {
        let Step { from, to } = snapshots;
        if self.urls.is_same() {
            to.bring_together(&[from.commit(), to.commit()]).map_err(Trouble::Remote)?;
        }
        let old = from.tree().map_err(Trouble::Remote)?;
        let new = to.tree().map_err(Trouble::Remote)?;
        confirm_trees(self.repos.from, &old)?;
        confirm_trees(self.repos.to, &new)?;
        let (mut differing, mut missing) = (Vec::new(), Step { from: Vec::new(), to: Vec::new() });
        for homes in &self.modules {
            let (Some(from), Some(to)) = (Listing::of(&homes.from, &old)?, Listing::of(&homes.to, &new)?)
            else {
                continue;
            };
            if from.tree == to.tree {
                continue;
            }
            let files = Step { from: only_in(&from, &to), to: only_in(&to, &from) };
            missing.from.extend(sources.missing(&from, &files.from));
            missing.to.extend(sources.missing(&to, &files.to));
            differing.push(Differing { homes: *homes, listings: Step { from, to }, files });
        }
        if self.urls.is_same() {
            to.bring_blobs(&[&missing.from[..], &missing.to].concat()).map_err(Trouble::Remote)?;
        }
        from.blobs(&missing.from).map_err(Trouble::Remote)?;
        to.blobs(&missing.to).map_err(Trouble::Remote)?;
        Ok(differing)
    }
}

/// The source files of a module that the other side does not have in this form.
fn only_in(one: &Listing, other: &Listing) -> BTreeMap<String, BlobId> {
    let differs = |(path, blob): &(&String, &BlobId)| other.sources.get(*path) != Some(blob);
    one.sources.iter().filter(differs).map(|(path, blob)| (path.clone(), *blob)).collect()
}

/// Reads the files that differ, and says which modules may have taken something away.
fn judged<'l>(
    snapshots: &Step<Snapshot<'_, 'static>>,
    differing: Vec<Differing<'l>>,
    sources: &Sources,
) -> Result<Vec<Changed<'l>>, Trouble> {
    // The trees are opened again: an open object database does not see newer packs.
    let old = snapshots.from.tree().map_err(Trouble::Remote)?;
    let new = snapshots.to.tree().map_err(Trouble::Remote)?;
    let mut changed = Vec::new();
    for Differing { homes, listings, files } in differing {
        let read = |tree, listing: &Listing, files: &BTreeMap<String, BlobId>| {
            let mut known = sources.load(listing);
            let missing = files.iter().filter(|(path, _)| !known.contains_key(*path));
            let missing: Vec<(&str, BlobId)> = missing.map(|(path, blob)| (path.as_str(), *blob)).collect();
            let is_new = !missing.is_empty();
            for (path, source) in read_blobs(tree, missing.into_iter())? {
                known.insert(path.to_owned(), source);
            }
            if is_new {
                sources.keep(listing, &known);
            }
            known.retain(|path, _| files.contains_key(path));
            Ok::<_, UnreadableTree>(known)
        };
        let from = read(&old, &listings.from, &files.from)?;
        let to = read(&new, &listings.to, &files.to)?;
        let may_break = may_break(&homes.to.module.name, from, to);
        changed.push(Changed { homes, may_break, paths: listings.to.paths });
    }
    Ok(changed)
}

/// Whether the files that differ show that something may be gone. The other files are the same on both sides.
fn may_break(name: &str, old: BTreeMap<String, Source>, new: BTreeMap<String, Source>) -> bool {
    let is_unread = |files: &BTreeMap<String, Source>| files.values().any(Result::is_err);
    if is_unread(&old) || is_unread(&new) || loads(&old) != loads(&new) {
        return true;
    }
    let [old, new] = [old, new].map(|files| ModuleFacts::of_all(name, files));
    !ApiChanges::between(name, &old, &new).is_empty()
}

/// What the files name that is loaded: imports, and the data of the manifest.
fn loads(files: &BTreeMap<String, Source>) -> BTreeSet<String> {
    let read = files.iter().filter_map(|(path, source)| Some((path, source.as_ref().ok()?)));
    let names = |(path, facts): (&String, &FileFacts)| {
        let imports = facts.imports.iter().map(|import| format!("{path}: {import:?}"));
        imports.chain(facts.data.iter().cloned()).collect::<Vec<_>>()
    };
    read.flat_map(names).collect()
}
