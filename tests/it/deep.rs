//! What others write may be nested as deep as they like: that is an error, or is read, also where the system gives the
//! first thread little room (`ulimit -s`).

use crate::env::Env;
use crate::project::modules_repository;
use crate::remote::Remote;
use crate::run::{Output, Run};

const DEPTH: usize = 30_000;

/// A run whose first thread has 256 KiB.
fn narrow(env: &Env, args: &str) -> Output {
    let line = format!("ulimit -s 256; exec {} {args}", env!("CARGO_BIN_EXE_oca"));
    let run = Run::new(env.command("/bin/bash"), env.root()).current_dir(env.project());
    run.arg("-c").arg(line).output()
}

fn nested(open: &str, close: &str) -> String {
    format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH))
}

#[track_caller]
fn assert_refused(env: &Env, args: &str, why: &str) {
    let output = narrow(env, args);
    assert_eq!(output.code, Some(2), "{args}: {output}");
    assert!(output.stderr.contains(why), "{args}: {output}");
}

#[test]
fn a_deep_repos_toml_or_lock_is_refused() {
    let env = Env::new();
    for value in [nested("[", "]"), nested("{a = ", "}")] {
        for text in [format!("a = {value}\n"), format!("odoo = \"18.0\"\n[profiles.x]\nrepos = {value}\n")] {
            env.write("repos.toml", text);
            assert_refused(&env, "lock", "`repos.toml` is not valid TOML at line ");
            assert_refused(&env, "add crm", "`repos.toml` is not valid TOML at line ");
        }
    }
    env.write("repos.toml", format!("{}a = 1\n", "a.".repeat(DEPTH)));
    assert_refused(&env, "lock", "`repos.toml` is not valid TOML at line 1: ");
    env.declare("[profiles.standard]\nrepos = [\"web\"]\n");
    for value in [nested("[", "]"), nested("{\"a\": ", "}")] {
        env.write("oca.lock.json", format!("{{\"version\": 1, \"repos\": {value}}}"));
        for command in ["lock", "list", "sync --locked"] {
            assert_refused(&env, command, "oca.lock.json");
        }
    }
}

#[test]
fn deep_files_of_other_tools_are_refused() {
    let blocks: String = (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    for (file, text) in [
        ("repos.yaml", format!("a: {}", nested("[", "]"))),
        ("repos.yaml", format!("a: {}", nested("{a: ", "}"))),
        ("repos.yaml", "- ".repeat(DEPTH)),
        ("repos.yaml", blocks),
        ("spec.yaml", format!("a: {}", nested("[", "]"))),
        ("oca.lock.json", nested("[", "]")),
        ("mrchef.toml", format!("a = {}", nested("[", "]"))),
    ] {
        let env = Env::new();
        env.write(file, text);
        assert_refused(&env, &format!("init --from {file}"), &format!("`{file}` "));
    }
}

#[test]
fn deep_manifests_and_requirements_are_named() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    let texts =
        [nested("[", "]"), nested("(", ")"), nested("{'a': ", "}"), "-".repeat(DEPTH), "not ".repeat(DEPTH)];
    let names = ["list_x", "tuple_x", "dict_x", "minus_x", "not_x"];
    let draft = names.iter().zip(&texts).fold(web.branch("18.0"), |draft, (name, text)| {
        let manifest = format!("{{'name': {text}1}}");
        draft.file(&format!("{name}/__init__.py"), "").file(&format!("{name}/__manifest__.py"), manifest)
    });
    let (open, close) = ("(".repeat(DEPTH), ")".repeat(DEPTH));
    draft.file("requirements.txt", format!("a; {open}os_name == 'a'{close}\n")).commit();
    env.declare("[profiles.standard]\nrepos = [\"web\"]\n");
    let output = narrow(&env, "lock");
    assert_eq!(output.code, Some(0), "{output}");
    let output = narrow(&env, "check");
    assert_eq!(output.code, Some(1), "{output}");
    names.iter().for_each(|name| assert!(output.stdout.contains(name), "{name}: {output}"));
    assert_eq!(narrow(&env, "requirements").code, Some(1));
}

#[test]
fn a_long_chain_of_modules_is_followed() {
    let env = Env::new();
    let names: Vec<String> = (0..1500).map(|number| format!("m{number}")).collect();
    let needs = names.iter().zip(names.iter().skip(1)).map(|(one, next)| (&**one, &**next));
    modules_repository(&env, "web", &needs.chain([("m1499", "base")]).collect::<Vec<_>>());
    env.declare("[profiles.standard]\nrepos = [\"web\"]\nmodules = [\"m0\"]\n");
    for command in ["lock", "tree m0", "why m1499", "list", "check"] {
        let output = narrow(&env, command);
        assert_eq!(output.code, Some(0), "{command}: {}", output.stderr);
    }
}
