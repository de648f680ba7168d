//! A colleague pulls a project whose `mode` somebody else changed, in one direction and back, with and without
//! `submodule.recurse`.

use std::fs;
use std::path::PathBuf;

use crate::checkouts::{REMOTES, repository, upgrade};
use crate::env::Env;
use crate::remote::Remote;

/// A project with submodules, its clone at a colleague, and branches for both modes: `submodules` and `clones`, in which
/// `web` also moved.
struct Shop {
    env: Env,
    remotes: [Remote; 2],
    colleague: PathBuf,
}

impl Shop {
    fn new(recurse: bool) -> Self {
        let env = Env::new();
        let remotes = ["web", "dms"].map(|name| repository(&env, name));
        env.declare_submodules(REMOTES, &["web", "dms"], "");
        env.init_git();
        env.sync();
        env.commit_all("Have submodules");
        env.git("", &["branch", "submodules"]);
        env.git("", &["checkout", "-q", "-b", "clones"]);
        env.edit("repos.toml", "mode = \"submodule\"", "mode = \"clone\"");
        upgrade(&remotes[0], 1);
        env.run(&["lock", "--upgrade", "web"]);
        env.sync();
        env.commit_all("Have clones");
        let colleague = env.root().join("colleague");
        env.git("", &["clone", "-q", "-b", "submodules", "--recurse-submodules", ".", "../colleague"]);
        if recurse {
            env.git(&colleague, &["config", "submodule.recurse", "true"]);
        }
        Self { env, remotes, colleague }
    }

    fn git(&self, args: &[&str]) -> String {
        self.env.git(&self.colleague, args)
    }

    fn oca(&self, args: &[&str]) -> crate::run::Run {
        self.env.oca(args).current_dir(&self.colleague)
    }

    /// Git sees nothing to commit, and both checkouts are at these commits.
    #[track_caller]
    fn assert_clean(&self, commits: [&str; 2]) {
        assert_eq!(self.git(&["status", "--porcelain"]), "");
        for (name, commit) in ["web", "dms"].into_iter().zip(commits) {
            let checkout = self.colleague.join("oca").join(name);
            assert_eq!(self.env.head(&checkout), commit, "{name}");
            assert_eq!(self.env.git(&checkout, &["status", "--porcelain"]), "", "{name}");
        }
        self.oca(&["sync"]).stderr("2 repositories up to date\n").success();
    }
}

#[test]
fn the_mode_changes_with_the_branch_as_often_as_you_like() {
    for recurse in [false, true] {
        let shop = Shop::new(recurse);
        let [old, new] = ["18.0~1", "18.0"].map(|commit| shop.remotes[0].commit_of(commit));
        let dms = shop.remotes[1].commit_of("18.0");
        for _ in 0..2 {
            shop.git(&["checkout", "-q", "clones"]);
            shop.oca(&["sync"]).stderr_contains("web: no longer a submodule\n").success();
            shop.assert_clean([&new, &dms]);
            assert!(!shop.colleague.join(".git/modules/oca/web").exists());
            assert!(shop.colleague.join("oca/web/.git").is_dir());
            shop.git(&["checkout", "-q", "submodules"]);
            shop.oca(&["sync", "-q"]).success();
            shop.assert_clean([&old, &dms]);
            assert!(shop.colleague.join(".git/modules/oca/web/HEAD").is_file());
            assert_eq!(shop.git(&["submodule", "status"]).matches("\n ").count(), 1);
        }
    }
}

/// With `submodule.recurse`, git removes the work trees. Branches and stashes are in the git directories, and stay.
#[test]
fn branches_stay_if_git_removes_the_work_trees() {
    let shop = Shop::new(true);
    let web = shop.colleague.join("oca/web");
    shop.env.git(&web, &["branch", "mine"]);
    shop.git(&["checkout", "-q", "clones"]);
    assert!(!web.exists());
    shop.oca(&["sync", "--dry-run"])
        .stdout_contains("web: would check out at ")
        .stderr_contains("2 submodules would become ordinary checkouts\n")
        .success();
    assert!(!web.exists());
    shop.oca(&["sync", "-q"]).success();
    assert_eq!(shop.env.git(&web, &["branch", "--list", "mine"]), "  mine\n");
}

#[test]
fn a_git_directory_that_cannot_be_used_is_told_and_does_not_stop_the_sync() {
    let shop = Shop::new(true);
    shop.git(&["checkout", "-q", "clones"]);
    let head = shop.colleague.join(".git/modules/oca/web/HEAD");
    fs::write(&head, format!("{}\n", "1".repeat(40))).expect("a HEAD");
    shop.oca(&["sync"]).stderr_contains("warning: the former submodule of `web` is not used: ").success();
    assert_eq!(shop.env.head(shop.colleague.join("oca/web")), shop.remotes[0].commit_of("18.0"));
}

