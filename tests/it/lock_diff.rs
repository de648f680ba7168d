//! `oca diff`: what changed between two locks.

use serde_json::Value;

use crate::env::Env;
use crate::project::{BOTH, WEB, committed, repository, short};

/// The report as JSON.
#[track_caller]
pub(crate) fn report(env: &Env, words: &[&str]) -> Value {
    let words = [&["diff", "--format", "json"], words].concat();
    let output = env.oca(&words).output();
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    serde_json::from_str(&output.stdout).expect("JSON")
}

#[test]
fn a_moved_repository_names_its_modules_and_the_way_back() {
    let env = Env::new();
    let modules =
        [("web_a", "'18.0.1.0.0'"), ("web_b", "'18.0.1.2.0'"), ("web_c", "'18.0.1.0.3'"), ("web_d", "'1.0'")];
    let fields = modules.map(|(_, version)| [("version", version)]);
    let modules: Vec<_> =
        modules.iter().zip(&fields).map(|((name, _), fields)| (*name, &fields[..])).collect();
    let [web, _] = committed(&env, &modules);
    env.oca(&["diff"]).stdout("").stderr("nothing changed\n").success();
    env.oca(&["diff", "--exit-code", "-q"]).success();
    let from = web.commit_of("18.0");
    web.branch("18.0")
        .module(
            "web_a",
            &[("version", "'18.0.2.0.0'"), ("depends", "['base', 'web_c']"), ("license", "'LGPL-3'")],
        )
        .module(
            "web_c",
            &[
                ("version", "'18.0.1.1.0'"),
                ("external_dependencies", "{'python': ['lxml'], 'bin': ['rtlcss'], 'deb': ['fop']}"),
            ],
        )
        .file("web_d/models.py", "x")
        .module("web_e", &[("version", "'18.0.1.0.0'")])
        .remove("web_b")
        .commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let to = web.commit_of("18.0");
    let move_ = format!("{} -> {}", short(&from), short(&to));
    env.oca(&["diff"])
        .stdout(&format!(
            "gone: uninstall before you deploy, if nothing else has them\n\
             \x20 web_b           18.0.1.2.0                web\n\
             web               {move_}  branch 18.0\n\
             \x20 take back: oca lock web@{from}\n\
             \x20 1 commit, the newest of 2024-10-25\n\
             \x20 {} [IMP] a change (web_a, web_b, web_c and 2 others)\n\
             \x20 web_a           18.0.1.0.0 -> 18.0.2.0.0  major; depends on +web_c; licence AGPL-3 -> LGPL-3\n\
             \x20 web_c           18.0.1.0.3 -> 18.0.1.1.0  minor; Python: +lxml; programs: +rtlcss; Debian packages: +fop\n\
             \x20 web_d           1.0                       changed without a version\n\
             \x20 web_e           18.0.1.0.0                new\n\
             Python:           +lxml\n\
             programs:         +rtlcss\n\
             Debian packages:  +fop\n",
            short(&to)
        ))
        .stderr("1 repository (1 changed), 5 modules (1 added, 3 changed, 1 removed)\n")
        .success();
    env.oca(&["diff", "-q", "--exit-code", "-o", "report"]).status(1);
    let report = env.read("report");
    env.oca(&["diff", "-q", "-o", "-"]).stdout(&report).success();
    assert!(!env.exists("-"));
    assert!(env.read("report").starts_with("gone: uninstall before you deploy, if nothing else has them\n"));
    // The way back that is named works.
    env.oca(&["lock", "-q", &format!("web@{from}")]).success();
    env.oca(&["diff"]).stderr("nothing changed\n").success();
}

