//! `oca init --from` with odd lines: one of them is no reason to refuse the other repositories.

use crate::env::Env;
use crate::import_pins::KEEPS_PINS;
use crate::project::repository;

const WEB: &str = "web:\n  remotes: {o: https://github.com/OCA/web.git}\n  merges: [o 18.0]\n";

/// Imports a file and asserts the lines that it says first, the exit code, and the names.
#[track_caller]
fn imports(name: &str, text: &str, says: &[&str], status: i32, names: &[&str]) -> String {
    let env = Env::new();
    env.write(name, text);
    let mut run = env.oca(&["init", "--offline", "--odoo", "18.0", "--from", name]);
    for line in says {
        run = run.stderr_contains(line);
    }
    run.status(status);
    let file = env.read("repos.toml");
    let list: String = names.iter().map(|name| format!("  \"{name}\",\n")).collect();
    assert!(file.contains(&format!("repos = [\n{list}]\n")), "{file}");
    file
}

#[test]
fn the_last_of_two_keys_counts() {
    let file = imports(
        "repos.yaml",
        &format!(
            "{WEB}dms: {{remotes: {{o: https://github.com/OCA/dms.git}}, merges: [o 18.0]}}\n{}",
            WEB.replace("18.0", "17.0")
        ),
        &["warning: `repos.yaml` at line 5: `web` appears twice, first at line 1: the last one counts\n"],
        0,
        &["web", "dms"],
    );
    assert!(file.contains("branch = \"17.0\""), "{file}");
    let file = imports(
        "x.json",
        r#"{"repos": [{"name": "web", "url": "https://github.com/OCA/web", "ref": "16.0", "ref": "17.0", "commit": ""}]}"#,
        &[
            "warning: `x.json` at `repos[0].commit`: there is no commit: oca pins `web` to the current head of its branch\n",
            "warning: `x.json` at `repos[0].ref`: `ref` appears twice: the last one counts\n",
        ],
        3,
        &["web"],
    );
    assert!(file.contains("branch = \"17.0\""), "{file}");
}

/// Such a character turns the text that a reviewer sees, so it must not reach the new file.
#[test]
fn invisible_characters_do_not_reach_the_new_file() {
    let entry = |directory: &str, word: &str, branch: &str| {
        format!(
            "\"{directory}\":\n  remotes: {{o: \"https://github.com/OCA/{word}.git\"}}\n  merges: [\"o {branch}\"]\n"
        )
    };
    let web = |directory: &str| entry(directory, "web", "18.0");
    for c in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{200f}', '\u{ad}'] {
        let hidden = format!("\\u{:04x}", u32::from(c));
        let shown = c.escape_unicode();
        let cannot_have = format!(
            "`18{shown}.0` is not a valid branch name: it must not contain blanks, invisible characters,"
        );
        for (text, says, status) in [
            (
                web(&format!("o{hidden}ca/web")),
                format!("line 1: the checkout of `web` will be in `oca`, not in `o{shown}ca`\n"),
                0,
            ),
            (
                web("oca/web") + &entry("oca/dms", &format!("d{hidden}ms"), "18.0"),
                format!(
                    "d{shown}ms.git` is not a valid git url: it must not contain blanks or invisible characters\n"
                ),
                1,
            ),
            (web("oca/web") + &entry("oca/dms", "dms", &format!("18{hidden}.0")), cannot_have.clone(), 1),
        ] {
            let file = imports("repos.yaml", &text, &[&says], status, &["web"]);
            assert!(file.is_ascii() && !file.contains('\\'), "{file}");
        }
    }
}

#[test]
fn an_entry_that_cannot_be_used_is_left_out_with_its_reason() {
    for (entry, why) in [
        ("dms: {}\n", "`dms` is left out: `dms` has no `remotes`"),
        ("dms:\n", "`dms` is left out: `dms` must be a mapping, not empty"),
        (
            "dms: {remotes: {o: 'ext::sh'}, merges: [o 18.0]}\n",
            "`dms` is left out: `ext::sh` is not a valid git url: remote helpers such as `ext::` are not supported",
        ),
        (
            "dms: {remotes: {o: https://h/dms}, merges: [o $BRANCH]}\n",
            "`dms` is left out: the variable `BRANCH` of `dms` is not set; set the environment variable `BRANCH`, and run this again",
        ),
    ] {
        let lost = "error: `repos.toml` is written, but parts of `repos.yaml` are not in it: 1 entry that oca cannot use\n";
        let says = format!("warning: `repos.yaml` at line 4: {why}\n");
        imports("repos.yaml", &format!("{WEB}{entry}"), &[&says, lost], 1, &["web"]);
    }
    let submodule = |name: &str, path: &str| {
        format!("[submodule \"{name}\"]\n\tpath = {path}\n\turl = https://github.com/OCA/{name}.git\n")
    };
    imports(
        ".gitmodules",
        &(submodule("web", "oca/web") + &submodule("dms", "../dms") + "[submodule \"crm\"]\n\tpath = crm\n"),
        &["warning: `.gitmodules`: 2 entries that oca cannot use are left out\n  \
           `.gitmodules` at line 5: `dms` is left out: `../dms` is not a path below the repository of `.gitmodules`\n  \
           `.gitmodules` at line 7: `crm` is left out: submodule `crm` has no `url`\n"],
        1,
        &["web"],
    );
}

