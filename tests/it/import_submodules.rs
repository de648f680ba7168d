//! `oca init --from .gitmodules`: real superprojects, their gitlinks as pins, and what git allows in the file.

use crate::env::Env;
use crate::project::{repository, short};
use crate::remote::Remote;

/// A superproject with `web` and `dms` as submodules in `addons/oca`, `web` behind its branch. Returns the two commits.
fn superproject(env: &Env) -> (String, String) {
    let web = repository(env, "web", &["web_a"]);
    let pinned = web.commit_of("18.0");
    web.branch("18.0").module("web_new", &[]).commit();
    repository(env, "dms", &["dms"]);
    env.git(".", &["init", "-q"]);
    for name in ["web", "dms"] {
        let url = env.remotes().join(format!("{name}.git"));
        let url = url.to_str().expect("a path");
        env.git(".", &["submodule", "--quiet", "add", "-b", "18.0", url, &format!("addons/oca/{name}")]);
    }
    env.git("addons/oca/web", &["checkout", "-q", &pinned]);
    env.git(".", &["add", "-A"]);
    env.git(".", &["commit", "-qm", "Add submodules"]);
    (pinned, Remote::open(env, "dms").commit_of("18.0"))
}

#[test]
fn gitlinks_become_the_pins_of_branches_that_can_still_move() {
    let env = Env::new();
    let (web, dms) = superproject(&env);
    // As CI has it: nothing is populated.
    env.git(".", &["submodule", "--quiet", "deinit", "--all", "-f"]);
    env.oca(&["init", "--from", ".gitmodules"])
        .stderr(&format!(
            "dms: locked at {}\nweb: locked at {}\n2 repositories with 2 modules, 2 changed\n\
             wrote `repos.toml` and `oca.lock.json`; look at them, then run `oca sync`\n",
            short(&dms),
            short(&web)
        ))
        .success();
    env.assert_new_config(
        "odoo = \"18.0\"\nbase-url = \"[TEMP]/remotes\"\npath = \"addons/oca\"\nmode = \"submodule\"\n\n\
         [profiles.standard]\nrepos = [\n  \
         \"web\",\n  \"dms\",\n]\n",
    );
    env.assert_checkouts(&[("addons/oca/web", &web), ("addons/oca/dms", &dms)]);
    env.oca(&["lock", "--upgrade"]).stderr_contains("web: ").stderr_contains("1 changed").success();
}

#[test]
fn the_index_counts_and_not_what_was_committed() {
    let env = Env::new();
    let (_, dms) = superproject(&env);
    let head = Remote::open(&env, "web").commit_of("18.0");
    env.git("addons/oca/web", &["checkout", "-q", &head]);
    env.git(".", &["add", "addons/oca/web"]);
    env.oca(&["init", "-q", "--from", "."]).success();
    let lock = env.read("oca.lock.json");
    assert!(lock.contains(&head) && lock.contains(&dms), "{lock}");
}

#[test]
fn a_repository_that_was_never_checked_out_has_its_pins_in_head() {
    let env = Env::new();
    let (web, _) = superproject(&env);
    let text = env.read(".gitmodules");
    env.git(".", &["clone", "-q", "--no-checkout", ".", "fresh"]);
    env.write("fresh/.gitmodules", text);
    env.oca(&["-C", "fresh", "init", "-q", "--from", ".gitmodules"]).success();
    let lock = env.read("fresh/oca.lock.json");
    assert!(lock.contains(&web), "{lock}");
}

#[test]
fn phantom_gitlinks_and_entries_without_one_are_named() {
    let env = Env::new();
    let (web, dms) = superproject(&env);
    env.git(".", &["update-index", "--add", "--cacheinfo", &format!("160000,{web},addons/oca/ghost")]);
    env.git(".", &["rm", "-q", "--cached", "addons/oca/dms"]);
    env.oca(&["init", "--from", ".gitmodules"])
        .stderr(&format!(
            "warning: `.gitmodules`: the gitlink `addons/oca/ghost` at `{web}` has no entry in this file \
             and is left out\n\
             warning: `.gitmodules` at line 5: submodule `addons/oca/dms` has no gitlink: \
             oca pins the current head of its branch\n\
             dms: locked at {}\nweb: locked at {}\n2 repositories with 2 modules, 2 changed\n\
             wrote `repos.toml` and `oca.lock.json`; look at them, then run `oca sync`\n",
            short(&dms),
            short(&web)
        ))
        .success();
}

/// A submodule that is refused has an entry, whatever its name is.
#[test]
fn the_gitlink_of_a_refused_submodule_is_no_phantom() {
    let env = Env::new();
    superproject(&env);
    let url = env.remotes().join("dms.git");
    env.edit(".gitmodules", "[submodule \"addons/oca/dms\"]", "[submodule \"other\"]");
    env.edit(".gitmodules", url.to_str().expect("a path"), "ext::sh");
    env.oca(&["init", "--from", ".gitmodules"])
        .stderr_contains("`other` is left out: `ext::sh` is not a valid git url")
        .stderr_contains("are not in it: 1 entry that oca cannot use\n")
        .status(1);
    std::fs::remove_file(env.project().join("repos.toml")).expect("a file");
    std::fs::remove_file(env.project().join("oca.lock.json")).expect("a file");
    let run = env.oca(&["init", "-v", "--from", ".gitmodules"]).output();
    assert!(!run.stderr.contains("gitlink"), "{run}");
}

