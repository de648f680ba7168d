//! Pull requests and patches in the lock: made once, and from then on the same everywhere.

use crate::env::Env;
use crate::project::short;
use crate::remote::Remote;
use crate::server::Server;

/// The lines of a file, with some of them replaced.
pub(crate) fn lines(changes: &[(usize, &str)]) -> String {
    let line = |number: usize| {
        changes
            .iter()
            .find(|(at, _)| *at == number)
            .map_or_else(|| format!("{number}\n"), |(_, text)| format!("{text}\n"))
    };
    (1..=30).map(line).collect()
}

/// A repository `web` with the module `web_x`, and these requests on its branch: 1 changes line 3, 2 changes line 20 and
/// adds a module, 3 changes line 3 in another way. The branch has moved on since then.
pub(crate) fn requested(env: &Env) -> Remote {
    requested_at(env, "web")
}

/// The same in `remotes/{name}.git`.
pub(crate) fn requested_at(env: &Env, name: &str) -> Remote {
    let remote = Remote::new(env, name);
    let base = remote.branch("18.0").module("web_x", &[]).file("web_x/x.txt", lines(&[])).commit();
    remote
        .pull(1)
        .from(&base)
        .file("web_x/x.txt", lines(&[(3, "three")]))
        .message("[FIX] web_x: three\n")
        .commit();
    remote
        .pull(2)
        .from(&base)
        .file("web_x/x.txt", lines(&[(20, "twenty")]))
        .module("web_new", &[])
        .message("[ADD] web_new\n")
        .commit();
    remote
        .pull(3)
        .from(&base)
        .file("web_x/x.txt", lines(&[(3, "III")]))
        .message("[FIX] web_x: III\n")
        .commit();
    remote.branch("18.0").file("web_x/x.txt", lines(&[(28, "28!")])).commit();
    remote
}

/// Declares `web` with these lines in its table.
pub(crate) fn declare(env: &Env, lines: &str) {
    env.declare(&format!("[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\n{lines}\n"));
}

/// The value of a key of the first line in the lock that contains some words.
pub(crate) fn locked(env: &Env, words: &str, key: &str) -> String {
    let lock = env.read("oca.lock.json");
    let line =
        lock.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("no {words} in\n{lock}"));
    let rest = line.split(&format!("\"{key}\": \"")).nth(1).unwrap_or_else(|| panic!("no {key} in {line}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

const BOTH: &str = "merges = [\"#1\", \"#2\"]";

#[test]
fn requests_are_merged_once_and_the_steps_are_kept_beside_the_lock() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, BOTH);
    env.oca(&["lock"])
        .stderr(&format!(
            "web: locked at {}\nweb#1: merged at {}, 1 file by Odo Test\nweb#2: merged at {}, 3 files by Odo Test\n1 repository \
             with 2 modules, 1 changed\n",
            short(&remote.commit_of("18.0")),
            short(&remote.commit_of("refs/pull/1/head")),
            short(&remote.commit_of("refs/pull/2/head"))
        ))
        .success();
    assert_eq!(locked(&env, "\"#1\"", "ref"), "refs/pull/1/head");
    assert_eq!(locked(&env, "\"#1\"", "commit"), remote.commit_of("refs/pull/1/head"));
    insta::assert_snapshot!(env.read("oca.lock.d/web/01-1.patch"), @r"
    From: Odo Test <odo@example.com>
    Date: 2024-10-25 00:01:00 +0000
    Subject: [FIX] web_x: three
    Link: ../remotes/web.git #1

    diff --git a/web_x/x.txt b/web_x/x.txt
    index 15e1c3dd081ac4102c661129530f321ca42c348c..8bc6622ecdcae15f069ccdda0c624554d9bf3207 100644
    --- a/web_x/x.txt
    +++ b/web_x/x.txt
    @@ -1,6 +1,6 @@
     1
     2
    -3
    +three
     4
     5
     6
    ");
    assert!(env.read("oca.lock.d/web/02-2.patch").contains("web_new/__manifest__.py"));
    assert!(env.read("oca.lock.d/.gitattributes").contains("*.patch -text -merge"));
    assert!(env.read("oca.lock.json").contains("\"name\": \"web_new\""), "the facts are those of the result");

    env.oca(&["sync", "-q"]).success();
    let head = locked(&env, "\"#2\"", "result");
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD"]).trim(), head);
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (20, "twenty"), (28, "28!")]));
    insta::assert_snapshot!(env.git("oca/web", &["log", "--format=%an <%ae> %ad | %cn | %s"]), @r"
    Odo Test <odo@example.com> Fri Oct 25 00:04:00 2024 +0000 | oca | [ADD] web_new
    Odo Test <odo@example.com> Fri Oct 25 00:04:00 2024 +0000 | oca | [FIX] web_x: three
    Odo Test <odo@example.com> Fri Oct 25 00:04:00 2024 +0000 | Odo Test | [IMP] a change
    ");
    assert_eq!(env.git("oca/web", &["status", "--porcelain"]), "");
    env.assert_sound_checkout("oca/web");
    // git itself gets the same trees from the steps.
    for (file, step) in [("01-1.patch", "\"#1\""), ("02-2.patch", "\"#2\"")] {
        let base = if step == "\"#1\"" { remote.commit_of("18.0") } else { locked(&env, "\"#1\"", "result") };
        env.git("oca/web", &["checkout", "-q", &base]);
        env.git("oca/web", &["apply", "--index", &format!("../../oca.lock.d/web/{file}")]);
        assert_eq!(env.git("oca/web", &["write-tree"]).trim(), locked(&env, step, "tree"));
        env.git("oca/web", &["reset", "-q", "--hard", &head]);
    }
    for command in [&["verify", "-q"][..], &["lock", "--check"], &["sync", "-q"]] {
        env.oca(command).success();
    }
    env.oca(&["status"]).stdout(&format!("web  clean  {}\n", short(&head))).success();
    env.git("oca/web", &["fetch", "-q", "--unshallow"]);
    assert_eq!(env.git("oca/web", &["rev-list", "--count", "HEAD"]), "4\n");
}

