//! `oca export --core`: Odoo itself as plain files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::env::Env;
use crate::export::{image, paths};
use crate::project::{WEB, modules_repository};
use crate::remote::{Draft, Remote};

const CORE: &str = "[core]\nurl = \"../remotes/odoo\"\n";
const IMAGE: &str = "[image]\ncore = \"/opt/odoo\"\n";

/// Odoo 18.0 with everything that an export looks at.
fn draft(odoo: &Remote) -> Draft<'_> {
    odoo.branch("18.0")
        .file("odoo-bin", "#!/usr/bin/env python3\n")
        .executable("odoo-bin")
        .file("requirements.txt", "lxml==5.2.1\n")
        .file("LICENSE", "LGPL\n")
        .file("README.md", "# Odoo\n")
        .file(".gitignore", "*.pyc\n")
        .file(".github/workflows/x.yml", "")
        .file("doc/cla/individual/somebody.md", "signed\n")
        .file("setup/package.py", "")
        .file("odoo/__init__.py", "")
        .file("odoo/release.py", "version_info = (18, 0, 0, FINAL, 0, '')\n")
        .file("odoo/tests/common.py", "needed\n")
        .file("odoo/addons/__init__.py", "")
        .module("odoo/addons/base", &[("depends", "[]")])
        .file("odoo/addons/base/tests/__init__.py", "needed by other modules\n")
        .file("odoo/addons/base/static/description/index.html", "<p>")
        .file("odoo/addons/base/i18n/fr.po", "fr\n")
        .file("odoo/addons/base/i18n/de.po", "de\n")
        .module("addons/web", &[])
        .file("addons/web/tests/test_web.py", "x\n")
        .file("addons/web/static/description/icon.png", "icon")
        .file("addons/web/static/description/index.html", "<p>")
        .file("addons/web/README.md", "readme\n")
        .file("addons/web/i18n/de.po", "de\n")
        .module("addons/old", &[("installable", "False")])
        .file("addons/old/i18n/de.po", "de\n")
        .file("addons/not_a_module/tests/data.txt", "")
}

fn odoo(env: &Env) -> Remote {
    let odoo = Remote::new(env, "odoo");
    draft(&odoo).commit();
    odoo
}

/// Odoo, Enterprise with a module that Odoo has too, and the themes.
fn everything(env: &Env) -> String {
    odoo(env);
    let enterprise = Remote::new(env, "enterprise");
    let draft = enterprise.branch("18.0").module("web_enterprise", &[]).module("web", &[("name", "'other'")]);
    draft.file("LICENSE", "OEEL\n").file(".tx/config", "").commit();
    let themes = Remote::new(env, "design-themes");
    themes.branch("18.0").module("theme_common", &[]).commit();
    format!(
        "{IMAGE}{CORE}enterprise = \"../remotes/enterprise\"\nthemes = {{ url = \"../remotes/design-themes\" }}\n"
    )
}

fn locked(env: &Env, more: &str) {
    odoo(env);
    env.locked(&format!("{IMAGE}{CORE}[profiles.standard]\n{more}"));
}

fn files(folder: &Path) -> Vec<String> {
    let is_file = |path: &String| !folder.join(path).symlink_metadata().expect("it is there").is_dir();
    paths(folder).into_iter().filter(|path| is_file(path) && !path.starts_with(".oca")).collect()
}

const WHOLE: [&str; 25] = [
    "odoo/LICENSE",
    "odoo/README.md",
    "odoo/addons/not_a_module/tests/data.txt",
    "odoo/addons/old/__init__.py",
    "odoo/addons/old/__manifest__.py",
    "odoo/addons/old/i18n/de.po",
    "odoo/addons/web/README.md",
    "odoo/addons/web/__init__.py",
    "odoo/addons/web/__manifest__.py",
    "odoo/addons/web/i18n/de.po",
    "odoo/addons/web/static/description/icon.png",
    "odoo/addons/web/static/description/index.html",
    "odoo/addons/web/tests/test_web.py",
    "odoo/odoo-bin",
    "odoo/odoo/__init__.py",
    "odoo/odoo/addons/__init__.py",
    "odoo/odoo/addons/base/__init__.py",
    "odoo/odoo/addons/base/__manifest__.py",
    "odoo/odoo/addons/base/i18n/de.po",
    "odoo/odoo/addons/base/i18n/fr.po",
    "odoo/odoo/addons/base/static/description/index.html",
    "odoo/odoo/addons/base/tests/__init__.py",
    "odoo/odoo/release.py",
    "odoo/odoo/tests/common.py",
    "odoo/requirements.txt",
];