/// Its modules are in use here, although git would not bring them to another machine.
#[test]
fn a_phantom_with_files_is_a_loss() {
    let env = Env::new();
    let (web, _) = superproject(&env);
    env.git(".", &["config", "-f", ".gitmodules", "--remove-section", "submodule.addons/oca/web"]);
    env.oca(&["init", "--from", ".gitmodules"])
        .stderr_contains(&format!(
            "the gitlink `addons/oca/web` at `{web}` has no entry in this file and is left out, but its directory has files\n"
        ))
        .stderr_contains("are not in it: 1 populated gitlink\n")
        .status(1);
}

#[test]
fn submodules_of_submodules_are_a_loss() {
    let env = Env::new();
    superproject(&env);
    for name in ["web", "dms"] {
        env.write(format!("addons/oca/{name}/.gitmodules"), "");
    }
    env.oca(&["init", "--from", ".gitmodules"])
        .stderr_contains("2 submodules with submodules of their own are imported without those\n")
        .stderr_contains("are not in it: 2 submodules with submodules of their own\n")
        .status(1);
}

/// git reads `branch` only for an update, and checks out the gitlink.
#[test]
fn a_commit_as_the_branch_of_a_submodule_does_not_count() {
    let env = Env::new();
    let (web, dms) = superproject(&env);
    env.git(".", &["config", "-f", ".gitmodules", "submodule.addons/oca/web.branch", &dms]);
    env.oca(&["init", "--from", ".gitmodules"])
        .stderr_contains(&format!(
            "`web` is pinned to `{web}`, but declared as `{dms}`: oca keeps the pin as `rev`\n"
        ))
        .success();
    assert!(env.read("repos.toml").contains(&format!("rev = \"{web}\"\n")));
}

