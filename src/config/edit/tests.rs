//! Tests every edit on texts of all layouts. Removing what was added must give the original text.

use std::path::Path;

use proptest::prelude::*;

use super::Draft;
use crate::repo::RepoName;

fn name(word: &str) -> RepoName {
    RepoName::parse(word).expect("a name")
}

fn edited(text: &str, edit: impl FnOnce(&mut Draft) -> Result<(), super::Error>) -> String {
    let mut draft = Draft::new(Path::new("repos.toml"), text);
    edit(&mut draft).expect("an edit");
    let parsed: Result<toml::Table, _> = toml::from_str(draft.text());
    assert!(parsed.is_ok(), "{parsed:?}:\n{}", draft.text());
    draft.text().to_owned()
}

fn added(text: &str) -> String {
    edited(text, |draft| draft.add_repo("a", &name("new")))
}

fn removed(text: &str, repo: &str) -> String {
    edited(text, |draft| draft.remove_repo(&name(repo), &["a"], &["a"]))
}

/// Lists before and after `new` is added to `a`. Removing `new` must give the first list again.
const LISTS: [(&str, &str); 12] = [
    ("[ ]", "[\"new\" ]"),
    ("[\"x\"]", "[\"x\", \"new\"]"),
    ("['x','y']", "['x','y',\"new\"]"),
    ("[ \"x\", \"y\", ]", "[ \"x\", \"y\", \"new\", ]"),
    ("[\n  \"x\",\n]", "[\n  \"x\",\n  \"new\",\n]"),
    ("[\n  \"x\"\n]", "[\n  \"x\",\n  \"new\"\n]"),
    ("[\n\t\"x\", # one\n\t# of all\n]", "[\n\t\"x\", # one\n\t\"new\",\n\t# of all\n]"),
    ("[\n  \"x\" # a, b\n]", "[\n  \"x\", # a, b\n  \"new\"\n]"),
    ("[\r\n  \"x\", # one\r\n]", "[\r\n  \"x\", # one\r\n  \"new\",\r\n]"),
    ("[\n  # names, such as \"web\"\n]", "[\n  # names, such as \"web\"\n  \"new\",\n]"),
    ("[\"x\",\n \"y\"]", "[\"x\",\n \"y\",\n \"new\"]"),
    ("[ # \"\n \"x\", \"y\",\n]", "[ # \"\n \"x\", \"y\", \"new\",\n]"),
];

/// Texts that contain a list. `LIST` marks its position.
const AROUND: [&str; 8] = [
    "odoo = \"18.0\"\n\n# the one\n[profiles.a] # first\nrepos = LIST # those\n\n[repos.z]\nhold = true\n",
    "[profiles.\"a\"]\r\nextends = [ \"b\" ]\r\nrepos=LIST\r\n",
    "profiles.a.repos = LIST\nodoo = \"18.0\"\nprofiles.b.repos = []\n",
    "profiles = { a = { repos = LIST }, b = {} }\n",
    "[profiles]\na = { repos = LIST, odoo = \"18.0\" } # x",
    "[profiles]\na.repos = LIST\nb.repos = [\"new\"]\n",
    "[profiles.b]\nrepos = [\"new\"]\n[profiles.a]\nrepos = LIST",
    "[profiles.a.override.x]\nbranch = \"1\"\n[profiles.a]\nrepos = LIST\n",
];

#[test]
fn a_list_keeps_its_layout_in_every_position() {
    for around in AROUND {
        for (before, after) in LISTS {
            let newline = if around.contains('\r') { "\r\n" } else { "\n" };
            let lines = |list: &str| {
                if list.contains('\r') { list.to_owned() } else { list.replace('\n', newline) }
            };
            let [before, after] = [before, after].map(|list| around.replace("LIST", &lines(list)));
            assert_eq!(added(&before), after);
            if !around.contains("\"new\"") {
                assert_eq!(removed(&after, "new"), before);
            }
        }
    }
}

