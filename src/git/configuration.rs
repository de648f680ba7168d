//! The parts of the user's git configuration that say how to reach a remote.
//!
//! For remotes without a repository, libgit2 does not apply `insteadOf`, `http.<url>.*`, `GIT_CONFIG_GLOBAL` and
//! `GIT_CONFIG_COUNT`. So the values are read once and looked up here. Only the files of the system and of the user
//! count: the configuration of a repository could name a program to run.

use std::env;
use std::path::{Path, PathBuf};

use git2::{Config, ConfigLevel};
use url::Url;

use super::Error;
use crate::fs::refuse_no_file;

/// All values in the order in which git reads them; the last one wins.
#[derive(Clone, Debug, Default)]
pub(super) struct Configuration {
    /// Names and values. In a name, the section and the key are in lower case; the subsection is as written.
    entries: Vec<(String, String)>,
}

impl Configuration {
    pub(super) fn load() -> Result<Self, Error> {
        let config = open()?;
        let mut found = config.entries(None)?;
        let mut entries = Vec::new();
        while let Some(entry) = found.next() {
            let entry = entry?;
            if let (Ok(name), Ok(value)) = (entry.name(), entry.value()) {
                entries.push((name.to_owned(), value.to_owned()));
            }
        }
        entries.extend(from_variables());
        Ok(Self { entries })
    }

    /// The last value of a key such as `core.sshcommand`.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.entries.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The url with the longest matching `url.<base>.insteadOf` replaced by its base.
    pub(super) fn instead_of(&self, url: &str) -> String {
        let rules = self.entries.iter().filter_map(|(key, prefix)| {
            let base = key.strip_prefix("url.")?.strip_suffix(".insteadof")?;
            url.strip_prefix(prefix.as_str()).map(|rest| (prefix.len(), base, rest))
        });
        match rules.max_by_key(|(length, ..)| *length) {
            Some((_, base, rest)) => format!("{base}{rest}"),
            None => url.to_owned(),
        }
    }

    /// The value of `http.<url>.<key>` for the most specific matching url, or else of `http.<key>`.
    pub(super) fn http(&self, url: &Url, key: &str) -> Option<&str> {
        self.http_matches(url, key).max_by_key(|(score, _)| *score).map(|(_, value)| value)
    }

    /// All values of a key that can have several, such as `http.extraHeader`. Values of `http.<key>` without a url are
    /// included only if `for_all_urls` is true.
    pub(super) fn http_all(&self, url: &Url, key: &str, for_all_urls: bool) -> Vec<&str> {
        let matches = self.http_matches(url, key);
        matches.filter(|((score, _), _)| *score > 0 || for_all_urls).map(|(_, value)| value).collect()
    }

    fn http_matches(&self, url: &Url, key: &str) -> impl Iterator<Item = ((usize, usize), &str)> {
        self.entries.iter().enumerate().filter_map(move |(place, (name, value))| {
            let rest = name.strip_prefix("http.")?;
            if rest == key {
                return Some(((0, place), value.as_str()));
            }
            let pattern = rest.strip_suffix(key)?.strip_suffix('.')?;
            Some(((url_match(pattern, url)?, place), value.as_str()))
        })
    }

    /// Whether a value is one of git's words for true.
    pub(super) fn is_true(value: &str) -> bool {
        matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "1")
    }
}

/// How well `http.<pattern>.*` matches a url, by git's rules without wildcards. Scheme, host and port are the same, and
/// the path is a prefix of whole components. The longer path wins, then the pattern with a user.
fn url_match(pattern: &str, url: &Url) -> Option<usize> {
    let pattern = Url::parse(pattern).ok()?;
    let same_origin = pattern.scheme() == url.scheme()
        && pattern.host_str() == url.host_str()
        && pattern.port_or_known_default() == url.port_or_known_default();
    let same_user = pattern.username().is_empty() || pattern.username() == url.username();
    let path = pattern.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(path)?;
    (same_origin && same_user && (rest.is_empty() || rest.starts_with('/')))
        .then(|| 2 + 2 * path.len() + usize::from(!pattern.username().is_empty()))
}

