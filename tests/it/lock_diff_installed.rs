//! `oca diff --format update --installed`: the modules that click-odoo-update would update.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};

use crate::env::Env;
use crate::project::{BOTH, committed};
use crate::remote::Remote;
use crate::run::Run;
use crate::server::{Fault, Server};

pub(crate) const MODULES: [(&str, &[(&str, &str)]); 3] = [("web_a", &[]), ("web_b", &[]), ("web_c", &[])];

/// The rule of click-odoo-update for files on a disk, with its own patterns.
fn addon_hash(top: &Path, languages: &[&str]) -> String {
    let mut hash = Sha1::new();
    add(top, "", languages, &mut hash);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn add(top: &Path, below: &str, languages: &[&str], hash: &mut Sha1) {
    let entries = fs::read_dir(top.join(below)).expect("a directory").map(|entry| entry.expect("an entry"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().expect("a name").to_str().expect("a text").to_owned();
    for path in paths.iter().filter(|path| !path.is_dir()) {
        let file = format!("{below}{}", name(path));
        let language = file.strip_prefix("i18n/").and_then(|file| file.strip_suffix(".po"));
        let is_other = language.is_some_and(|language| !languages.contains(&language));
        let is_out = ["static/", "tests/"].iter().any(|start| file.starts_with(start));
        if !is_out && !is_other && !file.ends_with(".pyc") && !file.ends_with(".pot") {
            hash.update(&file);
            hash.update(fs::read(path).expect("a file"));
        }
    }
    for path in paths.iter().filter(|path| path.is_dir() && !path.is_symlink()) {
        add(top, &format!("{below}{}/", name(path)), languages, hash);
    }
}

/// What a database says whose modules are in these directories, and others that were installed later.
pub(crate) fn database(env: &Env, directories: &[&str], later: &[&str]) -> Value {
    let mut checksums = Map::new();
    for directory in directories {
        let path = env.project().join(directory);
        let name = path.file_name().expect("a name").to_str().expect("a text");
        checksums.insert(name.to_owned(), addon_hash(&path, &["en"]).into());
    }
    let modules: Vec<&str> = checksums.keys().map(String::as_str).chain(later.iter().copied()).collect();
    json!({
        "odoo": "18.0.1.3",
        "modules": modules,
        "languages": ["en_US"],
        "exclude_patterns": null,
        "checksums": checksums,
    })
}

/// A command with the database on its stdin.
pub(crate) fn diff(env: &Env, words: &[&str], database: &Value) -> Run {
    let words = [&["diff", "--format", "update", "--installed", "-"], words].concat();
    env.oca(&words).stdin(&database.to_string())
}

#[track_caller]
fn assert_list(env: &Env, words: &[&str], database: &Value, list: &str, summary: &str) {
    let line = if list.is_empty() { String::new() } else { format!("{list}\n") };
    diff(env, words, database).stdout(&line).stderr(&format!("{summary}\n")).success();
}

const NONE: &str = "0 modules to update";

fn export(env: &Env) {
    env.oca(&["export", "-q", "--force", "out"]).success();
}

const EXPORTED: [&str; 4] = ["out/web/web_a", "out/web/web_b", "out/web/web_c", "out/dms/dms"];

#[test]
fn modules_with_another_checksum_or_none_are_listed() {
    let env = Env::new();
    let [web, _] = committed(&env, &MODULES);
    export(&env);
    let database = database(&env, &EXPORTED[..3], &["dms"]);
    assert_list(&env, &[], &database, "dms", "1 module to update: no stored checksum");
    web.branch("18.0")
        .file("web_a/models/a.py", "x")
        .file("web_b/README.rst", "click-odoo-update does not leave it out")
        .file("web_c/static/x.js", "x")
        .file("web_c/tests/test_c.py", "x")
        .file("web_c/i18n/web_c.pot", "x")
        .file("web_c/i18n/de.po", "x")
        .module("web_new", &[])
        .commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let summary = "3 modules to update: 2 with another checksum, 1 without a stored one";
    assert_list(&env, &[], &database, "dms,web_a,web_b", summary);
    // What is in the cache needs no server. The old lock is not read: there need not be one.
    env.remove_remotes();
    env.commit_all("Upgrade");
    assert_list(&env, &["nothing", "HEAD"], &database, "dms,web_a,web_b", summary);
    assert_list(&env, &["HEAD", "HEAD~1"], &database, "dms", "1 module to update: no stored checksum");
    env.write("db.json", database.to_string());
    env.oca(&["diff", "--format", "update", "--installed", "db.json", "-q", "--exit-code", "-o", "list"])
        .status(1);
    env.assert_file("list", "dms,web_a,web_b\n");
}

#[test]
fn languages_and_patterns_of_the_database_count() {
    let env = Env::new();
    let [web, _] = committed(&env, &MODULES);
    export(&env);
    let mut database = database(&env, &EXPORTED[..3], &[]);
    web.branch("18.0")
        .file("web_a/i18n/fr_CA.po", "x")
        .file("web_b/static/src/x.js", "x")
        .file("web_c/readme/x.md", "x")
        .commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let changed = |count| format!("{count} to update: another checksum");
    assert_list(&env, &[], &database, "web_c", &changed("1 module"));
    database["languages"] = json!(["en_US", "fr_BE"]);
    assert_list(&env, &[], &database, "web_a,web_c", &changed("2 modules"));
    database["exclude_patterns"] = json!("readme/*, i18n/fr*");
    assert_list(&env, &[], &database, "web_b", &changed("1 module"));
}

#[test]
fn merges_count() {
    let env = Env::new();
    let [web, _] = committed(&env, &MODULES);
    web.pull(7).from(&web.commit_of("18.0")).file("web_b/models/b.py", "x").commit();
    export(&env);
    let database = database(&env, &EXPORTED, &[]);
    env.locked(&format!("{BOTH}[repos.web]\nmerges = [\"#7\"]\n"));
    assert_list(&env, &[], &database, "web_b", "1 module to update: another checksum");
    export(&env);
    let database = self::database(&env, &EXPORTED, &[]);
    std::fs::remove_dir_all(env.cache()).expect("a cache");
    assert_list(&env, &[], &database, "", NONE);
}

#[test]
fn what_is_missing_is_fetched_in_few_requests() {
    let env = Env::new();
    let web = Remote::new(&env, "web");
    let names: Vec<String> = (0..9).map(|number| format!("web_{number}")).collect();
    let modules = names.iter().fold(web.branch("18.0"), |draft, name| draft.module(name, &[]));
    let modules = modules.file("web_1/static/x.js", "x").symlink("web_1/a.py", "__manifest__.py");
    modules.file("web_2/README.rst", "an export leaves it out").commit();
    let server = Server::start(&env);
    env.declare_repos_with(&server.base(), &["web"], "[export]\ndrop = [\"readme\"]\n");
    env.lock();
    export(&env);
    let exported: Vec<String> = names.iter().map(|name| format!("out/web/{name}")).collect();
    let exported: Vec<&str> = exported.iter().map(String::as_str).collect();
    let mut database = database(&env, &exported, &[]);
    fs::remove_dir_all(env.cache()).expect("a cache");
    let before = server.count("upload-pack fetch");
    assert_list(&env, &[], &database, "", NONE);
    assert_eq!(server.count("upload-pack fetch"), before + 3, "trees, symlinks, and all other files");
    assert_list(&env, &["--offline"], &database, "", NONE);
    // The list does not depend on files that only explain it.
    database["checksums"]["web_2"] = "0".repeat(40).into();
    let changed = "1 module to update: another checksum";
    assert_list(&env, &["--offline"], &database, "web_2", changed);
    fs::remove_dir_all(env.cache()).expect("a cache");
    server.fault("/web.git", 9, Fault::Status(404));
    diff(&env, &[], &database).stderr_contains("error: cannot fetch `web`").status(3);
}

#[test]
fn the_files_of_an_export_are_compared_unless_checkouts_are_named() {
    let env = Env::new();
    let [web, _] = committed(&env, &MODULES);
    let draft = web.branch("18.0").file("web_a/readme/x.md", "x").file("web_b/README.rst", "x");
    draft.file("web_c/i18n/de.po", "x").commit();
    env.locked(&format!("[export]\ndrop = [\"readme\", \"tests\"]\nlanguages = [\"fr\"]\n{BOTH}"));
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.oca(&["sync", "-q"]).success();
    env.oca(&["export", "-q", "out"]).success();
    let mut of_checkouts =
        database(&env, &["oca/web/web_a", "oca/web/web_b", "oca/web/web_c", "oca/dms/dms"], &[]);
    let of_export = database(&env, &EXPORTED, &[]);
    assert_list(&env, &[], &of_export, "", NONE);
    assert_list(&env, &["--checkouts"], &of_checkouts, "", NONE);
    diff(&env, &[], &of_checkouts)
        .stdout("web_a,web_b\n")
        .stderr(
            "warning: 2 modules would be updated only because `[export]` leaves files out, as their stored checksums are those of a checkout: `web_a`, `web_b`\n\
             hint: if the database runs on checkouts, add `--checkouts`\n\
             2 modules to update: another checksum\n",
        )
        .success();
    diff(&env, &["--checkouts"], &of_export)
        .stdout("web_a,web_b\n")
        .stderr(
            "warning: the stored checksums of 2 modules are those of an export: `web_a`, `web_b`\n\
             hint: if the database runs on an export, leave out `--checkouts`\n\
             2 modules to update: another checksum\n",
        )
        .success();
    // A checkout has modules that the profile does not select.
    env.locked("[profiles.standard]\nrepos = [\"web\"]\nmodules = [\"web_a\"]\n");
    of_checkouts["modules"] = json!(["web_a", "web_b"]);
    assert_list(&env, &["--checkouts"], &of_checkouts, "", NONE);
    diff(&env, &[], &of_checkouts)
        .stderr(&format!("warning: neither the lock nor your own directories have 1 installed module, so it is not in the list: `web_b`\n{NONE}\n"))
        .success();
}

#[test]
fn own_modules_are_compared_as_the_new_side_has_them() {
    let env = Env::new();
    committed(&env, &MODULES);
    env.locked(&format!("[[local]]\npath = \"addons\"\n{BOTH}"));
    for module in ["mine", "other", "idle"] {
        env.own_module(&format!("addons/{module}"), "{}");
    }
    env.write(".gitignore", "*.swp\nodd.log\n");
    env.commit_all("Own modules");
    let database = database(&env, &["addons/mine", "addons/other", "addons/idle"], &[]);
    env.write("addons/idle/.models.py.swp", "x");
    env.write("addons/idle/static/x", "x");
    env.write("addons/idle/__pycache__/x.pyc", "x");
    assert_list(&env, &[], &database, "", NONE);
    env.write("addons/mine/models/b.py", "x");
    assert_list(&env, &[], &database, "mine", "1 module to update: another checksum");
    assert_list(&env, &["HEAD", "HEAD"], &database, "", NONE);
    // A file that git tracks counts, although it is ignored.
    env.write("addons/other/odd.log", "x");
    env.git(".", &["add", "-f", "addons/other/odd.log"]);
    env.commit_all("More");
    let changed = "2 modules to update: another checksum";
    for words in [&[][..], &["HEAD", "HEAD"]] {
        assert_list(&env, words, &database, "mine,other", changed);
    }
    // Without git, everything on the disk counts.
    std::fs::remove_dir_all(env.project().join(".git")).expect("a repository");
    assert_list(&env, &[], &database, "idle,mine,other", "3 modules to update: another checksum");
    env.write("new.json", env.read("oca.lock.json"));
    diff(&env, &["old.json", "new.json"], &database)
        .stderr_contains("warning: your own modules are not compared, because the new lock is not from git: add those that changed to the list\n")
        .stderr_contains("warning: neither the lock nor your own directories have 3 installed modules, so they are not in the list: `idle`, `mine`, `other`\n")
        .success();
}

#[cfg(unix)]
#[test]
fn symlinks_have_the_content_to_which_they_lead() {
    use std::os::unix::fs::symlink;

    let env = Env::new();
    let [web, _] = committed(&env, &MODULES);
    let draft =
        web.branch("18.0").file("shared/x.py", "shared").file("web_a/b.py", "b").executable("web_a/b.py");
    let draft =
        draft.symlink("web_a/a.py", "lib/../b.py").file("web_a/lib/c.py", "c").symlink("web_a/more", "lib");
    draft
        .file("web_a/.gitignore", "x")
        .file("web_a/crlf.py", "a\r\n")
        .symlink("web_b/x.py", "../shared/x.py")
        .commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.oca(&["sync", "-q"]).success();
    let here = ["oca/web/web_a", "oca/web/web_b"];
    assert_list(&env, &["--checkouts"], &database(&env, &here, &[]), "", NONE);
    env.locked(&format!("[[local]]\npath = \"addons\"\n{BOTH}"));
    env.own_module("addons/mine", "{}");
    env.write("addons/shared.py", "x");
    env.write("addons/mine/lib/b.py", "x");
    for (path, target) in [("a.py", "lib/b.py"), ("x.py", "../shared.py"), ("more", "lib")] {
        symlink(target, env.project().join("addons/mine").join(path)).expect("a link");
    }
    env.commit_all("Own modules");
    let with_own = database(&env, &[&here[..], &["addons/mine"]].concat(), &[]);
    for words in [&["--checkouts"][..], &["--checkouts", "HEAD", "HEAD"]] {
        assert_list(&env, words, &with_own, "", NONE);
    }
    // click-odoo-update fails at a symlink that leads nowhere, unless its patterns leave it out.
    let dead =
        web.branch("18.0").symlink("web_a/dead.py", "nowhere").symlink("web_c/static/dead.js", "nowhere");
    dead.commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    symlink("nowhere", env.project().join("addons/mine/dead.py")).expect("a link");
    diff(&env, &["--checkouts"], &with_own)
        .stdout("mine,web_a\n")
        .stderr(
            "warning: `[TEMP]/project/addons`: the checksum of `mine` is not known, so it is in the list; click-odoo-update may fail at it: the symlink `dead.py` leads nowhere\n\
             warning: `web`: the checksum of `web_a` is not known, so it is in the list; click-odoo-update may fail at it: the symlink `dead.py` leads nowhere\n\
             2 modules to update: another checksum\n",
        )
        .success();
}

#[test]
fn modules_of_odoo_count_if_their_checksums_are_stored() {
    let env = Env::new();
    let odoo = Remote::new(&env, "odoo");
    odoo.branch("18.0")
        .file("odoo-bin", "")
        .file("odoo/release.py", "version_info = (18, 0, 0, 'final', 0, '')\n")
        .module("odoo/addons/base", &[])
        .file("odoo/addons/base/README.md", "of base, an export leaves out only translations")
        .module("addons/web", &[])
        .file("addons/web/README.md", "x")
        .module("addons/mail", &[])
        .commit();
    let [web, _] = committed(&env, &MODULES);
    let core = "[core]\nurl = \"../remotes/odoo\"\n[export]\ndrop = [\"readme\"]\n";
    env.locked(&format!("{core}{BOTH}"));
    export(&env);
    env.oca(&["export", "-q", "--core", "core"]).success();
    let here = ["core/odoo/odoo/addons/base", "core/odoo/addons/web", "core/odoo/addons/mail"];
    let with_core = database(&env, &[&here[..], &EXPORTED].concat(), &[]);
    assert_list(&env, &[], &with_core, "", NONE);
    odoo.branch("18.0").file("addons/mail/models.py", "x").file("addons/web/static/x.js", "x").commit();
    web.branch("18.0").file("web_a/models.py", "x").commit();
    env.oca(&["lock", "-q", "--upgrade", "--core"]).success();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    assert_list(&env, &[], &with_core, "mail,web_a", "2 modules to update: another checksum");
    // The lock has Odoo, so what it does not have is gone.
    let mut gone = with_core.clone();
    gone["modules"] = json!(["base", "sale"]);
    gone["checksums"]["sale"] = "0".repeat(40).into();
    diff(&env, &[], &gone)
        .stderr(&format!("warning: neither the lock nor your own directories have 1 installed module, so it is not in the list: `sale`\n{NONE}\n"))
        .success();
    // With `--ignore-core-addons`, no checksums of them are stored.
    let without = database(&env, &EXPORTED, &["base", "mail", "web"]);
    assert_list(&env, &[], &without, "web_a", "1 module to update: another checksum");
    env.locked(BOTH);
    diff(&env, &[], &with_core)
        .stdout("web_a\n")
        .stderr("warning: 3 installed modules of Odoo itself are not compared, because the lock does not have Odoo: `base`, `mail`, `web`\n1 module to update: another checksum\n")
        .success();
    // click-odoo-update never ran.
    let mut never = without;
    never["checksums"] = Value::Null;
    let summary = "7 modules to update: no stored checksum";
    assert_list(&env, &[], &never, "base,dms,mail,web,web_a,web_b,web_c", summary);
}

#[test]
fn bare_checksums_are_enough_but_say_less() {
    let env = Env::new();
    let [web, _] = committed(&env, &MODULES);
    web.branch("18.0").file("web_a/i18n/fr.po", "x").file("web_b/i18n/de.po", "x").commit();
    env.locked(&format!("[export]\nlanguages = [\"fr\"]\n{BOTH}"));
    env.oca(&["lock", "-q", "--upgrade"]).success();
    export(&env);
    let mut checksums = database(&env, &EXPORTED[1..3], &[])["checksums"].clone();
    checksums["web_a"] = addon_hash(&env.project().join(EXPORTED[0]), &["en", "fr"]).into();
    checksums["dms"] = false.into();
    diff(&env, &[], &checksums)
        .stdout("dms\n")
        .stderr(
            "warning: the languages of the database are not given, so these are assumed: `en_US`, `fr`\n\
             warning: the installed modules are not given, so those that were installed since the last update are not in the list\n\
             hint: docs/updating.md has the line for psql that prints all of it\n\
             1 module to update: no stored checksum\n",
        )
        .success();
}
