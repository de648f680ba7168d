//! `oca submodules`: names every difference between the lock, `.gitmodules` and the index, and repairs it.

use std::fmt::Write;

use crate::checkouts::{REMOTES, repository};
use crate::env::Env;

/// A real project of this kind had 26 phantom gitlinks and 35 stale entries, in three path conventions.
const PHANTOMS: usize = 26;
const STALE: usize = 35;
const CONVENTIONS: [&str; 3] = ["addons/oca", "external-src", "oca-addons"];

/// `web` and `dms` as they should be.
fn synced(env: &Env) -> [String; 2] {
    let commits = ["web", "dms"].map(|name| repository(env, name).commit_of("18.0"));
    env.declare_submodules(REMOTES, &["web", "dms"], "");
    env.init_git();
    env.sync();
    env.commit_all("Add submodules");
    commits
}

fn stage(env: &Env, path: &str, commit: &str) {
    env.git("", &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},{path}")]);
}

#[test]
fn every_difference_is_named_and_repaired() {
    let env = Env::new();
    let [web, dms] = synced(&env);
    let entry = |key: &str, value: &str| {
        env.git("", &["config", "-f", ".gitmodules", &format!("submodule.{key}"), value]);
    };
    stage(&env, "oca/web", &dms);
    stage(&env, "vendor/ghost", &web);
    env.git("", &["rm", "-q", "--cached", "oca/dms"]);
    entry("oca/web.branch", "17.0");
    entry("oca/dms.url", "https://me:geheim@git.example.com/dms.git");
    entry("again.path", "oca/web");
    entry("again.url", "x");
    entry("theirs.path", "lib/theirs");
    entry("theirs.url", "https://git.example.com/theirs.git");
    let expected = format!(
        "\
`oca/web` is locked at `{web}`, but its gitlink is `{dms}`
`oca/web` follows branch `18.0`, but `.gitmodules` has branch `17.0`
`oca/dms` is in `.gitmodules`, but has no gitlink
`oca/dms` has url `[TEMP]/remotes/dms.git`, but `.gitmodules` has `https://***@git.example.com/dms.git`
`oca/web` has a second entry in `.gitmodules`: `again`
`vendor/ghost` is a phantom: a gitlink at `{web}` without an entry in `.gitmodules`
`.gitmodules` in the index differs from the one in the work tree
"
    );
    let error = format!(
        "error: `.gitmodules` and the index do not match the lock: 7 differences\n\
         hint: run `oca submodules` and commit the result; to keep the commit of the gitlink, run `oca lock web@{dms}` \
         first\n"
    );
    let notes = "`lib/theirs` is in `.gitmodules`, but has no gitlink, and oca does not manage it\n\
                 3 gitlinks are staged and not committed: see `git diff --cached --submodule`\n";
    env.oca(&["submodules", "--check"]).stdout(&expected).stderr(&format!("{notes}{error}")).status(1);
    env.oca(&["lock", "--check"]).stdout(&expected).stderr(&error).status(1);
    env.oca(&["lock", "--check", "--format", "json"])
        .stdout_contains("\"fresh\": false")
        .stderr(&error)
        .status(1);
    env.oca(&["submodules", "--check", "--format", "json"])
        .stdout_contains("\"kind\": \"phantom\",\n      \"path\": \"vendor/ghost\"")
        .stderr(&error)
        .status(1);
    env.oca(&["submodules"])
        .stderr(&format!(
            "warning: `.gitmodules` names paths of this machine, such as `[TEMP]/remotes/dms.git`\n\
             {expected}2 submodules, 7 differences repaired; `git diff --cached --submodule` shows what is staged\n"
        ))
        .success();
    assert!(env.read(".gitmodules").contains("lib/theirs") && !env.read(".gitmodules").contains("again"));
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    env.oca(&["submodules"]).stderr("2 submodules as locked\n").success();
}

/// As after `git submodule update --remote oca/web` and `git commit -a`.
#[test]
fn a_gitlink_that_somebody_moved_can_be_kept() {
    let env = Env::new();
    let web = repository(&env, "web");
    env.declare_submodules(REMOTES, &["web"], "");
    env.init_git();
    env.sync();
    env.commit_all("Add web");
    let new = web.branch("18.0").file("new", "").commit();
    env.git("oca/web", &["fetch", "-q", "origin", "18.0"]);
    env.git("oca/web", &["checkout", "-q", &new]);
    env.commit_all("Move web");
    env.oca(&["lock", "--check"])
        .stdout_contains("but its gitlink is")
        .stderr_contains(&format!("to keep the commit of the gitlink, run `oca lock web@{new}` first\n"))
        .status(1);
    env.oca(&["lock", &format!("web@{new}")])
        .stderr_contains(
            "next: `oca sync` checks out the commits and stages the gitlinks; commit them together with \
             `oca.lock.json`\n",
        )
        .success();
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock", "--check", "--format", "json"])
        .stdout_contains("\"fresh\": true,\n  \"gitlinks\": \"compared\",\n")
        .success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
}

