//! `oca sbom`: what an export holds, as CycloneDX and SPDX.

use std::process::Stdio;

use serde_json::Value;

use crate::env::Env;
use crate::harness::web;
use crate::merges::{declare, requested};
use crate::project::{BOTH, WEB, repository};
use crate::remote::Remote;

/// Runs `oca sbom` with these arguments; nothing may be said on stderr.
#[track_caller]
fn sbom(env: &Env, args: &[&str]) -> Value {
    let output = env.oca(&["sbom"]).args(args).output();
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{output}");
    serde_json::from_str(&output.stdout).expect("JSON")
}

fn texts<'v>(values: &'v Value, key: &str) -> Vec<&'v str> {
    let values = values.as_array().into_iter().flatten();
    values.map(|value| value[key].as_str().unwrap_or_default()).collect()
}

/// The component with this reference.
#[track_caller]
fn component<'v>(components: &'v Value, reference: &str) -> &'v Value {
    let all = components.as_array().into_iter().flatten();
    let parts =
        all.flat_map(|one| std::iter::once(one).chain(one["components"].as_array().into_iter().flatten()));
    let mut found = parts.filter(|one| one["bom-ref"] == reference);
    found.next().unwrap_or_else(|| panic!("no `{reference}` in {components:#}"))
}

/// What a component needs.
fn needs<'v>(bom: &'v Value, reference: &str) -> Vec<&'v str> {
    let mut all = bom["dependencies"].as_array().into_iter().flatten();
    let found = all.find(|one| one["ref"] == reference).expect("an entry");
    found["dependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Each property as `NAME=VALUE`.
fn properties(component: &Value) -> Vec<String> {
    let all = component["properties"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.map(|one| format!("{}={}", text(&one["name"]), text(&one["value"]))).collect()
}

#[test]
fn it_is_written_to_a_file_and_a_closed_output_is_no_error() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    for format in ["cyclonedx", "spdx"] {
        let printed = env.oca(&["sbom", "--format", format]).output().stdout;
        env.oca(&["sbom", "--format", format, "-o", "sbom.json"]).success();
        env.assert_file("sbom.json", &printed);
        let mut command = env.command(env!("CARGO_BIN_EXE_oca"));
        command.args(["sbom", "--format", format]).current_dir(env.project());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        drop(child.stdout.take());
        assert!(child.wait().expect("our child").success());
    }
    env.oca(&["sbom", "-o", "no/sbom.json"]).stderr_contains("there is no directory `no`").status(2);
    env.edit("repos.toml", "18.0", "17.0");
    env.oca(&["sbom"]).stderr_contains("error: `oca.lock.json` is out of date").status(1);
}

#[test]
fn the_date_is_that_of_the_environment() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let created = |format, date: &str, path: &str| {
        let output = env.oca(&["sbom", "--format", format]).env("SOURCE_DATE_EPOCH", date).output();
        let document: Value = serde_json::from_str(&output.stdout).expect("JSON");
        document.pointer(path).cloned().unwrap_or_default()
    };
    for (format, path, without) in [
        ("cyclonedx", "/metadata/timestamp", Value::Null),
        ("spdx", "/creationInfo/created", "1970-01-01T00:00:00Z".into()),
    ] {
        assert_eq!(created(format, "1709208009", path), "2024-02-29T12:00:09Z");
        assert_eq!(created(format, "", path), without);
    }
    env.oca(&["sbom"])
        .env("SOURCE_DATE_EPOCH", "253402300800")
        .stderr_contains("`SOURCE_DATE_EPOCH` must be a Unix timestamp, not `253402300800`")
        .status(2);
}

