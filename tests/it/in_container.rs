//! What a container of an image answers about its modules: it has `repos.toml`, the lock, the files of constraints, the
//! export, and the directories at their `image` paths. It has no checkouts, and none of the directories of a developer.

use std::fs;

use crate::env::Env;
use crate::project::{WEB, modules_repository};
use crate::remote::Remote;

/// A project whose own module `mine` needs `a` of `web` and `ent` of another directory around it, and its container.
/// `rest` is more of the file.
fn container(env: &Env, rest: &str) {
    modules_repository(env, "web", &[("a", "base"), ("b", "base")]);
    env.own_module("addons/mine", "{'license': 'AGPL-3', 'depends': ['a', 'ent'], 'version': '18.0.2.0.0', 'external_dependencies': {'python': ['xlrd']}}");
    env.own_module("around/ent", "{'license': 'LGPL-3'}");
    env.own_module("../inside/enterprise/ent", "{'license': 'LGPL-3'}");
    let inside = env.root().join("inside").display().to_string();
    env.write("pins/odoo-requirements.txt", "xlrd==1.2.0\n");
    env.locked(&format!(
        "[addons-path]\nbefore = [\"around\"]\n[image]\nroot = \"{inside}/oca-addons\"\nbefore = [\"{inside}/enterprise\"]\n\
         [[local]]\npath = \"addons\"\nimage = \"{inside}/extra-addons\"\n\
         [requirements]\nconstraints = [\"pins/odoo-requirements.txt\"]\n{WEB}{rest}"
    ));
    env.oca(&["export", "../inside/oca-addons", "-q"]).success();
    // As the `Dockerfile` does it.
    fs::create_dir_all(env.root().join("inside/opt/pins")).expect("a directory");
    for file in ["repos.toml", "oca.lock.json", "pins/odoo-requirements.txt"] {
        fs::copy(env.project().join(file), env.root().join("inside/opt").join(file)).expect("a copy");
    }
    let own = env.root().join("inside/extra-addons");
    fs::rename(env.project().join("addons"), own).expect("another place for the own modules");
    fs::remove_dir_all(env.project()).expect("no project");
    fs::remove_dir_all(env.cache()).expect("no cache");
    fs::create_dir(env.project()).expect("an empty directory to run in");
    env.remove_remotes();
}

/// Runs a command in the container.
fn inside(env: &Env, words: &[&str]) -> crate::run::Run {
    env.oca(&["-C", "../inside/opt"]).args(words)
}

#[test]
fn own_modules_are_read_at_their_place_in_the_image() {
    let env = Env::new();
    container(&env, "");
    inside(&env, &["list"])
        .stdout("mine  18.0.2.0.0  addons\na     18.0.1.0.0  web\nb     18.0.1.0.0  web\n")
        .success();
    inside(&env, &["list", "addons"]).stdout("mine  18.0.2.0.0  addons\n").success();
    inside(&env, &["why", "a"])
        .stdout(
            "`a` is in `web`, of which profile `standard` takes all modules\n\
             a 18.0.1.0.0 (web)\n\
             └── mine 18.0.2.0.0 (addons)\n",
        )
        .success();
    inside(&env, &["tree", "mine"]).stdout_contains("mine 18.0.2.0.0 (addons)\n").success();
    inside(&env, &["check"]).stderr("3 modules, 0 errors, 0 warnings\n").success();
    inside(&env, &["requirements", "--no-annotate"]).stdout_contains("xlrd").success();
}

#[test]
fn constraints_count_in_the_container() {
    let env = Env::new();
    container(&env, "");
    fs::write(
        env.root().join("inside/extra-addons/mine/__manifest__.py"),
        "{'license': 'AGPL-3', 'external_dependencies': {'python': ['xlrd>=2']}}",
    )
    .expect("a manifest");
    inside(&env, &["requirements"]).stderr_contains("pins/odoo-requirements.txt").status(1);
}

#[test]
fn a_selection_stays_fresh_and_counts_what_the_own_modules_need() {
    let env = Env::new();
    container(&env, "modules = []\n");
    inside(&env, &["list"]).stdout("mine  18.0.2.0.0  addons\na     18.0.1.0.0  web\n").success();
    inside(&env, &["check"]).stderr("2 modules, 0 errors, 0 warnings\n").success();
    let manifest = "{'license': 'AGPL-3', 'depends': ['b', 'ent']}";
    fs::write(env.root().join("inside/extra-addons/mine/__manifest__.py"), manifest).expect("a manifest");
    inside(&env, &["list"]).stderr_contains("`oca.lock.json` is out of date").status(1);
}

