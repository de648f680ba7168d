//! Trees that no honest repository has, and those that only old ones have.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use git2::Oid;

use crate::env::Env;
use crate::remote::Remote;

/// A tree that is a module.
fn module(web: &Remote) -> Oid {
    web.raw_tree(&[("100644", b"__init__.py", web.blob("")), ("100644", b"__manifest__.py", web.blob("{}"))])
}

fn declare(env: &Env) {
    env.declare("[profiles.standard]\nrepos = [\"web\"]\n[repos.web]\nurl = \"../remotes/web.git\"\n");
}

#[test]
fn a_name_that_leaves_its_directory_is_no_module() {
    for name in [
        "good/../../../escaped",
        "..",
        ".git",
        ".GIT",
        ".git ",
        ".git::$INDEX_ALLOCATION",
        ".g\u{200c}it",
        "git~1",
        "a\\.git",
        "/etc",
    ] {
        let env = Env::new();
        let web = Remote::new(&env, "web");
        let module = module(&web);
        web.commit_raw(web.raw_tree(&[("40000", name.as_bytes(), module)]));
        declare(&env);
        env.oca(&["lock"])
            .stderr_contains("neither `oca sync` nor `oca export` can use this commit: ")
            .success();
        env.oca(&["sync"]).stderr_contains("` cannot be checked out: ").status(3);
        env.oca(&["export", "-q", "../out/a/b"]).output();
        assert!(!env.exists("oca/web") && !env.root().join("escaped").exists(), "{name}");
    }
}

#[test]
fn an_invalid_name_is_refused_at_every_depth() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    let file = web.blob("x");
    let inner = web.raw_tree(&[("100644", b"../../x", file)]);
    let static_ = web.raw_tree(&[("40000", b"src", inner)]);
    let module = web.raw_tree(&[
        ("100644", b"__init__.py", file),
        ("100644", b"__manifest__.py", web.blob("{}")),
        ("40000", b"static", static_),
    ]);
    web.commit_raw(web.raw_tree(&[("40000", b"web_x", module)]));
    declare(&env);
    env.oca(&["lock"])
        .stderr_contains("warning: `web/web_x/static/src/../../x`: neither `oca sync` nor ")
        .success();
    for command in [&["sync"][..], &["export", "../out"]] {
        env.oca(command)
            .stderr_contains("`web_x/static/src/../../x` cannot be checked out: the name contains a `/`\n")
            .status(3);
    }
    env.oca(&["check"])
        .stdout_contains("web_x/static/src/../../x")
        .stderr("1 module, 1 error, 1 warning\n")
        .status(1);
}

#[test]
fn entries_that_replace_each_other_are_refused() {
    for (one, other, why) in [
        (("120000", "a"), ("40000", "a"), "two entries have this name"),
        (("100644", "a"), ("40000", "a"), "two entries have this name"),
        (("40000", "A"), ("120000", "a"), "a symlink and another entry differ only in case"),
        (("40000", "b"), ("100644", "a"), "it is not in git's sort order"),
        (("120000", ".gitmodules"), ("40000", "a"), "git refuses a symlink with this name"),
    ] {
        let env = Env::new();
        let web = Remote::new(&env, "web");
        let (file, module) = (web.blob("../../../elsewhere"), module(&web));
        let entry = |(mode, name): (&'static str, &'static str)| {
            (mode, name.as_bytes(), if mode == "40000" { module } else { file })
        };
        web.commit_raw(web.raw_tree(&[entry(one), entry(other)]));
        declare(&env);
        env.oca(&["lock"]).stderr_contains(why).success();
        env.oca(&["sync"]).stderr_contains(why).status(3);
    }
}

#[test]
fn modes_of_old_commits_are_no_change() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    let (file, manifest) = (web.blob(""), web.blob("{}"));
    let with = |more: &[(&str, &[u8], Oid)]| {
        let files: [(&str, &[u8], Oid); 2] =
            [("100664", b"__init__.py", file), ("100600", b"__manifest__.py", manifest)];
        let module = web.raw_tree(&[&files[..], more].concat());
        web.commit_raw(web.raw_tree(&[("040000", b"web_x", module)]))
    };
    with(&[]);
    declare(&env);
    let all_is_well = || {
        env.oca(&["sync", "-q"]).success();
        env.oca(&["status", "-q"]).stdout_contains("clean").success();
        env.oca(&["verify", "-q"]).success();
        env.oca(&["export", "-q", "../out"]).success();
        env.oca(&["verify", "-q", "../out"]).success();
    };
    all_is_well();
    with(&[("100664", b"x.py", file), ("0100755", b"y.py", file)]);
    env.oca(&["lock", "-q", "--upgrade"]).success();
    all_is_well();
    // What is staged is a change all the same.
    env.git("oca/web", &["update-index", "--chmod=+x", "web_x/__init__.py"]);
    env.oca(&["status"]).stdout_contains("dirty").status(1);
}