#[test]
fn a_setting_that_cannot_be_used_is_left_out_alone() {
    imports(
        "repos.yaml",
        &WEB.replace("  merges", "    # too deep\n    target: o 18.0\n  merges")
            .replace("{o: https://github.com/OCA/web.git}", "\n    o: https://github.com/OCA/web.git"),
        &[
            "warning: `repos.yaml` at line 5: remote `target` of `web` is left out: its url is not valid\nwrote",
        ],
        0,
        &["web"],
    );
    for (depth, why) in [("$NOWHERE", "`$NOWHERE` is not set"), ("all", "`all` is not a number")] {
        imports(
            "repos.yaml",
            &format!("{WEB}  defaults: {{depth: {depth}}}\n"),
            &[&format!("warning: `repos.yaml` at line 4: `depth` of `web` is left out: {why}\n")],
            0,
            &["web"],
        );
    }
    imports(
        "repos.yaml",
        &format!("{WEB}---\n{}", WEB.replace("web", "dms")),
        &["a second document"],
        0,
        &["web", "dms"],
    );
}

/// As in git, whose sections of one name are one, and whose last value counts.
#[test]
fn submodules_that_appear_twice_are_read_as_git_reads_them() {
    let file = imports(
        ".gitmodules",
        "[submodule \"a\"]\n\tpath = oca/web\n\turl = https://github.com/OCA/web.git\n\
         [submodule \"a\"]\n\turl = https://github.com/acme/web.git\n\
         [submodule \"b\"]\n\tpath = oca/dms\n\turl = https://github.com/OCA/dms.git\n\
         [submodule \"c\"]\n\tpath = ./oca/dms\n\turl = https://github.com/acme/dms.git\n",
        &[
            "2 submodules appear twice: the last one counts (`a`, `c`; `-v` shows each)\n",
            "`.gitmodules` at line 5: `url` of submodule `a` appears twice, first at line 3: the last one counts\n",
        ],
        0,
        &["web", "dms"],
    );
    assert!(file.contains("base-url = \"https://github.com/acme\""), "{file}");
}

#[test]
fn many_repositories_of_one_name_have_names() {
    let text: String = ["a", "b", "c", "A", "B"]
        .map(|above| {
            format!("  {above}/web: {{type: git, url: https://github.com/OCA/web, version: 18.0}}\n")
        })
        .concat();
    imports(
        "x.repos",
        &format!("repositories:\n{text}"),
        &["the checkout of `b-web` and 3 more will be in `a`, not in `b`, `c`, `A`, `B`\n"],
        0,
        &["web", "b-web", "c-web", "A-web", "OCA-web"],
    );
}

#[test]
fn a_target_that_is_the_base_is_no_news_and_others_are_details() {
    let text = "web:\n  remotes: {o: https://github.com/OCA/web.git, acme: https://github.com/acme/web.git}\n  \
                target: o $ODOO_VERSION\n  merges: [o $ODOO_VERSION]\n";
    let wrote = "warning: `repos.yaml` at line 1: the checkout of `web` will be in `oca`, not in `.`\n\
                 wrote `repos.toml`, but no lock: there are no pins to take over; look at it, then run `oca sync`\n";
    for (text, details) in [
        (
            text.to_owned(),
            "remote `acme` of `web`, `https://github.com/acme/web.git`, is left out: no merge uses it\n",
        ),
        (
            text.replace("target: o", "target: acme"),
            "target `acme $ODOO_VERSION` of `web` is left out: oca never pushes\n",
        ),
    ] {
        let env = Env::new();
        env.write("repos.yaml", &text);
        env.oca(&["init", "--odoo", "18.0", "--from", "repos.yaml"]).stderr(wrote).success();
        std::fs::remove_file(env.project().join("repos.toml")).expect("a file");
        let run = env.oca(&["init", "-v", "--from", "repos.yaml"]).env("ODOO_VERSION", "18.0").output();
        assert!(run.stderr.contains(details), "{run}");
        assert_eq!(run.stderr.contains("target"), details.contains("target"), "{run}");
    }
}

