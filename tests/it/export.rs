//! `oca export`: what is in it, and that it is the same everywhere.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::env::Env;
use crate::remote::Remote;
use crate::run::Run;
use crate::server::Server;

/// `web` with everything that an export looks at, and `sale` with modules in two directories.
pub(crate) fn shop(env: &Env) -> (Remote, Remote) {
    let web = Remote::new(env, "web");
    web.branch("18.0")
        .module("web_x", &[])
        .file("LICENSE", "AGPL\n")
        .file("README.md", "# Web\n")
        .file("setup/web_x/setup.py", "import setuptools\n")
        .file("web_x/models/__init__.py", "")
        .file("web_x/run.sh", "#!/bin/sh\n")
        .executable("web_x/run.sh")
        .symlink("web_x/static/link.js", "src/a.js")
        .file("web_x/static/src/a.js", "a\n")
        .file("web_x/static/description/icon.png", "icon")
        .file("web_x/static/description/index.html", "<p>")
        .file("web_x/README.rst", "readme\n")
        .file("web_x/readme/DESCRIPTION.md", "text\n")
        .file("web_x/tests/__init__.py", "from . import test_x\n")
        .file("web_x/tests/test_x.py", "x\n")
        .file("web_x/i18n/web_x.pot", "pot\n")
        .file("web_x/i18n/fr.po", "fr\n")
        .file("web_x/i18n/fr_CA.po", "fr_CA\n")
        .file("web_x/i18n/de.po", "de\n")
        .module("web_y", &[])
        .file("web_y/__init__.py", "from . import (\n    models,\n    tests,\n)\n")
        .file("web_y/tests/__init__.py", "needed\n")
        .module("web_z", &[("demo", "[\"tests/demo.xml\"]")])
        .file("web_z/tests/demo.xml", "<odoo/>\n")
        .module("web_off", &[("installable", "False")])
        .commit();
    let sale = Remote::new(env, "sale");
    sale.branch("18.0")
        .file("COPYING", "GPL\n")
        .file("addons/sale_x/__init__.py", "")
        .file("addons/sale_x/__manifest__.py", "{'name': 'x'}\n")
        .file("extra/web_x/__init__.py", "")
        .file("extra/web_x/__manifest__.py", "{'name': 'the other'}\n")
        .commit();
    let empty = Remote::new(env, "empty");
    empty.branch("18.0").file("LICENSE", "AGPL\n").commit();
    (web, sale)
}

/// A project with the repositories of [`shop`], locked.
pub(crate) fn locked(env: &Env, more: &str) -> (Remote, Remote) {
    let remotes = shop(env);
    env.write("repos.toml", project(more));
    oca(env, &["lock", "-q"]).success();
    remotes
}

pub(crate) fn project(more: &str) -> String {
    format!(
        "odoo = \"18.0\"\nbase-url = \"${{BASE:-../remotes}}\"\n{more}\n[profiles.standard]\n\
         repos = [\"empty\", \"web\", \"sale\"]\n[repos.sale]\naddons = [\"addons\", \"extra\"]\n"
    )
}

/// A run that finds no repository without `BASE`, so it is set where a test does not.
pub(crate) fn oca(env: &Env, args: &[&str]) -> Run {
    env.oca(args).env("BASE", env.remotes())
}

/// A run that says nothing.
#[track_caller]
pub(crate) fn export(env: &Env, args: &[&str]) {
    oca(env, &[&["export", "-q"], args].concat()).success();
}

/// All paths below a folder, sorted.
pub(crate) fn paths(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    walk(folder, Path::new(""), &mut |path| found.push(path.to_string_lossy().into_owned()));
    found.sort();
    found
}

