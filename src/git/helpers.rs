//! git's credential helpers, by git's rules: `credential.*` and `credential.<url>.*` of the configuration.
//!
//! libgit2's own reader asks one helper, knows no `useHttpPath`, and tells no helper whether a password was right.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use percent_encoding::percent_decode_str;
use url::Url;

use super::askpass;
use super::auth::Credential;
use super::configuration::{Configuration, url_match};

/// Which helpers are asked for a repository, and what they are told.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Helpers {
    protocol: String,
    /// With the port, if it is not the default of the scheme.
    host: String,
    /// Only with `credential.useHttpPath`.
    path: Option<String>,
    user: Option<String>,
    /// As in the configuration.
    programs: Vec<String>,
    /// The program that asks the user.
    askpass: Option<String>,
}

/// What the helpers answered.
pub(super) struct Answered {
    pub(super) credential: Option<Credential>,
    /// What else a helper said about it, for `store`: how long it is valid, and how to get another one.
    more: Vec<(&'static str, String)>,
    /// What went wrong, for messages.
    pub(super) failures: Vec<String>,
}

/// What a helper may say besides the user and the password.
const KEPT: [&str; 2] = ["password_expiry_utc", "oauth_refresh_token"];

#[derive(Clone, Copy)]
enum Action {
    Get,
    Store,
    Erase,
}

impl Helpers {
    /// The helpers for the repository at `url`.
    pub(super) fn of(configuration: &Configuration, url: &Url) -> Self {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = decoded(url.username());
        let path = decoded(url.path().trim_matches('/'));
        let values = |key| {
            let all = configuration.of_section("credential", key);
            all.filter(|(pattern, _)| pattern.is_none_or(|pattern| is_for(pattern, url)))
        };
        let mut programs = Vec::new();
        for (_, program) in values("helper") {
            // An empty value removes the helpers before it.
            if program.is_empty() { programs.clear() } else { programs.push(program.to_owned()) }
        }
        let use_path = values("usehttppath").last().is_some_and(|(_, value)| Configuration::is_true(value));
        Self {
            protocol: url.scheme().to_owned(),
            host: format!("{}{port}", url.host_str().unwrap_or_default()),
            path: use_path.then_some(path),
            user: Some(user).filter(|user| !user.is_empty()).or_else(|| {
                values("username").last().map(|(_, user)| user.to_owned()).filter(|user| !user.is_empty())
            }),
            programs,
            askpass: askpass::program(configuration),
        }
    }

    /// Asks the helpers one after the other until user and password are known, then the program that asks the user.
    /// `challenges` is what the server expects.
    pub(super) fn ask(&self, challenges: &[String]) -> Answered {
        let mut answered = Answered { credential: None, more: Vec::new(), failures: Vec::new() };
        let challenges: Vec<_> = challenges.iter().map(|value| ("wwwauth[]", value.clone())).collect();
        let (mut user, mut password) = (self.user.clone(), None);
        for program in &self.programs {
            match self.run(program, Action::Get, user.as_deref(), None, &challenges) {
                Ok(answer) => {
                    let value = |key: &str| {
                        let mut lines = answer.lines().filter_map(|line| line.split_once('='));
                        lines.rfind(|(name, _)| *name == key).map(|(_, value)| value.to_owned())
                    };
                    user = value("username").or(user);
                    let is_valid = value("password_expiry_utc").is_none_or(|time| is_in_future(&time));
                    password = value("password").filter(|_| is_valid).or(password);
                    let more = |key| Some((key, value(key).filter(|_| is_valid)?));
                    answered.more.extend(KEPT.into_iter().filter_map(more));
                    if let (Some(user), Some(password)) = (&user, &password) {
                        let (user, password) = (user.clone(), password.clone());
                        answered.credential = Some(Credential { user, password, source: named(program) });
                        return answered;
                    }
                    if value("quit").is_some_and(|quit| Configuration::is_true(&quit)) {
                        answered.failures.push(format!("{}, which told oca to quit", named(program)));
                        return answered;
                    }
                }
                Err(why) => answered.failures.push(format!("{}, which {why}", named(program))),
            }
        }
        let host = format!("{}://{}", self.protocol, self.host);
        answered.credential =
            self.askpass.as_ref().and_then(|program| askpass::ask(program, &host, user.as_deref()));
        answered
    }

    /// Tells all helpers that a server accepted the credential.
    pub(super) fn store(&self, answered: &Answered) {
        self.tell(Action::Store, answered);
    }

    /// Tells all helpers that a server refused the credential.
    pub(super) fn erase(&self, answered: &Answered) {
        self.tell(Action::Erase, answered);
    }

    fn tell(&self, action: Action, answered: &Answered) {
        let Some(credential) = &answered.credential else { return };
        for program in &self.programs {
            // As in git, a helper that fails is no reason to stop: the server has already answered.
            let _told =
                self.run(program, action, Some(&credential.user), Some(&credential.password), &answered.more);
        }
    }

