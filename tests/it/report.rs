//! `oca report`: the page says what other commands say, and a stranger's text stays text.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::env::Env;
use crate::merges::{declare, requested};
use crate::project::{WEB, modules_repository, repository, short};
use crate::remote::Remote;
use crate::server::Server;

const TWO: &str = "[export]\nlanguages = [\"fr\"]\ndrop = [\"tests\", \"readme\"]\n\
    [profiles.lean]\nrepos = [\"web\", \"sale\"]\nmodules = [\"sale_x\"]\n";

/// Two repositories with files of known sizes; `sale_x` needs `web_x`, and `web_y` is not selected.
fn shop(env: &Env) {
    let web = Remote::new(env, "web");
    let big = |length: usize| "x".repeat(length);
    web.branch("18.0")
        .file("LICENSE", big(1_000))
        .module("web_x", &[])
        .file("web_x/i18n/fr.po", big(3_000))
        .file("web_x/i18n/de.po", big(5_000))
        .file("web_x/tests/test_x.py", big(7_000))
        .file("web_x/static/big.js", big(40_000))
        .module(
            "web_y",
            &[("external_dependencies", "{'python': ['requests'], 'deb': ['wget'], 'bin': ['dot']}")],
        )
        .file("web_y/data.xml", big(90_000))
        .commit();
    modules_repository(env, "sale", &[("sale_x", "sale web_x")]);
}

/// Writes the page and reads it.
fn page(env: &Env, args: &[&str]) -> String {
    env.oca(&["report", "-q", "-o", "page.html"]).args(args).success();
    env.read("page.html")
}

/// The entry of a module, without its markup.
fn entry(page: &str, module: &str) -> String {
    let start = format!("<b>{module}</b>");
    let text = page.split(&start).nth(1).unwrap_or_else(|| panic!("no entry of `{module}`"));
    let text = text.split("</details>").next().unwrap_or_default();
    let text = text.replace('\u{a0}', " ");
    let pieces = text.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text).trim());
    pieces.filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("|")
}

/// The files of the sums and of all other rows in the table of sizes.
fn files_in_table(page: &str) -> (usize, usize) {
    let table = page.split("<table class=\"numbers\">").nth(1).expect("the table");
    let table = table.split("</table>").next().unwrap_or_default();
    table.split("<tr class=\"").skip(1).fold((0, 0), |(sums, others), row| {
        let cell = row.split("<td>").nth(2).and_then(|cell| cell.split('<').next()).expect("a cell");
        let files: usize = cell.parse().expect("a number");
        if row.starts_with("sum\"") { (sums + files, others) } else { (sums, others + files) }
    })
}

fn bytes_below(folder: &Path) -> (u64, usize) {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.fold((0, 0), |(bytes, files), path| {
        let (more, count) =
            if path.is_dir() { bytes_below(&path) } else { (path.metadata().expect("it").len(), 1) };
        (bytes + more, files + count)
    })
}

#[test]
fn the_sizes_are_those_of_an_export() {
    let env = Env::new();
    shop(&env);
    env.locked(TWO);
    let page = page(&env, &[]);
    env.oca(&["export", "-q", "../out"]).success();
    let (bytes, files) = bytes_below(&env.root().join("out/web/web_x"));
    assert_eq!(bytes / 1_000, 43);
    assert!(
        entry(&page, "web_x").contains(&format!("|In an export|43 kB in {files} files|")),
        "{}",
        entry(&page, "web_x")
    );
    assert!(entry(&page, "web_x").contains("|Other languages|5.0 kB in 1 file, left out|"));
    assert!(entry(&page, "web_x").contains("|Tests and texts|7.0 kB in "));
    assert!(entry(&page, "web_y").contains("|Not selected|90 kB in "));
    let all = bytes_below(&env.root().join("out/web")).1 + bytes_below(&env.root().join("out/sale")).1;
    assert!(page.contains(&format!(" in 2 modules and {all} files.")), "{all} files");
    assert_eq!(files_in_table(&page), (all, all));
    let licences = "<th scope=\"row\">Licences</th><td>1</td><td>1</td>";
    assert_eq!(page.matches(licences).count(), 1);
    assert_eq!(page.matches("<title>Licences, in an export: 1.0\u{a0}kB</title>").count(), 2);
    assert!(page.contains("only the languages fr · without tests · without readme"));
}

#[test]
fn a_module_shows_what_it_needs_and_what_needs_it() {
    let env = Env::new();
    shop(&env);
    env.own_module(
        "addons/mine",
        "{'name': 'Mine', 'version': '2.0', 'depends': ['sale_x', 'gone'], 'auto_install': True}",
    );
    env.locked(&format!("{TWO}[[local]]\npath = \"addons\"\n"));
    let page = page(&env, &[]);
    assert!(
        entry(&page, "web_x").ends_with("|Needed by 1|sale_x|web_x|Needs 1|base|Odoo"),
        "{}",
        entry(&page, "web_x")
    );
    assert!(entry(&page, "sale_x").contains("|Needed by 1|mine|sale_x|Needs 2|sale|Odoo|web_x"));
    let mine = entry(&page, "mine");
    assert!(mine.starts_with("own|2.0|LGPL-3|Beta|"), "{mine}");
    assert!(
        mine.contains("|Installs itself|when everything that it needs is installed|Findings|OCA004|"),
        "{mine}"
    );
    assert!(mine.ends_with("|Nothing needs it.|mine|Needs 2|sale_x|gone|missing"), "{mine}");
    assert!(page.contains("<a href=\"#m-sale_x\">sale_x</a>"));
}

