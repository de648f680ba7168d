use super::*;

fn repo_names(config: &Config, name: &str) -> Vec<String> {
    profile(config, name).repos.iter().map(|repo| repo.name.to_string()).collect()
}

#[test]
fn extended_profiles_come_first_and_the_first_mention_counts() {
    let config = accepted(
        "\
odoo = \"18.0\"
[profiles.all]
extends = [\"left\", \"right\"]
repos = [\"own\", \"base\"]
[profiles.right]
extends = [\"base\"]
repos = [\"right\", \"shared\"]
[profiles.left]
repos = [\"shared\", \"left\"]
[profiles.base]
repos = [\"base\"]
",
    );
    assert_eq!(repo_names(&config, "all"), ["shared", "left", "base", "right", "own"]);
    assert_eq!(repo_names(&config, "right"), ["base", "right", "shared"]);
    assert_eq!(repo(&config, "all", "shared").line, 9);
    let in_file_order: Vec<&str> = config.profiles.iter().map(|profile| &*profile.name).collect();
    assert_eq!(in_file_order, ["all", "right", "left", "base"]);
}

#[test]
fn own_values_come_before_the_leftmost_parent_and_the_top_level() {
    let config = accepted(
        "\
odoo = \"18.0\"
edition = \"enterprise\"
image = { root = \"/top\", before = [\"/top\"], after = [\"/top\"] }
requirements = { python = \"3.10\", ignore = [\"top\"], override = [\"lxml==5\"] }
[profiles.none]
path = \"none\"
requirements.override = []
[profiles.left]
path = \"left\"
image.before = [\"/left\"]
[profiles.right]
path = \"right\"
odoo = \"17.0\"
image = { before = [\"/right\"], after = [\"/right\"] }
[profiles.child]
extends = [\"left\", \"right\"]
requirements.python = \"3.12\"
requirements.override = [\"six\"]
[profiles.grandchild]
extends = [\"child\"]
edition = \"community\"
path = \"own\"
image.after = []
",
    );
    let child = profile(&config, "child");
    assert_eq!((child.path.as_str(), child.odoo.to_string()), ("left", "17.0".to_owned()));
    assert_eq!(child.edition, Edition::Enterprise);
    assert_eq!(child.image.root.as_str(), "/top");
    assert_eq!(
        (texts(&child.image.before), texts(&child.image.after)),
        (vec!["/left".to_owned()], vec!["/right".to_owned()])
    );
    assert_eq!(child.requirements.python.as_deref(), Some("3.12"));
    assert_eq!(child.requirements.ignore, ["top"]);
    let overrides = |name| {
        let overrides = &profile(&config, name).requirements.overrides;
        overrides.iter().map(|one| (one.name().to_owned(), one.line())).collect::<Vec<_>>()
    };
    assert_eq!(overrides("left"), [("lxml".to_owned(), 4)]);
    assert_eq!(overrides("grandchild"), [("six".to_owned(), 18)]);
    assert_eq!(overrides("none"), []);
    let grandchild = profile(&config, "grandchild");
    assert_eq!((grandchild.path.as_str(), grandchild.edition), ("own", Edition::Community));
    assert_eq!(texts(&grandchild.image.before), ["/left"]);
    assert!(grandchild.image.after.is_empty());
}

#[test]
fn overrides_are_merged_key_by_key_and_inherited() {
    let config = accepted(
        "\
odoo = \"18.0\"
[profiles.a]
repos = [\"web\"]
[profiles.b]
extends = [\"a\"]
path = \"b\"
override.web = { tag = \"v1\", depth = 5 }
[profiles.c]
extends = [\"b\"]
path = \"c\"
override.web.depth = 6
[repos.web]
url = \"../web\"
branch = \"main\"
hold = true
",
    );
    let facts = |name| {
        let repo = repo(&config, name, "web");
        (repo.url.to_string(), repo.reference.to_string(), repo.hold, repo.depth)
    };
    assert_eq!(facts("a"), ("../web".to_owned(), "branch `main`".to_owned(), true, 1));
    assert_eq!(facts("b"), ("../web".to_owned(), "tag `v1`".to_owned(), true, 5));
    assert_eq!(facts("c"), ("../web".to_owned(), "tag `v1`".to_owned(), true, 6));
}

#[test]
fn an_override_can_be_for_extending_profiles() {
    let config = accepted(
        "\
odoo = \"18.0\"
[profiles.mixin]
override.web.branch = \"fix\"
[profiles.a]
extends = [\"mixin\"]
repos = [\"web\"]
",
    );
    assert_eq!(repo(&config, "a", "web").reference.to_string(), "branch `fix`");
}

#[test]
fn the_branch_follows_the_series_of_the_profile() {
    let config = accepted(
        "\
odoo = \"18.0\"
[profiles.a]
repos = [\"web\", \"dms\"]
[profiles.b]
extends = [\"a\"]
odoo = \"19.0\"
path = \"next\"
[repos.dms]
branch = \"main\"
",
    );
    let references = |name: &str| {
        let repos = &profile(&config, name).repos;
        repos.iter().map(|repo| repo.reference.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(references("a"), ["branch `18.0`", "branch `main`"]);
    assert_eq!(references("b"), ["branch `19.0`", "branch `main`"]);
}

#[test]
fn selections_are_joined_and_no_selection_means_all() {
    let config = accepted(
        "\
odoo = \"18.0\"
[profiles.a]
[profiles.b]
extends = [\"a\"]
modules = [\"x\", \"y >=1\"]
[profiles.c]
extends = [\"a\", \"b\"]
modules = [\"z\", \"x\", \"y >=2\"]
[profiles.d]
extends = [\"b\"]
[profiles.e]
modules = []
",
    );
    let modules = |name| profile(&config, name).modules.as_deref().map(texts);
    let some = |words: &[&str]| Some(texts(words));
    assert_eq!(modules("a"), None);
    assert_eq!(modules("c"), some(&["x", "y >=1", "z", "y >=2"]));
    assert_eq!(modules("d"), some(&["x", "y >=1"]));
    assert_eq!(modules("e"), some(&[]));
}

#[test]
fn profiles_with_the_same_path_can_share_equal_repositories() {
    accepted(
        "\
odoo = \"18.0\"
[profiles.a]
repos = [\"web\"]
[profiles.b]
extends = [\"a\"]
path = \"./oca\"
repos = [\"dms\"]
override.web = { depth = 0, branch = \"18.0\" }
[profiles.c]
extends = [\"a\"]
path = \"oca/c\"
",
    );
}

#[test]
fn a_long_chain_does_not_overflow_the_stack() {
    let links: Vec<String> =
        (0..1000).map(|n| format!("[profiles.p{n}]\nextends = [\"p{}\"]\n", n + 1)).collect();
    let links = links.concat();
    let config = accepted(&format!("odoo = \"18.0\"\n{links}[profiles.p1000]\nrepos = [\"web\"]"));
    assert_eq!(repo_names(&config, "p0"), ["web"]);
    let first = config.profile(Some("p0")).expect("a profile");
    let extended: Vec<&str> = config.extended(first).iter().map(|profile| &*profile.name).collect();
    assert_eq!((extended.len(), extended[0], extended[999]), (1000, "p1000", "p1"));
    // With the names of all levels above it, a chain of 2,000 took 18 seconds.
    assert_eq!(first.extends, ["p1"]);
}

#[test]
fn extended_profiles_come_in_the_order_of_their_repositories() {
    let profile = |name: &str, extends: &str| {
        format!("[profiles.{name}]\nextends = [{extends}]\nrepos = [\"{name}\"]\n")
    };
    let all = [
        profile("d", "'b', 'c'"),
        profile("b", "'a'"),
        profile("c", "'e', 'a'"),
        profile("a", ""),
        profile("e", ""),
    ];
    let config = accepted(&format!("odoo = \"18.0\"\n{}", all.concat()));
    let extended = config.extended(config.profile(Some("d")).expect("a profile"));
    let names: Vec<&str> = extended.iter().map(|profile| &*profile.name).collect();
    assert_eq!(names, ["a", "b", "e", "c"]);
    assert_eq!(repo_names(&config, "d"), ["a", "b", "e", "c", "d"]);
}
