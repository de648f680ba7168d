//! `oca export --repos-yaml` and `--gitmodules`: the lock in the words of other tools.

use crate::env::Env;
use crate::project::repository;

const REPOS: &str =
    "path = \"vendor/oca\"\n[profiles.standard]\nrepos = [\"web\", \"dms\"]\n[repos.dms]\ntag = \"v1\"\n";

/// A locked project; the commits of `web` and `dms`.
fn locked(env: &Env) -> (String, String) {
    let web = repository(env, "web", &["web_a"]).commit_of("18.0");
    let remote = repository(env, "dms", &["dms"]);
    let dms = remote.commit_of("18.0");
    remote.tag("v1", &dms);
    env.locked(REPOS);
    (web, dms)
}

#[test]
fn a_file_of_git_aggregator_names_the_locked_commits() {
    let env = Env::new();
    let (web, dms) = locked(&env);
    let expected = format!(
        "\
./vendor/oca/web:
  defaults:
    depth: 1
  remotes:
    origin: [TEMP]/remotes/web.git
  merges:
    # branch `18.0`
    - origin {web}
./vendor/oca/dms:
  defaults:
    depth: 1
  remotes:
    origin: [TEMP]/remotes/dms.git
  merges:
    # tag `v1`
    - origin {dms}
"
    );
    env.remove_remotes();
    env.oca(&["export", "--repos-yaml"]).stdout(&expected).success();
    env.oca(&["export", "--repos-yaml", "--all-profiles"]).stdout(&expected).success();
}

/// Nobody is locked in: what goes out comes back in.
#[test]
fn what_is_printed_can_be_imported_again() {
    let env = Env::new();
    let (web, dms) = locked(&env);
    let printed = env.oca(&["export", "--repos-yaml"]).output().stdout;
    let printed = printed.replace("[TEMP]", &env.root().to_string_lossy());
    env.write("back/repos.yaml", printed);
    env.oca(&["-C", "back", "init", "-q", "--from", "repos.yaml", "--odoo", "18.0"]).success();
    env.oca(&["-C", "back", "sync", "-q"]).success();
    for (name, commit) in [("web", web), ("dms", dms)] {
        assert_eq!(env.git(format!("back/vendor/oca/{name}"), &["rev-parse", "HEAD"]).trim(), commit);
    }
}

#[test]
fn a_gitmodules_comes_with_the_commands_for_its_commits() {
    let env = Env::new();
    let (web, dms) = locked(&env);
    let text = "\
[submodule \"vendor/oca/web\"]
	path = vendor/oca/web
	url = [TEMP]/remotes/web.git
	branch = 18.0
	shallow = true
[submodule \"vendor/oca/dms\"]
	path = vendor/oca/dms
	url = [TEMP]/remotes/dms.git
	shallow = true
";
    let commands = [("web", &web), ("dms", &dms)].map(|(name, commit)| {
        format!("git update-index --add --cacheinfo 160000,{commit},vendor/oca/{name}\n")
    });
    env.oca(&["export", "--gitmodules"])
        .stdout(text)
        .stderr(&format!(
            "# A .gitmodules file has no commits. These commands stage them:\n{}",
            commands.concat()
        ))
        .success();

    // What git makes of the two.
    env.write(".gitmodules", text.replace("[TEMP]", &env.root().to_string_lossy()));
    env.git(".", &["init", "-q"]);
    for command in &commands {
        env.git(".", &command.split_whitespace().skip(1).collect::<Vec<_>>());
    }
    env.git(".", &["submodule", "--quiet", "update", "--init"]);
    let status = env.git(".", &["submodule", "status"]);
    assert!(status.contains(&format!(" {dms} vendor/oca/dms")), "{status}");
    assert!(status.contains(&format!(" {web} vendor/oca/web")), "{status}");
}

#[test]
fn urls_are_whole_and_hold_no_secret() {
    let env = Env::new();
    repository(&env, "web", &["web_a"]);
    env.declare(
        "[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\nurl = \"${WEB:-../remotes/web.git}\"\n",
    );
    env.lock();
    env.oca(&["export", "--gitmodules", "-q"])
        .env("WEB", "https://me:geheim@git.example.com/acme/web.git")
        .stdout_contains("url = https://git.example.com/acme/web.git\n")
        .success();
}

#[test]
fn a_destination_and_a_stale_lock_are_refused() {
    let env = Env::new();
    locked(&env);
    for more in [&["DEST"][..], &["--link"], &["--force"], &["--gitmodules"]] {
        env.oca(&[&["export", "--repos-yaml"], more].concat())
            .stderr_contains("cannot be used with")
            .status(2);
    }
    env.oca(&["export"]).stderr_contains("<DEST>").status(2);
    env.edit("repos.toml", "tag = \"v1\"", "branch = \"18.0\"");
    env.oca(&["export", "--repos-yaml"]).stderr_contains("is out of date").status(1);
}
