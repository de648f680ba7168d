//! `oca diff`: the merged requests between two commits, and the news of the modules.

use std::fs;

use serde_json::{Value, json};

use crate::env::Env;
use crate::harness::web;
use crate::lock_diff::report;
use crate::project::{WEB, short};
use crate::remote::{Draft, Remote};
use crate::server::Server;

/// Puts a request on 18.0, as OCA's bot merges it.
pub(crate) fn merge(
    remote: &Remote,
    number: u32,
    title: &str,
    change: impl for<'r> Fn(Draft<'r>) -> Draft<'r>,
) -> String {
    let start = remote.commit_of("18.0");
    let head = change(remote.pull(number).from(&start)).message(title).commit();
    let merge = change(remote.branch("18.0")).merging(&head).author("OCA-git-bot");
    merge.message(&format!("Merge PR #{number} into 18.0\n\nSigned-off-by odo\n")).commit()
}

/// `web` on GitHub with two modules, locked; the commit that is locked.
fn locked(env: &Env) -> (Remote, String) {
    let web = Remote::new(env, "OCA/web");
    let draft = web.branch("18.0").file("README.md", "");
    let draft =
        draft.module("web_a", &[]).file("web_a/readme/HISTORY.md", "## 18.0.1.0.0\n\n- First. (#1)\n");
    draft.module("web_b", &[]).commit();
    env.stand_in_for_github();
    env.write("repos.toml", format!("odoo = \"18.0\"\n{WEB}"));
    env.lock();
    env.write("old.json", env.read("oca.lock.json"));
    let old = web.commit_of("18.0");
    (web, old)
}

/// A month of such a repository.
fn month(web: &Remote) {
    merge(web, 11, "[IMP] web_a: smaller menu", |draft| {
        draft
            .module("web_a", &[("version", "'18.0.1.1.0'")])
            .file(
                "web_a/readme/HISTORY.md",
                "## 18.0.1.1.0\n\n- Smaller menu. (#11)\n\n## 18.0.1.0.0\n\n- First. (#1)\n",
            )
            .file("web_a/readme/newsfragments/12.feature.md", "x")
            .file("web_a/readme/newsfragments/.gitkeep", "")
    });
    web.branch("18.0")
        .file("web_a/README.rst", "")
        .author("OCA-git-bot")
        .message("[BOT] post-merge updates")
        .commit();
    web.branch("18.0").file("web_b/i18n/it.po", "").message("Translated using Weblate (Italian)\n").commit();
    merge(web, 13, "[REF] all: pre-commit", |draft| draft.file("web_a/x.py", "").file("web_b/x.py", ""));
    merge(web, 14, "Correct the menu", |draft| draft.file("web_c/x.py", ""));
    merge(web, 15, "[18.0][MIG] web_c", |draft| draft.module("web_c", &[]));
    merge(web, 16, "Update the copier", |draft| draft.file("README.md", "x"));
    web.branch("18.0").file("web_b/y.py", "").message("[FIX] web_b: the loop\n\nLong text (#99)\n").commit();
}

