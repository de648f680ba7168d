//! `oca work`: the user works on a request or a branch in the checkout, and oca leaves the checkout alone.

use super::checkouts::prepare_directories;
use super::names::repo_name;
use super::placing::place_locked;
use super::remotes::{OfPin, Remotes};
use crate::config::{Mode, Repo};
use crate::error::{Error, MergeError};
use crate::git::merging::{self, Head};
use crate::git::{
    BranchStart, Checkout, CheckoutContent, CheckoutError, Discard, Head as Here, Snapshot, Upstream,
    WorkBranch,
};
use crate::lock::{LockedRepo, Pin};
use crate::plan;
use crate::repo::{MergeRef, MergeSource, Reference, RemoteUrl, RepoName, Shows, WebPage, split_scp};
use crate::report::{Done, Failure, Trouble};
use crate::session::Session;

/// The generations of history that a new branch gets.
const NEW_BRANCH: u32 = 50;

/// The work in one checkout.
pub(crate) struct Working<'a> {
    session: &'a Session<'a>,
    repo: &'a Repo,
    checkout: Checkout,
    /// What the user named after `#`.
    merge: Option<String>,
}

/// What was fetched for a branch.
struct Fetched<'g> {
    /// `None` if the remote has no such branch.
    head: Option<(Head, Snapshot<'g, 'static>, Vec<crate::repo::CommitId>, u32)>,
    pin: (Snapshot<'g, 'static>, Vec<crate::repo::CommitId>, u32),
}

struct Job<'a>(&'a LockedRepo);

impl OfPin for Job<'_> {
    fn pin(&self) -> &Pin {
        &self.0.pin
    }
}

impl<'a> Working<'a> {
    /// The repository, and perhaps the request or branch, that a word names.
    pub(crate) fn new(session: &'a Session<'a>, word: &str) -> Result<Self, Error> {
        let page = WebPage::parse(word);
        let (word, merge) = match (&page, word.split_once('#')) {
            (Some(WebPage { repository, shows: Shows::Request(number) }), _) => {
                (repository.as_str(), Some(number.to_string()))
            }
            (None, Some((word, merge))) => (word, Some(merge.to_owned())),
            _ => (word, None),
        };
        let name = repo_name(session, word)?;
        if session.config.mode == Mode::Submodule {
            return Err(MergeError::NoClone { repo: name }.into());
        }
        if session.config.skips(&name) {
            return Err(MergeError::Skipped { repo: name }.into());
        }
        let profile = session.profile()?;
        session.refuse_links(profile)?;
        let repo = profile.all_repos().find(|repo| repo.name == name);
        let Some(repo) = repo else { return Err(super::unknown_repo(session, name)) };
        let checkout = Checkout::new(session.checkout(profile, &name)?);
        Ok(Self { session, repo, checkout, merge })
    }

    fn name(&self) -> &RepoName {
        &self.repo.name
    }

    /// Makes the branch in the checkout. Without a request and a branch, the branch that is there is marked.
    pub(crate) fn start(&self, branch: Option<&str>) -> Result<(), Error> {
        let lock = self.session.fresh_lock()?;
        let pin = plan::pin(self.repo);
        let locked = lock.repo(&pin);
        let Some(locked) = locked else { return Err(super::unknown_repo(self.session, self.name().clone())) };
        self.refuse_busy()?;
        let Some(source) = self.source(branch)? else { return self.mark() };
        let name = branch_name(&source, branch);
        let found = self.fetch(locked, &source)?;
        if found.head.is_none() && branch.is_none() {
            let error = merging::Error::MissingRef { merge: source.reference };
            return Err(self.failed(Trouble::Merge { what: self.what(), error: Box::new(error) }));
        }
        prepare_directories(self.session)?;
        let origin = self.session.origin(&self.repo.url, &self.repo.reference)?;
        let (snapshot, ends, depth) = match &found.head {
            Some((_, snapshot, ends, depth)) => (snapshot, ends, *depth),
            None => (&found.pin.0, &found.pin.1, found.pin.2),
        };
        // An old branch of the user is not moved.
        if let Some(there) = self.checkout.branch_commit(&name)
            && there != snapshot.head()
        {
            return Err(self.exists(name));
        }
        let tree = snapshot.tree_id()?;
        let content = CheckoutContent { snapshot, tree, ends, depth, origin: &origin };
        let placed = self.checkout.place(&content, Discard::Nothing);
        placed.map_err(|error: CheckoutError| self.failed(Trouble::not_placed(error)))?;
        let (snapshot, ends, depth) = &found.pin;
        let tree = snapshot.tree_id()?;
        let base = CheckoutContent { snapshot, tree, ends, depth: *depth, origin: &origin };
        self.checkout.bring_history(&base)?;
        let url = source.url.as_ref().unwrap_or(&self.repo.url);
        let url = self.session.remote_url(url)?.without_secret();
        let push_url = push_url(url.as_str());
        let remote = match &source.reference {
            MergeRef::Request(number) => format!("request-{number}"),
            _ => owner(url.as_str()),
        };
        let reference = found.head.as_ref().map(|(head, ..)| head.reference.full_name());
        let reference = reference.flatten();
        let upstream = reference.as_deref().map(|reference| Upstream {
            remote: &remote,
            url: url.as_str(),
            // A server accepts no push to the ref of a request.
            push_url: push_url.as_deref().filter(|_| reference.starts_with("refs/heads/")),
            reference,
        });
        let commit = found.head.as_ref().map_or(locked.commit, |(head, ..)| head.commit);
        let is_request = upstream.as_ref().is_some_and(|up| !up.reference.starts_with("refs/heads/"));
        match self.checkout.start_branch(&WorkBranch { name: &name, commit, upstream })? {
            BranchStart::Exists(_) => return Err(self.exists(name)),
            BranchStart::Started(tracked) => {
                let tracked = tracked.map_or_else(
                    || ", which is new".to_owned(),
                    |tracked| format!(", which tracks `{tracked}`"),
                );
                let repo = self.name();
                self.session.printer.note(&format!("{repo}: in work on branch `{name}`{tracked}"));
                if is_request {
                    self.session.printer.note(&format!(
                        "{repo}: the server takes no push to a request; push to the branch of its fork"
                    ));
                }
                self.session.printer.next(&format!("`oca work {repo} --done` goes back to the lock"));
            }
        }
        Ok(())
    }

