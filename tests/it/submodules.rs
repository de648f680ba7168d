//! `mode = "submodule"`: what `oca sync` makes, git's own commands take for what they would have made themselves.

use std::fs;

use crate::checkouts::{REMOTES, repository, upgrade};
use crate::env::Env;
use crate::remote::Remote;
use crate::server::Server;

impl Env {
    /// Writes a `repos.toml` for submodules in `oca` with the profile `standard` of these repositories, and more tables.
    pub(crate) fn declare_submodules(&self, base: &str, repos: &[&str], more: &str) {
        let text = format!(
            "odoo = \"18.0\"\nbase-url = \"{base}\"\nmode = \"submodule\"\ndefault-profile = \"standard\"\n\n\
             [profiles.standard]\nrepos = {repos:?}\n{more}"
        );
        self.write("repos.toml", text);
    }

    /// Makes the project a git repository with a commit.
    pub(crate) fn init_git(&self) {
        self.git("", &["init", "-q", "-b", "main"]);
        self.write("README.md", "# Shop\n");
        self.commit_all("Begin");
    }

    pub(crate) fn commit_all(&self, message: &str) {
        self.git("", &["add", "-A"]);
        self.git("", &["commit", "-q", "-m", message]);
    }

    /// Commits the project with a merge driver for the lock, and goes to the new branch `feature`. git cannot run the
    /// driver, or it fails.
    pub(crate) fn branch_with_failing_driver(&self, driver: &str) {
        self.git(".", &["init", "-q", "-b", "main"]);
        self.write(".gitattributes", "oca.lock.json merge=oca\n");
        self.git(".", &["config", "merge.oca.driver", driver]);
        self.commit_all("Lock");
        self.git(".", &["checkout", "-q", "-b", "feature"]);
    }

    /// `git submodule status`: the mark, the commit and the path of each.
    #[track_caller]
    pub(crate) fn submodule_status(&self) -> Vec<String> {
        let status = self.git("", &["submodule", "status"]);
        let line = |line: &str| {
            let words: Vec<&str> = line[1..].split(' ').collect();
            format!("{}{} {}", &line[..1], words[0], words[1])
        };
        status.lines().map(line).collect()
    }

    /// Asserts that git has nothing to say against these submodules.
    #[track_caller]
    pub(crate) fn assert_submodules(&self, submodules: &[(&str, &str)]) {
        let expected: Vec<String> =
            submodules.iter().map(|(path, commit)| format!(" {commit} {path}")).collect();
        assert_eq!(self.submodule_status(), expected);
        assert_eq!(self.git("", &["submodule", "update", "--init", "--depth", "1"]), "");
        for (path, commit) in submodules {
            assert_eq!(self.head(path), *commit);
            assert_eq!(
                self.git(path, &["rev-parse", "--show-superproject-working-tree"]).trim(),
                self.project().to_str().expect("text")
            );
            self.assert_sound_checkout(path);
        }
        self.oca(&["submodules", "--check", "-q"]).success();
        self.oca(&["lock", "--check", "-q"]).success();
    }
}

/// `web` and `dms` declared as submodules of a git repository.
pub(crate) fn declared(env: &Env) -> [Remote; 2] {
    let remotes = ["web", "dms"].map(|name| repository(env, name));
    env.declare_submodules(REMOTES, &["web", "dms"], "");
    env.init_git();
    remotes
}

pub(crate) fn commits([web, dms]: &[Remote; 2]) -> [String; 2] {
    [web.commit_of("18.0"), dms.commit_of("18.0")]
}

