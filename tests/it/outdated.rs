//! `oca outdated`: the pins against the heads of what they follow.

use crate::env::Env;
use crate::harness::web;
use crate::merges::{declare, locked, requested};
use crate::project::{WEB, repository, short};

#[test]
fn pins_behind_their_branch_are_listed() {
    let env = Env::new();
    let remotes = ["web", "dms", "crm"].map(|name| repository(&env, name, &[]));
    env.locked("[profiles.standard]\nrepos = [\"web\", \"dms\", \"crm\"]\n[repos.dms]\nhold = true\n");
    let before = env.read("oca.lock.json");
    env.oca(&["outdated"]).stderr("0 of 3 repositories outdated\n").success();
    env.oca(&["outdated", "--exit-code", "-q"]).success();
    let [web, dms, _] = &remotes;
    let moved = [web, dms].map(|remote| {
        let old = remote.commit_of("18.0");
        (old, remote.branch("18.0").module("more", &[]).commit())
    });
    let back = format!("  take back: oca lock web@{}\n", moved[0].0);
    let added = format!("  more  18.0.1.0.0                new\n    {} [IMP] a change\n", short(&moved[0].1));
    let behind = "  1 commit, the newest of 2024-10-25\n";
    let [web, dms] = moved.each_ref().map(|(old, new)| format!("{} -> {}", short(old), short(new)));
    let table = format!(
        "web     {web}  branch 18.0\n{back}{behind}{added}dms     {dms}  branch 18.0  held\n{behind}"
    );
    env.oca(&["outdated"]).stdout(&table).stderr("2 of 3 repositories outdated, 1 of them held\n").success();
    env.oca(&["outdated", "-v"])
        .stdout(&table)
        .stderr(
            "web: outdated\ndms: outdated\ncrm: up to date\n2 of 3 repositories outdated, 1 of them held\n",
        )
        .success();
    env.oca(&["outdated", "--exit-code", "-q"]).stdout(&table).status(1);
    env.assert_file("oca.lock.json", &before);
    // A nightly job is not red because of what was held on purpose.
    env.oca(&["lock", "--upgrade", "-q"]).success();
    env.oca(&["outdated", "--exit-code"])
        .stdout(&format!("dms  {dms}  branch 18.0  held\n{behind}"))
        .stderr("1 of 3 repositories outdated, 1 of them held\n")
        .success();
}

#[test]
fn machines_get_what_could_not_be_asked() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.remove_remotes();
    for words in [&["outdated"][..], &["lock", "--check", "--upstream"]] {
        let output = env.oca(&[words, &["--format", "json", "--offline"]].concat()).output();
        assert_eq!(output.code, Some(3), "{output}");
        let told: serde_json::Value = serde_json::from_str(&output.stdout).expect("JSON");
        assert_eq!(told["errors"][0]["repos"], serde_json::json!(["web"]), "{output}");
        assert!(
            told["errors"][0]["message"].as_str().is_some_and(|text| text.starts_with("cannot fetch `web`"))
        );
        assert_ne!(told["fresh"], true, "{output}");
    }
}

#[test]
fn machines_get_both_commits() {
    let env = Env::new();
    let remote = web(&env);
    env.locked(WEB);
    env.oca(&["outdated", "--format", "json"])
        .stdout("{\n  \"version\": 1,\n  \"repos\": [],\n  \"merges\": [],\n  \"requests\": [],\n  \"changes\": [],\n  \"errors\": []\n}\n")
        .success();
    let locked = remote.commit_of("18.0");
    let head = remote.branch("18.0").file("x", "").commit();
    let output = env.oca(&["outdated", "--format", "json", "--exit-code"]).output();
    assert_eq!(output.code, Some(1));
    let told: serde_json::Value = serde_json::from_str(&output.stdout).expect("JSON");
    let expected = serde_json::json!([{
        "name": "web", "locked": locked, "head": head, "hold": false,
        "commits": 1, "time": 1_729_814_520, "stays": null
    }]);
    assert_eq!(told["repos"], expected);
}

