//! `oca find`: which repositories have a module, asked once a day.

use std::fs;
use std::path::PathBuf;

use crate::env::Env;
use crate::project::{WEB, repository};
use crate::remote::Remote;
use crate::server::{ALWAYS, Fault, Server};

/// `web` and `dms` of OCA's list; `crm` has no 18.0, the others are not there.
fn remotes(env: &Env) -> Remote {
    let web = repository(env, "web", &["web_x", "both"]);
    web.branch("18.0").module("setup", &[]).module("_web", &[]).file("docs.txt", "").commit();
    repository(env, "dms", &["dms", "both"]);
    Remote::new(env, "crm").branch("17.0").module("crm_x", &[]).commit();
    web
}

fn declare(env: &Env, base: &str) {
    env.write("repos.toml", format!("odoo = \"18.0\"\nbase-url = \"{base}\"\n{WEB}"));
}

/// The one file of answers.
fn answers(env: &Env) -> PathBuf {
    let mut files = fs::read_dir(env.cache().join("catalogue")).expect("answers");
    files.next().expect("a file").expect("a file").path()
}

/// Makes all answers so many days old.
fn grow_old(env: &Env, days: u64) {
    let text = fs::read_to_string(answers(env)).expect("the answers");
    let mut old = String::new();
    for part in text.split_inclusive("\"asked\":") {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        match part[..digits].parse::<u64>() {
            Ok(asked) => old.push_str(&(asked - days * 24 * 60 * 60).to_string()),
            Err(_) => old.push_str(&part[..digits]),
        }
        old.push_str(&part[digits..]);
    }
    fs::write(answers(env), old).expect("the answers");
}

#[test]
fn the_repositories_that_have_a_module_are_listed() {
    let env = Env::new();
    remotes(&env);
    for server in [Server::start(&env), Server::builder(&env).deepest_tree(0).start()] {
        declare(&env, &server.base());
        env.oca(&["find", "web_x", "both"]).stdout("web  web_x\ndms  both\nweb  both\n").success();
        assert!(server.connections() <= 8, "{} connections", server.connections());
        assert!(server.requests().iter().all(|seen| !seen.asks("tree:1") && !seen.asks("blob:none")));
        assert_eq!(server.count("POST /web.git/git-upload-pack fetch"), 2, "the commit and its root");
    }
    assert!(!env.cache().join("stores").exists(), "no store promises trees that it has not");
}

#[test]
fn answers_of_today_are_not_asked_for_again() {
    let env = Env::new();
    let web = remotes(&env);
    let server = Server::start(&env);
    declare(&env, &server.base());
    env.oca(&["find", "web_x"]).stdout("web  web_x\n").success();
    let requests = server.requests().len();
    web.branch("18.0").module("web_new", &[]).commit();
    env.oca(&["find", "dms"]).stdout("dms  dms\n").success();
    env.oca(&["find", "web_new"])
        .stderr(
            "error: none of the 230 repositories asked has `web_new` for Odoo 18.0\n\
             hint: check the name; if the module is new, run `oca find --refresh web_new`; \
             if oca does not know its repository, add the name of the repository to `repos` of `[find]`\n",
        )
        .status(1);
    assert_eq!(server.requests().len(), requests, "all of it is known, that nothing is there too");
    env.oca(&["find", "web_new", "--refresh"]).stdout("web  web_new\n").success();
    grow_old(&env, 1);
    web.branch("18.0").remove("web_new/__init__.py").remove("web_new/__manifest__.py").commit();
    env.oca(&["find", "web_new"])
        .stderr_contains("error: none of the 230 repositories asked has `web_new`")
        .status(1);
    env.oca(&["cache", "clean"]).success();
    assert!(!env.cache().join("catalogue").exists());
}

#[test]
fn a_project_is_not_needed_and_a_series_can_be_named() {
    let env = Env::new();
    remotes(&env);
    env.oca(&["find", "web_x"])
        .stderr(
            "error: the Odoo series is unknown: there is no `repos.toml` here or in a parent directory\n\
             hint: use `--odoo`, for example `--odoo 18.0`\n",
        )
        .status(2);
    env.oca(&["find", "web_x", "--odoo", "18.0", "--offline"])
        .stderr(
            "error: no repository under `https://github.com/OCA` could be reached\n\
             caused by: the remote cannot be asked because oca is offline\n\
             hint: run the command without `--offline` and without `OCA_OFFLINE`\n",
        )
        .status(3);
    declare(&env, "../remotes");
    env.oca(&["find", "crm_x", "--odoo", "17.0"]).stdout("crm  crm_x\n").success();
    env.oca(&["find", "crm_y"])
        .stderr_contains("error: none of the 230 repositories asked has `crm_y` for Odoo 18.0\n")
        .status(1);
    env.write("repos.toml", format!("{}[profiles.other]\n", env.read("repos.toml")));
    env.oca(&["find", "crm_x"]).stderr_contains("several profiles and no `default-profile`").status(2);
    env.oca(&["find", "crm_x", "--odoo", "17.0"]).stdout("crm  crm_x\n").success();
}

