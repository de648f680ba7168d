//! The commands of the pages run. `docs.rs` compares what the blocks below `<!-- run -->` show; here, every other block with
//! `oca` is a session in a copy of the shop, and each `oca …` in it has to end with the exit code that a reader expects.

use crate::env::Env;
use crate::markdown::{Block, Page, commands, pages};
use crate::shop::{Ran, Shop, bash, session};

/// What has to be true before a block makes sense: the page, the beginning of the first line of the block, a line of shell.
const BEFORE: [(&str, &str, &str); 16] = [
    ("README.md", "oca init", "nothing"),
    ("README.md", "oca lock --check &&", "true"),
    ("README.md", "oca lock --check", "printf '[repos.web]\nbranch = \"17.0\"\n' >> repos.toml"),
    ("docs/checkouts.md", "oca sync", "core"),
    ("docs/docker.md", "oca export --core", "core"),
    ("docs/docker.md", "oca -p parity", "oca -p parity addons-path --image --write-conf odoo.conf"),
    ("docs/json.md", "oca submodules --check", "submodules"),
    ("docs/merges.md", "oca resolve", "conflict"),
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

#[test]
fn every_command_of_a_page_runs() {
    let shop = Shop::build();
    let env = Env::new();
    assert!(bash(&env, "oca init --preset standard").status.success());
    shop.serve_preset(&env);
    let (mut faults, mut count) = (Vec::new(), 0);
    for page in pages() {
        for block in page.blocks().iter().filter(|block| !block.is_run) {
            let lines = typed(block);
            if lines.iter().any(|line| has_oca(line)) {
                count += lines.len();
                faults.extend(fault(&shop, &page, block, &lines));
            }
        }
    }
    assert!(count > 60, "only {count} lines were found");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Runs a block in a copy of the shop. Says what was wrong.
fn fault(shop: &Shop, page: &Page, block: &Block<'_>, lines: &[&str]) -> Option<String> {
    let place = format!("{}:{}", page.name, block.line);
    let of_block =
        |(name, beginning, _): &&(&str, &str, &str)| *name == page.name && lines[0].starts_with(beginning);
    let before = BEFORE.iter().find(of_block).map_or("true", |(_, _, before)| *before);
    let (ran, said) = match session(&shop.copy(), before, lines) {
        Ok(done) => done,
        Err(why) => return Some(format!("{place}: {why}")),
    };
    let is_wrong = |ran: &&Ran| {
        let of_line =
            |(name, beginning, _): &&(&str, &str, i32)| *name == page.name && ran.line.starts_with(beginning);
        has_oca(&ran.line) && ran.code != CODES.iter().find(of_line).map_or(0, |(.., code)| *code)
    };
    let wrong = ran.iter().find(is_wrong)?;
    Some(format!("{place}: {}\nexit: {}\n{said}", wrong.line, wrong.code))
}
