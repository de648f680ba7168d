//! Urls and paths in place of a version, and which of them a line can name.

use std::str::FromStr;

use pep508_rs::PackageName;
use pep508_rs::pep440_rs::Version;
use percent_encoding::percent_decode_str;

use super::line::{Author, shown};
use crate::repo::redact;

/// The file endings that pip treats as archives (`pip/_internal/utils/filetypes.py`).
const ARCHIVES: [&str; 12] = [
    ".whl",
    ".zip",
    ".tar.gz",
    ".tgz",
    ".tar",
    ".tar.bz2",
    ".tbz",
    ".tar.xz",
    ".txz",
    ".tlz",
    ".tar.lz",
    ".tar.lzma",
];

/// The version control systems that pip supports, and the transports of their urls to other machines.
const VERSION_CONTROL: [&str; 4] = ["git", "hg", "svn", "bzr"];
const TRANSPORTS: [&str; 5] = ["https", "http", "ssh", "git", "svn"];

/// Why a line must not name a place.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is a path relative to the repository.
    Relative(String),
    /// It is a file on the machine where pip runs.
    Local(String),
    Malformed(String),
}

/// A name normalised by PEP 503: lower case, and each run of `-`, `_` and `.` becomes one `-`.
pub(super) fn normalised(name: &str) -> Option<String> {
    PackageName::from_str(name).ok().map(|name| name.to_string()).filter(|name| !name.is_empty())
}

/// Whether pip reads a text as a file name because of its ending.
pub(super) fn looks_like_archive(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ARCHIVES.iter().any(|ending| text.ends_with(ending))
}

/// The url or path of a line that does not start with `name @`.
pub(super) fn leading(text: &str) -> Option<&str> {
    let word = text.split(' ').next().unwrap_or_default().trim_end_matches(';');
    let before_version =
        word.split(['@', '=', '<', '>', '~', '!', '[', '(', ';', '#']).next().unwrap_or_default();
    let is_path = before_version.contains('/') || matches!(before_version, "." | "..");
    (is_path || has_local_scheme(word) || looks_like_archive(before_version)).then_some(word)
}

/// Checks a place. It must not contain blanks.
pub(super) fn check(place: &str, author: Author) -> Result<(), Refusal> {
    // pip could read `;` as the start of a marker, and quotes as the start of a text in it.
    for (c, escape) in [(';', "%3B"), ('\'', "%27"), ('"', "%22")] {
        if place.contains(c) {
            return Err(Refusal::Malformed(format!("`{c}` in a url must be written as `{escape}`")));
        }
    }
    match (author, place.split_once("://")) {
        _ if has_local_scheme(place) || place.starts_with('/') => match author {
            Author::User => Ok(()),
            Author::Odoo | Author::Other => Err(Refusal::Local(shown(place))),
        },
        (_, None) => Err(Refusal::Relative(shown(place))),
        (Author::User, Some(_)) => Ok(()),
        (Author::Odoo | Author::Other, Some((scheme, rest))) => {
            check_scheme(scheme)?;
            check_rest(rest).map_err(|why| Refusal::Malformed(why.to_owned()))
        }
    }
}

/// Whether it is `file:…`, `git+file:…` or similar.
fn has_local_scheme(place: &str) -> bool {
    let scheme = place.split(':').next().filter(|scheme| scheme.len() < place.len()).unwrap_or_default();
    scheme.rsplit('+').next().is_some_and(|transport| transport.eq_ignore_ascii_case("file"))
}

/// Whether a url has a password, a token or a query, in which a token may be. What pip takes from the environment, as in
/// `https://${TOKEN}@host/x.zip`, is none.
pub(super) fn has_credentials(place: &str) -> bool {
    let mut bare = String::with_capacity(place.len());
    let mut left = place;
    while let Some((before, (_, behind))) =
        left.split_once("${").and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
    {
        bare.push_str(before);
        left = behind;
    }
    bare.push_str(left);
    let bare = bare.replace("://:@", "://").replace("://@", "://");
    // The user of `git+ssh` is no secret, as the one of `ssh`.
    let scheme = bare.split("://").next().unwrap_or_default();
    let transport = scheme.rfind('+').map_or(0, |at| at + 1);
    redact(&bare[transport..]) != bare[transport..]
}

