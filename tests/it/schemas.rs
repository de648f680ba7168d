//! The JSON Schemas of `oca schema`: the files of this project match them, and so does every report that a test prints.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::env::Env;
#[cfg(unix)]
use crate::markdown::pages;

/// The commands whose report has the name of the command.
const NAMED: [&str; 13] = [
    "addons-path",
    "check",
    "diff",
    "export",
    "find",
    "list",
    "outdated",
    "status",
    "submodules",
    "sync",
    "tree",
    "verify",
    "why",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The schema of the report that a command line prints. `None` if it prints no JSON of ours.
fn report(args: &[String]) -> Option<&'static str> {
    let has = |word: &str| args.iter().any(|arg| arg == word);
    let is_json =
        args.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json") || has("--format=json");
    if !is_json || has("--help") {
        return None;
    }
    let is_command = |command: &str| args.iter().find(|arg| *arg == command).is_some();
    if is_command("lock") || is_command("add") || is_command("remove") || is_command("upgrade") {
        return Some(if has("--check") { "lock-check" } else { "changes" });
    }
    if is_command("requirements") {
        return Some(if has("--system") { "requirements-system" } else { "requirements" });
    }
    if is_command("cache") {
        return Some(if has("prune") { "cache-prune" } else { "cache-size" });
    }
    if is_command("export") && has("--layers") {
        return Some("export-layers");
    }
    NAMED.into_iter().find(|command| is_command(command))
}

fn schema(name: &str) -> Value {
    let text = fs::read_to_string(root().join(format!("docs/schemas/{name}.json"))).expect(name);
    serde_json::from_str(&text).expect(name)
}

/// Refuses keys that the schema does not have. Reports may get more keys in a later version, but not in this one.
fn closed(mut schema: Value) -> Value {
    fn close(value: &mut Value) {
        if let Some(fields) = value.as_object_mut() {
            if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            fields.values_mut().for_each(close);
        }
        if let Some(items) = value.as_array_mut() {
            items.iter_mut().for_each(close);
        }
    }
    close(&mut schema);
    schema
}

/// A schema of this project, ready to compare values with.
struct Compiled {
    schemas: boon::Schemas,
    index: boon::SchemaIndex,
}