#[test]
fn names_that_are_no_text_are_kept_byte_by_byte() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    let file = web.blob("x\n");
    let module = web.raw_tree(&[
        ("100644", b"__init__.py", file),
        ("100644", b"__manifest__.py", web.blob("{}")),
        ("100644", b"caf\xe9.txt", file),
        ("100644", b"line\nbreak", file),
    ]);
    web.commit_raw(web.raw_tree(&[("40000", b"web_x", module)]));
    declare(&env);
    env.oca(&["sync", "-q"]).success();
    env.oca(&["status"]).stdout_contains("clean").success();
    env.oca(&["export", "-q", "../out"]).success();
    let path = |name: &[u8]| env.root().join("out/web/web_x").join(std::ffi::OsStr::from_bytes(name));
    assert!(path(b"caf\xe9.txt").is_file() && path(b"line\nbreak").is_file());
    env.oca(&["verify", "-q", "../out"]).success();
    env.oca(&["verify", "-q"]).success();
    fs::rename(path(b"caf\xe9.txt"), path(b"CAF\xe9.txt")).expect("another name");
    env.oca(&["verify", "../out"])
        .stdout("web: extra: web/web_x/CAF\\xe9.txt\nweb: missing: web/web_x/caf\\xe9.txt\n")
        .status(1);
}

#[test]
fn directories_lie_in_each_other_as_deep_as_libgit2_reads_and_no_deeper() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    let deep = |levels: usize| {
        let mut tree = web.raw_tree(&[("100644", b"x", web.blob("x"))]);
        for _ in 0..levels - 2 {
            tree = web.raw_tree(&[("40000", b"d", tree)]);
        }
        let module = web.raw_tree(&[
            ("100644", b"__init__.py", web.blob("")),
            ("100644", b"__manifest__.py", web.blob("{}")),
            ("40000", b"d", tree),
        ]);
        web.commit_raw(web.raw_tree(&[("40000", b"web_x", module)]));
    };
    deep(98);
    declare(&env);
    env.oca(&["sync", "-q"]).success();
    env.oca(&["status"]).stdout_contains("clean").success();
    env.oca(&["verify", "-q"]).success();
    env.oca(&["export", "-q", "../out"]).success();
    env.oca(&["verify", "-q", "../out"]).success();
    for levels in [99, 300, 3000] {
        deep(levels);
        let why = "its directories are nested too deeply";
        env.oca(&["lock", "--upgrade"]).stderr_contains(why).success();
        env.oca(&["sync"]).stderr_contains(why).status(3);
        env.oca(&["export", "-q", "../out"]).stderr_contains(why).status(3);
    }
}

#[test]
fn trees_that_promise_entries_without_end_are_refused() {
    let why = "it has more than a million files and directories";
    for files in [true, false] {
        let env = Env::new();
        let web = Remote::new(&env, "web");
        let leaf = [("100644", &b"x"[..], web.blob("x"))];
        let mut tree = web.raw_tree(if files { &leaf } else { &[] });
        for _ in 0..45 {
            tree = web.raw_tree(&[("40000", b"a", tree), ("40000", b"b", tree)]);
        }
        let module = [
            ("100644", &b"__init__.py"[..], web.blob("")),
            ("100644", b"__manifest__.py", web.blob("{}")),
            ("40000", b"d", tree),
        ];
        web.commit_raw(web.raw_tree(&[("40000", b"web_x", web.raw_tree(&module))]));
        declare(&env);
        env.oca(&["lock"]).stderr_contains(why).success();
        env.oca(&["sync"]).stderr_contains(why).status(3);
        env.oca(&["export", "../out"]).stderr_contains(why).status(3);
    }
}

#[test]
fn many_symlinks_in_a_directory_take_no_longer_each_than_few() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    let target = web.blob("x");
    let names: Vec<String> = (0..20_000).map(|number| format!("l{number:05}")).collect();
    let links: Vec<_> = names.iter().map(|name| ("120000", name.as_bytes(), target)).collect();
    web.commit_raw(web.raw_tree(&links));
    declare(&env);
    env.oca(&["lock"]).stderr_contains("1 repository with 0 modules").success();
}

#[test]
fn a_module_with_an_impossible_name_is_named_and_left_out() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    let module = module(&web);
    web.commit_raw(web.raw_tree(&[
        ("40000", b"-x", module),
        ("40000", b"a,b", module),
        ("40000", b"esc\x1b[31m", module),
        ("40000", b"web_x", module),
    ]));
    declare(&env);
    env.oca(&["lock"])
        .stderr_contains(
            "warning: `web/-x/__manifest__.py` at line 1: no module can be installed from there: ",
        )
        .stderr_contains("`web/a,b/__manifest__.py` at line 1: ")
        .stderr_contains("`web/esc\\u{1b}[31m/__manifest__.py` at line 1: ")
        .success();
    env.oca(&["list"]).stdout_contains("web_x").success();
    env.oca(&["export", "-q", "../out"]).success();
    assert!(!env.root().join("out/web/-x").exists() && env.root().join("out/web/web_x").exists());
}

