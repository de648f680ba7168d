//! `oca requirements`: the merged lines, where they come from, and what excludes what.

use crate::env::Env;
use crate::harness::web;
use crate::project::{WEB, repository};

const HEADER: &str = "# Written by `oca requirements`; do not edit.\n";
const BOTH: &str = "[profiles.standard]\nrepos = [\"web\", \"tools\"]\n";

/// `web` with the manifest's `web_line`, `tools` with a file of these lines.
fn repositories(env: &Env, web_line: &str, tools: &str) {
    let remote = web(env);
    let python = format!("{{'python': [{web_line:?}]}}");
    remote.branch("18.0").module("web_export", &[("external_dependencies", &python)]).commit();
    repository(env, "tools", &["tool"]).branch("18.0").file("requirements.txt", tools).commit();
}

#[test]
fn lines_of_all_repositories_are_merged_with_their_origins() {
    let env = Env::new();
    repositories(&env, "lxml>=5", "# generated\nLXML<6\nxlrd ; python_version < '3.14'\n");
    env.locked(&format!("{BOTH}[[local]]\npath = \"addons\"\n"));
    env.write("addons/requirements.txt", "xlsxwriter\n");
    env.write("addons/mine/__init__.py", "");
    env.write(
        "addons/mine/__manifest__.py",
        "{'name': 'Mine', 'external_dependencies': {'python': ['lxml']}}",
    );
    env.remove_remotes();
    env.oca(&["requirements"])
        .stdout(&format!(
            "{HEADER}lxml<6,>=5\n    # via\n    #   addons/mine/__manifest__.py\n    #   tools/requirements.txt:2\n    \
             #   web/web_export/__manifest__.py\n\
             xlrd ; python_version < '3.14'\n    # via tools/requirements.txt:3\n\
             xlsxwriter\n    # via addons/requirements.txt:1\n"
        ))
        .success();
    env.oca(&["requirements", "--no-annotate"])
        .stdout(&format!("{HEADER}lxml<6,>=5\nxlrd ; python_version < '3.14'\nxlsxwriter\n"))
        .success();
}

#[test]
fn they_are_those_of_the_profile() {
    let env = Env::new();
    repositories(&env, "lxml", "xlrd\n");
    env.locked(
        "default-profile = \"one\"\n[profiles.one]\nrepos = [\"web\"]\n[profiles.two]\nrepos = [\"tools\"]\n",
    );
    env.oca(&["requirements", "--no-annotate"]).stdout(&format!("{HEADER}lxml\n")).success();
    env.oca(&["requirements", "--no-annotate", "-p", "two"]).stdout(&format!("{HEADER}xlrd\n")).success();
}

#[test]
fn a_file_is_written_only_where_it_differs_and_can_be_checked() {
    let env = Env::new();
    repositories(&env, "lxml>=5", "xlrd\n");
    env.locked(BOTH);
    let check = || env.oca(&["requirements", "--check", "-o", "requirements.txt"]);
    let refused = |lines: &str| {
        format!(
            "error: `requirements.txt` is out of date\n{lines}hint: run `oca requirements -o requirements.txt`\n"
        )
    };
    check().stderr(&refused("  there is no such file\n")).status(1);
    env.oca(&["requirements", "-o", "requirements.txt"]).success();
    check().success();
    let written = env.read("requirements.txt");
    env.write("requirements.txt", written.replace('\n', "\r\n"));
    check().success();
    env.write("requirements.txt", &written);
    let date = || {
        let file = env.project().join("requirements.txt");
        std::fs::metadata(file).and_then(|metadata| metadata.modified()).expect("a date")
    };
    let before = date();
    env.oca(&["requirements", "-o", "requirements.txt"]).success();
    assert_eq!(date(), before);
    env.edit("requirements.txt", "xlrd\n", "xlwt\n");
    check().stderr(&refused("  + xlrd\n  - xlwt\n")).status(1);
    env.write("requirements.txt", written.replace("    # via", "    # from"));
    check().stderr(&refused("  only its comments or its order differ\n")).status(1);
    env.oca(&[
        "requirements",
        "--check",
        "-o",
        "x.txt",
        "-p",
        "standard",
        "--python-version",
        "3.12",
        "--no-annotate",
    ])
    .stderr_contains(
        "hint: run `oca requirements --profile standard --python-version 3.12 --no-annotate -o x.txt`\n",
    )
    .status(1);
    // Without a name, it is the usual one.
    env.oca(&["requirements", "--check"])
        .stderr_contains("error: `requirements.txt` is out of date\n")
        .status(1);
    env.oca(&["requirements", "--check", "--system"])
        .stderr("error: with `--system`, `--check` needs the file to compare\nhint: name it with `-o FILE`\n")
        .status(2);
}

