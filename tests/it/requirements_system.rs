//! `oca requirements --system`: the packages of Debian and the programs that the selected modules need.

use crate::env::Env;
use crate::remote::Remote;

const BOTH: &str = "[profiles.all]\nrepos = [\"x\", \"y\"]\n";

/// Repositories `x`, with the modules `a` and `b`, and `y` with `c`, whose needs are these.
fn kits(env: &Env, a: &str, b: &str, c: &str) {
    let needs = |text| ("external_dependencies", text);
    let x = Remote::new(env, "x");
    x.branch("18.0").module("a", &[needs(a)]).module("b", &[needs(b)]).commit();
    Remote::new(env, "y").branch("18.0").module("c", &[needs(c)]).commit();
}

fn usual(env: &Env) {
    kits(
        env,
        "{'deb': ['libreoffice', 'graphviz'], 'python': ['six']}",
        "{'bin': ['wkhtmltopdf']}",
        "{'deb': ['graphviz'], 'bin': ['wkhtmltopdf', 'lessc']}",
    );
}

#[test]
fn packages_are_lines_and_programs_are_comments() {
    let env = Env::new();
    usual(&env);
    env.locked(BOTH);
    env.write("addons/mine/__init__.py", "");
    env.write("addons/mine/__manifest__.py", "{'external_dependencies': {'deb': ['g++']}}");
    env.declare(&format!("{BOTH}[[local]]\npath = \"addons\"\n"));
    env.remove_remotes();
    env.oca(&["requirements", "--system"])
        .stdout(
            "# Written by `oca requirements --system`; do not edit.\n\
             g++\n    # via addons/mine/__manifest__.py\n\
             graphviz\n    # via\n    #   x/a/__manifest__.py\n    #   y/c/__manifest__.py\n\
             libreoffice\n    # via x/a/__manifest__.py\n\
             # Programs that must be on the path. Their packages are not known:\n\
             # lessc\n    # via y/c/__manifest__.py\n\
             # wkhtmltopdf\n    # via\n    #   x/b/__manifest__.py\n    #   y/c/__manifest__.py\n",
        )
        .success();
}

#[test]
fn without_annotations_apt_get_can_take_all_of_it() {
    let env = Env::new();
    usual(&env);
    env.locked(BOTH);
    env.oca(&["requirements", "--system", "--no-annotate"])
        .stdout("graphviz\nlibreoffice\n")
        .stderr("these programs must also be installed: lessc, wkhtmltopdf\n")
        .success();
}

#[test]
fn only_selected_modules_need_something() {
    let env = Env::new();
    usual(&env);
    env.locked("[profiles.lean]\nrepos = [\"x\", \"y\"]\nmodules = [\"b\"]\n");
    env.oca(&["requirements", "--system"])
        .stdout(
            "# Written by `oca requirements --system`; do not edit.\n\
             # Programs that must be on the path. Their packages are not known:\n\
             # wkhtmltopdf\n    # via x/b/__manifest__.py\n",
        )
        .success();
    env.locked("[profiles.lean]\nrepos = [\"x\"]\nmodules = []\n");
    env.oca(&["requirements", "--system", "--no-annotate"]).success();
}

#[test]
fn a_file_can_be_written_and_checked() {
    let env = Env::new();
    usual(&env);
    env.locked(BOTH);
    let run = |check: &[&str]| {
        let args =
            [&["requirements", "--system", "--no-annotate", "-q", "-o", "packages.txt"], check].concat();
        env.oca(&args)
    };
    run(&["--check"])
        .stderr(
            "error: `packages.txt` is out of date\n  there is no such file\n\
             hint: run `oca requirements --system --no-annotate -o packages.txt`\n",
        )
        .status(1);
    run(&[]).success();
    env.assert_file("packages.txt", "graphviz\nlibreoffice\n");
    run(&["--check"]).success();
    env.edit("packages.txt", "graphviz", "curl");
    run(&["--check"]).stderr_contains("  + graphviz\n  - curl\n").status(1);
    env.oca(&["requirements", "--system", "--python-version", "3.12"])
        .stderr_contains("cannot be used with")
        .status(2);
}

