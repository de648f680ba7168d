//! Attributes by which git writes other content into a work tree than the blobs have.

use std::fs;

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