impl Compiled {
    fn new(schema: Value) -> Self {
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.add_resource("schema.json", schema).expect("a schema");
        let index = compiler.compile("schema.json", &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
        Self { schemas, index }
    }

    /// The schema of a report, closed. It is compiled once, because hundreds of tests print reports.
    fn of_report(name: &'static str) -> Arc<Self> {
        static COMPILED: Mutex<BTreeMap<&str, Arc<Compiled>>> = Mutex::new(BTreeMap::new());
        let mut compiled = COMPILED.lock().expect("no panic while it was locked");
        compiled.entry(name).or_insert_with(|| Arc::new(Self::new(closed(schema(name))))).clone()
    }

    /// Says why a value does not match.
    fn fault(&self, value: &Value) -> Option<String> {
        self.schemas.validate(value, self.index).err().map(|error| format!("{error:#}"))
    }
}

/// Asserts that what a run printed is what its schema promises. Every run of the tests passes here.
#[track_caller]
pub(crate) fn assert_report(args: &[String], stdout: &str) {
    let Some(name) = report(args).filter(|_| !stdout.is_empty()) else { return };
    let value: Value =
        serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{args:?}: {error}\n{stdout}"));
    let name = if value["exit_code"].is_number() { "error" } else { name };
    if let Some(fault) = Compiled::of_report(name).fault(&value) {
        panic!("the report of {args:?} does not match `docs/schemas/{name}.json`: {fault}\n{stdout}");
    }
}

#[track_caller]
fn assert_matches(name: &str, value: &Value, what: &str) {
    if let Some(fault) = Compiled::new(schema(name)).fault(value) {
        panic!("{what} does not match `docs/schemas/{name}.json`: {fault}\n{value:#}");
    }
}

#[track_caller]
fn toml(text: &str) -> Value {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn oca_lists_the_schemas_and_prints_each() {
    let env = Env::new();
    let list = env.oca(&["schema"]).output();
    assert_eq!((list.code, list.stderr.as_str()), (Some(0), ""));
    let names: BTreeSet<&str> = list.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    for name in &names {
        let printed = env.oca(&["schema", name]).output();
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
        let value: Value = serde_json::from_str(&printed.stdout).expect("JSON");
        assert_eq!(value, schema(name));
        assert_eq!(value["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(value["$id"].as_str().is_some_and(|id| id.ends_with(&format!("/docs/schemas/{name}.json"))));
    }
    for name in NAMED.into_iter().chain(["repos", "local", "lock"]) {
        assert!(names.contains(name), "`{name}` is not in\n{}", list.stdout);
    }
    env.oca(&["schema", "repo"]).stderr_contains("tip: a similar value exists: 'repos'").status(2);
}

#[test]
fn the_files_of_this_project_match_their_schemas() {
    for folder in ["", "fixtures/demo/"] {
        let read = |name: &str| fs::read_to_string(root().join(folder).join(name)).expect(name);
        assert_matches("repos", &toml(&read("repos.toml")), "repos.toml");
        let lock = serde_json::from_str(&read("oca.lock.json")).expect("JSON");
        assert_matches("lock", &lock, "oca.lock.json");
    }
}

#[cfg(unix)]
#[test]
fn every_example_of_a_configuration_matches_its_schema() {
    let mut count = 0;
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.language == "toml") {
            count += 1;
            let is_local = block.lines.first() == Some(&"# repos.local.toml");
            let mut value = toml(&block.lines.join("\n"));
            if !is_local && value["odoo"].is_null() {
                value["odoo"] = json!("18.0");
            }
            let name = if is_local { "local" } else { "repos" };
            assert_matches(name, &value, &format!("{}:{}", page.name, block.line));
        }
    }
    assert!(count > 10, "only {count} examples were found");
}

/// The reports of the demo, by their schemas. Each run is also checked by `assert_report`.
fn reports() -> BTreeMap<&'static str, Value> {
    let env = Env::new();
    env.copy_demo();
    env.git("", &["init", "-q"]);
    env.write("old.json", env.read("oca.lock.json"));
    let commands = [
        "oca sync",
        "oca status",
        "oca verify",
        "oca list",
        "oca tree sale_kit_delivery",
        "oca why kit_base",
        "oca check",
        "oca outdated",
        "oca addons-path",
        "oca find kit_base",
        "oca requirements",
        "oca requirements --system",
        "oca cache size",
        "oca cache prune",
        "oca export out",
        "oca -p parity export --layers layers",
        "oca remove hr-kit",
        "oca lock --check",
        "oca diff old.json oca.lock.json",
        "oca submodules --check",
        "oca list -p nobody",
    ];
    let mut reports = BTreeMap::new();
    for command in commands {
        if command.contains("submodules") {
            env.edit("repos.toml", "odoo =", "mode = \"submodule\"\nodoo =");
        }
        let words: Vec<String> =
            command.split(' ').skip(1).chain(["--format", "json"]).map(str::to_owned).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = env.oca(&words).output();
        let value: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{command}: {error}\n{output}"));
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let is_failure = value["exit_code"].is_number();
        reports.insert(if is_failure { "error" } else { report(&words).expect(command) }, value);
    }
    let manifest = serde_json::from_str(&env.read("out/.oca-export.json")).expect("JSON");
    reports.insert("export-manifest", manifest);
    reports.insert("lock", serde_json::from_str(&env.read("oca.lock.json")).expect("JSON"));
    reports.insert("repos", toml(&env.read("repos.toml")));
    reports
}

/// A wrong value at a pointer for each schema: another word, or another type where there are no words.
const WRONG: [(&str, &str, &str); 24] = [
    ("addons-path", "/addons_path/0/kind", "\"behind\""),
    ("cache-prune", "/freed", "-1"),
    ("cache-size", "/bytes", "\"7 kB\""),
    ("changes", "/changes/0/change", "\"deleted\""),
    ("check", "/findings/0/severity", "\"fatal\""),
    ("diff", "/changes/0/repos/0/change", "\"moved\""),
    ("error", "/errors/0/hint", "1"),
    ("export", "/repos/0/outcome", "\"done\""),
    ("export-layers", "/layers/0/files", "null"),
    ("export-manifest", "/layout", "\"repo\""),
    ("find", "/modules/0/core", "\"no\""),
    ("list", "/modules/0/auto_install", "\"never\""),
    ("lock", "/repos/1/modules/0/auto_install", "\"yes\""),
    ("lock-check", "/fresh", "1"),
    ("outdated", "/repos", "{}"),
    ("repos", "/local/0/position", "\"middle\""),
    ("requirements", "/requirements/0/flag", "\"pin\""),
    ("requirements-system", "/programs", "[\"lpr\"]"),
    ("status", "/repos/0/state", "\"fine\""),
    ("submodules", "/notes", "[1]"),
    ("sync", "/repos/0/outcome", "\"exported!\""),
    ("tree", "/modules/0/kind", "\"modul\""),
    ("verify", "/verified", "null"),
    ("why", "/answers/0/reason", "\"because\""),
];

#[test]
fn the_reports_of_the_demo_match_their_schemas_and_wrong_ones_do_not() {
    let reports = reports();
    let names: BTreeSet<&str> = WRONG.iter().map(|(name, _, _)| *name).collect();
    assert_eq!(names, reports.keys().copied().collect(), "every report has its wrong value");
    let all = fs::read_dir(root().join("docs/schemas")).expect("the schemas").count();
    assert_eq!(reports.len(), all - 1, "all but that of repos.local.toml");
    for (name, pointer, wrong) in WRONG {
        let (schema, value) = (schema(name), &reports[name]);
        let compiled = Compiled::new(schema.clone());
        assert_matches(name, value, "the report");
        let mut other = value.clone();
        let place = other.pointer_mut(pointer).unwrap_or_else(|| panic!("{name}: no {pointer}\n{value:#}"));
        *place = serde_json::from_str(wrong).expect("JSON");
        assert!(compiled.fault(&other).is_some(), "`{wrong}` at {pointer} of `{name}` is accepted");
        // Without a key that is always there, or with that key under another name, it does not match either.
        for key in schema["required"].as_array().expect("keys").iter().filter_map(Value::as_str) {
            let mut other = value.clone();
            let fields = other.as_object_mut().expect("an object");
            let lost = fields.remove(key).expect("a key that is always there");
            assert!(compiled.fault(&other).is_some(), "`{name}` without `{key}` is accepted");
            other[format!("{key}s")] = lost;
            assert!(compiled.fault(&other).is_some(), "`{name}` with `{key}s` is accepted");
        }
    }
}

/// Files of the user refuse what oca does not know. Reports can get more keys.
#[test]
fn an_unknown_key_is_refused_in_files_only() {
    let reports = reports();
    for (name, value) in &reports {
        let mut other = value.clone();
        other["zzzz"] = json!(1);
        let is_file = ["repos", "lock", "export-manifest"].contains(name);
        assert_eq!(Compiled::new(schema(name)).fault(&other).is_some(), is_file, "{name}");
    }
    let local = Compiled::new(schema("local"));
    assert!(local.fault(&json!({ "dept": 1 })).is_some());
    assert!(local.fault(&json!({ "depth": "1" })).is_some());
    assert!(local.fault(&json!({ "depth": 1, "skip": ["web"] })).is_none());
}