fn check_scheme(scheme: &str) -> Result<(), Refusal> {
    let lower = scheme.to_ascii_lowercase();
    let is_known = match lower.split_once('+') {
        Some((system, transport)) => VERSION_CONTROL.contains(&system) && TRANSPORTS.contains(&transport),
        None => matches!(&*lower, "https" | "http"),
    };
    let why = || "its url must start with `https://`, `git+https://` or a similar scheme".to_owned();
    if is_known { Ok(()) } else { Err(Refusal::Malformed(why())) }
}

/// Checks the parts of a url that a version control program gets as an argument, and the fragment that pip reads.
fn check_rest(rest: &str) -> Result<(), &'static str> {
    let (address, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let end = address.find(['/', '?']).unwrap_or(address.len());
    let (authority, path) = address.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    if !host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[') {
        return Err("the host in its url must start with a letter or a digit");
    }
    if decoded(authority).starts_with('-') {
        return Err("the user in its url must not start with `-`");
    }
    if path.rsplit_once('@').is_some_and(|(_, revision)| decoded(revision).starts_with('-')) {
        return Err("the revision in its url must not start with `-`");
    }
    // pip looks for both after every `&` of the url.
    if address.split('&').skip(1).any(|part| part.starts_with("subdirectory=") || part.starts_with("egg=")) {
        return Err("`egg` and `subdirectory` must come after the `#` of its url");
    }
    for (key, value) in fragment.split(['&', '#']).filter_map(|part| part.split_once('=')) {
        let value = decoded(value);
        if key == "egg" && normalised(value.split('[').next().unwrap_or_default()).is_none() {
            return Err("its `egg` is not the name of a distribution");
        }
        if key == "subdirectory"
            && (value.starts_with('/') || value.split(['/', '\\']).any(|part| part == ".."))
        {
            return Err("its `subdirectory` points outside the fetched files");
        }
    }
    Ok(())
}

/// The normalised name that pip derives from a url without a name: from the file name of a wheel, or from `…#egg=name`.
pub(super) fn name(place: &str) -> Result<Option<String>, &'static str> {
    let (address, fragment) = place.split_once('#').unwrap_or((place, ""));
    let path = decoded(address.split('?').next().unwrap_or_default());
    let file = path.rsplit('/').next().unwrap_or_default();
    if file.to_ascii_lowercase().ends_with(".whl") {
        return name_of_wheel(file).map(Some).ok_or("the file name is not the name of a wheel");
    }
    match fragment.split('&').find_map(|part| part.strip_prefix("egg=")) {
        Some(egg) => {
            let (name, extras) = egg.split_once('[').unwrap_or((egg, "]"));
            let are_names = |extras: &str| extras.split(',').all(|extra| normalised(extra).is_some());
            let is_whole = extras == "]" || extras.strip_suffix(']').is_some_and(are_names);
            let name = normalised(name).filter(|_| is_whole);
            name.map(Some).ok_or("its `egg` is not the name of a distribution")
        }
        None => Ok(None),
    }
}

