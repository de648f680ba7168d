//! The workflows for users, with the shell lines that `docs/automation` ships: they upgrade, commit, and open or update
//! one pull request.

use std::fs;

use serde_json::Value;

use crate::checkouts::repository;
use crate::env::Env;
use crate::merges::{declare, lines, requested};
use crate::remote::Remote;
use crate::workflow::{Runner, text, yaml};

const EMAIL: &str = "41898282+github-actions[bot]@users.noreply.github.com";

/// How `oca` keeps the checkouts.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Clone,
    Submodule,
}

/// A project on a forge: `main` is locked, and `requirements.txt` is up to date.
fn on_forge(env: &Env, mode: Mode) -> [Remote; 2] {
    let remotes = ["web", "dms"].map(|name| repository(env, name));
    let base = env.remotes().display().to_string();
    env.declare_submodules(&base, &["web", "dms"], "");
    if mode == Mode::Clone {
        env.edit("repos.toml", "mode = \"submodule\"\n", "");
    }
    env.init_git();
    env.oca(&["sync", "-q"]).success();
    env.oca(&["requirements", "-q", "-o", "requirements.txt"]).success();
    env.commit_all("Lock");
    let forge = env.root().join("forge/acme/shop.git");
    env.git("", &["init", "-q", "--bare", "-b", "main", &forge.display().to_string()]);
    env.git("", &["remote", "add", "origin", &forge.display().to_string()]);
    env.git("", &["push", "-q", "origin", "main"]);
    remotes
}

/// A `gh` that has one list of pull requests, and writes down how it is called.
const GH: &str = r#"
echo "$*" >>"$OCA_TEST/gh"
case "$1 $2 $3" in
  "auth setup-git ") ;;
  "api --method GET") [ ! -f "$OCA_TEST/number" ] || cat "$OCA_TEST/number" ;;
  "api --silent --method") for word; do case $word in body=@*) cp "${word#body=@}" "$OCA_TEST/body" ;; esac; done ;;
  "pr create --base") echo 7 >"$OCA_TEST/number"; for word; do body=$word; done; cp "$body" "$OCA_TEST/body" ;;
  *) echo "unexpected: $*"; exit 1 ;;
esac
"#;

fn runner(env: &Env) -> Runner<'_> {
    let runner = Runner::new(env);
    runner.program("gh", &GH.replace("$OCA_TEST", &env.root().display().to_string()));
    let sha256 = runner.sha256();
    runner.variable("SHA256", &sha256).context("secrets.OCA_UPDATE_TOKEN || github.token", "token")
}

/// The calls of `gh` since the last look at them.
fn calls(env: &Env) -> Vec<String> {
    let file = env.root().join("gh");
    let text =
        fs::read_to_string(&file).unwrap_or_default().replace(&env.root().display().to_string(), "[TEMP]");
    drop(fs::remove_file(file));
    text.lines().map(str::to_owned).collect()
}

/// The commit of a branch on the forge. Empty if there is none.
fn on_branch(env: &Env, branch: &str) -> String {
    let line = env.git("", &["ls-remote", "origin", &format!("refs/heads/{branch}")]);
    line.split_whitespace().next().unwrap_or_default().to_owned()
}

const LIST: &str = "api --method GET repos/acme/shop/pulls --raw-field state=open --raw-field base=main \
                    --raw-field head=acme:oca-update --jq .[0].number // empty";
const CREATE: &str = "pr create --base main --head oca-update --title Update the OCA repositories \
                      --body-file [TEMP]/runner/body.md";
const EDIT: &str = "api --silent --method PATCH repos/acme/shop/pulls/7 --raw-field title=Update the OCA repositories \
                    --field body=@[TEMP]/runner/body.md";

/// Asserts that the branch is one commit on `main`, and that oca finds everything in it up to date.
#[track_caller]
fn assert_complete(env: &Env, branch: &str, mode: Mode) {
    env.git("", &["fetch", "-q", "origin"]);
    env.git("", &["checkout", "-q", "--detach", &format!("origin/{branch}")]);
    env.oca(&["lock", "--check"]).success();
    env.oca(&["requirements", "--check"]).success();
    let files = env.git("", &["ls-tree", "-r", "HEAD"]);
    assert_eq!(
        files.contains(&format!("160000 commit {}", env.locked_commit("web"))),
        mode == Mode::Submodule
    );
    env.git("", &["checkout", "-q", "main"]);
}

