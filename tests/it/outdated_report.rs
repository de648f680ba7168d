//! `oca outdated`: what an upgrade would bring, before anything is locked.

use serde_json::{Value, json};

use crate::env::Env;
use crate::lock_diff_log::merge;
use crate::project::{WEB, repository, short};
use crate::remote::Remote;
use crate::server::{ALWAYS, Fault, Server};

const FOUR: &str = "[profiles.standard]\nrepos = [\"web\", \"dms\", \"crm\", \"hr\"]\n\
    [repos.dms]\nhold = true\n[repos.crm]\naddons = [\"addons\"]\n";

/// Four repositories: `web` moved by a request, `dms` is held, `crm` cannot be read any more, and `hr` did not move.
fn moved(env: &Env) -> [Remote; 3] {
    let [web, dms, _] = ["web", "dms", "hr"].map(|name| repository(env, name, &[name]));
    let crm = Remote::new(env, "crm");
    crm.branch("18.0").file("README.md", "").module("addons/crm_x", &[]).commit();
    env.locked(FOUR);
    merge(&web, 7, "[IMP] web: a new field", |draft| draft.module("web", &[("version", "'18.0.2.0.0'")]));
    dms.branch("18.0").module("dms_more", &[]).commit();
    crm.branch("18.0").remove("addons").commit();
    [web, dms, crm]
}

#[test]
fn an_upgrade_is_told_before_it_is_made() {
    let env = Env::new();
    let remotes = moved(&env);
    let before = env.read("oca.lock.json");
    let old = ["web", "dms", "crm"].map(|name| env.locked_commit(name));
    let new = remotes.each_ref().map(|remote| remote.commit_of("18.0"));
    let arrows: Vec<String> =
        std::iter::zip(&old, &new).map(|(old, new)| format!("{} -> {}", short(old), short(new))).collect();
    let [web, dms, crm] = arrows.as_slice() else { panic!("three") };
    let report = format!(
        "web    {web}  branch 18.0\n\
         \x20 take back: oca lock web@{}\n\
         \x20 2 commits, the newest of 2024-10-25\n\
         \x20 web  18.0.1.0.0 -> 18.0.2.0.0  major\n\
         \x20   #7 [IMP] web: a new field\n",
        old[0]
    );
    env.oca(&["outdated"])
        .stdout(&format!(
            "{report}\
             dms    {dms}  branch 18.0  held\n\
             \x20 1 commit, the newest of 2024-10-25\n\
             crm    {crm}  branch 18.0  an upgrade would fail: there is no directory `addons`\n\
             \x20 1 commit, the newest of 2024-10-25\n"
        ))
        .stderr("3 of 4 repositories outdated, 1 of them held\n")
        .success();
    env.oca(&["outdated", "web", "-q", "--exit-code"]).stdout(&report).status(1);
    env.oca(&["outdated", "--format", "markdown", "-q"])
        .stdout(&format!(
            "## Not moved\n\n\
             - `dms` `{}` → `{}`: `held`; 1 commit, the newest of 2024-10-25\n\
             - `crm` `{}` → `{}`: `` an upgrade would fail: there is no directory `addons` ``; 1 commit, the newest of 2024-10-25\n\n\
             ## Odoo 18.0: `standard`\n\n\
             1 repository (1 changed), 1 module (1 changed).\n\n\
             ### `web`: `{}` → `{}`\n\n\
             - to take it back: `oca lock web@{}`\n\
             - 2 commits, the newest of 2024-10-25\n\
             - `web` `18.0.1.0.0` → `18.0.2.0.0`: major\n\
             \x20 - `#7` `[IMP] web: a new field`\n",
            short(&old[1]),
            short(&new[1]),
            short(&old[2]),
            short(&new[2]),
            short(&old[0]),
            short(&new[0]),
            old[0]
        ))
        .success();
    let output = env.oca(&["outdated", "--format", "json"]).output();
    let told: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let time = told["repos"][1]["time"].as_i64().expect("a time");
    assert_eq!(
        told["repos"][1],
        json!({
            "name": "dms", "locked": old[1], "head": new[1], "hold": true,
            "commits": 1, "time": time, "stays": "held"
        })
    );
    assert_eq!((&told["repos"][0]["stays"], &told["repos"][0]["commits"]), (&Value::Null, &json!(2)));
    let change = &told["changes"][0];
    assert_eq!(change["modules"][0]["step"], "major");
    assert_eq!(change["repos"][0]["log"]["entries"][0]["request"], 7);
    env.assert_file("oca.lock.json", &before);
    // One report in three places.
    env.oca(&["lock", "--upgrade", "web", "--dry-run", "-q"]).stdout(&report).success();
    env.write("old.json", &before);
    env.oca(&["lock", "--upgrade", "web", "-q"]).success();
    env.oca(&["diff", "old.json", "-q"]).stdout(&report).success();
}