/// The name in `name-version[-build]-python-abi-platform.whl`.
fn name_of_wheel(file: &str) -> Option<String> {
    let parts: Vec<&str> = file.strip_suffix(".whl")?.split('-').collect();
    let (name, version) = match parts[..] {
        [name, version, _, _, _] => (name, version),
        [name, version, build, _, _, _] if build.starts_with(|c: char| c.is_ascii_digit()) => (name, version),
        _ => return None,
    };
    let is_whole = parts.iter().all(|part| !part.is_empty() && !part.contains(' '));
    let is_version = version.replace('_', "-").parse::<Version>().is_ok();
    normalised(name).filter(|_| is_whole && is_version)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(place: &str) -> String {
        match check(place, Author::Other) {
            Ok(()) => "fine".to_owned(),
            Err(Refusal::Malformed(why)) => why,
            Err(Refusal::Relative(_)) => "relative".to_owned(),
            Err(Refusal::Local(_)) => "local".to_owned(),
        }
    }

    #[test]
    fn others_can_name_places_on_another_machine() {
        for place in [
            "https://h/x.zip",
            "HTTPS://user:pw@h:8443/x.zip?token=a#sha256=00",
            "git+https://h/x.git@18.0#egg=Acme_X[y]&subdirectory=setup/x",
            "git+ssh://git@h/x.git@v1-2",
            "hg+https://h/x",
            "https://[::1]/x.zip",
        ] {
            assert_eq!(refusal(place), "fine", "{place}");
        }
    }

    #[test]
    fn others_cannot_name_local_places_or_arguments() {
        let kind = "its url must start with `https://`, `git+https://` or a similar scheme";
        let host = "the host in its url must start with a letter or a digit";
        let out = "its `subdirectory` points outside the fetched files";
        let early = "`egg` and `subdirectory` must come after the `#` of its url";
        for (place, expected) in [
            ("file:///x", "local"),
            ("FILE:x", "local"),
            ("git+file:///x", "local"),
            ("hg+File:/x", "local"),
            ("/x", "local"),
            ("//h/x", "local"),
            ("~/x", "relative"),
            ("./x", "relative"),
            ("C:/x", "relative"),
            ("git@h:x/y", "relative"),
            ("https:/h/x", "relative"),
            ("ftp://h/x", kind),
            ("git+ext://h/x", kind),
            ("ssh://h/x", kind),
            ("https+git://h/x", kind),
            ("https:///x", host),
            ("git+ssh://-oProxyCommand=x/y", host),
            ("git+ssh://git@-oProxyCommand=x/y", host),
            ("git+ssh://%2doProxyCommand=x/y", host),
            ("git+ssh://-oProxyCommand=x@h/y", "the user in its url must not start with `-`"),
            ("git+https://h/x@--upload-pack=y", "the revision in its url must not start with `-`"),
            ("hg+https://h/x@%2D-config=y", "the revision in its url must not start with `-`"),
            ("https://h/x#subdirectory=/etc", out),
            ("https://h/x#egg=x&subdirectory=a/%2e%2e/%2e./b", out),
            ("https://h/x?a&subdirectory=/etc", early),
            ("git+https://h/x?a&egg=y#egg=x", early),
            ("https://h/x?a&subdirectory=../..#subdirectory=ok", early),
            ("https://h/x#a=b#subdirectory=..", out),
            ("https://h/x;y", "`;` in a url must be written as `%3B`"),
        ] {
            assert_eq!(refusal(place), expected, "{place}");
        }
    }

    #[test]
    fn the_name_is_the_one_that_pip_reads() {
        let (wheel, egg) =
            ("the file name is not the name of a wheel", "its `egg` is not the name of a distribution");
        for (place, expected) in [
            ("https://h/x.zip", Ok(None)),
            ("https://h/x.zip#egg=Acme_X[y]&subdirectory=z", Ok(Some("acme-x"))),
            ("https://h/Acme_X-1.0_1-py3-none-any%2Ewhl?t=1#egg=other", Ok(Some("acme-x"))),
            ("https://h/x-1.0-1a-py3-none-any.whl", Ok(Some("x"))),
            ("https://h/x.whl", Err(wheel)),
            ("https://h/x-one-py3-none-any.whl", Err(wheel)),
            ("https://h/-rx-1-py3-none-any.whl", Err(wheel)),
            ("https://h/x-1-a-py3-none-any.whl", Err(wheel)),
            ("https://h/x-1-py3-none-any.WHL", Err(wheel)),
            ("https://h/x#egg=-rx", Err(egg)),
            ("https://h/x#egg=", Err(egg)),
            ("https://h/x#egg=x[y", Err(egg)),
            ("https://h/x#egg=x[y]z", Err(egg)),
            ("https://h/x#egg=x[-]", Err(egg)),
        ] {
            assert_eq!(name(place), expected.map(|name| name.map(str::to_owned)), "{place}");
        }
    }

    #[test]
    fn users_can_name_local_places() {
        for place in ["file:///x", "/srv/x.whl", "git+file:///x", "https://${TOKEN}@h/x", "ftp://h/x"] {
            assert!(check(place, Author::User).is_ok(), "{place}");
        }
        assert!(matches!(check("./x", Author::User), Err(Refusal::Relative(_))));
    }
}