#[test]
fn an_own_module_behind_another_one_of_its_name_is_hidden() {
    const HIDDEN: &str = "<summary><b>web_x</b> <i class=\"chip\">hidden</i>";
    let env = Env::new();
    shop(&env);
    env.own_module("addons/web_x", "{'name': 'Mine'}");
    env.locked(&format!("{TWO}[[local]]\npath = \"addons\"\nposition = \"after\"\n"));
    let page = page(&env, &[]);
    assert_eq!(page.matches(HIDDEN).count(), 1);
    assert!(page.contains("<dd>2<small>of 3 and 1 own</small></dd>"));
}

#[test]
fn the_same_lock_gives_the_same_page_in_another_place_and_at_another_time() {
    let env = Env::new();
    shop(&env);
    env.locked(TWO);
    let first = page(&env, &["--title", "Shop"]);
    fs::rename(env.project(), env.root().join("moved")).expect("the project can be moved");
    fs::create_dir(env.project()).expect("a folder");
    env.oca(&["-C", "../moved", "report", "--title", "Shop", "-q", "-o", "page.html"]).success();
    let second = fs::read_to_string(env.root().join("moved/page.html")).expect("the page");
    assert!(first == second, "the pages differ");
    assert!(!first.contains(&*env.root().to_string_lossy()), "the page names a path of this machine");
    let output = env.oca(&["-C", "../moved", "report", "--title", "Shop", "-q", "-o", "-"]).output();
    assert!(output.stdout == first, "stdout differs");
}

#[test]
fn texts_of_strangers_stay_texts() {
    // As Python writes it, with a character that turns the direction.
    const HOSTILE: &str =
        r#""</script><img src=x onerror=alert(1)>\" onload='x' \u202e javascript:alert(1)""#;
    let env = Env::new();
    let web = Remote::new(&env, "web");
    let fields = [
        ("version", HOSTILE.to_owned()),
        ("license", HOSTILE.to_owned()),
        ("development_status", HOSTILE.to_owned()),
        ("depends", format!("[{HOSTILE}]")),
        ("auto_install", format!("[{HOSTILE}]")),
        (
            "external_dependencies",
            format!("{{'python': [{HOSTILE}], 'deb': [{HOSTILE}], 'bin': [{HOSTILE}]}}"),
        ),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    web.branch("18.0").file("README.md", "").module("web_x", &fields).commit();
    env.locked("[profiles.standard]\nrepos = [\"web\"]\n");
    let page = page(&env, &["--title", "</script>\u{202e}<img>"]);
    assert!(page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot; onload=&#39;x&#39;"));
    for markup in ["<img", "</script><", "href=\"javascript", "\u{202e}"] {
        assert!(!page.contains(markup), "the page has `{markup}`");
    }
    // Two elements that run or style something, and the policy knows both.
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
        let parts: Vec<&str> = page.split(&format!("<{element}>")).collect();
        assert_eq!(parts.len(), 2, "{element}");
        let text = parts[1].split(&format!("</{element}>")).next().expect("its end");
        let hash = STANDARD.encode(Sha256::digest(text));
        assert!(page.contains(&format!("{directive} &#39;sha256-{hash}&#39;")), "{element}");
    }
}

#[test]
fn offline_it_says_what_it_does_not_know() {
    let env = Env::new();
    repository(&env, "web", &["web_x", "web_y"]);
    let server = Server::start(&env);
    env.write(
        "repos.toml",
        format!("odoo = \"18.0\"\nbase-url = \"{}\"\n[profiles.p]\nrepos = [\"web\"]\n", server.base()),
    );
    env.lock();
    let offline = page(&env, &["--offline"]);
    assert!(offline.contains("not in the cache, so the size is not known"), "{}", entry(&offline, "web_x"));
    assert!(entry(&offline, "web_x").contains("|In an export|at least "));
    assert_eq!(entry(&offline, "web_x").matches("|at least ").count(), 2);
    assert!(offline.contains("<td class=\"r\">at least "));
    assert!(offline.contains("An export of this profile has <b>at least "));
    let said = env.oca(&["report", "-o", "page.html", "--offline"]).output();
    assert!(
        said.stderr.starts_with("warning: the page does not know the sizes of ")
            && said.stderr.contains(
                " files: they are not in the cache\n\
                 hint: run the command without `--offline` and without `OCA_OFFLINE`\n"
            ),
        "{said}"
    );
    let whole = page(&env, &[]);
    env.oca(&["report", "-o", "page.html"]).stderr("2 modules in `page.html`\n").success();
    assert!(!whole.contains("not in the cache"));
    assert!(!entry(&whole, "web_x").contains("at least "));
    assert_eq!(page(&env, &["--offline"]), whole);
    fs::remove_dir_all(env.cache()).expect("the cache can be removed");
    let nothing = page(&env, &["--offline"]);
    assert!(nothing.contains("oca is offline, and the cache does not have this commit"));
    assert!(nothing.contains("<dd>at least 0\u{a0}bytes"));
    env.oca(&["report", "-o", "page.html", "--offline"])
        .stderr_contains(
            "warning: the page does not know the sizes of the files of `web`: they are not in the cache\n",
        )
        .success();
    assert!(nothing.contains("<td class=\"r\">2</td><td class=\"r\">–</td>"));
}

#[test]
fn newer_commits_and_merges_are_told_if_asked_for() {
    let env = Env::new();
    let web = requested(&env);
    declare(&env, "merges = [\"#1\", { pr = 2, modules = [\"web_x\"] }]");
    env.lock();
    let old = web.commit_of("18.0");
    web.branch("18.0").file("web_x/new.txt", "new").commit();
    web.pull(2).file("web_x/newer.txt", "newer").commit();
    let plain = page(&env, &[]);
    assert!(plain.contains("<span class=\"chip\">merge</span> #1 at <code>"), "{plain}");
    assert!(plain.contains(short(&old)));
    assert!(!plain.contains("Newer commits"));
    assert!(!plain.contains(", moved by "));
    let asked = page(&env, &["--outdated"]);
    assert!(asked.contains("<td>1 commit, the newest of "), "{asked}");
    let merge = asked.split("</span> #2 [web_x] at <code>").nth(1).expect("the merge with modules");
    let merge = merge.split("</li>").next().unwrap_or_default();
    assert!(merge.ends_with(", moved by 1 commit"), "{merge}");
}

#[test]
fn a_pin_that_no_server_was_asked_about_has_no_news() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    let pinned = repository(&env, "sale", &["sale_x"]).commit_of("18.0");
    env.locked(&format!(
        "[profiles.standard]\nrepos = [\"sale\", \"web\"]\n[repos.sale]\nrev = \"{pinned}\"\n"
    ));
    let page = page(&env, &["--outdated"]);
    let count = |cell: &str| page.matches(cell).count();
    assert_eq!((count("<td>none</td>"), count("<td>–</td>")), (1, 1));
}

