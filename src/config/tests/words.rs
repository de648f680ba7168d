use super::below::NotBelow;
use super::error::{ConfigProblem, Fault, KeyPlace};
use super::expand::{Malformed, UnsetVariable};
use super::*;
use crate::repo::RemoteUrl;
use crate::repo::samples::{every_variant, lines};

#[test]
fn every_fault_has_its_words_and_a_hint() {
    let text = str::to_owned;
    let known = || vec![text("web"), text("dms")];
    let faults = every_variant!(Fault:
        BadName { why: text("it must begin with a letter or a digit") },
        BadValue { key: text("edition"), why: text("`pro` is not one of the allowed values"), hint: None },
        CaseClash { first: text("web"), second: text("Web") },
        CheckoutClash {
            first: text("a"),
            second: text("b"),
            path: text("oca/web"),
            difference: text("branch `18.0` and branch `19.0`"),
            is_core: false,
        },
        Duplicate { key: text("repos"), word: text("web") },
        Exclusive { first: "branch", second: "tag" },
        ExtendsCycle { circle: vec![text("a"), text("b"), text("a")] },
        MissingField { key: "odoo", example: "odoo = \"18.0\"" },
        NestedCheckout { outer: text("a"), inner: text("b"), checkout: text("oca/web") },
        NotInSubmodule { key: "merges", name: text("web") },
        UnknownField { key: text("brunch"), known: vec!["branch", "tag"] },
        UnknownProfile { key: "extends", name: text("standart"), known: vec![text("standard")] },
        UnusedRepo { name: text("crm"), known: known() },
        UnusedOverride { profile: text("a"), name: text("wbe"), known: known() },
        WrongType { key: text("odoo"), wanted: "a string", found: text("a number"), hint: None };
        Fault::NotInSubmodule { key: "url", name: text("web") },
        Fault::CheckoutClash {
            first: text("a"),
            second: text("b"),
            path: text("odoo"),
            difference: text("branch `18.0` and branch `19.0`"),
            is_core: true,
        }
    );
    let problem =
        |fault| ConfigProblem { place: KeyPlace::new(Path::new("repos.toml"), 3, "repos.web"), fault };
    let shown = |problem: ConfigProblem| match problem.hint() {
        Some(hint) => format!("{problem}\n  hint: {hint}\n"),
        None => format!("{problem}\n"),
    };
    insta::assert_snapshot!(faults.into_iter().map(problem).map(shown).collect::<String>(), @r#"
    bad name in `repos.toml` at line 3, table `repos.web`: it must begin with a letter or a digit
    bad value for `edition` in `repos.toml` at line 3, table `repos.web`: `pro` is not one of the allowed values
    repositories `web` and `Web` of the same profile differ only by case in `repos.toml` at line 3, table `repos.web`: some file systems treat them as one directory
      hint: keep one spelling, and delete the other
    profiles `a` and `b` need different pins in `oca/web` in `repos.toml` at line 3, table `repos.web`: branch `18.0` and branch `19.0`
      hint: give profile `b` its own directory, such as `path = "oca-b"`
    duplicate `web` for `repos` in `repos.toml` at line 3, table `repos.web`
      hint: delete one of the two
    both `branch` and `tag` in `repos.toml` at line 3, table `repos.web`
      hint: keep either `branch` or `tag`
    `extends` forms a cycle in `repos.toml` at line 3, table `repos.web`: `a` -> `b` -> `a`
      hint: delete one of these `extends`
    missing field `odoo` in `repos.toml` at line 3, table `repos.web`
      hint: write `odoo = "18.0"`
    the checkouts of profile `b` are inside `oca/web`, a checkout of profile `a`, in `repos.toml` at line 3, table `repos.web`
      hint: give profile `b` another `path`
    `merges` of `web` cannot be used with `mode = "submodule"` in `repos.toml` at line 3, table `repos.web`: its gitlink would name a commit that no server has
      hint: set `push-url` to a fork, delete `merges`, or set `mode = "clone"`
    unknown field `brunch` in `repos.toml` at line 3, table `repos.web`
      hint: did you mean `branch`?
    unknown profile `standart` for `extends` in `repos.toml` at line 3, table `repos.web`
      hint: did you mean `standard`?
    no profile has the repository `crm` in `repos.toml` at line 3, table `repos.web`
      hint: add `crm` to the `repos` of a profile, or delete this table
    neither profile `a` nor a profile that extends it has the repository `wbe` in `repos.toml` at line 3, table `repos.web`
      hint: did you mean `web`?
    wrong type for `odoo` in `repos.toml` at line 3, table `repos.web`: expected a string, found a number
    `url` of `web` cannot be used with `mode = "submodule"` in `repos.toml` at line 3, table `repos.web`: everyone who reads `.gitmodules` would see the user or the password
      hint: remove the user and the password from the url, and set a token for the host
    profiles `a` and `b` need different pins in `odoo` in `repos.toml` at line 3, table `repos.web`: branch `18.0` and branch `19.0`
      hint: give profile `b` its own checkout, such as `odoo-b`, in `[profiles.b.core]`
    "#);
}

#[test]
fn every_refused_variable_and_path_has_its_words() {
    let malformed = every_variant!(Malformed: Empty {}, Invisible {}, Unclosed {}, Name {}, Nested {});
    insta::assert_snapshot!(lines(&malformed), @r"
    it must not be empty
    it must not contain invisible characters
    a `${` has no closing `}`
    the text after `${` is not a variable name, as in `${VAR}` and `${VAR:-default}`
    the default of a variable must not contain another variable
    ");
    let not_below = every_variant!(NotBelow: Absolute {}, Parent {}, Itself {}, Git {}, Backslash {}, OwnFile {}, Home {});
    insta::assert_snapshot!(lines(&not_below), @r"
    it must be relative
    it must not contain `..`
    it must name a directory or a file, not `.`
    it must not contain `.git`, because git uses that name
    write `/`, not `\`
    the project has a file of its own there
    only a shell knows what `~` means; the path is relative to `repos.toml`
    ");
    let (text, expanded) = (|| "${X}/a".to_owned(), || "../a".to_owned());
    let url = || RemoteUrl::parse("https://${HOST}/web.git").expect("a url");
    let unusable = every_variant!(Unusable:
        Unset(UnsetVariable { variable: "X".to_owned(), text: text() }),
        Comma { text: text(), expanded: "a,b".to_owned() },
        Invisible { text: text() },
        Outside { text: text(), expanded: expanded(), why: NotBelow::Parent },
        Malformed { url: url(), why: Malformed::Unclosed },
        NoUrl { url: url(), why: RemoteUrl::parse("https://h/x y").expect_err("a blank") }
    );
    let shown = unusable.iter().map(|error| format!("{error}\n  hint: {}\n", error.hint()));
    insta::assert_snapshot!(shown.collect::<String>(), @r"
    the variable `X` is not set, and `${X}/a` needs it
      hint: set `X`, or write a default: `${X:-…}`
    `${X}/a` expands to `a,b`, and Odoo does not support a comma in an addons path
      hint: use a path without a comma
    `${X}/a` expands to a path with an invisible character
      hint: set its variables to values without line breaks or other invisible characters
    `${X}/a` expands to `../a`, but the path must be below the project: it must not contain `..`
      hint: correct it in `repos.toml`, or set its variables to other values
    `https://${HOST}/web.git` cannot be expanded: a `${` has no closing `}`
      hint: correct it in `repos.toml`, or set its variables to other values
    `https://${HOST}/web.git` does not expand to a valid url: `https://h/x y` is not a valid git url: it must not contain blanks or invisible characters
      hint: correct it in `repos.toml`, or set its variables to other values
    ");
}