#[test]
fn a_first_sync_makes_submodules_as_git_would_have_made_them() {
    let env = Env::new();
    let server = Server::start(&env);
    let remotes = ["web", "dms"].map(|name| repository(&env, name));
    let [web, dms] = commits(&remotes);
    env.declare_submodules(&server.base(), &["web", "dms"], "");
    env.init_git();
    let before = env.head("");
    env.oca(&["sync"])
        .stderr_contains("2 repositories, 2 changed\n`git diff --cached --submodule` shows what is staged\n")
        .success();
    env.assert_file(
        ".gitmodules",
        "\
[submodule \"oca/web\"]
	path = oca/web
	url = http://127.0.0.1:[PORT]/web.git
	branch = 18.0
	shallow = true
[submodule \"oca/dms\"]
	path = oca/dms
	url = http://127.0.0.1:[PORT]/dms.git
	branch = 18.0
	shallow = true
",
    );
    env.assert_file("oca/web/.git", "gitdir: ../../.git/modules/oca/web\n");
    assert_eq!(env.head(""), before, "oca never commits");
    assert!(!env.exists("oca/.gitignore"));
    let staged = env.git("", &["diff", "--cached", "--submodule"]);
    assert!(
        staged.contains(&format!("Submodule oca/web 0000000...{} (new submodule)", &web[..7])),
        "{staged}"
    );
    assert_eq!(
        env.git("", &["status", "--porcelain"]),
        "A  .gitmodules\nA  oca/dms\nA  oca/web\n?? oca.lock.json\n"
    );
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);

    let requests = server.requests().len();
    let index =
        fs::metadata(env.project().join(".git/index")).and_then(|index| index.modified()).expect("a time");
    env.oca(&["sync"]).stderr("2 repositories up to date\n").success();
    assert_eq!(server.requests().len(), requests);
    let after =
        fs::metadata(env.project().join(".git/index")).and_then(|index| index.modified()).expect("a time");
    assert_eq!(after, index, "with nothing to do nothing is written");

    env.commit_all("Add submodules");
    remotes.iter().for_each(|remote| drop(upgrade(remote, 1)));
    env.git("", &["clone", "-q", "--recurse-submodules", "--shallow-submodules", ".", "../fresh"]);
    for (path, commit) in [("web", &web), ("dms", &dms)] {
        assert_eq!(env.head(format!("../fresh/oca/{path}")), *commit);
    }
    env.oca(&["-C", "../fresh", "lock", "--check"]).success();
    let requests = server.requests().len();
    env.oca(&["-C", "../fresh", "sync"]).stderr("2 repositories up to date\n").success();
    assert_eq!(server.requests().len(), requests, "what git has checked out is not fetched again");
    env.oca(&["-C", "../fresh", "status"]).stdout_contains("web  clean").success();
    env.oca(&["-C", "../fresh", "verify", "-q"]).success();

    env.git("", &["clone", "-q", ".", "../bare-bones"]);
    env.oca(&["-C", "../bare-bones", "sync", "-q", "--locked"]).success();
    assert_eq!(env.git("../bare-bones", &["status", "--porcelain"]), "");
    let status = env.git("../bare-bones", &["submodule", "status"]);
    assert!(status.starts_with(&format!(" {dms} oca/dms ")) && !status.contains("\n-"), "{status}");
}

#[test]
fn moves_by_git_itself_are_accepted() {
    let env = Env::new();
    let server = Server::start(&env);
    let web = repository(&env, "web");
    env.declare_submodules(&server.base(), &["web"], "");
    env.init_git();
    env.sync();
    env.commit_all("Add web");
    env.git("", &["clone", "-q", "--recurse-submodules", ".", "../colleague"]);
    upgrade(&web, 1);
    env.run(&["-C", "../colleague", "lock", "--upgrade"]);
    env.run(&["-C", "../colleague", "sync"]);
    env.git("../colleague", &["commit", "-q", "-am", "Move web"]);
    env.git("", &["pull", "-q", "--ff-only", "../colleague", "main"]);
    assert_eq!(env.submodule_status()[0].chars().next(), Some('+'));
    env.git("", &["submodule", "--quiet", "update"]);
    let requests = server.requests().len();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    assert_eq!(server.requests().len(), requests);
    env.assert_submodules(&[("oca/web", &web.commit_of("18.0"))]);
}

#[test]
fn a_moved_pin_moves_work_tree_and_gitlink() {
    let env = Env::new();
    let remotes = declared(&env);
    env.sync();
    env.commit_all("Add submodules");
    upgrade(&remotes[0], 1);
    env.run(&["lock", "--upgrade"]);
    let [web, dms] = commits(&remotes);
    env.oca(&["submodules", "--check"])
        .stdout_contains(&format!("`oca/web` is locked at `{web}`, but its gitlink is `"))
        .stderr_contains("hint: run `oca submodules` and commit the result; ")
        .status(1);
    env.sync();
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    let log = env.git("", &["diff", "--cached", "--submodule=short", "--", "oca/web"]);
    assert!(log.contains(&format!("+Subproject commit {web}")), "{log}");
}