#[test]
fn a_marker_that_depends_on_the_machine_or_an_extra_is_no_certain_conflict() {
    let env = Env::new();
    repositories(&env, "lxml<24", "lxml>=24 ; platform_machine == 'aarch64'\nlxml>=25 ; extra == 'dev'\n");
    let profile = "python = \"3.12\"\n[profiles.standard]\nrepos = [\"web\", \"tools\"]\n";
    env.locked(&format!("[requirements]\n{profile}"));
    let conflict = "requirements for `lxml` exclude each other if their markers apply\n  \
                    `lxml>=24 ; platform_machine == 'aarch64'`  tools/requirements.txt:1\n  \
                    `lxml<24`                                   web/web_export/__manifest__.py\n";
    env.oca(&["requirements", "-o", "r.txt"])
        .stderr(&format!(
            "warning: {conflict}hint: if a marker names the machine, set `platform` in `[requirements]`\n"
        ))
        .success();
    env.declare(&format!("[requirements]\nplatform = \"linux/amd64\"\n{profile}"));
    env.oca(&["requirements", "-o", "r.txt"]).success();
    env.declare(&format!("[requirements]\nplatform = \"linux/arm64\"\n{profile}"));
    env.oca(&["requirements", "-o", "r.txt"])
        .stderr_contains("error: requirements for `lxml` exclude each other\n")
        .status(1);
}

#[test]
fn a_list_of_versions_in_a_marker_may_have_commas() {
    let env = Env::new();
    repositories(&env, "lxml<24", "lxml>=24 ; python_version in '3.11,3.12'\n");
    env.locked(BOTH);
    env.oca(&["requirements", "--python-version", "3.13", "--no-annotate"])
        .stdout(&format!("{HEADER}lxml<24\nlxml>=24 ; python_version in '3.11,3.12'\n"))
        .success();
    env.oca(&["requirements", "--python-version", "3.12"])
        .stderr_contains("error: requirements for `lxml` exclude each other\n")
        .status(1);
}

#[test]
fn lines_that_exclude_each_other_are_shown_with_their_places() {
    let env = Env::new();
    repositories(&env, "lxml>=5", "xlrd==1\nlxml==4.9.3\n");
    env.locked(BOTH);
    let stderr = "error: requirements for `lxml` exclude each other\n  \
                  `lxml==4.9.3`  tools/requirements.txt:2\n  \
                  `lxml>=5`      web/web_export/__manifest__.py\n\
                  hint: change one of them, or put a line that replaces them into `override` of `[requirements]`\n";
    env.oca(&["requirements"]).stderr(stderr).status(1);
    env.write("requirements.txt", "kept\n");
    for flags in [&["-o", "requirements.txt"][..], &["--check", "-o", "requirements.txt"]] {
        env.oca(&["requirements"])
            .arg(flags[0])
            .arg(flags[1])
            .arg(flags.get(2).unwrap_or(&"-q"))
            .stderr(stderr)
            .status(1);
    }
    env.assert_file("requirements.txt", "kept\n");
}

#[test]
fn markers_count_for_the_python_that_is_named() {
    let env = Env::new();
    repositories(&env, "lxml>=5", "lxml==4.9.3 ; python_version < '3.12'\n");
    env.locked(BOTH);
    env.oca(&["requirements"])
        .stdout_contains("lxml>=5\n")
        .stderr_contains("warning: requirements for `lxml` exclude each other if their markers apply\n")
        .success();
    let python = |version| env.oca(&["requirements", "--no-annotate", "--python-version", version]);
    python("3.12").stdout(&format!("{HEADER}lxml>=5\nlxml==4.9.3 ; python_version < '3.12'\n")).success();
    python("3.11").stderr_contains("error: requirements for `lxml` exclude each other\n").status(1);
    env.declare(&format!("{BOTH}[requirements]\npython = \"3.12\"\n"));
    env.oca(&["requirements"]).stdout_contains("lxml>=5\n").stderr("").success();
    python("3.11").stderr_contains("error: requirements for `lxml` exclude each other\n").status(1);
    python("three")
        .stderr(
            "error: `three` is not a valid Python version: it must be two or three numbers, such as `3.12`\n",
        )
        .status(2);
}

