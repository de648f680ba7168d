//! Files and paths as other tools leave them: pointers of Git LFS, line ends, symlinks to modules, odd paths.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::env::Env;
use crate::project::{WEB, repository};
use crate::remote::Remote;
use crate::server::Server;

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\nsize 5\n";

#[test]
fn pointers_of_git_lfs_are_named_in_checkouts_and_exports() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x", "web_y"]);
    web.branch("18.0")
        .file("web_x/.gitattributes", "*.png filter=lfs diff=lfs merge=lfs -text\n")
        .file("web_x/static/a.png", POINTER)
        .file("web_x/static/b.png", POINTER)
        .file("web_x/static/c.png", "a picture")
        .commit();
    env.declare(WEB);
    let warning = "warning: `web`: 2 files are kept in Git LFS, which oca does not fetch; only pointers are written: \
                   `web_x/static/a.png`, `web_x/static/b.png`\n";
    env.oca(&["sync"]).stderr_contains(warning).success();
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    env.oca(&["export", "../out"]).stderr_contains(warning).success();
    // As `git lfs pull` does.
    fs::write(env.project().join("oca/web/web_x/static/a.png"), "hello").expect("a file");
    env.oca(&["verify"]).stderr_contains("files as locked").success();
    fs::write(env.project().join("oca/web/web_x/static/a.png"), "hella").expect("a file");
    env.oca(&["verify"]).stdout("web: altered: web_x/static/a.png\n").status(1);
    env.oca(&["verify", "../out"]).stderr_contains("files as locked").success();
    env.write("repos.toml", env.read("repos.toml").replace("[\"web\"]", "[\"web\"]\nmodules = [\"web_y\"]"));
    env.lock();
    env.oca(&["export", "../out"])
        .stderr("web: 1 module, 2 files\n1 module, 2 files in `[TEMP]/out`\n")
        .success();
}

#[test]
fn line_ends_that_git_wrote_are_not_an_alteration() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    web.branch("18.0")
        .file(".gitattributes", "*.bat text eol=crlf\n*.bin -text\nident.txt ident\n")
        .file("web_x/ident.txt", "$Id$\n")
        .file("web_x/run.bat", "a\nb\n")
        .file("web_x/raw.bin", "a\nb\n")
        .file("web_x/plain.txt", "a\nb\n")
        .commit();
    env.declare(WEB);
    env.oca(&["sync", "-q"]).success();
    let file = |name: &str| env.project().join("oca/web/web_x").join(name);
    fs::remove_file(file("run.bat")).expect("a file");
    fs::remove_file(file("ident.txt")).expect("a file");
    env.git("oca/web", &["checkout", "-q", "--", "."]);
    assert_eq!(fs::read(file("run.bat")).expect("a file"), b"a\r\nb\r\n");
    env.oca(&["verify"]).stderr_contains("8 files as locked\n").success();
    env.oca(&["status"]).stdout_contains("clean").success();
    let id = env.git("oca/web", &["rev-parse", "HEAD:web_x/ident.txt"]);
    assert_eq!(fs::read_to_string(file("ident.txt")).expect("a file"), format!("$Id: {} $\n", id.trim()));
    fs::write(file("run.bat"), "a\r\nc\r\n").expect("a change");
    fs::write(file("raw.bin"), "a\r\nb\r\n").expect("a change");
    fs::write(file("plain.txt"), "a\r\nb\r\n").expect("a change");
    env.oca(&["verify"])
        .stdout("web: altered: web_x/plain.txt\nweb: altered: web_x/raw.bin\nweb: altered: web_x/run.bat\n")
        .status(1);
}

/// `web` with modules behind symlinks: at the top, through another link, and with linked files.
fn linked(env: &Env) -> Remote {
    let web = Remote::new(env, "web");
    web.branch("18.0")
        .module("src/web_x", &[("depends", "[\"web_y\"]")])
        .file("src/web_x/data.txt", "data\n")
        .file("common.py", "")
        .symlink("web_x", "src/web_x")
        .symlink("again", "./src/../again2")
        .symlink("again2", "src/web_x")
        .module("web_y", &[])
        .file("web_z/manifest.py", "{'name': 'Z', 'version': '18.0.1.0.0', 'license': 'LGPL-3'}\n")
        .file("web_z/init.py", "")
        .symlink("web_z/__manifest__.py", "manifest.py")
        .symlink("web_z/__init__.py", "init.py")
        .symlink("loop", "loop")
        .symlink("nowhere", "src/gone")
        .symlink("notes", "common.py")
        .commit();
    web
}