fn whole(left_out: &[&str]) -> Vec<&'static str> {
    WHOLE.into_iter().filter(|path| !left_out.contains(path)).collect()
}

#[test]
fn it_has_what_odoo_needs_to_start_and_nothing_else() {
    let env = Env::new();
    locked(&env, "");
    env.oca(&["export", "--core", "../out"])
        .stderr("odoo: 3 modules, 25 files\n3 modules, 25 files in `[TEMP]/out`\n")
        .success();
    let out = env.root().join("out");
    assert_eq!(files(&out), whole(&[]));
    let mode = |path: &str| out.join(path).metadata().expect("it is there").permissions().mode() & 0o7777;
    assert_eq!([mode("odoo/odoo-bin"), mode("odoo/odoo"), mode("odoo/LICENSE")], [0o755, 0o755, 0o644]);
    env.oca(&["verify", "../out"]).stderr("1 repository, 25 files as locked\n").success();
}

#[test]
fn the_rules_count_for_modules_but_base_loses_only_languages() {
    let env = Env::new();
    locked(&env, "[export]\nlanguages = [\"fr\"]\ndrop = [\"tests\", \"readme\", \"description\"]\n");
    env.oca(&["export", "--core", "-q", "../out"]).success();
    let left_out = [
        "odoo/README.md",
        "odoo/addons/old/i18n/de.po",
        "odoo/addons/web/README.md",
        "odoo/addons/web/i18n/de.po",
        "odoo/addons/web/static/description/index.html",
        "odoo/addons/web/tests/test_web.py",
        "odoo/odoo/addons/base/i18n/de.po",
    ];
    assert_eq!(files(&env.root().join("out")), whole(&left_out));
    env.oca(&["verify", "../out"]).stderr("1 repository, 18 files as locked\n").success();
    env.declare(&format!("{IMAGE}{CORE}[profiles.standard]\n[export]\nlanguages = [\"xx\"]\n"));
    env.oca(&["lock", "-q"]).success();
    env.oca(&["verify", "../out"]).stdout_contains("different `[export]`").status(1);
    env.oca(&["export", "--core", "../out"]).stderr_contains("no exported module").success();
}

#[test]
fn enterprise_and_themes_are_beside_it() {
    let env = Env::new();
    let declared = everything(&env);
    env.locked(&format!("{declared}[profiles.standard]\n"));
    env.oca(&["export", "--core", "../out"])
        .stderr(
            "enterprise: 2 modules, 5 files\nthemes: 1 module, 2 files\nodoo: 3 modules, 25 files\n\
             6 modules, 32 files in `[TEMP]/out`\n",
        )
        .success();
    let out = env.root().join("out");
    let of = |part: &str| files(&out).into_iter().filter(|path| path.starts_with(part)).collect::<Vec<_>>();
    assert_eq!(
        of("enterprise"),
        [
            "enterprise/LICENSE",
            "enterprise/web/__init__.py",
            "enterprise/web/__manifest__.py",
            "enterprise/web_enterprise/__init__.py",
            "enterprise/web_enterprise/__manifest__.py",
        ]
    );
    assert_eq!(of("design-themes").len(), 2);
    assert!(out.join("odoo/addons/web/__manifest__.py").is_file());
    env.oca(&["verify", "../out"]).stderr("3 repositories, 32 files as locked\n").success();
    // The path in the container names these directories.
    let path =
        "/opt/odoo/enterprise,/opt/odoo/design-themes,/opt/odoo/odoo/addons,/opt/odoo/odoo/odoo/addons\n";
    env.oca(&["addons-path", "--image"]).stdout(path).success();
}

