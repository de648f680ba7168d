//! Attributes by which git writes other content into a work tree than the blobs have.

use std::fs;
use std::path::Path;

use crate::env::Env;
use crate::project::{WEB, repository};

#[test]
fn filters_and_encodings_that_oca_does_not_follow_are_named() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    web.branch("18.0")
        .file(".gitattributes", "*.key filter=git-crypt diff=git-crypt\n")
        .file("web_x/static/deep/.gitattributes", "*.txt text working-tree-encoding=UTF-16LE-BOM\n")
        .file("web_x/static/deep/a.txt", "a\n")
        .commit();
    env.declare(WEB);
    env.oca(&["sync"])
        .stderr_contains(
            "warning: `web`: oca does not follow `filter=git-crypt`, `working-tree-encoding=UTF-16LE-BOM` in \
             `.gitattributes`, `web_x/static/deep/.gitattributes`: git may write other content into such files\n",
        )
        .success();
    env.oca(&["verify"]).stderr_contains("files as locked").success();
    // What git itself writes is no alteration.
    let file = env.project().join("oca/web/web_x/static/deep/a.txt");
    fs::remove_file(&file).expect("a file");
    env.git("oca/web", &["checkout", "-q", "--", "."]);
    assert_eq!(fs::read(&file).expect("a file"), b"\xff\xfea\0\n\0");
    env.oca(&["verify"]).stderr_contains("files as locked").success();
    fs::write(&file, b"\xff\xfeb\0\n\0").expect("a file");
    env.oca(&["verify"]).stdout("web: altered: web_x/static/deep/a.txt\n").status(1);
}

#[test]
fn many_long_attributes_are_one_short_warning() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    let lines: String = (100..200).map(|n| format!("*.{n} filter=f{n}{}\n", "x".repeat(1000))).collect();
    web.branch("18.0").file(".gitattributes", lines).commit();
    env.declare(WEB);
    let output = env.oca(&["sync"]).output();
    assert_eq!(output.code, Some(0), "{output}");
    let warnings: Vec<&str> = output.stderr.lines().filter(|line| line.contains("does not follow")).collect();
    assert_eq!(warnings.len(), 1, "{output}");
    assert!(warnings[0].contains("...` and 95 others in `.gitattributes`: "), "{output}");
    assert!(warnings[0].len() < 2_000, "{output}");
}

#[test]
fn a_manifest_that_is_a_pointer_of_git_lfs_says_so() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:2cf2\nsize 5\n";
    web.branch("18.0").file("web_y/__init__.py", "").file("web_y/__manifest__.py", pointer).commit();
    env.declare(WEB);
    let why = "`web/web_y/__manifest__.py` at line 1: the file is kept in Git LFS, which oca does not fetch; this is only its pointer";
    env.oca(&["lock"]).stderr_contains(why).success();
}

#[test]
fn a_requirements_file_that_is_a_pointer_of_git_lfs_says_so_once() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:2cf2\nsize 5\n";
    web.branch("18.0").file("requirements.txt", pointer).commit();
    env.declare(WEB);
    let why = "the file is kept in Git LFS, which oca does not fetch; this is only its pointer";
    env.oca(&["lock"]).stderr_contains(why).success();
    let said = env.oca(&["requirements"]).output();
    assert_eq!((said.code, said.stderr.matches("error").count()), (Some(1), 1), "{said}");
    assert!(said.stderr.contains(&format!("web/requirements.txt is left out: {why}")), "{said}");
}

#[test]
fn a_requirements_file_without_a_byte_order_mark_is_named_as_what_it_is() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    web.branch("18.0").file("requirements.txt", b"l\0x\0m\0l\0\n\0").commit();
    env.declare(WEB);
    env.oca(&["lock"])
        .stderr_contains(
            "the file is UTF-16 without a byte order mark; pip cannot read it; the file is ignored\n",
        )
        .success();
}