#[test]
fn modules_behind_symlinks_are_those_that_odoo_sees_in_the_checkout() {
    let env = Env::new();
    linked(&env);
    let server = Server::start(&env);
    for base in ["../remotes".to_owned(), server.base()] {
        env.write("repos.toml", format!("odoo = \"18.0\"\nbase-url = \"{base}\"\n{WEB}"));
        env.oca(&["cache", "clean"]).output();
        drop(fs::remove_file(env.project().join("oca.lock.json")));
        env.oca(&["lock", "-q"]).success();
        env.oca(&["list"])
            .stdout(
                "again   18.0.1.0.0  web\nagain2  18.0.1.0.0  web\nweb_x   18.0.1.0.0  web\n\
                 web_y   18.0.1.0.0  web\nweb_z   18.0.1.0.0  web\n",
            )
            .success();
        env.oca(&["lock", "--check", "--upstream"]).success();
    }
    env.oca(&["sync", "-q"]).success();
    env.oca(&["check"]).output();
    assert!(env.project().join("oca/web/web_x/__manifest__.py").is_file());
    env.oca(&["find", "web_x", "--odoo", "18.0"])
        .stdout("web  web_x\n")
        .stderr("the profile has `web` already\n")
        .success();
    for layout in ["repos", "flat"] {
        env.write("repos.toml", format!("odoo = \"18.0\"\nbase-url = \"../remotes\"\nimage.layout = \"{layout}\"\n[profiles.standard]\nrepos = [\"web\"]\nmodules = [\"web_x\"]\n"));
        env.oca(&["lock", "-q"]).success();
        env.oca(&["export", "-q", "../out"]).success();
        let top = if layout == "flat" { "out" } else { "out/web" };
        let out = env.root().join(top);
        assert!(!out.join("web_x").is_symlink() && out.join("web_x").is_dir());
        assert_eq!(fs::read_to_string(out.join("web_x/data.txt")).expect("a file"), "data\n");
        assert!(!out.join("src").exists());
        env.oca(&["verify", "../out"]).stderr_contains("files as locked").success();
        fs::write(out.join("web_x/data.txt"), "other\n").expect("a change");
        env.oca(&["verify", "../out"]).stdout_contains("altered: ").status(1);
    }
}

#[test]
fn a_symlink_out_of_the_repository_is_named() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    web.branch("18.0")
        .symlink("away", "../other/away")
        .symlink("root", "/srv/root")
        .symlink("README", "/x")
        .commit();
    env.declare(WEB);
    env.oca(&["lock"])
        .stderr_contains("warning: `web/away/__manifest__.py` at line 1: `away` is a symlink that leads out of the repository; the module is ignored\n")
        .stderr_contains("`root` is a symlink that leads out of the repository; the module is ignored\n")
        .success();
    env.oca(&["list"]).stdout("web_x  18.0.1.0.0  web\n").success();
}

#[test]
fn an_addons_directory_may_be_a_symlink() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    web.branch("18.0").module("src/web_x", &[]).symlink("addons", "src").commit();
    env.locked(&format!("{WEB}[repos.web]\naddons = [\"addons\"]\n"));
    env.oca(&["list"]).stdout("web_x  18.0.1.0.0  web\n").success();
    env.oca(&["addons-path"]).stdout("[TEMP]/project/oca/web/addons\n").success();
    env.oca(&["export", "-q", "../out"]).success();
    assert!(env.root().join("out/web/addons/web_x/__manifest__.py").is_file());
    env.oca(&["verify", "../out"]).stderr_contains("files as locked").success();
}

