//! `oca add` and `oca remove` with Odoo itself: merges go into `[core]`.

use crate::env::Env;
use crate::odoo_itself::odoo_at;
use crate::project::{WEB, repository};
use crate::remote::Remote;

const HEAD: &str = "odoo = \"18.0\"\n";
const ODOO: &str = "[core]\nurl = \"https://github.com/OCA/OCB\" # ours\n";

/// `[core]` with OCB, Enterprise and the themes, and requests 7 of each.
fn project(core: &str) -> Env {
    let env = Env::new();
    env.stand_in_for_github();
    let request = |remote: &Remote, module: &str| {
        let draft = remote.pull(7).from(&remote.commit_of("18.0")).module(module, &[("depends", "['base']")]);
        draft.message("[ADD] a module\n").commit();
    };
    request(&odoo_at(&env, "OCA/OCB"), "addons/crm");
    request(&odoo_at(&env, "odoo/odoo"), "addons/stock");
    request(&repository(&env, "odoo/enterprise", &["web_enterprise"]), "web_more");
    request(&repository(&env, "odoo/design-themes", &["theme_common"]), "theme_more");
    repository(&env, "OCA/web", &["web_x"]);
    env.write("repos.toml", format!("{HEAD}{core}{WEB}"));
    env.lock();
    env
}

#[test]
fn a_merge_of_odoo_goes_into_core_and_out_again() {
    let env = project(ODOO);
    let before = env.read("repos.toml");
    let lock = env.read("oca.lock.json");
    env.oca(&["add", "odoo#7"]).stderr_contains("added `odoo#7` to `merges` of `[core]`\n").success();
    env.assert_file("repos.toml", &format!("{HEAD}{ODOO}merges = [\n  \"#7\", # [ADD] a module\n]\n{WEB}"));
    assert!(env.read("oca.lock.json").contains("{\"name\": \"crm\", \"depends\": [\"base\"]}"));
    env.oca(&["lock", "--check"]).success();
    for word in ["odoo#7", "OCB#7", "https://github.com/OCA/OCB/pull/7"] {
        env.oca(&["add", word]).stderr("`odoo#7` is declared already, in `merges` of `[core]`\n").success();
    }
    env.oca(&["remove", "odoo#7"]).stderr_contains("removed `odoo#7` from `merges` of `[core]`\n").success();
    assert_eq!([env.read("repos.toml"), env.read("oca.lock.json")], [before, lock]);
}

#[test]
fn a_request_of_another_odoo_names_its_url() {
    let env = project(ODOO);
    env.oca(&["add", "https://github.com/odoo/odoo/pull/7", "-q"]).success();
    assert!(
        env.read("repos.toml").contains("  \"https://github.com/odoo/odoo.git refs/pull/7/head\","),
        "{}",
        env.read("repos.toml")
    );
    env.oca(&["remove", "https://github.com/odoo/odoo/pull/7", "-q"]).success();
    env.assert_file("repos.toml", &format!("{HEAD}{ODOO}{WEB}"));
}

#[test]
fn merges_of_enterprise_and_the_themes_go_into_their_tables() {
    let string = "enterprise = \"https://github.com/odoo/enterprise\" # theirs\n";
    let env = project(&format!("[core]\n{string}"));
    env.oca(&["add", "https://github.com/odoo/enterprise/pull/7"])
        .stderr_contains("added `enterprise#7` to `merges` of `[core.enterprise]`\n")
        .success();
    env.assert_file(
        "repos.toml",
        &format!(
            "{HEAD}[core]\nenterprise = {{ url = \"https://github.com/odoo/enterprise\", merges = [\"#7\"] }} # theirs\n{WEB}"
        ),
    );
    env.oca(&["remove", "enterprise#7", "-q"]).success();
    env.assert_file(
        "repos.toml",
        &format!(
            "{HEAD}[core]\nenterprise = {{ url = \"https://github.com/odoo/enterprise\" }} # theirs\n{WEB}"
        ),
    );
    // The table declares the themes, also without a key.
    let env = project("[core]\n[core.themes]\n");
    env.oca(&["add", "design-themes#7", "-q"]).success();
    env.assert_file(
        "repos.toml",
        &format!("{HEAD}[core]\n[core.themes]\nmerges = [\n  \"#7\", # [ADD] a module\n]\n{WEB}"),
    );
    env.oca(&["remove", "themes#7", "-q"]).success();
    env.assert_file("repos.toml", &format!("{HEAD}[core]\n[core.themes]\n{WEB}"));
}

