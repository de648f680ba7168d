//! Which repositories OCA has, and which modules were in them when they were last asked.
//!
//! The names are compiled in; CONTRIBUTING.md says how their list is refreshed. The answers are kept in the cache
//! directory, one small file for each base url and series, so that a search that was made before opens one file and
//! asks nobody. Knows neither git nor `repos.toml`: whoever asks the repositories notes what they answered.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::fs;
use crate::repo::{RepoName, Series};

/// One a line, sorted.
const NAMES: &str = include_str!("oca-repos.txt");
const DIRECTORY: &str = "catalogue";
/// The format of the file; one of another format is as good as none.
const VERSION: u32 = 1;
/// How long an answer is believed.
const BELIEVED: Duration = Duration::from_hours(24);

/// The names of OCA's repositories of modules, sorted; newer ones may be missing.
pub(crate) fn names() -> impl Iterator<Item = RepoName> {
    NAMES.lines().map(|name| RepoName::parse(name).expect("the list holds names"))
}

/// What the repositories below one url answered for one series.
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
    repos: BTreeMap<RepoName, Answer>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// In seconds since 1970.
    asked: u64,
    /// `None` where there is no such repository, or none for the series.
    modules: Option<Vec<String>>,
}

impl Catalogue {
    /// What is known; nothing where the file is missing or cannot be read. `base_url` is expanded and holds no secret.
    pub(crate) fn load(cache: &Path, base_url: &str, odoo: Series) -> Self {
        let name = format!("{odoo}-{}.json", fs::short_digest(base_url.as_bytes()));
        let file = cache.join(DIRECTORY).join(name);
        let bytes = fs::read_if_there(&file).ok().flatten().unwrap_or_default();
        let is_it = |kept: &Kept| kept.version == VERSION && kept.base_url == base_url && kept.odoo == odoo;
        let kept = serde_json::from_slice(&bytes).ok().filter(is_it);
        let empty = || Kept { version: VERSION, base_url: base_url.to_owned(), odoo, repos: BTreeMap::new() };
        Self { file, kept: kept.unwrap_or_else(empty) }
    }

    /// Keeps what is known for later runs.
    pub(crate) fn save(&self) -> Result<(), fs::Error> {
        let mut bytes = serde_json::to_vec(&self.kept).expect("text and numbers always serialize");
        bytes.push(b'\n');
        if let Some(directory) = self.file.parent() {
            fs::create_directory(directory)?;
        }
        fs::write_if_changed(&self.file, &bytes)?;
        Ok(())
    }

    /// Notes the modules of a repository that was asked now; `None` where it is not there, or not for the series.
    pub(crate) fn note(&mut self, repo: &RepoName, modules: Option<Vec<String>>, now: SystemTime) {
        self.kept.repos.insert(repo.clone(), Answer { asked: seconds(now), modules });
    }

    /// How long ago a repository was asked, where it was. An answer from the future is infinitely old.
    pub(crate) fn age(&self, repo: &RepoName, now: SystemTime) -> Option<Duration> {
        let asked = self.kept.repos.get(repo)?.asked;
        Some(seconds(now).checked_sub(asked).map_or(Duration::MAX, Duration::from_secs))
    }

    /// Whether the answer of a repository need not be asked for again.
    pub(crate) fn is_fresh(&self, repo: &RepoName, now: SystemTime) -> bool {
        self.age(repo, now).is_some_and(|age| age < BELIEVED)
    }

    /// The repositories that have a module, sorted.
    pub(crate) fn repos_with(&self, module: &str) -> Vec<&RepoName> {
        let has = |answer: &Answer| answer.modules.iter().flatten().any(|name| name == module);
        self.kept.repos.iter().filter(|(_, answer)| has(answer)).map(|(name, _)| name).collect()
    }

    /// The names of all modules of all repositories.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &str> {
        self.kept.repos.values().flat_map(|answer| &answer.modules).flatten().map(String::as_str)
    }

    /// Whether any repository was there.
    pub(crate) fn is_any_there(&self) -> bool {
        self.kept.repos.values().any(|answer| answer.modules.is_some())
    }
}

/// Forgets all answers.
pub(crate) fn clean(cache: &Path) -> Result<(), fs::Error> {
    let directory = cache.join(DIRECTORY);
    if directory.is_dir() { fs::remove_directory(&directory) } else { Ok(()) }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
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
        assert!(names.len() > 150 && names.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn what_was_answered_is_known_for_a_day() {
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
    fn a_file_that_is_not_ours_is_none() {
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