/// What a tar of the folder would hold: names, types, modes, times and content.
pub(crate) fn image(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |path: &Path| {
        let full = folder.join(path);
        let metadata = full.symlink_metadata().expect("metadata");
        let content = if metadata.is_symlink() {
            fs::read_link(&full).expect("a link").into_os_string().as_bytes().to_owned()
        } else if metadata.is_file() {
            fs::read(&full).expect("a file")
        } else {
            Vec::new()
        };
        // A link's own mode means nothing.
        let mode = if metadata.is_symlink() { 0 } else { metadata.mode() };
        let content = String::from_utf8_lossy(&content);
        let time = format!("{}.{}", metadata.mtime(), metadata.mtime_nsec());
        lines.push(format!("{} {mode:o} {time} {}", path.display(), digest(&content)));
    };
    line(Path::new(""));
    walk(folder, Path::new(""), &mut line);
    lines.sort();
    lines
}

/// Enough of a content to tell it from others, and little enough to be shown.
fn digest(content: &str) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{} bytes, {:x}", content.len(), hasher.finish())
}

fn walk(root: &Path, below: &Path, see: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(root.join(below)).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = below.join(entry.file_name());
        see(&path);
        if entry.file_type().expect("its type").is_dir() {
            walk(root, &path, see);
        }
    }
}

fn files(folder: &Path) -> Vec<String> {
    let all = paths(folder).into_iter();
    let files = all.filter(|path| !folder.join(path).symlink_metadata().expect("it is there").is_dir());
    files.filter(|path| !path.starts_with(".oca")).collect()
}

const WEB_X: [&str; 16] = [
    "web/web_x/README.rst",
    "web/web_x/__init__.py",
    "web/web_x/__manifest__.py",
    "web/web_x/i18n/de.po",
    "web/web_x/i18n/fr.po",
    "web/web_x/i18n/fr_CA.po",
    "web/web_x/i18n/web_x.pot",
    "web/web_x/models/__init__.py",
    "web/web_x/readme/DESCRIPTION.md",
    "web/web_x/run.sh",
    "web/web_x/static/description/icon.png",
    "web/web_x/static/description/index.html",
    "web/web_x/static/link.js",
    "web/web_x/static/src/a.js",
    "web/web_x/tests/__init__.py",
    "web/web_x/tests/test_x.py",
];

fn without(prefix: &str, more: &[&str], left_out: &[&str]) -> Vec<String> {
    let all = WEB_X.iter().map(|path| format!("{prefix}{}", &path[4..]));
    let kept = all.filter(|path| !left_out.iter().any(|part| path.contains(part)));
    let mut kept: Vec<String> = kept.chain(more.iter().map(|path| (*path).to_owned())).collect();
    kept.sort();
    kept
}

#[test]
fn an_export_holds_the_modules_and_licences_and_nothing_else() {
    let env = Env::new();
    locked(&env, "");
    oca(&env, &["export", "../out"])
        .stderr("web: 3 modules, 23 files\nsale: 2 modules, 5 files\n5 modules, 28 files in `[TEMP]/out`\n")
        .success();
    let out = env.root().join("out");
    let expected = without(
        "web/",
        &[
            "web/LICENSE",
            "web/web_y/__init__.py",
            "web/web_y/__manifest__.py",
            "web/web_y/tests/__init__.py",
            "web/web_z/__init__.py",
            "web/web_z/__manifest__.py",
            "web/web_z/tests/demo.xml",
            "sale/COPYING",
            "sale/addons/sale_x/__init__.py",
            "sale/addons/sale_x/__manifest__.py",
            "sale/extra/web_x/__init__.py",
            "sale/extra/web_x/__manifest__.py",
        ],
        &[],
    );
    assert_eq!(files(&out), expected);
    let mode =
        |path: &str| out.join(path).symlink_metadata().expect("it is there").permissions().mode() & 0o7777;
    assert_eq!(mode("web/web_x/run.sh"), 0o755);
    assert_eq!(mode("web/web_x/models"), 0o755);
    assert_eq!(mode("web/web_x/__init__.py"), 0o644);
    assert_eq!(mode(""), 0o755);
    assert_eq!(fs::read_link(out.join("web/web_x/static/link.js")).expect("a link"), Path::new("src/a.js"));
    assert!(!out.join("empty").exists());
}