fn update(env: &Env, mode: Mode) {
    let [web, dms] = on_forge(env, mode);
    let workflow = yaml("docs/automation/update.yml");
    let job = &workflow["jobs"]["update"];
    let mut runner = runner(env).context("github.ref_name", "main");

    // Nothing changed: no branch, no pull request.
    let run = runner.run(job);
    run.success();
    assert!(run.of("Commit").stdout.ends_with("Nothing to update.\n"), "{}", run.of("Commit"));
    assert_eq!(run.names(), ["Install oca", "Check out", "Update", "Commit"]);
    assert_eq!(
        (calls(env), on_branch(env, "oca-update")),
        (vec!["auth setup-git".to_owned()], String::new())
    );
    let asked = fs::read_to_string(env.root().join("curl")).expect("a request");
    assert!(asked.ends_with(
        " https://github.com/oca-lock/oca/releases/download/v0.1.0/oca-0.1.0-x86_64-unknown-linux-gnu.tar.gz\n"
    ));

    // A branch moved: the pull request is opened.
    let needs = [("external_dependencies", "{'python': ['lxml']}")];
    let moved = web.branch("18.0").module("web_more", &needs).commit();
    runner.run(job).success();
    assert_eq!(calls(env), ["auth setup-git", LIST, CREATE]);
    assert_complete(env, "oca-update", mode);
    let first = on_branch(env, "oca-update");
    assert_eq!(
        env.git("", &["log", "--format=%ae %s", "main..origin/oca-update"]),
        format!("{EMAIL} Update the OCA repositories\n")
    );
    let body = fs::read_to_string(env.root().join("body")).expect("a text");
    assert!(body.contains(&format!("→ `{}`", &moved[..10])) && body.contains("- `web_more`"), "{body}");
    let changed = env.git("", &["diff", "--name-only", "main", "origin/oca-update"]);
    let submodule = if mode == Mode::Submodule { "oca/web\n" } else { "" };
    assert_eq!(changed, format!("oca.lock.json\n{submodule}requirements.txt\n"));

    // Again: the same pull request, and no push.
    runner.run(job).success();
    assert_eq!(
        (calls(env), on_branch(env, "oca-update")),
        (vec!["auth setup-git".to_owned(), LIST.to_owned(), EDIT.to_owned()], first.clone())
    );

    // Another branch moved: still one pull request with one commit.
    dms.branch("18.0").module("dms_more", &[]).commit();
    runner.run(job).success();
    assert_eq!(calls(env), ["auth setup-git", LIST, EDIT]);
    let second = on_branch(env, "oca-update");
    assert_ne!(second, first);
    assert_complete(env, "oca-update", mode);
    assert_eq!(env.git("", &["rev-list", "--count", "main..origin/oca-update"]), "1\n");
    let body = fs::read_to_string(env.root().join("body")).expect("a text");
    assert!(body.contains("- `web_more`") && body.contains("- `dms_more`"), "{body}");

    // Somebody pushed to it: nothing is overwritten.
    env.git("", &["checkout", "-q", "-b", "mine", "origin/oca-update"]);
    env.write("NOTES.md", "A note\n");
    env.git("", &["add", "NOTES.md"]);
    env.git("", &["commit", "-q", "-m", "Note"]);
    env.git("", &["push", "-q", "origin", "mine:oca-update"]);
    let mine = on_branch(env, "oca-update");
    let said = runner.run(job).steps.pop().expect("a step").1;
    assert_eq!(said.code, Some(1), "{said}");
    assert!(
        said.stdout.ends_with(
            "odo@example.com pushed to oca-update: merge or close pull request 7, then run this again\n"
        ),
        "{said}"
    );
    assert_eq!(on_branch(env, "oca-update"), mine);

    // It was closed: a new one is opened.
    fs::remove_file(env.root().join("number")).expect("a pull request");
    calls(env);
    runner.run(job).success();
    assert_eq!(calls(env), ["auth setup-git", LIST, CREATE]);
    assert_ne!(on_branch(env, "oca-update"), mine);
}

#[test]
fn the_update_opens_one_pull_request_and_updates_it() {
    update(&Env::new(), Mode::Clone);
}