#[test]
fn requests_and_news_stand_at_their_modules() {
    let env = Env::new();
    let (web, old) = locked(&env);
    month(&web);
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let (new, last) = (web.commit_of("18.0"), web.commit_of("18.0"));
    let head = format!(
        "web      {} -> {}  branch 18.0\n\
         \x20 https://github.com/OCA/web/compare/{old}...{new}\n\
         \x20 take back: oca lock web@{old}\n",
        short(&old),
        short(&new)
    );
    let expected = format!(
        "{head}\
         \x20 13 commits, the newest of 2024-10-25\n\
         \x20 #13 [REF] all: pre-commit (web_a, web_b)\n\
         \x20 web_a  18.0.1.0.0 -> 18.0.1.1.0  minor\n\
         \x20   #11 [IMP] web_a: smaller menu\n\
         \x20   news: 12 (feature)\n\
         \x20   | ## 18.0.1.1.0\n\
         \x20   | - Smaller menu. (#11)\n\
         \x20 web_b  18.0.1.0.0                changed without a version\n\
         \x20   {} [FIX] web_b: the loop\n\
         \x20 web_c  18.0.1.0.0                new\n\
         \x20   #15 [18.0][MIG] web_c\n\
         \x20   #14 Correct the menu\n\
         \x20 not shown: 1 request or commit that changes none of these modules; `--format json` has all\n",
        short(&last)
    );
    env.oca(&["diff", "old.json", "--log", "-q"]).stdout(&expected).success();
    // From now on, the cache has everything. Offline, too.
    env.remove_remotes();
    env.oca(&["diff", "old.json", "-q", "--offline"]).stdout(&expected).success();
    env.oca(&["diff", "old.json", "-q", "--offline", "--log"]).stdout(&expected).success();
    let report = report(&env, &["old.json"]);
    let change = &report["changes"][0];
    let log = &change["repos"][0]["log"];
    assert_eq!((&log["commits"], &log["lost"]), (&json!(13), &json!([])));
    let entries = log["entries"].as_array().expect("entries");
    let told: Vec<Value> = entries.iter().map(|entry| json!([entry["request"], entry["modules"]])).collect();
    let told_as = json!([
        [null, ["web_b"]],
        [16, []],
        [15, ["web_c"]],
        [14, ["web_c"]],
        [13, ["web_a", "web_b"]],
        [11, ["web_a"]]
    ]);
    assert_eq!(json!(told), told_as);
    assert_eq!(entries[0]["page"], format!("https://github.com/OCA/web/commit/{last}"));
    assert_eq!(entries[1]["page"], "https://github.com/OCA/web/pull/16");
    // In json, an entry stands at each module that it changed.
    let modules = change["modules"].as_array().expect("modules");
    let requests = |module: &Value| -> Vec<Value> {
        module["log"].as_array().expect("a log").iter().map(|entry| entry["request"].clone()).collect()
    };
    let told: Vec<Value> = modules.iter().map(|module| json!([module["name"], requests(module)])).collect();
    assert_eq!(json!(told), json!([["web_a", [13, 11]], ["web_b", [null, 13]], ["web_c", [15, 14]]]));
    let news = json!({
        "fragments": [{ "number": "12", "kind": "feature" }],
        "history": ["## 18.0.1.1.0", "", "- Smaller menu. (#11)"]
    });
    assert_eq!((&modules[0]["news"], &modules[1]["news"]), (&news, &Value::Null));
    env.oca(&["diff", "old.json", "-q", "--format", "markdown"])
        .stdout(&format!(
            "## Odoo 18.0: `standard`\n\n1 repository (1 changed), 3 modules (1 added, 2 changed).\n\n\
             ### `web`: [`{}` → `{}`](https://github.com/OCA/web/compare/{old}...{new})\n\n\
             - to take it back: `oca lock web@{old}`\n\
             - 13 commits, the newest of 2024-10-25\n\
             - [`#13`](https://redirect.github.com/OCA/web/pull/13) `[REF] all: pre-commit`: `web_a`, `web_b`\n\
             - `web_a` `18.0.1.0.0` → `18.0.1.1.0`: minor\n\
             \x20 - [`#11`](https://redirect.github.com/OCA/web/pull/11) `[IMP] web_a: smaller menu`\n\
             \x20 - news: `12` (feature)\n\
             \x20 - history:\n\
             \x20   ```text\n\
             \x20   ## 18.0.1.1.0\n\
             \x20   - Smaller menu. (#11)\n\
             \x20   ```\n\
             - `web_b` `18.0.1.0.0`: changed without a version\n\
             \x20 - [`{}`](https://redirect.github.com/OCA/web/commit/{last}) `[FIX] web_b: the loop`\n\
             - `web_c` `18.0.1.0.0`: **new**\n\
             \x20 - [`#15`](https://redirect.github.com/OCA/web/pull/15) `[18.0][MIG] web_c`\n\
             \x20 - [`#14`](https://redirect.github.com/OCA/web/pull/14) `Correct the menu`\n\
             - not shown: 1 request or commit that changes none of these modules\n",
            short(&old),
            short(&new),
            short(&last)
        ))
        .success();
}

#[test]
fn without_a_kept_log_nothing_is_told_and_nothing_is_made() {
    let env = Env::new();
    let (web, old) = locked(&env);
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let new = web.branch("18.0").file("web_a/x.py", "").commit();
    env.oca(&["lock", "-q", &format!("web@{new}")]).success();
    let plain = format!(
        "web      {} -> {}  branch 18.0\n\
         \x20 https://github.com/OCA/web/compare/{old}...{new}\n\
         \x20 take back: oca lock web@{old}\n\
         \x20 web_a  18.0.1.0.0                changed without a version\n",
        short(&old),
        short(&new)
    );
    env.oca(&["diff", "old.json", "-q"]).stdout(&plain).success();
    env.remove_remotes();
    fs::remove_dir_all(env.cache()).expect("a cache");
    env.oca(&["diff", "old.json", "-q"]).stdout(&plain).success();
    assert!(!env.cache().exists());
    // What cannot be read does not stop the report.
    env.oca(&["diff", "old.json", "--log"])
        .stdout(&plain)
        .stderr(
            "warning: `web`: its changelog could not be read: failed: not found: no git repository at `[TEMP]/remotes/OCA/web.git`\n\
             1 repository (1 changed), 1 module (1 changed)\n",
        )
        .success();
    env.oca(&["diff", "old.json", "--log", "--format", "update"])
        .stderr("error: `--log` does not work with `--format update`\nhint: leave out `--log`\n")
        .status(2);
}