#[test]
fn odoo_before_10_has_another_package_and_more_programs() {
    let env = Env::new();
    let odoo = Remote::new(&env, "odoo");
    let draft = odoo.branch("9.0").file("openerp-server", "").executable("openerp-server");
    let draft = draft.file("openerp-gevent", "").executable("openerp-gevent").file("odoo.py", "");
    let draft = draft.file("openerp/release.py", "version_info = (9, 0, 0, FINAL, 0, 'c')\n");
    let draft =
        draft.file("openerp/addons/base/__init__.py", "").file("openerp/addons/base/__openerp__.py", "{}");
    draft.file("openerp/addons/base/i18n/de.po", "").module("addons/web", &[]).file("odoo/x.py", "").commit();
    env.write(
        "repos.toml",
        format!("odoo = \"9.0\"\n{CORE}[profiles.standard]\n[image]\ncore = \"/opt/odoo\"\n[export]\nlanguages = []\n"),
    );
    env.lock();
    env.oca(&["export", "--core", "-q", "../out"]).success();
    let out = env.root().join("out");
    assert_eq!(
        files(&out),
        [
            "odoo/addons/web/__init__.py",
            "odoo/addons/web/__manifest__.py",
            "odoo/odoo.py",
            "odoo/openerp-gevent",
            "odoo/openerp-server",
            "odoo/openerp/addons/base/__init__.py",
            "odoo/openerp/addons/base/__openerp__.py",
            "odoo/openerp/release.py",
        ]
    );
    env.oca(&["verify", "-q", "../out"]).success();
}

#[test]
fn the_same_odoo_gives_the_same_bytes() {
    let env = Env::new();
    let declared = everything(&env);
    let web = modules_repository(&env, "web", &[("web_x", "web")]);
    env.declare(&format!("default-profile = \"standard\"\n{declared}{WEB}[profiles.bare]\n"));
    env.oca(&["sync", "-q"]).success();
    env.oca(&["export", "--core", "-q", "../one"]).success();
    let one = image(&env.root().join("one"));
    // Another profile with the same Odoo, a new commit of a module, and an empty cache.
    web.branch("18.0").module("web_y", &[]).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    fs::remove_dir_all(env.cache()).expect("the cache");
    env.oca(&["export", "--core", "-q", "-p", "bare", "../two"]).success();
    assert_eq!(image(&env.root().join("two")), one);
    for profile in ["standard", "bare"] {
        env.oca(&["verify", "-q", "-p", profile, "../two"]).success();
    }
    env.oca(&["export", "--core", "-q", "../one"]).success();
    assert_eq!(image(&env.root().join("one")), one);
    env.oca(&["export", "--core", "-q", "../dated"]).env("SOURCE_DATE_EPOCH", "7").success();
    assert!(image(&env.root().join("dated")).iter().all(|line| line.contains(" 7.0 ")));
    // It needs neither server nor project.
    env.remove_remotes();
    env.oca(&["export", "--core", "-q", "--offline", "../one"]).success();
    fs::remove_file(env.project().join("repos.toml")).expect("the file");
    env.oca(&["verify", "-q", "../one"]).env("OCA_PROFILE", "standard").success();
    env.oca(&["verify", "-q", "--lock", "oca.lock.json", "-p", "bare", "../one"]).success();
}

#[test]
fn verify_finds_every_changed_file() {
    let env = Env::new();
    let declared = everything(&env);
    env.locked(&format!("{declared}[profiles.standard]\n"));
    env.oca(&["export", "--core", "-q", "../out"]).success();
    let out = env.root().join("out");
    fs::write(out.join("odoo/odoo/release.py"), "version_info = (18, 0, 0, FINAL, 0, ' ')\n")
        .expect("a file");
    fs::remove_file(out.join("odoo/addons/web/tests/test_web.py")).expect("a file");
    fs::write(out.join("enterprise/new.py"), "").expect("a file");
    fs::write(out.join("new.py"), "").expect("a file");
    fs::set_permissions(out.join("odoo/odoo-bin"), fs::Permissions::from_mode(0o644)).expect("a mode");
    env.oca(&["verify", "../out"])
        .stdout(
            "enterprise: extra: enterprise/new.py\n\
             odoo: missing: odoo/addons/web/tests/test_web.py\n\
             odoo: altered: odoo/odoo/release.py\n\
             odoo: other mode: odoo/odoo-bin\n\
             extra: new.py\n",
        )
        .status(1);
    // The manifest of the export proves nothing that the lock does not say.
    env.oca(&["export", "--core", "-q", "--force", "../out"]).success();
    let manifest = out.join(".oca-export.json");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    fs::write(&manifest, text.replace(" test_web.py", " test_wob.py")).expect("a manifest");
    env.oca(&["verify", "../out"]).stdout_contains("the manifest was changed").status(1);
}

