//! The `requirements.txt` of the locked Odoo: pins that the modules must agree with, and `oca requirements --core`.

use crate::env::Env;
use crate::project::repository;
use crate::remote::Remote;

const HEADER: &str = "# Written by `oca requirements`; do not edit.\n";
const ODOO: &str = "[core]\nurl = \"../remotes/odoo\"\n";
const TOOLS: &str = "[profiles.standard]\nrepos = [\"tools\"]\n";
/// As Odoo writes it: a line for each Python, with the reason behind it.
const PINS: &str = "# The officially supported versions\n\
    lxml==4.9.3 ; python_version < '3.12'  # (Jammy)\n\
    lxml==5.2.1; python_version >= '3.12' # (Noble)\n\
    Python_dateutil==2.8.2\n\
    pypiwin32 ; sys_platform == 'win32'\n";
const DECIDE: &str = "hint: decide with `override = [\"lxml==VERSION\"]` in `[requirements]`, or leave out Odoo's lines \
    with `requirements = false` in `[core]`\n";

/// Odoo 18.0 without a `requirements.txt`.
fn bare_odoo(env: &Env) -> Remote {
    let odoo = Remote::new(env, "odoo");
    let draft = odoo
        .branch("18.0")
        .file("odoo-bin", "")
        .file("odoo/release.py", "version_info = (18, 0, 0, 'final', 0, '')\n");
    draft.module("addons/sale", &[]).module("odoo/addons/base", &[]).commit();
    odoo
}

/// Odoo 18.0 with this `requirements.txt`, and `tools` with this one.
fn repositories(env: &Env, odoo: impl AsRef<[u8]>, tools: &str) {
    bare_odoo(env).branch("18.0").file("requirements.txt", odoo).commit();
    repository(env, "tools", &["tool"]).branch("18.0").file("requirements.txt", tools).commit();
}

#[test]
fn a_conflict_with_odoo_is_found_when_it_is_locked() {
    let env = Env::new();
    repositories(&env, PINS, "lxml>=6\ndateutil\n");
    env.declare(&format!("{ODOO}{TOOLS}"));
    let conflict = format!(
        "requirements for `lxml` exclude each other\n  \
         `lxml==4.9.3 ; python_version < '3.12'`   odoo/requirements.txt:2\n  \
         `lxml==5.2.1 ; python_version >= '3.12'`  odoo/requirements.txt:3\n  \
         `lxml>=6`                                 tools/requirements.txt:1\n{DECIDE}"
    );
    let warning = format!("warning: {conflict}");
    env.oca(&["lock"]).stderr_contains("tools: locked at ").stderr_contains(&warning).success();
    // From here on, the lock is enough.
    env.remove_remotes();
    env.oca(&["lock", "--check"]).stderr(&warning).success();
    env.oca(&["requirements"]).stderr(&format!("error: {conflict}")).status(1);
    env.oca(&["requirements", "--core"]).stderr(&format!("error: {conflict}")).status(1);
    env.oca(&["requirements", "--format", "json"])
        .stdout_contains("\"origin\": \"odoo/requirements.txt:3\"")
        .stderr(&format!("error: {conflict}"))
        .status(1);
    env.declare(&format!("{ODOO}{TOOLS}[requirements]\npython = \"3.12\"\n"));
    env.oca(&["lock", "--check"])
        .stderr(&format!(
            "warning: requirements for `lxml` exclude each other\n  \
             `lxml==5.2.1 ; python_version >= '3.12'`  odoo/requirements.txt:3\n  \
             `lxml>=6`                                 tools/requirements.txt:1\n{DECIDE}"
        ))
        .success();
}

#[test]
fn markers_decide_which_pins_of_odoo_count() {
    let env = Env::new();
    repositories(&env, PINS, "lxml<5\n");
    env.locked(&format!("{ODOO}{TOOLS}"));
    let possible = "warning: requirements for `lxml` exclude each other if their markers apply\n  \
        `lxml==5.2.1 ; python_version >= '3.12'`  odoo/requirements.txt:3\n  \
        `lxml<5`                                  tools/requirements.txt:1\n";
    let hint =
        "hint: set the Python version of the image: `python` in `[requirements]`, or `--python-version`\n";
    env.oca(&["lock", "--check"]).stderr(&format!("{possible}{hint}")).success();
    env.oca(&["requirements", "--no-annotate"])
        .stdout(&format!("{HEADER}lxml<5\n"))
        .stderr(&format!("{possible}{hint}"))
        .success();
    let python = |version: &'static str| ["requirements", "--no-annotate", "--python-version", version];
    env.oca(&python("3.11")).stdout(&format!("{HEADER}lxml<5\n")).success();
    env.oca(&python("3.12"))
        .stderr_contains("error: requirements for `lxml` exclude each other\n")
        .stderr_contains(DECIDE)
        .status(1);
}