#[test]
fn another_machine_gets_the_same_commits_without_the_requests() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, BOTH);
    env.oca(&["lock", "-q"]).success();
    let old = [env.read("oca.lock.json"), env.read("oca.lock.d/web/02-2.patch")];
    for number in 1..=3 {
        env.git(remote.path(), &["update-ref", "-d", &format!("refs/pull/{number}/head")]);
    }
    env.git(remote.path(), &["gc", "-q", "--prune=now"]);
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (20, "twenty"), (28, "28!")]));
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD"]).trim(), locked(&env, "\"#2\"", "result"));
    // An export fetches only what it writes.
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    env.oca(&["export", "-q", "out"]).success();
    env.assert_file("out/web/web_x/x.txt", &lines(&[(3, "three"), (20, "twenty"), (28, "28!")]));
    env.oca(&["verify", "-q", "out"]).success();
    env.oca(&["lock", "-q"]).success();
    assert_eq!([env.read("oca.lock.json"), env.read("oca.lock.d/web/02-2.patch")], old);
}

#[test]
fn a_merge_that_comes_or_goes_moves_nothing_else() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["lock", "-q"]).success();
    let base = remote.commit_of("18.0");
    remote.branch("18.0").file("new", "").commit();
    remote.pull(1).file("web_x/new", "").commit();
    declare(&env, BOTH);
    let changed = "`web` merges `#1`, `#2`, but the lock merges `#1`\n";
    env.oca(&["lock", "--check"]).stdout_contains(changed).stderr_contains("is out of date").status(1);
    env.oca(&["lock", "-q"]).success();
    assert_eq!(env.locked_commit("web"), base, "the base stays");
    let first = locked(&env, "\"#1\"", "commit");
    assert_ne!(first, remote.commit_of("refs/pull/1/head"), "the other merge stays");
    declare(&env, "merges = [\"#2\", \"#1\"]");
    env.oca(&["lock", "-q"]).success();
    assert!(env.exists("oca.lock.d/web/01-2.patch") && env.exists("oca.lock.d/web/02-1.patch"));
    assert!(!env.exists("oca.lock.d/web/01-1.patch"));
    declare(&env, "merges = [\"#2\"]");
    env.oca(&["lock", "-q"]).success();
    assert!(!env.exists("oca.lock.d/web/02-1.patch"));
    assert_eq!(env.locked_commit("web"), base);
    declare(&env, "");
    env.oca(&["lock", "-q"]).success();
    assert!(!env.exists("oca.lock.d"), "nothing is left");
    assert_eq!(env.locked_commit("web"), base);
}

#[test]
fn branches_of_forks_single_modules_and_own_changes_can_be_merged() {
    let env = Env::new();
    let remote = requested(&env);
    let fork = Remote::new(&env, "fork");
    env.git(
        fork.path(),
        &["fetch", "-q", &remote.path().display().to_string(), "refs/heads/18.0:refs/heads/18.0"],
    );
    fork.branch("18.0-fix").from(&fork.commit_of("18.0")).file("web_x/fork.txt", "").commit();
    let url = "../remotes/fork.git";
    declare(
        &env,
        &format!("merges = [\"{url} 18.0-fix\", {{ pr = 2, modules = [\"web_new\"], why = \"waits\" }}]"),
    );
    env.oca(&["lock", "-q"]).success();
    assert_eq!(locked(&env, "18.0-fix", "ref"), "refs/heads/18.0-fix");
    env.oca(&["sync", "-q"]).success();
    assert!(env.exists("oca/web/web_x/fork.txt") && env.exists("oca/web/web_new/__manifest__.py"));
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(28, "28!")]));
    assert!(
        env.exists("oca.lock.d/web/01-heads-18.0-fix.patch")
            || env.exists("oca.lock.d/web/01-18.0-fix.patch")
    );
    declare(&env, "merges = [{ pr = 2, modules = [\"web_z\"] }]");
    env.oca(&["lock"]).stderr_contains("the request does not change the module directory `web_z`").status(1);
}