#[test]
fn the_path_in_the_image_is_what_was_exported() {
    let env = Env::new();
    locked(&env, "[image]\nroot = \"/mnt/oca\"\n");
    oca(&env, &["addons-path", "--image"])
        .stdout("/mnt/oca/web,/mnt/oca/sale/addons,/mnt/oca/sale/extra\n")
        .success();
    env.write("repos.toml", project("image = { root = \"/mnt/oca\", layout = \"flat\" }\n"));
    oca(&env, &["addons-path", "--image"]).stderr_contains("is out of date").status(1);
    oca(&env, &["lock", "-q"]).success();
    oca(&env, &["addons-path", "--image"]).stdout("/mnt/oca\n").success();
    env.write("repos.toml", "odoo = \"18.0\"\nbase-url = \"../remotes\"\nimage.layout = \"flat\"\n[profiles.p]\nrepos = [\"empty\"]\n");
    oca(&env, &["lock", "-q"]).success();
    oca(&env, &["addons-path", "--image"]).stdout("\n").success();
    oca(&env, &["export", "../out"]).stderr("0 modules, 0 files in `[TEMP]/out`\n").success();
    oca(&env, &["verify", "../out"]).stderr_contains("0 files as locked").success();
}

#[test]
fn languages_and_parts_are_left_out() {
    let env = Env::new();
    locked(&env, "[export]\nlanguages = [\"fr\", \"es\"]\ndrop = [\"tests\", \"readme\", \"description\"]\n");
    export(&env, &["../out"]);
    let expected = without(
        "web/",
        &[
            // The tests of web_y are imported, those of web_z hold what the manifest loads.
            "web/LICENSE",
            "web/web_y/__init__.py",
            "web/web_y/__manifest__.py",
            "web/web_y/tests/__init__.py",
            "web/web_z/__init__.py",
            "web/web_z/__manifest__.py",
            "web/web_z/tests/demo.xml",
            "sale/COPYING",
            "sale/addons/sale_x/__init__.py",
            "sale/addons/sale_x/__manifest__.py",
            "sale/extra/web_x/__init__.py",
            "sale/extra/web_x/__manifest__.py",
        ],
        &["de.po", ".pot", "tests/", "README", "readme/", "index.html"],
    );
    assert_eq!(files(&env.root().join("out")), expected);
    oca(&env, &["verify", "../out"]).stderr("2 repositories, 21 files as locked\n").success();
}

#[test]
fn a_language_without_a_translation_is_named() {
    let env = Env::new();
    locked(&env, "[export]\nlanguages = [\"fr\", \"xx\", \"dE\", \"en_US\"]\n");
    let unmatched = |code: &str, hint: &str| {
        format!(
            "warning: no exported module has a translation for `{code}`, which `languages` of `[export]` names\n\
             hint: {hint}\n"
        )
    };
    let both =
        unmatched("xx", "check the code, or delete `xx` there") + &unmatched("dE", "did you mean `de`?");
    oca(&env, &["export", "../out"]).stderr_contains(&both).success();
    oca(&env, &["export", "--layers", "../layers"])
        .stdout("[TEMP]/layers/standard\n")
        .stderr_contains(&both)
        .success();
    // Links leave no translation out.
    oca(&env, &["sync", "-q"]).success();
    let linked = oca(&env, &["export", "--link", "../linked"]).output();
    assert!(!linked.to_string().contains("translation"), "{linked}");
}

