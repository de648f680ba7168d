//! The action and the hooks at the top of this repository, with the lines that they ship.

use std::fs;
use std::path::Path;

use crate::env::Env;
use crate::markdown::{keys, page};
use crate::project::{WEB, repository};
use crate::run::Output;
use crate::workflow::{Job, Runner, all_with, parsed, text, yaml};

/// Runs the action with these inputs.
fn action<'e>(runner: Runner<'e>, inputs: &[(&str, &str)]) -> (Job, Runner<'e>) {
    let all = yaml("action.yml");
    let mut runner = runner.context("github.event.pull_request.base.sha", "");
    for (name, input) in all["inputs"].as_object().expect("the inputs") {
        let given = inputs.iter().find(|(given, _)| given == name);
        let value =
            given.map_or_else(|| runner.filled_in(text(&input["default"])), |(_, value)| (*value).to_owned());
        runner = runner.context(&format!("inputs.{name}"), &value);
    }
    for (name, _) in inputs {
        assert!(all["inputs"].get(name).is_some(), "`{name}` is not an input");
    }
    let job = runner.run(&all["runs"]);
    (job, runner)
}

fn summary(runner: &Runner<'_>) -> String {
    fs::read_to_string(runner.temp().join("summary")).unwrap_or_default()
}

/// A project on a branch with a commit on top of `main`, in a clone that has only this commit.
fn pull_request(env: &Env) -> String {
    let web = repository(env, "web", &["web_x"]);
    env.declare(WEB);
    env.edit("repos.toml", "../remotes", &env.remotes().display().to_string());
    env.lock();
    env.init_git();
    let base = env.head("");
    web.branch("18.0").module("web_y", &[("depends", "['gone']")]).commit();
    env.oca(&["upgrade", "-q"]).success();
    env.commit_all("Upgrade");
    let origin = env.root().join("origin");
    fs::rename(env.project(), &origin).expect("the project can be moved");
    env.git(env.root(), &["clone", "-q", "--depth", "1", &format!("file://{}", origin.display()), "project"]);
    env.git("", &["rev-parse", "--verify", "HEAD"]);
    assert!(env.try_git("", &["cat-file", "-e", &base]).is_err(), "the base is not in the clone");
    base
}

const STEPS: [&str; 5] = [
    "Install oca",
    "Compare the lock with repos.toml",
    "Check the modules",
    "Compare the requirements",
    "Write the summary",
];

#[test]
fn a_pull_request_is_checked_and_its_summary_says_what_changed() {
    let env = Env::new();
    let base = pull_request(&env);
    let runner = Runner::new(&env);
    let sha256 = runner.sha256();
    let (job, runner) = action(runner, &[("version", "0.1.0"), ("sha256", &sha256), ("base", &base)]);
    job.success();
    assert_eq!(job.names(), STEPS);
    assert_eq!(job.of("Install oca").stdout, format!("oca {}\n", env!("CARGO_PKG_VERSION")));
    let asked = fs::read_to_string(env.root().join("curl")).expect("a request");
    assert!(asked.contains("--proto =https ") && asked.ends_with(
        " https://github.com/oca-lock/oca/releases/download/v0.1.0/oca-0.1.0-x86_64-unknown-linux-gnu.tar.gz\n"
    ), "{asked}");
    let summary = summary(&runner);
    for part in [
        "## The lock: passed\n",
        "## The modules: passed\n\n    1 of 2 modules cannot be installed with this profile: `oca check -v` says why\n",
        "## Odoo 18.0: `standard`\n",
        "- `web_y` `18.0.1.0.0`: **new**\n",
    ] {
        assert!(summary.contains(part), "{part}\nis not in\n{summary}");
    }
}

#[test]
fn the_base_may_be_a_branch_that_the_checkout_does_not_have() {
    let env = Env::new();
    let base = pull_request(&env);
    env.git(env.root().join("origin"), &["branch", "stable", &base]);
    let inputs = [("binary", env!("CARGO_BIN_EXE_oca")), ("base", "stable")];
    let (job, runner) = action(Runner::new(&env), &inputs);
    job.success();
    let said = summary(&runner);
    assert!(said.contains("- `web_y` `18.0.1.0.0`: **new**\n"), "{said}");
}

