//! The work for one repository: what is done, from where, and what is merged into it.

use crate::config::Merge;
use crate::error::Error;
use crate::git::Remote;
use crate::lock::{self, Lock, LockedPatch, LockedRepo, Pin, StepTexts};
use crate::ops::merging::{Answer, MergeJob, Refreshed, UserFile};
use crate::ops::remotes::{OfPin, Watch};
use crate::ops::user_patches::user_patch;
use crate::plan::{self, Action, Declared, Moves, Present};
use crate::repo::{CommitId, RemoteUrl, RepoName};
use crate::report::Trouble;
use crate::session::Session;

/// The old lock, the texts of its steps, and what else is known.
pub(in crate::ops) struct Known<'a> {
    pub(in crate::ops) lock: Option<&'a Lock>,
    pub(in crate::ops) steps: &'a StepTexts,
    /// The locks of both sides, if `lock` was merged of two.
    pub(in crate::ops) sides: &'a [Lock],
    pub(in crate::ops) present: &'a Present,
    pub(in crate::ops) answers: &'a AllAnswers,
}

/// The merges that `oca resolve` made already, by repository.
#[derive(Default)]
pub(in crate::ops) struct AllAnswers(pub(in crate::ops) Vec<Answers>);

/// The merges of one repository that are made already.
pub(in crate::ops) struct Answers {
    pub(in crate::ops) pin: Pin,
    pub(in crate::ops) base: CommitId,
    pub(in crate::ops) answers: Vec<Answer>,
    /// The patches that were made to fit.
    pub(in crate::ops) patches: Vec<Refreshed>,
}

impl AllAnswers {
    fn of(&self, declared: &Declared) -> Option<&Answers> {
        self.0.iter().find(|answers| answers.pin == declared.pin)
    }

    /// The patches that were made to fit. Other entries can use them, too.
    fn patches(&self) -> impl Iterator<Item = &Refreshed> {
        self.0.iter().flat_map(|answers| &answers.patches)
    }

    /// Takes these patches as if their files were written already.
    pub(super) fn put_into(&self, present: &mut Present) {
        for Refreshed { path, old, new } in self.patches() {
            if let Some(digest) = present.patches.get_mut(path)
                && *digest == lock::digest_of_patch(old)
            {
                *digest = lock::digest_of_patch(new);
            }
        }
    }
}

/// The work for one repository.
pub(in crate::ops) struct Task<'a> {
    pub(super) declared: &'a Declared,
    pub(in crate::ops) action: Action<'a>,
    pub(super) old: Option<&'a LockedRepo>,
    pub(in crate::ops) url: RemoteUrl,
    /// What is merged into it. `None` if nothing is.
    pub(in crate::ops) merges: Option<MergeJob<'a>>,
    /// Whether `oca resolve` found the commit.
    is_answered: bool,
}

impl Task<'_> {
    pub(super) fn kept(&self) -> Option<LockedRepo> {
        match self.action {
            Action::Keep(repo) => Some(repo.clone()),
            _ => None,
        }
    }

    /// The old entry, if the remote is asked for its branch or tag again.
    pub(super) fn moved_from(&self) -> Option<&LockedRepo> {
        self.old.filter(|_| matches!(self.action, Action::Resolve { .. }))
    }

    /// The commit since which only the changes are fetched. Odoo itself has hundreds of commits each week, so all of it is
    /// fetched.
    pub(super) fn changes_since(&self) -> Option<CommitId> {
        self.moved_from().filter(|_| self.declared.core.is_none()).map(|old| old.commit)
    }

    /// Whether the commit of a branch or tag was given by hand, on the command line or by an edit of the lock.
    pub(super) fn is_by_hand(&self) -> bool {
        let is_by_hand = match self.action {
            Action::Set(_) => !self.is_answered,
            Action::Reread(_) => self.old.is_some_and(|old| !old.is_whole()),
            Action::Keep(_) | Action::Resolve { .. } => false,
        };
        is_by_hand && self.declared.pin.reference.full_name().is_some()
    }
}

