//! What a branch brought since an older commit: merged requests, and commits that were made on the branch itself.
//!
//! The commits of OCA's bots and of translation tools are left out: their files say nothing that a person must read.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use git2::{ObjectType, Odb};
use serde::{Deserialize, Serialize};

use super::made::is_made;
use super::{History, Messages, Range, RemoteHistory};
use crate::git::ids::{is_in, oid};
use crate::git::store::Store;
use crate::git::transport::Transport;
use crate::git::wire::{Failure, Objects};
use crate::git::{Error, Git, Snapshot, local};
use crate::repo::{CommitId, RemoteUrl, TreeId, in_short, parse_tree};

/// The most entries of which the changed directories are asked for, and the most commits that are listed as lost.
const MOST: usize = 2000;

/// The most bytes of all root trees of a log. A hostile pack can hold much more in little space.
const MOST_TREES: usize = 64 << 20;

/// The format of a kept log. Another one is not read.
const FORMAT: u32 = 1;

/// What a commit has that an older one does not have.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Log {
    format: u32,
    /// How many commits the new one has and the old one does not have. `None` if the remote does not have the old one
    /// any more.
    pub(crate) commits: Option<usize>,
    /// The committer date of the new commit, in seconds since 1970.
    pub(crate) time: i64,
    /// The newest first.
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) lost: Lost,
}

/// A merged request, or a commit that was made on the branch itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct LogEntry {
    /// The commit of the branch itself.
    pub(crate) commit: CommitId,
    /// Its committer date, in seconds since 1970.
    pub(crate) time: i64,
    /// The number of the request.
    pub(crate) request: Option<u64>,
    /// On one line: the title that the forge wrote into the merge; or else that of its newest commit that adds or migrates a
    /// module, or of its newest commit.
    pub(crate) title: String,
    /// The files and directories at the top of the repository that it changed. `None` if it is not known.
    pub(crate) touched: Option<BTreeSet<String>>,
}

/// What the new commit does not have of the history of the old one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Lost {
    /// It has everything: the old commit is one of its ancestors.
    Nothing,
    /// These commits: the history was rewritten, or the branch went back. The newest first, as `git log` shows them.
    Commits(Vec<LostCommit>),
    /// The remote does not have the old commit any more.
    Everything,
}

/// A commit that the new history does not have.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct LostCommit {
    pub(crate) commit: CommitId,
    /// Its title, on one line.
    pub(crate) title: String,
}

impl Snapshot<'_, '_> {
    /// What this commit has and `old` does not have. It is asked for once and then kept in the store: commits, and the
    /// root trees of the commits of the branch itself. `root` is the root tree of `old`, for a store without `old`.
    pub(crate) fn log(&self, old: CommitId, root: Option<TreeId>) -> Result<Log, Error> {
        let new = self.commit();
        let store = self.remote().store();
        if let Some(log) = kept(store, old, new) {
            return Ok(log);
        }
        let (log, is_whole) = self.ask_log(old, root)?;
        // What the remote does not have now, it may have again later.
        if is_whole
            && log.lost != Lost::Everything
            && let Ok(text) = serde_json::to_vec(&log)
        {
            store.keep_log(old, new, &text);
        }
        Ok(log)
    }

    /// The log, and whether it has everything that the remote can say.
    fn ask_log(&self, old: CommitId, root: Option<TreeId>) -> Result<(Log, bool), Error> {
        let new = self.commit();
        let references = vec![self.reference().clone()];
        let history = RemoteHistory::new(self.remote(), references, self.meter());
        let range = if new == old { Some(Range::default()) } else { history.between_if_known(new, old)? };
        let Some(range) = range else {
            let of_new = history.newest(new, 1)?;
            let time = history.messages(&of_new)?.get(&new).map_or(0, |message| message.time);
            let (entries, lost) = (Vec::new(), Lost::Everything);
            return Ok((Log { format: FORMAT, commits: None, time, entries, lost }, true));
        };
        let lost = if new == old || range.boundary.contains(&old) {
            Lost::Nothing
        } else {
            Lost::Commits(lost(&history, old, new)?)
        };
        let messages = history.messages(&range)?;
        let time = if let Some(message) = messages.get(&new) {
            message.time
        } else {
            // The new commit is an ancestor of the old one.
            let of_new = history.newest(new, 1)?;
            history.messages(&of_new)?.get(&new).map_or(0, |message| message.time)
        };
        let branch = BranchLine { tip: new, range: &range, messages: &messages };
        let mut entries = branch.entries();
        // Whether the history was rewritten is known without the trees.
        let is_whole = self.add_touched(&history, &branch, (old, root), &mut entries).is_ok();
        Ok((Log { format: FORMAT, commits: Some(range.commits.len()), time, entries, lost }, is_whole))
    }