#[test]
fn only_conflicts_with_odoo_are_decided_in_core() {
    let env = Env::new();
    repositories(&env, PINS, "lxml==4\nlxml==5.2.1\nxlrd==1\nxlrd==2\nxlwt\n");
    env.locked(&format!("{ODOO}{TOOLS}[requirements]\npython = \"3.12\"\n"));
    let of_lxml = "requirements for `lxml` exclude each other\n  \
        `lxml==5.2.1 ; python_version >= '3.12'`  odoo/requirements.txt:3\n  \
        `lxml==4`                                 tools/requirements.txt:1\n  \
        `lxml==5.2.1`                             tools/requirements.txt:2\n";
    env.oca(&["lock", "--check"]).stderr(&format!("warning: {of_lxml}{DECIDE}")).success();
    env.oca(&["requirements"])
        .stderr(&format!(
            "error: {of_lxml}{DECIDE}error: requirements for `xlrd` exclude each other\n  \
             `xlrd==1`  tools/requirements.txt:3\n  `xlrd==2`  tools/requirements.txt:4\nhint: change one of them, or put \
             a line that replaces them into `override` of `[requirements]`\n"
        ))
        .status(1);
}

#[test]
fn core_writes_the_lines_of_odoo_too() {
    let env = Env::new();
    repositories(&env, PINS, "lxml\npython-dateutil>=2\nxlrd\n");
    env.locked(&format!("{ODOO}{TOOLS}"));
    env.remove_remotes();
    env.oca(&["requirements", "--no-annotate"])
        .stdout(&format!("{HEADER}lxml\npython-dateutil>=2\nxlrd\n"))
        .success();
    env.oca(&["requirements", "--core"])
        .stdout(&format!(
            "{HEADER}lxml\n    # via tools/requirements.txt:1\n\
             lxml==4.9.3 ; python_version < '3.12'\n    # exact pin\n    # via odoo/requirements.txt:2\n\
             lxml==5.2.1 ; python_version >= '3.12'\n    # exact pin\n    # via odoo/requirements.txt:3\n\
             pypiwin32 ; sys_platform == 'win32'\n    # via odoo/requirements.txt:5\n\
             python-dateutil==2.8.2,>=2\n    # exact pin\n    # via\n    #   odoo/requirements.txt:4\n    \
             #   tools/requirements.txt:2\nxlrd\n    # via tools/requirements.txt:3\n"
        ))
        .success();
    env.oca(&["requirements", "--core", "--format", "json"])
        .stdout_contains("\"odoo/requirements.txt:4\",\n        \"tools/requirements.txt:2\"\n")
        .success();
    env.oca(&["requirements", "--core", "--check"])
        .stderr_contains("hint: run `oca requirements --core -o requirements.txt`\n")
        .status(1);
    env.oca(&["requirements", "--core", "-o", "requirements.txt"]).success();
    env.oca(&["requirements", "--core", "--check"]).success();
    env.oca(&["requirements", "--core", "--system"]).stderr_contains("cannot be used with").status(2);
}