#[test]
fn two_revisions_files_and_stdin_are_compared() {
    let env = Env::new();
    let [web, _] = committed(&env, &[("web_a", &[])]);
    let first = env.read("oca.lock.json");
    web.branch("18.0").module("web_b", &[]).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.commit_all("Upgrade");
    env.write("old/lock", &first);
    let added = "1 repository (1 changed), 1 module (1 added)\n";
    let removed = "1 repository (1 changed), 1 module (1 removed)\n";
    env.oca(&["diff"]).stderr("nothing changed\n").success();
    env.oca(&["diff", "HEAD~1"]).stdout_contains("web  ").stderr(added).success();
    env.oca(&["diff", "HEAD~1", "main"]).stdout_contains("web  ").stderr(added).success();
    env.oca(&["diff", "HEAD~1.."]).stdout_contains("web  ").stderr(added).success();
    env.oca(&["diff", "main..HEAD~1"]).stdout_contains("web  ").stderr(removed).success();
    env.oca(&["diff", "main", "old/lock"]).stdout_contains("web  ").stderr(removed).success();
    env.oca(&["diff", "main", "./old/../old/lock"]).stdout_contains("web  ").stderr(removed).success();
    env.oca(&["diff", "-"]).stdin(&first).stdout_contains("web  ").stderr(added).success();
    env.oca(&["diff", "HEAD", "-"]).stdin(&first).stdout_contains("web  ").stderr(removed).success();
    // It needs neither the servers nor a cache, and no `repos.toml`.
    env.remove_remotes();
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    env.git(".", &["rm", "-q", "repos.toml"]);
    env.oca(&["diff", "HEAD~1"]).stdout_contains("web  ").stderr(added).success();
    env.write("elsewhere/new", env.read("oca.lock.json"));
    env.oca(&["diff", "../old/lock", "new"])
        .current_dir(env.project().join("elsewhere"))
        .stdout_contains("web  ")
        .stderr(added)
        .success();
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let env = Env::new();
    let [_, _] = committed(&env, &[("web_a", &[])]);
    env.oca(&["diff", "nowhere"])
        .stderr(
            "error: `nowhere` is neither a revision of git nor a file\n\
             hint: correct it; in a clone without history, run `git fetch origin nowhere` and compare with FETCH_HEAD\n",
        )
        .status(2);
    env.oca(&["diff", "-", "-"]).stderr_contains("stdin cannot be both locks").status(2);
    env.oca(&["diff", ""]).stderr_contains("error: the name of a lock to compare is empty\n").status(2);
    env.oca(&["diff", "HEAD~9"])
        .stderr(
            "error: `HEAD~9` is neither a revision of git nor a file\n\
             hint: correct it: `git log --oneline` lists the commits\n",
        )
        .status(2);
    env.oca(&["diff", "-"])
        .stdin("{\"version\": 9}")
        .stderr_contains("`stdin` has format version 9")
        .status(2);
    // What to do about the lock of the project would not help.
    let other = "hint: name an `oca.lock.json` that oca wrote\n";
    env.oca(&["diff", "-"])
        .stdin("")
        .stderr(&format!("error: `stdin` is cut off at line 1\n{other}"))
        .status(2);
    env.oca(&["diff", "repos.toml"])
        .stderr_contains("`repos.toml` is not a lock that oca wrote: ")
        .stderr_contains(other)
        .status(2);
    env.oca(&["diff", "a.json"])
        .stderr("error: `a.json` is neither a revision of git nor a file\nhint: check the path\n")
        .status(2);
    env.oca(&["diff", "--profile", "lean"])
        .stderr(
            "error: neither lock has a profile `lean`\nhint: leave out `--profile` to compare all profiles\n",
        )
        .status(2);
    env.git(".", &["rm", "-q", "--cached", "oca.lock.json"]);
    env.git(".", &["commit", "-q", "-m", "Forget the lock"]);
    env.oca(&["diff"])
        .stderr(
            "error: revision `HEAD` has no `oca.lock.json`\n\
             hint: commit the lock, or name what to compare it with: `oca diff OLD`\n",
        )
        .status(2);
    // A lock whose entries were edited says nothing that holds.
    let web = env.locked_commit("web");
    let edited = env.read("oca.lock.json").replace(&web, &"1".repeat(40));
    env.oca(&["diff", "-"])
        .stdin(&edited)
        .stderr_contains("the entry of `web` does not match its digest")
        .stderr_contains("hint: name the lock as oca wrote it, such as that of a commit\n")
        .status(1);
    env.commit_all("More");
    env.git("..", &["clone", "-q", "--depth=1", &format!("file://{}", env.project().display()), "shallow"]);
    env.oca(&["diff", "HEAD~1"])
        .current_dir(env.project().join("../shallow"))
        .stderr(
            "error: `HEAD~1` is neither a revision of git nor a file\n\
             hint: this clone does not have all commits: run `git fetch --unshallow`, or `git fetch --deepen=100` for some\n",
        )
        .status(2);
}

#[test]
fn outside_of_git_files_are_compared() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_a"]);
    env.locked(WEB);
    env.git("..", &["init", "-q", "project"]);
    env.oca(&["diff"])
        .stderr(
            "error: `HEAD` is neither a revision of git nor a file\n\
             hint: commit the lock, or name what to compare it with: `oca diff OLD`\n",
        )
        .status(2);
    std::fs::remove_dir_all(env.project().join(".git")).expect("a git directory");
    env.write("old.json", env.read("oca.lock.json"));
    web.branch("18.0").module("web_b", &[]).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.oca(&["diff", "old.json"])
        .stdout_contains("web  ")
        .stderr("1 repository (1 changed), 1 module (1 added)\n")
        .success();
    env.oca(&["diff"])
        .stderr_contains("error: `HEAD` is not a file, and `")
        .stderr_contains("hint: name two files: `oca diff OLD.json NEW.json`\n")
        .status(2);
}