#[test]
fn a_moved_odoo_is_another_export() {
    let env = Env::new();
    locked(&env, "");
    env.oca(&["export", "--core", "-q", "../out"]).success();
    Remote::open(&env, "odoo").branch("18.0").file("odoo/new.py", "").commit();
    env.oca(&["lock", "-q", "--upgrade", "odoo"]).success();
    env.oca(&["verify", "../out"]).stdout_contains("odoo: at commit ").status(1);
    env.oca(&["export", "--core", "-q", "../out"]).success();
    env.oca(&["verify", "-q", "../out"]).success();
}

#[test]
fn merges_and_patches_are_in_it() {
    let env = Env::new();
    let odoo = odoo(&env);
    odoo.pull(7).from(&odoo.commit_of("18.0")).module("addons/crm", &[]).commit();
    env.locked(&format!("{IMAGE}{CORE}merges = [\"#7\"]\n[profiles.standard]\n"));
    env.oca(&["export", "--core", "-q", "../out"]).success();
    assert!(env.root().join("out/odoo/addons/crm/__manifest__.py").is_file());
    env.oca(&["verify", "../out"]).stderr("1 repository, 27 files as locked\n").success();
}

#[test]
fn a_profile_needs_the_whole_core() {
    let env = Env::new();
    let declared = everything(&env);
    modules_repository(&env, "web", &[("web_x", "web")]);
    env.locked(&format!(
        "default-profile = \"standard\"\n{declared}{WEB}[profiles.free]\nedition = \"community\"\n"
    ));
    env.write("repos.local.toml", "skip = [\"enterprise\"]\n");
    env.oca(&["export", "--core", "../out"])
        .stderr(
            "error: `skip` in `repos.local.toml` lists `enterprise`, so an export of Odoo itself would not be complete\n\
             hint: remove it from `skip`; for Odoo without Enterprise, use a profile with `edition = \"community\"`\n",
        )
        .status(2);
    env.oca(&["export", "--core", "-q", "-p", "free", "../free"]).success();
    assert!(!env.root().join("free/enterprise").exists() && !env.root().join("out").exists());
    env.write("repos.local.toml", "");
    fs::remove_dir_all(env.remotes().join("enterprise.git")).expect("it can be removed");
    fs::remove_dir_all(env.cache()).expect("it can be removed");
    env.oca(&["export", "--core", "../out"]).stderr_contains("hint: Enterprise is private").status(3);
    assert!(!env.root().join("out").exists());
    env.locked(WEB);
    env.oca(&["export", "--core", "../out"])
        .stderr(
            "error: profile `standard` does not have Odoo itself, because there is no `[core]`\n\
             hint: declare it with `[core]` in `repos.toml`, then run `oca lock`\n",
        )
        .status(2);
}

#[test]
fn modules_and_odoo_have_a_directory_each() {
    let env = Env::new();
    odoo(&env);
    modules_repository(&env, "web", &[("web_x", "web")]);
    env.locked(&format!("{IMAGE}{CORE}{WEB}"));
    env.oca(&["export", "-q", "../modules"]).success();
    env.oca(&["export", "--core", "-q", "../core"]).success();
    env.oca(&["export", "--core", "../modules"])
        .stderr_contains(
            "error: `[TEMP]/modules` is an export of modules, and would be replaced by one of Odoo itself\n",
        )
        .status(2);
    env.oca(&["export", "../core"])
        .stderr_contains(
            "error: `[TEMP]/core` is an export of Odoo itself, and would be replaced by one of modules\n",
        )
        .status(2);
    env.oca(&["verify", "-q", "../modules"]).success();
    env.oca(&["verify", "-q", "../core"]).success();
    env.oca(&["export", "--core", "-q", "--force", "../modules"]).success();
    env.oca(&["verify", "../modules"]).stderr_contains("25 files").success();
    for flag in ["--link", "--layers", "--repos-yaml"] {
        env.oca(&["export", "--core", flag, "../x"]).stderr_contains("cannot be used with").status(2);
    }
}

