//! Proves the harness itself: runs and repositories.

use crate::env::Env;
use crate::remote::Remote;
use crate::server::Server;

/// A repository `web` with two commits on 18.0; the second one writes `web_x`.
pub(crate) fn web(env: &Env) -> Remote {
    let remote = Remote::new(env, "web");
    remote.branch("18.0").file("README.md", "# Web\n").commit();
    remote.branch("18.0").module("web_x", &[("depends", "[\"web\"]"), ("installable", "True")]).commit();
    remote
}

#[test]
fn a_run_has_to_say_what_is_expected() {
    let env = Env::new();
    let version = format!("oca {}\n", env!("CARGO_PKG_VERSION"));
    env.oca(&["--version"]).stdout(&version).success();
    env.oca(&["--version"]).stdout_contains("oca").stderr("").env("NO_COLOR", "1").with_programs().success();
    let output = env.oca(&[]).arg("--version").stdin("y\n").current_dir(env.home()).output();
    assert_eq!(output.to_string(), format!("exit: 0\n----- stdout -----\n{version}----- stderr -----\n"));
    let [one, other, last] = [(); 3].map(|()| env.oca(&["--version"]).stdout(&version).spawn());
    last.kill();
    one.success();
    other.success();
}

#[test]
#[should_panic(expected = "stdout is not as expected (- expected, + found):\n+oca ")]
fn output_that_nobody_expects_fails() {
    Env::new().oca(&["--version"]).success();
}

#[test]
#[should_panic(expected = "exit code Some(0) instead of 2")]
fn another_exit_code_fails() {
    Env::new().oca(&["--version"]).stdout_contains("oca").status(2);
}

#[test]
#[should_panic(expected = "stderr does not contain \"warning\"")]
fn a_missing_word_on_stderr_fails() {
    Env::new().oca(&["--version"]).stdout_contains("oca ").stderr_contains("warning").success();
}

#[test]
fn files_are_compared_without_paths_and_ports() {
    let env = Env::new();
    let server = Server::start(&env);
    env.write("a/b.txt", format!("{}/a {}\n", env.root().display(), server.url("web")));
    env.assert_file("a/b.txt", "[TEMP]/a http://127.0.0.1:[PORT]/web.git\n");
    assert!(env.exists("a/b.txt") && !env.exists("a/c.txt"));
}

#[test]
fn commit_ids_are_the_same_in_every_run() {
    let env = Env::new();
    let remote = web(&env);
    assert_eq!(remote.commit_of("18.0"), "0c441c48a4dc2bfe0c23088bc2d3e1211e0c9709");
    assert_eq!(remote.tree_of("18.0", "web_x"), "98fbfe2584a8e43f0849d79a525f28f2b565b822");
    assert_eq!(remote.tree_of("18.0", ""), env.git(remote.path(), &["rev-parse", "18.0^{tree}"]).trim());
    let manifest = env.git(remote.path(), &["show", "18.0:web_x/__manifest__.py"]);
    insta::assert_snapshot!(manifest, @r#"
    # Copyright 2024 Odo Test
    # License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).

    {
        "name": "web x",
        "version": "18.0.1.0.0",
        "license": "AGPL-3",
        "depends": ["web"],
        "installable": True,
    }
    "#);
}

#[test]
fn a_repository_can_hold_what_real_ones_hold() {
    let env = Env::new();
    let remote = web(&env);
    let first = remote.commit_of("18.0");
    let second = remote
        .branch("18.0")
        .file("run.sh", "#!/bin/sh\n")
        .executable("run.sh")
        .symlink("setup/web_x/odoo/addons/web_x", "../../../../web_x")
        .gitlink("vendor/lib", &first)
        .remove("README.md")
        .message("[ADD] odd files\n")
        .commit();
    remote.tag("v1", &first);
    let tag = remote.annotated_tag("v2", &second);
    let pull = remote.pull(7).from(&first).file("fix.py", "").commit();
    remote.branch("17.0").module("web_x", &[]).commit();
    let rewritten = remote.rewrite("17.0").file("new", "").commit();
    remote.branch("gone").file("x", "").commit();
    remote.delete_branch("gone");
    let references = env.git(remote.path(), &["for-each-ref", "--format=%(objectname) %(refname)"]);
    assert_eq!(
        references,
        format!(
            "{rewritten} refs/heads/17.0\n{second} refs/heads/18.0\n{pull} refs/pull/7/head\n\
             {first} refs/tags/v1\n{tag} refs/tags/v2\n"
        )
    );
    assert_eq!(env.git(remote.path(), &["rev-list", "--count", "17.0"]), "1\n");
    insta::assert_snapshot!(env.git(remote.path(), &["ls-tree", "-r", "18.0"]), @"
    100755 blob 1a2485251c33a70432394c93fb89330ef214bfc9	run.sh
    120000 blob 2836b71f008dd606e7fa5f79a13dbedd741c9d5f	setup/web_x/odoo/addons/web_x
    160000 commit 0c441c48a4dc2bfe0c23088bc2d3e1211e0c9709	vendor/lib
    100644 blob e69de29bb2d1d6434b8b29ae775ad8c2e48c5391	web_x/__init__.py
    100644 blob 87944d3ed73454ec6c0be52fd121fcba0b1cb768	web_x/__manifest__.py
    ");
    env.git(remote.path(), &["fsck", "--strict"]);
    let empty = Remote::new(&env, "empty");
    assert_eq!(env.git(empty.path(), &["for-each-ref"]), "");
}