#[test]
fn a_module_that_moved_to_another_repository_is_not_gone() {
    let env = Env::new();
    let [web, dms] = committed(&env, &[("web_a", &[]), ("web_b", &[])]);
    web.branch("18.0").remove("web_b").commit();
    dms.branch("18.0").module("web_b", &[]).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let report = report(&env, &[]);
    let modules = report["changes"][0]["modules"].as_array().expect("modules");
    assert_eq!(modules.len(), 1);
    let [name, change, from, to] =
        ["/name", "/change", "/from/repo", "/to/repo"].map(|at| modules[0].pointer(at));
    let text = |value: &str| Some(Value::from(value));
    assert_eq!(
        [name, change, from, to].map(Option::<&Value>::cloned),
        ["web_b", "changed", "web", "dms"].map(text)
    );
    env.oca(&["diff"])
        .stdout_contains("  web_b  18.0.1.0.0                moved from web\n")
        .stderr("2 repositories (2 changed), 1 module (1 changed)\n")
        .success();
}

#[test]
fn only_modules_that_a_profile_uses_count() {
    let env = Env::new();
    let [web, _] = committed(&env, &[("web_a", &[]), ("web_b", &[])]);
    let rest = "[profiles.lean]\nrepos = [\"web\"]\nmodules = [\"web_a\"]\n";
    env.locked(&format!("{BOTH}{rest}"));
    env.commit_all("Two profiles");
    web.branch("18.0").module("web_b", &[("version", "'2.0'")]).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let moved = "1 repository (1 changed), ";
    env.oca(&["diff"]).stdout_contains("web  ").stderr(&format!("{moved}1 module (1 changed)\n")).success();
    env.oca(&["diff", "-p", "lean"])
        .stdout_contains("web  ")
        .stderr(&format!("{moved}0 modules\n"))
        .success();
    env.oca(&["diff", "-p", "standard"])
        .stdout_contains("web  ")
        .stderr(&format!("{moved}1 module (1 changed)\n"))
        .success();
    // A module that nobody selects any more must be uninstalled, too.
    env.commit_all("Upgrade");
    env.locked(&format!("{BOTH}{}", rest.replace("web_a", "web_b")));
    env.oca(&["diff", "-q", "-p", "lean"])
        .stdout("gone: uninstall before you deploy, if nothing else has them\n  web_a  18.0.1.0.0  web\nweb      same commit\n  web_b  2.0         new\n")
        .success();
}

#[test]
fn repositories_that_come_go_and_follow_another_branch_are_told() {
    let env = Env::new();
    let [web, dms] = committed(&env, &[("web_a", &[])]);
    repository(&env, "crm", &["crm_x"]);
    let other = web
        .branch("18.0-ours")
        .from(&web.commit_of("18.0"))
        .module("web_a", &[("version", "'3.0'")])
        .commit();
    env.locked("[profiles.standard]\nrepos = [\"web\", \"crm\"]\n[repos.web]\nbranch = \"18.0-ours\"\n");
    let (old, crm) = (web.commit_of("18.0"), env.locked_commit("crm"));
    env.oca(&["diff", "-q"])
        .stdout(&format!(
            "gone: uninstall before you deploy, if nothing else has them\n\
             \x20 dms    18.0.1.0.0                dms\n\
             crm      added at {}       branch 18.0\n\
             \x20 crm_x  18.0.1.0.0                new\n\
             dms      removed, was at {}\n\
             web      {} -> {}  branch 18.0-ours\n\
             \x20 was on branch `18.0`\n\
             \x20 web_a  18.0.1.0.0 -> 3.0         major\n",
            short(&crm),
            short(&dms.commit_of("18.0")),
            short(&old),
            short(&other)
        ))
        .success();
}

#[test]
fn merges_that_come_move_and_go_are_told() {
    let env = Env::new();
    let [web, _] = committed(&env, &[("web_a", &[])]);
    let first = web.pull(7).from(&web.commit_of("18.0")).module("web_x", &[]).commit();
    let with = |merges: &str| format!("{BOTH}[repos.web]\nmerges = [{merges}]\n");
    env.locked(&with("\"#7\""));
    env.oca(&["diff", "-q"])
        .stdout_contains(&format!("  web#7: merged at {}\n", short(&first)))
        .stdout_contains("  web_x  18.0.1.0.0   new\n")
        .success();
    env.commit_all("Merge 7");
    let second = web.pull(7).module("web_x", &[("version", "'1.1'")]).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.oca(&["diff", "-q"])
        .stdout_contains(&format!("  web#7: {} -> {}\n", short(&first), short(&second)))
        .success();
    env.locked(BOTH);
    env.oca(&["diff", "-q"]).stdout_contains("  web#7: not merged any more\n").success();
}

