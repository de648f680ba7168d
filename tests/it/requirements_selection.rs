//! `oca requirements` of a profile that selects modules, and of modules whose packaging knows better than they do.

use crate::env::Env;
use crate::project::repository;
use crate::remote::Remote;

const HEADER: &str = "# Written by `oca requirements`; do not edit.\n";
const GENERATED: &str = "# generated from manifests external_dependencies\n";

/// A repository whose modules need these words of Python, with this file.
fn kit(env: &Env, name: &str, modules: &[(&str, &str)], file: &str) -> Remote {
    let remote = Remote::new(env, name);
    let empty = remote.branch("18.0").file("requirements.txt", file);
    let draft = modules.iter().fold(empty, |draft, (module, words)| {
        draft.module(module, &[("external_dependencies", &format!("{{'python': {words}}}"))])
    });
    draft.commit();
    remote
}

#[test]
fn lines_that_only_unselected_modules_need_are_left_out() {
    let env = Env::new();
    kit(
        &env,
        "x",
        &[("a", "['dateutil', 'lxml<6']"), ("b", "['xlrd', 'lxml']"), ("c", "['no name', 'PyYAML']")],
        &format!(
            "{GENERATED}lxml\nlxml<6\npython-dateutil\nPyYAML\nxlrd\nby-hand\ngit+https://me:secret@host/x.git\n"
        ),
    );
    kit(&env, "y", &[("d", "['six']")], &format!("{GENERATED}six\n-r other.txt\n"));
    env.locked("[profiles.lean]\nrepos = [\"x\", \"y\"]\nmodules = [\"b\"]\n");
    env.oca(&["requirements", "-v"])
        .stdout(&format!(
            "{HEADER}git+https://me:secret@host/x.git\n    # direct reference\n    # via x/requirements.txt:8\n\
             by-hand\n    # via x/requirements.txt:7\n\
             lxml\n    # via\n    #   x/b/__manifest__.py\n    #   x/requirements.txt:2\n\
             xlrd\n    # via\n    #   x/b/__manifest__.py\n    #   x/requirements.txt:6\n"
        ))
        .stderr(
            "y/requirements.txt: left out, because no module of the repository is selected\n\
             x/requirements.txt:3: `lxml<6` is left out, because only modules that are not selected need it\n\
             x/requirements.txt:4: `python-dateutil` is left out, because only modules that are not selected need it\n\
             x/requirements.txt:5: `pyyaml` is left out, because only modules that are not selected need it\n\
             1 direct reference: git+https://***@host/x.git\n",
        )
        .success();
    env.oca(&["requirements", "--no-annotate"])
        .stdout(&format!("{HEADER}git+https://me:secret@host/x.git\nby-hand\nlxml\nxlrd\n"))
        .success();
}

#[test]
fn a_profile_that_does_not_select_gets_every_line() {
    let env = Env::new();
    kit(&env, "x", &[("a", "['xlrd']")], "xlrd\nby-hand\n");
    repository(&env, "empty", &[]).branch("18.0").file("requirements.txt", "six\n").commit();
    env.locked("[profiles.all]\nrepos = [\"x\", \"empty\"]\n");
    env.oca(&["requirements", "--no-annotate", "-v"])
        .stdout(&format!("{HEADER}by-hand\nsix\nxlrd\n"))
        .success();
}

#[test]
fn the_file_says_under_which_conditions_a_word_of_a_manifest_holds() {
    let env = Env::new();
    kit(
        &env,
        "x",
        &[("base_contextvars", "['contextvars']"), ("strict", "['dataclasses>=0.8']")],
        &format!("{GENERATED}contextvars; python_version < '3.7'\ndataclasses; python_version < '3.7'\n"),
    );
    env.locked("[profiles.all]\nrepos = [\"x\"]\n");
    env.oca(&["requirements"])
        .stdout(&format!(
            "{HEADER}contextvars ; python_version < '3.7'\n    # via\n    #   x/base_contextvars/__manifest__.py\n    \
             #   x/requirements.txt:2\n\
             dataclasses>=0.8\n    # via x/strict/__manifest__.py\n\
             dataclasses ; python_version < '3.7'\n    # via x/requirements.txt:3\n"
        ))
        .success();
}

#[test]
fn the_file_of_another_repository_does_not_say_so() {
    let env = Env::new();
    kit(&env, "x", &[("a", "['contextvars']")], "");
    kit(&env, "y", &[("b", "[]")], "contextvars; python_version < '3.7'\n");
    env.locked("[profiles.all]\nrepos = [\"x\", \"y\"]\n");
    env.oca(&["requirements", "--no-annotate"])
        .stdout(&format!("{HEADER}contextvars\ncontextvars ; python_version < '3.7'\n"))
        .success();
}

#[test]
fn a_word_that_a_generated_file_lacks_is_kept_and_doubted() {
    let env = Env::new();
    kit(&env, "x", &[("a", "['facturx']")], &format!("{GENERATED}factur-x\n"));
    env.locked("[profiles.all]\nrepos = [\"x\"]\n");
    let warning = "warning: x/a/__manifest__.py: `facturx` is not in `x/requirements.txt`, which is generated from the \
                   manifests; perhaps it has another name there\n\
                   hint: if it has, put `facturx` into `ignore` of `[requirements]`\n";
    env.oca(&["requirements", "--no-annotate"])
        .stdout(&format!("{HEADER}factur-x\nfacturx\n"))
        .stderr(warning)
        .success();
    env.declare("[profiles.all]\nrepos = [\"x\"]\n[requirements]\nignore = [\"facturx\"]\n");
    env.oca(&["requirements", "--no-annotate"]).stdout(&format!("{HEADER}factur-x\n")).success();
}

#[test]
fn pins_that_are_the_same_everywhere_are_flagged_once() {
    let env = Env::new();
    kit(&env, "x", &[("a", "['bokeh==3.4.1']"), ("b", "['plotly']")], "bokeh==3.4.1\nplotly==5.22.0\n");
    env.locked("[profiles.all]\nrepos = [\"x\"]\n");
    env.oca(&["requirements", "-v"])
        .stdout(&format!(
            "{HEADER}bokeh==3.4.1\n    # exact pin\n    # via\n    #   x/a/__manifest__.py\n    #   x/requirements.txt:1\n\
             plotly==5.22.0\n    # exact pin\n    # via\n    #   x/b/__manifest__.py\n    #   x/requirements.txt:2\n"
        ))
        .stderr("2 exact pins: bokeh==3.4.1, plotly==5.22.0\n")
        .success();
}