#[test]
fn a_path_with_blanks_is_a_remote() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    let spaced = env.root().join("my own repos");
    fs::create_dir(&spaced).expect("a directory");
    fs::rename(web.path(), spaced.join("web.git")).expect("another place");
    for url in [format!("{}/web.git", spaced.display()), "../my own repos/web".to_owned() + ".git"] {
        env.locked(&format!("{WEB}[repos.web]\nurl = \"{url}\"\n"));
        env.oca(&["sync", "-q"]).success();
        env.oca(&["lock", "--check"]).success();
        assert!(env.exists("oca/web/web_x"));
    }
    env.declare(&format!("{WEB}[repos.web]\nurl = \"https://example.com/my repos/web\"\n"));
    env.oca(&["lock"]).stderr_contains("it must not contain blanks or invisible characters\n").status(2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_not_utf_8_is_refused_where_odoo_would_read_it() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    let project = env.root().join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir(&project).expect("a directory");
    let text = format!("odoo = \"18.0\"\n{WEB}[repos.web]\nurl = \"{}\"\n", web.path().display());
    fs::write(project.join("repos.toml"), &text).expect("a file");
    fs::write(project.join("odoo.conf"), "[options]\n").expect("a file");
    env.oca(&["sync", "-q"]).current_dir(&project).success();
    assert!(project.join("oca/web/web_x").is_dir());
    let refused = "error: `[TEMP]/caf\u{fffd}/oca/web` is a path that is not UTF-8\n\
                   hint: rename the directory, or move the project\n";
    for args in [&["addons-path"][..], &["addons-path", "--write-conf", "odoo.conf"]] {
        env.oca(args).current_dir(&project).stderr(refused).status(2);
    }
    let json = env.oca(&["addons-path", "--format", "json"]).current_dir(&project).output();
    assert_eq!((json.code, &*json.stderr), (Some(2), refused), "{json}");
    assert!(json.stdout.contains("caf\u{fffd}/oca/web` is a path that is not UTF-8\""), "{json}");
    assert_eq!(fs::read_to_string(project.join("odoo.conf")).expect("a file"), "[options]\n");
    env.oca(&["addons-path", "--image"]).current_dir(&project).stdout("/mnt/oca-addons/web\n").success();
    fs::write(project.join("repos.toml"), text.replace(&*web.path().to_string_lossy(), "web.git"))
        .expect("a file");
    env.oca(&["lock", "-q"]).current_dir(&project).stderr_contains("is a path that is not UTF-8\n").status(2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_system_without_locks_is_used_without_them() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    env.declare(WEB);
    let source = "#include <errno.h>\nint flock(int file, int how) { errno = EOPNOTSUPP; return -1; }\n";
    fs::write(env.root().join("flock.c"), source).expect("a file");
    let library = env.root().join("flock.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, Path::new("flock.c")])
        .current_dir(env.root())
        .status();
    assert!(built.is_ok_and(|status| status.success()), "building libgit2 needs a C compiler too");
    for args in [
        &["sync", "-q"][..],
        &["lock", "--upgrade", "-q"],
        &["cache", "prune", "-q"],
        &["export", "-q", "../out"],
        &["export", "-q", "../out"],
    ] {
        env.oca(args).env("LD_PRELOAD", &library).success();
    }
    assert!(env.exists("oca/web/web_x"));
}

#[test]
fn an_annotated_tag_is_peeled_to_its_commit() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    let commit = web.commit_of("18.0");
    let tag = web.annotated_tag("v1", &commit);
    web.branch("18.0").module("web_new", &[]).commit();
    let server = Server::start(&env);
    for base in ["../remotes".to_owned(), server.base()] {
        let declare = |more: &str| {
            env.write("repos.toml", format!("odoo = \"18.0\"\nbase-url = \"{base}\"\n{WEB}{more}"));
        };
        drop(fs::remove_file(env.project().join("oca.lock.json")));
        env.oca(&["cache", "clean"]).output();
        declare("");
        env.oca(&["lock", "-q"]).success();
        env.oca(&["lock", "-q"]).arg(format!("web@{tag}")).success();
        assert_eq!(env.locked_commit("web"), commit);
        env.oca(&["sync", "-q"]).success();
        declare(&format!("[repos.web]\nrev = \"{tag}\"\n"));
        for command in ["lock", "sync"] {
            env.oca(&[command])
                .stderr_contains(&format!(
                    "`{tag}` is an annotated tag, not a commit; it names commit `{commit}`\n"
                ))
                .stderr_contains(&format!("hint: write `rev = \"{commit}\"`, or name the tag with `tag`\n"))
                .status(2);
        }
    }
}

#[test]
fn requirements_in_utf_16_are_read() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    let utf_16: Vec<u8> = "\u{feff}lxml>=5\r\nxlrd\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    web.branch("18.0").file("requirements.txt", &utf_16).commit();
    env.locked(WEB);
    env.oca(&["requirements", "--no-annotate"])
        .stdout("# Written by `oca requirements`; do not edit.\nlxml>=5\nxlrd\n")
        .success();
    web.branch("18.0").file("requirements.txt", &utf_16[..5]).commit();
    env.oca(&["lock", "--upgrade"])
        .stderr_contains(
            "warning: `web/requirements.txt`: the file is not valid UTF-16; the file is ignored\n",
        )
        .success();
}

#[test]
fn a_module_with_a_hyphen_can_be_chosen() {
    let env = Env::new();
    repository(&env, "web", &["web-x", "web_y"]);
    env.locked("[profiles.standard]\nrepos = [\"web\"]\nmodules = [\"web-x >=1.0\"]\n");
    env.oca(&["list"]).stdout("web-x  18.0.1.0.0  web\n").success();
    env.declare("[profiles.standard]\nrepos = [\"web\"]\nmodules = [\"-x\"]\n");
    env.oca(&["lock"]).stderr_contains("does not start with the name of a module\n").status(2);
}

#[test]
fn a_requirement_that_installs_a_module_is_a_finding() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_x"]);
    web.branch("18.0").file("requirements.txt", "lxml\nodoo-addon-web-x\nodoo14_addon_queue.job\n").commit();
    env.locked(WEB);
    let found = "warning[OCA015]: pip would install `odoo14-addon-queue-job`, which contains modules of Odoo \
                 (`web/requirements.txt` at line 3)\n  \
                 hint: put `odoo14-addon-queue-job` into `ignore` of `[requirements]`, and run `oca add --module queue_job`\n";
    let second = "warning[OCA015]: pip would install `odoo-addon-web-x`, which contains modules of Odoo \
                  (`web/requirements.txt` at line 2)\n  \
                  hint: put `odoo-addon-web-x` into `ignore` of `[requirements]`\n";
    env.oca(&["check"])
        .stdout_contains(found)
        .stdout_contains(second)
        .stderr_contains("2 warnings")
        .success();
    env.declare(&format!(
        "[requirements]\nignore = [\"odoo-addon-web-x\", \"odoo14-addon-queue-job\"]\n{WEB}"
    ));
    env.oca(&["check"]).stderr_contains("0 warnings").success();
}