/// The configuration files of the system and of the user, found by git's rules.
pub(super) fn open() -> Result<Config, Error> {
    let mut config = Config::new()?;
    let no_system = env::var("GIT_CONFIG_NOSYSTEM").is_ok_and(|value| Configuration::is_true(&value));
    if !no_system {
        let file = variable_path("GIT_CONFIG_SYSTEM").or_else(|| Config::find_system().ok());
        add(&mut config, file, ConfigLevel::System)?;
    }
    if let Some(file) = variable_path("GIT_CONFIG_GLOBAL") {
        add(&mut config, Some(file), ConfigLevel::Global)?;
    } else {
        add(&mut config, Config::find_xdg().ok(), ConfigLevel::XDG)?;
        add(&mut config, Config::find_global().ok(), ConfigLevel::Global)?;
    }
    Ok(config)
}

fn variable_path(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from)
}

fn add(config: &mut Config, file: Option<PathBuf>, level: ConfigLevel) -> Result<(), Error> {
    // Users set this to say "no file".
    let none = Path::new("/dev/null");
    match file.filter(|file| file != none && file.exists()) {
        Some(file) => {
            refuse_no_file(&file)?;
            Ok(config.add_file(&file, level, false)?)
        }
        None => Ok(()),
    }
}

/// `GIT_CONFIG_COUNT`, `GIT_CONFIG_KEY_n` and `GIT_CONFIG_VALUE_n`.
fn from_variables() -> Vec<(String, String)> {
    let count = env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
    let pair = |n| {
        let name = env::var(format!("GIT_CONFIG_KEY_{n}")).ok()?;
        Some((normalised(&name), env::var(format!("GIT_CONFIG_VALUE_{n}")).ok()?))
    };
    (0..count.min(1000)).filter_map(pair).collect()
}

/// `URL.https://Host/.insteadOf` as `url.https://Host/.insteadof`.
fn normalised(name: &str) -> String {
    let (Some(first), Some(last)) = (name.find('.'), name.rfind('.')) else {
        return name.to_ascii_lowercase();
    };
    let (section, middle, key) = (&name[..first], &name[first..last], &name[last..]);
    format!("{}{middle}{}", section.to_ascii_lowercase(), key.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(entries: &[(&str, &str)]) -> Configuration {
        let entries = entries.iter().map(|(name, value)| (normalised(name), (*value).to_owned()));
        Configuration { entries: entries.collect() }
    }

    #[test]
    fn the_longest_instead_of_wins() {
        let configuration = configuration(&[
            ("url./srv/all/.insteadOf", "https://host/"),
            ("url./srv/oca/.insteadOf", "https://host/OCA/"),
            ("url.git@host:.insteadOf", "https://other/"),
        ]);
        assert_eq!(configuration.instead_of("https://host/OCA/web.git"), "/srv/oca/web.git");
        assert_eq!(configuration.instead_of("https://host/me/web.git"), "/srv/all/me/web.git");
        assert_eq!(configuration.instead_of("https://other/x"), "git@host:x");
        assert_eq!(configuration.instead_of("https://else/x"), "https://else/x");
    }

    #[test]
    fn the_most_specific_http_section_wins() {
        let configuration = configuration(&[
            ("http.https://host/OCA.proxy", "oca"),
            ("http.https://host.proxy", "host"),
            ("http.proxy", "all"),
        ]);
        let proxy =
            |url: &str| configuration.http(&Url::parse(url).expect("a url"), "proxy").map(str::to_owned);
        assert_eq!(proxy("https://host/OCA/web.git").as_deref(), Some("oca"));
        assert_eq!(proxy("https://host/OCAx/web.git").as_deref(), Some("host"));
        assert_eq!(proxy("https://host:443/x").as_deref(), Some("host"));
        assert_eq!(proxy("http://host/x").as_deref(), Some("all"));
    }
}
