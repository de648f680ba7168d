//! The repositories of OCA, and the modules that each had when it was last asked.
//!
//! The names are compiled in; CONTRIBUTING.md says how to update their list. The answers are kept in the cache
//! directory, in one small file for each base url and series, so that a repeated search reads one file and asks no
//! server. Does not know git or `repos.toml`: the caller asks the repositories and records their answers here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::fs;
use crate::repo::{RepoName, Series};

/// One name on each line, sorted.
const NAMES: &str = include_str!("oca-repos.txt");
const DIRECTORY: &str = "catalogue";
/// The version of the file format. A file of another version is ignored.
const VERSION: u32 = 1;
/// How long an answer is fresh.
const BELIEVED: Duration = Duration::from_hours(24);

/// The names of OCA's repositories with modules, sorted. New repositories may be missing.
pub(crate) fn names() -> impl Iterator<Item = RepoName> {
    NAMES.lines().map(|name| RepoName::parse(name).expect("the list holds names"))
}

/// The answers of the repositories below one base url, for one series.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue {
    file: PathBuf,
    kept: Kept,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    base_url: String,
    odoo: Series,
    repos: BTreeMap<RepoName, CachedAnswer>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CachedAnswer {
    /// Unix timestamp, in seconds.
    asked: u64,
    /// `None` if the repository does not exist, or not for this series.
    modules: Option<Vec<String>>,
}

impl Catalogue {
    /// Reads the known answers. Empty if the file is missing or cannot be read. `base_url` must be expanded and contain
    /// no secret.
    pub(crate) fn load(cache: &Path, base_url: &str, odoo: Series) -> Self {
        let name = format!("{odoo}-{}.json", fs::short_digest(base_url.as_bytes()));
        let file = cache.join(DIRECTORY).join(name);
        let bytes = fs::read_if_there(&file).ok().flatten().unwrap_or_default();
        let is_it = |kept: &Kept| kept.version == VERSION && kept.base_url == base_url && kept.odoo == odoo;
        let kept = serde_json::from_slice(&bytes).ok().filter(is_it);
        let empty = || Kept { version: VERSION, base_url: base_url.to_owned(), odoo, repos: BTreeMap::new() };
        Self { file, kept: kept.unwrap_or_else(empty) }
    }

    /// Writes the answers for later runs.
    pub(crate) fn save(&self) -> Result<(), fs::Error> {
        let mut bytes = serde_json::to_vec(&self.kept).expect("text and numbers always serialize");
        bytes.push(b'\n');
        if let Some(directory) = self.file.parent() {
            fs::create_directory(directory)?;
        }
        fs::write_if_changed(&self.file, &bytes)?;
        Ok(())
    }

    /// Records the modules of a repository. `None` if it does not exist, or not for this series.
    pub(crate) fn note(&mut self, repo: &RepoName, modules: Option<Vec<String>>, now: SystemTime) {
        self.kept.repos.insert(repo.clone(), CachedAnswer { asked: seconds(now), modules });
    }

    /// The time since a repository was asked. `None` if it never was. If the answer is in the future, its age counts as
    /// infinite.
    pub(crate) fn age(&self, repo: &RepoName, now: SystemTime) -> Option<Duration> {
        let asked = self.kept.repos.get(repo)?.asked;
        Some(seconds(now).checked_sub(asked).map_or(Duration::MAX, Duration::from_secs))
    }

    /// Whether the answer of a repository is recent enough to be used without asking again.
    pub(crate) fn is_fresh(&self, repo: &RepoName, now: SystemTime) -> bool {
        self.age(repo, now).is_some_and(|age| age < BELIEVED)
    }

    /// The repositories that have a module, sorted.
    pub(crate) fn repos_with(&self, module: &str) -> Vec<&RepoName> {
        let has = |answer: &CachedAnswer| answer.modules.iter().flatten().any(|name| name == module);
        self.kept.repos.iter().filter(|(_, answer)| has(answer)).map(|(name, _)| name).collect()
    }

    /// The names of all modules of all repositories.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &str> {
        self.kept.repos.values().flat_map(|answer| &answer.modules).flatten().map(String::as_str)
    }

    /// Whether at least one repository exists.
    pub(crate) fn is_any_there(&self) -> bool {
        self.kept.repos.values().any(|answer| answer.modules.is_some())
    }
}

