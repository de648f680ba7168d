//! What the user asked for and cannot get: modules, and commits as pins.

use super::super::*;
use super::{config_file, pin, shown, unmet};
use crate::diff::BadDatabase;
use crate::plan::RefusedPin;
use crate::repo::Reference;
use crate::repo::samples::{commit, every_variant, name};
use crate::report::WhyUnmet;

#[test]
fn every_request_for_a_missing_module_says_how_to_correct_it() {
    let nowhere = |elsewhere: Option<&str>, near: Option<&str>, may_be_local| WhyUnmet::Nowhere {
        elsewhere: elsewhere.map(name),
        near: near.map(str::to_owned),
        may_be_local,
    };
    let reasons = every_variant!(WhyUnmet:
        Core {},
        Gone { repo: name("web") },
        Nowhere { elsewhere: None, near: None, may_be_local: false },
        Version { repo: name("web"), version: "18.0.1.0.0".to_owned(), compared: Some("1.0.0".to_owned()) };
        nowhere(None, None, true),
        nowhere(Some("dms"), None, false),
        nowhere(None, Some("web_y"), false)
    );
    let unmet = reasons.into_iter().map(|why| unmet(why, None)).collect();
    insta::assert_snapshot!(shown(vec![Error::Unmet { unmet }]), @r"
    2 profile `standard` asks for module `web_x`, but it is part of Odoo
      hint: delete it from `modules`: Odoo always has it
    2 profile `standard` asks for module `web_x`, but `web` no longer has it
      hint: run `oca remove --module web_x`, or leave `web` where it is: `oca upgrade` takes the names of the others
    2 profile `standard` asks for module `web_x`, but none of its repositories has it
      hint: correct the name, or run `oca find web_x` and add the repository that has it
    2 profile `standard` asks for `web_x`, but `web` has version 18.0.1.0.0, which counts as 1.0.0
      hint: run `oca lock --upgrade web`, or ask for another version
    2 profile `standard` asks for module `web_x`, but none of its repositories has it
      hint: if it is in a `[[local]]` directory, delete it from `modules`: those modules are always selected; otherwise run `oca find web_x` and add the repository that has it
    2 profile `standard` asks for module `web_x`, but none of its repositories has it
      hint: `dms` has it: add `dms` to the `repos` of the profile
    2 profile `standard` asks for module `web_x`, but none of its repositories has it
      hint: did you mean `web_y`?
    ");
}

#[test]
fn every_refused_comparison_has_its_words() {
    let series = |word| Series::parse(word).expect("a series");
    let errors = every_variant!(DiffError:
        BadInstalled { file: "db.json".into(), error: BadDatabase::TooLarge },
        DeepUpdate {},
        EmptyName {},
        LogOfUpdate {},
        OverInput { file: "oca.lock.json".into() },
        InstalledAlone {},
        NoGit { word: "main".to_owned(), directory: "/srv/shop".into() },
        NoLockThere { revision: "HEAD".to_owned() },
        NoProfile { profile: "lean".to_owned() },
        NoInstalled { file: "db.json".into() },
        NotInNewLock { profile: "lean".to_owned() },
        NotThere { word: "mian".to_owned(), is_shallow: false },
        OtherSeries { profile: "lean".to_owned(), found: series("17.0"), wanted: series("18.0") },
        StdinTwice { what: "locks" };
        DiffError::NoLockThere { revision: "v1".to_owned() },
        DiffError::BadInstalled { file: "stdin".into(), error: BadDatabase::Empty }
    );
    insta::assert_snapshot!(shown(errors), @"
    2 `db.json` does not say what a database has installed: it is larger than 8 MiB
      hint: print it with the line for psql in docs/updating.md
    2 `--deep` and `--format update` exclude each other: `update` prints the names of modules and nothing else
      hint: run `oca diff --deep` and `oca diff --format update` one after the other
    2 the name of a lock to compare is empty
      hint: name a revision of git or a file; if the name is in a variable, check that it is set
    2 `--log` does not work with `--format update`
      hint: leave out `--log`
    2 the report is not written to `oca.lock.json`, because oca reads this file
      hint: name another file with `-o`
    2 `--installed` is for `--format update`
      hint: add `--format update`
    2 `main` is not a file, and `/srv/shop` is not in a git repository
      hint: name two files: `oca diff OLD.json NEW.json`
    2 revision `HEAD` has no `oca.lock.json`
      hint: commit the lock, or name what to compare it with: `oca diff OLD`
    2 neither lock has a profile `lean`
      hint: leave out `--profile` to compare all profiles
    2 there is no `db.json`
      hint: print it with the line for psql in docs/updating.md
    2 the new lock has no profile `lean`
      hint: name one that it has with `--profile`
    2 `mian` is neither a revision of git nor a file
      hint: correct it; in a clone without history, run `git fetch origin mian` and compare with FETCH_HEAD
    2 the database has Odoo 17.0, but profile `lean` has 18.0
      hint: an update does not migrate a database to another series: name a profile of 17.0 with `--profile`
    2 stdin cannot be both locks
      hint: write one of the two into a file
    2 revision `v1` has no `oca.lock.json`
      hint: name a revision that has it: `git log --oneline -- oca.lock.json` lists them
    2 `stdin` does not say what a database has installed: it is empty
      hint: check that the command before it prints something: run it alone
    ");
}

#[test]
fn every_refused_pin_has_its_words() {
    let web = || name("web");
    let series = |word| Series::parse(word).expect("a series");
    let errors = every_variant!(PinError:
        Invalid { word: "web@abc".to_owned(), why: "`abc` is not the id of a commit".to_owned() },
        OtherSeries {
            name: web(),
            commit: commit(0xaa),
            found: series("17.0"),
            wanted: series("18.0"),
            profile: "standard".to_owned(),
        },
        Refused {
            file: config_file(),
            refused: RefusedPin::Declared { name: web(), declared: commit(0xaa), asked: commit(0xbb) },
        },
        Short { name: web(), digits: "0123456".to_owned(), count: 2 },
        Twice { word: format!("web@{}", commit(0xbb)), name: web() },
        Unpushed { name: web(), commit: commit(0xaa), path: "oca/web".into() },
        Upgraded { word: "web@aaaaaaa".to_owned() },
        WithoutCommit { word: "web".to_owned() };
        PinError::Refused {
            file: config_file(),
            refused: RefusedPin::Ambiguous {
                name: web(),
                references: vec![pin().reference, Reference::Rev(commit(0xaa))],
            },
        }
    );
    insta::assert_snapshot!(shown(errors), @"
    2 `web@abc` is not `NAME@COMMIT`: `abc` is not the id of a commit
      hint: write a name and the first digits of a commit, at least 7: `web@0123abc`
    2 the modules of `web` at commit `aaaaaaaaaa` are for Odoo 17.0, but profile `standard` is for 18.0
      hint: if you want this, run `oca lock web@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --force`
    2 `web` cannot be pinned to `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`: `repos.toml` declares commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
      hint: change `rev` of `web` in `repos.toml`, then run `oca lock`
    2 2 commits of `web` begin with `0123456`
      hint: write all 40 digits of the commit
    2 `web@bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb` gives a second commit for `web`
      hint: keep one of the two
    2 commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` of `web` is only in your checkout `oca/web`
      hint: push it to the remote of `web` first, from `oca/web`
    2 `web@aaaaaaa` names a commit, but an upgrade moves a pin to the head of its branch
      hint: run `oca lock web@aaaaaaa`
    2 `web` is not `NAME@COMMIT`: there is no `@`
      hint: to move it to the head of its branch, run `oca lock --upgrade web`
    2 `web` has several pins: branch `18.0`, commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
      hint: write the commit as `rev` into `override.web` of a profile
    ");
}