#[test]
fn it_has_the_modules_of_the_export() {
    let env = Env::new();
    web(&env);
    repository(&env, "dms", &["dms", "web_x"]);
    let listed = |args: &[&str]| {
        let bom = sbom(&env, args);
        let repos = bom["components"].as_array().cloned().unwrap_or_default();
        repos
            .iter()
            .flat_map(|repo| texts(&repo["components"], "bom-ref"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    env.locked(BOTH);
    assert_eq!(listed(&[]), ["module:web/web_x", "module:dms/dms", "module:dms/web_x"]);
    env.locked(&format!("{BOTH}[image]\nlayout = \"flat\"\n"));
    assert_eq!(listed(&[]), ["module:web/web_x", "module:dms/dms"]);
    env.locked(&format!("{BOTH}modules = [\"dms\"]\n"));
    assert_eq!(listed(&[]), ["module:dms/dms"]);
    env.oca(&["sbom", "--all-profiles"]).stderr_contains("error: ").status(2);
}

#[test]
fn a_tree_is_the_hash_only_if_nothing_is_left_out() {
    let env = Env::new();
    let remote = web(&env);
    let tree = format!("swh:1:dir:{}", remote.tree_of("18.0", "web_x"));
    for rule in ["languages = [\"fr\"]", "drop = [\"tests\"]"] {
        env.locked(&format!("{WEB}[export]\n{rule}\n"));
        let bom = sbom(&env, &[]);
        let module = component(&bom["components"], "module:web/web_x");
        assert_eq!(module["swhid"], Value::Null);
        assert!(properties(module).contains(&format!("oca:source-swhid={tree}")), "{module:#}");
        let spdx = env.oca(&["sbom", "--format", "spdx"]).output().stdout;
        assert!(!spdx.contains("\"swh\"") && spdx.contains(&tree), "{spdx}");
    }
    let rules = properties(&sbom(&env, &[])["metadata"]["component"]);
    assert_eq!(rules, ["oca:odoo=18.0", "oca:layout=repos", "oca:drop=tests"]);
}

#[test]
fn own_modules_are_in_it_only_if_asked_for() {
    let env = Env::new();
    web(&env);
    env.locked(&format!("{WEB}[[local]]\npath = \"addons\"\n"));
    env.own_module(
        "addons/mine",
        "{'name': 'Mine', 'version': '1.0', 'license': 'OPL-1', 'depends': ['web_x'],
          'external_dependencies': {'python': ['requests']}}",
    );
    let without = sbom(&env, &[]);
    assert_eq!(texts(&without["components"], "bom-ref"), ["repo:web"]);
    let bom = sbom(&env, &["--own"]);
    assert_eq!(texts(&bom["components"], "bom-ref"), ["own:addons", "repo:web", "pypi:requests"]);
    let mine = component(&bom["components"], "own-module:addons/mine");
    assert_eq!((&mine["purl"], &mine["version"]), (&"pkg:generic/mine".into(), &"1.0".into()));
    assert_eq!(mine["licenses"][0]["license"]["name"], "OPL-1");
    assert_eq!(needs(&bom, "own-module:addons/mine"), ["module:web/web_x", "pypi:requests"]);
    assert_ne!(bom["serialNumber"], without["serialNumber"]);
}

#[test]
fn merges_and_patches_are_the_pedigree_of_what_they_change() {
    let env = Env::new();
    let remote = requested(&env);
    remote.branch("18.0").module("web_same", &[]).commit();
    env.write(
        "patches/x.patch",
        "--- a/web_x/x.txt\n+++ b/web_x/x.txt\n@@ -10,3 +10,3 @@\n 10\n-11\n+eleven\n 12\n",
    );
    declare(&env, "merges = [\"#1\", \"#2\"]\npatches = [\"patches/x.patch\"]");
    env.lock();
    env.remove_remotes();
    let bom = sbom(&env, &[]);
    let base = env.locked_commit("web");
    let commits = |reference| {
        let pedigree = &component(&bom["components"], reference)["pedigree"];
        let files = pedigree["patches"].as_array().into_iter().flatten();
        let files: Vec<&str> = files.filter_map(|patch| patch["diff"]["url"].as_str()).collect();
        (texts(&pedigree["commits"], "message").join(" "), files.join(" "))
    };
    let all = "oca.lock.d/web/01-1.patch oca.lock.d/web/02-2.patch oca.lock.d/web/03-x.patch";
    assert_eq!(commits("repo:web"), ("#1 #2".to_owned(), all.to_owned()));
    assert_eq!(commits("module:web/web_x"), ("#1 #2".to_owned(), all.to_owned()));
    assert_eq!(commits("module:web/web_new"), ("#2".to_owned(), "oca.lock.d/web/02-2.patch".to_owned()));
    assert_eq!(component(&bom["components"], "module:web/web_same")["pedigree"], Value::Null);
    let changed = component(&bom["components"], "module:web/web_x");
    let purl = format!("pkg:generic/web@{base}#web_x");
    assert_eq!(
        (&changed["purl"], &changed["pedigree"]["ancestors"][0]["purl"]),
        (&purl.clone().into(), &purl.into())
    );
    // What a merge brings is in its commit.
    let brought = component(&bom["components"], "module:web/web_new");
    let merged = crate::merges::locked(&env, "\"#2\"", "commit");
    assert_eq!(brought["purl"], format!("pkg:generic/web@{merged}#web_new"));
    assert_eq!(brought["pedigree"]["ancestors"], Value::Null);

    let spdx = sbom(&env, &["--format", "spdx"]);
    let relations = spdx["relationships"].as_array().into_iter().flatten();
    let patched = relations.filter(|one| one["relationshipType"] == "PATCH_FOR");
    assert_eq!(patched.count(), 3 + 3 + 1);
    // A patch that was edited is not what was locked.
    env.write("oca.lock.d/web/02-2.patch", "x");
    env.oca(&["sbom"]).stderr_contains("oca.lock.d/web/02-2.patch").status(1);
}

#[test]
fn odoo_itself_is_what_modules_need_of_it() {
    let env = Env::new();
    web(&env);
    let odoo = Remote::new(&env, "odoo");
    odoo.branch("18.0")
        .file("odoo-bin", "")
        .file(
            "requirements.txt",
            "lxml==5.2.1 ; python_version < '3.12'\nlxml==5.3.0 ; python_version >= '3.12'\n",
        )
        .file("odoo/release.py", "version_info = (18, 0, 0, FINAL, 0, '')\n")
        .module("odoo/addons/base", &[("depends", "[]")])
        .module("addons/web", &[])
        .commit();
    env.locked(&format!("[core]\nurl = \"../remotes/odoo\"\n{WEB}"));
    let bom = sbom(&env, &[]);
    assert_eq!(texts(&bom["components"], "bom-ref"), ["repo:web", "odoo:odoo", "pypi:lxml"]);
    assert_eq!(needs(&bom, "module:web/web_x"), ["odoo:odoo"]);
    assert_eq!(needs(&bom, "odoo:odoo"), ["pypi:lxml"]);
    assert_eq!(needs(&bom, "export:standard"), ["odoo:odoo", "repo:web"]);
    let odoo = component(&bom["components"], "odoo:odoo");
    assert_eq!(odoo["purl"], format!("pkg:generic/odoo@{}", env.locked_commit("odoo")));
    let lxml = component(&bom["components"], "pypi:lxml");
    assert_eq!((&lxml["purl"], &lxml["version"]), (&"pkg:pypi/lxml".into(), &Value::Null));
}

#[test]
fn urls_are_shown_without_credentials() {
    let env = Env::new();
    let remote = web(&env);
    remote
        .branch("18.0")
        .file("requirements.txt", "private @ https://me:hunter2@h.example/x.zip?t=hunter2\n-e .\n")
        .commit();
    let url = "https://me:hunter2@github.com/OCA/Web.git";
    let bare = "https://github.com/OCA/Web.git";
    env.configure_git(&format!(
        "[url \"{}\"]\n\tinsteadOf = {url}\n\tinsteadOf = {bare}\n",
        remote.path().display()
    ));
    env.locked(&format!("{WEB}[repos.web]\nurl = \"{url}\"\n"));
    for format in ["cyclonedx", "spdx"] {
        let output = env.oca(&["sbom", "--format", format]).output();
        assert!(!output.stdout.contains("hunter2"), "{output}");
        let purl = format!("\"pkg:github/oca/web@{}#web_x\"", env.locked_commit("web"));
        assert!(output.stdout.contains(&purl), "{output}");
        assert_eq!(
            output.stderr,
            "warning: 1 requirement cannot be read, so the SBOM does not have them\n\
             hint: run `oca requirements` and `oca requirements --system` to see them\n"
        );
    }
}