#[test]
fn a_tag_that_moved_counts_and_a_commit_by_its_id_cannot() {
    let env = Env::new();
    let remote = web(&env);
    let [new, old] = [remote.commit_of("18.0"), remote.commit_of("18.0~1")];
    remote.tag("v1", &old);
    repository(&env, "dms", &[]).branch("18.0").file("x", "").commit();
    env.locked(&format!("{WEB}[repos.web]\ntag = \"v1\"\n"));
    remote.tag("v1", &new);
    env.oca(&["outdated", "-q"])
        .stdout(&format!(
            "web      {} -> {}  tag v1\n\
             \x20 take back: oca lock web@{old}\n\
             \x20 1 commit, the newest of 2024-10-25\n\
             \x20 web_x  18.0.1.0.0                new\n\
             \x20   {} [IMP] a change\n",
            short(&old),
            short(&new),
            short(&new)
        ))
        .success();
    env.locked(&format!("{WEB}[repos.web]\nrev = \"{old}\"\n"));
    env.remove_remotes();
    env.oca(&["outdated"]).stderr("0 of 0 repositories outdated\n").success();
}

#[test]
fn the_profile_narrows_and_all_profiles_widen() {
    let env = Env::new();
    web(&env);
    repository(&env, "dms", &[]);
    env.locked(&format!(
        "default-profile = \"standard\"\n{WEB}[profiles.more]\nrepos = [\"web\", \"dms\"]\n"
    ));
    env.oca(&["outdated"]).stderr("0 of 1 repository outdated\n").success();
    env.oca(&["outdated", "-p", "more"]).stderr("0 of 2 repositories outdated\n").success();
    env.oca(&["outdated", "--all-profiles"])
        .env("OCA_PROFILE", "standard")
        .stderr("0 of 2 repositories outdated\n")
        .success();
}

#[test]
fn a_remote_that_cannot_be_asked_fails_after_the_others_are_told() {
    let env = Env::new();
    let remote = web(&env);
    repository(&env, "dms", &[]);
    env.locked("[profiles.standard]\nrepos = [\"web\", \"dms\"]\n");
    let old = remote.commit_of("18.0");
    let new = remote.branch("18.0").file("x", "").commit();
    std::fs::remove_dir_all(env.remotes().join("dms.git")).expect("the repository can be removed");
    env.oca(&["outdated", "-v"])
        .stdout(&format!(
            "web  {} -> {}  branch 18.0\n\
             \x20 take back: oca lock web@{old}\n\
             \x20 1 commit, the newest of 2024-10-25\n\
             \x20 not shown: 1 request or commit that changes none of these modules; `--format json` has all\n",
            short(&old),
            short(&new)
        ))
        .stderr(
            "web: outdated\n\
             1 of 2 repositories outdated\n\
             error: cannot fetch `dms` from `../remotes/dms.git`\n\
             caused by: not found: no git repository at `[TEMP]/remotes/dms.git`\n\
             hint: check the url; `git ls-remote ../remotes/dms.git` should list its branches\n",
        )
        .status(3);
}

/// Nothing that the cache has answers where a branch is now.
#[test]
fn offline_the_hint_asks_for_a_run_with_the_network() {
    let env = Env::new();
    repository(&env, "web", &[]);
    let server = crate::server::Server::start(&env);
    env.locked(&format!("{WEB}[repos.web]\nurl = \"{}\"\n", server.url("web")));
    env.oca(&["--offline", "outdated"])
        .stderr_contains("hint: run the command without `--offline` and without `OCA_OFFLINE`\n")
        .status(3);
}

#[test]
fn merges_are_taken_back_with_their_repository() {
    let env = Env::new();
    let remote = requested(&env);
    declare(&env, "merges = [\"#1\", \"#2\"]");
    env.oca(&["lock", "-q"]).success();
    let old = env.read("oca.lock.json");
    let (pin, merge) = (env.locked_commit("web"), locked(&env, "\"#1\"", "commit"));
    remote.pull(1).file("web_x/1.txt", "more\n").commit();
    remote.branch("18.0").file("web_x/head.txt", "head\n").commit();
    let back = format!("take back: oca lock web@{pin} 'web#1@{merge}'\n");
    env.oca(&["outdated"]).stdout_contains(&back).stderr("1 of 1 repository outdated\n").success();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.oca(&["lock", "-q", &format!("web@{pin}"), &format!("web#1@{merge}")]).success();
    env.assert_file("oca.lock.json", &old);
}
