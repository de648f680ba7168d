//! The workflow that makes a release: what it builds has the names that others download, and it starts only from a version
//! that fits.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::env::Env;
use crate::markdown::root;
use crate::workflow::{all_with, text, yaml};

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("a file of the project")
}

/// The targets that the workflow builds.
fn targets() -> Vec<String> {
    let build = &yaml(".github/workflows/release.yml")["jobs"]["build"];
    let all = all_with("target", &build["strategy"]["matrix"]["include"]);
    all.iter().map(|entry| text(&entry["target"]).to_owned()).collect()
}

/// The words of a script after `start`, each up to the first character that is in no target.
fn after<'t>(script: &'t str, start: &str) -> Vec<&'t str> {
    let is_in_target = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let rests = script.split(start).skip(1);
    rests.map(|rest| rest.split(|c| !is_in_target(c)).next().expect("a word")).collect()
}

#[test]
fn a_release_has_each_archive_that_the_action_and_gitlab_download() {
    let (action, gitlab) = (read("action.yml"), read("docs/automation/gitlab-ci.yml"));
    let mut wanted = after(&action, " target=");
    assert_eq!(wanted.len(), 5, "{wanted:?}");
    wanted.extend(after(&gitlab, "name=oca-$OCA_VERSION-"));
    assert_eq!(wanted.len(), 6, "{wanted:?}");
    let targets = targets();
    for target in wanted {
        assert!(targets.iter().any(|built| built == target), "{target} is not in {targets:?}");
    }
    // The names in which the targets are; `.ci/run` looks at what is made.
    let archive = read("packaging/archive");
    assert!(archive.contains("\nname=oca-$version-$target\n") && archive.contains("\"$dist/$name.tar.gz\""));
    assert!(action.contains(" name=oca-$VERSION-$target\n"), "{action}");
    let address = |version: &str| format!("/oca-lock/oca/releases/download/v${version}/$name.tar.gz");
    assert!(action.contains(&address("VERSION")), "{action}");
    assert!(gitlab.contains(&address("OCA_VERSION")), "{gitlab}");
}

#[test]
fn the_page_lists_each_target_and_no_other() {
    let page = crate::markdown::page("docs/install.md");
    let lines = page.section("## Archives");
    let rows = lines.iter().filter(|line| line.starts_with("| `"));
    let mut listed: Vec<&str> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
    let mut targets = targets();
    listed.sort_unstable();
    targets.sort_unstable();
    assert_eq!(listed, targets);
}

/// Each job has only the rights that its last step needs, and what builds can write nothing.
#[test]
fn no_job_that_compiles_may_write() {
    let workflow = yaml(".github/workflows/release.yml");
    assert_eq!(workflow["permissions"].to_string(), r#"{"contents":"read"}"#);
    let jobs = workflow["jobs"].as_object().expect("the jobs");
    let expected = [
        ("attest", json!({"contents": "read", "id-token": "write", "attestations": "write"})),
        ("github", json!({"contents": "write"})),
        (
            "image",
            json!({"contents": "read", "packages": "write", "id-token": "write", "attestations": "write"}),
        ),
        ("pypi", json!({"id-token": "write"})),
    ];
    for (name, _) in &expected {
        assert!(jobs.contains_key(*name), "there is no job `{name}`");
    }
    for (name, job) in jobs {
        let compiles = all_with("run", job).iter().any(|step| {
            let run = step["run"].as_str().unwrap_or_default();
            ["packaging/build", "packaging/source", "cargo"].iter().any(|word| run.contains(word))
        });
        // Rights can also be a text, such as `write-all`.
        let rights = &job["permissions"];
        assert!(!compiles || rights.is_null(), "the job `{name}` compiles, and has {rights}");
        let wanted = expected.iter().find(|(wanted, _)| *wanted == name.as_str());
        assert_eq!(*rights, wanted.map_or(Value::Null, |(_, rights)| rights.clone()), "the job `{name}`");
    }
}

/// Runs `packaging/version` on the files of this project, with another changelog.
fn version(env: &Env, changelog: &str, args: &[&str]) -> Output {
    for name in
        ["Cargo.toml", "docker/Dockerfile", "docker/Dockerfile.core", "packaging/common", "packaging/version"]
    {
        let content = read(name);
        env.write(name, content);
    }
    env.write("CHANGELOG.md", changelog);
    let mut command = env.command("bash");
    command.arg("packaging/version").args(args).current_dir(env.project());
    command.output().expect("bash")
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn a_release_starts_from_a_tag_that_fits_the_version_and_the_changelog() {
    let env = Env::new();
    let tag = format!("v{VERSION}");
    let changelog = format!(
        "## [Unreleased]\n\n- later\n\n## [{VERSION}] - 2026-12-01\n\n- now\n\n## [0.0.1]\n\n- before\n"
    );
    let fits = version(&env, &changelog, &[&tag]);
    assert_eq!((fits.status.code(), &*fits.stdout), (Some(0), format!("{VERSION}\n").as_bytes()), "{fits:?}");
    let notes = version(&env, &changelog, &[&tag, "--notes"]);
    assert_eq!(String::from_utf8_lossy(&notes.stdout).trim(), "- now");

    let refused = |changelog: &str, tag: &str| {
        let output = version(&env, changelog, &[tag]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = refused(&changelog, "v9.9.9");
    assert!(said.contains(&format!("the tag is v9.9.9, but Cargo.toml has the version {VERSION}")), "{said}");
    let said = refused("## [Unreleased]\n\n- later\n", &tag);
    assert!(said.contains("CHANGELOG.md has no section for this version"), "{said}");
}

#[test]
fn the_dockerfiles_take_the_binary_of_this_version() {
    let env = Env::new();
    let fits = version(&env, "", &[]);
    assert!(fits.status.success(), "{fits:?}");
}