    /// Runs a helper. Returns what it writes, or why it failed.
    fn run(
        &self,
        program: &str,
        action: Action,
        user: Option<&str>,
        password: Option<&str>,
        more: &[(&str, String)],
    ) -> Result<String, String> {
        let line = if let Some(line) = program.strip_prefix('!') {
            line.to_owned()
        } else if program.starts_with('/') || std::path::Path::new(program).is_absolute() {
            program.to_owned()
        } else {
            format!("git credential-{program}")
        };
        let (word, output) = match action {
            Action::Get => ("get", Stdio::piped()),
            Action::Store => ("store", Stdio::null()),
            Action::Erase => ("erase", Stdio::null()),
        };
        let told = self.told(user, password, more)?;
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(format!("{line} {word}"))
            .stdin(Stdio::piped())
            .stdout(output)
            // It could disturb the progress bars, or show a password.
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot be run: {error}"))?;
        if let Some(mut input) = child.stdin.take() {
            // A helper may end before it has read everything.
            let _sent = input.write_all(told.as_bytes());
        }
        let output = child.wait_with_output().map_err(|error| format!("failed: {error}"))?;
        if !output.status.success() {
            return Err(format!("failed ({})", output.status));
        }
        String::from_utf8(output.stdout).map_err(|_| "did not answer in UTF-8".to_owned())
    }

    /// The lines for a helper. A line feed in a value would be a line of its own, so it is refused.
    fn told(
        &self,
        user: Option<&str>,
        password: Option<&str>,
        more: &[(&str, String)],
    ) -> Result<String, String> {
        let all = [
            ("protocol", Some(&*self.protocol)),
            ("host", Some(&*self.host)),
            ("path", self.path.as_deref()),
            ("username", user),
            ("password", password),
        ];
        let mut lines = String::new();
        let more = more.iter().map(|(key, value)| (*key, Some(value.as_str())));
        for (key, value) in all.into_iter().chain(more) {
            let Some(value) = value else { continue };
            if value.contains(['\n', '\r', '\0']) {
                return Err(format!("was not asked: the {key} has a control character"));
            }
            lines.extend([key, "=", value, "\n"]);
        }
        lines.push('\n');
        Ok(lines)
    }
}

/// Whether `credential.<pattern>.*` is for a url: the pattern is a url as in `http.<url>.*`, or a part of one, such as
/// `example.com` or `https://`.
fn is_for(pattern: &str, url: &Url) -> bool {
    if url_match(pattern, url).is_some() {
        return true;
    }
    let (scheme, rest) = pattern.split_once("://").unwrap_or(("", pattern));
    if !scheme.is_empty() && (scheme != url.scheme() || !rest.is_empty()) {
        return false;
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = host.rsplit_once('@').unwrap_or(("", host));
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let is = |wanted: &str, real: &str| wanted.is_empty() || wanted == real;
    is(user, url.username())
        && is(host, &format!("{}{port}", url.host_str().unwrap_or_default()))
        && is(path.trim_end_matches('/'), url.path().trim_matches('/'))
}

fn is_in_future(time: &str) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    time.parse().is_ok_and(|time: u64| time > now)
}

/// A helper in a message. A command line may hold a password, so it is not shown.
fn named(program: &str) -> String {
    match program.split_whitespace().next() {
        Some(name) if !program.starts_with('!') => format!("the credential helper `{name}`"),
        _ => "the credential helper".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn helpers(entries: &[(&str, &str)], url: &str) -> Helpers {
        Helpers::of(&Configuration::of(entries), &Url::parse(url).expect("a url"))
    }

    #[test]
    fn helpers_are_chosen_by_gits_rules() {
        let entries = [
            ("credential.helper", "one"),
            ("credential.https://git.example.com.helper", "two"),
            ("credential.https://*.example.com/OCA.helper", "three"),
            ("credential.https://git.example.com:8443.helper", "four"),
            ("credential.example.com.helper", "five"),
            ("credential.http://.helper", "six"),
        ];
        let chosen = |url| helpers(&entries, url).programs.join(" ");
        assert_eq!(chosen("https://git.example.com/OCA/web.git"), "one two three");
        assert_eq!(chosen("https://git.example.com/OCAx/web.git"), "one two");
        assert_eq!(chosen("https://git.example.com:8443/web.git"), "one four");
        assert_eq!(chosen("https://example.com/web.git"), "one five");
        assert_eq!(chosen("http://example.com/web.git"), "one five six");
        let reset =
            [entries.as_slice(), &[("credential.helper", ""), ("credential.helper", "last")]].concat();
        assert_eq!(helpers(&reset, "https://git.example.com/OCA/web.git").programs, ["last"]);
    }

    #[test]
    fn helpers_are_told_what_git_tells_them() {
        let path = [("credential.https://host.useHttpPath", "true"), ("credential.username", "me")];
        let told = |entries: &[(&str, &str)], url| {
            let helpers = helpers(entries, url);
            helpers.told(helpers.user.as_deref(), None, &[])
        };
        assert_eq!(
            told(&path, "https://host:8443/a/b.git/").as_deref(),
            Ok("protocol=https\nhost=host:8443\nusername=me\n\n")
        );
        assert_eq!(
            told(&path, "https://you@host:443/a%20b/c.git").as_deref(),
            Ok("protocol=https\nhost=host\npath=a b/c.git\nusername=you\n\n")
        );
        assert!(told(&path, "https://host/a%0ahost=other").is_err());
        assert!(told(&[], "https://you%0ahost=other@host/a").is_err());
    }
}
