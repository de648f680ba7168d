//! What `oca init --from` does not take, and what is left where it fails.

use crate::env::Env;
use crate::project::repository;
use crate::remote::Remote;

const HINT: &str = "hint: name one of these: `.gitmodules`, `repos.yaml` or `addons.yaml` of git-aggregator or doodba, \
    `spec.yaml` of ak, `pending-merges.d`, `mrchef.toml`, a `.repos` file of vcs2l, `oca_dependencies.txt`, \
    or an older `oca.lock.json`\n";
const NOTHING: &str = "hint: run `oca init` without `--from`, then `oca add NAME` for each repository\n";

/// Asserts how the import of a file ends; nothing may be written.
#[track_caller]
fn refused(name: &str, text: impl AsRef<[u8]>, stderr: &str) {
    let env = Env::new();
    env.write(name, text);
    env.oca(&["init", "--from", name]).stderr(stderr).status(2);
    assert!(!env.exists("repos.toml"));
}

#[test]
fn what_is_no_format_is_told_what_there_is() {
    for (name, text) in [("notes.txt", "hello\n"), ("x.yaml", "- a\n"), ("x.json", "{\"a\": 1}")] {
        refused(name, text, &format!("error: `{name}` is not in a format that oca can import\n{HINT}"));
    }
    let env = Env::new();
    env.oca(&["init", "--from", "repos.yaml"])
        .stderr(&format!("error: there is no `repos.yaml`\n{HINT}"))
        .status(2);
    env.write("empty/README.md", "");
    env.oca(&["init", "--from", "empty"])
        .stderr(&format!("error: `empty` is not in a format that oca can import\n{HINT}"))
        .status(2);
    env.write("both/.gitmodules", "");
    env.write("both/spec.yaml", "");
    env.oca(&["init", "--from", "both"])
        .stderr(
            "error: `both` contains files of several tools: `.gitmodules`, `spec.yaml`\n\
             hint: name one of these files with `--from`\n",
        )
        .status(2);
}

#[test]
fn bad_yaml_is_refused_with_its_line() {
    let body = "  remotes: {o: https://h/a/web.git}\n  merges: [o 18.0]\n";
    for (text, why) in [
        (
            "web: [\n",
            "at line 2: this is not valid YAML: while parsing a node, did not find expected node content",
        ),
        ("- web\n", "at line 1: the file must be a mapping, not a list"),
        ("web\n", "at line 1: the file must be a mapping, not a string"),
        ("web: text\n", "at line 1: `web` must be a mapping, not a string"),
        ("web: &a [*a]\n", "at line 1: an alias refers to a value that contains the alias"),
        ("? [a]\n: b\n", "at line 1: a key must be a plain string"),
        (
            "web:\n  src: https://h/a/web\n",
            "at line 2: `src` of `web` must be `URL BRANCH` or `URL BRANCH COMMIT`",
        ),
        (
            "web:\n  src: ext::sh 18.0\n",
            "at line 2: `web` cannot be imported: `ext::sh` is not a valid git url: remote helpers such as `ext::` are not supported",
        ),
        ("web:\n  modules: [web]\n", "at line 2: `web` has no `remotes`"),
        (
            "web:\n  src: https://h/a/web 18.0 1234567\n",
            "at line 2: `web` cannot be imported: `1234567` is not a valid commit id: it must be 40 hexadecimal digits",
        ),
    ] {
        let env = Env::new();
        env.write("spec.yaml", text);
        let run = env.oca(&["init", "--from", "spec.yaml"]).output();
        let first = run.stderr.lines().next().unwrap_or_default().to_owned();
        assert_eq!(first, format!("error: `spec.yaml` {why}"), "{text}\n{run}");
        assert_eq!(run.code, Some(2), "{text}");
        assert!(!env.exists("repos.toml"));
    }
    refused(
        "repos.yaml",
        format!("web:\n{body}\tx: y\n"),
        "error: `repos.yaml` at line 4: this is not valid YAML: tabs disallowed within this context (block indentation)\n",
    );
    refused(
        "repos.yaml",
        b"web:\n  src: \xff\n",
        "error: `repos.yaml` is not UTF-8 at line 2\nhint: save the file as UTF-8\n",
    );
    refused(
        "spec.yaml",
        format!("web: {}", "[".repeat(50)),
        "error: `spec.yaml` at line 1: nested more than 32 levels deep\n",
    );
    let deep = "[".repeat(100_000);
    refused(
        "spec.yaml",
        format!("web: {deep}"),
        "error: `spec.yaml` at line 1: this is not valid YAML: recursion limit exceeded\n",
    );
}