#[test]
fn the_first_name_of_a_list_has_its_own_line_unless_the_table_is_inline() {
    for (before, after) in [
        ("[profiles.a]\nrepos = []\n", "[profiles.a]\nrepos = [\n  \"new\",\n]\n"),
        ("[profiles.a]\r\nrepos = []\r\n", "[profiles.a]\r\nrepos = [\r\n  \"new\",\r\n]\r\n"),
        ("profiles = { a = { repos = [] } }\n", "profiles = { a = { repos = [\"new\"] } }\n"),
    ] {
        assert_eq!(added(before), after);
    }
}

#[test]
fn a_name_is_removed_with_its_line_and_its_comment() {
    for (before, repo, after) in [
        ("[\"x\", \"y\", \"z\"]", "x", "[\"y\", \"z\"]"),
        ("[\"x\", \"y\", \"z\"]", "y", "[\"x\", \"z\"]"),
        ("[\"x\", \"y\", \"z\"]", "z", "[\"x\", \"y\"]"),
        ("[\"x\",]", "x", "[]"),
        ("[\n  # money\n  \"x\", # one\n  \"y\", # two\n]", "x", "[\n  # money\n  \"y\", # two\n]"),
        ("[\n  \"x\", # one\n  \"y\" # two\n]", "y", "[\n  \"x\" # one\n]"),
        ("[\n  \"x\", # one\n  \"y\", \"z\"\n]", "y", "[\n  \"x\", # one\n  \"z\"\n]"),
        ("[\n  \"x\", \"y\",\n  \"z\"\n]", "y", "[\n  \"x\",\n  \"z\"\n]"),
        ("[\"x\", # one\n \"y\"]", "x", "[ # one\n \"y\"]"),
        ("[\"x\"\n, \"y\"\n, \"z\"\n]", "y", "[\"x\"\n, \"z\"\n]"),
        ("[\"x\"]", "y", "[\"x\"]"),
    ] {
        let [before, after] = [before, after].map(|list| format!("[profiles.a]\nrepos = {list}\n"));
        assert_eq!(removed(&before, repo), after);
    }
}

#[test]
fn a_profile_without_repos_gets_them() {
    for (before, after) in [
        ("[profiles.a]\n", "[profiles.a]\nrepos = [\n  \"new\",\n]\n"),
        ("[profiles.a]", "[profiles.a]\nrepos = [\n  \"new\",\n]"),
        (
            "[profiles.a] # x\r\nextends = [\r\n\"b\" ] # y\r\n\r\n# z\r\n",
            "[profiles.a] # x\r\nextends = [\r\n\"b\" ] # y\r\nrepos = [\r\n  \"new\",\r\n]\r\n\r\n# z\r\n",
        ),
        ("profiles = {a={}}\n", "profiles = {a={ repos = [\"new\"] }}\n"),
        ("profiles.a.odoo = \"18.0\"\n", "profiles.a.odoo = \"18.0\"\nprofiles.a.repos = [\n  \"new\",\n]\n"),
        (
            "[profiles.a.image]\nroot = \"/x\"\n\n[repos.x]\n",
            "[profiles.a.image]\nroot = \"/x\"\n\n[profiles.a]\nrepos = [\n  \"new\",\n]\n\n[repos.x]\n",
        ),
    ] {
        assert_eq!(added(before), after);
    }
}

#[test]
fn a_table_of_a_repository_is_added_after_the_others_and_removed_with_its_comment() {
    for (before, after) in [
        ("", "[repos.new]\nurl = \"u\"\n"),
        ("x = 1", "x = 1\n\n[repos.new]\nurl = \"u\""),
        ("x = 1\r\n", "x = 1\r\n\r\n[repos.new]\r\nurl = \"u\"\r\n"),
        (
            "[repos.x]\nhold = true # x\n# end\n\n[check]\n",
            "[repos.x]\nhold = true # x\n# end\n\n[repos.new]\nurl = \"u\"\n\n[check]\n",
        ),
        ("repos = { x = { hold = true } }\n", "repos = { x = { hold = true }, new = { url = \"u\" } }\n"),
        ("repos = {  }\n", "repos = { new = { url = \"u\" } }\n"),
        ("[repos]\nx.hold = true\n", "[repos]\nx.hold = true\n\n[repos.new]\nurl = \"u\"\n"),
    ] {
        assert_eq!(edited(before, |draft| draft.set_url(&name("new"), "u")), after);
        assert_eq!(removed(after, "new"), before);
    }
}