    /// Goes back to the lock.
    pub(crate) fn done(&self, force: bool) -> Result<(), Error> {
        let Some(branch) = self.checkout.in_work() else {
            return Err(MergeError::NotInWork { repo: self.name().clone() }.into());
        };
        if !force {
            let work = self.checkout.local_work(None)?;
            if !work.is_none() {
                return Err(self.failed(Trouble::Kept(CheckoutError::LocalWork(work))));
            }
        }
        let lock = self.session.fresh_lock()?;
        let done =
            place_locked(self.session, &lock, self.name(), if force { Discard::All } else { Discard::Seen })?;
        self.checkout.forget_work()?;
        let printer = self.session.printer;
        if let Some(done) = done {
            printer.note(&format!("{}: {done}", self.name()));
        }
        if self.checkout.branch_commit(&branch).is_some() {
            printer.note(&format!("{}: branch `{branch}` stays in the checkout", self.name()));
        }
        Ok(())
    }

    /// Marks the branch that is there.
    fn mark(&self) -> Result<(), Error> {
        let branch = match self.checkout.head()? {
            Here::Other(Some(_)) => self.checkout.branch(),
            _ => None,
        };
        let Some(branch) = branch else {
            return Err(MergeError::NoBranch { repo: self.name().clone() }.into());
        };
        self.checkout.mark_in_work(&branch)?;
        self.session.printer.note(&format!("{}: in work on branch `{branch}`", self.name()));
        Ok(())
    }

    fn refuse_busy(&self) -> Result<(), Error> {
        let path = || self.checkout.path().to_owned();
        if self.checkout.is_resolving() {
            return Err(self.failed(Trouble::Kept(CheckoutError::Resolving { path: path() })));
        }
        match self.checkout.in_work() {
            Some(branch) => Err(self.failed(Trouble::Kept(CheckoutError::InWork { path: path(), branch }))),
            None => Ok(()),
        }
    }

    /// Where the branch is. `None` if the user named none.
    fn source(&self, branch: Option<&str>) -> Result<Option<MergeSource>, Error> {
        let Some(word) = branch.or(self.merge.as_deref()) else { return Ok(None) };
        let is_it = |source: &&MergeSource| match source.as_request() {
            Some(number) => branch.is_none() && word.parse() == Ok(number),
            None => source.reference.to_string() == word,
        };
        let mut declared = self.repo.merges.iter().map(|merge| &merge.pending.source);
        if let Some(source) = declared.find(is_it) {
            return Ok(Some(source.clone()));
        }
        let parsed = match word.parse() {
            Ok(number @ 1..) if branch.is_none() => Ok(MergeRef::Request(number)),
            _ => MergeRef::named(word),
        };
        let reference = parsed.map_err(|invalid| Error::BadName { invalid })?;
        Ok(Some(MergeSource { url: None, reference }))
    }