pub(in crate::ops) fn task<'a>(
    session: &Session<'_>,
    declared: &'a Declared,
    known: &Known<'a>,
    moves: &Moves,
) -> Result<Task<'a>, Error> {
    let answered = known.answers.of(declared);
    let action = match answered {
        Some(answered) => Action::Set(answered.base),
        None => plan::action(declared, known.lock, moves, known.present),
    };
    let is_answered = answered.is_some();
    let old = known.lock.and_then(|lock| lock.base_of(&declared.pin));
    // If no request is made, an unset variable in the url is no problem.
    if let Action::Keep(_) = action {
        return Ok(Task { declared, action, old, url: declared.url.clone(), merges: None, is_answered });
    }
    let url = session.remote_url(&declared.url)?;
    let mut merges = merge_job(session, declared, moves, old.map(|old| (old, known.steps)))?;
    if let Some(job) = &mut merges {
        let sides = known.sides.iter().flat_map(|side| &side.repos);
        job.sides = sides.filter(|side| side.pin.has_base_of(&declared.pin)).collect();
        if old.is_none() {
            let entry = known.lock.and_then(|lock| with_patches(lock, declared, &job.patches));
            job.elsewhere = entry.map(|entry| (entry, known.steps));
        }
        job.answers = answered.map(|answered| &answered.answers[..]).unwrap_or_default();
        job.refresh(known.answers.patches());
    }
    Ok(Task { declared, action, old, url, merges, is_answered })
}

/// The entry of another branch or url of the repository that has one of its patches as it is now.
fn with_patches<'l>(lock: &'l Lock, declared: &Declared, files: &[UserFile]) -> Option<&'l LockedRepo> {
    let Pin { name, pending, .. } = &declared.pin;
    let has = |repo: &&LockedRepo| {
        let known = std::iter::zip(&repo.pin.pending.patches, &repo.patches);
        let is = |(path, locked): (&String, &LockedPatch)| {
            let mut now = std::iter::zip(&pending.patches, files);
            now.any(|(declared, file)| declared == path && file.digest == locked.content)
        };
        repo.pin.name == *name && known.into_iter().any(is)
    };
    lock.repos.iter().find(has)
}

/// What is merged into a repository. `None` if nothing is.
pub(crate) fn merge_job<'a>(
    session: &Session<'_>,
    declared: &'a Declared,
    moves: &Moves,
    old: Option<(&'a LockedRepo, &'a StepTexts)>,
) -> Result<Option<MergeJob<'a>>, Error> {
    if declared.pin.pending.is_empty() {
        return Ok(None);
    }
    let url =
        |merge: &Merge| merge.pending.source.url.as_ref().map(|url| session.remote_url(url)).transpose();
    let urls = declared.merges.iter().map(url).collect::<Result<_, Error>>()?;
    let name = &declared.pin.name;
    let patches = declared.pin.pending.patches.iter().map(|path| user_file(session, name, path));
    let patches = patches.collect::<Result<_, Error>>()?;
    let moves = plan::merge_moves(declared, moves);
    Ok(Some(MergeJob {
        declared,
        urls,
        moves,
        patches,
        old,
        elsewhere: None,
        sides: Vec::new(),
        answers: &[],
    }))
}

impl OfPin for Task<'_> {
    fn pin(&self) -> &Pin {
        &self.declared.pin
    }
}

/// Reads a patch of the user, beside `repos.toml`.
fn user_file(session: &Session<'_>, repo: &RepoName, path: &str) -> Result<UserFile, Error> {
    let text = user_patch(session, repo, path)?;
    Ok(UserFile { digest: lock::digest_of_patch(&text), text })
}

/// The commit of the base, and the head of its branch, if it is known or needed.
pub(in crate::ops) fn base_and_tip(
    task: &Task<'_>,
    remote: &Remote<'_>,
    watch: &Watch<'_>,
) -> Result<(CommitId, Option<CommitId>), Trouble> {
    let reference = &task.declared.pin.reference;
    match task.action {
        Action::Resolve { .. } => {
            watch.step("asking");
            if let Some(job) = &task.merges {
                job.ask(remote, reference).map_err(Trouble::Remote)?;
            }
            let commit = remote.resolve(reference).map_err(Trouble::Remote)?;
            Ok((commit, Some(commit)))
        }
        Action::Set(commit) | Action::Reread(commit) | Action::Keep(&LockedRepo { commit, .. }) => {
            // A request may start from a commit that is newer than the pin.
            let tip = |job: &MergeJob<'_>| {
                reference.full_name()?;
                job.ask(remote, reference).and_then(|()| remote.resolve(reference)).ok()
            };
            Ok((commit, task.merges.as_ref().and_then(tip)))
        }
    }
}