#[test]
fn every_translation_that_odoo_loads_is_kept() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    for series in ["16.0", "18.0"] {
        let mut draft = web.branch(series).module("web_x", &[("version", &format!("\"{series}.1.0.0\""))]);
        for language in ["es", "es_419", "es_AR", "es_MX", "fr"] {
            draft = draft.file(&format!("web_x/i18n/{language}.po"), language);
        }
        draft.commit();
        let text =
            format!("odoo = \"{series}\"\nbase-url = \"../remotes\"\n[export]\nlanguages = [\"es_MX\"]\n");
        env.write("repos.toml", text + "[profiles.p]\nrepos = [\"web\"]\n");
        oca(&env, &["lock", "-q"]).success();
        oca(&env, &["export", "-q", "../out"]).success();
        let mut kept: Vec<_> = fs::read_dir(env.root().join("out/web/web_x/i18n"))
            .expect("it")
            .map(|entry| entry.expect("it").file_name().into_string().expect("a name"))
            .collect();
        kept.sort();
        let expected: &[&str] =
            if series == "16.0" { &["es.po", "es_MX.po"] } else { &["es.po", "es_419.po", "es_MX.po"] };
        assert_eq!(kept, expected, "{series}");
        oca(&env, &["verify", "../out"]).stderr_contains("as locked").success();
    }
}

#[test]
fn in_one_directory_the_first_module_of_a_name_wins() {
    let env = Env::new();
    locked(&env, "image.layout = \"flat\"\n");
    export(&env, &["../out"]);
    let out = env.root().join("out");
    let expected = without(
        "",
        &[
            ".licenses/sale/COPYING",
            ".licenses/web/LICENSE",
            "sale_x/__init__.py",
            "sale_x/__manifest__.py",
            "web_y/__init__.py",
            "web_y/__manifest__.py",
            "web_y/tests/__init__.py",
            "web_z/__init__.py",
            "web_z/__manifest__.py",
            "web_z/tests/demo.xml",
        ],
        &[],
    );
    assert_eq!(files(&out), expected);
    assert!(fs::read_to_string(out.join("web_x/__manifest__.py")).expect("it").contains("web x"));
    oca(&env, &["verify", "../out"]).stderr_contains("26 files as locked").success();
}

#[test]
fn only_what_is_selected_is_exported() {
    let env = Env::new();
    let (web, _) = shop(&env);
    web.branch("18.0").module("web_dep", &[]).module("web_y", &[("depends", "[\"web_dep\"]")]).commit();
    env.write("repos.toml", project("").replace("[repos.sale]", "modules = [\"web_y\"]\n[repos.sale]"));
    oca(&env, &["lock", "-q"]).success();
    oca(&env, &["export", "../out"])
        .stderr("web: 2 modules, 6 files\n2 modules, 6 files in `[TEMP]/out`\n")
        .success();
    oca(&env, &["verify", "../out"]).stderr("1 repository, 6 files as locked\n").success();
    assert!(!env.root().join("out/sale").exists());
    fs::remove_dir_all(env.root().join("out/web/web_dep")).expect("a module");
    oca(&env, &["verify", "../out"])
        .stdout("web: missing: web/web_dep/__init__.py\nweb: missing: web/web_dep/__manifest__.py\n")
        .status(1);
}

#[test]
fn two_machines_export_the_same_bytes() {
    let env = Env::new();
    locked(&env, "[export]\ndrop = [\"tests\"]\n");
    let server = Server::start(&env);
    for layout in ["repos", "flat"] {
        let settings = format!("image.layout = \"{layout}\"\n[export]\ndrop = [\"tests\"]\n");
        env.write("repos.toml", project(&settings));
        oca(&env, &["lock", "-q"]).success();
        export(&env, &["../one"]);
        let other = env.oca(&["export", "-q", "-j1", "../two"]).env("BASE", server.base());
        other.env("OCA_CACHE_DIR", env.root().join(format!("cache-{layout}"))).success();
        let (one, two) = (image(&env.root().join("one")), image(&env.root().join("two")));
        assert_eq!(one, two);
        // The commits are from October 2024, the test is not.
        assert!(one.iter().all(|line| line.contains(" 17298144")), "{one:#?}");
        let dated = oca(&env, &["export", "-q", "../three"]);
        dated.env("SOURCE_DATE_EPOCH", "1000000000").success();
        let three = image(&env.root().join("three"));
        assert!(three.iter().all(|line| line.contains(" 1000000000.0 ")), "{three:#?}");
    }
    oca(&env, &["export", "../x"])
        .env("SOURCE_DATE_EPOCH", "today")
        .stderr("error: `SOURCE_DATE_EPOCH` must be a Unix timestamp, not `today`\nhint: set it to the output of `date +%s`, or unset it\n")
        .status(2);
}