/// A request can be merged into any branch, and a variable can be unset: then the target tells the series.
#[test]
fn a_target_tells_the_series_of_a_base_that_does_not_name_it() {
    for (merges, expected) in [
        ("merges: [o refs/pull/1/head]", "[repos.web]\nmerges = [\n  \"#1\",\n]\n"),
        ("merges: [o $ODOO_VERSION]", ""),
        ("depth: 1", ""),
        ("merges: [o 15.0]", "[repos.web]\nbranch = \"15.0\"\n"),
    ] {
        let env = Env::new();
        let text = format!(
            "oca/web:\n  remotes: {{o: https://github.com/OCA/web.git}}\n  target: o 16.0\n  {merges}\n"
        );
        let dms = "oca/dms:\n  remotes: {o: https://github.com/OCA/dms.git}\n  merges: [o 16.0]\n";
        let social = dms.replace("dms", "social");
        env.write("repos.yaml", format!("{text}{dms}{social}"));
        env.oca(&["init", "-q", "--from", "repos.yaml"]).success();
        let config = env.new_config();
        assert!(config.starts_with("odoo = \"16.0\"\n"), "{merges}: {config}");
        assert!(config.contains(expected), "{merges}: {config}");
        assert_eq!(config.contains("[repos.web]"), !expected.is_empty(), "{merges}: {config}");
    }
}

/// Only the user knows which of them the repositories without a branch of their own follow.
#[test]
fn series_that_are_equally_common_are_refused() {
    let env = Env::new();
    let repo = |name: &str, branch: &str| {
        format!("oca/{name}:\n  remotes: {{o: https://github.com/OCA/{name}.git}}\n  merges: [o {branch}]\n")
    };
    env.write(
        "repos.yaml",
        [repo("web", "16.0"), repo("dms", "17.0"), repo("social", "$ODOO_VERSION")].concat(),
    );
    env.oca(&["init", "--from", "repos.yaml"])
        .stderr(
            "error: `repos.yaml` does not say which Odoo series it is for: `16.0`, `17.0` are equally common\n\
             hint: add the series of the repositories that have no branch of their own to the command, such as `--odoo 17.0`\n",
        )
        .status(2);
    assert!(!env.project().join("repos.toml").exists());
    env.oca(&["init", "-q", "--from", "repos.yaml", "--odoo", "16.0"]).success();
    assert!(env.new_config().contains("[repos.dms]\nbranch = \"17.0\"\n"));
}

#[test]
fn without_a_version_the_default_branch_of_the_remote_is_meant() {
    let env = Env::new();
    let remote = repository(&env, "web", &["web_a"]);
    remote.branch("main").module("web_b", &[]).commit();
    std::fs::write(remote.path().join("HEAD"), "ref: refs/heads/main\n").expect("a file");
    env.write(
        "x.repos",
        "repositories:\n  oca/web: {type: git, url: ../remotes/web.git}\n  oca/gone: {type: git, url: ../remotes/gone.git}\n",
    );
    env.oca(&["init", "--odoo", "18.0", "--from", "x.repos"])
        .stderr(
            "warning: `x.repos` at line 3: `gone` names no branch, which means the default branch of its remote: \
             oca uses the branch `18.0` of the series\n\
             error: `repos.toml` is written, but parts of `x.repos` are not in it: 1 default branch\n\
             hint: read the warnings above and edit `repos.toml`; if you do not need what is left out, run `oca sync`\n",
        )
        .status(1);
    assert!(env.read("repos.toml").contains("[repos.web]\nbranch = \"main\"\n"));
}

/// Each answer belongs to the repository that was asked.
#[test]
fn the_default_branches_of_several_remotes_stay_apart() {
    let env = Env::new();
    let mut entries =
        String::from("repositories:\n  a/fixed: {type: git, url: ../remotes/x.git, version: 18.0}\n");
    for name in ["one", "two", "three"] {
        let remote = repository(&env, name, &[&format!("{name}_a")]);
        remote.branch(&format!("{name}-main")).module("b", &[]).commit();
        std::fs::write(remote.path().join("HEAD"), format!("ref: refs/heads/{name}-main\n")).expect("a file");
        entries += &["", "no-"]
            .map(|start| format!("  a/{start}{name}: {{type: git, url: ../remotes/{start}{name}.git}}\n"))
            .concat();
    }
    env.write("x.repos", entries);
    env.oca(&["init", "--odoo", "18.0", "--from", "x.repos"])
        .stderr_contains(
            "3 default branches are not known: oca uses the branch of the series\n  \
            `x.repos` at line 4: `no-one` names no branch",
        )
        .status(1);
    let text = env.read("repos.toml");
    for name in ["one", "two", "three"] {
        assert!(text.contains(&format!("[repos.{name}]\nbranch = \"{name}-main\"\n")), "{text}");
    }
}