#[test]
fn lines_that_may_not_apply_together_are_a_warning() {
    let env = Env::new();
    repositories(&env, "lxml>=5 ; sys_platform == 'linux'", "lxml==4.9.3 ; python_version < '3.12'\n");
    env.locked(BOTH);
    env.oca(&["requirements"])
        .stdout_contains("lxml>=5 ; sys_platform == 'linux'\n")
        .stderr(
            "warning: requirements for `lxml` exclude each other if their markers apply\n  \
             `lxml==4.9.3 ; python_version < '3.12'`  tools/requirements.txt:1\n  \
             `lxml>=5 ; sys_platform == 'linux'`      web/web_export/__manifest__.py\n\
             hint: set the Python version of the image: `python` in `[requirements]`, or `--python-version`\n",
        )
        .success();
}

#[test]
fn ignored_lines_are_left_out_and_constraints_only_report_conflicts() {
    let env = Env::new();
    repositories(&env, "lxml>=5", "dataclasses\nPillow>=9\n");
    env.write("odoo.txt", "# the image's\nlxml==5.2\npillow==10\nreportlab==4\n");
    env.locked(&format!("{BOTH}[requirements]\nignore = [\"dataclasses\"]\nconstraints = [\"odoo.txt\"]\n"));
    env.oca(&["requirements", "--no-annotate"]).stdout(&format!("{HEADER}lxml>=5\npillow>=9\n")).success();
    env.edit("odoo.txt", "lxml==5.2", "lxml==4.9");
    env.oca(&["requirements"])
        .stderr(
            "error: requirements for `lxml` exclude each other\n  \
             `lxml==4.9`  odoo.txt:2\n  \
             `lxml>=5`    web/web_export/__manifest__.py\n\
             hint: change one of them, or put a line that replaces them into `override` of `[requirements]`\n",
        )
        .status(1);
    env.edit("repos.toml", "odoo.txt", "missing.txt");
    env.oca(&["requirements"])
        .stderr(
            "error: there is no `missing.txt`, which `repos.toml` lists in `constraints`\n\
             hint: create the file, or remove it from `constraints` in `[requirements]`\n",
        )
        .status(2);
}

#[test]
fn constraints_are_compared_for_the_python_of_the_image() {
    let env = Env::new();
    repositories(&env, "lxml<5", "cryptography<37\n");
    env.write(
        "odoo.txt",
        "# The versions of Ubuntu 24.04 and Debian 12\n--index-url https://tok:secret@host/simple\n\
         lxml==4.9.3 ; python_version > '3.10' and python_version < '3.12' # min 4.9.2\n\
         lxml==5.2.1; python_version >= '3.12' # (Noble - removed html clean)\n\
         gevent==24.2.1 ; sys_platform != 'win32' and python_version >= '3.12'  # bumped (CRITICAL)\n\
         six==1.16 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n-e git+https://host/odoo@0#egg=odoo\n./x.whl\n",
    );
    env.locked(&format!("{BOTH}[requirements]\nconstraints = [\"odoo.txt\"]\n"));
    let python = |version| env.oca(&["requirements", "--no-annotate", "--python-version", version]);
    python("3.11").stdout(&format!("{HEADER}cryptography<37\nlxml<5\n")).success();
    python("3.12")
        .stderr(
            "error: requirements for `lxml` exclude each other\n  \
             `lxml==5.2.1 ; python_version >= '3.12'`  odoo.txt:4\n  \
             `lxml<5`                                  web/web_export/__manifest__.py\n\
             hint: change one of them, or put a line that replaces them into `override` of `[requirements]`\n",
        )
        .status(1);
    // Unless a Python is named, it is not known whether the image has one of those.
    env.oca(&["requirements", "--no-annotate", "-v"])
        .stdout(&format!("{HEADER}cryptography<37\nlxml<5\n"))
        .stderr(
            "warning: requirements for `lxml` exclude each other if their markers apply\n  \
             `lxml==5.2.1 ; python_version >= '3.12'`  odoo.txt:4\n  \
             `lxml<5`                                  web/web_export/__manifest__.py\n\
             hint: set the Python version of the image: `python` in `[requirements]`, or `--python-version`\n\
             odoo.txt:2: the option `--index-url` is ignored, because it does not change what is required\n\
             odoo.txt:9: the option `-e` is ignored, because it does not change what is required\n",
        )
        .success();
    // Where every Python is excluded, it does not matter which.
    env.write(
        "odoo.txt",
        "cryptography==46 ; python_version < '3.12'\ncryptography==46 ; python_version >= '3.12'\n",
    );
    env.oca(&["requirements"])
        .stderr(
            "error: requirements for `cryptography` exclude each other\n  \
             `cryptography==46 ; python_version < '3.12'`   odoo.txt:1\n  \
             `cryptography==46 ; python_version >= '3.12'`  odoo.txt:2\n  \
             `cryptography<37`                              tools/requirements.txt:1\n\
             hint: change some of them, or put a line that replaces them into `override` of `[requirements]`\n",
        )
        .status(1);
    env.write("odoo.txt", "six==1.16\n-r more.txt\n");
    env.oca(&["requirements"])
        .stderr(
            "error: odoo.txt:2: the option `-r` is not supported in constraints\n\
             hint: list that file in `constraints` as well\n",
        )
        .status(1);
}

