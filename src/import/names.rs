//! The names of the repositories in the new `repos.toml`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::{Error, Note, Repo, note};
use crate::catalogue;
use crate::repo::{CorePart, RemoteUrl, RepoName, last_part};

/// The name of each repository, taken from its directory or else from its url. A checkout that does not stay where it is
/// gets the name of its repository of OCA if its directory has only the end of that name. Those that stay get their names
/// first, so that none of them moves because of another. All names differ, even if case is ignored. With `[core]`, none has a name of Odoo itself.
pub(super) fn names(
    repos: &[Repo],
    has_core: bool,
    stays: impl Fn(&Repo) -> bool,
    notes: &mut Vec<Note>,
) -> Result<Vec<RepoName>, Error> {
    let reserved = CorePart::ALL.iter().filter(|_| has_core).map(|part| part.word().to_owned());
    let mut taken: BTreeSet<String> = reserved.collect();
    let of_oca: BTreeSet<String> = catalogue::names().map(|name| name.to_string()).collect();
    let mut names = BTreeMap::new();
    // The next number to try for each name in lower case, so that many equal names take no quadratic time.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let (staying, moving): (Vec<_>, Vec<_>) = repos.iter().enumerate().partition(|(_, repo)| stays(repo));
    for (at, repo) in staying.into_iter().chain(moving) {
        let (directory, in_url) = words(repo);
        let is_end = in_url.strip_suffix(directory).is_some_and(|begin| begin.ends_with('-'));
        let own = if is_end && !stays(repo) && of_oca.contains(in_url) { in_url } else { directory };
        let candidates: Vec<String> = std::iter::once(own.to_owned()).chain(candidates(repo)).collect();
        let base = candidates.iter().find(|word| RepoName::parse(word).is_ok());
        // As many numbers as repositories: one of them is free.
        let next = base.map(|base| (base, numbers.entry(base.to_lowercase()).or_insert(2)));
        let numbered = next.into_iter().flat_map(|(base, next)| {
            std::iter::repeat_with(move || {
                *next += 1;
                format!("{base}-{}", *next - 1)
            })
        });
        let all = candidates.iter().cloned().chain(numbered.take(repos.len()));
        let mut free = all.filter_map(|word| RepoName::parse(&word).ok());
        let name =
            free.find(|name| taken.insert(name.as_str().to_lowercase())).ok_or_else(|| nameless(repo))?;
        if name.as_str() != own {
            let path = repo.path.display();
            let item = format!("the repository in `{path}` gets the name `{name}`");
            notes.push(repo.place.note(note::NAME, name.as_str(), item));
        }
        names.insert(at, name);
    }
    Ok(names.into_values().collect())
}

/// Fails if a repository can get no name.
pub(super) fn refuse_nameless(repo: &Repo) -> Result<(), Error> {
    let has_one = candidates(repo).iter().any(|word| RepoName::parse(word).is_ok());
    if has_one { Ok(()) } else { Err(nameless(repo)) }
}

fn nameless(repo: &Repo) -> Error {
    let why = format!("there is no valid name for the repository in `{}`", repo.path.display());
    repo.place.refuse_with_hint(why, "rename its directory: use letters, digits, `.`, `_` and `-`")
}

/// The words that can be the name of a repository, the best first.
fn candidates(repo: &Repo) -> [String; 4] {
    let (directory, in_url) = words(repo);
    let above = repo.path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    [
        directory.to_owned(),
        in_url.to_owned(),
        format!("{}-{directory}", above.unwrap_or_default()),
        format!("{}-{in_url}", owner(&repo.url)),
    ]
}

/// The name of its directory, and the one in its url.
fn words(repo: &Repo) -> (&str, &str) {
    let directory = repo.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    (directory, last_part(repo.url.as_str()))
}

/// The next to last part of a url.
fn owner(url: &RemoteUrl) -> &str {
    url.as_str().rsplit(['/', ':']).nth(1).unwrap_or_default()
}
