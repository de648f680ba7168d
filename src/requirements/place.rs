//! Urls and paths in place of a version: which of them a line may name.

use percent_encoding::percent_decode_str;

use super::entry::normalised;
use super::line::Author;

/// What pip calls an archive (`pip/_internal/utils/filetypes.py`).
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

/// Systems of version control that pip knows, and how they reach another machine.
const VERSION_CONTROL: [&str; 4] = ["git", "hg", "svn", "bzr"];
const TRANSPORTS: [&str; 5] = ["https", "http", "ssh", "git", "svn"];

/// Why a line may not name a place.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is a path below whatever names it.
    Relative,
    /// It is a file of the machine where pip runs.
    Local,
    Malformed(String),
}

/// Whether pip takes text for the name of a file, by its ending alone.
pub(super) fn looks_like_archive(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ARCHIVES.iter().any(|ending| text.ends_with(ending))
}

/// The url or path that a line without `name @` consists of.
pub(super) fn leading(text: &str) -> Option<&str> {
    let word = text.split(' ').next().unwrap_or_default().trim_end_matches(';');
    let before_version =
        word.split(['@', '=', '<', '>', '~', '!', '[', '(', ';', '#']).next().unwrap_or_default();
    let is_path = before_version.contains('/') || matches!(before_version, "." | "..");
    (is_path || has_local_scheme(word) || looks_like_archive(before_version)).then_some(word)
}

/// Checks a place that has no blank in it.
pub(super) fn check(place: &str, author: Author) -> Result<(), Refusal> {
    // To pip, a marker may begin there.
    if place.contains(';') {
        return Err(Refusal::Malformed("a `;` in a url must be written as `%3B`".to_owned()));
    }
    match (author, place.split_once("://")) {
        _ if has_local_scheme(place) || place.starts_with('/') => match author {
            Author::User => Ok(()),
            Author::Other => Err(Refusal::Local),
        },
        (_, None) => Err(Refusal::Relative),
        (Author::User, Some(_)) => Ok(()),
        (Author::Other, Some((scheme, rest))) => {
            check_scheme(scheme)?;
            check_rest(rest).map_err(|why| Refusal::Malformed(why.to_owned()))
        }
    }
}

/// Whether it is `file:…`, or `git+file:…` and the like.
fn has_local_scheme(place: &str) -> bool {
    let scheme = place.split(':').next().filter(|scheme| scheme.len() < place.len()).unwrap_or_default();
    scheme.rsplit('+').next().is_some_and(|transport| transport.eq_ignore_ascii_case("file"))
}

fn check_scheme(scheme: &str) -> Result<(), Refusal> {
    let lower = scheme.to_ascii_lowercase();
    let is_known = match lower.split_once('+') {
        Some((system, transport)) => VERSION_CONTROL.contains(&system) && TRANSPORTS.contains(&transport),
        None => matches!(&*lower, "https" | "http"),
    };
    let why = || "its url must begin with `https://`, `git+https://` or the like".to_owned();
    if is_known { Ok(()) } else { Err(Refusal::Malformed(why())) }
}

/// Checks what a program of version control may be given as an argument, and what pip takes from the fragment.
fn check_rest(rest: &str) -> Result<(), &'static str> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (address, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let end = address.find(['/', '?']).unwrap_or(address.len());
    let (authority, path) = address.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    if !host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[') {
        return Err("its url has no host that begins with a letter or a digit");
    }
    if decoded(authority).starts_with('-') {
        return Err("the user in its url begins with `-`");
    }
    if path.rsplit_once('@').is_some_and(|(_, revision)| decoded(revision).starts_with('-')) {
        return Err("the revision in its url begins with `-`");
    }
    for (key, value) in fragment.split('&').filter_map(|part| part.split_once('=')) {
        let value = decoded(value);
        let leaves = || value.starts_with('/') || value.split(['/', '\\']).any(|part| part == "..");
        match key {
            "subdirectory" if leaves() => return Err("its `subdirectory` leads out of what is fetched"),
            "egg" if value.split('[').next().and_then(normalised).is_none() => {
                return Err("its `egg` is not the name of a distribution");
            }
            _ => {}
        }
    }
    Ok(())
}

/// The normalised name in `…#egg=name` or in the name of a wheel.
pub(super) fn name(place: &str) -> Option<String> {
    let (path, fragment) = place.split_once('#').unwrap_or((place, ""));
    let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg="));
    let wheel = || path.strip_suffix(".whl")?.rsplit('/').next()?.split('-').next();
    normalised(egg.or_else(wheel)?.split('[').next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(place: &str) -> String {
        match check(place, Author::Other) {
            Ok(()) => "fine".to_owned(),
            Err(Refusal::Malformed(why)) => why,
            Err(refusal) => format!("{refusal:?}").to_lowercase(),
        }
    }

    #[test]
    fn others_may_name_what_another_machine_has() {
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
    fn others_may_not_name_what_is_here_nor_an_argument() {
        let kind = "its url must begin with `https://`, `git+https://` or the like";
        let host = "its url has no host that begins with a letter or a digit";
        let out = "its `subdirectory` leads out of what is fetched";
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
            ("git+ssh://-oProxyCommand=x@h/y", "the user in its url begins with `-`"),
            ("git+https://h/x@--upload-pack=y", "the revision in its url begins with `-`"),
            ("hg+https://h/x@%2D-config=y", "the revision in its url begins with `-`"),
            ("https://h/x#egg=-rx", "its `egg` is not the name of a distribution"),
            ("https://h/x#subdirectory=/etc", out),
            ("https://h/x#egg=x&subdirectory=a/%2e%2e/%2e./b", out),
            ("https://h/x;y", "a `;` in a url must be written as `%3B`"),
        ] {
            assert_eq!(refusal(place), expected, "{place}");
        }
    }

    #[test]
    fn users_may_name_what_is_here() {
        for place in ["file:///x", "/srv/x.whl", "git+file:///x", "https://${TOKEN}@h/x", "ftp://h/x"] {
            assert!(check(place, Author::User).is_ok(), "{place}");
        }
        assert!(matches!(check("./x", Author::User), Err(Refusal::Relative)));
    }
}