#[test]
fn findings_annotate_files_and_fail_the_job_with_a_summary() {
    let env = Env::new();
    let base = pull_request(&env);
    env.edit("repos.toml", "repos = [\"web\"]", "repos = [\"web\"]\nmodules = [\"web_y\"]");
    env.lock();
    let binary = env!("CARGO_BIN_EXE_oca");
    let (job, runner) = action(Runner::new(&env), &[("binary", binary), ("base", &base)]);
    assert_eq!(job.names(), [STEPS[0], STEPS[1], STEPS[2], STEPS[4]]);
    let check = job.of("Check the modules");
    assert_eq!(check.code, Some(1), "{check}");
    assert!(
        check
            .stdout
            .starts_with("::error file=[TEMP]/project/repos.toml,line=4,title=OCA004 missing dependency::"),
        "{check}"
    );
    assert_eq!(job.of("Write the summary").code, Some(0), "{}", job.of("Write the summary"));
    let said = summary(&runner);
    assert!(
        said.contains("## The modules: failed\n\n    error[OCA004]: module `gone` does not exist"),
        "{said}"
    );
    assert!(!env.root().join("curl").exists());

    // The lock is out of date: the modules are not checked.
    env.edit("repos.toml", "18.0", "17.0");
    let (job, runner) = action(Runner::new(&env), &[("binary", binary), ("base", "HEAD~7")]);
    assert_eq!(job.names(), [STEPS[0], STEPS[1], STEPS[4]]);
    let lock = job.of("Compare the lock with repos.toml");
    assert_eq!(lock.code, Some(1), "{lock}");
    let said = summary(&runner);
    assert!(
        said.contains(
            "## The lock: failed\n\n    `web` wants branch `17.0`, but the lock has branch `18.0`\n"
        ),
        "{said}"
    );
    assert!(said.contains("## What changed\n\n    error: "), "{said}");
}

#[test]
fn the_project_may_be_in_a_directory_and_a_push_has_no_base() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    env.locked(WEB);
    env.git("..", &["init", "-q", "-b", "main"]);
    for file in ["repos.toml", "oca.lock.json"] {
        env.write(format!("the shop/{file}"), env.read(file).replace("../remotes", "../../remotes"));
        fs::remove_file(env.project().join(file)).expect("a file");
    }
    env.oca(&["-C", "the shop", "lock", "-q"]).success();
    let (job, runner) =
        action(Runner::new(&env), &[("binary", env!("CARGO_BIN_EXE_oca")), ("directory", "the shop")]);
    job.success();
    assert_eq!(
        summary(&runner),
        "## The lock: passed\n\n\n## The modules: passed\n\n    1 module, 0 errors, 0 warnings\n\n"
    );
    env.write("the shop/requirements.txt", "lxml\n");
    let (job, runner) =
        action(Runner::new(&env), &[("binary", env!("CARGO_BIN_EXE_oca")), ("directory", "the shop")]);
    let check = job.of("Compare the requirements");
    assert!(check.code == Some(1) && check.stderr.contains("  - lxml\n"), "{check}");
    let said = summary(&runner);
    assert!(
        said.contains("## The requirements: failed\n\n    error: `requirements.txt` is out of date\n"),
        "{said}"
    );
}

#[test]
fn wrong_inputs_stop_the_action_before_anything_is_unpacked_or_run() {
    let env = Env::new();
    let good = Runner::new(&env).sha256();
    let evil = format!("0.1.0$(touch {}/evil)", env.root().display());
    let refused = |inputs: &[(&str, &str)]| -> Output {
        let (mut job, runner) = action(Runner::new(&env), inputs);
        assert_eq!(job.names(), ["Install oca", "Write the summary"]);
        assert_eq!(summary(&runner), "");
        assert!(!runner.temp().join("oca-bin/oca").exists());
        job.steps.swap_remove(0).1
    };
    let version = "::error title=oca::the input `version` must be a release of oca, such as 0.1.0\n";
    let sha256 =
        "::error title=oca::the input `sha256` must be the SHA-256 of the archive: 64 hexadecimal digits\n";
    for (inputs, said) in [
        (&[][..], version),
        (&[("version", "latest"), ("sha256", good.as_str())], version),
        (&[("version", "../0.1.0"), ("sha256", &good)], version),
        (&[("version", &evil), ("sha256", &good)], version),
        (&[("version", "0.1.0")], sha256),
        (&[("version", "0.1.0"), ("sha256", "*")], sha256),
        (&[("binary", "docs")], "::error title=oca::the input `binary` names no file: docs\n"),
    ] {
        let output = refused(inputs);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), said), "{output}");
    }
    assert!(!env.root().join("curl").exists() && !env.root().join("evil").exists());
    let output = refused(&[("version", "0.1.0"), ("sha256", &"0".repeat(64))]);
    let said = "::error title=oca::the archive oca-0.1.0-x86_64-unknown-linux-gnu.tar.gz has another SHA-256";
    assert!(output.code == Some(1) && output.stdout.starts_with(said), "{output}");
}

