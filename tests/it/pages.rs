//! The commands of the pages run. `docs.rs` compares what the blocks below `<!-- run -->` show; here, every other block with
//! `oca` is a session in a copy of the shop, and each `oca …` in it has to end with the exit code that a reader expects.

use std::collections::BTreeSet;

use crate::env::Env;
use crate::markdown::{Block, Page, commands, pages};
use crate::shop::{Ran, Shop, bash, session};

/// What has to be true before a block makes sense: the page, the beginning of the first line of the block, a line of shell.
const BEFORE: [(&str, &str, &str); 17] = [
    ("README.md", "oca init", "nothing"),
    ("README.md", "oca lock --check &&", "true"),
    ("README.md", "oca lock --check", "printf '[repos.web]\nbranch = \"17.0\"\n' >> repos.toml"),
    ("docs/checkouts.md", "oca sync", "core"),
    ("docs/docker.md", "oca export --core", "core"),
    ("docs/docker.md", "oca -p parity", "oca -p parity addons-path --image --write-conf odoo.conf"),
    ("docs/json.md", "oca submodules --check", "submodules"),
    ("docs/merges.md", "oca resolve", "conflict"),
    ("docs/merges.md", "oca remove web#patches", "patched"),
    ("docs/merges.md", "git -C oca/web commit", "echo more >> oca/web/README.md"),
    ("docs/moving-in.md", "oca init --from", "only_gitmodules"),
    ("docs/profiles.md", "oca init", "nothing"),
    ("docs/requirements.md", "oca requirements --core", "core"),
    ("docs/requirements.md", "oca requirements", "requirements_conflict"),
    ("docs/submodules.md", "oca submodules --check", "submodules"),
    ("docs/submodules.md", "oca lock", "submodules"),
    ("docs/submodules.md", "oca sync", "submodules"),
];

/// Commands that end with another exit code than 0: the page, the beginning of the line, the code.
const CODES: [(&str, &str, i32); 7] = [
    ("README.md", "oca lock --check &&", 0),
    ("README.md", "oca lock --check", 1),
    ("docs/docker.md", "oca addons-path --image --check-conf", 1),
    ("docs/json.md", "oca submodules --check", 1),
    ("docs/requirements.md", "oca requirements --core", 0),
    ("docs/requirements.md", "oca requirements", 1),
    ("docs/submodules.md", "oca submodules --check", 1),
];

/// The lines that are typed in a block.
fn typed<'p>(block: &Block<'p>) -> Vec<&'p str> {
    match block.language {
        "console" => block.lines.iter().filter_map(|line| line.strip_prefix("$ ")).collect(),
        "sh" => block.lines.clone(),
        _ => Vec::new(),
    }
}

fn has_oca(line: &str) -> bool {
    commands(line).iter().any(|words| words.first().is_some_and(|word| word == "oca"))
}

/// The place of the first entry of a table that fits a line of a page.
fn place<T>(table: &[(&str, &str, T)], page: &str, line: &str) -> Option<usize> {
    table.iter().position(|(name, beginning, _)| *name == page && line.starts_with(beginning))
}

/// The entries of a table that are at none of these places.
fn unused<'t, T>(table: &[(&'t str, &'t str, T)], used: &BTreeSet<usize>) -> Vec<(&'t str, &'t str)> {
    let rest = table.iter().enumerate().filter(|(at, _)| !used.contains(at));
    rest.map(|(_, (page, beginning, _))| (*page, *beginning)).collect()
}

#[test]
fn every_command_of_a_page_runs() {
    let shop = Shop::build();
    let env = Env::new();
    assert!(bash(&env, "oca init --preset standard").status.success());
    shop.serve_preset(&env);
    let (mut faults, mut count) = (Vec::new(), 0);
    let (mut before, mut codes) = (BTreeSet::new(), BTreeSet::new());
    for page in pages() {
        for block in page.blocks().iter().filter(|block| !block.is_run) {
            let lines = typed(block);
            if lines.iter().any(|line| has_oca(line)) {
                count += lines.len();
                before.extend(place(&BEFORE, &page.name, lines[0]));
                let with_oca = lines.iter().filter(|line| has_oca(line));
                codes.extend(with_oca.filter_map(|line| place(&CODES, &page.name, line)));
                faults.extend(fault(&shop, &page, block, &lines));
            }
        }
    }
    assert!(count > 60, "only {count} lines were found");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    let (before, codes) = (unused(&BEFORE, &before), unused(&CODES, &codes));
    assert!(before.is_empty(), "these entries of BEFORE are not needed any more: {before:?}");
    assert!(codes.is_empty(), "these entries of CODES are not needed any more: {codes:?}");
}

/// Runs a block in a copy of the shop. Says what was wrong.
fn fault(shop: &Shop, page: &Page, block: &Block<'_>, lines: &[&str]) -> Option<String> {
    let position = format!("{}:{}", page.name, block.line);
    let before = place(&BEFORE, &page.name, lines[0]).map_or("true", |at| BEFORE[at].2);
    let (ran, said) = match session(&shop.copy(), before, lines) {
        Ok(done) => done,
        Err(why) => return Some(format!("{position}: {why}")),
    };
    let is_wrong = |ran: &&Ran| {
        let code = place(&CODES, &page.name, &ran.line).map_or(0, |at| CODES[at].2);
        has_oca(&ran.line) && ran.code != code
    };
    let wrong = ran.iter().find(is_wrong)?;
    Some(format!("{position}: {}\nexit: {}\n{said}", wrong.line, wrong.code))
}
