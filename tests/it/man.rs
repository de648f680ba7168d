//! `oca man`: pages that `man` and `mandoc` read, with all that a reader looks for.

use std::collections::BTreeSet;
use std::fs;

use crate::env::Env;
use crate::markdown::{keys, page};

/// The names of the pages in `man`, sorted.
fn written(env: &Env) -> BTreeSet<String> {
    let entries = fs::read_dir(env.project().join("man")).expect("the pages");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// The text of a page without the marks of roff.
fn plain(page: &str) -> String {
    page.replace("\\fB", "")
        .replace("\\fI", "")
        .replace("\\fR", "")
        .replace("\\-", "-")
        .replace("\\*(Aq", "'")
}

/// The words of the terms in a section.
fn terms(page: &str, heading: &str) -> BTreeSet<String> {
    let page = plain(page);
    let section = page.split(&format!(".SH {heading}\n")).nth(1).expect("the section");
    let section = section.split("\n.SH").next().unwrap_or_default();
    let terms = section.split(".TP\n").skip(1).filter_map(|row| row.lines().next());
    terms.flat_map(|term| term.split(", ")).map(str::to_owned).collect()
}

#[test]
fn there_is_a_page_for_each_command_and_no_other() {
    let env = Env::new();
    env.oca(&["man", "-o", "man"]).stderr_contains(" man pages are in `man`\n").success();
    let pages = written(&env);
    for name in ["oca", "oca-lock", "oca-addons-path", "oca-cache", "oca-cache-prune", "oca-man"] {
        assert!(pages.contains(&format!("{name}.1")), "{pages:?}");
    }
    assert!(!pages.contains("oca-help.1") && !pages.contains("oca-merge-lock.1"), "{pages:?}");
    // They link to each other.
    for name in &pages {
        let text = plain(&env.read(format!("man/{name}")));
        assert!(
            text.starts_with(".ie") && text.contains(&format!("\n.TH {} 1 ", name.trim_end_matches(".1"))),
            "{text}"
        );
        for section in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXAMPLES",
            "EXIT STATUS",
            "FILES",
            "ENVIRONMENT",
            "SEE ALSO",
        ] {
            assert_eq!(
                text.matches(&format!("\n.SH \"{section}\"\n")).count()
                    + text.matches(&format!("\n.SH {section}\n")).count(),
                1,
                "{section} in {name}\n{text}"
            );
        }
        let also = text.split(".SH \"SEE ALSO\"\n").nth(1).expect("a section");
        for other in
            also.lines().filter_map(|line| line.split("(1)").next()).filter(|word| word.starts_with("oca"))
        {
            assert!(pages.contains(&format!("{other}.1")), "{name} names {other}");
        }
    }
}

#[test]
fn the_synopsis_is_the_usage_of_the_help() {
    let env = Env::new();
    env.oca(&["man", "-q", "-o", "man"]).success();
    for (name, usage) in [
        ("oca", "oca [OPTIONS] <COMMAND>"),
        ("oca-sync", "oca sync [OPTIONS] [NAME]..."),
        ("oca-diff", "oca diff [OPTIONS] [OLD [NEW]]\n.br\noca diff [OPTIONS] OLD..NEW"),
        ("oca-cache-prune", "oca cache prune [OPTIONS]"),
    ] {
        let page = plain(&env.read(format!("man/{name}.1")));
        assert!(page.contains(&format!("\n.SH SYNOPSIS\n{usage}\n.SH DESCRIPTION\n")), "{page}");
        assert!(page.lines().all(|line| line.trim_end() == line), "{page}");
    }
}

#[test]
fn the_page_of_the_program_is_data() {
    let env = Env::new();
    env.oca(&["man", "-o", "man"]).stderr_contains("man pages").success();
    env.oca(&["man"]).stdout(&env.read("man/oca.1")).success();
    assert!(!env.exists("repos.toml"));
}

#[test]
fn the_pages_depend_only_on_the_version_and_on_the_date_that_is_asked_for() {
    let env = Env::new();
    let title = |epoch: &str| {
        let page = env.oca(&["man"]).env("SOURCE_DATE_EPOCH", epoch).output().stdout;
        page.lines().find(|line| line.starts_with(".TH ")).expect("a title").to_owned()
    };
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(title("1764288000"), format!(".TH oca 1 2025-11-28 \"oca {version}\" \"OCA Manual\""));
    assert_eq!(title(""), format!(".TH oca 1 \"\" \"oca {version}\" \"OCA Manual\""));
    assert_eq!(title("253402300799"), format!(".TH oca 1 9999-12-31 \"oca {version}\" \"OCA Manual\""));
    for word in ["x", "-1", "253402300800"] {
        env.oca(&["man"]).env("SOURCE_DATE_EPOCH", word).stderr_contains("SOURCE_DATE_EPOCH").status(2);
    }
}

#[test]
fn a_page_that_is_the_same_is_not_written_again() {
    let env = Env::new();
    env.oca(&["man", "-q", "-o", "man"]).success();
    let time =
        || fs::metadata(env.project().join("man/oca.1")).and_then(|file| file.modified()).expect("a time");
    let before = time();
    env.oca(&["man", "-q", "-o", "man"]).success();
    assert_eq!(time(), before);
    env.write("file", "");
    env.oca(&["man", "-o", "file"]).stderr_contains("error: cannot create `file`").status(2);
}

#[test]
fn the_sections_say_what_the_readme_and_the_pages_say() {
    let env = Env::new();
    let man = env.oca(&["man"]).output().stdout;
    let man = man.replace(".SH \"EXIT STATUS\"", ".SH EXIT_STATUS");
    let readme = page("README.md");
    let rows = readme.section("## Exit codes");
    let codes = rows.iter().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    let codes: BTreeSet<String> =
        codes.filter(|word| word.parse::<u8>().is_ok()).map(str::to_owned).collect();
    assert!(codes.len() > 5, "{codes:?}");
    assert_eq!(terms(&man, "EXIT_STATUS"), codes);
    for row in rows.iter().filter(|line| line.starts_with("| 3 ") || line.starts_with("| 4 ")) {
        let meaning = row.split(" | ").nth(1).expect("a meaning").replace('`', "").to_lowercase();
        assert!(plain(&man).to_lowercase().contains(&meaning), "{meaning}");
    }
    let environment = terms(&man, "ENVIRONMENT");
    for (name, heading) in
        [("docs/configuration.md", "## Environment variables"), ("docs/credentials.md", "## Tokens")]
    {
        let page = page(name);
        let section = page.section(heading);
        let missing: Vec<&str> =
            keys(&section).into_iter().filter(|key| !environment.contains(*key)).collect();
        assert!(missing.iter().all(|key| key.contains("___")), "{missing:?} of {name}");
    }
}