#[test]
fn a_strict_umask_changes_nothing() {
    let env = Env::new();
    locked(&env, "");
    export(&env, &["../one"]);
    let script = format!("umask 077 && exec {} export -q ../two", env!("CARGO_BIN_EXE_oca"));
    let mut command = env.command("sh");
    command.args(["-c", &script]).current_dir(env.project()).env("BASE", env.remotes());
    assert!(command.status().expect("a shell").success());
    assert_eq!(image(&env.root().join("one")), image(&env.root().join("two")));
}

#[test]
fn only_the_files_that_are_kept_are_fetched() {
    let env = Env::new();
    let (web, _) = shop(&env);
    let server = Server::start(&env);
    env.write("repos.toml", project("[export]\nlanguages = [\"fr\"]\n"));
    env.oca(&["lock", "-q"]).env("BASE", server.base()).success();
    let before = server.count("POST /web.git");
    env.oca(&["export", "-q", "../out"]).env("BASE", server.base()).success();
    assert_eq!(server.count("POST /web.git"), before + 1, "one request for all that is missing");
    let last = server.requests();
    let asked = last.iter().rfind(|seen| seen.line.contains("/web.git")).expect("a request");
    let id = |path: &str| env.git(web.path(), &["rev-parse", &format!("18.0:{path}")]).trim().to_owned();
    assert!(asked.asks(&format!("want {}", id("web_x/i18n/fr.po"))));
    for left_out in ["web_x/i18n/de.po", "setup/web_x/setup.py", "README.md", "web_off/__manifest__.py"] {
        assert!(!asked.asks(&format!("want {}", id(left_out))), "{left_out}");
    }
    let count = server.requests().len();
    env.oca(&["--offline", "export", "-q", "../out"]).env("BASE", server.base()).success();
    assert_eq!(server.requests().len(), count);
    env.oca(&["--offline", "export", "../other"])
        .env("BASE", server.base())
        .env("OCA_CACHE_DIR", env.root().join("empty-cache"))
        .stderr_contains("oca is offline")
        .status(3);
    assert!(!env.root().join("other").exists());
}

#[test]
fn names_that_are_not_text_survive() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    remote.branch("18.0").module("web_x", &[]).file("web_x/a b%25.txt", "1").commit();
    // Made by git itself: a name is bytes there.
    let blob = env.git(remote.path(), &["rev-parse", "18.0:web_x/__init__.py"]);
    let script = format!(
        "cd {} && export GIT_INDEX_FILE=$PWD/i && git read-tree 18.0 && printf '100644 {}\\tweb_x/\\377\\376.csv\\0' | \
         git update-index -z --index-info && c=$(git -c user.name=o -c user.email=o@x commit-tree -p 18.0 -m x \
         $(git write-tree)) && git update-ref refs/heads/18.0 $c",
        remote.path().display(),
        blob.trim()
    );
    assert!(env.command("sh").args(["-c", &script]).status().expect("a shell").success());
    env.write("repos.toml", "odoo = \"18.0\"\nbase-url = \"../remotes\"\n[profiles.p]\nrepos = [\"web\"]\n");
    oca(&env, &["lock", "-q"]).success();
    export(&env, &["../out"]);
    let odd = PathBuf::from(std::ffi::OsStr::from_bytes(b"web/web_x/\xff\xfe.csv"));
    assert!(env.root().join("out").join(&odd).is_file());
    oca(&env, &["verify", "../out"]).stderr_contains("4 files as locked").success();
    fs::write(env.root().join("out").join(&odd), "x").expect("a change");
    oca(&env, &["verify", "../out"]).stdout_contains("altered: web/web_x/").status(1);
}

