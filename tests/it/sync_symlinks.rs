//! Nothing is written through a symlink below the project, whoever made it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::env::Env;
use crate::project::{repository, short};

/// Two repositories in the lock, and one of them as the user has it in a place of their own.
fn developer(env: &Env) -> (PathBuf, String) {
    let dms = repository(env, "dms", &["dms"]);
    let web = repository(env, "web", &["web_x"]);
    env.locked("[profiles.standard]\nrepos = [\"dms\", \"web\"]\n");
    web.branch("18.0").module("web_y", &[]).commit();
    let mine = env.home().join("web");
    env.git(env.home(), &["clone", "-q", &web.path().to_string_lossy(), "web"]);
    (mine, short(&dms.commit_of("18.0")).to_owned())
}

#[test]
fn a_linked_checkout_is_left_alone_and_named() {
    let env = Env::new();
    let (mine, dms) = developer(&env);
    let head = env.git(&mine, &["rev-parse", "HEAD"]);
    fs::create_dir(env.project().join("oca")).expect("a folder");
    symlink(&mine, env.project().join("oca/web")).expect("a link");
    let kept = "error: `web` was not changed: `[TEMP]/project/oca/web` is a symlink\n\
                hint: remove the link, or list the repository in `skip` of `repos.local.toml`\n";
    env.oca(&["sync", "--dry-run"])
        .stdout(&format!("dms: would check out at {dms}\n"))
        .stderr(&format!("2 repositories, 1 would change\n{kept}"))
        .status(1);
    for flags in [&["sync"][..], &["sync", "--force", "--prune"]] {
        env.oca(flags).stderr_contains(kept).status(1);
        assert_eq!(env.git(&mine, &["rev-parse", "HEAD"]), head);
        assert!(env.project().join("oca/web").is_symlink());
    }
    env.assert_sound_checkout("oca/dms");
    env.write("repos.local.toml", "skip = [\"web\"]\n");
    env.oca(&["sync", "-q"]).success();
    env.oca(&["addons-path"]).stdout("[TEMP]/project/oca/dms\n").success();
}

#[test]
fn a_linked_directory_of_checkouts_is_refused_before_anything_is_done() {
    let env = Env::new();
    developer(&env);
    let elsewhere = env.root().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    symlink(&elsewhere, env.project().join("oca")).expect("a link");
    let refused = "error: `[TEMP]/project/oca` is a symlink, but the checkouts of profile `standard` need a directory there\n\
                   hint: put a directory in its place, or set another `path` in `repos.toml`\n";
    env.oca(&["sync"]).stderr(refused).status(2);
    env.edit("repos.toml", "[profiles.standard]\n", "[profiles.standard]\npath = \"oca/18\"\n");
    env.oca(&["sync", "--prune", "--force"]).stderr(refused).status(2);
    assert_eq!(fs::read_dir(&elsewhere).expect("the folder").count(), 0);
    env.oca(&["addons-path"]).stdout("[TEMP]/project/oca/18/dms,[TEMP]/project/oca/18/web\n").success();
}

#[test]
fn a_link_that_nobody_declares_is_not_pruned() {
    let env = Env::new();
    developer(&env);
    env.oca(&["sync", "-q"]).success();
    let kept = env.root().join("kept");
    fs::rename(env.project().join("oca/web"), &kept).expect("the checkout can be moved");
    symlink(&kept, env.project().join("oca/web")).expect("a link");
    env.declare("[profiles.standard]\nrepos = [\"dms\"]\n");
    env.lock();
    env.oca(&["sync", "--prune"]).stderr("1 repository up to date\n").success();
    assert!(env.project().join("oca/web").is_symlink() && kept.join("web_x").is_dir());
}

#[test]
fn nothing_is_written_through_a_link_in_a_git_directory() {
    for name in
        [".git", ".git/HEAD", ".git/config", ".git/info", ".git/objects", ".git/objects/pack", ".git/refs"]
    {
        let env = Env::new();
        let (mine, _) = developer(&env);
        env.oca(&["sync", "-q"]).success();
        // The git directory is another one by then, which nobody gave to oca.
        let (link, target) = (env.project().join("oca/web").join(name), mine.join(name));
        fs::rename(&link, env.root().join("moved")).expect("what is there can be moved");
        symlink(&target, &link).expect("a link");
        let before = listing(&env);
        let kept = match name {
            ".git" => "the git directory of `[TEMP]/project/oca/web` is `[TEMP]/home/web/.git`\nhint: move `[TEMP]/project/oca/web` away\n"
                .to_owned(),
            _ => format!(
                "`[TEMP]/project/oca/web/{name}` is a symlink\nhint: remove the link, or list the repository \
                 in `skip` of `repos.local.toml`\n"
            ),
        };
        let kept = format!("error: `web` was not changed: {kept}");
        env.oca(&["lock", "-q", "--upgrade"]).success();
        for flags in
            [&["sync"][..], &["sync", "--dry-run"], &["sync", "--force"], &["sync", "--force", "--prune"]]
        {
            env.oca(flags).stderr_contains(&kept).status(1);
        }
        env.oca(&["status"]).stdout_contains("not git").status(1);
        env.declare("[profiles.standard]\nrepos = [\"dms\"]\n");
        env.lock();
        env.oca(&["sync", "--prune", "--force", "-q"]).success();
        assert_eq!(listing(&env), before, "{name}");
        assert!(link.is_symlink());
    }
}

/// Every file of the user's own clone, with its size and the time of its last change.
fn listing(env: &Env) -> Vec<(PathBuf, u64, SystemTime)> {
    let entries = walkdir::WalkDir::new(env.home().join("web")).sort_by_file_name().into_iter();
    let entry = |entry: walkdir::DirEntry| {
        let metadata = entry.metadata().expect("a file");
        (entry.into_path(), metadata.len(), metadata.modified().expect("a time"))
    };
    entries.map(|found| entry(found.expect("an entry"))).collect()
}