#[test]
fn a_new_series_is_one_step_for_the_profiles_that_took_it() {
    let env = Env::new();
    let [web, _] = committed(&env, &[("web_a", &[("version", "'18.0.1.0.0'")])]);
    env.locked(&format!("{WEB}[profiles.next]\nodoo = \"18.0\"\nrepos = [\"web\"]\n"));
    env.commit_all("Two profiles");
    web.branch("19.0").from(&web.commit_of("18.0")).module("web_a", &[("version", "'19.0.2.0.0'")]).commit();
    env.locked(&format!("{WEB}[profiles.next]\npath = \"oca-next\"\nodoo = \"19.0\"\nrepos = [\"web\"]\n"));
    let changes = &report(&env, &[])["changes"];
    assert_eq!(changes.as_array().map(Vec::len), Some(1));
    assert_eq!(changes[0]["odoo"]["from"], "18.0");
    assert_eq!(changes[0]["odoo"]["to"], "19.0");
    assert_eq!(changes[0]["profiles"], serde_json::json!(["next"]));
    assert_eq!(changes[0]["modules"][0]["step"], "major");
    env.oca(&["diff", "-q"]).stdout_contains("Odoo 18.0 -> 19.0\n").success();
}

#[test]
fn markdown_is_the_text_of_a_pull_request_in_which_nothing_of_a_manifest_takes_effect() {
    let env = Env::new();
    let [web, _] = committed(&env, &[("web_a", &[]), ("web_b", &[])]);
    let from = web.commit_of("18.0");
    web.branch("18.0")
        .module("web_a", &[("version", "'1.0`@me <b>#1'"), ("license", "'[x](y)\\n# z'")])
        .remove("web_b")
        .commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let to = web.commit_of("18.0");
    let expected = format!(
        "## Odoo 18.0: `standard`\n\
         \n\
         1 repository (1 changed), 2 modules (1 changed, 1 removed).\n\
         \n\
         ### Gone: uninstall before you deploy, if nothing else has them\n\
         \n\
         - `web_b` `18.0.1.0.0` of `web`\n\
         \n\
         ### `web`: `{}` → `{}`\n\
         \n\
         - to take it back: `oca lock web@{from}`\n\
         - 1 commit, the newest of 2024-10-25\n\
         - `{}` `[IMP] a change`: `web_a`, `web_b`\n\
         - `web_a` `18.0.1.0.0` → `` 1.0`@me <b>#1 ``: other; licence `AGPL-3` -> `[x](y)\\n# z`\n",
        short(&from),
        short(&to),
        short(&to)
    );
    env.oca(&["diff", "--format", "markdown", "-q"]).stdout(&expected).success();
    env.oca(&["diff", "--format", "markdown", "-q", "-o", "body.md"]).success();
    env.assert_file("body.md", &expected);
}

#[test]
fn markdown_fits_a_pull_request_and_counts_what_is_left_out() {
    let env = Env::new();
    let names: Vec<String> = (0..1500).map(|number| format!("web_module_{number:04}")).collect();
    let modules: Vec<(&str, &[(&str, &str)])> = names.iter().map(|name| (name.as_str(), &[][..])).collect();
    let [web, _] = committed(&env, &modules);
    let draft = web.branch("18.0");
    names.iter().fold(draft, |draft, name| draft.module(name, &[("version", "'2.0'")])).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.oca(&["diff", "--format", "markdown", "-q", "-o", "whole.md"]).success();
    let whole = env.read("whole.md");
    assert!(names.iter().all(|name| whole.contains(name)));
    assert!(whole.chars().count() > 65_536);
    let first = "`[IMP] a change`: `web_module_0000`, `web_module_0001`, `web_module_0002` and 1497 others\n";
    assert!(whole.contains(first));
    let output = env.oca(&["diff", "--format", "markdown", "-q"]).output();
    let text = output.stdout;
    assert!(text.chars().count() <= 65_536);
    let shown = text.matches("\n- `web_module_").count();
    let left_out = format!(
        "_Not shown here: 0 repositories and {} modules. `oca diff --format markdown -o FILE` writes everything._\n",
        1500 - shown
    );
    assert!(text.ends_with(&left_out), "{}", &text[text.len() - 300..]);
}

#[test]
fn the_report_overwrites_no_file_of_the_project() {
    let env = Env::new();
    committed(&env, &[("web_x", &[])]);
    env.write("old.json", env.read("oca.lock.json"));
    for (file, why) in [
        ("oca.lock.json", "`oca.lock.json` belongs to oca or git"),
        ("repos.toml", "`repos.toml` belongs to oca or git"),
        (
            "old.json",
            "error: the report is not written to `old.json`, because oca reads this file\n\
             hint: name another file with `-o`\n",
        ),
    ] {
        let before = env.read(file);
        env.oca(&["diff", "old.json", "--format", "markdown", "-o", file]).stderr_contains(why).status(2);
        env.assert_file(file, &before);
    }
}