    /// Adds what each entry changed, if the remote sends trees by their ids.
    fn add_touched(
        &self,
        history: &RemoteHistory<'_, '_>,
        branch: &BranchLine<'_>,
        (old, root): (CommitId, Option<TreeId>),
        entries: &mut [LogEntry],
    ) -> Result<(), Error> {
        let store = self.remote().store();
        let root = |commit: CommitId| match branch.messages.get(&commit) {
            Some(message) => Some(message.tree),
            None if commit == old && root.is_some() => root,
            None => {
                store.has_commit(commit).ok().filter(|is_there| *is_there).and(store.tree_of(commit).ok())
            }
        };
        let steps: Vec<Option<(TreeId, TreeId)>> = entries
            .iter()
            .map(|entry| {
                let parent = *branch.range.commits.get(&entry.commit)?.first()?;
                Some((root(parent)?, root(entry.commit)?))
            })
            .collect();
        let wanted: BTreeSet<TreeId> =
            steps.iter().flatten().take(MOST).flat_map(|(old, new)| [*old, *new]).collect();
        let roots = self.roots(history, &wanted)?;
        for (entry, step) in entries.iter_mut().zip(steps) {
            entry.touched = step.and_then(|(old, new)| Some(touched(roots.get(&old)?, roots.get(&new)?)));
        }
        Ok(())
    }

    /// The names in these trees, with their ids. A tree that the remote does not send is left out.
    fn roots(
        &self,
        history: &RemoteHistory<'_, '_>,
        wanted: &BTreeSet<TreeId>,
    ) -> Result<HashMap<TreeId, HashMap<String, [u8; 20]>>, Error> {
        let read = |odb: &Odb<'_>, ids: &[TreeId]| -> HashMap<TreeId, _> {
            let mut left = MOST_TREES;
            let names = |id: &TreeId| {
                let key = oid(id.as_bytes());
                let is_there = is_in(odb, key);
                let (length, kind) = is_there.then(|| odb.read_header(key).ok()).flatten()?;
                left = left.checked_sub(length).filter(|_| kind == ObjectType::Tree)?;
                let entries = parse_tree(odb.read(key).ok()?.data()).ok()?;
                Some((*id, entries.into_iter().map(|entry| (entry.name.to_string(), entry.id)).collect()))
            };
            ids.iter().filter_map(names).collect()
        };
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted: Vec<TreeId> = wanted.iter().copied().collect();
        match self.remote().transport() {
            Transport::Path(path) => Ok(read(&local::open(path)?.odb()?, &wanted)),
            Transport::Http { remote, .. } if !remote.is_plain() => {
                let store = self.remote().store();
                let _lock = store.lock()?;
                // An upgrade has brought them with the commits.
                let mut roots = read(&store.repository()?.odb()?, &wanted);
                let ids: Vec<TreeId> = wanted.into_iter().filter(|id| !roots.contains_key(id)).collect();
                if ids.is_empty() {
                    return Ok(roots);
                }
                let aside = store.aside()?;
                let scratch = Store::scratch(aside.path())?;
                let open = || history.limited(&scratch);
                let close = |sink: super::Limited<'_>| sink.inner.finish();
                match remote.fetch(&Objects::TreesAlone(&ids), open, close, self.meter()) {
                    Ok(_) => roots.extend(read(&scratch.repository()?.odb()?, &ids)),
                    Err(Failure::NotOurRef | Failure::PerhapsUnsupported(_)) => {}
                    Err(Failure::Error(error)) => return Err(error),
                }
                Ok(roots)
            }
            Transport::Http { .. } | Transport::Libgit2(_) => Ok(HashMap::new()),
        }
    }
}

impl Git {
    /// The log between two commits, if an earlier run kept it. Asks no server. `url` is expanded.
    pub(crate) fn kept_log(&self, url: &RemoteUrl, old: CommitId, new: CommitId) -> Option<Log> {
        kept(&Store::of(self.cache(), url.without_secret().as_str()), old, new)
    }
}

fn kept(store: &Store, old: CommitId, new: CommitId) -> Option<Log> {
    let mut log: Log = serde_json::from_slice(&store.kept_log(old, new)?).ok()?;
    // Anybody who can write the cache can write a title. It stays on one line.
    let titles = log.entries.iter_mut().map(|entry| &mut entry.title);
    titles.for_each(|title| *title = in_short(title));
    if let Lost::Commits(commits) = &mut log.lost {
        commits.iter_mut().for_each(|lost| lost.title = in_short(&lost.title));
    }
    (log.format == FORMAT).then_some(log)
}

/// The commits of `old` that `new` does not have.
fn lost(history: &RemoteHistory<'_, '_>, old: CommitId, new: CommitId) -> Result<Vec<LostCommit>, Error> {
    let range = history.between(&[old], &[new])?;
    let messages = history.messages(&range)?;
    let mut commits: Vec<(i64, LostCommit)> = range
        .commits
        .keys()
        .map(|commit| {
            let message = messages.get(commit);
            let title = title(message.map_or("", |message| message.signature.title()));
            (message.map_or(0, |message| message.time), LostCommit { commit: *commit, title })
        })
        .collect();
    commits.sort_by(|(time, a), (other, b)| other.cmp(time).then_with(|| a.commit.cmp(&b.commit)));
    Ok(commits.into_iter().map(|(_, commit)| commit).take(MOST).collect())
}

/// The commits between two, as the line of a branch with what was merged into it.
struct BranchLine<'a> {
    tip: CommitId,
    range: &'a Range,
    messages: &'a Messages,
}