/// `oca lock web@COMMIT` cannot pin a declared commit, or one of two branches.
#[test]
fn a_gitlink_that_no_pin_can_follow_is_only_repaired() {
    let hint = "hint: run `oca submodules` and commit the result\n";
    let env = Env::new();
    let [web, dms] = ["web", "dms"].map(|name| repository(&env, name).commit_of("18.0"));
    env.declare_submodules(REMOTES, &["web"], &format!("[repos.web]\nrev = \"{web}\"\n"));
    env.init_git();
    env.sync();
    stage(&env, "oca/web", &dms);
    env.oca(&["lock", "--check"]).stdout_contains("but its gitlink is").stderr_contains(hint).status(1);
    let env = Env::new();
    let web = repository(&env, "web");
    let other = web.branch("19.0").file("README.md", "").commit();
    env.declare_submodules(
        REMOTES,
        &["web"],
        "path = \"eighteen\"\n[profiles.next]\nodoo = \"19.0\"\npath = \"nineteen\"\nrepos = [\"web\"]\n",
    );
    env.init_git();
    env.oca(&["sync", "--all-profiles", "-q"]).success();
    stage(&env, "eighteen/web", &other);
    env.oca(&["lock", "--check"]).stdout_contains("but its gitlink is").stderr_contains(hint).status(1);
}

/// There is one pin for both.
#[test]
fn gitlinks_of_one_repository_at_two_commits_are_only_repaired() {
    let env = Env::new();
    let web = repository(&env, "web").commit_of("18.0");
    env.declare_submodules(
        REMOTES,
        &["web"],
        "path = \"one\"\n[profiles.second]\npath = \"two\"\nrepos = [\"web\"]\n",
    );
    env.init_git();
    env.oca(&["sync", "--all-profiles", "-q"]).success();
    let [this, that] =
        [web.replace(|c: char| c.is_ascii_digit(), "a"), web.replace(|c: char| c.is_ascii_digit(), "b")];
    stage(&env, "one/web", &this);
    stage(&env, "two/web", &this);
    env.oca(&["lock", "--check"])
        .stdout_contains("but its gitlink is")
        .stderr_contains(&format!("to keep the commit of the gitlink, run `oca lock web@{this}` first\n"))
        .status(1);
    stage(&env, "two/web", &that);
    env.oca(&["lock", "--check"])
        .stdout_contains("but its gitlink is")
        .stderr_contains("hint: run `oca submodules` and commit the result\n")
        .status(1);
}

