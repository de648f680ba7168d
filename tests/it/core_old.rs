//! Checkouts of Odoo itself that no profile declares any more.

use crate::env::Env;
use crate::odoo_itself::odoo_at;
use crate::project::{WEB, repository};

const ODOO: &str = "[core]\nurl = \"../remotes/odoo\"\n";

/// Odoo, Enterprise and `web`, checked out.
fn project(rest: &str) -> Env {
    let env = Env::new();
    odoo_at(&env, "odoo");
    repository(&env, "enterprise", &["web_enterprise"]);
    repository(&env, "web", &["web_x"]);
    env.declare(&format!("{ODOO}enterprise = \"../remotes/enterprise\"\n{rest}{WEB}"));
    env.oca(&["sync", "-q"]).success();
    env
}

#[test]
fn odoo_in_its_old_place_is_undeclared() {
    let env = project("path = \"src/odoo\"\npath-enterprise = \"src/vendor/enterprise\"\n");
    env.git("", &["clone", "-q", "../remotes/odoo.git", "src/mine"]);
    env.shell("cp -a src/odoo copy");
    env.declare(&format!("{ODOO}{WEB}"));
    env.oca(&["sync", "-q"]).success();
    let shown = env.oca(&["status"]).output().to_string();
    assert!(shown.contains("undeclared") && shown.contains("in `src/odoo`"), "{shown}");
    assert!(shown.contains("enterprise") && !shown.contains("mine") && !shown.contains("copy"), "{shown}");
    env.oca(&["sync", "--prune", "--dry-run"])
        .stdout("odoo: would remove\nenterprise: would remove\n")
        .stderr("4 repositories, 2 would change\n")
        .success();
    env.write("src/odoo/new.py", "");
    env.oca(&["sync", "--prune"])
        .stderr_contains("enterprise: removed\n")
        .stderr_contains("error: `odoo` was not changed: uncommitted changes in `new.py`\n")
        .status(1);
    assert!(env.exists("src/odoo/new.py") && !env.exists("src/vendor/enterprise"));
    std::fs::remove_file(env.project().join("src/odoo/new.py")).expect("the file");
    env.oca(&["sync", "--prune"]).stderr("odoo: removed\n3 repositories, 1 changed\n").success();
    assert!(!env.exists("src/odoo") && env.exists("src/mine/.git") && env.exists("copy/.git"));
    assert!(env.exists("odoo/odoo-bin") && env.exists("oca/web"));
    env.oca(&["status"]).stdout_contains("clean").success();
}

#[test]
fn odoo_without_core_is_undeclared() {
    let env = project("");
    env.declare(WEB);
    env.oca(&["sync", "-q"]).success();
    env.oca(&["status"]).stdout_contains("undeclared").status(1);
    env.oca(&["sync", "--prune", "-q"]).success();
    assert!(!env.exists("odoo") && !env.exists("enterprise") && env.exists("oca/web/web_x"));
}

#[test]
fn odoo_of_another_project_or_profile_is_kept() {
    let env = project("");
    env.write(
        "other.toml",
        env.read("repos.toml").replace(
            "../remotes/odoo\"\n",
            "../remotes/odoo\"\npath = \"x/odoo\"\npath-enterprise = \"x/enterprise\"\n",
        ),
    );
    env.write("nested/repos.toml", env.read("repos.toml").replace("../remotes", "../../remotes"));
    env.oca(&["-C", "nested", "sync", "-q"]).success();
    env.oca(&["sync", "--prune", "-q"]).success();
    assert!(env.exists("nested/odoo/odoo-bin") && env.exists("nested/enterprise"));
    env.oca(&["--config", "other.toml", "sync", "-q"]).success();
    env.oca(&["--config", "other.toml", "sync", "--prune", "-q"]).success();
    assert!(env.exists("odoo/odoo-bin") && env.exists("x/odoo/odoo-bin"));
    // A directory that contains a declared checkout is never removed.
    env.declare(&format!("{ODOO}path = \"odoo/addons/odoo\"\n{WEB}"));
    env.oca(&["sync", "--prune", "--force", "-q"]).success();
    assert!(env.exists("odoo/addons/odoo/odoo-bin") && !env.exists("enterprise"));
}
