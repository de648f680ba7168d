//! The examples of every `--help`: they are there, they fit a terminal, and they run.

use std::collections::BTreeSet;

use crate::env::Env;
use crate::shop::{Shop, bash, session};

/// What has to be true before an example makes sense: its beginning, and a line of shell.
const BEFORE: [(&str, &str); 14] = [
    ("oca init --from", "only_gitmodules"),
    ("oca init", "nothing"),
    ("oca remove web#2950", "oca add web#2950"),
    ("oca remove web#patches", "patched"),
    ("oca remove --module", "oca add --module web_responsive --only"),
    ("oca lock --theirs", "both_sides"),
    ("oca patch", "own_commit"),
    ("oca resolve web --continue", "resolved"),
    ("oca resolve web --abort", "open_conflict"),
    ("oca resolve", "conflict"),
    ("oca work web --done", "oca work web --branch 18.0-fix"),
    ("oca verify build", "oca export build/addons"),
    ("oca submodules", "submodules && oca sync"),
    ("oca completions fish", "mkdir -p ~/.config/fish/completions"),
];

/// Examples that end with another exit code than 0.
const CODES: [(&str, i32); 2] = [("oca find responsive", 1), ("oca outdated --exit-code", 1)];

/// The commands of the tree, each as its words; the first one is `oca` itself.
fn commands(env: &Env) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut next = 0;
    while let Some(words) = all.get(next).cloned() {
        let children = listed(&help(env, &words)).into_iter().map(|child| [&words[..], &[child]].concat());
        all.extend(children.collect::<Vec<_>>());
        next += 1;
    }
    all
}

fn help(env: &Env, words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    env.oca(&words).arg("--help").output().stdout
}

/// The subcommands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

/// The lines below `Examples:`.
fn examples(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    lines.take_while(|line| line.starts_with("  ")).map(|line| line[2..].to_owned()).collect()
}

#[test]
fn every_help_has_examples_that_fit_a_terminal() {
    let env = Env::new();
    let commands = commands(&env);
    assert!(commands.len() > 25, "only {commands:?} were found");
    for words in &commands {
        let help = help(&env, words);
        let examples = examples(&help);
        let (comments, lines): (Vec<&String>, Vec<&String>) =
            examples.iter().partition(|line| line.starts_with("# "));
        assert!((1..=5).contains(&lines.len()) && comments.len() == lines.len(), "{words:?}\n{help}");
        let is_wide = |line: &&String| line.chars().count() > 78;
        assert!(!examples.iter().any(|line| is_wide(&line)), "{words:?}\n{help}");
        let short: Vec<&str> = words.iter().map(String::as_str).collect();
        let short = env.oca(&short).arg("-h").output().stdout;
        assert!(!short.contains("Examples:") && short.len() < help.len(), "{words:?}\n{short}");
    }
}

#[test]
fn every_example_runs() {
    let shop = Shop::build();
    let env = Env::new();
    assert!(bash(&env, "oca init --preset parity").status.success());
    shop.serve_preset(&env);
    let lines: BTreeSet<String> =
        commands(&env).iter().flat_map(|words| examples(&help(&env, words))).collect();
    let lines: Vec<&String> = lines.iter().filter(|line| !line.starts_with('#')).collect();
    assert!(lines.len() > 60, "only {} examples were found", lines.len());
    let faults: Vec<String> = lines.iter().filter_map(|line| fault(&shop, line)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    let is_used = |beginning: &str| lines.iter().any(|line| line.starts_with(beginning));
    assert!(
        BEFORE.iter().all(|(beginning, _)| is_used(beginning)),
        "an entry of BEFORE is not needed any more"
    );
    assert!(
        CODES.iter().all(|(beginning, _)| is_used(beginning)),
        "an entry of CODES is not needed any more"
    );
}

/// Runs an example in a copy of the shop. Says what was wrong.
fn fault(shop: &Shop, line: &str) -> Option<String> {
    let of_line = |(beginning, _): &&(&str, &str)| line.starts_with(beginning);
    let before = BEFORE.iter().find(of_line).map_or("true", |(_, before)| *before);
    let code = CODES.iter().find(|(beginning, _)| line.starts_with(beginning)).map_or(0, |(_, code)| *code);
    // The examples show the commit of a real repository.
    let line = line.replace("0c441c48a4", &shop.first_web[..10]);
    match session(&shop.copy(), before, &[&line]) {
        Err(why) => Some(format!("{line}\n{why}")),
        Ok((ran, _)) if ran[0].code == code => None,
        Ok((ran, said)) => Some(format!("{line}\nexit: {}\n{said}", ran[0].code)),
    }
}