#[test]
fn a_symlink_that_leads_outside_and_a_submodule_are_refused() {
    let env = Env::new();
    for (name, target) in [("up", "../../../other"), ("etc", "/etc/passwd"), ("twice", "d/../x")] {
        let remote = Remote::new(&env, name);
        remote
            .branch("18.0")
            .module("m", &[])
            .symlink("m/a/b/link", target)
            .symlink("m/a/b/d", "../..")
            .commit();
    }
    let remote = Remote::new(&env, "sub");
    let commit = remote.branch("18.0").module("m", &[]).commit();
    remote.branch("18.0").gitlink("m/lib", &commit).gitlink("lib", &commit).commit();
    env.write(
        "repos.toml",
        "odoo = \"18.0\"\nbase-url = \"../remotes\"\n[profiles.p]\nrepos = [\"up\", \"etc\", \"twice\", \"sub\"]\n",
    );
    oca(&env, &["lock", "-q"]).success();
    oca(&env, &["export", "../out"])
        .stderr(
            "error: cannot export `etc`\n\
             caused by: the symlink `m/a/b/link` points outside its module, to `/etc/passwd`\n\
             error: cannot export `sub`\n\
             caused by: `m/lib` is a submodule, and an export cannot contain submodules\n\
             error: cannot export `twice`\n\
             caused by: the symlink `m/a/b/link` points outside its module, to `d/../x`\n\
             error: cannot export `up`\n\
             caused by: the symlink `m/a/b/link` points outside its module, to `../../../other`\n\
             hint: set `modules` without this module, or correct it in a fork and set `url` to the fork\n\
             error: 4 repositories failed\n",
        )
        .status(1);
    assert!(!env.root().join("out").exists());
    assert_eq!(
        fs::read_dir(env.root())
            .expect("it")
            .filter(|entry| {
                entry.as_ref().expect("an entry").file_name().to_string_lossy().starts_with(".oca")
            })
            .count(),
        0
    );
}

#[test]
fn links_lead_to_the_checkouts() {
    let env = Env::new();
    locked(&env, "");
    oca(&env, &["export", "--link", "../out"])
        .stderr("error: there is no checkout that contains `[TEMP]/project/oca/web/web_x`\nhint: run `oca sync`\n")
        .status(1);
    oca(&env, &["sync", "-q"]).success();
    oca(&env, &["export", "--link", "../out"]).stderr("5 modules, 5 links in `[TEMP]/out`\n").success();
    let out = env.root().join("out");
    let link = fs::read_link(out.join("sale/addons/sale_x")).expect("a link");
    assert_eq!(link, Path::new("../../../project/oca/sale/addons/sale_x"));
    assert!(out.join("web/web_x/__manifest__.py").is_file());
    oca(&env, &["verify", "../out"]).stderr_contains("contains links to the checkouts").status(2);
    export(&env, &["../out"]);
    assert!(out.join("web/web_x").symlink_metadata().expect("it").is_dir());
    assert!(env.exists("oca/web/web_x/__manifest__.py"), "the checkout is untouched");
}

#[test]
fn a_stale_or_missing_lock_is_refused() {
    let env = Env::new();
    shop(&env);
    env.write("repos.toml", project(""));
    oca(&env, &["export", "../out"]).stderr_contains("hint: run `oca lock`").status(1);
    oca(&env, &["lock", "-q"]).success();
    env.write("repos.toml", project("").replace("\"web\", ", ""));
    oca(&env, &["export", "../out"]).stderr_contains("is out of date").status(1);
    assert!(!env.root().join("out").exists());
}

#[test]
fn json_tells_of_each_repository() {
    let env = Env::new();
    locked(&env, "");
    oca(&env, &["export", "-q", "--format", "json", "../out"])
        .stdout_contains("\"outcome\": \"exported\"")
        .stdout_contains("\"message\": \"3 modules, 23 files\"")
        .success();
}
