//! `oca export --layers`: one directory for each profile of the chain, copied over each other.

use std::fs;
use std::path::PathBuf;

use crate::env::Env;
use crate::export::{image, paths};
use crate::project::{modules_repository, repository};

/// `standard`, and `parity` with one repository more.
const CHAIN: &str = "[profiles.standard]\nrepos = [\"web\"]\n\
    [profiles.parity]\nextends = [\"standard\"]\nrepos = [\"dms\"]\n";

/// Exports a profile in layers, and copies them in the order printed into `image`.
fn copied(env: &Env, profile: &str) -> PathBuf {
    let layers = env.oca(&["-p", profile, "export", "--layers", "../dist"]).output().stdout;
    let image = env.root().join("image");
    let _old = fs::remove_dir_all(&image);
    fs::create_dir(&image).expect("a directory");
    for layer in layers.lines() {
        let source = format!("{}/.", layer.replace("[TEMP]", &env.root().to_string_lossy()));
        let copied = env.command("cp").args(["-a", &source]).arg(&image).status().expect("cp");
        assert!(copied.success());
    }
    image
}

/// What is copied is what `oca export` gives, and what the lock says.
fn assert_whole(env: &Env, profile: &str) {
    let image_of_layers = copied(env, profile);
    env.oca(&["-q", "-p", profile, "export", "../alone"]).success();
    assert_eq!(image(&image_of_layers), image(&env.root().join("alone")));
    env.oca(&["-p", profile, "verify", "../image"]).stderr_contains("as locked").success();
}

#[test]
fn the_first_layer_is_the_export_of_the_extended_profile() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    repository(&env, "dms", &["dms"]);
    env.locked(CHAIN);
    env.oca(&["-p", "parity", "export", "--layers", "../dist"])
        .stdout("[TEMP]/dist/standard\n[TEMP]/dist/parity\n")
        .stderr_contains("layer `standard`: 2 files in `[TEMP]/dist/standard`\n")
        .stderr_contains("layer `parity`: 2 files in `[TEMP]/dist/parity`\n")
        .success();
    env.oca(&["-q", "-p", "standard", "export", "../alone"]).success();
    let dist = env.root().join("dist");
    assert_eq!(image(&dist.join("standard")), image(&env.root().join("alone")));
    let added = paths(&dist.join("parity"));
    assert!(added.iter().all(|path| path.starts_with('.') || path.starts_with("dms")), "{added:?}");
    assert_whole(&env, "parity");
    assert_whole(&env, "standard");
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_is_not_utf_8_can_be_reported() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    repository(&env, "dms", &["dms"]);
    env.locked(CHAIN);
    env.oca(&["-q", "-p", "standard", "export", "--layers", "--format", "json"])
        .arg(OsStr::from_bytes(b"../caf\xe9"))
        .stdout_contains("\"path\": \"[TEMP]/caf\u{fffd}/standard\"")
        .success();
    assert!(env.root().join(OsStr::from_bytes(b"caf\xe9/standard/web/web_x")).is_dir());
}

#[test]
fn a_repository_can_be_in_two_layers_with_other_modules() {
    let env = Env::new();
    let web = modules_repository(&env, "web", &[("web_x", ""), ("web_y", ""), ("web_z", "web_y")]);
    web.branch("18.0").file("LICENSE", "AGPL\n").commit();
    for layout in ["repos", "flat"] {
        env.locked(&format!(
            "image = {{ layout = \"{layout}\" }}\n\
             [profiles.standard]\nrepos = [\"web\"]\nmodules = [\"web_y\"]\n\
             [profiles.parity]\nextends = [\"standard\"]\nmodules = [\"web_x\"]\n\
             [profiles.all]\nextends = [\"parity\"]\nmodules = [\"web_z\"]\n"
        ));
        assert_whole(&env, "all");
        let of = |layer: &str| paths(&env.root().join("dist").join(layer));
        let has = |layer: &str, name: &str| of(layer).iter().any(|path| path.contains(name));
        assert!(has("standard", "web_y") && has("standard", "LICENSE") && !has("standard", "web_x"));
        assert!(has("parity", "web_x") && !has("parity", "LICENSE") && !has("parity", "web_y"));
        assert!(has("all", "web_z") && !has("all", "web_y"));
        fs::remove_dir_all(env.root().join("dist")).expect("the layers");
    }
}

#[test]
fn a_profile_that_is_not_part_of_the_other_gives_no_layer() {
    let env = Env::new();
    repository(&env, "web", &["web_x", "web_y"]);
    repository(&env, "dms", &["dms"]).branch("17.0").module("dms", &[]).commit();
    let cases = [
        ("export = { drop = [\"readme\"] }", "its `[export]` is different"),
        ("image = { layout = \"flat\" }", "its `layout` in `[image]` is different"),
        ("override.web = { modules = [\"web_y\"] }", "it does not have `web/web_x`"),
        (
            "path = \"oca-other\"\noverride.dms = { branch = \"17.0\" }",
            "it does not have `dms` at the same pin",
        ),
    ];
    for (line, why) in cases {
        env.locked(&format!(
            "[profiles.standard]\nrepos = [\"web\", \"dms\"]\n\
             [profiles.other]\nextends = [\"standard\"]\n{line}\n"
        ));
        env.oca(&["-p", "other", "export", "--layers", "../dist"])
            .stdout("[TEMP]/dist/other\n")
            .stderr_contains(&format!("profile `standard` cannot be a layer under `other`: {why}\n"))
            .success();
        assert_whole(&env, "other");
    }
}

#[test]
fn a_layer_of_the_child_changes_no_byte_of_the_parent() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    let dms = repository(&env, "dms", &["dms"]);
    env.locked(CHAIN);
    copied(&env, "parity");
    let standard = || image(&env.root().join("dist/standard"));
    let before = standard();
    dms.branch("18.0").module("dms_y", &[]).commit();
    env.oca(&["lock", "--upgrade", "-q"]).success();
    let after = copied(&env, "parity");
    assert_eq!(standard(), before);
    assert!(after.join("dms/dms_y").exists());
}

#[test]
fn a_layer_replaces_nothing_but_an_export() {
    let env = Env::new();
    repository(&env, "web", &["web_x"]);
    repository(&env, "dms", &["dms"]);
    env.locked(CHAIN);
    env.write("../dist/parity/mine.txt", "mine");
    env.oca(&["-p", "parity", "export", "--layers", "../dist"])
        .stderr_contains("error: `[TEMP]/dist/parity` is not empty and is not an export of oca\n")
        .status(2);
    assert!(!env.root().join("dist/standard").exists());
    env.oca(&["export", "--layers", "--link", "../dist"]).stderr_contains("cannot be used with").status(2);
    env.oca(&["-q", "-p", "parity", "export", "--layers", "--force", "--format", "json", "../dist"])
        .stdout_contains(
            "\"profile\": \"standard\",\n      \"path\": \"[TEMP]/dist/standard\",\n      \"files\": 2\n",
        )
        .success();
}