#[test]
fn relative_urls_follow_the_origin_and_odd_keys_are_named() {
    let env = Env::new();
    env.write(
        ".gitmodules",
        "\
[submodule \"web\"]
	path = vendor/web
	url = ../web.git
	branch = 18.0
	update = !rm -rf /
	ignore = dirty
[submodule \"acme\"]
	path = other/addons
	url = ssh://git@git.example.com:2222/acme/addons.git
	branch = .
	shallow = false
[submodule \"dms\"]
	path = vendor/dms
	url = ../../community/dms.git
	branch = 18.0-fix
[submodule \"secret\"]
	path = vendor/secret
	url = https://me:geheim@git.example.com/acme/secret.git
[submodule \"odoo\"]
	path = odoo
	url = https://github.com/odoo/odoo
",
    );
    env.write("vendor/web/.gitmodules", "");
    env.git(".", &["init", "-q"]);
    env.git(".", &["remote", "add", "origin", "https://token@git.example.com/OCA/shop.git"]);
    env.oca(&["init", "--from", ".gitmodules", "--offline"])
        .stderr_contains(
            "\
warning: `.gitmodules`: 5 repositories have no pin: oca pins the current heads of their branches (`web`, `acme`, `dms`, `secret`, `odoo`; `-v` shows each)
warning: `.gitmodules` at line 1: submodule `web` has submodules of its own, which are left out
warning: `.gitmodules`: 3 urls had a user and a password, which are left out: set a token for each host (`web`, `dms`, `secret`; `-v` shows each)
warning: `.gitmodules` at line 5: `update` of submodule `web` (a command) is left out
warning: `.gitmodules` at line 7: the checkout of `addons` will be in `vendor`, not in `other`
warning: `.gitmodules` at line 10: `branch = .` of submodule `acme` is left out: oca uses the branch of the series
",
        )
        .stderr_contains("error: `repos.toml` is written, but its pins could not be locked, and these parts are not in it: 1 submodule with submodules of its own\nhint: run `oca lock` later\n")
        .status(3);
    env.assert_new_config(
        "\
odoo = \"18.0\"
base-url = \"https://git.example.com/OCA\"
path = \"vendor\"
mode = \"submodule\"

[core]

[profiles.standard]
repos = [
  \"web\",
  \"addons\",
  \"dms\",
  \"secret\",
]

[repos.addons]
url = \"ssh://git@git.example.com:2222/acme/addons.git\"
depth = 0

[repos.dms]
url = \"https://git.example.com/community/dms.git\"
branch = \"18.0-fix\"

[repos.secret]
url = \"https://git.example.com/acme/secret.git\"
",
    );
}

/// `vendor/ux` moves anyway, so it gets the name of its repository. `addons/oca/tools` stays where it is.
#[test]
fn a_checkout_that_moves_gets_the_name_of_its_repository() {
    let env = Env::new();
    let entry = |path: &str, name: &str| {
        format!(
            "[submodule \"{path}\"]\n\tpath = {path}\n\turl = https://github.com/OCA/{name}.git\n\tbranch = 18.0\n"
        )
    };
    let entries =
        [("addons/oca/web", "web"), ("addons/oca/tools", "server-tools"), ("vendor/ux", "server-ux")];
    env.write(".gitmodules", entries.map(|(path, name)| entry(path, name)).concat());
    env.git(".", &["init", "-q"]);
    env.oca(&["init", "--from", ".gitmodules", "--offline"])
        .stderr_contains("the checkout of `server-ux` will be in `addons/oca`, not in `vendor`\n")
        .status(3);
    let written = env.read("repos.toml");
    for part in ["  \"web\",\n", "  \"tools\",\n", "  \"server-ux\",\n", "[repos.tools]\nurl = "] {
        assert!(written.contains(part), "{written}");
    }
    assert!(!written.contains("[repos.server-ux]"), "{written}");
}

/// `vendor/ux` comes first in the file, but its checkout moves.
#[test]
fn a_checkout_that_moves_takes_no_name_of_one_that_stays() {
    let env = Env::new();
    let entry = |path: &str, url: &str| {
        format!(
            "[submodule \"{path}\"]\n\tpath = {path}\n\turl = https://github.com/{url}.git\n\tbranch = 18.0\n"
        )
    };
    let entries = [
        ("vendor/ux", "OCA/server-ux"),
        ("addons/oca/server-ux", "acme/server-ux"),
        ("addons/oca/web", "OCA/web"),
    ];
    env.write(".gitmodules", entries.map(|(path, url)| entry(path, url)).concat());
    env.git(".", &["init", "-q"]);
    env.oca(&["init", "--from", ".gitmodules", "--offline"])
        .stderr_contains("the checkout of `ux` will be in `addons/oca`, not in `vendor`\n")
        .status(3);
    let written = env.read("repos.toml");
    // `server-ux` is below `base-url`.
    assert!(!written.contains("[repos.server-ux]"), "{written}");
    for part in [
        "  \"ux\",\n  \"server-ux\",\n  \"web\",\n",
        "[repos.ux]\nurl = \"https://github.com/OCA/server-ux.git\"",
        "base-url = \"https://github.com/acme\"\n",
    ] {
        assert!(written.contains(part), "{written}");
    }
}

#[test]
fn what_git_refuses_is_refused_with_its_line() {
    let entry = |name: &str, path: &str| {
        format!("[submodule \"{name}\"]\n\tpath = {path}\n\turl = https://h/a/{name}.git\n")
    };
    for (text, why) in [
        (
            entry("web", "../web"),
            "`.gitmodules` at line 2: `web` cannot be imported: `../web` is not a path below the repository of `.gitmodules`",
        ),
        (
            entry("web", "/web"),
            "`.gitmodules` at line 2: `web` cannot be imported: `/web` is not a path below the repository of `.gitmodules`",
        ),
        (
            entry("web", "../\u{202e}w\u{2028}b"),
            "`.gitmodules` at line 2: `web` cannot be imported: `../\\u{202e}w\\u{2028}b` is not a path below the repository of `.gitmodules`",
        ),
        (
            "[submodule \"web\"]\n\tpath = web\n".to_owned(),
            "`.gitmodules` at line 1: submodule `web` has no `url`",
        ),
        (
            "[submodule \"web\"]\n\tpath = web\n\turl = ext::sh -c x\n".to_owned(),
            "`.gitmodules` at line 3: `web` cannot be imported: `ext::sh -c x` is not a valid git url: it must not contain blanks or \
             invisible characters",
        ),
    ] {
        let env = Env::new();
        env.write(".gitmodules", &text);
        env.oca(&["init", "--from", ".gitmodules", "--odoo", "18.0"])
            .stderr(&format!("error: {why}\n"))
            .status(2);
        assert!(!env.exists("repos.toml"), "{text}");
    }
    let env = Env::new();
    env.write(".gitmodules", "[submodule \"web\"]\n\tpath = web\n\turl = ../web.git\n");
    env.oca(&["init", "--from", ".gitmodules"])
        .stderr(
            "error: `.gitmodules` at line 3: `web` cannot be imported: `../web.git` is relative to the remote of a repository, \
             but the file is not in a repository\n\
             hint: write the whole url\n",
        )
        .status(2);
}

#[test]
fn a_file_outside_of_git_has_no_pins() {
    let env = Env::new();
    env.write(".gitmodules", "[submodule \"web\"]\n\tpath = oca/web\n\turl = https://github.com/OCA/web\n");
    env.oca(&["init", "--from", ".gitmodules", "--odoo", "17.0"])
        .stderr(
            "warning: `.gitmodules`: the file is not at the top of a git repository, \
             so there are no gitlinks and no pins\n\
             wrote `repos.toml`, but no lock: there are no pins to take over; look at it, then run `oca sync`\n",
        )
        .success();
    env.assert_new_config("odoo = \"17.0\"\n\n[profiles.standard]\nrepos = [\n  \"web\",\n]\n");
}