#[test]
fn gitlinks_are_those_of_all_profiles_and_one_profile_is_populated() {
    let env = Env::new();
    let remotes = ["web", "dms"].map(|name| repository(&env, name));
    let [web, dms] = commits(&remotes);
    env.declare_submodules(
        REMOTES,
        &["web"],
        "[profiles.more]\nextends = [\"standard\"]\nrepos = [\"dms\"]\n",
    );
    env.init_git();
    env.sync();
    assert_eq!(env.submodule_status(), [format!("-{dms} oca/dms"), format!(" {web} oca/web")]);
    assert!(!env.exists("oca/dms/.git"));
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.oca(&["submodules", "--check", "-q", "-p", "more"]).success();
    env.oca(&["submodules", "--check", "-p", "more"])
        .stderr_contains("`oca/dms` is not populated: run `oca sync`\n")
        .success();
    env.run(&["sync", "-p", "more"]);
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    // What this machine does without is a submodule all the same.
    env.write("repos.local.toml", "skip = [\"web\"]\n");
    env.oca(&["sync"]).stderr("0 repositories up to date\n").success();
    env.oca(&["submodules", "--check", "-q"]).success();
}

#[test]
fn what_nobody_declares_any_more_is_removed_and_its_git_directory_kept() {
    let env = Env::new();
    let remotes = declared(&env);
    env.sync();
    env.commit_all("Add submodules");
    env.run(&["remove", "dms"]);
    env.oca(&["sync", "--dry-run"])
        .stdout("dms: would remove\n")
        .stderr(
            "2 repositories, 1 would change\n1 difference in `.gitmodules` and the index would be repaired:\n  \
             `oca/dms` is a submodule that no profile declares\n",
        )
        .success();
    assert!(env.exists("oca/dms/README.md"));
    env.oca(&["sync"])
        .stderr(
            "dms: removed\n2 repositories, 1 changed\n`git diff --cached --submodule` shows what is staged\n",
        )
        .success();
    assert!(!env.exists("oca/dms") && env.exists(".git/modules/oca/dms/HEAD"));
    assert!(!env.read(".gitmodules").contains("dms"));
    assert!(!env.git("", &["config", "--list"]).contains("dms"));
    env.assert_submodules(&[("oca/web", &commits(&remotes)[0])]);

    // It comes back without a server, from what was kept.
    env.git("", &["checkout", "-q", "HEAD", "--", "repos.toml", "oca.lock.json"]);
    env.declare_submodules(REMOTES, &["web", "dms"], "");
    env.remove_remotes();
    fs::remove_dir_all(env.cache()).expect("the cache");
    env.sync();
    let [web, dms] = ["oca/web", "oca/dms"].map(|path| env.head(path));
    env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
    env.run(&["remove", "dms"]);
    env.run(&["sync", "--prune"]);
    assert!(!env.exists("oca/dms") && !env.exists(".git/modules/oca/dms"));
}

#[test]
fn a_git_directory_that_was_kept_goes_with_prune_unless_commits_are_in_it() {
    let env = Env::new();
    declared(&env);
    env.sync();
    env.commit_all("Add submodules");
    env.git("oca/dms", &["switch", "-q", "-c", "mine"]);
    env.git("oca/dms", &["commit", "-q", "--allow-empty", "-m", "mine"]);
    let mine = env.head("oca/dms");
    env.run(&["remove", "dms"]);
    env.oca(&["sync", "--prune"])
        .stderr_contains("error: `dms` was not changed: local commits up to ")
        .status(1);
    env.sync();
    assert!(!env.exists("oca/dms"));
    env.oca(&["sync", "--prune"])
        .stderr_contains("error: `dms` was not changed: local commits up to ")
        .status(1);
    assert_eq!(env.git(".git/modules/oca/dms", &["rev-parse", "mine"]).trim(), mine);
    env.run(&["sync", "--prune", "--force"]);
    assert!(!env.exists(".git/modules/oca/dms"));
    env.oca(&["sync", "--prune"]).stderr("1 repository up to date\n").success();
}

