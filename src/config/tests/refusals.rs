use proptest::prelude::*;

use super::*;

#[test]
fn each_mistake_is_reported_with_its_place_and_a_hint() {
    let blocks = include_str!("refusals.txt").split("\n\n").skip(1);
    let mut wrong = Vec::new();
    for block in blocks {
        let (expected, toml): (Vec<&str>, Vec<&str>) = block.lines().partition(|line| line.starts_with("> "));
        let expected: Vec<&str> = expected.iter().map(|line| &line[2..]).collect();
        let (expected, toml) = (expected.join("\n"), toml.join("\n"));
        let actual = parse(&toml).map_or_else(|error| shown(&error), |_| "nothing is refused".to_owned());
        if actual != expected {
            wrong.push(format!("{toml}\nexpected: {expected}\nactual:   {actual}\n\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn all_problems_of_both_files_are_reported_at_once_and_in_order() {
    let text = "\
edition = \"pro\"
odoo = 18

[profiles.standard]
repos = [\"web\", \"a/b\"]
extends = [\"standart\"]
hold = true
";
    let error = parse_with(text, "dept = 1\nskip = [\"\"]").expect_err("many problems");
    assert_eq!(error.hint(), None);
    assert_eq!(error.problems().len(), 7);
    assert_eq!(
        error.to_string(),
        "\
the configuration has 7 errors
  bad value for `edition` in `repos.toml` at line 1: `pro` is not one of the allowed values
    hint: the allowed values are `community`, `enterprise`
  wrong type for `odoo` in `repos.toml` at line 2: expected a string, found a number
    hint: write `odoo = \"18\"`
  bad value for `repos` in `repos.toml` at line 5, table `profiles.standard`: `a/b` is not a valid \
repository name: it must contain only letters, digits, `.`, `_` and `-`
  unknown profile `standart` for `extends` in `repos.toml` at line 6, table `profiles.standard`
    hint: delete it
  unknown field `hold` in `repos.toml` at line 7, table `profiles.standard`
    hint: the fields are `extends`, `repos`, `odoo`, `edition`, `path`, `addons-path`, `image`, `local`, \
`requirements`, `check`, `export`, `core`, `modules`, `override`
  unknown field `dept` in `repos.local.toml` at line 1
    hint: did you mean `depth`?
  bad value for `skip` in `repos.local.toml` at line 2: `` is not a valid repository name: it must begin \
with a letter or a digit"
    );
}

#[test]
fn the_required_version_is_checked_before_unknown_keys() {
    assert_eq!(
        refused("odoo = \"18.0\"\nrequires-oca = \">=0.3, <1\"\nfuture = 1"),
        "`repos.toml` at line 2 requires oca `>=0.3, <1`, and this is oca 0.1.0\n\
         hint: install a version of oca that matches `>=0.3, <1`"
    );
    let running = |version: &str| {
        let text = "odoo = \"18.0\"\nrequires-oca = \">=0.3\"";
        let version = Version::parse(version).expect("a version");
        Config::parse((Path::new("repos.toml"), text), (Path::new("x"), ""), &version).is_ok()
    };
    assert!(running("0.3.0") && running("0.3.0-rc.1") && running("0.4.0-rc.1"));
    assert!(!running("0.2.9"));
}

#[test]
fn only_the_first_clash_of_a_profile_is_reported() {
    let text = "\
odoo = \"18.0\"
[profiles.a]
repos = [\"web\", \"queue\", \"dms\"]
[profiles.b]
extends = [\"a\"]
odoo = \"19.0\"
";
    assert_eq!(parse(text).expect_err("a clash").problems().len(), 1);
}

#[test]
fn an_unknown_profile_is_refused_and_the_known_ones_are_listed() {
    let asked =
        |text: &str, name: Option<&str>| shown(&accepted(text).profile(name).expect_err("no such profile"));
    assert_eq!(
        asked("odoo = \"18.0\"", None),
        "`repos.toml` declares no profile\nhint: add `[profiles.standard]` with `repos = [\"web\"]`"
    );
    let two = "odoo = \"18.0\"\n[profiles.standard]\n[profiles.parity]";
    assert_eq!(
        asked(two, None),
        "`repos.toml` has several profiles and no `default-profile`\n\
         hint: use `--profile` with one of `standard`, `parity`, or set `default-profile`"
    );
    assert_eq!(
        asked(two, Some("standrad")),
        "there is no profile `standrad` in `repos.toml`\nhint: did you mean `standard`?"
    );
    assert_eq!(
        asked(two, Some("x")),
        "there is no profile `x` in `repos.toml`\nhint: the profiles are `standard`, `parity`"
    );
    let only = accepted("odoo = \"18.0\"\n[profiles.parity]");
    assert_eq!(only.profile(None).expect("the only one").name, "parity");
    let named = accepted("odoo = \"18.0\"\ndefault-profile = \"b\"\n[profiles.a]\n[profiles.b]");
    assert_eq!(named.profile(None).expect("the default").name, "b");
}

/// Pieces that look like a configuration, so that the tests reach more than the TOML parser.
const PIECES: &[&str] = &[
    "odoo = \"18.0\"\n",
    "[profiles.a]\n",
    "[profiles.b]\n",
    "[repos.web]\n",
    "[[local]]\n",
    "[image]\n",
    "extends = [\"a\"]\n",
    "extends = [\"a\", \"b\"]\n",
    "repos = [\"web\", \"Web\", \"x\"]\n",
    "path = \"oca/web\"\n",
    "url = \"${X\"\n",
    "base-url = \"http:/\"\n",
    "base-url = \"file:///\"\n",
    "base-url = \"/\"\n",
    "branch = \"x\"\n",
    "tag = \"x\"\n",
    "depth = 0x1_0\n",
    "depth = -9_9\n",
    "depth = 1e9\n",
    "modules = [\"a >=1\", 1, []]\n",
    "override.web.depth = 1\n",
    "merges = [\" \", \"a b\"]\n",
    "patches = [\"é/..\"]\n",
    "\"\\u0000é\" = 1\n",
    "\r\n",
    "odoo = \"19.0\"\n",
    "default-profile = \"a\"\n",
    "x = 1979-05-27\n",
    "hold = true\n",
    "requires-oca = \"*\"\n",
];

proptest! {
    #[test]
    fn no_text_causes_a_panic(text in any::<String>(), machine in any::<String>()) {
        let _read = parse_with(&text, &machine).map_err(|error| shown(&error));
    }

    #[test]
    fn no_combination_of_pieces_causes_a_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12)) {
        let text = format!("odoo = \"18.0\"\n{}", pieces.concat().replacen("odoo = \"18.0\"\n", "", 1));
        let _read = parse_with(&text, "skip = [\"web\"]").map_err(|error| shown(&error));
    }

    #[test]
    fn no_base_url_causes_a_panic(base in "[a-z:/.@${}A-Z\\[-]{1,12}") {
        let text = format!("odoo = \"18.0\"\nbase-url = '{base}'\n[profiles.a]\nrepos = [\"web\"]");
        let _read = parse(&text).map_err(|error| shown(&error));
    }
}
