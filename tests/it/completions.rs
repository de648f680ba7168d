//! `oca completions`: real shells ask `oca`, and get the names of the project.

use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use crate::env::Env;
use crate::project::{WEB, repository};
use crate::shop::bash;

const CONFIGURATION: &str = "\
default-profile = \"standard\"

[profiles.standard]
repos = [\"web\", \"web-api\"]

[profiles.staging]
extends = [\"standard\"]

[repos.web]
merges = [\"#2950\"]
";

/// A locked project with two repositories and two profiles.
fn project(env: &Env) {
    let web = repository(env, "web", &["web_responsive", "web_refresher"]);
    repository(env, "web-api", &["endpoint"]);
    web.pull(2950).from(&web.commit_of("18.0")).file("web_responsive/x.txt", "x").commit();
    env.locked(CONFIGURATION);
}

/// What bash offers for a line with the cursor at its end, through its function for `oca`.
fn offered(env: &Env, line: &str) -> Vec<String> {
    // The word that bash replaces begins behind the last of its breaks.
    let replaced = line.rsplit([' ', '=', ':', '@', '"', '\'']).next().unwrap_or_default();
    let script = format!(
        "eval \"$(oca completions bash)\"\n\
         COMP_LINE={line}\nCOMP_POINT=${{#COMP_LINE}}\n\
         _oca oca {replaced} oca\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        line = quoted(line),
        replaced = quoted(replaced),
    );
    let output = bash(env, &script);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Every file of the test, with its size and the time of its last change.
fn files(env: &Env) -> Vec<(PathBuf, u64, SystemTime)> {
    let entries = walkdir::WalkDir::new(env.root()).sort_by_file_name().into_iter();
    let entry = |entry: walkdir::DirEntry| {
        let metadata = entry.metadata().expect("a file");
        (entry.into_path(), metadata.len(), metadata.modified().expect("a time"))
    };
    entries.map(|found| entry(found.expect("an entry"))).collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[test]
fn bash_offers_the_names_of_the_project() {
    let env = Env::new();
    project(&env);
    for (line, expected) in [
        ("oca ou", &["outdated"][..]),
        ("oca up", &["upgrade"]),
        ("oca upd", &["update"]),
        ("oca update web-", &["web-api"]),
        ("oca list -p st", &["staging", "standard"]),
        ("oca list --profile=sta", &["staging", "standard"]),
        ("oca sync ", &["web", "web-api"]),
        ("oca status web-", &["web-api"]),
        ("oca upgrade web", &["web", "web#2950", "web-api"]),
        ("oca lock --upgrade web#", &["web#2950"]),
        ("oca lock web-", &["web-api@"]),
        ("oca tree web_res", &["web_responsive"]),
        ("oca why ", &["endpoint", "web_refresher", "web_responsive"]),
        ("oca list web_re", &["web_refresher", "web_responsive"]),
        ("oca remove --module web_ref", &["web_refresher"]),
        ("oca add mis-b", &["mis-builder", "mis-builder-contrib"]),
        ("oca init --odoo 19", &["19.0"]),
        ("oca init --preset p", &["parity"]),
        ("oca completions z", &["zsh"]),
        ("oca cache pr", &["prune"]),
        ("oca lock --dr", &["--drop-merged", "--dry-run"]),
        ("oca lock --config repos.t", &["repos.toml"]),
        ("LANG=C oca tree web_res", &["web_responsive"]),
        ("oca merge-l", &["merge-lock"]),
        ("oca nothin", &[]),
    ] {
        let mut offered = offered(&env, line);
        offered.sort();
        assert_eq!(offered, expected, "{line}");
    }
    assert!(!offered(&env, "oca ").contains(&"merge-lock".to_owned()));
}

#[test]
fn the_project_is_the_one_that_the_line_names() {
    let env = Env::new();
    project(&env);
    env.shell("mkdir elsewhere 'my shop' && cp repos.toml oca.lock.json 'my shop'");
    env.shell("mv repos.toml other.toml && mv oca.lock.json kept.json");
    assert_eq!(offered(&env, "oca tree web_res"), [""; 0]);
    for line in [
        "oca -C 'my shop' tree web_res",
        "oca tree -C my\\ shop web_res",
        "oca tree --config \"my shop/repos.toml\" web_res",
        "oca -C 'my shop' tree --config repos.toml web_res",
    ] {
        assert_eq!(offered(&env, line), ["web_responsive"], "{line}");
    }
    env.shell("mv 'my shop' ~/shop");
    assert_eq!(offered(&env, "oca -C ~/shop list -p stag"), ["staging"]);
    assert_eq!(offered(&env, "oca -C ~/shop lock --config re"), ["repos.toml"]);
    assert_eq!(offered(&env, "oca -C ~/nowhere list -p stag"), [""; 0]);
}

#[test]
fn modules_that_oca_find_remembers_are_offered_for_add() {
    let env = Env::new();
    project(&env);
    repository(&env, "mis-builder", &["mis_builder"]);
    assert_eq!(offered(&env, "oca add --module mis_"), [""; 0]);
    env.oca(&["find", "mis_builder"]).stdout("mis-builder  mis_builder\n").success();
    assert_eq!(offered(&env, "oca add --module mis_"), ["mis_builder"]);
    assert_eq!(offered(&env, "oca find web_ref"), ["web_refresher"]);
}

#[test]
fn hostile_names_do_not_reach_the_line() {
    let env = Env::new();
    let names =
        ["$(touch pwned)", "`touch pwned`", "a;touch pwned", "-rf", "a b", "x\u{202e}y", "it's", "good_one"];
    repository(&env, "web", &names);
    env.locked(WEB);
    assert!(env.read("oca.lock.json").contains("$(touch pwned)"));
    assert_eq!(offered(&env, "oca tree "), ["good_one"]);
    assert_eq!(offered(&env, "oca tree $"), [""; 0]);
    env.write("odd/$(touch pwned).toml", "");
    env.write("odd/two\nlines.toml", "");
    env.write("odd/a b.toml", "");
    env.write("odd/-x.toml", "");
    let mut files = offered(&env, "oca list --config odd/");
    files.sort();
    assert_eq!(files, ["odd/-x.toml", "odd/\\$\\(touch\\ pwned\\).toml", "odd/a\\ b.toml"]);
    let quoted = offered(&env, "oca list --config \"odd/$");
    assert_eq!(quoted, ["odd/\\$(touch pwned).toml\""]);
    // The words that bash makes of them are names of files, and nothing is run.
    for typed in &files {
        let output = bash(&env, &format!("printf '%s' {typed}"));
        assert!(env.exists(String::from_utf8_lossy(&output.stdout).as_ref()), "{typed}");
    }
    env.shell("cd odd && cp ../repos.toml ../oca.lock.json .");
    assert!(!offered(&env, "oca -C odd list --config ").contains(&"-x.toml".to_owned()));
    assert!(!env.exists("pwned") && !env.exists("odd/pwned"));
}

#[test]
fn a_completion_says_and_writes_nothing() {
    let env = Env::new();
    project(&env);
    let before = files(&env);
    offered(&env, "oca add --module x");
    offered(&env, "oca upgrade ");
    assert_eq!(files(&env), before);
    let asked = |words: &[&str]| env.oca(words).env("_OCA_COMPLETE", "bash");
    for lock in ["", "{", "{\"version\": 99}", "\u{0}"] {
        env.write("oca.lock.json", lock);
        asked(&["--", "12", "web", "oca tree web"]).success();
    }
    env.write("repos.toml", "odoo = 1\n[[[");
    asked(&["--", "12", "web", "oca sync web"]).success();
    for odd in [
        &["--"][..],
        &["--", "x", "", "oca "],
        &["--", "999", "web", "oca sync web"],
        &["--", "1", "2", "3", "4"],
    ] {
        asked(odd).success();
    }
    // In all other runs, the variable has no effect.
    asked(&["--version"]).stdout_contains("oca ").success();
    env.oca(&["--"]).env("_OCA_COMPLETE", "tcsh").stderr_contains("Usage: oca").status(2);
    env.oca(&["--version"]).env("COMPLETE", "bash").stdout_contains("oca ").success();
}

#[test]
fn other_shells_get_what_they_can_insert() {
    let env = Env::new();
    project(&env);
    env.write("a b/it.toml", "");
    env.write("c:d.toml", "");
    let asked = |shell: &str, words: &[&str]| {
        let output = env.oca(&[&["--", "oca"], words].concat()).env("_OCA_COMPLETE", shell).output();
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
        output.stdout
    };
    assert_eq!(asked("zsh", &["tree", "web_res"]), "web_responsive:web\n");
    assert_eq!(asked("fish", &["tree", "web_res"]), "web_responsive\tweb\n");
    assert_eq!(asked("powershell", &["tree", "web_res"]), "web_responsive\tweb\n");
    assert_eq!(asked("elvish", &["tree", "web_res"]), "web_responsive\n");
    assert_eq!(asked("zsh", &["list", "--config", "c"]), "c\\:d.toml\n");
    assert_eq!(asked("fish", &["list", "--config", "a"]), "a b/\n");
    assert_eq!(asked("powershell", &["list", "--config", "a"]), "'a b/'\n");
}

#[test]
fn every_shell_has_a_script_that_calls_oca() {
    let env = Env::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = env.oca(&["completions", shell]).output();
        assert_eq!((script.code, script.stderr.as_str()), (Some(0), ""), "{shell}");
        assert!(
            script.stdout.contains("_OCA_COMPLETE") && script.stdout.contains(shell),
            "{shell}\n{script}"
        );
        assert!(!script.stdout.contains("[TEMP]") && !script.stdout.contains("target"), "{shell}\n{script}");
    }
    env.oca(&["completions", "tcsh"]).stderr_contains("[possible values: bash, zsh, fish").status(2);
    // A shell without `oca` stays silent.
    let script = "eval \"$(oca completions bash)\"; PATH=; COMP_LINE='oca '; COMP_POINT=4; _oca oca '' oca";
    let output = bash(&env, script);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn powershell_gets_this_script() {
    let env = Env::new();
    insta::assert_snapshot!(env.oca(&["completions", "powershell"]).output().stdout, @r#"
    Register-ArgumentCompleter -Native -CommandName oca -ScriptBlock {
        param($wordToComplete, $commandAst, $cursorPosition)

        $prev = $env:_OCA_COMPLETE;
        $env:_OCA_COMPLETE = "powershell";

        $args = $commandAst.Extent.Text
        $args = $args.Substring(0, [math]::Min($cursorPosition, $args.Length));
        if ($wordToComplete -eq "") {
            $args += " ''";
        }

        $results = Invoke-Expression @"
    & oca -- $args
    "@;
        if ($null -eq $prev) {
            Remove-Item Env:\_OCA_COMPLETE;
        } else {
            $env:_OCA_COMPLETE = $prev;
        }
        $results | ForEach-Object {
            $split = $_.Split("`t");
            $cmd = $split[0];

            if ($split.Length -eq 2) {
                $help = $split[1];
            }
            else {
                $help = $split[0];
            }

            [System.Management.Automation.CompletionResult]::new($cmd, $cmd, 'ParameterValue', $help)
        }
    };
    "#);
}

/// Fails if the function of the shell does not parse. Other shells than bash may be absent.
#[test]
fn the_scripts_of_bash_parse() {
    let env = Env::new();
    let script = env.oca(&["completions", "bash"]).output().stdout;
    let mut command: Command = env.command("bash");
    command.args(["-n", "-c", &script]);
    assert!(command.status().expect("bash is installed").success());
}