#[cfg(unix)]
#[test]
fn a_commit_hook_sees_what_is_about_to_be_committed() {
    let env = Env::new();
    let remotes = declared(&env);
    env.sync();
    env.commit_all("Add submodules");
    let oca = env!("CARGO_BIN_EXE_oca");
    env.write(".git/hooks/pre-commit", format!("#!/bin/sh\nexec {oca} submodules --check -q\n"));
    let hook = env.project().join(".git/hooks/pre-commit");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");
    upgrade(&remotes[0], 1);
    env.run(&["lock", "--upgrade"]);
    let refused = env.try_git("", &["commit", "-q", "-am", "Move web"]).expect_err("the hook refuses");
    assert!(refused.contains("`oca/web` is locked at"), "{refused}");
    env.sync();
    env.git("", &["reset", "-q"]);
    env.git("", &["commit", "-q", "-am", "Move web"]);
    env.assert_submodules(&[
        ("oca/dms", &remotes[1].commit_of("18.0")),
        ("oca/web", &remotes[0].commit_of("18.0")),
    ]);
}

#[test]
fn killed_at_each_place_the_next_sync_repairs() {
    let env = Env::new();
    let remotes = declared(&env);
    let [web, dms] = commits(&remotes);
    let into_submodules = [
        "linking packs",
        "building a checkout",
        "writing .gitmodules",
        "staging submodules",
        "completing submodules",
    ];
    let into_clones = ["writing .gitmodules", "staging submodules", "completing submodules"];
    for round in into_submodules.iter().zip(into_clones.iter().cycle()) {
        for (mode, other, place) in [("submodule", "clone", round.0), ("clone", "submodule", round.1)] {
            let text = env.read("repos.toml");
            env.write(
                "repos.toml",
                text.replace(&format!("mode = \"{other}\""), &format!("mode = \"{mode}\"")),
            );
            if ["linking packs", "building a checkout"].contains(place) {
                std::fs::remove_dir_all(env.project().join("oca/web")).ok();
                std::fs::remove_dir_all(env.project().join(".git/modules")).ok();
            }
            env.oca(&["sync"]).stopped_at(place);
            env.sync();
            assert_eq!(
                [env.head("oca/web"), env.head("oca/dms")],
                [web.clone(), dms.clone()],
                "{mode} {place}"
            );
            if mode == "submodule" {
                env.assert_submodules(&[("oca/dms", &dms), ("oca/web", &web)]);
            } else {
                assert_eq!(env.submodule_status(), Vec::<String>::new(), "{place}");
                env.assert_checkout("oca/web", &web);
            }
        }
    }
}

#[test]
fn a_submodule_in_which_somebody_works_is_kept_whole() {
    let env = Env::new();
    let remotes = declared(&env);
    env.sync();
    env.commit_all("Add submodules");
    env.write("oca/dms/README.md", "mine\n");
    env.git("oca/web", &["commit", "-q", "--allow-empty", "-m", "mine"]);
    let mine = env.head("oca/web");
    env.run(&["remove", "dms"]);
    upgrade(&remotes[0], 1);
    env.run(&["lock", "--upgrade", "web"]);
    let kept = format!(
        "error: `dms` was not changed: uncommitted changes in `README.md`\n\
         error: `web` was not changed: local commits up to `{}`\n\
         hint: commit and push your work, or use `--force` to discard it\nerror: 2 repositories failed\n",
        &mine[..10]
    );
    env.oca(&["sync", "--dry-run"]).stderr_contains(&kept).status(1);
    env.oca(&["sync"]).stderr_contains(&kept).status(1);
    assert_eq!(env.head("oca/web"), mine);
    env.assert_file("oca/dms/README.md", "mine\n");
    assert!(env.read(".gitmodules").contains("oca/dms"));
    // The gitlink is the lock's all the same: git shows the work tree as it is, with other commits.
    assert_eq!(env.submodule_status()[1], format!("+{mine} oca/web"));
    env.run(&["sync", "--force"]);
    assert!(!env.exists("oca/dms"));
    env.assert_submodules(&[("oca/web", &remotes[0].commit_of("18.0"))]);
    env.git("oca/web", &["cat-file", "-e", &mine]);
}