#[test]
fn patches_are_applied_after_the_merges() {
    let env = Env::new();
    requested(&env);
    let patch = "--- a/web_x/x.txt\r\n+++ b/web_x/x.txt\r\n@@ -9,3 +9,3 @@\r\n 9\r\n-10\r\n+ten\r\n 11\r\n";
    env.write("patches/ten.patch", patch.replace("\r\n", "\n"));
    declare(&env, "merges = [\"#1\"]\npatches = [\"patches/ten.patch\"]");
    env.oca(&["lock"])
        .stderr_contains("web#1: merged at ")
        .stderr_contains("web#patches/ten.patch: applied, 1 file by unknown\n")
        .success();
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (10, "ten"), (28, "28!")]));
    assert!(env.exists("oca.lock.d/web/02-ten.patch"));
    // git may convert its line ends.
    env.write("patches/ten.patch", patch);
    env.oca(&["lock", "--check"]).success();
    env.write("patches/ten.patch", patch.replace("ten", "TEN"));
    env.oca(&["lock", "--check"])
        .stdout("`web` has another patch `patches/ten.patch` in the lock\n")
        .stderr_contains("is out of date")
        .status(1);
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(3, "three"), (10, "TEN"), (28, "28!")]));
    env.write("patches/ten.patch", patch.replace("-10", "-20"));
    env.oca(&["lock"])
        .stderr_contains("cannot apply `patches/ten.patch` to `web`")
        .stderr_contains("hunk 1")
        .status(1);
    std::fs::remove_file(env.project().join("patches/ten.patch")).expect("a patch");
    // The lock has its step, so the image can be built without it.
    env.oca(&["sync", "-q", "--locked"]).success();
    env.oca(&["lock"]).stderr_contains("error: there is no patch").status(2);
}

#[test]
fn two_profiles_may_merge_different_requests() {
    let env = Env::new();
    requested(&env);
    env.declare(
        "\
[profiles.standard]
repos = [\"web\"]
[profiles.staging]
path = \"staging\"
repos = [\"web\"]
override.web.merges = [\"#1\"]
[profiles.next]
path = \"next\"
repos = [\"web\"]
override.web.merges = [\"#3\"]
",
    );
    env.oca(&["lock", "-q"]).success();
    env.oca(&["sync", "-q", "--all-profiles"]).success();
    env.assert_file("oca/web/web_x/x.txt", &lines(&[(28, "28!")]));
    env.assert_file("staging/web/web_x/x.txt", &lines(&[(3, "three"), (28, "28!")]));
    env.assert_file("next/web/web_x/x.txt", &lines(&[(3, "III"), (28, "28!")]));
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    assert!(env.exists("oca.lock.d/web@18.0/01-1.patch") && env.exists("oca.lock.d/web@18.0-2/01-3.patch"));
}

#[test]
fn a_server_is_asked_for_all_merges_at_once() {
    let env = Env::new();
    let remote = requested(&env);
    let server = Server::start(&env);
    env.declare(&format!(
        "[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\nurl = \"{}\"\nmerges = [\"#1\", \"#2\", \"#4\"]\n",
        server.url("web")
    ));
    let base = remote.commit_of("18.0");
    remote.pull(4).from(&base).file("web_x/four.txt", "").commit();
    remote.branch("18.0").file("new.txt", "").message("[ADD] new\n").commit();
    env.oca(&["lock", "-q"]).success();
    let asked = |command: &str| server.count(&format!("upload-pack {command}"));
    // The refs. Then the commits, the trees, the commits of the branch, the contents, and the manifests.
    assert_eq!((asked("ls-refs"), asked("fetch")), (1, 5));
    assert!(["\"#1\"", "\"#2\"", "\"#4\""].iter().all(|merge| locked(&env, merge, "step") == "made"));
    // Another machine needs the base only.
    let base = env.read("oca.lock.json");
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    let before = server.requests().len();
    env.oca(&["sync", "-q"]).success();
    assert_eq!((server.requests().len() - before, env.read("oca.lock.json")), (1, base));
}