#[test]
fn what_git_aggregator_refuses_is_refused() {
    for (body, stderr) in [
        ("  merges: [o 18.0]\n", "at line 2: `web` has no `remotes`\n"),
        (
            "  remotes: {o: https://h/a/web}\n  merges: []\n",
            "at line 3: `merges` of `web` is empty, but at least one ref is required\n",
        ),
        (
            "  remotes: {o: https://h/a/web}\n  merges: [p 18.0]\n",
            "at line 3: `remotes` of `web` has no `p`\n",
        ),
        (
            "  remotes: {o: https://h/a/web}\n  merges:\n  - o\n",
            "at line 4: `o` in `merges` of `web` is not `REMOTE REF`\nhint: write it as `- origin 18.0`\n",
        ),
        (
            "  remotes: {o: https://h/a/web}\n  merges: [o $BRANCH]\n",
            "at line 3: the variable `BRANCH` of `web` is not set\n\
             hint: set the environment variable `BRANCH`, and run this again\n",
        ),
        (
            "  remotes: {o: https://h/a/web}\n  merges: [o $ODOO_VERSION-fix]\n",
            "at line 3: the variable `ODOO_VERSION` of `web` is not set\nhint: add the series to the command, such as `--odoo 18.0`\n",
        ),
    ] {
        refused("repos.yaml", format!("web:\n{body}"), &format!("error: `repos.yaml` {stderr}"));
    }
}

