//! Looks at the demo project of `fixtures/`: its repositories are real, small and what their script makes.

use std::fs;
use std::path::Path;

use crate::env::Env;
use crate::server::Server;

const REPOSITORIES: [&str; 6] = ["hr-kit", "report-kit", "sale-kit", "server-kit", "stock-kit", "web-kit"];

#[test]
fn the_demo_repositories_are_sound_and_small() {
    let env = Env::new();
    env.copy_demo();
    for name in REPOSITORIES {
        let repository = format!("remotes/{name}.git");
        env.git(&repository, &["fsck", "--strict", "--no-dangling"]);
        let branches =
            env.git(&repository, &["for-each-ref", "--format=%(refname:short)", "refs/heads/*.0*"]);
        assert!(
            branches.starts_with("17.0\n18.0\n18.0-bot-merge-pr-1\n") || name == "server-kit",
            "{branches}"
        );
        let opened =
            git2::Repository::open_bare(env.project().join(&repository)).expect("libgit2 reads it too");
        assert_eq!(opened.head().expect("a head").name(), Ok("refs/heads/18.0"));
    }
    assert!(size(&env.project()) < 200_000);
}

#[test]
fn the_demo_has_the_modules_it_is_for() {
    let env = Env::new();
    env.copy_demo();
    let manifests = |name: &str, search: &[&str]| {
        let pattern = [&["grep", "-l"][..], search, &["18.0", "--", "*/__manifest__.py"]].concat();
        env.try_git(format!("remotes/{name}.git"), &pattern).unwrap_or_default().lines().count()
    };
    assert_eq!(manifests("server-kit", &["version"]), 6, "one of them is a test's own");
    assert_eq!(manifests("server-kit", &["installable.: False"]), 1);
    assert_eq!(manifests("hr-kit", &["version"]), 0);
    assert_eq!(manifests("report-kit", &["version"]), 3);
    assert_eq!(manifests("report-kit", &["installable.: False"]), 3);
}

#[test]
fn the_demo_survives_a_clone_of_the_repository_it_lies_in() {
    let env = Env::new();
    env.copy_demo();
    env.git("", &["init", "-q"]);
    env.git("", &["-c", "core.autocrlf=true", "add", "-A"]);
    env.git("", &["commit", "-q", "-m", "demo"]);
    env.git("", &["clone", "-q", "-c", "core.autocrlf=true", ".", "again"]);
    for file in ["HEAD", "config", "packed-refs"] {
        let file = format!("remotes/web-kit.git/{file}");
        assert_eq!(env.read(format!("again/{file}")), env.read(file));
    }
    for name in REPOSITORIES {
        let server = Server::builder(&env).root(env.project().join("again/remotes")).start();
        let folder = format!("checkouts/{name}");
        env.git("", &["clone", "-q", "--depth", "1", &server.url(name), &folder]);
        env.assert_sound_checkout(folder);
    }
}

#[cfg(unix)]
#[test]
fn the_script_makes_the_demo_repositories() {
    let env = Env::new();
    env.copy_demo();
    let again = env.project().join("again");
    let made = env.command("bash").arg(env.project().join("make-remotes")).arg(&again).status();
    assert!(made.expect("bash is installed").success());
    for name in REPOSITORIES {
        // Commit ids stand for all content; the packs' bytes may differ with git's version.
        let references = format!("{name}.git/packed-refs");
        assert_eq!(env.read(again.join(&references)), env.read(format!("remotes/{references}")));
    }
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            let metadata = entry.metadata().expect("metadata");
            if metadata.is_dir() { size(&entry.path()) } else { metadata.len() }
        })
        .sum()
}
