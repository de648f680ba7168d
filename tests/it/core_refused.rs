//! Declarations of Odoo itself that are refused: places that are not free, and repositories that are not Odoo.

use crate::env::Env;
use crate::odoo_itself::odoo_at;
use crate::project::{WEB, repository};
use crate::remote::Remote;

const ODOO: &str = "[core]\nurl = \"../remotes/odoo\"\n";

#[track_caller]
fn refused(env: &Env, rest: &str, words: &str) {
    env.declare(rest);
    env.oca(&["lock"]).stderr_contains(words).status(2);
}

#[test]
fn no_checkout_is_in_the_place_of_a_file_of_the_project() {
    let env = Env::new();
    for file in [
        "repos.toml",
        "repos.toml/odoo",
        "./Repos.TOML",
        "repos.local.toml",
        "oca.lock.json",
        "oca.lock.d",
        "oca.lock.d/web",
        ".gitignore",
        ".gitmodules",
        "${ODOO_PATH:-oca.lock.json}",
    ] {
        let why = format!("`{file}` is not a valid path here: the project has a file of its own there");
        let value = format!("bad value for `path` in `repos.toml` at line 5, table `core`: {why}");
        refused(&env, &format!("{ODOO}path = \"{file}\"\n{WEB}"), &value);
        for key in ["path-enterprise", "path-themes"] {
            refused(&env, &format!("{ODOO}{key} = \"{file}\"\n{WEB}"), &format!("bad value for `{key}`"));
        }
        refused(&env, &format!("path = \"{file}\"\n{WEB}"), &why);
        refused(&env, &format!("{WEB}path = \"{file}\"\n"), &why);
    }
    for (path, why) in [
        (".", "it must name a directory or a file, not `.`"),
        (".git", "it must not contain `.git`"),
        ("x/.GIT", "it must not contain `.git`"),
        ("git~1", "it must not contain `.git`"),
        ("~/odoo", "only a shell knows what `~` means"),
        ("~", "only a shell knows what `~` means"),
    ] {
        refused(&env, &format!("{ODOO}path = \"{path}\"\n{WEB}"), why);
        refused(&env, &format!("path = \"{path}\"\n{WEB}"), why);
    }
}

#[test]
fn a_variable_leads_to_no_file_of_the_project() {
    let env = Env::new();
    odoo_at(&env, "odoo");
    env.declare(&format!("{ODOO}path = \"${{ODOO_PATH}}\"\n[profiles.standard]\n"));
    for path in ["oca.lock.json", "REPOS.toml", "~/odoo"] {
        env.oca(&["sync"])
            .env("ODOO_PATH", path)
            .stderr_contains(&format!("`${{ODOO_PATH}}` expands to `{path}`, but the path must be below"))
            .status(2);
    }
    env.oca(&["sync", "-q"]).env("ODOO_PATH", "src/odoo").success();
    assert!(env.exists("src/odoo/odoo-bin"));
}

#[test]
fn no_checkout_covers_patches_constraints_or_own_modules() {
    let env = Env::new();
    let patched =
        "[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\npatches = [\"Patches/web/x.patch\"]\n";
    for path in
        ["patches", "patches/web", "./patches//web/", "patches/web/x.patch", "patches/web/x.patch/odoo"]
    {
        refused(&env, &format!("{ODOO}path = \"{path}\"\n{patched}"), "`Patches/web/x.patch` of `patches`");
        refused(&env, &format!("path = \"{path}\"\n{patched}"), "`Patches/web/x.patch` of `patches`");
    }
    refused(
        &env,
        &format!(
            "{ODOO}themes = {{}}\npath-themes = \"pins\"\n{WEB}[requirements]\nconstraints = [\"./pins/odoo.txt\"]\n"
        ),
        "bad value for `path-themes` in `repos.toml` at line 5, table `core`: `pins` is, or contains, `pins/odoo.txt` of `constraints`",
    );
    refused(
        &env,
        &format!("path = \"pins\"\n{WEB}[requirements]\nconstraints = [\"pins/odoo.txt\"]\n"),
        "bad value for `path` in `repos.toml` at line 4, table `profiles.standard`: `pins` is, or contains, `pins/odoo.txt` of `constraints`\nhint: set `path` to a directory of its own\n",
    );
    refused(
        &env,
        &format!("{ODOO}path = \"addons\"\n{WEB}[[local]]\npath = \"Addons/mine\"\n"),
        "`Addons/mine` of `[[local]]`",
    );
    repository(&env, "web", &["web_x"]);
    // Checkouts beside own modules are fine, and so is a file of a repository.
    env.write("addons/oca/web/requirements.txt", "lxml==5\n");
    env.locked(&format!(
        "path = \"addons/oca\"\n{WEB}[requirements]\nconstraints = [\"addons/oca/web/requirements.txt\", \"../elsewhere.txt\"]\n[[local]]\npath = \"addons\"\n"
    ));
}