#[test]
fn a_profile_with_its_own_branch_gets_its_own_merges() {
    let env = project("[core]\nmerges = [\"#7\"]\n");
    let odoo = Remote::open(&env, "odoo/odoo");
    odoo.branch("18.0-next").from(&odoo.commit_of("18.0")).module("addons/next", &[]).commit();
    odoo.pull(8).from(&odoo.commit_of("18.0")).module("addons/eight", &[]).commit();
    let next = "[profiles.next]\nextends = [\"standard\"]\npath = \"next\"\n[profiles.next.core]\nbranch = \"18.0-next\"\npath = \"next-odoo\"\n";
    env.write(
        "repos.toml",
        format!("{HEAD}default-profile = \"standard\"\n[core]\nmerges = [\"#7\"]\n{WEB}{next}"),
    );
    env.oca(&["add", "odoo#8", "-q", "-p", "next"]).success();
    let text = env.read("repos.toml");
    let merges = "path = \"next-odoo\"\nmerges = [\n  \"#7\",\n  \"#8\", # [IMP] a change\n]\n";
    assert!(text.ends_with(merges), "{text}");
    env.oca(&["remove", "odoo#8", "-q", "-p", "next"]).success();
    env.oca(&["remove", "odoo#7", "-q", "-p", "next"]).success();
    assert!(
        env.read("repos.toml").ends_with("path = \"next-odoo\"\nmerges = [\n]\n"),
        "{}",
        env.read("repos.toml")
    );
}

#[test]
fn odoo_itself_is_neither_added_nor_removed() {
    let env = project(ODOO);
    let before = env.read("repos.toml");
    env.oca(&["add", "odoo"]).stderr("`[core]` declares `odoo` already\n").success();
    env.oca(&["add", "https://github.com/OCA/OCB"]).stderr("`[core]` declares `odoo` already\n").success();
    env.oca(&["add", "https://github.com/odoo/odoo"])
        .stderr("error: `odoo` has the url `https://github.com/OCA/OCB` in `repos.toml`\nhint: to use another url, edit `url` of `[core]`\n")
        .status(2);
    env.oca(&["add", "https://github.com/OCA/OCB/tree/17.0"])
        .stderr_contains("hint: run `oca add odoo`, or write `branch = \"17.0\"` into `[core]`\n")
        .status(2);
    env.oca(&["add", "odoo", "--module", "sale"])
        .stderr("`[core]` declares `odoo` already\n`sale` is Odoo's own\n")
        .success();
    env.oca(&["add", "odoo", "--module", "gone"]).stderr_contains("`odoo` has no module `gone`").status(1);
    env.oca(&["remove", "odoo"])
        .stderr("error: `odoo` is declared in `[core]`, not in a profile\nhint: delete `[core]` in `repos.toml`\n")
        .status(2);
    assert_eq!(env.read("repos.toml"), before);
}

#[test]
fn a_wrong_directory_of_odoo_names_core() {
    let env = project(ODOO);
    env.write("repos.toml", format!("{HEAD}{ODOO}addons = [\"unlike\"]\n{WEB}"));
    env.oca(&["lock"]).stderr_contains("hint: correct `addons` of `[core]` in `repos.toml`\n").status(2);
    env.write("repos.toml", format!("{HEAD}[core]\n[core.enterprise]\naddons = [\"unlike\"]\n{WEB}"));
    env.oca(&["lock"]).stderr_contains("hint: correct `addons` of `enterprise` of `[core]`").status(2);
}

#[test]
fn a_newer_enterprise_is_told_when_it_is_locked() {
    const DAY: i64 = 24 * 60 * 60;
    let env = project(ODOO);
    let enterprise = Remote::open(&env, "odoo/enterprise");
    let odoo = Remote::open(&env, "OCA/OCB");
    let warning = "warning: `enterprise` is newer than `odoo` by 12 days: it can need changes that this Odoo does not have\n";
    enterprise.later(12 * DAY + 300);
    enterprise.branch("18.0").module("web_new", &[]).commit();
    env.write(
        "repos.toml",
        format!("{HEAD}{ODOO}enterprise = \"https://github.com/odoo/enterprise\"\n{WEB}"),
    );
    env.oca(&["lock"])
        .stderr_contains(warning)
        .stderr_contains(
            "hint: run `oca lock --upgrade odoo`, or `oca lock enterprise@COMMIT` with an older commit",
        )
        .success();
    // What is locked is not told again.
    let again = env.oca(&["lock"]).output().to_string();
    assert!(!again.contains("newer"), "{again}");
    odoo.later(11 * DAY);
    odoo.branch("18.0").module("addons/new", &[]).commit();
    let moved = env.oca(&["lock", "--upgrade", "--core"]).output().to_string();
    assert!(moved.contains("odoo: ") && !moved.contains("newer"), "{moved}");
    // An older Enterprise is no problem. Without the cache, the date of the other is not known.
    odoo.later(90 * DAY);
    odoo.branch("18.0").module("addons/newer", &[]).commit();
    let moved = env.oca(&["lock", "--upgrade", "odoo"]).output().to_string();
    assert!(moved.contains("odoo: ") && !moved.contains("newer than"), "{moved}");
}