#[test]
fn what_the_image_cannot_have_is_ignored_by_declaration() {
    let env = Env::new();
    kits(
        &env,
        "{'deb': ['libatlas-base-dev', 'graphviz'], 'python': ['graphviz']}",
        "{'bin': ['lessc']}",
        "{}",
    );
    env.locked(&format!(
        "{BOTH}[requirements]\nignore = [\"deb:libatlas-base-dev\", \"bin:lessc\", \"deb:gone\"]\n"
    ));
    env.oca(&["requirements", "--system", "--no-annotate", "-v"])
        .stdout("graphviz\n")
        .stderr("`deb:gone` in `ignore` of `[requirements]` matches nothing here\n")
        .success();
    env.oca(&["requirements", "--no-annotate", "-v"])
        .stdout("# Written by `oca requirements`; do not edit.\ngraphviz\n")
        .success();
}

#[test]
fn what_is_no_name_of_a_package_is_refused() {
    let env = Env::new();
    kits(&env, "{'deb': ['-oAPT::Get::x=1', 'graphviz']}", "{'deb': ['two words']}", "{}");
    env.locked(BOTH);
    let refused = "error: x/a/__manifest__.py: `-oAPT::Get::x=1` is not the name of a Debian package\n\
                   hint: correct it there (if the repository is not yours, in a fork that you \
             name with `url` in `repos.toml`), \
                   or put `deb:-oAPT::Get::x=1` into \
                   `ignore` of `[requirements]`\n\
                   error: x/b/__manifest__.py: `two words` is not the name of a Debian package\n\
                   hint: correct it there (if the repository is not yours, in a fork that you \
             name with `url` in `repos.toml`), \
                   or put `deb:two words` into \
                   `ignore` of `[requirements]`\n";
    env.oca(&["requirements", "--system"]).stderr(refused).status(1);
}

/// `apt-get` takes some of these for a regular expression, a task or a source.
#[test]
fn what_apt_would_not_take_for_one_package_is_refused() {
    let names =
        ["tcpdum.", "a..", "a..b", ".a", "a.-b", "src:x", "task:x", "g++:i386", "a*", "x", "sudo-", "A"];
    let fine = ["g++", "libsigc++-2.0-0v5", "golang-gopkg-yaml.v3-dev", "0ad", "libc6"];
    let env = Env::new();
    let list = |names: &[&str]| format!("{{'deb': {names:?}}}").replace('"', "'");
    kits(&env, &list(&names), &list(&fine), "{}");
    env.locked(BOTH);
    let output = env.oca(&["requirements", "--system", "--no-annotate"]).output();
    assert_eq!(output.code, Some(1), "{output}");
    for name in names {
        assert!(
            output.stderr.contains(&format!("`{name}` is not the name of a Debian package")),
            "{name}: {output}"
        );
    }
    assert_eq!(output.stderr.matches("is not the name").count(), names.len(), "{output}");
}

#[test]
fn machines_get_packages_and_programs() {
    let env = Env::new();
    usual(&env);
    env.locked(BOTH);
    env.oca(&["requirements", "--system", "--format", "json"])
        .stdout(
            r#"{
  "version": 1,
  "packages": [
    {
      "name": "graphviz",
      "origins": [
        "x/a/__manifest__.py",
        "y/c/__manifest__.py"
      ]
    },
    {
      "name": "libreoffice",
      "origins": [
        "x/a/__manifest__.py"
      ]
    }
  ],
  "programs": [
    {
      "name": "lessc",
      "origins": [
        "y/c/__manifest__.py"
      ]
    },
    {
      "name": "wkhtmltopdf",
      "origins": [
        "x/b/__manifest__.py",
        "y/c/__manifest__.py"
      ]
    }
  ],
  "problems": [],
  "fresh": null,
  "differences": null
}
"#,
        )
        .success();
}