#[test]
fn what_is_staged_and_not_committed_is_a_note() {
    let env = Env::new();
    let web = repository(&env, "web");
    env.declare_submodules(REMOTES, &["web"], "");
    env.init_git();
    env.sync();
    env.oca(&["submodules", "--check"])
        .stderr("1 gitlink is staged and not committed: see `git diff --cached --submodule`\n")
        .success();
    env.commit_all("Add web");
    env.oca(&["submodules", "--check"]).success();
    web.branch("18.0").file(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ../x.git\n").commit();
    env.run(&["lock", "--upgrade"]);
    env.sync();
    env.oca(&["submodules", "--check"])
        .stderr(
            "`oca/web` contains submodules, and oca does not touch them\n\
             1 gitlink is staged and not committed: see `git diff --cached --submodule`\n",
        )
        .success();
}

#[test]
fn differences_are_printed_without_characters_that_nobody_sees() {
    let env = Env::new();
    repository(&env, "web");
    env.declare_submodules(REMOTES, &["web"], "");
    env.init_git();
    env.sync();
    env.write(
        ".gitmodules",
        "[submodule \"oca/web\"]\n\tpath = oca/web\n\turl = https://x/\u{202e}evil\n\tbranch = a\u{2028}b\n\
         [submodule \"x\"]\n\tpath = oca/\u{202e}x\n\turl = ../x.git\n",
    );
    for command in [&["submodules", "--check"][..], &["lock", "--check"], &["submodules"]] {
        let output = env.oca(command).output().to_string();
        assert!(output.contains("https://x/\\u{202e}evil") && output.contains("a\\u{2028}b"), "{output}");
        assert!(!output.contains(['\u{202e}', '\u{2028}']), "{command:?}: {output}");
    }
}

#[test]
fn without_a_repository_around_the_lock_alone_is_checked() {
    let env = Env::new();
    repository(&env, "web");
    env.declare_submodules(REMOTES, &["web"], "");
    env.oca(&["lock", "-q"]).success();
    env.oca(&["lock", "--check"])
        .stderr("there is no git repository here, so no gitlinks are compared\n")
        .success();
    let json = ["lock", "--check", "--format", "json"];
    env.oca(&json)
        .stdout_contains("\"fresh\": true,\n  \"gitlinks\": \"not-compared\",\n")
        .stderr("there is no git repository here, so no gitlinks are compared\n")
        .success();
    env.oca(&["submodules", "--check"])
        .stderr_contains(
            "error: `mode = \"submodule\"` needs `[TEMP]/project` to be inside a git repository\n",
        )
        .status(2);
    env.edit("repos.toml", "mode = \"submodule\"", "mode = \"clone\"");
    env.oca(&["submodules"])
        .stderr(
            "error: `repos.toml` does not set `mode = \"submodule\"`\nhint: add that line, then run `oca sync`\n",
        )
        .status(2);
}

#[test]
fn a_submodule_at_another_path_moves_with_all_that_is_in_it() {
    let env = Env::new();
    let [web, dms] = ["web", "dms"].map(|name| repository(&env, name));
    let [web_commit, dms_commit] = [&web, &dms].map(|remote| remote.commit_of("18.0"));
    env.init_git();
    for (remote, path) in [(&web, "addons/web"), (&dms, "external/src/dms")] {
        let url = remote.path().to_str().expect("text");
        env.git("", &["submodule", "--quiet", "add", "-b", "18.0", url, path]);
    }
    env.commit_all("Add submodules");
    env.write("addons/web/README.md", "mine\n");
    env.declare_submodules(REMOTES, &["web", "dms"], "");
    env.run(&["lock"]);
    env.oca(&["submodules", "--check"])
        .stdout(
            "`web` belongs at `oca/web`, but `.gitmodules` has it at `addons/web`\n\
             `dms` belongs at `oca/dms`, but `.gitmodules` has it at `external/src/dms`\n",
        )
        .stderr_contains("error: ")
        .status(1);
    env.remove_remotes();
    env.oca(&["submodules", "-q"]).success();
    env.assert_file("oca/web/README.md", "mine\n");
    assert!(!env.exists("addons/web") && !env.exists("external/src/dms"));
    env.git("oca/web", &["checkout", "-q", "README.md"]);
    env.oca(&["sync"]).stderr("2 repositories up to date\n").success();
    env.assert_submodules(&[("oca/dms", &dms_commit), ("oca/web", &web_commit)]);
}

#[test]
fn sync_names_the_work_trees_that_it_moves() {
    let env = Env::new();
    let [web, dms] = synced(&env);
    env.declare_submodules(REMOTES, &["web", "dms"], "path = \"vendor\"\n");
    let planned = env.oca(&["sync", "--dry-run"]).output();
    assert_eq!(
        planned.stdout,
        "web: would move from `oca/web` to `vendor/web`\ndms: would move from `oca/dms` to `vendor/dms`\n"
    );
    assert!(planned.stderr.starts_with("2 repositories, 2 would change\n"), "{planned}");
    env.write("oca/web/README.md", "mine\n");
    env.remove_remotes();
    env.oca(&["sync"])
        .stderr(
            "web: moved from `oca/web` to `vendor/web`\n\
             dms: moved from `oca/dms` to `vendor/dms`\n\
             2 repositories, 2 changed\n\
             `git diff --cached --submodule` shows what is staged\n",
        )
        .success();
    env.assert_file("vendor/web/README.md", "mine\n");
    env.git("vendor/web", &["checkout", "-q", "README.md"]);
    env.assert_submodules(&[("vendor/dms", &dms), ("vendor/web", &web)]);
    env.oca(&["sync"]).stderr("2 repositories up to date\n").success();
    env.declare_submodules(REMOTES, &["web", "dms"], "");
    let moved = env.oca(&["sync", "-q", "--format", "json"]).output();
    assert_eq!(moved.stdout.matches("\"outcome\": \"relocated\"").count(), 2, "{moved}");
}

#[test]
fn an_entry_that_stayed_behind_joins_its_gitlink() {
    let env = Env::new();
    let [web, dms] = synced(&env);
    env.git("", &["config", "-f", ".gitmodules", "submodule.oca/web.path", "addons/web"]);
    env.git("", &["add", ".gitmodules"]);
    env.oca(&["submodules", "--check"])
        .stdout("`web` belongs at `oca/web`, but `.gitmodules` has it at `addons/web`\n")
        .stderr_contains("error: ")
        .status(1);
    env.oca(&["submodules", "-q"]).success();
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    assert_eq!(env.git("", &["status", "--porcelain"]), "");
}

#[test]
fn a_second_submodule_and_one_that_nobody_declares_go_and_other_branches_stay() {
    let env = Env::new();
    let [web, dms] = synced(&env);
    repository(&env, "other");
    let remote = crate::remote::Remote::open(&env, "web");
    let old = remote.branch("17.0").module("web_old", &[]).commit();
    let add = |branch: &str, name: &str, path: &str| {
        let url = env.remotes().join(format!("{name}.git"));
        env.git("", &["submodule", "--quiet", "add", "-b", branch, url.to_str().expect("text"), path]);
    };
    add("18.0", "web", "vendor/web");
    add("17.0", "web", "vendor/web-17");
    add("18.0", "other", "oca/other");
    env.commit_all("Add more");
    env.write("vendor/web/README.md", "mine\n");
    env.oca(&["submodules", "--check"])
        .stdout(
            "`vendor/web` is a second submodule of `web`\n`oca/other` is a submodule that no profile declares\n",
        )
        .stderr_contains("error: ")
        .status(1);
    env.oca(&["submodules"])
        .stderr(
            "other: removed\n`vendor/web` is a second submodule of `web`\n\
             `oca/other` is a submodule that no profile declares\n\
             2 submodules, 1 difference repaired; `git diff --cached --submodule` shows what is staged\n\
             error: `web` was not changed: uncommitted changes in `README.md`\n\
             hint: commit and push your work, or use `--force` to discard it\n",
        )
        .status(1);
    env.assert_file("vendor/web/README.md", "mine\n");
    env.oca(&["submodules", "--force", "-q"]).success();
    assert!(
        !env.exists("vendor/web") && !env.exists("oca/other") && env.exists(".git/modules/oca/other/HEAD")
    );
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web), ("vendor/web-17", &old)]);
}

