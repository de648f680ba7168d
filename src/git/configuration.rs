//! The parts of the user's git configuration that say how to reach a remote.
//!
//! For remotes without a repository, libgit2 does not apply `insteadOf`, `http.<url>.*`, `GIT_CONFIG_GLOBAL` and
//! `GIT_CONFIG_COUNT`. So the values are read once and looked up here. Only the files of the system and of the user
//! count: the configuration of a repository could name a program to run.

use std::env::{self, VarError};

use git2::ConfigEntry;
use url::Url;

use super::{Error, config_files};

/// All values in the order in which git reads them; the last one wins.
#[derive(Clone, Debug, Default)]
pub(super) struct Configuration {
    /// Names and values. In a name, the section and the key are in lower case; the subsection is as written.
    entries: Vec<(String, String)>,
}

impl Configuration {
    pub(super) fn load() -> Result<Self, Error> {
        let mut entries = Vec::new();
        let no_system = env::var("GIT_CONFIG_NOSYSTEM").is_ok_and(|value| Self::is_true(&value));
        config_files::each(!no_system, &mut |entry| keep(entry, &mut entries))?;
        entries.extend(from_variables()?);
        Ok(Self { entries })
    }

    #[cfg(test)]
    pub(super) fn of(entries: &[(&str, &str)]) -> Self {
        let entries = entries.iter().map(|(name, value)| (normalised(name), (*value).to_owned()));
        Self { entries: entries.collect() }
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
        self.http_all(url, key, true).pop()
    }

    /// All values of a key that can have several, such as `http.extraHeader`. As in git, a value does not count if a
    /// value before it matches the url better. Values of `http.<key>` without a url are included only if
    /// `for_all_urls` is true.
    pub(super) fn http_all(&self, url: &Url, key: &str, for_all_urls: bool) -> Vec<&str> {
        let (mut best, mut values) = (None, Vec::new());
        for (pattern, value) in self.of_section("http", key) {
            let matched = match pattern {
                None => for_all_urls.then_some(UrlMatch::default()),
                Some(pattern) => url_match(pattern, url),
            };
            if matched.is_some() && matched >= best {
                best = matched;
                values.push(value);
            }
        }
        values
    }

    /// The values of `<section>.<key>` and `<section>.<pattern>.<key>`, with their patterns, in the order in which git
    /// reads them.
    pub(super) fn of_section(&self, section: &str, key: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.entries.iter().filter_map(move |(name, value)| {
            let rest = name.strip_prefix(section)?.strip_prefix('.')?;
            let pattern = match rest.strip_suffix(key)? {
                "" => None,
                pattern => Some(pattern.strip_suffix('.')?),
            };
            Some((pattern, value.as_str()))
        })
    }

    /// Whether a value is one of git's words for true.
    pub(super) fn is_true(value: &str) -> bool {
        matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on")
            || value.parse::<i64>().is_ok_and(|number| number != 0)
    }

    /// Whether a value is one of git's words for false.
    pub(super) fn is_false(value: &str) -> bool {
        matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0" | "")
    }
}

/// Takes a value of a file.
fn keep(entry: &ConfigEntry<'_>, entries: &mut Vec<(String, String)>) -> Result<(), Error> {
    // A key without `=` means true.
    let value = if entry.has_value() { entry.value() } else { Ok("true") };
    match (entry.name(), value) {
        (Ok(name), Ok(value)) => entries.push((name.to_owned(), value.to_owned())),
        // Without it, oca would ask another server than git, or with other credentials.
        _ if decides_requests(entry.name_bytes()) => {
            let setting = String::from_utf8_lossy(entry.name_bytes()).into_owned();
            return Err(Error::NotText { setting });
        }
        _ => {}
    }
    Ok(())
}

/// Whether a setting says to whom requests go, and how.
fn decides_requests(name: &[u8]) -> bool {
    let sections: [&[u8]; 5] = [b"url.", b"http.", b"credential.", b"core.sshcommand", b"core.askpass"];
    sections.iter().any(|section| name.starts_with(section))
}

/// How well a pattern matches a url. As in git, the longer host wins, then the longer path, then the pattern with a
/// user. The default is a value without a pattern.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct UrlMatch {
    host: usize,
    path: usize,
    user: bool,
}

/// How well `http.<pattern>.*` matches a url, by git's rules. Scheme, port and user are the same, and the path is a
/// prefix of whole components. A `*` in the host is one whole label.
pub(super) fn url_match(pattern: &str, url: &Url) -> Option<UrlMatch> {
    let (pattern, host) = with_wildcards(pattern)?;
    let same_origin = pattern.scheme() == url.scheme()
        && is_same_host(&host, url.host_str()?)
        && pattern.port_or_known_default() == url.port_or_known_default();
    let user = pattern.username();
    let same_user = user.is_empty() || user == url.username();
    let path = pattern.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(path)?;
    (same_origin && same_user && (rest.is_empty() || rest.starts_with('/'))).then_some(UrlMatch {
        host: host.len(),
        path: path.len(),
        user: !user.is_empty(),
    })
}

/// The parsed pattern and its host. `Url` refuses a `*` in a host, so such a host is parsed apart.
fn with_wildcards(pattern: &str) -> Option<(Url, String)> {
    let (scheme, rest) = pattern.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, place) = match authority.rfind('@') {
        Some(at) => authority.split_at(at + 1),
        None => ("", authority),
    };
    if !place.contains('*') {
        let url = Url::parse(pattern).ok()?;
        let host = url.host_str()?.to_owned();
        return Some((url, host));
    }
    let (host, port) = place.split_at(place.find(':').unwrap_or(place.len()));
    let url = Url::parse(&format!("{scheme}://{user}wildcard{port}{path}")).ok()?;
    Some((url, host.to_ascii_lowercase()))
}