impl BranchLine<'_> {
    /// What a person wants to read of the line. The newest first.
    fn entries(&self) -> Vec<LogEntry> {
        let line = self.range.first_parents(self.tip);
        // From the oldest to the newest: what one merge brought, a later one does not bring.
        let mut there: HashSet<CommitId> = line.iter().copied().collect();
        let mut entries: Vec<LogEntry> =
            line.into_iter().rev().filter_map(|commit| self.entry(commit, &mut there)).collect();
        entries.reverse();
        entries
    }

    /// Adds what the commit brought to `there`.
    fn entry(&self, commit: CommitId, there: &mut HashSet<CommitId>) -> Option<LogEntry> {
        let brought = if self.is_merge(commit) { self.brought(commit, there) } else { Vec::new() };
        there.extend(&brought);
        let message = self.messages.get(&commit)?;
        let title = if self.is_merge(commit) {
            // A merge of the branch into the request says nothing.
            let of_people = |commit: &&CommitId| {
                !self.is_merge(**commit) && self.messages.get(commit).is_some_and(|message| !is_made(message))
            };
            let titles = brought.iter().filter(of_people).filter_map(|commit| self.messages.get(commit));
            let titles: Vec<&str> = titles.map(|message| message.signature.title()).collect();
            let says_new = |title: &&&str| adds_module(title);
            // A new module often comes with later corrections.
            let best = titles.iter().find(says_new).or(titles.first())?;
            message.request_title.as_deref().unwrap_or(best)
        } else {
            Some(message).filter(|message| !is_made(message))?.signature.title()
        };
        Some(LogEntry {
            commit,
            time: message.time,
            request: message.request,
            title: self::title(without_number(title, message.request)),
            touched: None,
        })
    }

    fn is_merge(&self, commit: CommitId) -> bool {
        self.range.commits.get(&commit).is_some_and(|parents| parents.len() > 1)
    }

    /// What a merge brought: the commits that are not there before it. From the newest to the oldest: by the line of first
    /// parents of what was merged, then by their dates.
    fn brought(&self, merge: CommitId, there: &HashSet<CommitId>) -> Vec<CommitId> {
        let parents = self.range.commits.get(&merge).map(Vec::as_slice).unwrap_or_default();
        let others = parents.get(1..).unwrap_or_default();
        let mut range = self.range.part(others, |commit| there.contains(commit)).commits;
        let mut line = Vec::new();
        let mut next = others.first().copied();
        while let Some((commit, parents)) = next.and_then(|commit| range.remove_entry(&commit)) {
            line.push(commit);
            next = parents.first().copied();
        }
        let time = |commit: &CommitId| self.messages.get(commit).map_or(0, |message| message.time);
        let mut rest: Vec<CommitId> = range.into_keys().collect();
        rest.sort_by_key(|commit| (Reverse(time(commit)), *commit));
        line.extend(rest);
        line
    }
}

/// Whether a commit says that it migrates or adds a module: `[MIG] web_x: Migration to 18.0`, `[18.0][ADD] web_x`.
fn adds_module(title: &str) -> bool {
    let title = title.to_ascii_lowercase();
    let names_it = |(_, rest): (&str, &str)| {
        let mut words = rest.split_whitespace();
        words.next().is_some_and(|word| word.ends_with(':') || words.next().is_none())
    };
    title.contains("[mig]") || title.split_once("[add]").is_some_and(names_it)
}

/// The title on one line.
fn title(title: &str) -> String {
    if title.is_empty() { "(no message)".to_owned() } else { in_short(title) }
}

/// The title without the number that a forge adds to it: `Fix x (#12)`.
fn without_number(title: &str, request: Option<u64>) -> &str {
    let numbers = request.map(|number| [format!("(#{number})"), format!("(pull request #{number})")]);
    let without = |number: &String| title.strip_suffix(number.as_str()).map(str::trim_end);
    numbers.iter().flatten().find_map(without).unwrap_or(title)
}

/// The names that are in only one of two trees, or in both with other content.
fn touched(old: &HashMap<String, [u8; 20]>, new: &HashMap<String, [u8; 20]>) -> BTreeSet<String> {
    let differs = |name: &&String| old.get(*name) != new.get(*name);
    old.keys().chain(new.keys()).filter(differs).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_the_module_that_comes() {
        for title in
            ["[18.0][MIG] web_x", "[MIG]web_x: to 18.0", "[18.0] [ADD] web_x", "[ADD] web_x: new module"]
        {
            assert!(adds_module(title), "{title}");
        }
        for title in ["[FIX] web_x: menu", "[ADD] _rollup function", "[ADD]", "Migrate web_x"] {
            assert!(!adds_module(title), "{title}");
        }
    }

    #[test]
    fn the_number_of_a_forge_is_no_part_of_the_title() {
        assert_eq!(without_number("Fix x (#12)", Some(12)), "Fix x");
        assert_eq!(without_number("Fix x (#12)", Some(13)), "Fix x (#12)");
        assert_eq!(without_number("Fix x (#12)", None), "Fix x (#12)");
    }
}
