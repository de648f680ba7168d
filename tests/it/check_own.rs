//! `oca check`: manifests that cannot be read, the user's own modules, `ignore`, and the formats for machines.

use crate::env::Env;
use crate::project::{WEB, modules_repository};
use crate::remote::Remote;

const OWN: &str = "[[local]]\npath = \"addons\"\n";

/// Manifests that are none, and what is said of each, with its line.
fn bad_manifests() -> Vec<(&'static str, Vec<u8>, usize, &'static str)> {
    vec![
        ("bad_call", b"{\n 'name': str('x')}".to_vec(), 2, "must not contain the call `str(\u{2026})`"),
        ("bad_code", b"import os\n{'name': 'x'}".to_vec(), 1, "must not contain the word `import`"),
        (
            "bad_deep",
            [b"{'a': ".to_vec(), b"[".repeat(100_000)].concat(),
            1,
            "must not nest brackets more than 32 deep",
        ),
        ("bad_fstring", b"{'name':\n\n f'{x}'}".to_vec(), 3, "must not contain an f-string"),
        ("bad_huge", vec![b' '; 10 << 20], 1, "a manifest must not be longer than 1 MiB"),
        ("bad_utf8", b"{\n 'name': '\xe9'}".to_vec(), 2, "the file is not UTF-8"),
    ]
}

#[test]
fn each_unreadable_manifest_is_one_finding() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    let mut draft = remote.branch("18.0").module("good", &[("depends", "['bad_call']")]);
    for (name, manifest, ..) in bad_manifests() {
        draft = draft.file(&format!("{name}/__init__.py"), "");
        draft = draft.file(&format!("{name}/__manifest__.py"), &manifest);
        env.own_module(&format!("addons/own_{name}"), &manifest);
    }
    draft.commit();
    env.own_module("addons/mine", "{'license': 'AGPL-3', 'depends': ['good', 'own_bad_deep']}");
    env.locked(&format!("{WEB}{OWN}"));
    let output = env.oca(&["check"]).output();
    assert_eq!(output.code, Some(1), "{output}");
    assert_eq!(output.stderr, "2 modules, 12 errors, 0 warnings\n");
    let lines: Vec<&str> = output.stdout.lines().collect();
    let found: Vec<&&str> = lines.iter().filter(|line| line.starts_with("error[OCA014]: ")).collect();
    assert_eq!(found.len(), 12, "{output}");
    for (name, _, line, why) in bad_manifests() {
        let of_web = format!("error[OCA014]: the manifest of `{name}` of `web` cannot be read: ");
        let own = format!("error[OCA014]: the manifest of `own_{name}` of `addons` cannot be read: ");
        let at = format!("(`{name}/__manifest__.py` at line {line})");
        assert!(
            found.iter().any(|text| text.starts_with(&of_web) && text.contains(why) && text.ends_with(&at))
        );
        assert!(found.iter().any(|text| text.starts_with(&own) && text.contains(why)));
        assert!(lines.contains(&format!("  at: addons/own_{name}/__manifest__.py:{line}").as_str()));
    }
}

#[test]
fn a_pinned_manifest_that_cannot_be_read_matters_to_a_selection_that_needs_it() {
    let env = Env::new();
    let remote = modules_repository(&env, "web", &[("a", "base"), ("b", "bad")]);
    remote.branch("18.0").file("bad/__init__.py", "").file("bad/__manifest__.py", "{'a': b}").commit();
    env.locked(&format!("{WEB}modules = [\"a\"]\n"));
    env.oca(&["check"]).stderr("1 module, 0 errors, 0 warnings\n").success();
    env.locked(&format!("{WEB}modules = [\"b\"]\n"));
    env.oca(&["check"])
        .stdout(
            "error[OCA014]: the manifest of `bad` of `web` cannot be read: a manifest must not contain the \
             word `b` (`bad/__manifest__.py` at line 1)\n  \
             hint: correct it in a fork, and set the `url` of the repository to that fork\n",
        )
        .stderr("1 module, 1 error, 0 warnings\n")
        .status(1);
}

#[test]
fn ones_own_manifests_are_named_with_the_line() {
    let env = Env::new();
    modules_repository(&env, "web", &[("web_x", "base")]);
    env.own_module(
        "addons/mine",
        "{\n  'license': 'AGPL-3',\n  'version': '17.0.1.0.0',\n  'depends': [\n    'base',\n    'web_xx',\n    \
         'server-ux',\n    'off',\n  ],\n}\n",
    );
    env.own_module("addons/off", "{'installable': False}");
    env.locked(&format!("{WEB}{OWN}"));
    env.oca(&["check"])
        .stdout(
            "error[OCA004]: `off` of `addons` is `installable: False`, and `mine` of `addons` needs it\n  \
               at: addons/mine/__manifest__.py:8\n  \
               hint: make `off` installable, or remove the dependency\n\
             error[OCA004]: module `web_xx` does not exist, but `mine` of `addons` needs it\n  \
               at: addons/mine/__manifest__.py:6\n  \
               hint: did you mean `web_x`? otherwise run `oca find web_xx`\n\
             error[OCA005]: `server-ux` is not a valid module name, but `mine` of `addons` needs it\n  \
               at: addons/mine/__manifest__.py:7\n  \
               hint: correct `depends` in the manifest\n\
             error[OCA007]: `mine` of `addons` has version `17.0.1.0.0`, which is not a version for Odoo 18.0\n  \
               at: addons/mine/__manifest__.py:3\n  \
               hint: after the migration, write it as `18.0.1.0.0` or `1.0.0`, or delete the version\n",
        )
        .stderr("2 modules, 4 errors, 0 warnings\n")
        .status(1);
}

