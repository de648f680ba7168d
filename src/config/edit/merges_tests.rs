//! Edits of `merges` in all layouts.

use std::path::Path;

use super::{Draft, MergeList};
use crate::config::Merge;
use crate::repo::{MergeSource, RepoName};

fn web() -> RepoName {
    RepoName::parse("web").expect("a name")
}

fn source(text: &str) -> MergeSource {
    MergeSource::parse(text).expect(text)
}

fn list(profile: Option<&str>) -> MergeList {
    let shared = MergeList::shared(&web(), None);
    profile.map_or_else(|| shared.clone(), |profile| shared.of_profile(profile))
}

fn draft(text: &str) -> Draft {
    Draft::new(Path::new("repos.toml"), text)
}

fn added(text: &str, merge: &str, title: &str) -> String {
    let mut draft = draft(text);
    draft.add_merge(&list(None), &Merge::whole(source(merge))).expect("an edit");
    draft.remark_merge(&list(None), &source(merge), title);
    let parsed: Result<toml::Table, _> = toml::from_str(draft.text());
    assert!(parsed.is_ok(), "{parsed:?}:\n{}", draft.text());
    draft.text().to_owned()
}

fn removed(text: &str, list: &MergeList, merge: &str) -> String {
    let mut draft = draft(text);
    assert!(draft.remove_merge(list, &source(merge)).expect("an edit"), "{text}");
    let parsed: Result<toml::Table, _> = toml::from_str(draft.text());
    assert!(parsed.is_ok(), "{parsed:?}:\n{}", draft.text());
    draft.text().to_owned()
}

#[test]
fn an_added_merge_has_its_own_line_and_its_title() {
    for (before, after) in [
        ("odoo = 1\n", "odoo = 1\n\n[repos.web]\nmerges = [\n  \"#7\", # [FIX] a: b\n]\n"),
        ("odoo = 1\r\n", "odoo = 1\r\n\r\n[repos.web]\r\nmerges = [\r\n  \"#7\", # [FIX] a: b\r\n]\r\n"),
        (
            "[repos.web]\nhold = true # x\n",
            "[repos.web]\nhold = true # x\nmerges = [\n  \"#7\", # [FIX] a: b\n]\n",
        ),
        (
            "[repos.web]\nmerges = [\n  \"#1\", # one\n]\n",
            "[repos.web]\nmerges = [\n  \"#1\", # one\n  \"#7\", # [FIX] a: b\n]\n",
        ),
        (
            "[repos.web]\nmerges = [\n  \"#1\"\n]\n",
            "[repos.web]\nmerges = [\n  \"#1\",\n  \"#7\" # [FIX] a: b\n]\n",
        ),
        ("[repos.web]\nmerges = [\"#1\"]\n", "[repos.web]\nmerges = [\"#1\", \"#7\"]\n"),
        ("repos = { web = { hold = true } }\n", "repos = { web = { hold = true, merges = [\"#7\"] } }\n"),
        (
            "[repos.web]\nmerges = [\n  { pr = 1, why = \"x\" },\n]",
            "[repos.web]\nmerges = [\n  { pr = 1, why = \"x\" },\n  \"#7\", # [FIX] a: b\n]",
        ),
    ] {
        let new = added(before, "#7", "[FIX] a: b");
        assert_eq!(new, after);
        let restored = removed(&new, &list(None), "#7");
        assert_eq!(restored, before, "{new}");
    }
}

#[test]
fn a_removed_merge_takes_its_comment_along() {
    let text = "[repos.web]\nmerges = [\n  # these wait\n  \"#1\", # one\n  # 2 is a\n  # long story\n  { mr = 2, hold = true },\n  # ours\n  \
                \"https://me:secret@h/web.git 18.0-fix\",\n]\n\n# dms\n[repos.dms]\n";
    let second = removed(text, &list(None), "#2");
    assert_eq!(second, text.replace("  # 2 is a\n  # long story\n  { mr = 2, hold = true },\n", ""));
    let first = removed(&second, &list(None), "#1");
    assert_eq!(first, second.replace("  \"#1\", # one\n", ""));
    let none = removed(&first, &list(None), "https://h/web.git 18.0-fix");
    assert_eq!(none, "# dms\n[repos.dms]\n");
    let other = draft(text).remove_merge(&list(None), &source("#3"));
    assert!(matches!(other, Ok(false)));
}

#[test]
fn the_list_of_the_nearest_override_decides() {
    let text = "[profiles.a]\nextends = [\"b\", \"c\"]\n[profiles.b]\nextends = [\"d\"]\n[profiles.c]\n[profiles.c.override.web]\nmerges = []\n\
                [profiles.d]\n[profiles.d.override.web]\nmerges = [\"#1\"]\n[profiles.e]\n";
    let of = |profile: &str| draft(text).merge_list(profile, &list(None)).profile;
    assert_eq!(
        [of("a"), of("b"), of("c"), of("e")],
        ["d", "d", "c", ""].map(|name| { Some(name.to_owned()).filter(|name| !name.is_empty()) })
    );
}

#[test]
fn an_override_replaces_the_other_list_as_a_whole() {
    let text = "[profiles.a]\n\n[repos.web]\nmerges = [\"#1\", { pr = 2, pick = true }]\n";
    let mut new = draft(text);
    new.add_merge(&list(Some("a")), &Merge::whole(source("#7"))).expect("an edit");
    let with = "[profiles.a]\n\n[profiles.a.override.web]\nmerges = [\n  \"#1\",\n  { pr = 2, pick = true },\n  \"#7\",\n]\n";
    assert_eq!(new.text(), text.replace("[profiles.a]\n", with));
    // The empty list keeps the merges of the other one away.
    let mut left = new.text().to_owned();
    for merge in ["#1", "#2", "#7"] {
        left = removed(&left, &list(Some("a")), merge);
    }
    assert!(left.contains("[profiles.a.override.web]\nmerges = [\n]\n"), "{left}");
    let left = removed(&removed(&left, &list(None), "#1"), &list(None), "#2");
    assert_eq!(left, "[profiles.a]\n\n[profiles.a.override.web]\nmerges = [\n]\n");
}