#[test]
fn what_somebody_put_there_is_left_alone() {
    let env = Env::new();
    locked(&env, "");
    env.write("mine/notes.txt", "mine");
    env.oca(&["export", "--core", "mine"]).stderr_contains("is not an export of oca").status(2);
    env.oca(&["export", "--core", "odoo"]).stderr_contains("cannot be replaced").status(2);
    env.oca(&["export", "--core", "-q", "../out"]).success();
    let out = env.root().join("out");
    for mine in ["notes", "odoo/addons/mine", "odoo/.git"] {
        let directory = out.join(mine);
        fs::create_dir(&directory).expect("a folder");
        fs::write(directory.join("__init__.py"), "").expect("a file");
        fs::write(directory.join("__manifest__.py"), "{}").expect("a file");
        let words = format!("contains `{mine}`, which oca did not write");
        env.oca(&["export", "--core", "../out"]).stderr_contains(&words).status(1);
        fs::remove_dir_all(&directory).expect("it is still there");
    }
    for mine in ["odoo/odoo.conf", "odoo/addons/notes.txt", "odoo/odoo/addons/mine.py"] {
        fs::write(out.join(mine), "mine").expect("a file");
        let words = format!("contains `{mine}`, which oca did not write");
        env.oca(&["export", "--core", "../out"]).stderr_contains(&words).status(1);
        fs::remove_file(out.join(mine)).expect("it is still there");
    }
    // Odoo makes these when it runs.
    fs::create_dir(out.join("odoo/odoo/addons/__pycache__")).expect("a folder");
    fs::write(out.join("odoo/odoo/addons/__init__.pyc"), "").expect("a file");
    env.oca(&["export", "--core", "-q", "../out"]).success();
}

#[test]
fn an_interrupted_export_is_redone() {
    let env = Env::new();
    locked(&env, "");
    env.oca(&["export", "--core", "-q", "../whole"]).success();
    let whole = image(&env.root().join("whole"));
    let out = env.root().join("out");
    for place in ["writing an export", "replacing an export"] {
        env.oca(&["export", "--core", "../out"]).stopped_at(place);
        assert!(!out.exists());
    }
    env.oca(&["export", "--core", "-q", "../out"]).success();
    env.oca(&["export", "--core", "../out"]).stopped_at("replacing an export");
    assert_eq!(image(&out), whole);
    fs::write(out.join(".oca-export.unfinished"), "").expect("the mark");
    env.oca(&["verify", "../out"]).stderr_contains("is an incomplete export").status(1);
    env.oca(&["export", "--core", "-q", "../out"]).success();
    assert_eq!(image(&out), whole);
    assert!(paths(env.root()).iter().all(|path| !path.starts_with(".oca-export-")));
}

#[test]
fn links_stay_in_what_is_exported() {
    let env = Env::new();
    let odoo = odoo(&env);
    env.declare(&format!("{IMAGE}{CORE}[profiles.standard]\n"));
    let base = odoo.commit_of("18.0");
    let refused = |draft: Draft<'_>, words: &str| {
        let commit = draft.from(&base).commit();
        env.oca(&["lock", "-q", &format!("odoo@{commit}")]).success();
        env.oca(&["export", "--core", "../out"]).stderr_contains(words).status(1);
        assert!(!env.root().join("out").exists());
    };
    let refusing = || odoo.branch("18.0");
    refused(
        refusing().symlink("addons/web/static/away", "../../../../etc/passwd"),
        "caused by: the symlink `addons/web/static/away` points outside its repository, to `../../../../etc/passwd`\n\
         hint: correct it with `patches` in `[core]`, or in a fork and set `url` to the fork\n",
    );
    refused(
        refusing().file("setup/odoo", "#!/bin/sh\n").symlink("odoo-bin", "setup/odoo"),
        "caused by: the symlink `odoo-bin` points to `setup/odoo`, which an export of Odoo does not have\n",
    );
    refused(
        refusing().module("vendor/extra", &[]).symlink("addons/extra", "../vendor/extra"),
        "the symlink `addons/extra` points to `vendor/extra`",
    );
    refused(refusing().gitlink("addons/sub", &base), "`addons/sub` is a submodule");
    // A link to another module of Odoo, to a program in the package, and to nothing.
    let fine = odoo.branch("18.0").from(&base).symlink("addons/web/static/base", "../../../odoo/addons/base");
    let fine = fine.symlink("addons/web/nothing", "gone").file("odoo/cli/run.py", "").gitlink("sub", &base);
    let commit = fine.symlink("odoo-bin", "odoo/cli/run.py").commit();
    env.oca(&["lock", "-q", &format!("odoo@{commit}")]).success();
    env.oca(&["export", "--core", "-q", "../out"]).success();
    let link = fs::read_link(env.root().join("out/odoo/odoo-bin")).expect("a link");
    assert_eq!(link, Path::new("odoo/cli/run.py"));
    env.oca(&["verify", "-q", "../out"]).success();
}