#[test]
fn a_lock_that_names_what_is_no_directory_is_refused() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    web.branch("18.0").module("web_x", &[]).commit();
    declare(&env);
    env.oca(&["lock", "-q"]).success();
    let lock = fs::read_to_string(env.project().join("oca.lock.json")).expect("the lock");
    for (from, to) in [
        ("{\"name\": \"web_x\"", "{\"name\": \"../../evil\""),
        ("{\"name\": \"web_x\"", "{\"name\": \"web_x\", \"directory\": \"../..\""),
        ("{\"name\": \"web_x\"", "{\"name\": \"web_x\", \"directory\": \"/etc\""),
        ("{\"name\": \"web_x\"", "{\"name\": \".git\""),
        ("\"addons\": [\".\"]", "\"addons\": [\"a/../..\"]"),
    ] {
        let edited = lock.replace(from, to);
        assert_ne!(edited, lock);
        env.write("oca.lock.json", edited);
        env.oca(&["export", "../out"]).stderr_contains("is not a valid ").status(1);
        assert!(!Path::new(&env.root().join("out")).exists());
    }
}

#[test]
fn two_directories_of_one_name_are_skipped_and_the_rest_is_locked() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    let (one, file) = (module(&web), web.blob("x"));
    let other = web.raw_tree(&[
        ("100644", b"__init__.py", web.blob("")),
        ("100644", b"__manifest__.py", web.blob("{}")),
        ("100644", b"x", file),
    ]);
    let second = Remote::new(&env, "fine");
    second.branch("18.0").module("fine_x", &[]).commit();
    let ignored = "`web/good/__manifest__.py` at line 1: another entry of its directory has the same name; the module is ignored";
    let impossible =
        "`web/good`: neither `oca sync` nor `oca export` can use this commit: two entries have this name";
    for (entries, warning) in [
        ([("40000", one), ("40000", other)], ignored),
        ([("40000", one), ("100644", file)], ignored),
        // A file of the same name comes first.
        ([("100644", file), ("40000", one)], impossible),
    ] {
        let entries = entries.map(|(mode, id)| (mode, &b"good"[..], id));
        let more = [("40000", &b"other"[..], one)];
        web.commit_raw(web.raw_tree(&[&entries[..], &more].concat()));
        env.declare("[profiles.standard]\nrepos = [\"web\", \"fine\"]\n");
        env.oca(&["lock", "--upgrade"])
            .stderr_contains(&format!("warning: {warning}\n"))
            .stderr_contains("2 repositories with 2 modules")
            .success();
        env.oca(&["list"]).stdout_contains("fine_x").success();
        env.oca(&["sync"])
            .stderr_contains("`good` cannot be checked out: two entries have this name")
            .status(3);
    }
}

#[test]
fn a_symlink_that_no_file_system_can_hold_is_refused_alike() {
    for (target, why) in [
        ("__init__.py\0/../../etc", "it is a symlink whose target contains a NUL character"),
        ("", "it is a symlink without a target"),
    ] {
        let env = Env::new();
        let web = Remote::new(&env, "web");
        let entries = |link: &str| {
            let id = web.blob(link);
            web.raw_tree(&[
                ("100644", b"__init__.py", web.blob("")),
                ("100644", b"__manifest__.py", web.blob("{}")),
                ("120000", b"link", id),
            ])
        };
        web.commit_raw(web.raw_tree(&[("40000", b"web_x", entries("__init__.py"))]));
        declare(&env);
        env.oca(&["sync", "-q"]).success();
        web.commit_raw(web.raw_tree(&[("40000", b"web_x", entries(target))]));
        env.oca(&["lock", "-q", "--upgrade"]).success();
        let told = format!("`web_x/link` cannot be checked out: {why}");
        env.oca(&["sync"]).stderr_contains(&told).status(3);
        assert!(!env.exists("oca/web/.git/oca-move"), "nothing was moved");
        env.oca(&["export", "../out"]).stderr_contains(&told).status(3);
        // What another git checked out.
        env.git("oca/web", &["fetch", "-q", "../../../remotes/web.git", "18.0"]);
        env.git("oca/web", &["update-ref", "--no-deref", "HEAD", "FETCH_HEAD"]);
        env.oca(&["verify"]).stdout_contains(&told).status(1);
        std::fs::remove_dir_all(env.project().join("oca")).expect("the checkouts");
        env.oca(&["sync"]).stderr_contains(&told).status(3);
        assert!(!env.exists("oca/web"));
    }
}