#[test]
fn the_update_moves_submodules_too() {
    update(&Env::new(), Mode::Submodule);
}

#[test]
fn a_requirements_file_that_is_out_of_date_is_a_pull_request_of_its_own() {
    let env = Env::new();
    on_forge(&env, Mode::Clone);
    env.write("requirements.txt", "lxml==1.0\n");
    env.commit_all("Edit");
    env.git("", &["push", "-q", "origin", "main"]);
    let workflow = yaml("docs/automation/update.yml");
    let mut runner = runner(&env).context("github.ref_name", "main");
    runner.run(&workflow["jobs"]["update"]).success();
    assert_eq!(calls(&env), ["auth setup-git", LIST, CREATE]);
    assert_complete(&env, "oca-update", Mode::Clone);
    let body = fs::read_to_string(env.root().join("body")).expect("a text");
    assert_eq!(body, "No commit moved. Files that oca writes changed.\n");
}

/// Renovate replaces the first commit of this name in the lock, and nothing else.
fn renovate(env: &Env, mode: Mode) {
    let [web, _] = on_forge(env, mode);
    let old = env.locked_commit("web");
    let new =
        web.branch("18.0").module("web_more", &[("external_dependencies", "{'python': ['lxml']}")]).commit();
    env.git("", &["checkout", "-q", "-b", "renovate/oca"]);
    let lock = env.read("oca.lock.json");
    let digest = lock.lines().filter(|line| line.contains("digest")).map(str::to_owned).collect::<Vec<_>>();
    env.write("oca.lock.json", lock.replacen(&old, &new, 1));
    env.git("", &["commit", "-q", "-a", "-m", "Update OCA"]);
    env.git("", &["push", "-q", "origin", "renovate/oca"]);

    let said = "`web` at branch `18.0` was edited: its entry does not match its digest";
    env.oca(&["lock", "--check"])
        .stdout(&format!("{said}\n"))
        .stderr_contains("is out of date: 1 difference")
        .stderr_contains("hint: run `oca lock` and commit the result")
        .status(1);
    let workflow = yaml("docs/automation/renovate.yml");
    let job = &workflow["jobs"]["lock"];
    let mut runner = runner(env).context("github.ref_name", "renovate/oca");
    runner.run(job).success();
    assert_complete(env, "renovate/oca", mode);
    let last = on_branch(env, "renovate/oca");
    assert_eq!(
        env.git("", &["log", "--format=%ae %s", "renovate/oca..origin/renovate/oca"]),
        format!("{EMAIL} Lock what Renovate changed\n")
    );

    // The same bytes as if oca had moved the pin.
    let locked = env.git("", &["show", "origin/renovate/oca:oca.lock.json"]);
    env.oca(&["upgrade", "-q"]).success();
    assert_eq!((env.read("oca.lock.json"), env.locked_commit("web")), (locked.clone(), new));
    assert!(digest.iter().filter(|line| !locked.contains(*line)).count() >= 1);
    env.git("", &["checkout", "-q", "."]);

    // The commit of the workflow changed the lock: the workflow runs again, and has nothing to do.
    let run = runner.run(job);
    run.success();
    assert!(run.of("Commit").stdout.ends_with("The lock is complete.\n"), "{}", run.of("Commit"));
    assert_eq!(on_branch(env, "renovate/oca"), last);
    assert_eq!(calls(env), ["auth setup-git", "auth setup-git"]);
}

#[test]
fn the_lock_of_renovate_is_completed() {
    renovate(&Env::new(), Mode::Clone);
}

#[test]
fn the_submodules_of_renovate_are_completed() {
    renovate(&Env::new(), Mode::Submodule);
}

/// As shipped, the checksum is that of no archive.
#[test]
fn an_archive_with_another_checksum_is_not_unpacked() {
    let env = Env::new();
    let mut runner = Runner::new(&env)
        .context("secrets.OCA_UPDATE_TOKEN || github.token", "token")
        .context("github.ref_name", "main");
    for (file, job) in [("update", "update"), ("renovate", "lock")] {
        let workflow = yaml(&format!("docs/automation/{file}.yml"));
        let run = runner.run(&workflow["jobs"][job]);
        assert_eq!(run.names(), ["Install oca"]);
        assert_eq!(run.of("Install oca").code, Some(1), "{}", run.of("Install oca"));
        assert!(!runner.temp().join("oca-0.1.0-x86_64-unknown-linux-gnu").exists());
    }
}