#[test]
fn a_misspelt_name_gets_a_suggestion() {
    let env = Env::new();
    remotes(&env);
    declare(&env, "../remotes");
    env.oca(&["find", "web_x", "boht"])
        .stdout("web  web_x\n")
        .stderr("error: none of the 230 repositories asked has `boht` for Odoo 18.0\nhint: did you mean `both`?\n")
        .status(1);
}

#[test]
fn what_the_project_and_odoo_have_is_not_searched() {
    let env = Env::new();
    remotes(&env);
    env.locked(WEB);
    env.remove_remotes();
    env.oca(&["find", "web_x", "sale"])
        .stdout("web  web_x\n")
        .stderr("the profile has `web` already\n`sale` is Odoo's own\n")
        .success();
    env.oca(&["find", "web_x", "sale", "--format", "json"])
        .stdout(
            "{\n  \"version\": 1,\n  \"odoo\": \"18.0\",\n  \"modules\": [\n    {\n      \"name\": \"web_x\",\n      \
             \"core\": false,\n      \"locked\": true,\n      \"repos\": [\n        \"web\"\n      ],\n      \"containing\": []\n    },\n    {\n      \
             \"name\": \"sale\",\n      \"core\": true,\n      \"locked\": false,\n      \"repos\": [],\n      \"containing\": []\n    }\n  ],\n  \
             \"unasked\": []\n}\n",
        )
        .success();
}

#[test]
fn a_repository_that_is_declared_counts_before_the_list_knows_it() {
    let env = Env::new();
    repository(&env, "brand-new", &["brand_new"]);
    env.declare("[profiles.standard]\nrepos = [\"brand-new\"]\n");
    env.oca(&["find", "brand_new"]).stdout("brand-new  brand_new\n").success();
}

#[test]
fn repositories_that_the_list_does_not_know_are_found_by_find_repos_the_lock_and_requirements() {
    let env = Env::new();
    for name in ["brand-new", "required", "locked"] {
        repository(&env, name, &[&name.replace('-', "_")]);
    }
    let server = Server::start(&env);
    let line = format!("required @ git+{}/required.git@18.0#subdirectory=required", server.base());
    repository(&env, "web", &["web_x"]).branch("18.0").file("requirements.txt", format!("{line}\n")).commit();
    declare(&env, &server.base());
    env.write("repos.toml", env.read("repos.toml").replace("[\"web\"]", "[\"web\", \"locked\"]"));
    env.oca(&["lock", "-q"]).success();
    declare(&env, &server.base());
    for name in ["required", "locked"] {
        env.oca(&["find", name]).stdout(&format!("{name}  {name}\n")).success();
    }
    env.oca(&["find", "brand_new"])
        .stderr_contains("error: none of the 232 repositories asked has `brand_new` for Odoo 18.0\n")
        .stderr_contains("add the name of the repository to `repos` of `[find]`\n")
        .status(1);
    env.write("repos.toml", format!("{}[find]\nrepos = [\"brand-new\"]\n", env.read("repos.toml")));
    env.oca(&["find", "brand_new"]).stdout("brand-new  brand_new\n").success();
    env.oca(&["add", "--module", "brand_new", "-q"]).success();
    assert!(env.read("repos.toml").contains("[\"web\", \"brand-new\"]"), "{}", env.read("repos.toml"));
}

#[test]
fn failures_of_some_repositories_are_reported_and_the_others_answer() {
    let env = Env::new();
    remotes(&env);
    let server = Server::start(&env);
    server.fault("/dms.git/", ALWAYS, Fault::Status(403));
    server.fault("/hr.git/", ALWAYS, Fault::Status(403));
    server.fault("/wms.git/", ALWAYS, Fault::Status(401));
    declare(&env, &server.base());
    let warning = "warning: cannot ask `dms`, `hr`: the server denies access (status 403)\n";
    env.oca(&["find", "web_x"]).stdout("web  web_x\n").stderr(warning).success();
    let requests = server.requests().len();
    env.oca(&["find", "dms"])
        .stderr(&format!(
            "{warning}error: none of the 228 repositories asked has `dms` for Odoo 18.0\n\
             hint: run the command again; some repositories could not be reached\n"
        ))
        .status(3);
    assert_eq!(server.requests().len(), requests + 4, "only these are asked again");
    env.oca(&["find", "both", "--format", "json"])
        .stdout_contains("\"repos\": [\n        \"web\"\n      ]")
        .stdout_contains("\"unasked\": [\n    \"dms\",\n    \"hr\"\n  ]")
        .stderr(warning)
        .success();
}

