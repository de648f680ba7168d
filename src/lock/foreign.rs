//! The lock in the formats of other tools, so that users can move away from oca.

use std::fmt::Write;

use super::{LockedRepo, StepWay};
use crate::repo::{RemoteUrl, typed};

/// A locked repository for another tool.
pub(crate) struct Abroad<'l> {
    /// The path of the checkout, relative to the printed file.
    pub(crate) path: String,
    /// The url, with variables expanded and without secrets.
    pub(crate) url: RemoteUrl,
    /// The same for each merge of the entry, in its order. `None` is the repository's own url.
    pub(crate) merge_urls: Vec<Option<RemoteUrl>>,
    /// For each step of the entry: the command that applies its patch in the checkout.
    pub(crate) commands: Vec<String>,
    /// Where `oca sync --push` puts the commits of the merges: the url to fetch from, and the branch.
    pub(crate) pushed: Option<(RemoteUrl, String)>,
    pub(crate) locked: &'l LockedRepo,
}

/// The command that applies a patch to a checkout. Both paths are relative to the project.
pub(crate) fn patch_command(checkout: &str, patch: &str, is_mail: bool) -> String {
    let up = "../".repeat(checkout.split('/').count());
    let patch = typed(&format!("{up}{patch}"));
    if is_mail {
        // git would remove `[FIX]` from the title.
        format!("git am --keep-cr --keep-non-patch {patch}")
    } else {
        format!("git apply --index {patch} && git commit -q -m {patch}")
    }
}

/// A `repos.yaml` of git-aggregator that makes the same checkouts at the same commits.
///
/// It has the commit in place of the ref: git-aggregator fetches it by its id, as `oca` does. What git itself would not
/// merge in the same way is applied as a patch, and so is everything after it.
pub(crate) fn repos_yaml(repos: &[Abroad<'_>]) -> String {
    let mut text = String::new();
    for Abroad { path, url, merge_urls, commands, locked, .. } in repos {
        let (path, commit) = (text_of(&format!("./{path}")), locked.commit);
        let mut remotes = vec![("origin".to_owned(), url)];
        let mut merges = format!("    # {}\n    - origin {commit}\n", locked.pin.reference);
        let mut count = 0;
        let pending = locked.pin.pending.merges.iter().zip(&locked.merges).zip(merge_urls);
        // A merge without a step is in the base.
        let steps =
            pending.filter_map(|((merge, locked), url)| Some((merge, locked, locked.step.as_ref()?, url)));
        for (merge, locked, step, url) in steps {
            if step.way != StepWay::Made || merge.modules.is_some() || merge.pick {
                break;
            }
            let remote = url.as_ref().map_or("origin".to_owned(), |url| remote_name(&mut remotes, url));
            let _infallible = write!(merges, "    # {}\n    - {remote} {}\n", merge.source, locked.commit);
            count += 1;
        }
        let _infallible = writeln!(text, "{path}:");
        if count == 0 {
            text.push_str("  defaults:\n    depth: 1\n");
        }
        text.push_str("  remotes:\n");
        for (name, url) in &remotes {
            let _infallible = writeln!(text, "    {name}: {}", text_of(url.as_str()));
        }
        let _infallible = write!(text, "  merges:\n{merges}");
        if let patches @ [_, ..] = &commands[count..] {
            text.push_str("  shell_command_after:\n");
            for command in patches {
                let _infallible = writeln!(text, "    - {}", text_of(command));
            }
        }
    }
    text
}

/// The name of a remote, after its owner. A new one is added.
fn remote_name<'u>(remotes: &mut Vec<(String, &'u RemoteUrl)>, url: &'u RemoteUrl) -> String {
    if let Some((name, _)) = remotes.iter().find(|(_, known)| *known == url) {
        return name.clone();
    }
    let owner = url.as_str().rsplit(['/', ':']).nth(1).unwrap_or_default();
    let is_plain = owner.starts_with(|c: char| c.is_ascii_alphabetic())
        && owner.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let owner = if is_plain { owner } else { "remote" };
    let is_free = |name: &String| remotes.iter().all(|(known, _)| known != name);
    let numbered = (2..).map(|number| format!("{owner}-{number}"));
    let name = std::iter::once(owner.to_owned()).chain(numbered).find(is_free).unwrap_or_default();
    remotes.push((name.clone(), url));
    name
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
