//! `includeIf.gitdir:<pattern>.path` of git's configuration. libgit2 follows it only for a repository, and git asks for
//! it when it clones: people keep the credentials of a customer in a file that counts below one directory.
//!
//! The git directory is that of the current directory, or else the one that it would have. Other conditions are about a
//! repository that is there already, so they do not count.

use std::env;
use std::path::{Path, PathBuf};

use super::path_value::path_value;

/// Whether the name of an entry is that of such an include, and its condition holds.
pub(super) fn holds(name: &str) -> bool {
    let condition = name.strip_prefix("includeif.").and_then(|rest| rest.strip_suffix(".path"));
    let (pattern, ignore_case) = match condition.and_then(|condition| condition.split_once(':')) {
        Some(("gitdir", pattern)) => (pattern, false),
        Some(("gitdir/i", pattern)) => (pattern, true),
        _ => return false,
    };
    let (Some(pattern), Some(here)) = (whole(pattern), git_directory()) else { return false };
    let real = here.parent().and_then(|parent| Some(parent.canonicalize().ok()?.join(".git")));
    let is_below = |directory: &Path| {
        directory.to_str().is_some_and(|directory| matches(&pattern, directory, ignore_case))
    };
    is_below(&here) || real.as_deref().is_some_and(is_below)
}

fn git_directory() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let above = here.ancestors().map(|directory| directory.join(".git")).find(|git| git.exists());
    Some(above.unwrap_or_else(|| here.join(".git")))
}

/// The pattern with what git adds to it. `None` for a pattern that is relative to the file of the configuration.
fn whole(pattern: &str) -> Option<String> {
    let mut whole = match pattern {
        _ if pattern.starts_with("./") => return None,
        _ if pattern.starts_with('~') => path_value(pattern).ok()?.to_str()?.to_owned(),
        _ if pattern.starts_with('/') || Path::new(pattern).is_absolute() => pattern.to_owned(),
        _ => format!("**/{pattern}"),
    };
    if pattern.ends_with('/') {
        whole = format!("{}/**", whole.trim_end_matches('/'));
    }
    Some(whole)
}

/// Whether a path matches a pattern: `*` and `?` stand for characters of one component, `**` for any components.
fn matches(pattern: &str, path: &str, ignore_case: bool) -> bool {
    let parts = |text: &str| {
        let text = if ignore_case { text.to_lowercase() } else { text.to_owned() };
        text.split(['/', std::path::MAIN_SEPARATOR])
            .map(|part| part.chars().collect())
            .collect::<Vec<Vec<char>>>()
    };
    let is_part = |part: &Vec<char>, other: &Vec<char>| {
        is_match(part, other, &|c| *c == '*', &|c, other| *c == '?' || c == other)
    };
    is_match(&parts(pattern), &parts(path), &|part| part.iter().eq(&['*', '*']), &is_part)
}

/// Matches items with items. `is_any` says whether an item of the pattern stands for any number of items.
fn is_match<T>(
    pattern: &[T],
    text: &[T],
    is_any: &dyn Fn(&T) -> bool,
    is_one: &dyn Fn(&T, &T) -> bool,
) -> bool {
    // For each begin of the pattern, whether it matches the begin of the text: no pattern takes long.
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    let skip_any = |reached: &mut Vec<bool>| {
        for (place, item) in pattern.iter().enumerate() {
            reached[place + 1] |= reached[place] && is_any(item);
        }
    };
    skip_any(&mut reached);
    for item in text {
        let mut next = vec![false; pattern.len() + 1];
        for (place, wanted) in pattern.iter().enumerate() {
            if is_any(wanted) {
                next[place] |= reached[place];
                next[place + 1] |= reached[place];
            } else if reached[place] && is_one(wanted, item) {
                next[place + 1] = true;
            }
        }
        skip_any(&mut next);
        reached = next;
    }
    reached[pattern.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_git() {
        for (pattern, path, expected) in [
            ("/home/me/work/", "/home/me/work/.git", true),
            ("/home/me/work/", "/home/me/work/a/b/.git", true),
            ("/home/me/work/", "/home/me/works/.git", false),
            ("/home/me/work", "/home/me/work/.git", false),
            ("/home/me/work/*/.git", "/home/me/work/a/.git", true),
            ("/home/me/work/*/.git", "/home/me/work/a/b/.git", false),
            ("work/", "/home/me/work/a/.git", true),
            ("customer.git", "/srv/customer.git", true),
            ("/srv/cust?mer*.git", "/srv/customers.git", true),
            ("/srv/**/x/.git", "/srv/x/.git", true),
            ("/Home/Me/", "/home/me/.git", false),
        ] {
            let whole = whole(pattern).expect("a pattern");
            assert_eq!(matches(&whole, path, false), expected, "{pattern} {path}");
        }
        assert!(matches("/Home/Me/**", "/home/me/.git", true));
        assert_eq!(whole("./x/"), None);
        let home = env::home_dir().expect("a home").display().to_string();
        assert_eq!(whole("~/work/"), Some(format!("{home}/work/**")));
        assert!(!matches(&"**/".repeat(500), &"/a".repeat(500), false));
    }
}