/// Ten lines that stand for a billion values, and ten thousand keys, each of which is looked for.
#[test]
fn a_file_that_unfolds_or_is_huge_ends_soon() {
    let mut bomb = vec!["a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned()];
    for level in 1..10 {
        let below = level - 1;
        let items = vec![format!("*a{below}"); 10].join(", ");
        bomb.push(format!("a{level}: &a{level} [{items}]\n"));
    }
    refused(
        "spec.yaml",
        bomb.concat(),
        "error: `spec.yaml` at line 4: the aliases expand to too much data\n",
    );
    let huge: String = (0..10_000).map(|at| format!("key{at}: {{src: https://host/x y z w}}\n")).collect();
    refused(
        "spec.yaml",
        huge,
        "error: `spec.yaml` at line 1: `src` of `key0` must be `URL BRANCH` or `URL BRANCH COMMIT`\n\
         hint: write it as `src: https://github.com/OCA/web 18.0`\n",
    );
}

#[test]
fn anchors_and_merge_keys_are_what_they_are_elsewhere() {
    let env = Env::new();
    env.write(
        "repos.yaml",
        "\
oca/web: &oca
  remotes: {o: https://github.com/OCA/web.git}
  merges: &merges [o $ODOO_VERSION]
oca/dms:
  <<: *oca
  remotes: {o: https://github.com/OCA/dms.git}
oca/crm: {remotes: {o: 'https://github.com/${GROUP}/crm'}, merges: *merges}
",
    );
    env.oca(&["init", "-q", "--from", "repos.yaml"]).env("ODOO_VERSION", "16.0").success();
    env.assert_new_config(
        "odoo = \"16.0\"\n\n[profiles.standard]\nrepos = [\n  \"web\",\n  \"dms\",\n  \"crm\",\n]\n\n\
         [repos.crm]\nurl = \"https://github.com/${GROUP}/crm\"\n",
    );
}

#[test]
fn a_lock_that_is_not_the_older_one_is_refused() {
    for (text, stderr) in [
        (
            r#"{"version": 1, "repos": [], "profiles": {}}"#,
            "at `version`: this is a lock that oca wrote\n\
             hint: put the `repos.toml` of this lock beside it, and run `oca lock`\n",
        ),
        (r#"{"version": "1.0", "repos": "web"}"#, "at `repos`: `repos` must be a list, not a string\n"),
        (
            r#"{"version": "1.0", "repos": [{"url": "x"}]}"#,
            "at `repos[0]`: an item of `repos` has no `name`\n",
        ),
        (r#"{"repositories": {"web": {"branch": "18.0"}}}"#, "at `repositories.web`: `web` has no `url`\n"),
        ("{\"repos\": [\n}", "at line 2: this is not valid JSON: expected value\n"),
    ] {
        refused("oca.lock.json", text, &format!("error: `oca.lock.json` {stderr}"));
    }
    refused(
        "oca.lock.json",
        r#"{"version": 1.0, "repos": []}"#,
        &format!("error: `oca.lock.json` declares nothing\n{NOTHING}"),
    );
}

#[test]
fn a_series_that_nothing_tells_has_to_be_named() {
    let text = "repositories:\n  oca/web: {type: git, url: https://github.com/OCA/web, version: main}\n";
    refused(
        "x.repos",
        text,
        "error: `x.repos` does not say which Odoo series it is for\nhint: add the series to the command, such as `--odoo 18.0`\n",
    );
    let env = Env::new();
    env.write("x.repos", text);
    env.oca(&["init", "-q", "--from", "x.repos", "--odoo", "18.0"]).success();
    env.assert_new_config("odoo = \"18.0\"\n\n[profiles.standard]\nrepos = [\n  \"web\",\n]\n\n[repos.web]\nbranch = \"main\"\n",
    );
}

#[test]
fn two_repositories_of_one_name_get_two() {
    let env = Env::new();
    env.write(
        "x.repos",
        "repositories:\n  oca/web: {type: git, url: https://github.com/OCA/web, version: 18.0}\n  \
         acme/Web: {type: git, url: https://github.com/acme/web, version: 18.0}\n  \
         oca/.hidden: {type: git, url: https://github.com/OCA/dms, version: 18.0}\n",
    );
    env.oca(&["init", "--from", "x.repos"])
        .stderr(
            "warning: `x.repos`: 2 repositories get a name that is not the name of their directory \
             (`acme-Web`, `dms`; `-v` shows each)\n\
             warning: `x.repos` at line 3: the checkout of `acme-Web` will be in `oca`, not in `acme`\n\
             wrote `repos.toml`, but no lock: there are no pins to take over; look at it, then run `oca sync`\n",
        )
        .success();
    assert!(env.read("repos.toml").contains("[repos.acme-Web]\nurl = \"https://github.com/acme/web\"\n"));
}

/// git would ignore all that is new there.
#[test]
fn a_directory_that_holds_other_things_does_not_become_that_of_the_checkouts() {
    let env = Env::new();
    env.write("addons/my_module/__manifest__.py", "{}");
    env.write(
        "x.repos",
        "repositories:\n  addons/web: {type: git, url: https://github.com/OCA/web, version: 18.0}\n",
    );
    env.oca(&["init", "--from", "x.repos"])
        .stderr(
            "warning: `x.repos` at line 2: the checkout of `web` will be in `oca`, not in `addons`: \
             your own modules are there\n\
             `[[local]]` has your own modules in `addons`\n\
             wrote `repos.toml`, but no lock: there are no pins to take over; look at it, then run `oca sync`\n",
        )
        .success();
}

#[test]
fn what_is_there_stays_whatever_is_imported() {
    let env = Env::new();
    env.write(
        "x.repos",
        "repositories:\n  oca/web: {type: git, url: https://github.com/OCA/web, version: 18.0}\n",
    );
    env.write("oca.lock.json", "mine");
    env.oca(&["init", "--from", "x.repos"])
        .stderr("error: `oca.lock.json` already exists\nhint: edit it, or move it away first\n")
        .status(2);
    env.write("repos.toml", "mine");
    env.oca(&["init", "--from", "x.repos"])
        .stderr("error: `repos.toml` already exists\nhint: edit it, or move it away first\n")
        .status(2);
    env.oca(&["init", "--from", "x.repos", "--preset", "parity"])
        .stderr_contains("cannot be used with")
        .status(2);
}

/// One pin is gone upstream, so there is no lock at all; the file and all pins are kept for the user.
#[test]
fn pins_that_cannot_be_locked_are_told_for_the_next_try() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_a"]).commit_of("18.0");
    repository(&env, "dms", &["dms"]);
    let gone = "1234567890123456789012345678901234567890";
    let repo = |name: &str, commit: &str| {
        format!(
            r#"{{"name": "{name}", "url": "../remotes/{name}.git", "ref": "18.0", "commit": "{commit}"}}"#
        )
    };
    let old = format!(r#"{{"version": "1.0", "repos": [{}, {}]}}"#, repo("web", &web), repo("dms", gone));
    env.write("oca.lock.json", &old);
    env.oca(&["init", "--from", "oca.lock.json"])
        .stderr(&format!(
            "error: cannot fetch `dms` from `../remotes/dms.git`\n\
             caused by: commit `{gone}` does not exist on the remote\n\
             hint: move the pin with `oca lock --upgrade dms`, or pin a commit that exists with `oca lock dms@COMMIT`\n\
             error: `repos.toml` is written, but its pins could not be locked\n\
             hint: run `oca lock --upgrade dms`; all other pins stay as they are\n"
        ))
        .status(4);
    assert_eq!((env.locked_commit("web"), env.locked_commit("dms")), (web.clone(), gone.to_owned()));
    Remote::open(&env, "web").branch("18.0").module("web_new", &[]).commit();
    env.oca(&["lock", "--upgrade", "dms"])
        .stderr_contains(&format!("dms: {} -> ", &gone[..10]))
        .stderr_contains(&format!("web: locked at {}\n", &web[..10]))
        .success();
    assert_eq!(env.locked_commit("web"), web);
}

/// What a file of another tool cannot do: exhaust the machine, or end oca in another way than with an error.
#[test]
fn files_that_unfold_or_nest_without_end_are_refused() {
    let bomb = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(10_000));
    refused("x.yaml", bomb, "error: `x.yaml` at line 2: the aliases expand to too much data\n");
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    for (name, text) in [
        ("x.yaml", format!("a: {}\n", deep("[", "]"))),
        ("y.yaml", format!("a: {}\n", deep("{a: ", "}"))),
        ("z.yaml", "- ".repeat(100_000)),
        ("x.json", format!("{{\"repos\": {}}}", deep("[", "]"))),
        ("mrchef.toml", format!("a = {}\n", deep("[", "]"))),
        ("mrchef.toml", format!("a = {}\n", deep("{a = ", "}"))),
        ("mrchef.toml", format!("{}a = 1\n", "a.".repeat(100_000))),
    ] {
        let env = Env::new();
        env.write(name, text);
        env.oca(&["init", "--from", name]).stderr_contains("error: ").status(2);
        assert!(!env.exists("repos.toml"), "{name}");
    }
    let env = Env::new();
    env.write("repos.yaml", " ".repeat(5 << 20));
    env.oca(&["init", "--from", "repos.yaml"])
        .stderr(&format!(
            "error: `repos.yaml` is larger than 4 MiB, which is too large for a list of repositories\n{HINT}"
        ))
        .status(2);
}

#[test]
fn what_repos_toml_cannot_hold_is_refused_in_its_place() {
    let body = "  src: https://h/a/web 18.0\n";
    refused(
        "spec.yaml",
        format!("web:\n{body}  modules: [../x]\n"),
        "error: `spec.yaml` at line 1: `external-src/web` cannot be imported: `../x` does not start with the name of a module\n",
    );
    let env = Env::new();
    env.write("spec.yaml", format!("\"a\\nb/web\":\n{body}\"c,d/dms\":\n{body}"));
    env.oca(&["init", "--from", "spec.yaml"]).stderr_contains("will be in `oca`").success();
    env.oca(&["list"]).stderr_contains("error: there is no `oca.lock.json`").status(1);
}

#[test]
fn brackets_without_end_in_repos_toml_are_an_error() {
    for name in ["repos.toml", "repos.local.toml"] {
        for text in [format!("a = {}", "[".repeat(100_000)), "a = \"x\0\"\n".to_owned(), "a.".repeat(100_000)]
        {
            let env = Env::new();
            env.write("repos.toml", "odoo = \"18.0\"\n[profiles.s]\nrepos = []\n");
            env.write(name, text);
            env.oca(&["list"]).stderr_contains(&format!("`{name}` is not valid TOML at line 1")).status(2);
        }
    }
}