#[test]
fn modules_in_other_directories_are_exported() {
    let env = Env::new();
    let odoo = Remote::new(&env, "odoo");
    draft(&odoo)
        .module("src/extra/web_x", &[])
        .file("src/notes.txt", "")
        .file("src/extra/web_x/i18n/de.po", "")
        .commit();
    env.locked(&format!(
        "{IMAGE}{CORE}addons = [\"addons\", \"odoo/addons\", \"src/extra\"]\n[profiles.standard]\n[export]\nlanguages = [\"fr\"]\n"
    ));
    env.oca(&["export", "--core", "-q", "../out"]).success();
    let out = env.root().join("out");
    let extra: Vec<String> = files(&out).into_iter().filter(|path| path.starts_with("odoo/src")).collect();
    assert_eq!(extra, ["odoo/src/extra/web_x/__init__.py", "odoo/src/extra/web_x/__manifest__.py"]);
    env.oca(&["verify", "-q", "../out"]).success();
}

#[test]
fn the_image_has_it_in_a_directory_of_its_own() {
    let env = Env::new();
    odoo(&env);
    let refused = |image: &str, words: &str| {
        env.declare(&format!("[image]\n{image}\n{CORE}[profiles.standard]\n"));
        env.oca(&["lock"]).stderr_contains(words).status(2);
    };
    refused(
        "core = \"/opt/odoo\"\nroot = \"/opt/odoo/oca\"",
        "error: bad value for `core` in `repos.toml` at line 4, table `image`: `/opt/odoo` and `/opt/odoo/oca` are in one another in the container\n",
    );
    for (image, words) in [
        ("core = \"/opt/odoo\"\nroot = \"/opt\"", "are in one another"),
        ("core = \"/opt/odoo\"\nroot = \"/opt/x/../odoo/oca\"", "are in one another"),
        ("core = \"/opt/odoo\"\nroot = \"/opt//odoo/.\"", "are in one another"),
        ("core = \"/opt/x/../odoo\"", "`/opt/x/../odoo` contains `..`"),
        ("core = \"/\"", "`/` is the root of the container"),
        ("core = \"//.\"", "`//.` is the root of the container"),
        (
            "core = \"/opt\"\n[[local]]\npath = \"a\"\nimage = \"/opt/a\"",
            "`/opt` and `/opt/a` are in one another",
        ),
    ] {
        refused(image, words);
    }
    let unset = "[image]\ncore = \"/opt/odoo\"\nroot = \"${ROOT:-/mnt/oca}\"\n";
    env.locked(&format!("{unset}{CORE}[profiles.standard]\n"));
    env.oca(&["export", "--core", "../out"])
        .env("ROOT", "/opt/odoo/oca")
        .stderr_contains(
            "`/opt/odoo`, the `core` of `[image]`, and `/opt/odoo/oca` are in one another in the container\n",
        )
        .status(2);
    env.locked(&format!("{CORE}[profiles.standard]\n"));
    env.oca(&["export", "--core", "../out"])
        .stderr_contains("the path in the container does not have it: set `core` of `[image]`")
        .success();
}