#[test]
fn a_line_that_no_parser_accepts_is_named_with_its_place() {
    let env = Env::new();
    repositories(&env, "lxml", "--no-binary :all:\nlxml = 5\n-r other.txt\n");
    env.locked(BOTH);
    env.oca(&["requirements"]).stderr(
            "error: tools/requirements.txt:2: `lxml = 5` is not a requirement: no such comparison operator \"=\", \
             must be one of ~= == != <= >= < > ===\n\
             hint: correct it there (if the repository is not yours, in a fork that you \
             name with `url` in `repos.toml`), \
             or put `lxml = 5` into `ignore` of `[requirements]`\n\
             error: tools/requirements.txt:3: the option `-r` is not supported in the \
             `requirements.txt` of a repository\n\
             hint: correct it there (if the repository is not yours, in a fork that you \
             name with `url` in `repos.toml`), \
             or put `-r` into `ignore` of `[requirements]`\n",
        ).status(1);
    let output = env.oca(&["requirements", "--format", "json"]).output();
    let problem = "tools/requirements.txt:3: the option `-r` is not supported in the `requirements.txt` of \
        a repository";
    assert!(output.stdout.contains(&format!("    \"{problem}\"\n  ],\n")), "{}", output.stdout);
    env.locked(&format!("{BOTH}[requirements]\nignore = [\"lxml = 5\", \"-r\", \"six\"]\n"));
    env.oca(&["requirements", "--no-annotate", "-v"])
        .stdout(&format!("{HEADER}lxml\n"))
        .stderr(
            "tools/requirements.txt:1: the option `--no-binary` is ignored, \
             because it does not change what is required\n\
             `six` in `ignore` of `[requirements]` matches nothing here\n",
        )
        .success();
}

#[test]
fn each_option_is_refused_with_what_to_do_about_it() {
    let env = Env::new();
    repositories(
        &env,
        "lxml",
        "--extra-index-url=https://tok:secret@host/simple\nsix==1 \\\n  --hash=sha256:00\n./x.whl\n",
    );
    env.locked(BOTH);
    env.oca(&["requirements"])
        .stderr(
            "error: tools/requirements.txt:1: the option `--extra-index-url` is not supported in the \
             `requirements.txt` of a repository\n\
             hint: pass the option to pip yourself, and put `--extra-index-url` \
             into `ignore` of `[requirements]`\n\
             error: tools/requirements.txt:2: the option `--hash` is not supported in the \
             `requirements.txt` of a repository\n\
             hint: put `six` into `ignore` of `[requirements]`, and install `six` with your own requirements file\n\
             error: tools/requirements.txt:4: `./x.whl` is a path in the repository, \
             and the merged file cannot contain such a path\n\
             hint: correct it there (if the repository is not yours, in a fork that you \
             name with `url` in `repos.toml`), \
             or put `./x.whl` into `ignore` of `[requirements]`\n",
        )
        .status(1);
}

