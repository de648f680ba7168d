//! `--format json`: a command that fails before its report prints the errors as JSON. `run.rs` compares each with its
//! schema.

use serde_json::{Value, json};

use crate::env::Env;
use crate::harness::web;
use crate::project::WEB;

/// The object on stdout, the exit code and stderr.
#[track_caller]
fn failed(env: &Env, args: &[&str]) -> (Value, String) {
    let output = env.oca(args).output();
    let value: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{output}"));
    assert_eq!(value["exit_code"], json!(output.code), "{output}");
    assert_eq!(value["version"], 1);
    (value, output.stderr)
}

#[test]
fn an_error_is_json_on_stdout_and_text_on_stderr() {
    let env = Env::new();
    let (value, stderr) = failed(&env, &["list", "--format", "json"]);
    let error = json!({
        "message": "there is no `repos.toml` here or in a parent directory",
        "causes": [],
        "hint": "run `oca init`, or pass the file with `--config`",
        "repos": [],
    });
    assert_eq!(value, json!({ "version": 1, "errors": [error], "exit_code": 2 }));
    assert_eq!(
        stderr,
        "error: there is no `repos.toml` here or in a parent directory\n\
         hint: run `oca init`, or pass the file with `--config`\n"
    );
    // Without the option, there is only the text.
    env.oca(&["list"]).stderr(&stderr).status(2);
    env.oca(&["list", "--format", "human"]).stderr(&stderr).status(2);
}

#[test]
fn every_repository_that_failed_is_named() {
    let env = Env::new();
    web(&env);
    env.declare("[profiles.standard]\nrepos = [\"web\", \"nowhere\", \"gone\"]\n");
    let (value, stderr) = failed(&env, &["lock", "--format", "json"]);
    let errors = value["errors"].as_array().expect("errors");
    let names: Vec<&Value> = errors.iter().map(|error| &error["repos"]).collect();
    assert_eq!(names, [&json!(["gone"]), &json!(["nowhere"])]);
    assert!(errors.iter().all(|error| !error["causes"].as_array().expect("causes").is_empty()), "{value:#}");
    // The text counts them, too.
    assert!(stderr.ends_with("error: 2 repositories failed\n"), "{stderr}");
    assert_eq!(value["exit_code"], 3);
}

#[test]
fn a_report_is_never_followed_by_an_error() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.edit("repos.toml", "\"web\"", "\"web\", \"dms\"");
    let output = env.oca(&["lock", "--check", "--format", "json"]).output();
    let value: Value = serde_json::from_str(&output.stdout).expect("one object");
    assert_eq!((output.code, &value["fresh"]), (Some(1), &json!(false)), "{output}");
    assert!(output.stderr.starts_with("error: `oca.lock.json` is out of date"), "{output}");
    let (value, _) = failed(&env, &["check", "--format", "json"]);
    assert_eq!(value["errors"][0]["hint"], "run `oca lock` and commit the result");
}

#[test]
fn a_wrong_command_line_is_json_too() {
    let env = Env::new();
    let (value, stderr) = failed(&env, &["lock", "--chek", "--format", "json"]);
    assert_eq!(value["errors"][0]["message"], "unexpected argument '--chek' found");
    assert_eq!(value["errors"][0]["hint"], "a similar argument exists: '--check'");
    assert!(stderr.starts_with("error: unexpected argument '--chek' found\n"), "{stderr}");
    for (words, tip) in
        [(["status", "--json"], "use '--format json'"), (["cache", "--json"], "this command prints no JSON")]
    {
        let said = format!("error: unexpected argument '--json' found\n\n  tip: {tip}\n\nUsage: ");
        env.oca(&words).stderr_contains(&said).status(2);
    }
    env.oca(&["cache", "size", "--json"]).stderr_contains("  tip: use '--format json'\n").status(2);
    let (value, _) = failed(&env, &["why", "--format=json"]);
    let missing = "the following required arguments were not provided: <MODULE>...";
    assert_eq!(
        (&value["errors"][0]["message"], &value["errors"][0]["hint"]),
        (&json!(missing), &Value::Null)
    );
    let (value, _) = failed(&env, &["list", "-j", "0", "--format", "json"]);
    let wrong = "invalid value '0' for '--jobs <N>': it must be a number from 1 to 64";
    assert_eq!(value["errors"][0]["message"], wrong);
    env.oca(&["lock", "--chek", "--", "--format", "json"]).stderr_contains("unexpected argument").status(2);
    // Help is no error.
    env.oca(&["list", "--format", "json", "--help"]).stdout_contains("Usage: oca list").success();
}

#[test]
fn no_object_has_a_password() {
    let env = Env::new();
    let secret = "https://me:geheim@127.0.0.1:1/web.git";
    env.declare(&format!("{WEB}[repos.web]\nurl = \"{secret}\"\n"));
    for args in [&["lock", "--format", "json"][..], &["add", secret, secret, "--bad", "--format", "json"]] {
        let (value, stderr) = failed(&env, args);
        assert!(!value.to_string().contains("geheim") && !stderr.contains("geheim"), "{value:#}\n{stderr}");
    }
}

/// A job that reads annotations or a report of Code Quality does not show stderr.
#[test]
fn the_formats_of_forges_have_the_errors_too() {
    let env = Env::new();
    env.git("", &["init", "-q"]);
    env.declare("[profiles.standard]\nrepos = [\"web\", 5]\n");
    let stderr = env.oca(&["check"]).output().stderr;
    let text = stderr.trim_end().strip_prefix("error: ").expect("an error").to_owned();
    let line =
        text.split("at line ").nth(1).and_then(|rest| rest.split(',').next()).expect("a line").to_owned();
    env.oca(&["check", "--format", "github"])
        .stdout(&format!(
            "::error file=[TEMP]/project/repos.toml,line={line},title=oca stopped::{}\n",
            text.replace('\n', "%0A")
        ))
        .stderr(&stderr)
        .status(2);
    let output = env.oca(&["check", "--format", "gitlab"]).output();
    assert_eq!((output.code, &output.stderr), (Some(2), &stderr));
    let issues: Value = serde_json::from_str(&output.stdout).expect("a report");
    let issue = &issues[0];
    assert_eq!(issue["description"], text.replace('\n', "; "));
    assert_eq!((&issue["severity"], &issue["check_name"]), (&json!("blocker"), &json!("oca")));
    let lines = json!({ "begin": line.parse::<usize>().expect("a number") });
    assert_eq!(issue["location"], json!({ "path": "repos.toml", "lines": lines }));
    assert_eq!(issue["fingerprint"].as_str().map(str::len), Some(64));
    // Without a file, GitLab still needs one.
    let output = env.oca(&["check", "--chek", "--format", "gitlab"]).output();
    let issues: Value = serde_json::from_str(&output.stdout).expect("a report");
    assert_eq!(issues[0]["location"]["path"], "repos.toml", "{output}");
    env.oca(&["check", "--chek", "--format", "github"])
        .stdout("::error title=oca stopped::unexpected argument '--chek' found\n")
        .stderr_contains("unexpected argument")
        .status(2);
}