#[test]
fn an_override_replaces_the_lines_of_odoo_too() {
    let env = Env::new();
    repositories(&env, PINS, "lxml>=6\n");
    let declared = |lines: &str| env.declare(&format!("{ODOO}{TOOLS}[requirements]\noverride = [{lines}]\n"));
    declared("\"lxml==6.0.2\"");
    env.lock();
    env.oca(&["lock", "--check"]).success();
    let replaced = "lxml==6.0.2\n    # override\n    # exact pin\n    # via\n    #   odoo/requirements.txt:2\n    \
        #   odoo/requirements.txt:3\n    #   tools/requirements.txt:1\n";
    env.oca(&["requirements"]).stdout(&format!("{HEADER}{replaced}")).success();
    env.oca(&["requirements", "--core"]).stdout_contains(replaced).success();
    env.oca(&["requirements", "--format", "json"]).stdout_contains("\"odoo/requirements.txt:2\"").success();
    // What only Odoo requires is replaced where its lines are written.
    declared("\"lxml==6.0.2\", \"python-dateutil==2.9\", \"six==1\"");
    let nothing =
        "`six==1` in `override` of `[requirements]` has no effect here, because nothing requires `six`\n";
    env.oca(&["requirements"]).stdout(&format!("{HEADER}{replaced}")).stderr(nothing).success();
    env.oca(&["requirements", "-v", "--no-annotate"])
        .stdout_contains("lxml")
        .stderr_contains(
            "`python-dateutil==2.9` in `override` of `[requirements]` has no effect here, because only Odoo requires \
             `python-dateutil`\n",
        )
        .success();
    env.oca(&["requirements", "--core"])
        .stdout_contains(
            "python-dateutil==2.9\n    # override\n    # exact pin\n    # via odoo/requirements.txt:4\n",
        )
        .stderr(nothing)
        .success();
}

#[test]
fn the_requirements_of_odoo_can_be_left_out() {
    let env = Env::new();
    repositories(&env, PINS, "lxml>=6\n");
    let without = "requirements = false\n";
    env.locked(&format!("{ODOO}{without}{TOOLS}"));
    let lock = env.read("oca.lock.json");
    env.oca(&["lock", "--check"]).success();
    env.oca(&["requirements", "--no-annotate"]).stdout(&format!("{HEADER}lxml>=6\n")).success();
    env.oca(&["requirements", "--core"])
        .stderr(
            "error: `--core` asks for the requirements of Odoo, but profile `standard` has `requirements = false` in \
             `[core]`\nhint: leave out `--core`, or delete `requirements = false` in `[core]`\n",
        )
        .status(2);
    // The lock does not record it, and a profile decides for itself.
    let profiles = "[profiles.strict]\nextends = [\"standard\"]\ncore = { requirements = true }\n";
    env.declare(&format!("default-profile = \"standard\"\n{ODOO}{without}{TOOLS}{profiles}"));
    env.oca(&["lock"]).stderr_contains(DECIDE).success();
    assert!(lock.contains("\"lxml==5.2.1; python_version >= '3.12' # (Noble)\",\n"), "{lock}");
    env.oca(&["requirements", "--no-annotate"]).stdout(&format!("{HEADER}lxml>=6\n")).success();
    env.oca(&["requirements", "-p", "strict"]).stderr_contains(DECIDE).status(1);
    env.declare(&format!("{ODOO}requirements = \"no\"\n{TOOLS}"));
    env.oca(&["lock"]).stderr_contains("`requirements` in `repos.toml` at line 5, table `core`").status(2);
}

#[test]
fn without_odoo_in_the_lock_nothing_changes() {
    let env = Env::new();
    repositories(&env, PINS, "lxml>=6\n");
    env.locked(TOOLS);
    env.oca(&["requirements", "--no-annotate"]).stdout(&format!("{HEADER}lxml>=6\n")).success();
    env.oca(&["requirements", "--core"])
        .stderr(
            "error: `--core` asks for the requirements of Odoo, but profile `standard` has no `[core]`\n\
             hint: leave out `--core`, or declare Odoo in `[core]`\n",
        )
        .status(2);
}

#[test]
fn an_odoo_without_requirements_pins_nothing() {
    let env = Env::new();
    bare_odoo(&env);
    repository(&env, "tools", &["tool"]).branch("18.0").file("requirements.txt", "lxml>=6\n").commit();
    env.locked(&format!("{ODOO}{TOOLS}"));
    env.oca(&["lock", "--check"]).success();
    env.oca(&["requirements", "--no-annotate"]).stdout(&format!("{HEADER}lxml>=6\n")).success();
    env.oca(&["requirements", "--no-annotate", "--core"])
        .stdout(&format!("{HEADER}lxml>=6\n"))
        .stderr("warning: the locked Odoo has no `requirements.txt` with requirements\n")
        .success();
}