#[test]
fn a_git_directory_that_was_never_used_is_not_called_a_submodule() {
    let shop = Shop::new(true);
    shop.git(&["checkout", "-q", "clones"]);
    let web = shop.colleague.join(".git/modules/oca/web");
    fs::remove_dir_all(&web).expect("a git directory");
    shop.git(&["init", "-q", "--bare", ".git/modules/oca/web"]);
    let output = shop.oca(&["sync"]).output();
    assert_eq!(output.code, Some(0), "{output}");
    assert!(output.stderr.contains("dms: no longer a submodule\n"), "{output}");
    assert!(!output.stderr.contains("web: no longer"), "{output}");
    assert!(!web.exists());
    assert_eq!(shop.env.head(shop.colleague.join("oca/web")), shop.remotes[0].commit_of("18.0"));
}

/// One is still a submodule, of the other only the git directory is left.
#[test]
fn a_repository_of_two_profiles_becomes_a_checkout_in_both_directories() {
    let env = Env::new();
    repository(&env, "web");
    let more = "\n[profiles.other]\npath = \"other\"\nrepos = [\"web\"]\n";
    env.declare_submodules(REMOTES, &["web"], more);
    env.init_git();
    env.sync();
    env.run(&["sync", "-p", "other"]);
    env.commit_all("Have submodules");
    let both = ["oca/web", "other/web"];
    for path in both {
        assert!(env.exists(format!(".git/modules/{path}/HEAD")), "{path}");
    }
    // As after a pull that took one of them.
    env.git("", &["rm", "-q", "--cached", "other/web"]);
    env.git("", &["config", "-f", ".gitmodules", "--remove-section", "submodule.other/web"]);
    env.git("", &["add", ".gitmodules"]);
    env.edit("repos.toml", "mode = \"submodule\"", "mode = \"clone\"");
    env.oca(&["sync", "--dry-run"])
        .stderr_contains("2 submodules would become ordinary checkouts\n")
        .success();
    env.oca(&["sync"]).stderr_contains("web: no longer a submodule\n").success();
    for path in both {
        assert!(env.project().join(path).join(".git").is_dir(), "{path}");
        assert!(!env.exists(format!(".git/modules/{path}")), "{path}");
    }
}

#[test]
fn a_skipped_repository_stays_away() {
    let shop = Shop::new(true);
    fs::write(shop.colleague.join("repos.local.toml"), "skip = [\"web\"]\n").expect("a file");
    shop.git(&["checkout", "-q", "clones"]);
    shop.oca(&["sync", "-q"]).success();
    assert!(!shop.colleague.join("oca/web").exists() && shop.colleague.join("oca/dms").exists());
}

/// Both the lock, the gitlinks and `.gitmodules` are in conflict.
#[test]
fn two_branches_that_both_added_a_repository_are_merged() {
    let env = Env::new();
    let [web, dms, crm] = ["web", "dms", "crm"].map(|name| repository(&env, name));
    env.declare_submodules(REMOTES, &["web"], "");
    env.init_git();
    env.sync();
    env.commit_all("Have submodules");
    for (branch, start, added) in [("feature", "main", "dms"), ("main", "main", "crm")] {
        env.git("", &["checkout", "-q", "-B", branch, start]);
        upgrade(&web, if added == "dms" { 1 } else { 2 });
        env.run(&["add", added]);
        env.run(&["lock", "--upgrade", "web"]);
        env.sync();
        env.commit_all(&format!("Add {added}"));
    }
    env.try_git("", &["merge", "feature"]).expect_err("a conflict");
    env.declare_submodules(REMOTES, &["web", "crm", "dms"], "");
    env.oca(&["lock"])
        .stderr_contains(
            "`oca.lock.json` is merged and staged: run `oca sync` for the gitlinks, then go on with git\n",
        )
        .success();
    env.oca(&["sync"]).stderr_contains(".gitmodules` at line ").status(2);
    env.git("", &["checkout", "-q", "--ours", ".gitmodules"]);
    let output = env.run(&["sync"]);
    assert!(!output.stderr.contains("is removed from the index"), "{output}");
    env.git("", &["add", "repos.toml"]);
    env.git("", &["commit", "-q", "--no-edit"]);
    let commits = [&crm, &dms, &web].map(|remote| remote.commit_of("18.0"));
    let paths = ["oca/crm", "oca/dms", "oca/web"];
    let submodules: Vec<(&str, &str)> = paths.into_iter().zip(commits.iter().map(String::as_str)).collect();
    env.assert_submodules(&submodules);
}
