//! `oca init --from` with files that merge requests and branches: they are declared, and locked where the file pins them.

use crate::env::Env;
use crate::merges::{lines, locked, requested};

/// A project whose repositories are on a forge of its own: `OCA/web` with requests, and `acme/web` with `18.0-fix`.
fn forge() -> Env {
    let env = Env::new();
    requested(&env);
    std::fs::create_dir(env.remotes().join("OCA")).expect("a directory");
    std::fs::rename(env.remotes().join("web.git"), env.remotes().join("OCA/web.git")).expect("a repository");
    env.git("../remotes", &["clone", "-q", "--bare", "OCA/web.git", "acme/web.git"]);
    env.git(
        "../remotes/OCA/web.git",
        &["push", "-q", "../../acme/web.git", "refs/pull/2/head:refs/heads/18.0-fix"],
    );
    let base = env.remotes().display().to_string();
    env.configure_git(&format!("[url \"{base}/\"]\n\tinsteadOf = https://github.com/\n"));
    env
}

const ENTRY: &str = "  remotes:\n    oca: https://github.com/OCA/web.git\n    acme: https://github.com/acme/web.git\n  \
                     merges:\n    - oca $ODOO_VERSION\n    - oca refs/pull/1/head\n    - acme $ODOO_VERSION-fix\n";
const TABLE: &str = "merges = [\n  \"#1\",\n  \"https://github.com/acme/web.git 18.0-fix\",\n]\n";

#[test]
fn git_aggregator_and_doodba_become_merges() {
    for (file, key) in [("repos.yaml", "./oca/web"), ("odoo/custom/src/repos.yaml", "web")] {
        let env = forge();
        env.write(file, format!("{key}:\n{ENTRY}"));
        env.write(std::path::Path::new(file).with_file_name("addons.yaml"), format!("{key}: [\"*\"]\n"));
        env.oca(&["init", "-q", "--odoo", "18.0", "--from", file]).success();
        let text = env.read("repos.toml");
        assert!(text.ends_with(&format!("\n[repos.web]\n{TABLE}")), "{file}: {text}");
        env.oca(&["sync", "-q"]).success();
        env.oca(&["lock", "--check"]).success();
        env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (20, "twenty"), (28, "28!")]));
    }
}

#[test]
fn the_frozen_commits_of_ak_are_locked() {
    let env = forge();
    let git =
        |reference: &str| env.git("../remotes/OCA/web.git", &["rev-parse", reference]).trim().to_owned();
    let [base, one, two] = ["18.0", "refs/pull/1/head", "refs/pull/2/head"].map(git);
    env.write("spec.yaml", format!("web:\n{}", ENTRY.replace("$ODOO_VERSION", "18.0")));
    env.write(
        "frozen.yaml",
        format!(
            "web:\n  oca:\n    '18.0': {base}\n    refs/pull/1/head: {one}\n  acme:\n    18.0-fix: {two}\n"
        ),
    );
    // Everything moves on after that.
    let remote = crate::remote::Remote::open(&env, "OCA/web");
    remote.branch("18.0").file("web_x/later.txt", "later\n").commit();
    remote.pull(1).file("web_x/later.txt", "later\n").commit();
    env.git(
        "../remotes/OCA/web.git",
        &["push", "-q", "../../acme/web.git", "+refs/pull/3/head:refs/heads/18.0-fix"],
    );
    env.oca(&["init", "-q", "--from", "spec.yaml"]).success();
    assert!(env.read("repos.toml").contains(TABLE));
    assert_eq!(env.locked_commit("web"), base);
    assert_eq!(locked(&env, "\"#1\"", "commit"), one);
    assert_eq!(locked(&env, "18.0-fix\"", "commit"), two);
    env.oca(&["sync", "-q", "--locked"]).success();
    env.assert_file("external-src/web/web_x/x.txt", &lines(&[(3, "three"), (20, "twenty"), (28, "28!")]));
}

#[test]
fn pins_that_cannot_be_locked_now_are_kept_for_later() {
    let env = forge();
    let commit = "1".repeat(40);
    env.write("spec.yaml", format!("web:\n{}", ENTRY.replace("$ODOO_VERSION", "18.0")));
    env.write("frozen.yaml", format!("web:\n  oca:\n    '18.0': {commit}\n    refs/pull/1/head: {commit}\n"));
    env.oca(&["init", "--from", "spec.yaml"])
        .stderr_contains("error: `repos.toml` is written, but its pins could not be locked\n")
        .status(4);
    assert_eq!(env.locked_commit("web"), commit);
    assert_eq!(locked(&env, "\"#1\"", "commit"), commit);
    env.oca(&["lock"]).stderr_contains(&format!("commit `{commit}` does not exist on the remote")).status(4);
    // If the commit comes back, nothing moves.
    let remote = crate::remote::Remote::open(&env, "OCA/web");
    let [base, one] = ["18.0", "refs/pull/1/head"].map(|name| remote.commit_of(name));
    let lock = env.read("oca.lock.json");
    let pinned = lock.replacen(&commit, &base, 1).replacen(&commit, &one, 1);
    env.write("oca.lock.json", pinned);
    remote.branch("18.0").file("web_x/later.txt", "later\n").commit();
    remote.pull(1).file("web_x/later.txt", "later\n").commit();
    env.oca(&["lock", "-q"]).success();
    assert_eq!((env.locked_commit("web"), locked(&env, "\"#1\"", "commit")), (base, one));
    assert_eq!(locked(&env, "\"#1\"", "ref"), "refs/pull/1/head");
}