    fn fetch(&self, locked: &LockedRepo, source: &MergeSource) -> Result<Fetched<'a>, Error> {
        let session = self.session;
        let url = |url: &RemoteUrl| session.remote_url(url);
        let own = url(&self.repo.url)?;
        let other = url(source.url.as_ref().unwrap_or(&self.repo.url))?;
        let remotes = Remotes::of(session)?;
        let git = remotes.git;
        let what = self.what();
        let jobs = [Job(locked)];
        let fetched = remotes.ask(&jobs, |_, watch| {
            let failed =
                |error: merging::Error| Trouble::Merge { what: what.clone(), error: Box::new(error) };
            let meter = |bytes| watch.received(bytes);
            watch.step("asking");
            let remote = git.remote(&other).map_err(Trouble::Remote)?;
            let pin = git.remote(&own).map_err(Trouble::Remote)?;
            let pin = pin.at(locked.commit, &locked.pin.reference, &meter);
            let head = match remote.resolve_merge(&source.reference) {
                Ok(head) => Some(head),
                Err(merging::Error::MissingRef { .. }) => None,
                Err(error) => return Err(failed(error)),
            };
            let Some(head) = head else {
                watch.step("fetching");
                let ends = pin.files(NEW_BRANCH).map_err(Trouble::Remote)?;
                let pin = (pin.unmetered(), ends, NEW_BRANCH);
                return Ok((Done::UpToDate, Fetched { head: None, pin }));
            };
            let snapshot = remote.at(head.commit, &head.reference, &meter);
            let (own, upstream) = merging::generations(&pin, &snapshot).map_err(failed)?;
            watch.step("fetching");
            let ends = snapshot.files(own).map_err(Trouble::Remote)?;
            let ends_of_pin = pin.files(upstream).map_err(Trouble::Remote)?;
            let head = Some((head, snapshot.unmetered(), ends, own));
            Ok((Done::UpToDate, Fetched { head, pin: (pin.unmetered(), ends_of_pin, upstream) }))
        })?;
        let (mut fetched, _) = fetched.all_with_outcomes()?;
        Ok(fetched.remove(0))
    }

    fn what(&self) -> String {
        match &self.merge {
            Some(merge) => format!("{}#{merge}", self.name()),
            None => self.name().to_string(),
        }
    }

    fn exists(&self, branch: String) -> Error {
        MergeError::BranchExists { repo: self.name().clone(), branch }.into()
    }

    fn failed(&self, trouble: Trouble) -> Error {
        let url = self.repo.url.without_secret().to_string();
        Error::Repos { failures: vec![Failure::new(self.name().clone(), url, trouble)] }
    }
}

/// The name of the local branch.
fn branch_name(source: &MergeSource, branch: Option<&str>) -> String {
    match (&source.reference, branch) {
        (_, Some(branch)) => branch.to_owned(),
        (MergeRef::Request(number), None) => format!("request-{number}"),
        (MergeRef::Name(name), None) => name.clone(),
        (MergeRef::Full(name), None) => {
            let name = name.trim_start_matches("refs/");
            name.strip_prefix("heads/").map_or_else(|| name.replace('/', "-"), str::to_owned)
        }
        (MergeRef::Commit(commit), None) => format!("work-{}", commit.short()),
    }
}

/// The owner of a repository, by its url, as the name of a remote.
fn owner(url: &str) -> String {
    let path = match split_scp(url) {
        Some((_, _, path)) if !url.contains("://") => path,
        _ => url.split_once("://").map_or(url, |(_, rest)| rest),
    };
    let mut parts = path.trim_end_matches('/').rsplit('/').skip(1);
    let owner = parts.next().unwrap_or_default();
    let plain: String = owner.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect();
    let plain = plain.trim_matches(['.', '-']);
    // `Reference` knows which names git takes.
    if Reference::branch(plain).is_ok() && plain != "origin" { plain.to_owned() } else { "fork".to_owned() }
}

/// The url for pushes with ssh, if the url is one of a forge with http.
fn push_url(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/')?;
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    let is_known = !host.is_empty() && !host.contains([':', '@', '[']) && path.contains('/');
    is_known.then(|| format!("git@{host}:{path}.git"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_has_the_name_of_its_owner() {
        for (url, name) in [
            ("https://github.com/acme/web.git", "acme"),
            ("git@github.com:acme/web.git", "acme"),
            ("ssh://git@git.example.com:2222/group/sub/web", "sub"),
            ("/srv/remotes/web.git", "remotes"),
            ("git@host:web.git", "fork"),
            ("https://host/origin/web", "fork"),
            ("https://host/-/web", "fork"),
        ] {
            assert_eq!(owner(url), name, "{url}");
        }
    }

    #[test]
    fn pushes_go_over_ssh() {
        for (url, push) in [
            ("https://github.com/acme/web.git", Some("git@github.com:acme/web.git")),
            ("https://gitlab.com/a/b/web", Some("git@gitlab.com:a/b/web.git")),
            ("http://127.0.0.1:8080/acme/web.git", None),
            ("https://host/web.git", None),
            ("git@github.com:acme/web.git", None),
            ("/srv/web.git", None),
        ] {
            assert_eq!(push_url(url).as_deref(), push, "{url}");
        }
    }
}
