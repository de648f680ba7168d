//! Checks the pages against the program: links, commands and examples work, and every key, code and room is described.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::env::Env;
use crate::markdown::{Block, Page, commands, keys, page, pages, root};

/// A reader should see the whole page in a few screens.
const README_LINES: usize = 130;

#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_link_leads_somewhere() {
    let mut faults = Vec::new();
    for page in pages() {
        for (line, target) in page.links().filter(|(_, target)| !target.contains("://")) {
            if let Some(why) = broken(&page, target) {
                faults.push(format!("{}:{line}: `{target}`: {why}", page.name));
            }
        }
    }
    assert_none(&faults);
}

/// Says why a link within the project does not work.
fn broken(from: &Page, target: &str) -> Option<String> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = root().join(&from.name);
    let file = if path.is_empty() { file } else { file.with_file_name(path) };
    let Ok(file) = file.canonicalize() else { return Some("there is no such file".to_owned()) };
    if anchor.is_empty() {
        return None;
    }
    let name = file.strip_prefix(root().canonicalize().expect("the project")).expect("a page of the project");
    let anchors = page(&name.to_string_lossy()).anchors();
    let is_there = anchors.iter().any(|there| there == anchor);
    (!is_there).then(|| format!("the page has the anchors {}", anchors.join(", ")))
}

#[test]
fn the_readme_is_short() {
    let count = page("README.md").text.lines().count();
    assert!(count <= README_LINES, "README.md has {count} lines; it may have {README_LINES}");
}

#[test]
fn every_page_is_linked_from_the_readme_or_from_the_list_of_pages() {
    let (readme, list) = (page("README.md"), page("docs/README.md"));
    let mut faults = Vec::new();
    for page in pages() {
        let Some(name) = page.name.strip_prefix("docs/").filter(|name| *name != "README.md") else {
            continue;
        };
        let links = |page: &Page, wanted: &str| page.links().any(|(_, target)| target == wanted);
        if !links(&readme, &page.name) && !links(&list, name) {
            faults.push(format!("`{}` is linked from neither README.md nor docs/README.md", page.name));
        }
    }
    assert_none(&faults);
}

/// An unknown flag or command fails even if `--help` follows.
#[test]
fn every_command_is_accepted_by_oca() {
    let env = Env::new();
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for page in pages() {
        for (line, words) in page.oca_commands() {
            let words: Vec<String> =
                words[1..].iter().filter(|word| *word != "…").map(|word| filled_in(word)).collect();
            if !seen.insert(words.clone()) {
                continue;
            }
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let output = env.oca(&words).arg("--help").output();
            if output.code != Some(0) {
                faults.push(format!("{}:{line}: `oca {}`\n{output}", page.name, words.join(" ")));
            }
        }
    }
    assert!(seen.len() > 50, "only {} commands were found", seen.len());
    assert_none(&faults);
}

/// Replaces placeholders that the argument parser would refuse.
fn filled_in(word: &str) -> String {
    word.replace("COMMIT", &"0".repeat(40)).replace("DAYS", "7").replace("SHELL", "bash")
}

/// Runs the blocks below `<!-- run -->` in the demo project. All blocks of a page share one project.
#[test]
fn examples_show_what_oca_says() {
    let mut faults = Vec::new();
    let mut count = 0;
    for page in pages() {
        let env = Env::new();
        env.copy_demo();
        for block in page.blocks().iter().filter(|block| block.is_run) {
            count += 1;
            let found = transcript(&env, block);
            if !is_shown(&block.lines, &found) {
                let found = found.join("\n");
                faults.push(format!("{}:{}: the block should be\n{found}\n", page.name, block.line));
            }
        }
    }
    assert!(count > 20, "only {count} blocks were run");
    assert_none(&faults);
}

/// The commands of a block, each with its output.
fn transcript(env: &Env, block: &Block<'_>) -> Vec<String> {
    let mut text = String::new();
    for line in block.lines.iter().filter_map(|line| line.strip_prefix("$ ")) {
        let words = commands(line).concat();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let said = if words[0] == "oca" {
            let output = env.oca(&words[1..]).output();
            output.stdout + &output.stderr
        } else {
            let output = env.command("sh").args(["-c", line]).current_dir(env.project()).output();
            String::from_utf8(output.expect("a shell").stdout).expect("text")
        };
        let end = if said.is_empty() || said.ends_with('\n') { "" } else { "\n" };
        let _ = write!(text, "$ {line}\n{}{end}", said.replace("[TEMP]/project", "/srv/shop"));
    }
    text.lines().map(str::to_owned).collect()
}

