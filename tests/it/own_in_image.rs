//! An image without the user's own modules is refused: `.dockerignore` or the `Dockerfile` may leave them out.

use std::fs;

use crate::env::Env;
use crate::project::{WEB, modules_repository};

/// A project with `a` and `b` in `web`, and the own module `mine` in `path`, which needs `a`. `rest` is more of the file.
fn project(env: &Env, path: &str, rest: &str) {
    modules_repository(env, "web", &[("a", "base"), ("b", "base")]);
    env.own_module(&format!("{path}/mine"), "{'license': 'AGPL-3', 'depends': ['a']}");
    let inside = env.root().join("inside").display().to_string();
    env.locked(&format!(
        "[image]\nroot = \"{inside}/oca-addons\"\n[[local]]\npath = \"{path}\"\nimage = \"{inside}/own\"\n{WEB}{rest}"
    ));
}

fn without(env: &Env, path: &str) {
    fs::remove_dir_all(env.project().join(path)).expect("a directory to remove");
}

#[test]
fn an_export_needs_the_own_directories_that_the_image_has() {
    for rest in ["", "modules = [\"b\"]\n"] {
        let env = Env::new();
        project(&env, "custom", rest);
        without(&env, "custom");
        // The lock of a selection has what the modules there need.
        let check = || env.oca(&["lock", "--check"]);
        if rest.is_empty() {
            check().success();
        } else {
            check().stderr_contains("warning: there is no `custom`, which `[[local]]`").success();
        }
        for words in [&["export", "../out"][..], &["export", "--layers", "../out"]] {
            env.oca(words)
                .stderr(
                    "error: there is no `custom`, which `[[local]]` in `repos.toml` at line 5 declares\n\
                     hint: restore or create it, or delete that table, then run `oca lock`; in the build of an image, add `!custom` to `.dockerignore`\n",
                )
                .status(2);
        }
        // The hint leads to the end.
        fs::create_dir(env.project().join("custom")).expect("a directory");
        env.oca(&["lock", "-q"]).success();
        check().success();
        env.oca(&["export", "../out", "-q"]).success();
    }
}

#[test]
fn the_directory_of_the_presets_may_be_missing_unless_the_lock_knows_modules_in_it() {
    let env = Env::new();
    project(&env, "addons", "");
    without(&env, "addons");
    env.oca(&["export", "../out"])
        .stderr_contains("`addons` of `[[local]]` does not exist, so the image has no modules from it\n")
        .success();
    env.oca(&["export", "../inside/oca-addons", "-q"]).success();
    env.oca(&["addons-path", "--image", "--on-disk"])
        .stdout("[TEMP]/inside/oca-addons/web\n")
        .stderr_contains(
            "`[TEMP]/inside/own` of `[[local]]` does not exist, so the image has no modules from it\n",
        )
        .success();
    let env = Env::new();
    project(&env, "addons", "modules = [\"b\"]\n");
    without(&env, "addons");
    env.oca(&["export", "../out"]).stderr_contains("error: there is no `addons`, which").status(2);
    for words in [&["lock", "--check"][..], &["check"]] {
        env.oca(words).stderr_contains("warning: there is no `addons`, which").success();
    }
}

#[test]
fn without_the_table_the_lock_forgets_what_the_directory_needed() {
    let env = Env::new();
    project(&env, "addons", "modules = [\"b\"]\n");
    without(&env, "addons");
    let inside = env.root().join("inside").display().to_string();
    env.edit("repos.toml", &format!("[[local]]\npath = \"addons\"\nimage = \"{inside}/own\"\n"), "");
    env.oca(&["lock", "-q"]).success();
    env.oca(&["lock", "--check"]).success();
    env.oca(&["export", "../out", "-q"]).success();
}

#[test]
fn a_directory_outside_the_project_is_not_looked_for() {
    let env = Env::new();
    project(&env, "../shared", "");
    without(&env, "../shared");
    env.oca(&["export", "../inside/oca-addons", "-q"]).success();
    env.oca(&["addons-path", "--image", "--on-disk"])
        .stderr(
            "error: there is no `[TEMP]/inside/own`, which `[[local]]` in `repos.toml` at line 5 names as `image`\n\
             hint: mount it, or copy it from another build context, or delete that `image`\n",
        )
        .status(2);
}

#[test]
fn the_hints_name_the_directory_without_variables() {
    let env = Env::new();
    project(&env, "custom", "");
    env.edit("repos.toml", "path = \"custom\"", "path = \"${DIR:-custom}/\"");
    env.lock();
    env.oca(&["export", "../inside/oca-addons", "-q"]).success();
    env.oca(&["addons-path", "--image", "--on-disk"])
        .stderr_contains(
            "hint: add `COPY --from=oca /project/custom [TEMP]/inside/own` to the `Dockerfile`, above its line",
        )
        .status(2);
    without(&env, "custom");
    env.oca(&["export", "../out"]).stderr_contains("add `!custom` to `.dockerignore`\n").status(2);
}

#[test]
fn the_path_in_the_image_needs_them_too() {
    let env = Env::new();
    project(&env, "custom", "");
    env.oca(&["export", "../inside/oca-addons", "-q"]).success();
    let path = || env.oca(&["addons-path", "--image", "--on-disk"]);
    path()
        .stderr(
            "error: there is no `[TEMP]/inside/own`, which `[[local]]` in `repos.toml` at line 5 names as `image`\n\
             hint: add `COPY --from=oca /project/custom [TEMP]/inside/own` to the `Dockerfile`, above its line with `oca addons-path`, or delete that `image`\n",
        )
        .status(2);
    // An empty one is no fault: modules may come later.
    fs::create_dir(env.root().join("inside/own")).expect("a directory");
    path()
        .stdout("[TEMP]/inside/oca-addons/web\n")
        .stderr("`[TEMP]/inside/own` is not on the path, because it contains no module\n")
        .success();
}