#[test]
fn codes_and_modules_are_ignored() {
    let env = Env::new();
    modules_repository(&env, "web", &[("a", "gone"), ("b", "gone lost"), ("c", "c")]);
    let check = |ignore: &str, args: &[&str]| {
        env.locked(&format!("{WEB}modules = ['a', 'b', 'c']\n[check]\nignore = [{ignore}]\n"));
        env.oca(&[&["check"], args].concat())
    };
    let fine = "3 modules, 0 errors, 0 warnings\n";
    check("'OCA004', 'OCA006'", &[]).stderr(fine).success();
    check("'gone', 'lost', 'c'", &[]).stderr(fine).success();
    check("'a', 'b', 'OCA006'", &[]).stderr(fine).success();
    check("'b', 'OCA006'", &[])
        .stdout(
            "error[OCA004]: module `gone` does not exist, but `a` of `web` needs it\n  \
             hint: run `oca find gone` and add the repository that has it\n",
        )
        .stderr("3 modules, 1 error, 0 warnings\n")
        .status(1);
    let unused = "'OCA004', 'OCA006', 'OCA001', 'mended'";
    check(unused, &[]).stderr(fine).success();
    check(unused, &["-v"])
        .stderr(&format!(
            "`OCA001` in `ignore` of `[check]` hides nothing\n`mended` in `ignore` of `[check]` hides nothing\n{fine}"
        ))
        .success();
    check("'OCA004', 'OCA006', 'OCA099'", &[])
        .stderr(&format!("warning: `OCA099` in `ignore` of `[check]` is not a check code\n{fine}"))
        .success();
}

#[test]
fn machines_get_findings_with_files_and_lines() {
    let env = Env::new();
    modules_repository(&env, "web", &[("sale", "base"), ("web_x", "gone")]);
    env.own_module("addons/mine", "{'license': 'AGPL-3',\n 'depends': ['gone']}");
    env.locked(&format!("{WEB}{OWN}"));
    env.oca(&["check", "--format", "json"])
        .stdout(
            r#"{
  "version": 1,
  "error_count": 1,
  "warning_count": 1,
  "findings": [
    {
      "code": "OCA004",
      "severity": "error",
      "module": "gone",
      "repo": null,
      "message": "module `gone` does not exist, but `mine` and `web_x` need it",
      "hint": "run `oca find gone` and add the repository that has it",
      "modules": [
        "gone",
        "mine",
        "web_x"
      ],
      "file": "[TEMP]/project/addons/mine/__manifest__.py",
      "line": 2,
      "profiles": [
        "standard"
      ]
    },
    {
      "code": "OCA003",
      "severity": "warning",
      "module": "sale",
      "repo": "web",
      "message": "`sale` of `web` has the same name as a module of Odoo Community",
      "hint": "rename it, or put `sale` into `ignore` of `[check]`",
      "modules": [
        "sale"
      ],
      "file": "[TEMP]/project/repos.toml",
      "line": 4,
      "profiles": [
        "standard"
      ]
    }
  ]
}
"#,
        )
        .stderr("3 modules, 1 error, 1 warning\n")
        .status(1);
    env.oca(&["check", "--format", "github", "-q"])
        .stdout(
            "::error file=[TEMP]/project/addons/mine/__manifest__.py,line=2,title=OCA004 missing dependency::\
             module `gone` does not exist, but `mine` and `web_x` need it%0A\
             hint: run `oca find gone` and add the repository that has it\n\
             ::warning file=[TEMP]/project/repos.toml,line=4,title=OCA003 module with the name of an Odoo module::\
             `sale` of `web` has the same name as a module of Odoo Community%0A\
             hint: rename it, or put `sale` into `ignore` of `[check]`\n",
        )
        .status(1);
}

#[test]
fn control_characters_of_manifests_are_escaped() {
    let env = Env::new();
    let license = ("license", r"'X\x1b[31m\nerror: feigned'");
    let remote = Remote::new(&env, "web");
    let module = &[license, ("version", r"'1.0\x1b[2J'"), ("depends", r"['gone\x1b']")][..];
    remote.branch("18.0").module("web_x", module).commit();
    env.locked(&format!("{WEB}modules = ['web_x']\n"));
    env.oca(&["list"]).stdout("web_x  1.0\\u{1b}[2J  web  lacks `gone\\u{1b}`\n").success();
    env.oca(&["tree", "web_x"]).stdout("web_x 1.0\\u{1b}[2J (web)\n└── gone\\u{1b} (missing)\n").success();
    env.oca(&["check"])
        .stdout(
            "error[OCA005]: `gone\\u{1b}` is not a valid module name, but `web_x` of `web` needs it\n  \
               hint: correct `depends` in the manifest\n\
             error[OCA007]: `web_x` of `web` has version `1.0\\u{1b}[2J`, which is not a version for Odoo 18.0\n  \
               hint: after the migration, write it as `18.0.1.0.0` or `1.0.0`, or delete the version\n\
             warning[OCA009]: `web_x` of `web` has licence `X\\u{1b}[31m\\nerror: feigned`, \
             which Odoo does not know\n  \
               hint: write a licence that Odoo knows, such as `LGPL-3`, into the manifest, or put `web_x` into \
             `ignore` of `[check]`\n",
        )
        .stderr("1 module, 2 errors, 1 warning\n")
        .status(1);
    let text = r#""message": "`gone\u001b` is not a valid module name, but `web_x` of `web` needs it""#;
    env.oca(&["check", "-q", "--format", "json"]).stdout_contains(text).status(1);
    env.oca(&["why", "no\u{1b}ne"]).stderr_contains("has no module `no\\u{1b}ne`\n").status(2);
}