/// Whether the lines match those that are shown; `…` stands for any number of lines.
fn is_shown(shown: &[&str], found: &[String]) -> bool {
    let pieces: Vec<&[&str]> = shown.split(|line| *line == "…").collect();
    let is_at =
        |piece: &[&str], at: usize| found.get(at..at + piece.len()).is_some_and(|lines| lines == piece);
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return found.is_empty() };
    if pieces.len() == 1 {
        return found == *first;
    }
    let mut at = first.len();
    for piece in &pieces[1..pieces.len() - 1] {
        let Some(place) = (at..found.len()).find(|place| is_at(piece, *place)) else { return false };
        at = place + piece.len();
    }
    is_at(first, 0) && found.len().checked_sub(last.len()).is_some_and(|end| end >= at && is_at(last, end))
}

#[test]
fn every_example_of_a_configuration_is_accepted() {
    let mut faults = Vec::new();
    let mut count = 0;
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.language == "toml") {
            count += 1;
            let env = Env::new();
            write_configuration(&env, &block.lines);
            // The lock is missing, which is code 1. If the configuration is refused, the code is 2.
            let output = env.oca(&["lock", "--check"]).output();
            if output.code != Some(1) {
                faults.push(format!("{}:{}:\n{output}", page.name, block.line));
            }
        }
    }
    assert!(count > 10, "only {count} examples were found");
    assert_none(&faults);
}

/// Writes the lines as `repos.toml`, and adds a series and a profile if they have none; or as `repos.local.toml`.
fn write_configuration(env: &Env, lines: &[&str]) {
    let mut text = lines.join("\n") + "\n";
    if lines.first() == Some(&"# repos.local.toml") {
        env.write("repos.local.toml", &text);
        text.clear();
    }
    let first = text.lines().find(|line| !line.starts_with('#'));
    if first.is_none_or(|line| !line.starts_with("odoo =")) {
        text.insert_str(0, "odoo = \"18.0\"\n");
    }
    if !text.contains("[profiles.") {
        let tables = lines.iter().filter_map(|line| line.strip_prefix("[repos.")?.split(']').next());
        let names: Vec<String> = tables.chain(["web"]).map(|name| format!("\"{name}\"")).collect();
        let _ = write!(text, "[profiles.standard]\nrepos = [{}]\n", names.join(", "));
    }
    env.write("repos.toml", text);
}

/// The tables that hold keys: the heading in the page, the file, the table in it, and what else the file needs.
const TABLES: [(&str, &str, &str, &str); 16] = [
    ("## Top level", "repos.toml", "", ""),
    ("## `[core]`", "repos.toml", "[core]", ""),
    ("## `[core]`", "repos.toml", "[profiles.other.core]", ""),
    ("## `[addons-path]`", "repos.toml", "[addons-path]", ""),
    ("## `[image]`", "repos.toml", "[image]", ""),
    ("## `[[local]]`", "repos.toml", "[[local]]\npath = \"addons\"", ""),
    ("## `[requirements]`", "repos.toml", "[requirements]", ""),
    ("## `[check]`", "repos.toml", "[check]", ""),
    ("## `[export]`", "repos.toml", "[export]", ""),
    ("## `[find]`", "repos.toml", "[find]", ""),
    ("## `[lock]`", "repos.toml", "[lock]", ""),
    ("## `[profiles.NAME]`", "repos.toml", "[profiles.other]", ""),
    ("## `[repos.NAME]`", "repos.toml", "[profiles.other.override.web]", "repos = [\"web\"]"),
    ("## `[repos.NAME]`", "repos.toml", "[repos.web]", ""),
    ("## `repos.local.toml`", "repos.local.toml", "", ""),
    ("## `[addons-path]`", "repos.local.toml", "[addons-path]", ""),
];