/// The lines of a job in GitLab run in one shell.
#[test]
fn the_job_for_gitlab_writes_its_report() {
    let env = Env::new();
    env.copy_demo();
    let runner = Runner::new(&env);
    let all = yaml("docs/automation/gitlab-ci.yml");
    let job = &all["oca"];
    let lines = |key: &str| -> Vec<String> {
        job[key].as_array().expect("a list").iter().map(|line| text(line).to_owned()).collect()
    };
    assert_eq!(job["artifacts"]["when"], "always", "the report counts if the job fails");
    let report = text(&job["artifacts"]["reports"]["codequality"]).to_owned();
    let script = [lines("before_script"), lines("script")].concat().join("\n");
    let run = |sha256: &str| {
        let mut run = runner.shell(&script);
        for (name, value) in job["variables"].as_object().expect("variables") {
            let value = match name.as_str() {
                "OCA_SHA256" => sha256.to_owned(),
                "OCA_DIRECTORY" => runner.temp().display().to_string(),
                _ => text(value).to_owned(),
            };
            run = run.env(name, value);
        }
        run.output()
    };
    let output = run(&runner.sha256());
    assert_eq!(output.code, Some(0), "{output}");
    let found: Value = serde_json::from_str(&env.read(&report)).expect("a report");
    assert_eq!(found[0]["check_name"], "OCA011");
    fs::remove_file(env.project().join(&report)).expect("the report");
    let output = run(text(&job["variables"]["OCA_SHA256"]));
    assert_eq!(output.code, Some(1), "{output}");
    assert!(!env.exists(&report));
}

/// A merge is made on top of the new commit, as `oca upgrade` makes it.
#[test]
fn a_commit_that_renovate_wrote_below_a_merge_is_merged_again() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = ['#1']");
    env.lock();
    let (old, lock) = (env.locked_commit("web"), env.read("oca.lock.json"));
    let new = remote.branch("18.0").file("web_x/x.txt", lines(&[(28, "28!"), (12, "12!")])).commit();
    env.write("oca.lock.json", lock.replacen(&old, &new, 1));
    let said = "`web` at branch `18.0` was edited: its entry does not match its digest";
    env.oca(&["lock", "--check"]).stdout_contains(said).stderr_contains("is out of date").status(1);
    env.oca(&["lock", "-q"]).success();
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock", "--check", "--upstream"]).success();
    let completed = env.read("oca.lock.json");
    env.write("oca.lock.json", lock);
    env.oca(&["lock", "-q", "--upgrade", "web"]).success();
    env.assert_file("oca.lock.json", &completed);
}

/// Renovate may be misled by its configuration.
#[test]
fn a_commit_that_does_not_exist_or_is_not_on_the_branch_is_not_pushed() {
    let env = Env::new();
    let [web, _] = on_forge(&env, Mode::Clone);
    let other = web.branch("19.0").module("web_base", &[]).commit();
    let gone = "0123456789".repeat(4);
    let (old, lock) = (env.locked_commit("web"), env.read("oca.lock.json"));
    let workflow = yaml("docs/automation/renovate.yml");
    let mut runner = runner(&env).context("github.ref_name", "renovate/oca");
    env.git("", &["checkout", "-q", "-b", "renovate/oca"]);
    for (new, step, said, code) in [
        (&gone, "Lock", format!("commit `{gone}` does not exist on the remote\n"), 4),
        (
            &other,
            "Commit",
            "hint: run `oca lock --upgrade web`, or declare the commit as `rev`".to_owned(),
            1,
        ),
    ] {
        env.write("oca.lock.json", lock.replacen(&old, new, 1));
        env.git("", &["commit", "-q", "-a", "-m", "Update OCA"]);
        env.git("", &["push", "-q", "origin", "renovate/oca"]);
        let pushed = env.head("");
        let run = runner.run(&workflow["jobs"]["lock"]);
        let output = run.of(step);
        assert!(output.code == Some(code) && output.stderr.contains(&said), "{output}");
        assert_eq!(on_branch(&env, "renovate/oca"), pushed);
    }
}