#[test]
fn an_upgrade_that_would_lose_a_selected_module_is_named() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_a", "web_b"]);
    env.locked(&format!("{WEB}modules = [\"web_a\"]\n"));
    let old = web.commit_of("18.0");
    let new = web.branch("18.0").remove("web_a").commit();
    env.oca(&["outdated"])
        .stdout(&format!(
            "web  {} -> {}  branch 18.0\n  1 commit, the newest of 2024-10-25\n",
            short(&old),
            short(&new)
        ))
        .stderr_contains("warning: an upgrade would fail: ")
        .stderr_contains("1 of 1 repository outdated\n")
        .success();
}

#[test]
fn a_pin_that_must_cool_down_says_why_it_stays() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_a"]);
    env.locked(WEB);
    let old = web.commit_of("18.0");
    let new = web.branch("18.0").file("web_a/x.py", "").commit();
    env.declare(&format!("{WEB}[lock]\ncooldown = \"20000 days\"\n"));
    env.oca(&["outdated"])
        .stdout(&format!(
            "web  {} -> {}  branch 18.0  the newer commits are younger than 20000 days\n\
             \x20 1 commit, the newest of 2024-10-25\n",
            short(&old),
            short(&new)
        ))
        .stderr("1 of 1 repository outdated\n")
        .success();
}

/// The commits of a held pin are counted. If that fails, a warning says so.
#[test]
fn a_history_that_cannot_be_read_does_not_hide_the_pin() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_a"]);
    let server = Server::start(&env);
    env.locked(&format!("{WEB}[repos.web]\nhold = true\nurl = \"{}\"\n", server.url("web")));
    let old = web.commit_of("18.0");
    let new = web.branch("18.0").file("web_a/x.py", "").commit();
    server.fault("upload-pack fetch", ALWAYS, Fault::Status(403));
    env.oca(&["outdated"])
        .stdout(&format!("web  {} -> {}  branch 18.0  held\n", short(&old), short(&new)))
        .stderr_contains("1 of 1 repository outdated, 1 of them held\n")
        .stderr_contains("warning: `web`: its changelog could not be read: ")
        .success();
}

/// If nothing moved, only the heads are asked for. A pin that moved costs one request more: for the commits since then,
/// with their trees and manifests.
#[test]
fn servers_are_asked_for_what_moved_only() {
    let env = Env::new();
    let [web, _] = ["web", "dms"].map(|name| repository(&env, name, &[name]));
    let server = Server::start(&env);
    let url = |name: &str| format!("[repos.{name}]\nurl = \"{}\"\n", server.url(name));
    env.locked(&format!("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n{}{}", url("web"), url("dms")));
    let count = |args: &[&str]| {
        let before = server.requests().len();
        env.oca(args).output();
        server.requests().len() - before
    };
    assert_eq!(count(&["outdated"]), 2);
    merge(&web, 7, "[IMP] web: a new field", |draft| draft.module("web", &[("version", "'18.0.2.0.0'")]));
    assert_eq!(count(&["outdated"]), 2 + 1);
    // The cache has the rest now.
    assert_eq!(count(&["outdated"]), 2);
    assert_eq!(count(&["lock", "--upgrade", "--dry-run"]), 2);
}