#[test]
fn the_path_of_checkouts_that_are_not_here_is_a_warning() {
    let env = Env::new();
    container(&env, "");
    inside(&env, &["addons-path"])
        .stdout_contains("/inside/opt/oca/web")
        .stderr_contains(
            "warning: there are no checkouts here, so Odoo does not find this path; `[TEMP]/inside/oca-addons` is here\n\
             hint: for the path of the image, run `oca -C ../inside/opt addons-path --image`\n",
        )
        .success();
    inside(&env, &["addons-path", "--image"]).stdout_contains("/inside/oca-addons/web").success();
}

#[test]
fn what_surrounds_the_export_counts_only_in_a_container() {
    let env = Env::new();
    container(&env, "");
    fs::create_dir(env.root().join("inside/opt/oca")).expect("a directory for checkouts");
    inside(&env, &["check"]).stdout_contains("error[OCA004]").stderr_contains("1 error").status(1);
}

#[test]
fn in_a_container_a_copy_beside_the_lock_does_not_count() {
    let env = Env::new();
    container(&env, "");
    env.own_module("../inside/opt/addons/other", "{'license': 'AGPL-3'}");
    inside(&env, &["list", "addons"]).stdout("mine  18.0.2.0.0  addons\n").success();
    fs::create_dir(env.root().join("inside/opt/oca")).expect("a directory for checkouts");
    inside(&env, &["list", "addons"]).stdout("other    addons\n").success();
}

#[test]
fn verify_without_a_directory_compares_the_exports_of_the_container() {
    let env = Env::new();
    container(&env, "");
    inside(&env, &["verify"]).stderr_contains("1 repository, ").success();
    fs::write(env.root().join("inside/oca-addons/web/a/__init__.py"), "import os\n").expect("a change");
    inside(&env, &["verify"]).stdout("web: altered: web/a/__init__.py\n").status(1);
}

#[test]
fn verify_misses_the_export_of_odoo_itself() {
    let env = Env::new();
    let odoo = Remote::new(&env, "odoo");
    let draft = odoo
        .branch("18.0")
        .file("odoo-bin", "")
        .file("odoo/release.py", "version_info = (18, 0, 0, FINAL, 0, '')\n");
    draft.module("odoo/addons/base", &[("depends", "[]")]).module("addons/web", &[]).commit();
    container(&env, "[core]\nurl = \"../remotes/odoo\"\n");
    inside(&env, &["verify"]).stderr_contains("1 repository, ").success();
    let config = env.root().join("inside/opt/repos.toml");
    let text = fs::read_to_string(&config).expect("the file");
    let core = env.root().join("inside/odoo").display().to_string();
    fs::write(&config, text.replace("[image]\n", &format!("[image]\ncore = \"{core}\"\n")))
        .expect("a change");
    inside(&env, &["verify"])
        .stderr_contains("error: `[TEMP]/inside/odoo` is not an export of oca\n")
        .status(2);
}

#[test]
fn in_an_export_a_command_for_a_project_says_where_it_is() {
    let env = Env::new();
    container(&env, "");
    env.oca(&["list", "a"])
        .current_dir(env.root().join("inside/oca-addons/web"))
        .stderr(
            "error: there is no `repos.toml` here or in a parent directory\n\
             hint: `..` is an export: to compare it, run `oca verify ..`; for other commands, name the project with `-C`\n",
        )
        .status(2);
}

#[test]
fn a_word_that_is_no_module_is_not_taken_for_a_repository() {
    let env = Env::new();
    container(&env, "");
    inside(&env, &["list", "minne"])
        .stderr("error: profile `standard` has no module `minne`\nhint: did you mean `mine`?\n")
        .status(2);
    inside(&env, &["list", "wbe"])
        .stderr("error: no profile has a repository `wbe`\nhint: did you mean `web`?\n")
        .status(2);
    inside(&env, &["list", "sale"])
        .stderr("`sale` is a module of Odoo itself, whose modules are not listed\n")
        .success();
}