#[test]
fn a_request_alone_is_merged_into_the_branch_of_the_series() {
    let env = forge();
    env.write("repos.yaml", "oca/web: {remotes: {o: https://github.com/OCA/web}, merges: [o pull/1/head]}\n");
    env.oca(&["init", "-q", "--odoo", "18.0", "--from", "repos.yaml"]).success();
    assert!(env.read("repos.toml").ends_with("[repos.web]\nmerges = [\n  \"#1\",\n]\n"));
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (28, "28!")]));
}

#[test]
fn pending_merges_without_submodules_become_merges() {
    let env = forge();
    env.write("pending-merges.d/web.yml", format!("../oca/web:\n{}", ENTRY.replace("$ODOO_VERSION", "18.0")));
    env.oca(&["init", "-q", "--from", "pending-merges.d"]).success();
    assert!(env.read("repos.toml").contains(TABLE));
    env.oca(&["sync", "-q"]).success();
}

#[test]
fn patch_commands_are_listed_and_secrets_are_left_out() {
    let env = forge();
    env.write(
        "repos.yaml",
        format!(
            "oca/web:\n{}  shell_command_after:\n    - git am \"$(pwd)/../../patches/x.patch\"\n    - curl https://h/x.patch | git am\n    - make\n",
            ENTRY.replace("https://github.com/acme", "https://me:geheim@github.com/acme")
        ),
    );
    env.oca(&["init", "--odoo", "18.0", "--from", "repos.yaml"])
        .stderr(
            "\
warning: `repos.yaml` at line 8: the user and the password in the url of a merge of `web` are left out: set a token for the host
warning: `repos.yaml`: 2 patch commands are left out: save each patch as a file, and name the files in `patches`
  `repos.yaml` at line 10: a patch command of `oca/web`
  `repos.yaml` at line 11: a patch command of `oca/web`
warning: `repos.yaml` at line 12: a command of `oca/web` is left out: oca runs no commands
error: `repos.toml` is written, but parts of `repos.yaml` are not in it: 2 patch commands, 1 command
hint: read the warnings above and edit `repos.toml`; if you do not need what is left out, run `oca sync`
",
        )
        .status(1);
    assert!(env.read("repos.toml").ends_with(TABLE));
}

#[test]
fn comments_of_repositories_and_merges_are_carried_over() {
    let env = forge();
    let entry = ENTRY
        .replace("    - oca refs/pull/1", "    # waits for\n    # a review\n    - oca refs/pull/1")
        .replace("_VERSION-fix", "_VERSION-fix # until July")
        .replace("  merges:", "  # left\n  merges:");
    env.write("repos.yaml", format!("# The list\n\n# Our fixes\n./oca/web: # main\n{entry}"));
    env.oca(&["init", "--odoo", "18.0", "--from", "repos.yaml"])
        .stderr(
            "warning: `repos.yaml`: 2 comments are left out (`The list`, `left`; `-v` shows each)\n\
             wrote `repos.toml`, but no lock: there are no pins to take over; look at it, then run `oca sync`\n",
        )
        .success();
    let text = env.read("repos.toml");
    assert!(text.contains("repos = [\n  # Our fixes\n  # main\n  \"web\",\n]\n"), "{text}");
    let merges = "merges = [\n  # waits for\n  # a review\n  \"#1\",\n  \"https://github.com/acme/web.git 18.0-fix\", # until \
                  July\n]\n";
    assert!(text.ends_with(merges), "{text}");
    env.oca(&["lock", "-q"]).success();
}

#[test]
fn comments_of_merges_that_are_left_out_are_counted() {
    let env = forge();
    let again = ENTRY.replace(
        "    - oca refs/pull/1/head",
        "    - oca refs/pull/1/head # once\n    - oca refs/pull/1/head # twice\n    - oca 18.0 # the base",
    );
    env.write("repos.yaml", format!("./oca/web:\n{again}"));
    env.oca(&["init", "--odoo", "18.0", "--from", "repos.yaml"])
        .stderr_contains(
            "warning: `repos.yaml`: 2 comments are left out (`twice`, `the base`; `-v` shows each)\n",
        )
        .success();
    let text = env.read("repos.toml");
    assert!(text.contains("once") && !text.contains("twice"), "{text}");
}

/// git-aggregator's tree is that of the request, which may have left the branch long ago.
#[test]
fn a_repository_that_begins_with_a_request_is_named() {
    let env = Env::new();
    env.write(
        "repos.yaml",
        "web:\n  remotes: {o: https://github.com/OCA/web.git}\n  merges: [o refs/pull/5/head]\n",
    );
    env.oca(&["init", "--offline", "--odoo", "18.0", "--from", "repos.yaml"])
        .stderr_contains(
            "warning: `repos.yaml` at line 3: `web` begins with the request `refs/pull/5/head`, which oca merges into its \
             branch: the modules differ from those of the other tool if the branch is newer than the request\n",
        )
        .success();
    assert!(env.read("repos.toml").contains("\"#5\""));
}
