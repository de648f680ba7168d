//! The lock in the formats of other tools, so that users can move away from oca.

use std::fmt::Write;

use super::LockedRepo;
use crate::repo::RemoteUrl;

/// A locked repository for another tool.
pub(crate) struct Abroad<'l> {
    /// The path of the checkout, relative to the printed file.
    pub(crate) path: String,
    /// The url, with variables expanded and without secrets.
    pub(crate) url: RemoteUrl,
    pub(crate) locked: &'l LockedRepo,
}

/// A `repos.yaml` of git-aggregator that makes the same checkouts at the same commits.
///
/// It has the commit in place of the ref: git-aggregator fetches it by its id, as `oca` does.
pub(crate) fn repos_yaml(repos: &[Abroad<'_>]) -> String {
    let mut text = String::new();
    for Abroad { path, url, locked } in repos {
        let (path, url, commit) = (text_of(&format!("./{path}")), text_of(url.as_str()), locked.commit);
        let reference = &locked.pin.reference;
        let _infallible = write!(
            text,
            "{path}:\n  defaults:\n    depth: 1\n  remotes:\n    origin: {url}\n  merges:\n    # {reference}\n    \
             - origin {commit}\n"
        );
    }
    text
}

/// The git commands that stage the gitlinks: a `.gitmodules` has no commits.
pub(crate) fn gitlinks<'l>(repos: &'l [Abroad<'_>]) -> impl Iterator<Item = String> + 'l {
    repos.iter().map(|Abroad { path, locked, .. }| {
        format!("git update-index --add --cacheinfo 160000,{},{path}", locked.head())
    })
}

/// A YAML string. It is quoted if YAML could read it as anything else.
fn text_of(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "./_-:@~+%=".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.' || c == '/');
    if begins && text.chars().all(is_plain) && !text.ends_with(':') {
        text.to_owned()
    } else {
        // A JSON string is valid YAML.
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_yaml_would_read_as_something_else_are_quoted() {
        for (text, expected) in [
            ("./oca/web", "./oca/web"),
            ("git@host:acme/web.git", "git@host:acme/web.git"),
            ("https://host/a b", "\"https://host/a b\""),
            ("18.0", "\"18.0\""),
            ("a:", "\"a:\""),
            ("a#b", "\"a#b\""),
            ("", "\"\""),
        ] {
            assert_eq!(text_of(text), expected);
        }
    }
}