#[test]
fn every_key_is_described_and_no_other() {
    let page = page("docs/configuration.md");
    let mut faults = Vec::new();
    for (heading, file, table, besides) in TABLES {
        let known = known_keys(file, table, besides);
        let section = page.section(heading);
        let described: BTreeSet<String> = keys(&section).into_iter().map(str::to_owned).collect();
        if described != known {
            faults.push(format!("`{heading}` describes {described:?}\n  {file} `{table}` has {known:?}"));
        }
    }
    assert_none(&faults);
}

/// The keys that oca lists in its hint for an unknown key.
fn known_keys(file: &str, table: &str, besides: &str) -> BTreeSet<String> {
    let env = Env::new();
    let unknown = format!("{table}\nzzzzzzzzzzzzzzzz = 1\n");
    let mut text = String::from("odoo = \"18.0\"\n");
    if file == "repos.toml" && table.is_empty() {
        text.push_str(&unknown);
    }
    text.push_str("[profiles.standard]\nrepos = [\"web\"]\n");
    if !besides.is_empty() {
        let _ = write!(text, "[profiles.other]\n{besides}\n");
    }
    if file != "repos.toml" {
        env.write(file, &unknown);
    } else if !table.is_empty() {
        text.push_str(&unknown);
    }
    env.write("repos.toml", text);
    let output = env.oca(&["lock", "--check"]).output();
    let hint = output.stderr.lines().find(|line| line.starts_with("hint:"));
    let hint = hint.filter(|_| output.stderr.contains("`zzzzzzzzzzzzzzzz`"));
    let hint = hint.unwrap_or_else(|| panic!("no hint for `{table}` of `{file}`\n{output}"));
    hint.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_code_of_a_finding_is_described_and_no_other() {
    let mut codes = BTreeSet::new();
    collect_codes(&root().join("src"), &mut codes);
    let page = page("docs/checks.md");
    let table = page.section("## Codes");
    let listed = table.iter().filter_map(|line| line.strip_prefix("| OCA")?.get(..3));
    let listed: BTreeSet<String> = listed.map(|digits| format!("OCA{digits}")).collect();
    assert!(codes.len() >= 14, "only {codes:?} were found in src");
    assert_eq!(listed, codes, "the table of docs/checks.md, and the codes in src");
    let described: BTreeSet<String> =
        page.anchors().into_iter().map(|anchor| anchor.to_uppercase()).collect();
    let missing: Vec<String> =
        codes.difference(&described).map(|code| format!("`{code}` has no section")).collect();
    assert_none(&missing);
}

/// Collects the codes that the source writes as `"OCA001"`.
fn collect_codes(directory: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("a directory of the source") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect_codes(&path, codes);
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        for rest in text.split("\"OCA").skip(1) {
            let digits = rest.get(..4).and_then(|end| end.strip_suffix('"'));
            let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
            codes.extend(digits.map(|digits| format!("OCA{digits}")));
        }
    }
}

#[test]
fn every_room_is_described_and_no_other() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("the map");
    let module = |line: &str| {
        Some(line.trim_start_matches("pub ").strip_prefix("mod ")?.trim().strip_suffix(';')?.to_owned())
    };
    let rooms: BTreeSet<String> = lib.lines().filter_map(module).collect();
    let page = page("docs/architecture.md");
    let section = page.section("## The rooms");
    let described: BTreeSet<String> = keys(&section).into_iter().map(str::to_owned).collect();
    assert_eq!(described, rooms, "docs/architecture.md, and src/lib.rs");
}

#[test]
fn an_ellipsis_stands_for_any_lines() {
    let found: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).into();
    for shown in [
        &["a", "b", "c", "d"][..],
        &["a", "…", "d"],
        &["a", "…", "c", "…"],
        &["…", "d"],
        &["a", "…", "b", "c", "d"],
    ] {
        assert!(is_shown(shown, &found), "{shown:?}");
    }
    for shown in [
        &["a", "b", "c"][..],
        &["b", "…", "d"],
        &["a", "…", "c"],
        &["a", "b", "…", "b", "c", "d"],
        &["a", "…", "x", "…", "d"],
    ] {
        assert!(!is_shown(shown, &found), "{shown:?}");
    }
}
