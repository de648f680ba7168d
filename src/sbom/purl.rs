//! Package urls, by the purl specification (ECMA-427).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is encoded in each part of a package url: everything except letters, digits, `.`, `-`, `_`, `~` and `:`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~').remove(b':');

/// A package url in its parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Purl<'a> {
    pub(super) kind: &'a str,
    /// With `/` between its parts; it may be empty.
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    pub(super) version: Option<&'a str>,
    pub(super) vcs_url: Option<&'a str>,
    /// With `/` between its parts.
    pub(super) subpath: Option<&'a str>,
}

impl Purl<'_> {
    pub(super) fn render(&self) -> String {
        let Self { kind, namespace, name, version, vcs_url, subpath } = self;
        let mut text = format!("pkg:{kind}/");
        text.extend(parts(namespace).map(|part| part + "/"));
        text.push_str(&encoded(name));
        text.extend(version.map(|version| format!("@{}", encoded(version))));
        // In a qualifier, `/` stays as it is: so do the examples of the specification.
        text.extend(vcs_url.map(|url| format!("?vcs_url={}", encoded(url).replace("%2F", "/"))));
        let path: Vec<String> = subpath.iter().flat_map(|path| parts(path)).collect();
        if !path.is_empty() {
            text.push('#');
            text.push_str(&path.join("/"));
        }
        text
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The parts of a path, encoded. Empty parts, `.` and `..` are not allowed in a package url.
fn parts(path: &str) -> impl Iterator<Item = String> {
    path.split('/').filter(|part| !["", ".", ".."].contains(part)).map(encoded)
}

/// A distribution of PyPI. The name is normalised.
pub(crate) fn of_python(name: &str, version: Option<&str>) -> String {
    Purl { kind: "pypi", name, version, ..Purl::default() }.render()
}

/// A package of Debian, in any version.
pub(crate) fn of_debian(name: &str) -> String {
    Purl { kind: "deb", namespace: "debian", name, ..Purl::default() }.render()
}

/// A module that no commit of a server has.
pub(crate) fn of_own(name: &str) -> String {
    Purl { kind: "generic", name, ..Purl::default() }.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_encoded_as_the_specification_says() {
        let purl = Purl {
            kind: "generic",
            namespace: "/a b//c/",
            name: "é@x",
            version: Some("1:2+3"),
            vcs_url: Some("git+https://h/x y"),
            subpath: Some("./a/../b #c/"),
        };
        assert_eq!(
            purl.render(),
            "pkg:generic/a%20b/c/%C3%A9%40x@1:2%2B3?vcs_url=git%2Bhttps://h/x%20y#a/b%20%23c"
        );
        assert_eq!(of_python("py3o-template", Some("1.0+x")), "pkg:pypi/py3o-template@1.0%2Bx");
        assert_eq!(of_debian("g++"), "pkg:deb/debian/g%2B%2B");
        assert_eq!(of_own("my_company"), "pkg:generic/my_company");
    }
}