#[test]
fn machines_get_requirements_and_conflicts() {
    let env = Env::new();
    repositories(&env, "lxml[html]>=5 ; python_version >= '3.8'", "xlrd==1.2\n");
    env.locked(BOTH);
    env.oca(&["requirements", "--format", "json"])
        .stdout(
            r#"{
  "version": 1,
  "requirements": [
    {
      "name": "lxml",
      "extras": [
        "html"
      ],
      "specifier": ">=5",
      "marker": "python_version >= '3.8'",
      "line": "lxml[html]>=5 ; python_version >= '3.8'",
      "flag": null,
      "override": false,
      "origins": [
        "web/web_export/__manifest__.py"
      ]
    },
    {
      "name": "xlrd",
      "extras": [],
      "specifier": "==1.2",
      "marker": null,
      "line": "xlrd==1.2",
      "flag": "exact-pin",
      "override": false,
      "origins": [
        "tools/requirements.txt:1"
      ]
    }
  ],
  "conflicts": [],
  "warnings": [],
  "problems": [],
  "fresh": null,
  "differences": null
}
"#,
        )
        .success();
}

#[test]
fn machines_get_the_result_of_a_check() {
    let env = Env::new();
    repositories(&env, "lxml", "xlrd\n");
    env.locked(BOTH);
    let check = |words: &[&str]| {
        let output = env.oca(&[&["requirements", "--check", "--format", "json"], words].concat()).output();
        let told: serde_json::Value = serde_json::from_str(&output.stdout).expect("JSON");
        (output.code, told["fresh"].clone(), told["differences"].clone())
    };
    let missing = serde_json::json!(["there is no such file"]);
    assert_eq!(check(&[]), (Some(1), false.into(), missing.clone()));
    assert_eq!(check(&["--system", "-o", "packages.txt"]), (Some(1), false.into(), missing));
    env.oca(&["requirements", "-q", "-o", "requirements.txt"]).success();
    assert_eq!(check(&[]), (Some(0), true.into(), serde_json::json!([])));
    env.edit("requirements.txt", "xlrd", "xlwt");
    assert_eq!(check(&[]), (Some(1), false.into(), serde_json::json!(["+ xlrd", "- xlwt"])));
}

#[test]
fn machines_get_conflicts_too() {
    let env = Env::new();
    repositories(&env, "lxml>=5", "lxml<5\n");
    env.locked(BOTH);
    let output = env.oca(&["requirements", "--format", "json"]).output();
    assert_eq!(output.code, Some(1));
    let conflicts = output.stdout.split_once("\"conflicts\"").expect("conflicts").1;
    assert_eq!(
        conflicts,
        r#": [
    {
      "name": "lxml",
      "lines": [
        {
          "requirement": "lxml<5",
          "origin": "tools/requirements.txt:1"
        },
        {
          "requirement": "lxml>=5",
          "origin": "web/web_export/__manifest__.py"
        }
      ]
    }
  ],
  "warnings": [],
  "problems": [],
  "fresh": null,
  "differences": null
}
"#
    );
}

#[test]
fn nothing_required_is_the_header() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.oca(&["requirements"]).stdout(HEADER).success();
}

/// What an own module with a broken manifest requires is not known, so nothing is written without it.
#[test]
fn an_own_manifest_that_cannot_be_read_stops_the_command() {
    let env = Env::new();
    repositories(&env, "lxml", "six\n");
    env.own_module("addons/mine", "{'external_dependencies': {'python': ['requests']}}");
    env.locked(&format!("{BOTH}[[local]]\npath = \"addons\"\n"));
    env.oca(&["requirements", "-q", "-o", "requirements.txt"]).success();
    let before = env.read("requirements.txt");
    assert!(before.contains("requests"), "{before}");
    env.write("addons/mine/__manifest__.py", "{'external_dependencies': {'python': ['requests']}}}");
    for more in [&["-o", "requirements.txt"][..], &["--check", "-o", "requirements.txt"]] {
        env.oca(&["requirements"])
            .args(more)
            .stderr_contains("error: addons/mine/__manifest__.py:1 is left out: ")
            .status(1);
    }
    env.assert_file("requirements.txt", &before);
}
