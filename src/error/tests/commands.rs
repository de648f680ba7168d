//! The refusals of the commands.

use super::super::*;
use super::{config_file, full_disk, lock_file, pin, shown, unmet};
use crate::config::Unusable;
use crate::git::Error as GitError;
use crate::lock::{Error as LockError, StepFault};
use crate::repo::samples::{commit, every_variant, name};
use crate::report::{Needer, Problem, Spot, Trouble, WhyMissing, WhyUnmet};

/// A gitlink that somebody moved.
fn moved(path: &str, pin: Option<RepoName>) -> SubmoduleDifference {
    SubmoduleDifference::Commit { path: path.to_owned(), locked: commit(0xaa), found: commit(0xbb), pin }
}

fn needer() -> Needer {
    Needer { module: "web_y".to_owned(), repo: "web".to_owned(), is_wanted: true }
}

fn missing() -> Finding {
    Finding {
        problem: Problem::Missing { needed_by: vec![needer()], why: WhyMissing::Nowhere { near: None } },
        module: Some("web_x".to_owned()),
        repo: None,
        spot: Spot::Declaration(1),
        profiles: vec!["standard".to_owned()],
    }
}

#[expect(clippy::too_many_lines, reason = "a table and its snapshot")]
#[test]
fn every_refusal_says_what_is_wrong_and_what_to_type() {
    let series = Series::parse("18.0").expect("a series");
    let web = || name("web");
    let errors = every_variant!(Error:
        BadDate { word: "today".to_owned() },
        BadName { invalid: RepoName::parse("a/b").expect_err("a slash") },
        Config(config::Error::Missing { file: config_file() }),
        Conflicts { conflicts: Vec::new(), problems: Vec::new() },
        Cache(full_disk()),
        Comma { path: "/srv/a,b".to_owned() },
        ControlInPath { path: "/srv/a\nb".to_owned() },
        Differs {
            file: "odoo.conf".into(),
            differences: vec!["missing: `oca/web`".to_owned()],
            command: "oca addons-path --write odoo.conf".to_owned(),
        },
        Disputed {
            file: lock_file(),
            disputes: vec![Dispute { pin: pin(), merge: None, ours: commit(0xaa), theirs: commit(0xbb) }.into()],
            named: BTreeMap::from([(name("dms"), Side::Theirs)]),
            is_asked: true,
        },
        ChangedByBoth {
            file: lock_file(),
            names: vec!["web".to_owned()],
            disputes: vec![Dispute { pin: pin(), merge: None, ours: commit(0xaa), theirs: commit(0xbb) }.into()],
        },
        Pin(PinError::WithoutCommit { word: "web".to_owned() }),
        BothSides {},
        OnlyForUpgrade { flag: "--max-bump" },
        Rewritten { names: vec![web()] },
        Diff(DiffError::StdinTwice { what: "locks" }),
        NothingToCheck {},
        SyncOfSome {},
        WithoutInit { name: "acme".to_owned(), profile: "standard".to_owned(), path: "addons/acme".to_owned() },
        NamedForBoth { name: web() },
        RepoElsewhere { name: web(), profile: "lean".to_owned() },
        StillNeeded { needed: vec![StillNeeded { repo: web(), module: "web_x".to_owned(), needed_by: vec![needer()] }] },
        Lacking { profile: "standard".to_owned(), findings: vec![missing()], default: None },
        HalfRewritten { file: config_file(), cause: Box::new(Error::File(full_disk())) },
        Edit(EditError::ModuleOfSeveral),
        Exists { file: config_file() },
        Export(export::Error::NotADirectory { dest: "out".into() }),
        ExportUnfinished { directory: "out".into() },
        ExportOfLinks { directory: "out".into() },
        File(full_disk()),
        Git(GitError::Offline),
        ImageNested { core: "/opt/odoo".to_owned(), other: "/opt/odoo/oca".to_owned() },
        Import(import::Error::Missing { path: "repos.yaml".into() }),
        ImportIncomplete {
            file: config_file(),
            from: "repos.yaml".into(),
            lost: "`merges` of `web`".to_owned(),
        },
        ImportRevealing { names: vec!["web".to_owned()] },
        ImportUnlocked {
            file: config_file(),
            lost: String::new(),
            cause: Box::new(Error::NoCache),
            pinned: None,
            command: "oca lock".to_owned(),
        },
        LinkedPath { path: "oca".into(), profile: "standard".to_owned() },
        Lock(lock::Error::Truncated { file: lock_file(), line: 7 }),
        MixedPaths {
            file: config_file(),
            profile: "standard".to_owned(),
            path: "addons".to_owned(),
            local: "addons/mine".to_owned(),
        },
        Needed { removed: vec![web()], unmet: vec![unmet(WhyUnmet::Core, Some(web()))] },
        NoAnswer { base: "https://github.com/OCA".to_owned(), error: GitError::Forbidden },
        NoConfig { place: Outside::Unknown },
        NoExport {},
        Own(OwnError::Here { path: "custom".to_owned(), file: config_file(), line: 9 }),
        NoCore { profile: "standard".to_owned() },
        NotInCore { part: CorePart::Odoo, has_core: false },
        NoConstraints { file: "odoo.txt".into(), config: config_file() },
        NoCoreRequirements { profile: "standard".to_owned(), is_declared: false },
        NoCache {},
        NoLock { file: lock_file() },
        NamedLock { error: lock::Error::Truncated { file: "old.json".into(), line: 40 } },
        NoNamedLock { file: "old.json".into() },
        NoSeries {},
        NoSuperproject { directory: "/srv/project".into() },
        NotSubmodules { file: config_file() },
        Nowhere { modules: vec!["web_x".to_owned()], odoo: series, near: Vec::new(), asked: 230, unasked: 0 },
        NotAnExport { directory: "out".into() },
        NotAnAddonsDirectory {
            path: "oca/web".into(),
            why: "there is no such directory",
            cure: "run `oca sync`".to_owned(),
        },
        ProfileNotLocked { file: lock_file(), profile: "standard".to_owned() },
        NotUtf8 { file: "odoo.conf".into(), line: 3 },
        OdooConf { file: "odoo.conf".into(), malformed: Malformed { line: 3, why: "the line has no `=`".to_owned() }, checked: true },
        OneProfile {},
        PathNotUtf8 { path: "/srv/caf\u{fffd}".into() },
        Repos { failures: ["web", "dms"].map(|one| {
            Failure::new(name(one), format!("https://github.com/OCA/{one}.git"), Trouble::Remote(GitError::Offline))
        }).into() },
        SecretInSubmodule { name: web() },
        SkippedCore { names: vec!["enterprise".to_owned()] },
        Silent {},
        Stale { file: lock_file(), differences: vec![Difference::NoLock, Difference::Layout], locked: true },
        StaleAsReported { file: lock_file(), count: 2 },
        StillSubmodules { count: 2 },
        Steps {
            directory: "oca.lock.d".into(),
            faults: [StepFault::Edited, StepFault::Missing].map(|fault| LockError::Step { file: "oca.lock.d/web/01-1.patch".into(), fault }).into(),
        },
        Submodules { differences: vec![SubmoduleDifference::Missing { path: "oca/web".to_owned() }], is_unpushed: false },
        Threads { why: "no more processes".to_owned() },
        OtherProfile { directory: "out".into(), found: "lean".to_owned(), asked: "standard".to_owned() },
        WhichProfile { file: lock_file() },
        Unreachable { names: vec![web(), name("dms")] },
        Untrue { pins: vec![(web(), commit(0xaa))] },
        UnknownModule { name: "web_x".to_owned(), profile: "standard".to_owned(), elsewhere: None, near: None },
        UnknownRepo { name: web(), known: vec!["dms".to_owned()], has: None },
        Merge(MergeError::NoPatch {
            file: "patches/x.patch".into(),
            repo: name("web"),
            path: "patches/x.patch".to_owned(),
        }),
        UnreadableFolder { error: UnreadableTree::damaged("addons", "permission denied") },
        Unmet { unmet: vec![unmet(WhyUnmet::Core, None)] },
        Unusable(Unusable::Invisible { text: "${X}/addons".to_owned() })
    );
    insta::assert_snapshot!(shown(errors), @r#"
    2 `SOURCE_DATE_EPOCH` must be a Unix timestamp, not `today`
      hint: set it to the output of `date +%s`, or unset it
    2 `a/b` is not a valid repository name: it must contain only letters, digits, `.`, `_` and `-`
    2 there is no `repos.toml`
      hint: run `oca init`
    2 cannot write `oca/web`
      caused by: no space left
      hint: choose another directory with `--cache-dir` or `OCA_CACHE_DIR`
    2 `/srv/a,b` contains a comma, which Odoo does not support in an addons path
      hint: move it to a path without such characters
    2 `/srv/a\nb` contains a control character, which would break the line in odoo.conf
      hint: move it to a path without such characters
    1 `odoo.conf` is out of date
      missing: `oca/web`
      hint: run `oca addons-path --write odoo.conf`
    1 `oca.lock.json` has conflicting pins for 1 repository
      `web` at branch `18.0`: ours `aaaaaaaaaa`, theirs `bbbbbbbbbb`
      hint: run `oca lock --ours web --theirs dms` or `oca lock --theirs dms web`
    1 both sides changed the entries of `web` in `oca.lock.json`
      `web` at branch `18.0`: ours `aaaaaaaaaa`, theirs `bbbbbbbbbb`
      hint: run `oca lock`; it merges these entries, and where one of two commits contains the other, it takes the newer one
    2 `web` is not `NAME@COMMIT`: there is no `@`
      hint: to move it to the head of its branch, run `oca lock --upgrade web`
    2 `--ours` and `--theirs` cannot both stand for all repositories
      hint: name the repositories of one: `oca lock --ours web --theirs`
    2 `--max-bump` needs `--upgrade`
      hint: use `oca upgrade`
    1 the lock is not changed, because the history was rewritten, or may have been: `web`
      hint: to accept the new history, run it without `--no-rewrites`; to stay, write `hold = true` in `repos.toml`
    2 stdin cannot be both locks
      hint: write one of the two into a file
    2 with `--system`, `--check` needs the file to compare
      hint: name it with `-o FILE`
    2 in submodule mode, `oca sync` works on all repositories
      hint: leave the names out
    2 profile `standard` has no module `acme`: `addons/acme` has no `__init__.py`, so it is not a module
      hint: add the file
    2 `web` is named for both `--ours` and `--theirs`
      hint: name it for one of the two
    2 the profile has no repository `web`, but profile `lean` has it
      hint: use `--profile lean`
    2 `web` is still needed: it has `web_x`, and `web_y` of `web` needs it
      hint: run `oca why web_x`
    1 module `web_x` does not exist, but `web_y` of `web` needs it
      hint: run `oca find web_x` and add the repository that has it
    1 the selection of profile `standard` lacks 1 module
      hint: if something else in the image has them, put their names into `ignore` of `[check]`
    2 `repos.toml` is changed, but the lock is not
      caused by: cannot write `oca/web`
      caused by: no space left
      hint: when the cause is gone, run `oca lock`
    2 `--module` selects modules of one repository, but several are named
      hint: add the other repositories with a second command
    2 `repos.toml` already exists
      hint: edit it, or move it away first
    2 `out` is not a directory
      hint: use another directory
    1 `out` is an incomplete export
      hint: run `oca export` again
    2 `out` contains links to the checkouts instead of files
      hint: to compare the checkouts, run `oca verify` without this directory
    2 cannot write `oca/web`
      caused by: no space left
    3 the remote cannot be asked because oca is offline
      hint: run the command without `--offline` and without `OCA_OFFLINE`
    2 `/opt/odoo`, the `core` of `[image]`, and `/opt/odoo/oca` are in one another in the container
      hint: set one of them to another directory: oca replaces and verifies each as a whole
    2 there is no `repos.yaml`
      hint: name one of these: `.gitmodules`, `repos.yaml` or `addons.yaml` of git-aggregator or doodba, `spec.yaml` of ak, `pending-merges.d`, `mrchef.toml`, a `.repos` file of vcs2l, `oca_dependencies.txt`, or an older `oca.lock.json`
    1 `repos.toml` is written, but parts of `repos.yaml` are not in it: `merges` of `web`
      hint: read the warnings above and edit `repos.toml`; if you do not need what is left out, run `oca sync`
    1 `oca init` sends no environment variable to a server, but the url or branch of `web` contains one
      hint: read the urls and branches in `repos.toml` before you run the next command
    2 there is no cache directory: neither `OCA_CACHE_DIR` nor a home directory is set
      hint: set `OCA_CACHE_DIR`
    2 `repos.toml` is written, but its pins could not be locked
      hint: run `oca lock` later
    2 `oca` is a symlink, but the checkouts of profile `standard` need a directory there
      hint: put a directory in its place, or set another `path` in `repos.toml`
    2 `oca.lock.json` is cut off at line 7
      hint: restore it with `git checkout COMMIT -- oca.lock.json`; `git log oca.lock.json` lists the commits. Without the file, `oca lock` pins the heads of all branches
    2 profile `standard` in `repos.toml` has its checkouts in `addons` and your modules in `addons/mine`, but the checkouts must not contain your modules
      hint: set a `path` for the profile that contains no `[[local]]` directory
    2 `web` is still needed: profile `standard` asks for module `web_x` of `web`, but it is part of Odoo
      hint: run `oca remove --module web_x` first
    3 no repository under `https://github.com/OCA` could be reached
      caused by: the server denies access (status 403)
      hint: check the permissions of your token
    2 there is no `repos.toml` here or in a parent directory
      hint: run `oca init`, or pass the file with `--config`
    2 `--lock` names the lock of an export, but no export is named
      hint: name it: `oca verify --lock FILE DIR`
    2 there is no `custom`, which `[[local]]` in `repos.toml` at line 9 declares
      hint: restore or create it, or delete that table, then run `oca lock`; in the build of an image, add `!custom` to `.dockerignore`
    2 profile `standard` does not have Odoo itself, because there is no `[core]`
      hint: declare it with `[core]` in `repos.toml`, then run `oca lock`
    2 `odoo` is a name of Odoo itself, but `repos.toml` has no `[core]`
      hint: declare it with `[core]` in `repos.toml`, then run `oca lock`
    2 there is no `odoo.txt`, which `repos.toml` lists in `constraints`
      hint: create the file, or remove it from `constraints` in `[requirements]`
    2 `--core` asks for the requirements of Odoo, but profile `standard` has no `[core]`
      hint: leave out `--core`, or declare Odoo in `[core]`
    2 there is no cache directory: neither `OCA_CACHE_DIR` nor a home directory is set
      hint: set `OCA_CACHE_DIR`
    1 there is no `oca.lock.json`
      hint: run `oca lock` and commit the result
    2 `old.json` is cut off at line 40
      hint: name an `oca.lock.json` that oca wrote
    1 there is no `old.json`
      hint: check the path, or name another lock
    2 the Odoo series is unknown: there is no `repos.toml` here or in a parent directory
      hint: use `--odoo`, for example `--odoo 18.0`
    2 `mode = "submodule"` needs `/srv/project` to be inside a git repository
      hint: run `git init`, or set `mode = "clone"`
    2 `repos.toml` does not set `mode = "submodule"`
      hint: add that line, then run `oca sync`
    1 none of the 230 repositories asked has `web_x` for Odoo 18.0
      hint: check the name; if the module is new, run `oca find --refresh web_x`; if oca does not know its repository, add the name of the repository to `repos` of `[find]`
    2 `out` is not an export of oca
      hint: name a directory that `oca export` wrote
    1 Odoo would refuse `oca/web`: there is no such directory
      hint: run `oca sync`
    1 `oca.lock.json` has no profile `standard`, but the export is of that profile
      hint: pass the lock of that export with `--lock`
    2 `odoo.conf` is not UTF-8 at line 3
      hint: save the file as UTF-8
    1 Python, and so Odoo, refuses `odoo.conf` at line 3: the line has no `=`
      hint: correct the line, or delete it
    2 this command works on one profile, so it does not accept `--all-profiles`
      hint: choose one with `--profile`
    2 `/srv/caf�` is a path that is not UTF-8
      hint: rename the directory, or move the project
    3 cannot fetch `dms` from `https://github.com/OCA/dms.git`
      caused by: the remote cannot be asked because oca is offline
    3 cannot fetch `web` from `https://github.com/OCA/web.git`
      caused by: the remote cannot be asked because oca is offline
      hint: run the command without `--offline` and without `OCA_OFFLINE`
    3 2 repositories failed
    2 the url of `web` contains a user or password, and `.gitmodules` would publish it
      hint: remove it from the url, and set a token for the host
    2 `skip` in `repos.local.toml` lists `enterprise`, so an export of Odoo itself would not be complete
      hint: remove it from `skip`; for Odoo without Enterprise, use a profile with `edition = "community"`
    1 `oca.lock.json` is out of date, and `--locked` was given: there is no lock, and 1 more difference
      hint: run `oca lock` and commit the result
    1 `oca.lock.json` is out of date: 2 differences
      hint: run `oca lock` and commit the result
    1 the change to `mode = "clone"` is not complete: 2 checkouts are still submodules
      hint: run `oca sync`, and commit what it stages together with `repos.toml`
    1 `oca.lock.d` does not match the lock: 2 differences
      hint: restore it with `git checkout -- oca.lock.d`; if it was never committed, run `git add oca.lock.d` in the clone that has it, and commit it; in the build of an image, add `!oca.lock.d` to `.dockerignore`; `oca lock` makes it again
    1 `.gitmodules` and the index do not match the lock: 1 difference
      hint: run `oca submodules` and commit the result
    2 cannot start threads: no more processes
      hint: raise the limits `ulimit -u` and `ulimit -v`
    1 `out` is an export of profile `lean`, not of profile `standard`
      hint: if you want that profile, use `--profile lean`
    2 `oca.lock.json` has several profiles
      hint: choose one with `--profile`
    1 2 pins cannot be reached from their declared branch or tag
      hint: run `oca lock --upgrade web dms`, or declare the commit as `rev`
    1 the lock is wrong about 1 commit
      hint: run `oca lock web@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`; it reads these entries again
    2 profile `standard` has no module `web_x`
      hint: run `oca list --all` to see the modules
    2 no profile has a repository `web`
      hint: the repositories are `dms`
    2 there is no patch `patches/x.patch`, which `repos.toml` declares
      hint: restore the file; if it was never committed, run `git add patches/x.patch` in the clone that has it, and commit it; in the build of an image, add `!patches/x.patch` to `.dockerignore`; if nobody needs it, run `oca remove 'web#patches/x.patch'`
    2 cannot read `addons`: permission denied
    2 profile `standard` asks for module `web_x`, but it is part of Odoo
      hint: delete it from `modules`: Odoo always has it
    2 `${X}/addons` expands to a path with an invisible character
      hint: set its variables to values without line breaks or other invisible characters
    "#);
}

#[test]
fn some_refusals_have_several_wordings() {
    let series = Series::parse("18.0").expect("a series");
    let errors = vec![
        Error::Import(import::Error::NoSeries { path: "repos.yaml".into() }),
        Error::ImportUnlocked {
            file: config_file(),
            lost: "2 merges".to_owned(),
            cause: Box::new(Error::NoCache),
            pinned: Some(lock_file()),
            command: "oca lock".to_owned(),
        },
        Error::Nowhere {
            modules: vec!["web_x".to_owned()],
            odoo: series,
            near: vec!["web_y".to_owned()],
            asked: 230,
            unasked: 0,
        },
        Error::Nowhere {
            modules: vec!["web_x".to_owned()],
            odoo: series,
            near: Vec::new(),
            asked: 227,
            unasked: 3,
        },
        Error::Stale { file: lock_file(), differences: Vec::new(), locked: false },
        Error::Submodules { differences: vec![moved("web", Some(name("web")))], is_unpushed: false },
        Error::Submodules { differences: vec![moved("web", None)], is_unpushed: false },
        Error::Submodules {
            differences: ["web", "old/web"].map(|path| moved(path, Some(name("web")))).into(),
            is_unpushed: false,
        },
        Error::Submodules {
            differences: ["web", "dms"].map(|one| moved(one, Some(name(one)))).into(),
            is_unpushed: false,
        },
        Error::Submodules {
            differences: ["a", "b", "c", "d"].map(|one| moved(one, Some(name(one)))).into(),
            is_unpushed: false,
        },
        Error::UnknownModule {
            name: "web_x".to_owned(),
            profile: "standard".to_owned(),
            elsewhere: Some(("lean".to_owned(), name("web"))),
            near: None,
        },
        Error::UnknownModule {
            name: "web_x".to_owned(),
            profile: "standard".to_owned(),
            elsewhere: None,
            near: Some("web_y".to_owned()),
        },
        Error::Unreachable { names: vec![name("web")] },
    ];
    insta::assert_snapshot!(shown(errors), @r"
    2 `repos.yaml` does not say which Odoo series it is for
      hint: add the series to the command, such as `--odoo 18.0`
    2 there is no cache directory: neither `OCA_CACHE_DIR` nor a home directory is set
      hint: set `OCA_CACHE_DIR`
    2 `repos.toml` is written, but its pins could not be locked, and these parts are not in it: 2 merges
      hint: run `oca lock` later; until then, `oca.lock.json` keeps the pins
    1 none of the 230 repositories asked has `web_x` for Odoo 18.0
      hint: did you mean `web_y`?
    3 none of the 227 repositories asked has `web_x` for Odoo 18.0
      hint: run the command again; some repositories could not be reached
    1 `oca.lock.json` is out of date: it is not formatted as oca writes it
      hint: run `oca lock` and commit the result
    1 `.gitmodules` and the index do not match the lock: 1 difference
      hint: run `oca submodules` and commit the result; to keep the commit of the gitlink, run `oca lock web@bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb` first
    1 `.gitmodules` and the index do not match the lock: 1 difference
      hint: run `oca submodules` and commit the result
    1 `.gitmodules` and the index do not match the lock: 2 differences
      hint: run `oca submodules` and commit the result; to keep the commit of the gitlink, run `oca lock web@bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb` first
    1 `.gitmodules` and the index do not match the lock: 2 differences
      hint: run `oca submodules` and commit the result; to keep the commits of the gitlinks, run `oca lock web@bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb dms@bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb` first
    1 `.gitmodules` and the index do not match the lock: 4 differences
      hint: run `oca submodules` and commit the result; to keep the commits of the gitlinks, run `oca lock` with NAME@COMMIT for each first
    2 profile `standard` has no module `web_x`
      hint: `web` of profile `lean` has it: use `--profile lean`
    2 profile `standard` has no module `web_x`
      hint: did you mean `web_y`?
    1 1 pin cannot be reached from its declared branch or tag
      hint: run `oca lock --upgrade web`, or declare the commit as `rev`
    ");
}