/// Deletes all answers.
pub(crate) fn clean(cache: &Path) -> Result<(), fs::Error> {
    let directory = cache.join(DIRECTORY);
    if directory.is_dir() { fs::remove_directory(&directory) } else { Ok(()) }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const URL: &str = "https://example.com/OCA";

    fn name(word: &str) -> RepoName {
        RepoName::parse(word).expect("a name")
    }

    fn series() -> Series {
        Series::parse("18.0").expect("a series")
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn the_list_is_sorted_names() {
        let names: Vec<RepoName> = names().collect();
        assert!(names.len() >= 230 && names.is_sorted_by(|a, b| a < b));
    }

    /// The names that only one of the two lists has, each with its sign.
    fn compared(list: &str, newer: &str) -> Vec<String> {
        let names = |text: &str| -> BTreeSet<String> { text.lines().map(str::to_owned).collect() };
        let (list, newer) = (names(list), names(newer));
        let missing = newer.difference(&list).map(|name| format!("+ {name}"));
        missing.chain(list.difference(&newer).map(|name| format!("- {name}"))).collect()
    }

    /// CONTRIBUTING has the command that runs it with a newer list.
    #[test]
    fn the_list_is_that_of_a_newer_file() {
        assert_eq!(compared("a\nb\n", "a\nc\n"), ["+ c", "- b"]);
        let Some(file) = std::env::var_os("OCA_REPOS") else { return };
        let newer = std::fs::read_to_string(file).expect("the newer list");
        let differences = compared(NAMES, &newer);
        assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    }

    #[test]
    fn new_repositories_of_oca_are_in_the_list() {
        let names: Vec<RepoName> = names().collect();
        for word in
            ["ai", "automation", "bank-payment-alternative", "edi-framework", "mail", "tier-validation"]
        {
            assert!(names.contains(&name(word)), "{word}");
        }
    }

    #[test]
    fn an_answer_is_fresh_for_a_day() {
        let cache = tempfile::tempdir().expect("a directory");
        let mut catalogue = Catalogue::load(cache.path(), URL, series());
        catalogue.note(&name("web"), Some(vec!["web_x".to_owned(), "web_y".to_owned()]), at(1000));
        catalogue.note(&name("gone"), None, at(2000));
        catalogue.save().expect("a file");
        let catalogue = Catalogue::load(cache.path(), URL, series());
        assert_eq!(catalogue.repos_with("web_x"), [&name("web")]);
        assert_eq!(catalogue.modules().collect::<Vec<_>>(), ["web_x", "web_y"]);
        for (repo, now, fresh) in [
            ("web", 1000, true),
            ("web", 1000 + 86_399, true),
            ("web", 1000 + 86_400, false),
            ("web", 999, false),
            ("gone", 2000, true),
            ("dms", 1000, false),
        ] {
            assert_eq!(catalogue.is_fresh(&name(repo), at(now)), fresh, "{repo} at {now}");
        }
        let other = Series::parse("17.0").expect("a series");
        assert!(!Catalogue::load(cache.path(), URL, other).is_any_there());
        assert!(!Catalogue::load(cache.path(), "https://example.com/acme", series()).is_any_there());
        clean(cache.path()).and_then(|()| clean(cache.path())).expect("nothing is left");
        assert!(!Catalogue::load(cache.path(), URL, series()).is_any_there());
    }

    #[test]
    fn an_invalid_file_is_ignored() {
        let cache = tempfile::tempdir().expect("a directory");
        let mut catalogue = Catalogue::load(cache.path(), URL, series());
        catalogue.note(&name("web"), Some(Vec::new()), at(1000));
        catalogue.save().expect("a file");
        let text = std::fs::read_to_string(&catalogue.file).expect("the file");
        for (from, to) in
            [("\"version\":1", "\"version\":2"), ("\"asked\":", "\"askd\":"), ("}", ""), (URL, "x")]
        {
            assert!(text.contains(from), "{text}");
            fs::write_if_changed(&catalogue.file, text.replace(from, to).as_bytes()).expect("a file");
            assert!(!Catalogue::load(cache.path(), URL, series()).is_any_there(), "{to}");
        }
    }
}