#[test]
fn another_file_of_the_configuration_counts_too() {
    let env = Env::new();
    env.write("mine.toml", format!("odoo = \"18.0\"\n{ODOO}path = \"Mine.toml\"\n{WEB}"));
    env.oca(&["--config", "mine.toml", "lock"])
        .stderr_contains("`Mine.toml` is, or contains, `mine.toml`")
        .status(2);
}

#[test]
fn odoo_is_not_overridden_as_a_repository() {
    let env = Env::new();
    for (name, table) in
        [("odoo", "core"), ("Odoo", "core"), ("enterprise", "core.enterprise"), ("themes", "core.themes")]
    {
        refused(
            &env,
            &format!("{ODOO}enterprise = {{}}\n{WEB}[profiles.standard.override.{name}]\nbranch = \"x\"\n"),
            &format!(
                "in `repos.toml` at line 8, table `profiles.standard.override.{name}`: `{name}` is a name of Odoo itself\n\
                 hint: write these keys into `[profiles.standard.{table}]`\n"
            ),
        );
    }
}

#[test]
fn a_core_without_modules_is_refused() {
    let env = Env::new();
    let odoo = odoo_at(&env, "odoo");
    repository(&env, "enterprise", &["addons/web_enterprise"]);
    repository(&env, "docs", &[]);
    let commit = odoo.commit_of("18.0");
    refused(
        &env,
        &format!("{ODOO}addons = [\".\"]\n[profiles.standard]\n"),
        &format!(
            "error: `odoo` has no module `base` in `.` at commit `{commit}`\nhint: correct `addons` or `url` of `[core]` in `repos.toml`\n"
        ),
    );
    refused(
        &env,
        &format!("{ODOO}addons = [\"addons\"]\n[profiles.standard]\n"),
        "error: `odoo` has no module `base` in `addons` at",
    );
    refused(
        &env,
        &format!("{ODOO}enterprise = \"../remotes/enterprise\"\n[profiles.standard]\n"),
        "hint: correct `addons` or `url` of `enterprise` of `[core]` in `repos.toml`\n",
    );
    refused(
        &env,
        &format!("{ODOO}themes = \"../remotes/docs\"\n[profiles.standard]\n"),
        "error: `themes` has no module in `.` at commit",
    );
    env.locked(&format!(
        "{ODOO}enterprise = {{ url = \"../remotes/enterprise\", addons = [\"addons\"] }}\n[profiles.standard]\n"
    ));
    let head = odoo.commit_of("18.0");
    odoo.branch("no-base").from(&head).remove("odoo/addons/base").module("odoo/addons/test", &[]).commit();
    refused(
        &env,
        &format!("{ODOO}branch = \"no-base\"\n[profiles.standard]\n"),
        "error: `odoo` has no module `base` in `addons` and `odoo/addons` at commit",
    );
}

#[test]
fn every_legal_version_of_odoo_is_read() {
    let env = Env::new();
    let odoo = odoo_at(&env, "odoo");
    let base = odoo.commit_of("18.0");
    let release = |odoo: &Remote, number: usize, text: &str| {
        odoo.branch(&format!("release-{number}")).from(&base).file("odoo/release.py", text).commit();
        format!("{ODOO}branch = \"release-{number}\"\n[profiles.standard]\n")
    };
    let legal = [
        "version_info = (\n    18,  # the series\n    0, 0,\n    FINAL, 0, '',\n)\n",
        "\u{feff}version_info = (18, 0, 0, FINAL, 0, '')\n",
        "version_info: tuple = (18, 0, 0, FINAL, 0, '')\r\n",
    ];
    for (number, text) in legal.into_iter().enumerate() {
        env.locked(&release(&odoo, number, text));
    }
    let other = "version_info: tuple = (\n  17,\n  0,\n)\n";
    refused(&env, &release(&odoo, 7, other), "error: `odoo` is Odoo 17.0, not 18.0, as `odoo/release.py`");
    let unknown = "import x\nversion_info = x.y\n";
    refused(&env, &release(&odoo, 8, unknown), "`: line 2 is not as `version_info = (18, 0, …)`\n");
    refused(&env, &release(&odoo, 9, "import x\n"), "`: it has no line `version_info = (18, 0, …)`\n");
}
