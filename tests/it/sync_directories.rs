//! The directory of the checkouts, and the repository that surrounds it.

use crate::env::Env;
use crate::project::{WEB, repository};

#[test]
fn checkouts_among_the_own_modules_are_refused() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    for (path, local) in [("addons", "addons"), ("oca", "oca/mine")] {
        env.declare(&format!("path = \"{path}\"\n[[local]]\npath = \"./{local}/\"\n{WEB}"));
        for command in [&["lock"][..], &["lock", "--check"], &["sync"]] {
            env.oca(command)
                .stderr(&format!(
                    "error: bad value for `path` in `repos.toml` at line 6, table `profiles.standard`: `{path}` is, or contains, `{local}` of `[[local]]`\n\
                     hint: set `path` to a directory of its own\n"
                ))
                .status(2);
        }
    }
    for (path, local) in [("${UNSET:-addons}", "./addons/"), ("oca", "${UNSET:-oca/mine}")] {
        env.declare(&format!("path = \"{path}\"\n[[local]]\npath = \"{local}\"\n{WEB}"));
        for command in [&["lock"][..], &["lock", "--check"], &["sync"]] {
            env.oca(command)
                .stderr(&format!(
                    "error: profile `standard` in `repos.toml` has its checkouts in `{path}` and your modules in `{local}`, but the checkouts must not contain your modules\n\
                     hint: set a `path` for the profile that contains no `[[local]]` directory\n"
                ))
                .status(2);
        }
    }
    for local in [".", "..", "oca-mine", "${UNSET}"] {
        env.declare(&format!("[[local]]\npath = \"{local}\"\n{WEB}"));
        env.lock();
        env.oca(&["sync", "-q"]).success();
    }
}

#[test]
fn a_gitignore_that_lets_checkouts_through_is_told() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    env.locked(WEB);
    env.write("oca/.gitignore", "*.pyc\n");
    let warning = "warning: `[TEMP]/project/oca/.gitignore` has no line `*`: \
                   the surrounding git repository may track the checkouts\n";
    env.oca(&["sync"]).stderr_contains(warning).success();
    env.assert_file("oca/.gitignore", "*.pyc\n");
    env.write("oca/.gitignore", "# mine\r\n*\r\n");
    web.branch("18.0").module("web_y", &[]).commit();
    env.oca(&["lock", "--upgrade", "-q"]).success();
    let output = env.oca(&["sync"]).output();
    assert!(output.code == Some(0) && !output.stderr.contains("warning"), "{output}");
}