#[test]
fn what_passes_is_asked_again() {
    let env = Env::new();
    remotes(&env);
    let server = Server::start(&env);
    server.fault("/dms.git/git-upload-pack ls-refs", 1, Fault::Status(500));
    server.fault("/web.git/git-upload-pack fetch", 1, Fault::CorruptPack);
    declare(&env, &server.base());
    env.oca(&["find", "both"]).stdout("dms  both\nweb  both\n").success();
}

#[test]
fn if_no_repository_answers_only_the_first_are_waited_for() {
    let env = Env::new();
    remotes(&env);
    let server = Server::start(&env);
    server.fault("/", ALWAYS, Fault::Status(403));
    declare(&env, &server.base());
    env.oca(&["find", "web_x"])
        .stderr(
            "error: no repository under `http://127.0.0.1:[PORT]` could be reached\n\
             caused by: the server denies access (status 403)\n\
             hint: check the permissions of your token\n",
        )
        .status(3);
    // At most four for each of the 64 that are asked at once.
    assert!(server.requests().len() <= 256, "{}", server.requests().len());
    assert!(!env.cache().join("catalogue").exists(), "no answer is kept of it");
}

#[test]
fn a_base_url_without_any_repository_is_no_answer() {
    let env = Env::new();
    let server = Server::start(&env);
    declare(&env, &server.base());
    env.oca(&["find", "web_x"])
        .stderr_contains(
            "error: no repository under `http://127.0.0.1:[PORT]` could be reached\ncaused by: not found: ",
        )
        .status(3);
    assert!(!env.cache().join("catalogue").exists());
}

#[test]
fn offline_old_answers_count_and_their_age_is_told() {
    let env = Env::new();
    remotes(&env);
    let server = Server::start(&env);
    declare(&env, &server.base());
    env.oca(&["find", "web_x", "--offline"])
        .stderr_contains("caused by: the remote cannot be asked because oca is offline\n")
        .status(3);
    env.oca(&["find", "web_x"]).stdout("web  web_x\n").success();
    let requests = server.requests().len();
    env.oca(&["find", "web_x", "--offline"]).stdout("web  web_x\n").success();
    grow_old(&env, 3);
    let note = "offline: using answers from 3 days ago\n";
    env.oca(&["find", "web_x", "--offline"]).stdout("web  web_x\n").stderr(note).success();
    assert_eq!(server.requests().len(), requests);
    drop(server);
    // The network is gone, and nobody said so: some are tried, and what is known still counts.
    env.oca(&["find", "web_x", "-j", "1"])
        .stdout("web  web_x\n")
        .stderr_contains("warning: cannot ask ")
        .stderr_contains("using answers from 3 days ago\n")
        .success();
}

#[test]
fn answers_that_cannot_be_read_are_asked_for_again() {
    let env = Env::new();
    remotes(&env);
    declare(&env, "../remotes");
    for spoiled in ["", "{", "[]", "{\"version\":9}", "\0"] {
        env.oca(&["find", "web_x"]).stdout("web  web_x\n").success();
        fs::write(answers(&env), spoiled).expect("the answers");
    }
    env.oca(&["find", "web_x"]).stdout("web  web_x\n").success();
}

#[test]
fn servers_without_filters_and_other_transports_work_too() {
    let env = Env::new();
    remotes(&env);
    for server in [
        Server::builder(&env).without_filter().start(),
        Server::builder(&env).without_protocol_2().start(),
        Server::builder(&env).without_protocol_2().without_exact_commits().start(),
    ] {
        declare(&env, &server.base());
        env.oca(&["find", "both"]).stdout("dms  both\nweb  both\n").success();
    }
    let daemon = crate::daemon::Daemon::start(&env);
    declare(&env, daemon.url("").trim_end_matches("/.git"));
    env.oca(&["find", "both", "-q"]).stdout("dms  both\nweb  both\n").success();
    for base in ["../remotes", &format!("file://{}", env.remotes().display())] {
        declare(&env, base);
        env.oca(&["find", "both"]).stdout("dms  both\nweb  both\n").success();
        assert!(env.scratch().read_dir().expect("a folder").next().is_none(), "nothing is left behind");
    }
}

#[test]
fn verbose_lists_skipped_repositories() {
    let env = Env::new();
    remotes(&env);
    declare(&env, "../remotes");
    env.oca(&["find", "dms", "-v"])
        .stdout("dms  dms\n")
        .stderr_contains("crm: skipped: the remote has no branch `18.0`\n")
        .stderr_contains("dms: 2 directories\n")
        .stderr_contains("hr: skipped: not found: no git repository at `[TEMP]/remotes/hr.git`\n")
        .success();
}

#[test]
fn several_may_search_at_once() {
    let env = Env::new();
    remotes(&env);
    declare(&env, "../remotes");
    let runs = [(); 3].map(|()| env.oca(&["find", "web_x"]).stdout("web  web_x\n").spawn());
    runs.into_iter().for_each(crate::run::Running::success);
}