fn is_same_host(pattern: &str, host: &str) -> bool {
    let (mut labels, mut patterns) = (host.split('.'), pattern.split('.'));
    loop {
        match (patterns.next(), labels.next()) {
            (None, None) => return true,
            (Some(pattern), Some(label)) if pattern == "*" || pattern == label => {}
            _ => return false,
        }
    }
}

/// `GIT_CONFIG_COUNT`, `GIT_CONFIG_KEY_n` and `GIT_CONFIG_VALUE_n`. Then `GIT_CONFIG_PARAMETERS`, by which `git -c`
/// hands its options to the programs that it runs.
fn from_variables() -> Result<Vec<(String, String)>, Error> {
    let count = env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
    let mut entries = Vec::new();
    for n in 0..count.min(1000) {
        let (Ok(name), Some(value)) =
            (env::var(format!("GIT_CONFIG_KEY_{n}")), env::var_os(format!("GIT_CONFIG_VALUE_{n}")))
        else {
            continue;
        };
        let name = normalised(&name);
        match value.into_string() {
            Ok(value) => entries.push((name, value)),
            Err(_) if decides_requests(name.as_bytes()) => return Err(Error::NotText { setting: name }),
            Err(_) => {}
        }
    }
    match env::var("GIT_CONFIG_PARAMETERS") {
        Ok(parameters) => entries.extend(from_parameters(&parameters)),
        Err(VarError::NotUnicode(_)) => {
            return Err(Error::NotText { setting: "GIT_CONFIG_PARAMETERS".to_owned() });
        }
        Err(VarError::NotPresent) => {}
    }
    Ok(entries)
}

/// Reads `'key'='value' 'key=value'`. In a value, `'\''` is a quote.
fn from_parameters(parameters: &str) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let mut chars = parameters.chars();
    let (mut word, mut is_quoted, mut equals) = (String::new(), false, None);
    loop {
        match chars.next() {
            Some('\'') => is_quoted = !is_quoted,
            Some('\\') if !is_quoted => word.extend(chars.next()),
            Some('=') if !is_quoted => {
                equals = Some(word.len());
                word.push('=');
            }
            Some(c) if is_quoted || c != ' ' => word.push(c),
            end => {
                // In the old form, the first `=` ends the key.
                let equals = equals.take().or_else(|| word.find('='));
                if !word.is_empty() {
                    let (key, value) = equals.map_or((&*word, "true"), |at| (&word[..at], &word[at + 1..]));
                    entries.push((normalised(key), value.to_owned()));
                }
                word.clear();
                if end.is_none() {
                    return entries;
                }
            }
        }
    }
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
        Configuration::of(entries)
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

    #[test]
    fn parameters_of_git_are_read_in_both_forms() {
        let read = |text| {
            let entries = from_parameters(text);
            entries.iter().map(|(key, value)| format!("{key} is {value}; ")).collect::<String>()
        };
        let text = r"'credential.Helper'='!f() { echo it'\''s=x; }; f' 'http.https://host/a=b.Proxy'=''";
        assert_eq!(
            read(text),
            "credential.helper is !f() { echo it's=x; }; f; http.https://host/a=b.proxy is ; "
        );
        assert_eq!(read("'http.proxy=x=y' 'core.bare'"), "http.proxy is x=y; core.bare is true; ");
        assert_eq!(read(""), "");
    }

    #[test]
    fn a_star_is_one_label_of_a_host() {
        let matches = |pattern: &str, url: &str| url_match(pattern, &Url::parse(url).expect("a url"));
        let host = "https://git.example.com/OCA/web.git";
        for pattern in ["https://*.example.com", "https://git.*.com/OCA", "https://*.*.com:443/"] {
            assert!(matches(pattern, host).is_some(), "{pattern}");
        }
        let others = ["https://*.com", "https://*", "https://g*.example.com", "https://*.example.com:8443"];
        for pattern in others.into_iter().chain(["https://me@*.example.com", "*.example.com", "https://"]) {
            assert!(matches(pattern, host).is_none(), "{pattern}");
        }
        for pattern in ["http://127.0.0.*:80/", "http://127.*.0.1", "http://*.0.*.1:80"] {
            assert!(matches(pattern, "http://127.0.0.1/x").is_some(), "{pattern}");
        }
        assert!(matches("https://*.example.com/OCA", host) < matches("https://git.example.com", host));
        assert!(matches("https://git.example.com", host) < matches("https://git.example.com/OCA/", host));
    }

    #[test]
    fn a_value_counts_unless_a_better_one_came_before() {
        let configuration = configuration(&[
            ("http.extraHeader", "a: 1"),
            ("http.https://host.extraHeader", "b: 2"),
            ("http.https://host.extraHeader", "c: 3"),
            ("http.extraHeader", "d: 4"),
        ]);
        let url = Url::parse("https://host/x").expect("a url");
        assert_eq!(configuration.http_all(&url, "extraheader", true), ["a: 1", "b: 2", "c: 3"]);
        assert_eq!(configuration.http_all(&url, "extraheader", false), ["b: 2", "c: 3"]);
    }
}