#[test]
fn code_between_the_dollars_of_an_ident_is_an_alteration() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    web.branch("18.0").file(".gitattributes", "*.py ident\n").file("web_x/a.py", "X = \"$Id$\"\n").commit();
    env.declare(WEB);
    env.oca(&["sync", "-q"]).success();
    let file = env.project().join("oca/web/web_x/a.py");
    let id = env.git("oca/web", &["rev-parse", "HEAD:web_x/a.py"]);
    fs::write(&file, format!("X = \"$Id: {} $\"\n", id.trim())).expect("a file");
    env.oca(&["verify"]).stderr_contains("files as locked").success();
    for text in ["\"; import os; os.abort(); \"", &"0".repeat(40)] {
        fs::write(&file, format!("X = \"$Id: {text} $\"\n")).expect("a file");
        env.oca(&["verify"]).stdout("web: altered: web_x/a.py\n").status(1);
    }
}

const TEXT: &str = "web_x/static/a.x";

/// Two commits of a repository with this attribute and these contents of [`TEXT`]. The pin is the first one, and git has
/// written `written` into the checkout.
fn written_by_git(env: &Env, attribute: &str, blobs: [&str; 2], written: &[u8]) -> (String, String) {
    let web = repository(env, "web", &["web_x"]);
    let branch = web.branch("18.0").file(".gitattributes", format!("*.x {attribute}\n"));
    let one = branch.file("web_x/static/b.x", blobs[0]).file(TEXT, blobs[0]).commit();
    env.declare(WEB);
    env.oca(&["sync", "-q"]).success();
    for file in [TEXT, "web_x/static/b.x"] {
        fs::write(env.project().join("oca/web").join(file), written).expect("a file");
    }
    (one, web.branch("18.0").file(TEXT, blobs[1]).commit())
}

fn moves_over_it(env: &Env, two: &str, kept: &[u8]) {
    env.oca(&["status"]).stdout_contains("clean").success();
    env.oca(&["verify"]).stderr_contains("files as locked").success();
    env.oca(&["lock", "-q", &format!("web@{two}")]).success();
    env.oca(&["sync"]).stderr_contains("web: moved ").success();
    env.oca(&["status"]).stdout_contains("clean").success();
    env.oca(&["verify"]).stderr_contains("files as locked").success();
    assert_eq!(fs::read(env.project().join("oca/web/web_x/static/b.x")).expect("a file"), kept);
}

fn change(env: &Env, content: &[u8]) -> std::path::PathBuf {
    let file = env.project().join("oca/web").join(Path::new(TEXT));
    fs::write(&file, content).expect("a file");
    file
}

#[test]
fn a_file_in_the_encoding_of_its_work_tree_is_no_local_work() {
    let env = Env::new();
    let attribute = "working-tree-encoding=ISO-8859-1";
    let (one, two) = written_by_git(&env, attribute, ["h\u{e9}\n", "h\u{e8}\n"], b"h\xe9\n");
    moves_over_it(&env, &two, b"h\xe9\n");
    let file = change(&env, b"h\xea\n");
    env.oca(&["status"]).stdout_contains("dirty").status(1);
    env.oca(&["lock", "-q", &format!("web@{one}")]).success();
    env.oca(&["sync"]).stderr_contains("uncommitted changes in `web_x/static/a.x`").status(1);
    assert_eq!(fs::read(&file).expect("a file"), b"h\xea\n");
}

#[test]
fn the_content_of_git_lfs_is_no_local_work() {
    let env = Env::new();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\nsize 5\n";
    let other = pointer.replace("2cf2", "0000");
    let (one, two) = written_by_git(&env, "filter=lfs diff=lfs merge=lfs -text", [pointer, &other], b"hello");
    moves_over_it(&env, &two, b"hello");
    let file = change(&env, b"hella");
    env.oca(&["status"]).stdout_contains("dirty").status(1);
    env.oca(&["lock", "-q", &format!("web@{one}")]).success();
    env.oca(&["sync"]).stderr_contains("uncommitted changes in `web_x/static/a.x`").status(1);
    assert_eq!(fs::read(&file).expect("a file"), b"hella");
}