#[test]
fn oca_dependencies_are_read() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let env = Env::new();
    env.write("oca_dependencies.txt", format!(
        "# needed\nweb\nqueue https://github.com/OCA/queue.git # jobs\ncrm https://github.com/acme/crm 18.0-fix\n\
         dms https://github.com/OCA/dms 18.0 {commit}\n"
    ));
    env.own_module("my_module", "{'version': '18.0.1.0.0'}");
    env.oca(&["init", "--offline", "--from", "."])
        .stderr_contains("`[[local]]` has your own modules in `.`\n")
        .stderr_contains(KEEPS_PINS)
        .status(3);
    let text = env.read("repos.toml");
    assert!(text.contains("odoo = \"18.0\"\n"), "{text}");
    assert!(text.contains("repos = [\n  \"web\",\n  \"queue\",\n  \"crm\",\n  \"dms\",\n]\n"), "{text}");
    assert!(
        text.contains("[repos.crm]\nurl = \"https://github.com/acme/crm\"\nbranch = \"18.0-fix\"\n"),
        "{text}"
    );
    assert!(text.contains("[repos.dms]\nhold = true\n"), "{text}");
}

#[test]
fn a_line_of_oca_dependencies_with_too_many_words_is_refused() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let file = imports(
        "oca_dependencies.txt",
        &format!("web\ndms https://github.com/OCA/dms 18.0 {commit} extra\n"),
        &["warning: `oca_dependencies.txt` at line 2: `dms` is left out: the line has too many words: \
           it must be `NAME [URL [BRANCH [COMMIT]]]`\n"],
        1,
        &["web"],
    );
    assert!(!file.contains(commit), "{file}");
}

/// The other tool checks out the pin.
#[test]
fn a_pin_to_another_commit_than_the_declared_one_is_kept() {
    let (declared, pin) =
        ("0123456789abcdef0123456789abcdef01234567", "1123456789abcdef0123456789abcdef01234567");
    for (name, text) in [
        ("oca_dependencies.txt", format!("web https://github.com/OCA/web {declared} {pin}\n")),
        (
            "x.json",
            format!(
                r#"{{"repos": [{{"name": "web", "url": "https://github.com/OCA/web", "ref": "{declared}", "commit": "{pin}"}}]}}"#
            ),
        ),
    ] {
        let says =
            format!("`web` is pinned to `{pin}`, but declared as `{declared}`: oca keeps the pin as `rev`\n");
        let file = imports(name, &text, &[&says], 3, &["web"]);
        assert!(file.contains(&format!("rev = \"{pin}\"\n")), "{file}");
    }
}

#[test]
fn the_older_lock_can_be_a_mapping() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let text = format!(
        r#"{{"version": "1.0.0", "updated": "2025-01-01", "repositories": {{
            "web": {{"url": "https://github.com/OCA/web", "branch": "18.0", "commit": "{commit}", "modules": ["web_one"]}},
            "OCA/dms": {{"url": "https://github.com/OCA/dms", "branch": "17.0", "commit": null, "modules": []}}}}}}"#
    );
    let file = imports("oca.json", &text, &["`OCA/dms` to the current head", KEEPS_PINS], 3, &["web", "dms"]);
    assert!(
        file.contains("[repos.web]\nmodules = [\"web_one\"]\n\n[repos.dms]\nbranch = \"17.0\"\n"),
        "{file}"
    );
}

#[test]
fn ak_of_2019_froze_to_a_file_of_git_aggregator() {
    let (web, dms) = ("0123456789abcdef0123456789abcdef01234567", "1123456789abcdef0123456789abcdef01234567");
    let env = Env::new();
    env.write(
        "spec.yaml",
        "web: {src: https://github.com/OCA/web 18.0}\n./mine/dms: {src: https://github.com/OCA/dms 18.0}\n",
    );
    let frozen = format!(
        "./external-src/web:\n  merges: [origin {web}]\n  remotes: {{origin: https://github.com/OCA/web}}\n  \
         target: origin 18.0\n./mine/dms:\n  merges: [origin {dms}]\n  remotes: {{origin: https://github.com/OCA/dms}}\n"
    );
    env.write("frozen.yaml", &frozen);
    env.oca(&["init", "--offline", "--from", "frozen.yaml"]).stderr_contains(KEEPS_PINS).status(3);
    // Alone it declares commits.
    let env = Env::new();
    env.write("frozen.yaml", frozen);
    env.oca(&["init", "-q", "--odoo", "18.0", "--from", "frozen.yaml"]).success();
    assert!(env.read("repos.toml").contains(&format!("[repos.web]\nrev = \"{web}\"\n")));
}