#[test]
fn requirements_that_may_exclude_each_other_are_told_as_by_the_command() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    web.branch("18.0").module("web_x", &[("external_dependencies", "{'python': ['lxml>=5']}")]).commit();
    let tools = repository(&env, "tools", &["tool"]);
    tools.branch("18.0").file("requirements.txt", "lxml==4.9.3 ; python_version < '3.12'\n").commit();
    env.locked("[profiles.standard]\nrepos = [\"web\", \"tools\"]\n");
    let page = page(&env, &[]);
    assert!(
        page.contains("<b>requirements for <code>lxml</code> exclude each other if their markers apply</b>")
    );
    assert!(
        page.contains(
            "set the Python version of the image: <code>python</code> in <code>[requirements]</code>"
        )
    );
    assert!(!page.contains("No module needs anything beside Odoo."));
}

#[test]
fn a_project_without_modules_has_a_page() {
    let env = Env::new();
    repository(&env, "web", &[]);
    env.locked("[profiles.standard]\nrepos = [\"web\"]\n");
    env.oca(&["report", "-o", "page.html"]).stderr("0 modules in `page.html`\n").success();
    let page = env.read("page.html");
    assert!(page.contains("Nothing is known about the files of the modules."));
    env.oca(&["--all-profiles", "report", "-o", "page.html"]).stderr_contains("error: ").status(2);
}

#[test]
fn a_password_in_a_requirement_is_hidden() {
    let env = Env::new();
    let python = "{'python': ['evil @ https://user:s3cret@example.com/x.whl']}";
    Remote::new(&env, "web").branch("18.0").module("web_x", &[("external_dependencies", python)]).commit();
    env.locked(WEB);
    env.oca(&["report", "-q", "-o", "page.html"]).output();
    let page = env.read("page.html");
    assert!(page.contains("example.com/x.whl") && !page.contains("s3cret"), "{}", entry(&page, "web_x"));
}

#[test]
fn the_command_counts_what_the_profile_selects() {
    let env = Env::new();
    shop(&env);
    env.locked(&format!("{WEB}{TWO}"));
    env.oca(&["report", "-p", "lean", "-o", "page.html"])
        .stderr("2 selected modules of 3 in `page.html`\n")
        .success();
    env.oca(&["report", "-p", "standard", "-o", "page.html"])
        .stderr_contains("2 modules in `page.html`\n")
        .success();
}