/// One request for the commits, and one for the root trees; one for the files of the news.
#[test]
fn a_server_is_asked_for_no_more_than_is_needed() {
    let env = Env::new();
    let (web, _) = locked(&env);
    let server = Server::start(&env);
    let declared = format!("odoo = \"18.0\"\n{WEB}[repos.web]\nurl = \"{}\"\n", server.url("OCA/web"));
    env.write("repos.toml", declared);
    env.lock();
    env.write("old.json", env.read("oca.lock.json"));
    month(&web);
    env.oca(&["lock", "-q", &format!("web@{}", web.commit_of("18.0"))]).success();
    let before = server.requests().len();
    env.oca(&["diff", "old.json", "--offline", "--log"])
        .stdout_contains("web_c ")
        .stderr_contains("warning: `web`: its changelog could not be read: failed: the remote cannot be asked because oca is offline\n")
        .success();
    assert_eq!(server.requests().len(), before);
    let output = env.oca(&["diff", "old.json", "--log"]).output();
    assert!(output.stdout.contains("    #11 [IMP] web_a: smaller menu\n"), "{}", output.stdout);
    assert!(output.stdout.contains("    | - Smaller menu. (#11)\n"), "{}", output.stdout);
    let asked = server.requests().split_off(before);
    assert!(asked.iter().all(|seen| seen.command() == Some("fetch")), "{asked:?}");
    assert_eq!(asked.len(), 3, "{asked:?}");
    let again = env.oca(&["diff", "old.json", "--log"]).output();
    assert_eq!((&again.stdout, server.requests().len()), (&output.stdout, before + 3));
    // A teammate has nothing in the cache, not even the old commit.
    fs::remove_dir_all(env.cache()).expect("a cache");
    let other = env.oca(&["diff", "old.json", "--log"]).output();
    assert_eq!(other.stdout, again.stdout);
    assert_eq!(server.requests().len(), before + 3 + 5);
}

