//! The changelog of the repositories that moved: from the cache, or from the remotes.

use super::compared::declared_url;
use super::content::Contents;
use super::remotes::{Job, OfPin, Remotes};
use crate::diff::{Changed, Changelogs, LockDiff, MOST_HISTORY, ModuleChange, OpenNews, Step, moved};
use crate::error::Error;
use crate::git::{Git, GitTree, Log, Lost, Meter, Remote};
use crate::lock::{LockedRepo, Pin};
use crate::repo::{BlobId, Objects, RemoteUrl, UnreadableTree};
use crate::report::{Done, Failure, Trouble};
use crate::session::{Session, cache_directory};

/// A repository that moved, with those of its modules that changed.
struct Moved<'d, 'l> {
    repos: &'d Step<&'l LockedRepo>,
    url: RemoteUrl,
    /// None of Odoo itself: the lock does not have their trees.
    modules: Vec<&'d Changed<'l>>,
}

impl OfPin for Moved<'_, '_> {
    fn pin(&self) -> &Pin {
        &self.repos.to.pin
    }
}

/// What is in the cache. Asks no server.
pub(crate) fn kept_changelogs<'l>(session: &Session<'_>, diffs: &[LockDiff<'l>]) -> Changelogs<'l> {
    let mut changelogs = Changelogs::default();
    // Without a cache, nothing is known, and none is made.
    if !cache_directory(session.global).is_ok_and(|cache| cache.is_dir()) {
        return changelogs;
    }
    let Ok(git) = session.git() else { return changelogs };
    for moved in moves(session, diffs) {
        let Step { from, to } = moved.repos.commits();
        if let Some(log) = git.kept_log(&moved.url, from, to) {
            moved.add(log, git, &mut changelogs);
        }
    }
    changelogs
}

/// Asks the remotes for what is not in the cache: commits and their root trees. With `contents`, also for all trees and
/// for the `HISTORY` of the modules that changed. A repository that fails has no changelog.
pub(crate) fn ask_changelogs<'l>(
    session: &Session<'_>,
    diffs: &[LockDiff<'l>],
    contents: Option<&Step<Contents<'_>>>,
) -> Result<(Changelogs<'l>, Vec<Failure>), Error> {
    let mut changelogs = Changelogs::default();
    let moves = moves(session, diffs);
    if moves.is_empty() {
        return Ok((changelogs, Vec::new()));
    }
    let remotes = Remotes::of(session)?.without_lines();
    let answers = remotes.ask(&moves, |moved, watch| {
        let meter = |bytes| watch.received(bytes);
        let remote = remotes.git.remote(&moved.url).map_err(Trouble::Remote)?;
        let Step { from, to } = moved.repos.commits();
        watch.step("asking");
        let snapshot = remote.clone().at(to, &moved.repos.to.pin.reference, &meter);
        let log = snapshot.log(from, moved.repos.from.root()).map_err(Trouble::Remote)?;
        // Without the old commit, nothing says what is new.
        let contents = contents.filter(|_| log.lost != Lost::Everything);
        watch.step("fetching");
        let news = contents.map_or(Ok(()), |contents| moved.bring_news(&remote, contents, &meter));
        Ok((Done::UpToDate, (log, news)))
    })?;
    let (logs, mut failures) = answers.sorted();
    for (moved, (log, news)) in logs {
        moved.add(log, remotes.git, &mut changelogs);
        let failure = |trouble| Failure::new(moved.name().clone(), moved.url(), trouble);
        failures.extend(news.err().map(failure));
    }
    Ok((changelogs, failures))
}

/// Says of which repositories the changelog could not be read.
pub(crate) fn tell_unread_changelogs(session: &Session<'_>, failures: &[Failure]) {
    for Failure { name, trouble, .. } in failures {
        session.printer.warning(&format!("`{name}`: its changelog could not be read: {trouble}"));
    }
}

fn moves<'d, 'l>(session: &Session<'_>, diffs: &'d [LockDiff<'l>]) -> Vec<Moved<'d, 'l>> {
    let of_diff = |diff: &'d LockDiff<'l>| {
        let moved = diff.repos.iter().filter_map(moved);
        moved.filter_map(move |repos| {
            // A variable of the url may be unset here, because a comparison of two locks needs no url.
            let url = declared_url(session, repos.to).ok()?;
            let is_of_it = |changed: &&Changed<'l>| {
                let homes = &changed.homes;
                std::ptr::eq(homes.from.repo, repos.from)
                    && std::ptr::eq(homes.to.repo, repos.to)
                    && repos.to.core.is_none()
                    && homes.from.module.tree != homes.to.module.tree
            };
            let modules = diff.modules.iter().filter_map(|module| match module {
                ModuleChange::Changed(changed) => Some(changed),
                _ => None,
            });
            Some(Moved { repos, url, modules: modules.filter(is_of_it).collect() })
        })
    };
    diffs.iter().flat_map(of_diff).collect()
}

impl<'l> Moved<'_, 'l> {
    /// Brings the trees of both commits, and the files that say what is new.
    fn bring_news(
        &self,
        remote: &Remote<'_>,
        contents: &Step<Contents<'_>>,
        meter: Meter<'_>,
    ) -> Result<(), Trouble> {
        if self.modules.is_empty() || !self.repos.urls().is_same() {
            return Ok(());
        }
        let from = contents.from.of(remote.clone(), self.repos.from, meter)?;
        let to = contents.to.of(remote.clone(), self.repos.to, meter)?;
        let trees =
            Step { from: from.tree().map_err(Trouble::Remote)?, to: to.tree().map_err(Trouble::Remote)? };
        let mut files = Step { from: Vec::new(), to: Vec::new() };
        for changed in &self.modules {
            let Step { from, to } = open(changed, &trees)?.files();
            files.from.extend(from);
            files.to.extend(to);
        }
        if [self.repos.from, self.repos.to].iter().all(|repo| repo.steps().next().is_none()) {
            // Both are blobs of the remote, so one request brings them.
            files.to.append(&mut files.from);
        }
        from.blobs(&files.from).and_then(|()| to.blobs(&files.to)).map_err(Trouble::Remote)
    }

    /// Adds the log, and the news as far as the cache has them.
    fn add(&self, log: Log, git: &Git, changelogs: &mut Changelogs<'l>) {
        changelogs.add_log(self.repos, log);
        if self.modules.is_empty() {
            return;
        }
        let Step { from: Some(from), to: Some(to) } =
            self.repos.map(|repo| git.known_content(&self.url, repo.tree))
        else {
            return;
        };
        let trees = Step { from, to };
        for changed in &self.modules {
            let Ok(open) = open(changed, &trees) else { continue };
            let read = |tree: &GitTree<'_>, blob: BlobId| tree.known_file(blob, MOST_HISTORY);
            let news =
                open.read(&Step { from: &|blob| read(&trees.from, blob), to: &|blob| read(&trees.to, blob) });
            let home = &changed.homes.to;
            changelogs.add_news(home.repo, &home.module.name, news);
        }
    }
}

fn open(changed: &Changed<'_>, trees: &Step<GitTree<'_>>) -> Result<OpenNews, UnreadableTree> {
    let objects: Step<&dyn Objects> = Step { from: &trees.from, to: &trees.to };
    OpenNews::between(&objects, changed.homes.map(|home| home.module.tree))
}
