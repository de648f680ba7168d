//! Runs the steps of a GitHub workflow or action as a runner does, with the shell lines that the files ship.

use std::fs;
use std::path::PathBuf;

use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value, json};

use crate::env::Env;
use crate::markdown::root;
use crate::run::{Output, Run};

/// A YAML file of the project; every scalar is text.
pub(crate) fn yaml(name: &str) -> Value {
    parsed(&fs::read_to_string(root().join(name)).expect("a file of the project"))
}

/// The YAML of a text; every scalar is text.
pub(crate) fn parsed(text: &str) -> Value {
    let events = Parser::new_from_str(text).map(|event| event.expect("YAML").0);
    value(&mut events.skip_while(|event| !starts_value(event))).expect("a value")
}

fn starts_value(event: &Event<'_>) -> bool {
    matches!(event, Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..))
}

/// The next value. `None` if a list or a map ends instead.
fn value<'e>(events: &mut impl Iterator<Item = Event<'e>>) -> Option<Value> {
    Some(match events.next()? {
        Event::Scalar(text, ..) => Value::String(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            while let Some(item) = value(events) {
                items.push(item);
            }
            Value::Array(items)
        }
        Event::MappingStart(..) => {
            let mut entries = Map::new();
            while let Some(key) = value(events) {
                entries.insert(text(&key).to_owned(), value(events).expect("the value of a key"));
            }
            Value::Object(entries)
        }
        _ => return None,
    })
}

#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// The maps at any depth that have a key.
pub(crate) fn all_with<'v>(key: &str, value: &'v Value) -> Vec<&'v Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| all_with(key, item)).collect(),
        Value::Object(entries) => {
            let this = entries.contains_key(key).then_some(value);
            this.into_iter().chain(entries.values().flat_map(|value| all_with(key, value))).collect()
        }
        _ => Vec::new(),
    }
}

/// A runner with a folder of its own: `oca` is on no path until a step puts it there. `curl` and `gh` are not the real ones.
pub(crate) struct Runner<'e> {
    env: &'e Env,
    /// What expressions such as `github.ref_name` stand for.
    contexts: Vec<(String, String)>,
    /// Replaces variables of the workflow.
    variables: Vec<(String, String)>,
    path: Vec<String>,
}

/// How a job ended: the steps that ran, each with its output.
pub(crate) struct Job {
    pub(crate) steps: Vec<(String, Output)>,
}

impl Job {
    #[track_caller]
    pub(crate) fn of(&self, name: &str) -> &Output {
        let step = self.steps.iter().find(|(step, _)| step == name);
        &step.unwrap_or_else(|| panic!("`{name}` did not run")).1
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.steps.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Asserts that each step succeeded.
    #[track_caller]
    pub(crate) fn success(&self) {
        for (name, output) in &self.steps {
            assert_eq!(output.code, Some(0), "{name}:\n{output}");
        }
    }
}

impl<'e> Runner<'e> {
    /// A runner whose `curl` gives out an archive with `oca`, which has the returned SHA-256.
    pub(crate) fn new(env: &'e Env) -> Self {
        let runner = Self { env, contexts: Vec::new(), variables: Vec::new(), path: Vec::new() };
        let name = "oca-0.1.0-x86_64-unknown-linux-gnu";
        runner.script(
            &env.scratch().join(name).join("oca"),
            &format!("exec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_oca")),
        );
        env.shell(&format!("tar -czf '{0}/archive' -C '{0}' {name}", env.scratch().display()));
        // The url is the last argument, the file comes after `--output`.
        runner.script(
            &env.bin().join("curl"),
            &format!(
                "echo \"$*\" >>'{0}/curl'\nwhile [ \"$1\" != --output ]; do shift; done\ncp '{1}/archive' \"$2\"\n",
                env.root().display(),
                env.scratch().display()
            ),
        );
        fs::create_dir_all(runner.temp()).expect("the folder of the runner");
        runner
    }

    fn script(&self, file: &PathBuf, lines: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
        fs::write(file, format!("#!/bin/sh\nset -e\n{lines}")).expect("a script");
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("its mode");
        assert!(file.starts_with(self.env.root()));
    }

    /// Puts a program of these lines on the path of all steps.
    pub(crate) fn program(&self, name: &str, lines: &str) {
        self.script(&self.env.bin().join(name), lines);
    }

