//! What most projects of the tests have: repositories with modules, and a `repos.toml` that names them.

use crate::env::Env;
use crate::remote::Remote;

/// A profile with the one repository `web`.
pub(crate) const WEB: &str = "[profiles.standard]\nrepos = [\"web\"]\n";

/// A profile with the two repositories `web` and `dms`.
pub(crate) const BOTH: &str = "[profiles.standard]\nrepos = [\"web\", \"dms\"]\n";

/// A repository with these modules on 18.0.
pub(crate) fn repository(env: &Env, name: &str, modules: &[&str]) -> Remote {
    let remote = Remote::new(env, name);
    let empty = remote.branch("18.0").file("README.md", "");
    modules.iter().fold(empty, |draft, module| draft.module(module, &[])).commit();
    remote
}

/// A repository with modules on 18.0 and what each depends on, in words.
pub(crate) fn modules_repository(env: &Env, name: &str, modules: &[(&str, &str)]) -> Remote {
    let remote = Remote::new(env, name);
    let mut draft = remote.branch("18.0").file("README.md", "");
    for (module, depends) in modules {
        let depends: Vec<&str> = depends.split_whitespace().collect();
        draft = draft.module(module, &[("depends", &format!("{depends:?}"))]);
    }
    draft.commit();
    remote
}

/// A committed lock of `web` and `dms`, with these modules in `web`.
pub(crate) fn committed(env: &Env, modules: &[(&str, &[(&str, &str)])]) -> [Remote; 2] {
    let web = Remote::new(env, "web");
    let draft = web.branch("18.0").file("README.md", "");
    modules.iter().fold(draft, |draft, (name, fields)| draft.module(name, fields)).commit();
    let dms = repository(env, "dms", &["dms"]);
    env.locked(BOTH);
    env.git(".", &["init", "-q", "-b", "main"]);
    env.commit_all("Lock");
    [web, dms]
}

/// The digits of a commit that people are shown.
pub(crate) fn short(commit: &str) -> &str {
    &commit[..10]
}

impl Env {
    /// Writes a `repos.toml` for Odoo 18.0 whose repositories are those in `remotes/`.
    pub(crate) fn declare(&self, rest: &str) {
        self.write("repos.toml", format!("odoo = \"18.0\"\nbase-url = \"../remotes\"\n{rest}"));
    }

    #[track_caller]
    pub(crate) fn lock(&self) {
        self.oca(&["lock", "-q"]).success();
    }

    /// Declares this, and locks it.
    #[track_caller]
    pub(crate) fn locked(&self, rest: &str) {
        self.declare(rest);
        self.lock();
    }

    /// Makes `remotes/` what GitHub is in this test, for both kinds of urls.
    pub(crate) fn stand_in_for_github(&self) {
        let base = self.remotes().display().to_string();
        let rule = |url: &str| format!("[url \"{base}/\"]\n\tinsteadOf = {url}\n");
        self.configure_git(&(rule("https://github.com/") + &rule("git@github.com:")));
    }

    /// The commit of a repository in the lock.
    #[track_caller]
    pub(crate) fn locked_commit(&self, name: &str) -> String {
        let lock: serde_json::Value = serde_json::from_str(&self.read("oca.lock.json")).expect("a lock");
        let repos = lock["repos"].as_array().expect("the list of entries");
        let repo = repos.iter().find(|repo| repo["name"] == name).expect("an entry");
        repo["commit"].as_str().expect("a commit").to_owned()
    }

    /// Writes a module of the user's own with this manifest.
    pub(crate) fn own_module(&self, path: &str, manifest: impl AsRef<[u8]>) {
        self.write(format!("{path}/__init__.py"), "");
        self.write(format!("{path}/__manifest__.py"), manifest);
    }

    /// Changes a file of the project by hand.
    #[track_caller]
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "`{from}` is not in {path}:\n{text}");
        self.write(path, text.replace(from, to));
    }

    /// Takes the repositories away, so that whoever asks them fails.
    pub(crate) fn remove_remotes(&self) {
        std::fs::remove_dir_all(self.remotes()).expect("the repositories can be removed");
    }
}
