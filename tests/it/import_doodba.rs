//! `oca init --from` with doodba's files: what belongs to one document of `addons.yaml`, and where the series is.

use crate::env::Env;

impl Env {
    /// Imports and returns the new `repos.toml`.
    #[track_caller]
    fn imported(&self, from: &str) -> String {
        self.oca(&["init", "-q", "--from", from]).success();
        self.new_config()
    }
}

/// The text of a table in `repos.toml`.
fn table<'t>(text: &'t str, name: &str) -> &'t str {
    let start = text.find(&format!("[repos.{name}]\n")).unwrap_or_else(|| panic!("no `{name}` in {text}"));
    let rest = &text[start..];
    rest.find("\n\n").map_or(rest, |end| &rest[..end])
}

#[test]
fn the_variables_of_a_document_hold_for_its_repositories_only() {
    let env = Env::new();
    env.write(
        "addons.yaml",
        "\
web: [web_one]
---
ENV:
  DEFAULT_REPO_PATTERN: https://git.example.com/acme/{}.git
  ODOO_VERSION: 16.0-next
acme-addons: [\"*\"]
---
ENV:
  DEFAULT_REPO_PATTERN: ssh://git@git.example.com/beta/{0}
  ODOO_VERSION: \"15.0\"
group/beta-addons: [\"*\"]
---
social: [\"*\"]
",
    );
    let run = env.oca(&["init", "-q", "--from", "addons.yaml", "--odoo", "16.0"]);
    run.success();
    let text = env.new_config();
    assert_eq!(table(&text, "web"), "[repos.web]\nmodules = [\"web_one\"]");
    assert_eq!(
        table(&text, "acme-addons"),
        "[repos.acme-addons]\nurl = \"https://git.example.com/acme/acme-addons.git\"\nbranch = \"16.0-next\""
    );
    assert_eq!(
        table(&text, "beta-addons"),
        "[repos.beta-addons]\nurl = \"ssh://git@git.example.com/beta/beta-addons\"\nbranch = \"15.0\"\n"
    );
    assert!(!text.contains("[repos.social]"), "{text}");
}

#[test]
fn the_last_document_that_has_a_repository_decides_and_repos_yaml_stays() {
    let env = Env::new();
    env.write(
        "repos.yaml",
        "/opt/odoo/custom/src/web:\n  remotes: {o: https://github.com/OCA/web.git}\n  merges: [o 16.0]\n",
    );
    env.write(
        "addons.yaml",
        "\
ENV: {DEFAULT_REPO_PATTERN: 'https://a.example.com/{}.git'}
web: [a]
dms: [b]
---
ENV: {DEFAULT_REPO_PATTERN: 'https://b.example.com/{}.git'}
/opt/odoo/custom/src/dms/: [c]
./web: [d]
",
    );
    let text = env.imported("repos.yaml");
    assert_eq!(table(&text, "web"), "[repos.web]\nmodules = [\"a\", \"d\"]");
    assert!(text.contains("url = \"https://b.example.com/dms.git\"\nmodules = [\"b\", \"c\"]\n"), "{text}");
}

#[test]
fn a_condition_that_is_known_decides_and_one_that_is_not_is_a_loss() {
    let text = "web: [web_one]\n---\nONLY: {PGDATABASE: [prod, staging]}\ndms: ['*']\n";
    for (database, has_dms, status) in [(None, false, 1), (Some("prod"), true, 0), (Some("test"), false, 0)] {
        let env = Env::new();
        env.write("addons.yaml", text);
        let mut run = env.oca(&["init", "-q", "--from", "addons.yaml", "--odoo", "16.0"]);
        if let Some(database) = database {
            run = run.env("PGDATABASE", database);
        }
        if status == 1 {
            run = run.stderr_contains("parts of `addons.yaml` are not in it: 1 part with a condition\n");
        }
        run.status(status);
        assert_eq!(env.new_config().contains("\"dms\""), has_dms, "{database:?}");
    }
}

/// doodba expands a pattern when the image is built. What cannot be expanded here is a loss.
#[test]
fn a_pattern_becomes_the_modules_that_it_matches_and_is_a_loss_without_a_checkout() {
    let addons = "web: ['web_re*', web_one]\ndms: ['dms_*', '*']\n";
    let env = Env::new();
    env.write("odoo/custom/src/addons.yaml", addons);
    let init = ["init", "--from", "odoo/custom/src/addons.yaml", "--odoo", "16.0"];
    env.oca(&init)
        .stderr_contains(
            "warning: `odoo/custom/src/addons.yaml` at line 1: `web_re*` is not the name of a module, and no module of a \
             checkout matches it: oca selects all modules of `web`\n",
        )
        .stderr_contains("parts of `odoo/custom/src/addons.yaml` are not in it: 1 pattern of modules\n")
        .status(1);
    let env = Env::new();
    env.write("odoo/custom/src/addons.yaml", addons);
    for module in ["web_responsive", "web_refresher", "web_two"] {
        env.write(format!("odoo/custom/src/web/{module}/__manifest__.py"), "{}");
    }
    env.write("odoo/custom/src/web/.git", "gitdir: elsewhere\n");
    env.oca(&init)
        .stderr_contains(
            "at line 1: `web_re*` in `web` is replaced by what it matches now: `web_refresher`, `web_responsive`\n",
        )
        .success();
    let text = env.new_config();
    assert_eq!(
        table(&text, "web"),
        "[repos.web]\nmodules = [\"web_refresher\", \"web_responsive\", \"web_one\"]\n"
    );
}

#[test]
fn the_comments_of_addons_yaml_are_counted() {
    let env = Env::new();
    env.write("addons.yaml", "# All of it\nweb: ['*']\ndms:\n  - dms_field # for ACME\n");
    env.oca(&["init", "--from", "addons.yaml", "--odoo", "16.0"])
        .stderr_contains(
            "warning: `addons.yaml`: 2 comments are left out (`All of it`, `for ACME`; `-v` shows each)\n",
        )
        .success();
}

#[test]
fn an_odd_key_of_a_document_stops_only_itself() {
    let env = Env::new();
    env.write(
        "addons.yaml",
        "web: ['*']\nENV: {DEPTH_DEFAULT: [1]}\nodd: {a: b}\n---\nONLY: [x]\ndms: ['*']\n",
    );
    env.oca(&["init", "--from", "addons.yaml", "--odoo", "16.0"])
        .stderr_contains("warning: `addons.yaml`: 3 entries that oca cannot use are left out\n")
        .status(1);
    assert!(env.new_config().contains("repos = [\n  \"web\",\n]\n"));
}

#[test]
fn the_pattern_of_the_environment_counts() {
    let env = Env::new();
    env.write("addons.yaml", "web: ['*']\n");
    env.oca(&["init", "-q", "--from", "addons.yaml"])
        .env("DEFAULT_REPO_PATTERN", "https://git.example.com/{}")
        .env("ODOO_VERSION", "15.0")
        .success();
    let text = env.new_config();
    assert!(text.starts_with("odoo = \"15.0\"\n"), "{text}");
    assert!(text.contains("url = \"https://git.example.com/web\"\n"), "{text}");
}

#[test]
fn the_series_is_in_the_files_of_the_project() {
    for (name, content) in [
        (".copier-answers.yml", "_commit: v1\nodoo_version: 15.0\n"),
        (".env", "# x\nexport ODOO_VERSION=\"15.0\"\n"),
        (".env", "ODOO_VERSION=\"15.0\" # c\n"),
        (".env", "ODOO_VERSION='15.0'\n"),
        (".env", "ODOO_MINOR=15.0\n"),
        ("common.yaml", "services:\n  odoo:\n    build:\n      args:\n        ODOO_VERSION: '15.0'\n"),
        ("docker-compose.yml", "services:\n  odoo:\n    build: {args: [A=b, ODOO_VERSION=15.0]}\n"),
        ("docker-compose.yml", "services:\n  db: {image: 'postgres:14.0'}\n  odoo: {image: 'odoo:15.0'}\n"),
        ("odoo/Dockerfile", "ARG ODOO_VERSION=15.0\nFROM tecnativa/doodba:$ODOO_VERSION-onbuild\n"),
        ("Dockerfile", "FROM tecnativa/doodba:15.0-onbuild\n"),
        ("odoo/VERSION", "15.0.3.1.0\n"),
        ("odoo/custom/src/private/acme/__manifest__.py", "{'version': '15.0.1.0.0'}"),
    ] {
        let env = Env::new();
        env.write(name, content);
        env.write(
            "odoo/custom/src/repos.yaml",
            "web:\n  remotes: {o: https://github.com/OCA/web.git}\n  merges: [o $ODOO_VERSION]\n",
        );
        let text = env.imported("odoo/custom/src/repos.yaml");
        assert!(text.starts_with("odoo = \"15.0\"\n") && !text.contains("branch"), "{name}: {text}");
    }
}

/// One repository that stays behind does not decide for those that follow the series of the project.
#[test]
fn the_project_decides_before_a_single_branch() {
    let env = Env::new();
    env.write(".env", "ODOO_VERSION=16.0\n");
    env.write("repos.yaml", "web:\n  remotes: {o: https://github.com/OCA/web.git}\n  merges: [o 15.0]\n");
    env.write("addons.yaml", "web: ['*']\ndms: ['*']\n");
    let text = env.imported(".");
    assert!(text.starts_with("odoo = \"16.0\"\n"), "{text}");
    assert_eq!(table(&text, "web"), "[repos.web]\nbranch = \"15.0\"\n");
}

#[test]
fn a_project_is_found_from_its_top_and_a_directory_with_own_files_is_the_users() {
    let env = Env::new();
    env.write(".copier-answers.yml", "odoo_version: 16.0\n");
    env.write("odoo/custom/src/addons.yaml", "web: ['*']\nmine: ['*']\n");
    env.write("odoo/custom/src/mine/acme/__manifest__.py", "{}");
    let text = env.imported(".");
    assert!(text.contains("repos = [\n  \"web\",\n]\n"), "{text}");
    assert!(text.contains("[[local]]\npath = \"odoo/custom/src/mine\"\n"), "{text}");
}

#[test]
fn files_of_comments_declare_nothing() {
    for name in
        ["repos.yaml", "addons.yaml", ".gitmodules", "spec.yaml", "x.repos", "x.yaml", "oca_dependencies.txt"]
    {
        let env = Env::new();
        env.write(name, "# nothing\n\n# here\n");
        env.oca(&["init", "--from", name])
            .stderr(&format!(
                "error: `{name}` declares nothing\n\
                 hint: run `oca init` without `--from`, then `oca add NAME` for each repository\n"
            ))
            .status(2);
    }
}

/// doodba looks for all of them; oca takes what it can.
#[test]
fn an_odd_line_of_addons_yaml_is_left_out() {
    for (odd, says) in [
        (
            "account-*: [\"*\"]\n",
            "`addons.yaml` at line 2: `account-*` is left out: `account-*` is a pattern of directories; write one line for each \
             repository",
        ),
        ("---\n- social\n", "a part is left out: a document must be a mapping, not a list"),
        (
            "\"\": [\"*\"]\n",
            "`addons.yaml` at line 2: a part is left out: `` names no directory of a repository",
        ),
        ("./: [\"*\"]\n", "`./` names no directory of a repository"),
        ("\u{e4}: [\"*\"]\n", "there is no valid name for the repository in `\u{e4}`; rename its directory"),
    ] {
        let env = Env::new();
        env.write("addons.yaml", format!("web: [\"*\"]\n{odd}"));
        env.oca(&["init", "--offline", "--odoo", "18.0", "--from", "addons.yaml"])
            .stderr_contains(says)
            .status(1);
        let text = env.read("repos.toml");
        assert!(text.contains("\"web\",\n]") && !text.contains("local"), "{odd}{text}");
    }
}
