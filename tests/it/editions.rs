//! Several editions of one project: the example in `docker/editions`, with repositories of its shape.

use crate::env::Env;
use crate::remote::Remote;

const EXAMPLE: &str = include_str!("../../docker/editions/repos.toml");

const ALL: [&str; 4] = ["core", "marketing", "accounting", "core-19"];

/// The example, locked, with a module or two in each of its repositories.
fn example(env: &Env) {
    let on = |name: &str, modules: &[(&str, &str)]| {
        let remote = Remote::new(env, name);
        for series in ["18.0", "19.0"] {
            let mut draft = remote.branch(series).file("README.md", series);
            for (module, depends) in modules {
                draft = draft.module(module, &[("depends", depends)]);
            }
            draft.commit();
        }
    };
    on("web", &[("web_responsive", "['web']"), ("web_timeline", "['web']")]);
    on("server-tools", &[("auditlog", "['base']"), ("date_range", "['web']")]);
    on("social", &[("mail_tracking", "['mail']")]);
    on("account-reconcile", &[("account_reconcile_oca", "['account']")]);
    on("mis-builder", &[("mis_builder", "['account', 'date_range']")]);
    env.write("repos.toml", EXAMPLE.replace("https://github.com/OCA", "../remotes"));
    env.lock();
}

#[test]
fn one_lock_holds_all_editions_and_both_series() {
    let env = Env::new();
    example(&env);
    let lock = env.read("oca.lock.json");
    let pins = |name: &str| lock.matches(&format!("\"name\": \"{name}\",\n")).count();
    assert_eq!((pins("web"), pins("server-tools"), pins("social")), (2, 2, 1), "{lock}");
    env.oca(&["lock", "--check"]).success();
    env.oca(&["check", "--all-profiles"]).stderr("6 modules, 0 errors, 0 warnings\n").success();
}

#[test]
fn the_series_have_checkouts_of_their_own() {
    let env = Env::new();
    example(&env);
    env.oca(&["sync", "--all-profiles", "-q"]).success();
    assert_eq!(env.read("oca/web/README.md"), "18.0");
    assert_eq!(env.read("oca-19/web/README.md"), "19.0");
    let status = env.oca(&["status", "--all-profiles"]).output();
    assert_eq!(status.code, Some(0), "{status}");
    assert!(status.stdout.lines().count() > 5, "{status}");
    assert!(status.stdout.lines().all(|line| line.contains("  clean  ")), "{status}");
    let paths = [
        "[TEMP]/project/oca/web,[TEMP]/project/oca/server-tools",
        "[TEMP]/project/oca/web,[TEMP]/project/oca/server-tools,[TEMP]/project/oca/social",
        "[TEMP]/project/oca/web,[TEMP]/project/oca/server-tools,[TEMP]/project/oca/mis-builder",
        "[TEMP]/project/oca-19/web,[TEMP]/project/oca-19/server-tools",
    ];
    for (edition, path) in ALL.into_iter().zip(paths) {
        env.oca(&["-p", edition, "-q", "addons-path"]).stdout(&format!("{path}\n")).success();
    }
}

#[test]
fn each_edition_is_an_image_of_its_own() {
    let env = Env::new();
    example(&env);
    let odoo = "/usr/lib/python3/dist-packages/odoo/addons,/mnt/extra-addons";
    let images = [
        ("/mnt/oca-addons", &["server-tools", "web"][..], &["web", "server-tools"][..]),
        ("/mnt/oca-addons", &["server-tools", "social", "web"], &["web", "server-tools", "social"]),
        ("/mnt/oca-addons", &["mis-builder", "server-tools", "web"], &["web", "server-tools", "mis-builder"]),
        ("/mnt/oca-addons-19", &["server-tools", "web"], &["web", "server-tools"]),
    ];
    for (edition, (root, exported, on_path)) in ALL.into_iter().zip(images) {
        let dest = format!("../image-{edition}");
        env.oca(&["-p", edition, "export", &dest, "-q"]).success();
        let mut found: Vec<String> = std::fs::read_dir(env.project().join(&dest))
            .expect("an export")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.') && !name.ends_with(".json"))
            .collect();
        found.sort();
        assert_eq!(found, exported, "{edition}");
        let path: String = on_path.iter().map(|name| format!(",{root}/{name}")).collect();
        env.oca(&["-p", edition, "addons-path", "--image"]).stdout(&format!("{odoo}{path}\n")).success();
        env.oca(&["-p", edition, "verify", &dest]).stderr_contains("as locked").success();
    }
    assert!(env.exists("../image-accounting/server-tools/date_range"), "what a selected module needs");
    assert!(!env.exists("../image-accounting/server-tools/auditlog"), "what nobody selected");
    env.oca(&["-p", "core", "verify", "../image-core-19"])
        .stderr_contains("is an export of profile `core-19`, not of profile `core`")
        .status(1);
}

#[test]
fn moving_one_series_leaves_the_other_alone() {
    let env = Env::new();
    example(&env);
    env.oca(&["sync", "--all-profiles", "-q"]).success();
    let before = env.git("oca/web", &["rev-parse", "HEAD"]);
    let remote = Remote::open(&env, "web");
    let moved = remote.branch("19.0").file("README.md", "19.0, moved").commit();
    env.oca(&["lock", "--upgrade", "-q"]).success();
    env.oca(&["sync", "--all-profiles", "-q"]).success();
    assert_eq!(env.git("oca/web", &["rev-parse", "HEAD"]), before);
    assert_eq!(env.git("oca-19/web", &["rev-parse", "HEAD"]).trim(), moved);
}

#[test]
fn two_series_in_one_directory_are_refused() {
    let env = Env::new();
    example(&env);
    env.edit("repos.toml", "path = \"oca-19\"\n", "");
    env.oca(&["lock", "--check"]).stderr_contains("core-19").status(2);
}