    /// The SHA-256 of the archive of `oca`.
    pub(crate) fn sha256(&self) -> String {
        let output = self.env.command("sha256sum").arg(self.env.scratch().join("archive")).output();
        let line = String::from_utf8(output.expect("sha256sum").stdout).expect("text");
        line.split(' ').next().expect("digits").to_owned()
    }

    /// Lets an expression stand for a text.
    pub(crate) fn context(mut self, expression: &str, value: &str) -> Self {
        self.contexts.push((expression.to_owned(), value.to_owned()));
        self
    }

    /// Replaces a variable of the workflow.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn temp(&self) -> PathBuf {
        self.env.root().join("runner")
    }

    /// Runs a job in an empty runner, up to the first step that fails. Steps with `!cancelled()` run in any case.
    pub(crate) fn run(&mut self, job: &Value) -> Job {
        fs::remove_dir_all(self.temp()).expect("the folder of the runner");
        fs::create_dir(self.temp()).expect("the folder of the runner");
        self.path.clear();
        let mut done = Job { steps: Vec::new() };
        let mut outputs = String::new();
        for step in job["steps"].as_array().expect("a list of steps") {
            let has_failed = done.steps.iter().any(|(_, output)| output.code != Some(0));
            let is_wanted = match step.get("if").map(text) {
                None => !has_failed,
                Some("${{ !cancelled() }}") => true,
                Some("steps.commit.outputs.changed") => !has_failed && outputs.contains("changed=yes"),
                Some(other) => panic!("the runner does not know `{other}`"),
            };
            if is_wanted {
                done.steps.push((text(&step["name"]).to_owned(), self.step(step, &job["env"])));
                outputs += &self.taken("output");
                let more = self.taken("path");
                self.path.extend(more.lines().map(str::to_owned));
            }
        }
        done
    }

    fn step(&self, step: &Value, of_job: &Value) -> Output {
        let mut run = self.shell(text(&step["run"])).env("RUNNER_TEMP", self.temp());
        for (name, file) in
            [("GITHUB_OUTPUT", "output"), ("GITHUB_PATH", "path"), ("GITHUB_STEP_SUMMARY", "summary")]
        {
            run = run.env(name, self.temp().join(file));
        }
        run = run
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("GITHUB_SERVER_URL", format!("file://{}", self.env.root().join("forge").display()))
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_REPOSITORY_OWNER", "acme");
        for variables in [of_job, &step["env"]] {
            for (name, value) in variables.as_object().unwrap_or(&Map::new()) {
                let other = self.variables.iter().find(|(variable, _)| variable == name);
                let value = other.map_or_else(|| self.filled_in(text(value)), |(_, value)| value.clone());
                run = run.env(name, value);
            }
        }
        run.output()
    }

    /// Lines of shell in the project.
    pub(crate) fn shell(&self, lines: &str) -> Run {
        let script = self.temp().join("script.sh");
        fs::write(&script, lines).expect("the script of a step");
        let mut command = self.env.command("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(script);
        let inherited = std::env::var("PATH").expect("a path");
        let bin = self.env.bin().display().to_string();
        let path = [&[bin][..], &self.path, &[inherited]].concat().join(":");
        Run::new(command, self.env.root()).current_dir(self.env.project()).env("PATH", path)
    }

    /// A value with its expression replaced.
    pub(crate) fn filled_in(&self, value: &str) -> String {
        let Some((before, rest)) = value.split_once("${{ ") else { return value.to_owned() };
        let (expression, after) = rest.split_once(" }}").expect("the end of an expression");
        let known = self.contexts.iter().find(|(known, _)| known == expression);
        let (_, filled) = known.unwrap_or_else(|| panic!("the runner does not know `{expression}`"));
        format!("{before}{filled}{after}")
    }

    /// The lines that a step wrote into a file of the runner, which is emptied. The summary stays.
    fn taken(&self, file: &str) -> String {
        let file = self.temp().join(file);
        let text = fs::read_to_string(&file).unwrap_or_default();
        drop(fs::remove_file(file));
        text
    }
}

#[test]
fn yaml_is_read_as_text() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    assert_eq!(hooks[0]["pass_filenames"], json!("false"));
    assert_eq!(all_with("entry", &hooks).len(), 3);
}
