//! `oca init --from` and environment variables: an imported file names hosts and variables, and nobody has read it yet.

use crate::env::Env;
use crate::project::repository;
use crate::server::Server;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A project with a server that has `web`, and the base url of that server.
fn scene() -> (Env, Server, String) {
    let env = Env::new();
    repository(&env, "web", &["web_a"]);
    let server = Server::start(&env);
    let base = server.base();
    (env, server, base)
}

#[test]
fn a_repos_file_has_no_variables() {
    let (env, server, base) = scene();
    env.write(
        "x.repos",
        format!(
            "repositories:\n  oca/web: {{type: git, url: {base}/$MY_SECRET/web.git}}\n  \
             oca/dms: {{type: git, url: '{base}/${{MY_SECRET}}/dms.git'}}\n"
        ),
    );
    env.oca(&["init", "--odoo", "18.0", "--from", "x.repos"])
        .env("MY_SECRET", "geheim")
        .stderr_contains(&format!(
            "warning: `x.repos` at line 3: `oca/dms` is left out: `{base}/${{MY_SECRET}}/dms.git` contains `${{`, \
             which is a variable in `repos.toml`, but not in this file\n"
        ))
        .stderr_contains("are not in it: 1 entry that oca cannot use, 1 default branch\n")
        .status(1);
    assert_eq!(server.count("geheim"), 0, "{:?}", server.requests());
    assert!(server.count("$MY_SECRET/web.git") > 0, "{:?}", server.requests());
    let text = env.read("repos.toml");
    assert!(text.contains(&format!("\"{base}/$MY_SECRET")) && !text.contains("${"), "{text}");
}

/// The other formats that expand nothing.
#[test]
fn only_the_formats_that_expand_variables_have_them() {
    let url = "https://git.example.com/$GROUP/web.git";
    for (name, text) in [
        ("oca_dependencies.txt", format!("web {url} 18.0\n")),
        ("mrchef.toml", format!("[meals.web]\nurl = \"{url}\"\n")),
        (".gitmodules", format!("[submodule \"web\"]\n\tpath = oca/web\n\turl = {url}\n")),
        ("x.repos", format!("repositories:\n  oca/web: {{type: git, url: '{url}', version: 18.0}}\n")),
    ] {
        let env = Env::new();
        env.write(name, &text);
        env.oca(&["init", "-q", "--odoo", "18.0", "--from", name]).success();
        let written = env.read("repos.toml");
        assert!(written.contains("\"https://git.example.com/$GROUP"), "{name}: {written}");
        let env = Env::new();
        env.write(name, text.replace("$GROUP", "${GROUP}"));
        env.oca(&["init", "--odoo", "18.0", "--from", name])
            .stderr_contains("contains `${`, which is a variable in `repos.toml`, but not in this file\n")
            .status(2);
    }
}

/// The value of a variable can be in the url, and in the name of the branch.
#[test]
fn the_pins_of_a_repository_with_a_variable_are_left_to_the_user() {
    for (url, branch) in [
        ("BASE/$MY_SECRET/web.git", "18.0"),
        ("BASE/web.git", "$MY_SECRET"),
        ("BASE/web.git", "18.0-${MY_SECRET}"),
    ] {
        let (env, server, base) = scene();
        let url = url.replace("BASE", &base);
        env.write("spec.yaml", format!("web: {{remotes: {{o: '{url}'}}, merges: ['o {branch}']}}\n"));
        env.write("frozen.yaml", format!("web: {{o: {{'{branch}': {COMMIT}}}}}\n"));
        env.oca(&["init", "--odoo", "18.0", "--from", "spec.yaml"])
            .env("MY_SECRET", "geheim")
            .stderr(
                "error: `oca init` sends no environment variable to a server, but the url or branch of `web` contains one\n\
                 hint: read the urls and branches in `repos.toml` before you run the next command\n\
                 error: `repos.toml` is written, but its pins could not be locked\n\
                 hint: run `oca lock` later; until then, `oca.lock.json` keeps the pins\n",
            )
            .status(1);
        assert!(server.requests().is_empty(), "{branch}: {:?}", server.requests());
        assert!(env.exists("repos.toml"), "{branch}");
        assert!(env.read("oca.lock.json").contains(COMMIT), "{branch}");
    }
}

/// The variable of the series is known to every project, and its value is no secret.
#[test]
fn the_variable_of_the_series_hides_nothing() {
    let (env, server, base) = scene();
    let commit = crate::remote::Remote::open(&env, "web").commit_of("18.0");
    env.write("spec.yaml", format!("web: {{remotes: {{o: {base}/web.git}}, merges: [o $ODOO_VERSION]}}\n"));
    env.write("frozen.yaml", format!("web: {{o: {{$ODOO_VERSION: {commit}}}}}\n"));
    env.oca(&["init", "-q", "--from", "spec.yaml"]).env("ODOO_VERSION", "18.0").success();
    assert!(server.count("POST /web.git/") > 0);
    assert!(env.read("oca.lock.json").contains(&commit));
}

/// What else is left out is counted, even if there is no lock.
#[test]
fn a_lock_that_fails_hides_no_loss() {
    let env = Env::new();
    env.write(
        "spec.yaml",
        "web: {remotes: {o: https://git.example.com/web}, merges: [o 18.0, o refs/pull/1/head], shell_command_after: make}\n",
    );
    env.write("frozen.yaml", format!("web: {{o: {{18.0: {COMMIT}}}}}\n"));
    env.oca(&["init", "--offline", "--from", "spec.yaml"])
        .stderr_contains(
            "error: `repos.toml` is written, but its pins could not be locked, and these parts are not in it: 1 command\n",
        )
        .status(3);
}
