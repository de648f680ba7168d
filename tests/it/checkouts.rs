//! What most tests of `oca sync` begin with: repositories, a `repos.toml`, runs that have to go well.

use std::fs;
use std::path::Path;

use crate::env::Env;
use crate::remote::Remote;
use crate::run::Output;

/// Where `Remote` builds, as `repos.toml` writes it.
pub(crate) const REMOTES: &str = "../remotes";

/// A repository with two commits on 18.0 and the module `{name}_base`, so that a history can be shallow.
pub(crate) fn repository(env: &Env, name: &str) -> Remote {
    let remote = Remote::new(env, name);
    remote.branch("18.0").file("README.md", format!("# {name}\n")).commit();
    remote.branch("18.0").module(&format!("{}_base", name.replace('-', "_")), &[]).commit();
    remote
}

/// A commit on top of 18.0 that changes a file, adds one and removes the last one's.
pub(crate) fn upgrade(remote: &Remote, number: u32) -> String {
    upgrade_of(remote, number, 100)
}

/// The same with a file that no difference brings, because it is too long.
pub(crate) fn long_upgrade(remote: &Remote, number: u32) -> String {
    upgrade_of(remote, number, 4000)
}

fn upgrade_of(remote: &Remote, number: u32, lines: usize) -> String {
    let draft = remote.branch("18.0").file("README.md", format!("# version {number}\n"));
    let draft = draft.file(&format!("versions/{number}.txt"), format!("{number}\n").repeat(lines));
    if number > 1 { draft.remove(&format!("versions/{}.txt", number - 1)) } else { draft }.commit()
}

impl Env {
    /// Writes a `repos.toml` with the profile `standard` of these repositories.
    pub(crate) fn declare_repos(&self, base: &str, repos: &[&str]) {
        self.declare_repos_with(base, repos, "");
    }

    /// The same with more tables at its end.
    pub(crate) fn declare_repos_with(&self, base: &str, repos: &[&str], more: &str) {
        let text = format!(
            "odoo = \"18.0\"\nbase-url = \"{base}\"\npath = \"oca\"\ndefault-profile = \"standard\"\n\n\
             [profiles.standard]\nrepos = {repos:?}\n{more}"
        );
        self.write("repos.toml", text);
    }

    /// Runs `oca`, which has to do what it is asked, and returns what it said.
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let output = self.oca(args).output();
        assert_eq!(output.code, Some(0), "oca {args:?}\n{output}");
        output
    }

    /// `oca sync` with nothing to complain of.
    #[track_caller]
    pub(crate) fn sync(&self) {
        self.run(&["sync"]);
    }

    /// The commit at HEAD of a checkout.
    #[track_caller]
    pub(crate) fn head(&self, folder: impl AsRef<Path>) -> String {
        self.git(folder, &["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Writes the git configuration of the user.
    pub(crate) fn configure_git(&self, text: &str) {
        fs::write(self.home().join(".gitconfig"), text).expect("the user's git configuration");
    }

    /// Asserts that a checkout is an ordinary, sound, detached repository at a commit.
    #[track_caller]
    pub(crate) fn assert_checkout(&self, folder: &str, commit: &str) {
        assert_eq!(self.head(folder), commit);
        assert!(self.try_git(folder, &["symbolic-ref", "-q", "HEAD"]).is_err(), "`{folder}` is detached");
        self.assert_sound_checkout(folder);
    }
}