/// Builds what the real project had, with names of its kind: some of it is of declared repositories.
#[test]
fn a_project_with_submodules_of_three_tools_is_repaired() {
    let env = Env::new();
    let [web, dms] = synced(&env);
    let mut text = env.read(".gitmodules");
    let remotes = env.remotes();
    let mut stale = 0;
    for number in 0.. {
        for convention in CONVENTIONS {
            if stale == STALE {
                break;
            }
            let name = match number {
                0 => "web".to_owned(),
                1 => "dms".to_owned(),
                _ => format!("repository-{number}"),
            };
            let url = remotes.join(format!("{name}.git"));
            let path = format!("{convention}/{name}");
            let url = url.display();
            writeln!(text, "[submodule \"{path}\"]\n\tpath = {path}\n\turl = {url}").expect("a text");
            stale += 1;
        }
        if stale == STALE {
            break;
        }
    }
    env.write(".gitmodules", &text);
    for number in 0..PHANTOMS {
        let convention = CONVENTIONS[number % CONVENTIONS.len()];
        stage(&env, &format!("{convention}/ghost-{number}"), &web);
    }
    env.git("", &["add", ".gitmodules"]);
    env.git("", &["commit", "-q", "-m", "Years of work"]);
    let failed = env.try_git("", &["submodule", "status"]).expect_err("git stumbles over phantoms");
    assert!(failed.contains("no submodule mapping found"), "{failed}");
    let output = env.oca(&["submodules", "--check"]).output();
    assert_eq!(output.code, Some(1), "{output}");
    let count = |words: &str| output.stdout.lines().filter(|line| line.contains(words)).count();
    assert_eq!(
        (count("is a phantom: "), count("has no gitlink, and no profile declares it")),
        (PHANTOMS, STALE)
    );
    assert_eq!(output.stdout.lines().count(), PHANTOMS + STALE, "{output}");
    env.oca(&["submodules"])
        .stderr_contains(&format!("2 submodules, {} differences repaired", PHANTOMS + STALE))
        .success();
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    assert_eq!(env.read(".gitmodules").matches("[submodule").count(), 2);
    assert_eq!(env.git("", &["ls-files", "-s"]).matches("160000").count(), 2);
    assert!(env.read(".gitmodules").contains(&format!("url = {}", remotes.join("web.git").display())));
}
