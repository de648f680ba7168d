//! The errors of the rooms, as a command shows them.

use super::super::*;
use super::{config_file, full_disk, lock_file, pin, shown};
use crate::config::{Config, ConfigProblem, Error as ConfigError};
use crate::export::{Error as ExportError, Kind};
use crate::lock::StepFault;
use crate::lock::{Error as LockError, Seal, Twice};
use crate::patch;
use crate::repo::samples::{commit, every_variant, name};
use crate::repo::{CorePart, MergeSource};

fn known() -> Vec<String> {
    vec!["standard".to_owned(), "lean".to_owned()]
}

/// The problems of a file with two mistakes.
fn refused() -> Vec<ConfigProblem> {
    let running = semver::Version::new(0, 1, 0);
    let files = (&*config_file(), "odoo = 18\nedition = \"pro\"\n");
    match Config::parse(files, (&lock_file(), ""), &running) {
        Err(ConfigError::Refused { problems }) => problems,
        other => panic!("not refused: {}", other.is_ok()),
    }
}

#[test]
fn every_error_of_the_configuration_has_its_words() {
    let errors = every_variant!(ConfigError:
        Missing { file: config_file() },
        Unreadable(full_disk()),
        Conflicted { file: config_file(), line: 3 },
        NotUtf8 { file: config_file(), line: 3 },
        Syntax { file: config_file(), line: 3, message: "expected `=`".to_owned() },
        RequiresOca { file: config_file(), line: 2, required: ">=2".to_owned(), running: "1.0.0".to_owned() },
        Refused { problems: refused() },
        Uneditable { file: config_file(), table: "repos.web".to_owned() },
        UnknownProfile { file: config_file(), name: "test".to_owned(), known: known() },
        NoDefaultProfile { file: config_file(), known: known() },
        NoProfiles { file: config_file() };
        ConfigError::UnknownProfile { file: config_file(), name: "standrad".to_owned(), known: known() }
    );
    insta::assert_snapshot!(shown(errors), @r#"
    2 there is no `repos.toml`
      hint: run `oca init`
    2 cannot write `oca/web`
      caused by: no space left
    2 `repos.toml` contains git's conflict markers at line 3
      hint: edit the file so that it has the lines you want, then run `oca lock`
    2 `repos.toml` is not UTF-8 at line 3
      hint: save the file as UTF-8
    2 `repos.toml` is not valid TOML at line 3: expected `=`
    2 `repos.toml` at line 2 requires oca `>=2`, and this is oca 1.0.0
      hint: install a version of oca that matches `>=2`
    2 the configuration has 2 errors
      wrong type for `odoo` in `repos.toml` at line 1: expected a string, found a number
        hint: write `odoo = "18"`
      bad value for `edition` in `repos.toml` at line 2: `pro` is not one of the allowed values
        hint: the allowed values are `community`, `enterprise`
    2 the table `repos.web` in `repos.toml` is written in a way that oca cannot edit
      hint: write it as `[repos.web]`
    2 there is no profile `test` in `repos.toml`
      hint: the profiles are `standard`, `lean`
    2 `repos.toml` has several profiles and no `default-profile`
      hint: use `--profile` with one of `standard`, `lean`, or set `default-profile`
    2 `repos.toml` declares no profile
      hint: add `[profiles.standard]` with `repos = ["web"]`
    2 there is no profile `standrad` in `repos.toml`
      hint: did you mean `standard`?
    "#);
}

fn twice(merge: Option<MergeSource>, why: Option<&str>) -> Box<Twice> {
    let dispute = Dispute { pin: pin(), merge, ours: commit(0xaa), theirs: commit(0xbb) };
    Box::new(Twice { name: name("web"), dispute: Some(dispute), why: why.map(str::to_owned) })
}

fn declared_twice(why: Option<&str>) -> Box<Twice> {
    Box::new(Twice { name: name("web"), dispute: None, why: why.map(str::to_owned) })
}

#[test]
fn every_error_of_the_lock_has_its_words() {
    let errors = every_variant!(LockError:
        Conflicted { file: lock_file(), line: 12 },
        Unmerged { file: lock_file() },
        Garbled { file: lock_file(), why: "expected `,` at line 7".to_owned() },
        Edited { file: lock_file(), entries: vec![(name("web"), Seal::Broken)], profiles: Vec::new() },
        Twice { file: lock_file(), twice: twice(None, None) },
        Dangling { file: lock_file(), profile: "standard".to_owned(), key: "web@18.0".to_owned() },
        TooNew { file: lock_file(), found: 9 },
        Foreign { file: lock_file(), found: "v2".to_owned() },
        Truncated { file: lock_file(), line: 40 },
        Malformed { file: lock_file(), why: "unknown field `x` at line 7".to_owned() },
        TooLarge { file: lock_file(), bytes: 70 << 20 },
        Unwritable { file: lock_file(), why: "its content would change".to_owned() },
        Step { file: "oca.lock.d/web/01-2950.patch".into(), fault: StepFault::Edited },
        File(full_disk());
        LockError::Step { file: "oca.lock.d/web/01-2950.patch".into(), fault: StepFault::Missing },
        LockError::Step { file: "oca.lock.d/web/01-2950.patch".into(), fault: StepFault::Whitespace },
        LockError::Step { file: "oca.lock.d/web/01-2950.patch".into(), fault: StepFault::Stray },
        LockError::Step { file: "oca.lock.d".into(), fault: StepFault::Link },
        LockError::Step { file: "oca.lock.d/web/01-2950.patch".into(), fault: StepFault::NoStep(patch::Error::TooLarge { limit: 256 }) },
        LockError::Twice { file: lock_file(), twice: twice(Some(MergeSource::request(2950)), Some("duplicate field `commit` at line 12")) },
        LockError::Twice { file: lock_file(), twice: declared_twice(None) },
        LockError::Twice { file: lock_file(), twice: declared_twice(Some("duplicate field `merges` at line 12")) },
        LockError::Edited { file: lock_file(), entries: vec![(name("web"), Seal::PinOnly)], profiles: Vec::new() },
        LockError::Edited { file: lock_file(), entries: Vec::new(), profiles: vec![("lean".to_owned(), Seal::Broken)] }
    );
    insta::assert_snapshot!(shown(errors), @r"
    2 `oca.lock.json` contains git's conflict markers at line 12
      hint: run `oca lock`; it keeps every commit on which both sides agree
    2 `oca.lock.json` is not merged: git left only our side in it
      hint: run `oca lock`; it merges both sides
    2 `oca.lock.json` is not merged, and what is in it is not a lock: expected `,` at line 7
      hint: run `oca lock`; it merges both sides
    1 `oca.lock.json` was edited: the entry of `web` does not match its digest
      hint: run `oca lock`; it reads these entries again from their commits
    1 `oca.lock.json` was edited: it has two entries for `web`, at `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` and at `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`
      hint: run `oca lock`; it takes the newer commit if it contains the other one. To choose, run `oca lock --ours web` for the first of the two, or `oca lock --theirs web` for the last
    1 `oca.lock.json` was edited: profile `standard` names `web@18.0`, but there is no such entry
      hint: run `oca lock`
    2 `oca.lock.json` has format version 9; this oca reads version 1
      hint: update oca, or delete the file and run `oca lock`
    2 `oca.lock.json` is a lock of another tool: its version is `v2`
      hint: move the file away and run `oca lock`
    2 `oca.lock.json` is cut off at line 40
      hint: restore the file from git, or delete it and run `oca lock`
    2 `oca.lock.json` is not a lock that oca wrote: unknown field `x` at line 7
      hint: restore the file from git, or delete it and run `oca lock`
    2 `oca.lock.json` is too large for a lock: it has 70 MiB
      hint: move the file away and run `oca lock`
    2 `oca.lock.json` was not written, because oca could not read it again: its content would change
      hint: please report it at https://github.com/oca-lock/oca/issues, with this line
    1 `oca.lock.d/web/01-2950.patch` was edited
      hint: restore it with `git checkout -- oca.lock.d`, or run `oca lock` to make it again
    2 cannot write `oca/web`
      caused by: no space left
    1 `oca.lock.d/web/01-2950.patch` is missing
      hint: restore it with `git checkout -- oca.lock.d`; if it was never committed, run `git add oca.lock.d` in the clone that has it, and commit it; in the build of an image, add `!oca.lock.d` to `.dockerignore`; `oca lock` makes it again
    1 `oca.lock.d/web/01-2950.patch` was changed by a pre-commit hook or by `core.autocrlf`: only blanks and line ends differ
      hint: exclude `^oca\.lock\.d/` in `.pre-commit-config.yaml`, and run `oca lock` to make it again; `oca.lock.d/.gitattributes` must be committed, too
    1 `oca.lock.d/web/01-2950.patch` belongs to no step of the lock
      hint: run `oca lock`; it removes the file
    1 `oca.lock.d` is a symlink
      hint: replace the symlink by a directory
    1 `oca.lock.d/web/01-2950.patch` is not a step that oca wrote: the patch has more than 256 MiB
      hint: run `oca lock --check --upstream` to check the whole lock
    1 `oca.lock.json` was edited: it has two commits for `web#2950`, `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` and `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`: duplicate field `commit` at line 12
      hint: run `oca lock`; it takes the newer commit if it contains the other one. To choose, run `oca lock --ours web` for the first of the two, or `oca lock --theirs web` for the last
    1 `oca.lock.json` was edited: it has two entries for `web`, and what is declared for it differs
      hint: run `oca lock`; it merges both sides
    1 `oca.lock.json` was edited: it has what two sides of a merge declare for `web`: duplicate field `merges` at line 12
      hint: run `oca lock`; it merges both sides
    1 `oca.lock.json` is not complete: the entry of `web` has only a commit
      hint: run `oca lock`; it reads the modules of these commits
    1 `oca.lock.json` was edited: profile `lean` does not match its digest
      hint: run `oca lock`; it computes these profiles again from `repos.toml`
    ");
}

#[test]
fn every_error_of_an_export_has_its_words() {
    let (dest, path) = (|| "out".into(), || "web_x".to_owned());
    let errors = every_variant!(ExportError:
        BadManifest { file: "out/oca.json".into(), why: "unknown field `x`".to_owned() },
        CoreLinkOutside { path: "addons/web/link".to_owned(), target: "../../../x".to_owned() },
        InCore(Box::new(ExportError::Gitlink { path: path() })),
        Foreign { dest: dest() },
        Gitlink { path: path() },
        Guarded { dest: dest(), what: "a checkout" },
        LinkOutside { path: "web_x/link".to_owned(), target: "../../x".to_owned() },
        LinkLeftOut { path: "odoo-bin".to_owned(), target: "setup/odoo".to_owned() },
        LinkTooLong { path: "web_x/link".to_owned() },
        ManifestTooNew { file: "out/oca.json".into(), found: 9 },
        NoCheckout { path: "web/web_x".into() },
        NoModule { path: path() },
        NotADirectory { dest: dest() },
        OtherKind { dest: dest(), found: Kind::Core },
        Store { why: "object not found".to_owned() },
        Stranger { dest: dest(), path: "notes.txt".into() },
        WrongTree { path: path() },
        File(full_disk()),
        Objects(UnreadableTree::damaged("web_x", "object not found"))
    );
    insta::assert_snapshot!(shown(errors), @r"
    2 `out/oca.json` is not a manifest that oca wrote: unknown field `x`
      hint: update oca, or use `--force` to export again
    2 the symlink `addons/web/link` points outside its repository, to `../../../x`
      hint: correct it with `patches` in `[core]`, or in a fork and set `url` to the fork
    2 `web_x` is a submodule, and an export cannot contain submodules
      hint: correct it with `patches` in `[core]`, or in a fork and set `url` to the fork
    2 `out` is not empty and is not an export of oca
      hint: use another directory, or use `--force` to delete its content
    2 `web_x` is a submodule, and an export cannot contain submodules
      hint: set `modules` without this module, or correct it in a fork and set `url` to the fork
    2 `out` cannot be replaced: it is a checkout, or contains it
      hint: use another directory
    2 the symlink `web_x/link` points outside its module, to `../../x`
      hint: set `modules` without this module, or correct it in a fork and set `url` to the fork
    2 the symlink `odoo-bin` points to `setup/odoo`, which an export of Odoo does not have
      hint: if it leads to modules, name their directory in `addons` of `[core]`; otherwise put the file itself in its place, with `patches` or in a fork
    2 the target of the symlink `web_x/link` is too long
      hint: set `modules` without this module, or correct it in a fork and set `url` to the fork
    2 `out/oca.json` has format version 9, which this oca cannot read
      hint: update oca, or use `--force` to export again
    1 there is no checkout that contains `web/web_x`
      hint: run `oca sync`
    2 `web_x` is not a directory in the locked tree
    2 `out` is not a directory
      hint: use another directory
    2 `out` is an export of Odoo itself, and would be replaced by one of modules
      hint: use another directory: modules and Odoo itself need one each; or use `--force` to replace it
    2 the store cannot be read: object not found
    1 `out` contains `notes.txt`, which oca did not write
      hint: move it away, or use `--force` to delete it
    2 the directory `web_x` does not match its tree id
    2 cannot write `oca/web`
      caused by: no space left
    2 cannot read `web_x`: object not found
    ");
}

#[test]
fn every_unreadable_tree_has_its_words() {
    let (path, why) = (|| "web_x".to_owned(), || "two entries have this name".to_owned());
    let errors = every_variant!(UnreadableTree:
        Damaged { path: path(), why: "object not found".to_owned() },
        Impossible { path: path(), why: why() }
    );
    let in_folder = errors.iter().map(|error| Error::UnreadableFolder { error: error.clone() });
    insta::assert_snapshot!(shown(in_folder.collect()), @r"
    2 cannot read `web_x`: object not found
    2 `web_x` cannot be checked out: two entries have this name
    ");
    let in_export = errors.iter().map(|error| Error::Export(error.clone().into()));
    insta::assert_snapshot!(shown(in_export.collect()), @r"
    2 cannot read `web_x`: object not found
    2 `web_x` cannot be checked out: two entries have this name
    ");
    let in_git = errors.into_iter().map(|error| Error::Git(error.into()));
    insta::assert_snapshot!(shown::<Error>(in_git.collect()), @r"
    3 the cache is damaged: cannot read `web_x`: object not found
      hint: run `oca cache clean` and try again
    3 `web_x` cannot be checked out: two entries have this name
      hint: tell the maintainers of the repository, and pin an older commit
    ");
}

#[test]
fn every_refused_edit_has_its_words() {
    let (profile, web) = (|| "standard".to_owned(), || name("web"));
    let module = || "web_x".to_owned();
    let errors = every_variant!(EditError:
        InCore { part: CorePart::Enterprise },
        SecondCore { name: web(), part: CorePart::Odoo, url: "https://github.com/odoo/odoo.git".to_owned() },
        PartOfCore { name: web(), part: CorePart::Themes },
        Inherited { profile: "lean".to_owned(), name: web(), from: profile() },
        InheritedModule { profile: "lean".to_owned(), module: module(), from: profile() },
        ModuleAsRepo { module: module(), repo: web() },
        NotAsked { profile: profile(), module: module(), why: NotAskedWhy::Needed },
        OtherBranch {
            name: web(),
            header: "repos.web".to_owned(),
            branch: "17.0".to_owned(),
            wanted: crate::repo::Reference::Branch("18.0".to_owned()),
        },
        PastedTag { name: web(), tag: "v1".to_owned() },
        PastedCommit { name: web(), commit: commit(0xaa) },
        Lacks { name: web(), module: module() },
        ModuleOfSeveral {},
        NotInProfile { profile: profile(), name: web(), known: vec!["dms".to_owned()] },
        OtherVersion {
            list: "`modules` of `web`".to_owned(),
            there: "web_x >=1".to_owned(),
            wanted: "web_x >=2".to_owned(),
        },
        OtherUrl { name: web(), header: "core".to_owned(), known: "https://github.com/OCA/web.git".to_owned() },
        PinLacks { name: web(), module: module() },
        SeveralRepos { module: module(), repos: vec![web(), name("dms")] },
        VersionOfWhole { wanted: "web_x >=2".to_owned(), profile: profile(), name: web() }
    );
    insta::assert_snapshot!(shown(errors), @r#"
    2 `enterprise` is declared in `[core]`, not in a profile
      hint: delete `enterprise` of `[core]` in `repos.toml`
    2 `web` is Odoo itself, and `[core]` declares `odoo` already, at `https://github.com/odoo/odoo.git`
      hint: to use another Odoo, edit `url` of `[core]`
    2 `web` is part of Odoo itself, so `[core]` is the place for it
      hint: write `themes` with its url, or `{}`, into `[core]`
    2 profile `lean` inherits `web` from profile `standard`
      hint: run `oca remove web --profile standard`, or leave out `--profile` to remove it everywhere
    2 profile `lean` has `web_x` from `modules` of profile `standard`, which it extends
      hint: run `oca remove --module web_x --profile standard`
    2 `web_x` is a module of `web`, not a repository
      hint: run `oca add --module web_x`
    2 `web_x` is in no list `modules` of profile `standard`; it is selected because other modules need it
      hint: run `oca why web_x`
    2 this is the address of branch `17.0` of `web`, but the profile wants branch `18.0`
      hint: run `oca add web`, or write `branch = "17.0"` into `[repos.web]`
    2 this is the address of tag `v1` of `web`
      hint: run `oca add web`, then write `tag = "v1"` into `[repos.web]`
    2 this is the address of a commit of `web`
      hint: run `oca add web`, then `oca lock web@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
    1 `web` has no module `web_x` at the locked commit
      hint: if the module is new, run `oca lock --upgrade web`; otherwise run `oca find web_x`
    2 `--module` selects modules of one repository, but several are named
      hint: add the other repositories with a second command
    2 profile `standard` has no repository `web`
      hint: its repositories are `dms`
    2 `modules` of `web` already has `web_x >=1`
      hint: replace it with `web_x >=2` in `repos.toml`
    2 `web` has the url `https://github.com/OCA/web.git` in `repos.toml`
      hint: to use another url, edit `url` of `[core]`
    1 `web` has `web_x` on its branch, but not at the locked commit
      hint: run `oca lock --upgrade web`
    2 several repositories have `web_x`: `web`, `dms`
      hint: choose one: `oca add NAME --module web_x`
    2 `web_x >=2` asks for a version, but profile `standard` uses all modules of `web`
      hint: leave out the version, or set `modules` for the profile or the repository
    "#);
}