#[test]
fn every_file_and_page_has_the_same_checks_in_the_same_order() {
    for name in [
        "README.md",
        "docs/automation.md",
        "action.yml",
        "docs/automation/gitlab-ci.yml",
        ".pre-commit-hooks.yaml",
    ] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let text = fs::read_to_string(file).expect("a file").replace("oca -C \"$DIRECTORY\"", "oca");
        let places =
            ["oca lock --check", "oca check", "oca requirements --check"].map(|check| text.find(check));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{name}: {places:?}");
    }
}

/// An expression in a line of shell is replaced before the shell reads it, so a title could be a command.
#[test]
fn no_line_of_shell_has_an_expression_and_no_action_of_others_is_used() {
    for name in ["action.yml", "docs/automation/update.yml", "docs/automation/renovate.yml"] {
        let all = yaml(name);
        assert_eq!(all_with("uses", &all).len(), 0, "{name}");
        let steps = all_with("run", &all);
        let scripts: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
        assert!(scripts.len() >= 4, "{name}: {}", scripts.len());
        assert!(scripts.iter().all(|script| !script.contains("${{")), "{name}");
    }
    for name in ["update", "renovate"] {
        let all = yaml(&format!("docs/automation/{name}.yml"));
        assert_eq!(all["permissions"].as_object().map(serde_json::Map::len), Some(0), "{name}");
    }
}

#[test]
fn the_hooks_of_pre_commit_run_and_fail_with_what_to_type() {
    let env = Env::new();
    env.copy_demo();
    env.oca(&["requirements", "-q", "-o", "requirements.txt"]).success();
    let hooks = yaml(".pre-commit-hooks.yaml");
    let entries: Vec<&str> = all_with("entry", &hooks).iter().map(|hook| text(&hook["entry"])).collect();
    let words = |entry: &'static str| entry.split(' ').skip(1).collect::<Vec<&str>>();
    assert_eq!(entries, ["oca lock --check", "oca check", "oca requirements --check -o requirements.txt"]);
    env.oca(&words("oca lock --check")).success();
    env.oca(&words("oca check")).stdout_contains("OCA011").stderr_contains("0 errors").success();
    let check = "oca requirements --check -o requirements.txt";
    env.oca(&words(check)).success();
    env.edit("requirements.txt", "xlrd", "xlwt");
    env.oca(&words(check)).stderr_contains("hint: run `oca requirements -o requirements.txt`").status(1);
    env.edit("repos.toml", "odoo = \"18.0\"", "odoo = \"17.0\"");
    env.oca(&words("oca lock --check"))
        .stdout_contains("`server-kit` wants branch `17.0`")
        .stderr_contains("hint: run `oca lock` and commit the result")
        .status(1);
}

#[test]
fn the_page_has_each_input_and_each_hook_and_no_other() {
    let page = page("docs/automation.md");
    let blocks = page.blocks();
    let blocks = blocks.iter().filter(|block| block.language == "yaml");
    let blocks = serde_json::Value::Array(blocks.map(|block| parsed(&block.lines.join("\n"))).collect());
    let names = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().expect("a map").keys().cloned().collect()
    };
    let mut described: Vec<&str> = keys(&page.section("## Check pull requests on GitHub"));
    described.sort_unstable();
    let inputs = names(&yaml("action.yml")["inputs"]);
    assert_eq!(described, inputs);
    let given = names(&all_with("with", &blocks)[0]["with"]);
    assert_eq!(given, ["sha256", "version"]);
    let ids = |value: &serde_json::Value| -> Vec<String> {
        all_with("id", value).iter().map(|hook| text(&hook["id"]).to_owned()).collect()
    };
    assert_eq!(ids(&blocks), ids(&yaml(".pre-commit-hooks.yaml")));
}
