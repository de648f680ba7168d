//! `oca requirements` for the versions of Python that Odoo supports.

use crate::env::Env;
use crate::project::repository;

const HEADER: &str = "# Written by `oca requirements`; do not edit.\n";

#[test]
fn only_the_pythons_that_odoo_supports_count_if_they_are_known() {
    let env = Env::new();
    let python = [("external_dependencies", "{'python': ['lxml>=5', 'xlrd<2']}")];
    let remote = repository(&env, "web", &[]);
    for (series, file) in [
        ("18.0", "lxml==4.9.3 ; python_version < '3.12'\n"),
        ("20.0", "lxml==4.9.3 ; python_version < '3.12'\nxlrd==2 ; python_version >= '3.15'\n"),
    ] {
        remote.branch(series).module("web_export", &python).file("requirements.txt", file).commit();
    }
    let profile = "repos = [\"web\"]\n[profiles.old]\npath = \"old\"\nodoo = \"18.0\"\nrepos = [\"web\"]\n";
    env.write(
        "repos.toml",
        format!(
            "odoo = \"20.0\"\nbase-url = \"../remotes\"\ndefault-profile = \"new\"\n[profiles.new]\n{profile}"
        ),
    );
    env.lock();
    env.oca(&["requirements", "--no-annotate"])
        .stdout(&format!(
            "{HEADER}lxml>=5\nlxml==4.9.3 ; python_version < '3.12'\nxlrd<2\nxlrd==2 ; python_version >= '3.15'\n"
        ))
        .success();
    env.oca(&["requirements", "--no-annotate", "-p", "old"])
        .stdout_contains("lxml>=5\n")
        .stderr_contains("warning: requirements for `lxml` exclude each other if their markers apply\n")
        .success();
    for (python, warning) in [
        (
            "3.11",
            "warning: Odoo 20.0 supports Python 3.12 to 3.14, and the requirements are for Python 3.11\n\
             hint: correct `python` in `[requirements]`, or `--python-version`\n\
             error: requirements for `lxml` exclude each other\n",
        ),
        (
            "3.15.1",
            "warning: Odoo 20.0 supports Python 3.12 to 3.14, and the requirements are for Python 3.15.1\n\
             hint: correct `python` in `[requirements]`, or `--python-version`\n\
             error: requirements for `xlrd` exclude each other\n",
        ),
    ] {
        env.oca(&["requirements", "--python-version", python]).stderr_contains(warning).status(1);
    }
    for python in ["3.12", "3.14.2"] {
        env.oca(&["requirements", "--python-version", python, "-o", "r.txt"]).success();
    }
    // For the other series, nothing is known.
    env.oca(&["requirements", "--python-version", "3.6", "-p", "old"])
        .stderr_contains("error: requirements for `lxml` exclude each other\n")
        .status(1);
    env.edit("repos.toml", "[profiles.new]\n", "[profiles.new]\nrequirements.python = \"3.1\"\n");
    env.oca(&["requirements"]).stderr_contains("and the requirements are for Python 3.1\n").status(1);
}

#[test]
fn a_conflict_in_every_supported_python_is_certain() {
    let env = Env::new();
    let python = [("external_dependencies", "{'python': ['lxml<5']}")];
    let remote = repository(&env, "web", &[]);
    let file = "lxml==5 ; python_version >= '3.12'\n";
    remote.branch("20.0").module("web_export", &python).file("requirements.txt", file).commit();
    env.write(
        "repos.toml",
        "odoo = \"20.0\"\nbase-url = \"../remotes\"\n[profiles.standard]\nrepos = [\"web\"]\n",
    );
    env.lock();
    env.oca(&["requirements"])
        .stderr_contains("error: requirements for `lxml` exclude each other\n")
        .status(1);
}