#[test]
fn tables_are_removed_in_every_form() {
    for (before, after) in [
        ("# all\n\n# why\n[repos.x]\nhold = true\n\n[check]\n", "# all\n\n[check]\n"),
        ("[repos.x]\nhold = true\n\n[check]\n", "[check]\n"),
        ("[repos]\nx.hold = true\nx.depth = 0 # all\ny.hold = true\n", "[repos]\ny.hold = true\n"),
        ("[repos]\nx = { hold = true }\ny = {}\n", "[repos]\ny = {}\n"),
        ("repos = { x = { hold = true }, y = {} }\n", "repos = { y = {} }\n"),
        ("repos.x.hold = true\nodoo = \"18.0\"\n", "odoo = \"18.0\"\n"),
    ] {
        assert_eq!(removed(before, "x"), after);
    }
}

#[test]
fn unused_overrides_of_profiles_are_removed() {
    let text = "[profiles.a]\nrepos = [\"x\"]\n[profiles.b]\nextends = [\"a\"]\noverride.x = { branch = \"1\" }\n\
                [profiles.c]\nextends = [\"b\"]\nrepos = [\"x\"]\n[repos.x]\nhold = true\n";
    let without = |from: &[&str]| edited(text, |draft| draft.remove_repo(&name("x"), from, &["a", "b", "c"]));
    assert_eq!(without(&["a"]), text.replacen("\"x\"", "", 1), "the override reaches `c`");
    let gone = "[profiles.a]\nrepos = []\n[profiles.b]\nextends = [\"a\"]\n[profiles.c]\nextends = [\"b\"]\nrepos = []\n";
    assert_eq!(without(&["a", "c"]), gone);
    assert_eq!(without(&["c"]), text.replace("[\"b\"]\nrepos = [\"x\"]", "[\"b\"]\nrepos = []"));
    let draft = Draft::new(Path::new("repos.toml"), text);
    assert_eq!(draft.inherited_from("c", &name("x")).as_deref(), Some("a"));
    assert_eq!(draft.inherited_from("a", &name("x")), None);
}

#[test]
fn a_table_that_cannot_be_edited_is_named() {
    let mut draft = Draft::new(Path::new("repos.toml"), "profiles = { a.odoo = \"18.0\" }\n");
    let error = draft.add_repo("a", &name("new")).expect_err("a refusal");
    assert_eq!(
        error.to_string(),
        "the table `profiles.a` in `repos.toml` is written in a way that oca cannot edit"
    );
    assert_eq!(error.hint().as_deref(), Some("write it as `[profiles.a]`"));
}

proptest! {
    #[test]
    fn removing_an_added_name_restores_the_text(
        items in proptest::collection::vec(("\"[a-m]{1,4}\"", "[ \t]{0,2}", "(, ?| ?,\n  |, # c, \"\\]\"\n\t|\n# d\n ,\n)"), 0..5),
        open in "(| |\n  |# e\n )", close in "(|,|\n|,\n| # f\n|, # f\n)", around in 0..AROUND.len(), crlf: bool,
    ) {
        let mut list = format!("[{open}");
        for (place, (word, blanks, separator)) in items.iter().enumerate() {
            list.push_str(word);
            if place + 1 < items.len() {
                list.push_str(blanks);
                list.push_str(separator);
            }
        }
        if !items.is_empty() || !close.contains(',') {
            list.push_str(&close);
        }
        list.push(']');
        let list_text = list.clone();
        let mut text = AROUND[around].replace("[\"new\"]", "[]").replace("\r\n", "\n").replace("LIST", &list);
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        let parsed: toml::Table = toml::from_str(&text).expect("what is made here is TOML");
        let new = added(&text);
        let with: toml::Table = toml::from_str(&new).expect("TOML");
        let list = |table: &toml::Table| table["profiles"]["a"]["repos"].as_array().expect("a list").len();
        prop_assert_eq!(list(&with), list(&parsed) + 1);
        prop_assert_eq!(new.matches('\n').count() - new.matches("\r\n").count(), if crlf { 0 } else { new.matches('\n').count() });
        // The first name of `[]` gets its own line, and the empty list then stays on two.
        if list_text != "[]" {
            prop_assert_eq!(removed(&new, "new"), text);
        }
    }
}
