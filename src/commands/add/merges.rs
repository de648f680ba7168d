//! Merges that the user adds to a repository.

use super::Addition;
use crate::config::{Merge, MergeList, Profile};
use crate::error::Error;
use crate::forge::{Address, Forges, RequestState, Told};
use crate::pool::Pools;
use crate::repo::{MergeSource, Reference, RemoteUrl, RepoName, bare_url};
use crate::report::{Failure, Trouble};

/// A merge that was added to the draft.
pub(super) struct AddedMerge {
    repo: RepoName,
    list: MergeList,
    merge: Merge,
    /// Whether the repository was not declared before.
    is_new: bool,
}

impl Addition<'_> {
    /// Declares a merge. The repository is declared.
    pub(super) fn merge(&mut self, name: &RepoName, source: &MergeSource) -> Result<(), Error> {
        let known = self.known(name);
        let own = known
            .as_ref()
            .map_or_else(|| self.rewrite.session.config.base.url_of(name), |repo| repo.url.clone());
        let is_own = |url: &RemoteUrl| bare_url(url.as_str()) == bare_url(own.as_str());
        let source = MergeSource { url: source.url.clone().filter(|url| !is_own(url)), ..source.clone() };
        let word = source.of(name);
        let list = self.merge_list(name);
        if self.rewrite.draft.merges(&list).contains(&source.without_secret()) {
            self.say(&format!("`{word}` is declared already, in `merges` of `[{}]`", list.header()));
            return Ok(());
        }
        let merge = Merge::whole(source);
        self.rewrite.draft.add_merge(&list, &merge)?;
        self.done.push(format!("added `{word}` to `merges` of `[{}]`", list.header()));
        self.merges.push(AddedMerge { repo: name.clone(), list, merge, is_new: known.is_none() });
        Ok(())
    }

    /// The list for a new merge: the one that decides about this profile. If other profiles have another branch of the
    /// repository, the merge is for this profile only.
    fn merge_list(&self, name: &RepoName) -> MergeList {
        let shared = self.shared_list(name);
        let list = self.rewrite.draft.merge_list(&self.profile.name, &shared);
        let profiles = self.rewrite.session.config.profiles.iter();
        let mut references: Vec<&Reference> = profiles
            .flat_map(Profile::all_repos)
            .filter(|repo| repo.name == *name)
            .map(|repo| &repo.reference)
            .collect();
        references.dedup();
        match list.profile {
            None if references.len() > 1 => shared.of_profile(&self.profile.name),
            _ => list,
        }
    }

    /// The list for all profiles.
    pub(super) fn shared_list(&self, name: &RepoName) -> MergeList {
        MergeList::shared(name, self.rewrite.session.config.core_part(name))
    }

    /// Writes the titles of the new merges behind them: as their forges say them, or else those of the merged commits.
    /// Returns the warnings about requests that nobody will merge.
    pub(super) fn remark(&mut self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (AddedMerge { repo, list, merge, .. }, told) in self.merges.iter().zip(self.told()) {
            let source = merge.pending.source.without_secret();
            let title = told.title.map(|title| title.as_str().to_owned());
            if let Some(title) = title.or_else(|| self.rewrite.title_of(repo, &source)) {
                self.rewrite.draft.remark_merge(list, &source, &title);
            }
            if told.state == RequestState::Closed {
                warnings.push(format!("`{}` was closed without being merged", source.of(repo)));
            }
        }
        warnings
    }

    /// What their forges say about the new merges, with one question to each.
    fn told(&self) -> Vec<Told> {
        let mut all = vec![Told::default(); self.merges.len()];
        let addresses = self.merges.iter().map(|added| self.address(added));
        let (places, addresses): (Vec<usize>, Vec<Address<'_>>) =
            addresses.enumerate().filter_map(|(place, address)| Some((place, address?))).unzip();
        if addresses.is_empty() {
            return all;
        }
        if let Ok(pools) = Pools::new(self.rewrite.session.global.jobs()) {
            let answers = Forges::for_titles(&pools).ask(&addresses);
            for (place, told) in places.into_iter().zip(answers.told) {
                all[place] = told;
            }
        }
        all
    }

    fn address(&self, added: &AddedMerge) -> Option<Address<'_>> {
        let AddedMerge { repo, merge, .. } = added;
        let session = &self.rewrite.session;
        let source = &merge.pending.source;
        let reference = &self.rewrite.reference_of(repo, &source.without_secret())?;
        let mut repos = session.config.profiles.iter().flat_map(Profile::all_repos);
        let own = || repos.find(|known| known.name == *repo).map(|known| &known.url);
        let url = session.remote_url(source.url.as_ref().or_else(own)?).ok()?;
        Address::of(session.git().ok()?, &url, reference)
    }

    /// If a new merge conflicts, says how to declare it all the same.
    pub(super) fn after_conflict(&self, error: Error) -> Error {
        let Error::Repos { failures } = &error else { return error };
        let of_failure = |failure: &Failure| match &failure.trouble {
            Trouble::Conflict(conflict) => {
                let mut added = self.merges.iter().filter(|added| added.repo == conflict.repo);
                let is_it = |added: &&AddedMerge| added.merge.pending.source.of(&added.repo) == conflict.what;
                // If a patch conflicts, it does with what is below it.
                added.clone().find(is_it).or_else(|| added.next_back())
            }
            _ => None,
        };
        match failures.iter().find_map(of_failure) {
            Some(AddedMerge { repo, list, merge, is_new }) => {
                let first = if *is_new { format!("run `oca add {repo}`, ") } else { String::new() };
                let (entry, header) = (merge.for_people(), list.header());
                let by_hand = format!("{first}write `{entry}` into `merges` of `[{header}]`");
                self.rewrite.by_hand(repo.clone(), by_hand, error)
            }
            None => error,
        }
    }
}