/// A server without filters sends everything, and then the log knows no modules.
#[test]
fn an_old_server_gives_a_log_without_modules() {
    let env = Env::new();
    let (web, _) = locked(&env);
    let server = Server::builder(&env).without_protocol_2().start();
    env.write(
        "repos.toml",
        format!("odoo = \"18.0\"\n{WEB}[repos.web]\nurl = \"{}\"\n", server.url("OCA/web")),
    );
    env.lock();
    env.write("old.json", env.read("oca.lock.json"));
    month(&web);
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let report = report(&env, &["old.json", "--log"]);
    let log = &report["changes"][0]["repos"][0]["log"];
    assert_eq!(log["commits"], 13);
    let entries = log["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 6);
    assert!(entries.iter().all(|entry| entry["modules"].is_null() && entry["page"].is_null()));
}

#[test]
fn what_strangers_write_stays_text() {
    let env = Env::new();
    let (web, _) = locked(&env);
    let title = "\u{1b}[31m@odoo <b>`x`</b> ![](http://x) closes #1\u{202e}";
    merge(&web, 21, title, |draft| {
        draft
            .file("web_a/x.py", "")
            .file("web_a/readme/HISTORY.md", "```text\n@odoo\u{1b}[2J\n====\n\n# <img>\n")
    });
    merge(&web, 22, &"x".repeat(5_000), |draft| draft.file("web_a/y.py", ""));
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let shown = r"\u{1b}[31m@odoo <b>`x`</b> ![](http://x) closes #1\u{202e}";
    let human = env.oca(&["diff", "old.json", "--log"]).output().stdout;
    assert!(human.contains(&format!("    #21 {shown}\n")), "{human}");
    assert!(human.contains("    | @odoo\\u{1b}[2J\n"), "{human}");
    assert!(human.contains(&format!("    #22 {}...\n", "x".repeat(300))), "{human}");
    let markdown = env.oca(&["diff", "old.json", "--format", "markdown"]).output().stdout;
    assert!(markdown.contains(&format!("pull/21) `` {shown} ``\n")), "{markdown}");
    let block = "    ````text\n    ```text\n    @odoo\\u{1b}[2J\n    # <img>\n    ````\n";
    assert!(markdown.contains(block), "{markdown}");
}

#[test]
fn a_long_log_is_cut_and_counted() {
    let env = Env::new();
    let (web, old) = locked(&env);
    for number in 100..160 {
        merge(&web, number, &format!("[IMP] all: {}", "x".repeat(280)), |draft| {
            draft.file("web_a/x.py", number.to_string()).file("web_b/x.py", number.to_string())
        });
    }
    for number in 160..180 {
        merge(&web, number, "[IMP] web_a", |draft| draft.file("web_a/x.py", number.to_string()));
    }
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let human = env.oca(&["diff", "old.json", "--log"]).output().stdout;
    assert_eq!(human.matches("[IMP] all").count(), 10);
    assert_eq!(human.matches("[IMP] web_a").count(), 3);
    assert!(
        human.contains("  not shown: 67 more requests and commits; `--format json` has all\n"),
        "{human}"
    );
    let markdown = env.oca(&["diff", "old.json", "--format", "markdown"]).output().stdout;
    assert_eq!(markdown.matches("[IMP] all").count(), 30);
    assert!(markdown.contains("- not shown: 40 more requests and commits\n"), "{markdown}");
    env.oca(&["diff", "-q", "old.json", "--format", "markdown", "-o", "body.md"]).success();
    assert_eq!(env.read("body.md").matches("[IMP] ").count(), 80);
    // The way back: nothing is new.
    env.write("new.json", env.read("oca.lock.json"));
    env.oca(&["lock", "-q", &format!("web@{old}")]).success();
    env.oca(&["diff", "-q", "new.json", "--log"])
        .stdout_contains("  goes back by 160 commits, to 2024-10-25\n")
        .success();
}

#[test]
fn a_rewritten_branch_says_so() {
    let env = Env::new();
    let (web, _) = locked(&env);
    web.rewrite("18.0").module("web_a", &[("version", "'18.0.1.0.1'")]).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.oca(&["diff", "-q", "old.json", "--log"])
        .stdout_contains(
            "  1 commit, the newest of 2024-10-25; 1 commit of the old history is not in the new one\n",
        )
        .success();
    let lost = report(&env, &["old.json"]);
    let lost = &lost["changes"][0]["repos"][0]["log"]["lost"];
    assert_eq!(lost.as_array().map(Vec::len), Some(1), "{lost}");
    let path = web.path().to_owned();
    drop(web);
    // Upstream, the old commit is gone.
    env.git(&path, &["reflog", "expire", "--expire=now", "--all"]);
    env.git(&path, &["gc", "-q", "--prune=now"]);
    fs::remove_dir_all(env.cache()).expect("a cache");
    env.oca(&["diff", "old.json", "--log"])
        .stdout_contains("  the remote does not have the old commit any more; the new one is of 2024-10-25\n")
        .stderr("1 repository (1 changed), 2 modules (1 changed, 1 removed)\n")
        .success();
}

#[test]
fn each_pin_of_a_repository_has_its_own_log() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    web.branch("18.0").module("web_a", &[]).commit();
    web.branch("18.0-b").from(&web.commit_of("18.0")).file("b", "").commit();
    env.locked(
        "[profiles.a]\nrepos = [\"web\"]\n[profiles.b]\nrepos = [\"web\"]\npath = \"b\"\n\
         [profiles.b.override.web]\nbranch = \"18.0-b\"\n",
    );
    web.branch("18.0").file("web_a/a.py", "1").message("[FIX] web_a: one").commit();
    web.branch("18.0-b").file("web_a/a.py", "2").message("[FIX] web_a: two").commit();
    let report = env.oca(&["upgrade", "--dry-run", "-q"]).output().to_string();
    for title in ["web_a: one", "web_a: two"] {
        assert_eq!(report.matches(title).count(), 1, "{report}");
    }
    // `oca lock web@…` would not know which of the two.
    assert!(!report.contains("take back"), "{report}");
}

#[test]
fn a_commit_without_a_message_is_told() {
    let env = Env::new();
    let web = web(&env);
    env.locked(WEB);
    web.branch("18.0").file("web_x/a.py", "1").message("").commit();
    web.branch("18.0").file("web_x/a.py", "2").message("[FIX] web_x: two").commit();
    let report = env.oca(&["upgrade", "--dry-run", "-q"]).output().to_string();
    assert!(report.contains("    2 commits") || report.contains("  2 commits"), "{report}");
    assert!(report.contains("(no message)") && report.contains("web_x: two"), "{report}");
}