#[test]
fn a_file_of_enterprise_counts_too() {
    let env = Env::new();
    repositories(&env, PINS, "xlrd>=2\n");
    let enterprise = repository(&env, "enterprise", &["web_enterprise"]);
    enterprise.branch("18.0").file("requirements.txt", "xlrd==1.2.0\n").commit();
    env.locked(&format!("{ODOO}enterprise = \"../remotes/enterprise\"\n{TOOLS}"));
    env.oca(&["requirements"])
        .stderr_contains("\n  `xlrd==1.2.0`  enterprise/requirements.txt:1\n  `xlrd>=2`")
        .stderr_contains("`requirements = false` in `[core]`")
        .status(1);
}

#[test]
fn what_cannot_be_read_of_odoo_is_said() {
    let huge = "six\n".repeat(300_000);
    let cases: [(&[u8], &str, &str); 9] = [
        (b"six\n-r other.txt\n", "odoo/requirements.txt:2: the option `-r` is not supported", "-r"),
        (
            b"six\n\nlxml==5 --hash=sha256:00\n",
            "odoo/requirements.txt:3: the option `--hash` is not supported",
            "lxml",
        ),
        (b"./wheels/x.whl\n", "odoo/requirements.txt:1: `./wheels/x.whl` is a path", "./wheels/x.whl"),
        (
            b"file:///srv/x.whl\n",
            "odoo/requirements.txt:1: `file:///srv/x.whl` is a file",
            "file:///srv/x.whl",
        ),
        (b"six\nx\xff\n", "odoo/requirements.txt:2: `x\u{fffd}` is not a requirement", "x\u{fffd}"),
        (
            b"\xff\xfex",
            "odoo/requirements.txt is left out: the file is not valid UTF-16",
            "odoo/requirements.txt",
        ),
        (
            b"six ; python_version ~ '3'\n",
            "odoo/requirements.txt:1: `six ; python_version ~ '3'` is not a requirement",
            "six ; python_version ~ '3'",
        ),
        (b"six @ https://h/${HOME}/x.zip\n", "pip would replace `${HOME}`", "six @ https://h/${HOME}/x.zip"),
        (
            huge.as_bytes(),
            "odoo/requirements.txt is left out: the file is longer than 1 MiB",
            "odoo/requirements.txt",
        ),
    ];
    for (text, said, word) in cases {
        let env = Env::new();
        repositories(&env, text, "xlrd\n");
        env.declare(&format!("{ODOO}{TOOLS}"));
        env.oca(&["lock"]).stderr_contains(said).success();
        for (command, code) in
            [(&["lock", "--check"][..], 0), (&["requirements"], 1), (&["requirements", "--core"], 1)]
        {
            env.oca(command)
                .stderr_contains(said)
                .stderr_contains(&format!("put `{word}` into"))
                .status(code);
        }
        env.declare(&format!("{ODOO}{TOOLS}[requirements]\nignore = [{word:?}]\n"));
        env.oca(&["requirements", "--no-annotate"]).stdout(&format!("{HEADER}xlrd\n")).success();
        env.declare(&format!("{ODOO}requirements = false\n{TOOLS}"));
        env.oca(&["requirements", "--no-annotate"]).stdout(&format!("{HEADER}xlrd\n")).success();
    }
}

#[test]
fn a_symlink_and_urls_are_read_as_those_of_other_repositories() {
    let env = Env::new();
    let odoo = bare_odoo(&env);
    odoo.branch("18.0").symlink("requirements.txt", "/etc/passwd").commit();
    repository(&env, "tools", &["tool"]).branch("18.0").file("requirements.txt", "six>=1\n").commit();
    env.declare(&format!("{ODOO}{TOOLS}"));
    env.oca(&["lock"])
        .stderr_contains("warning: odoo/requirements.txt is left out: the file is a symlink\n")
        .stderr_contains("hint: correct it in a fork that you name with `url` in `[core]`, put")
        .success();
    odoo.branch("18.0").remove("requirements.txt").commit();
    let lines = "six @ https://h/six.zip\nhttps://h/other.zip\n--prefer-binary\n";
    odoo.branch("18.0").file("requirements.txt", lines).commit();
    env.oca(&["lock", "--upgrade", "odoo", "-q"]).success();
    env.oca(&["requirements", "--no-annotate"]).stdout(&format!("{HEADER}six>=1\n")).success();
    env.oca(&["requirements", "--no-annotate", "--core"])
        .stdout(&format!("{HEADER}https://h/other.zip\nsix>=1\nsix @ https://h/six.zip\n"))
        .success();
}
