//! Every difference in words.

use super::*;
use crate::lock::{Seal, Untrue};
use crate::repo::samples::{commit, every_variant, lines, name};

fn text(word: &str) -> String {
    word.to_owned()
}

#[test]
fn every_difference_from_the_configuration_has_its_words() {
    let (web, profile) = (|| name("web"), || text("standard"));
    let branch = || Reference::Branch(text("18.0"));
    let unmet =
        Unmet { module: text("web_x"), repo: Some(web()), why: WhyUnmet::Core, profiles: vec![profile()] };
    let differences = every_variant!(Difference:
        NoLock {},
        Unpinned { name: web(), profiles: vec![profile(), text("lean")] },
        Undeclared { name: web(), reference: branch() },
        Reference { name: web(), declared: branch(), locked: Reference::Tag(text("v1")) },
        Url { name: web(), declared: text("https://a.example/web"), locked: text("https://b.example/web") },
        Addons { name: web(), declared: vec![text("addons")], locked: vec![text(".")] },
        Core { name: name("odoo"), is_declared: true },
        Pending { name: web(), declared: vec![text("#2950"), text("x.patch")], locked: Vec::new() },
        PatchFile { name: web(), path: text("patches/x.patch") },
        Step(StepDifference::File(text("`oca.lock.d/web/01-1.patch` is missing"))),
        ProfileMissing { profile: profile() },
        ProfileUndeclared { profile: profile() },
        Series { profile: profile(), declared: text("18.0"), locked: text("17.0") },
        Export { profile: profile() },
        ProfileAddons { profile: profile() },
        Repos { profile: profile() },
        Selects { profile: profile(), declared: true },
        Modules { profile: profile(), more: vec![text("web_x")], fewer: vec![text("web_y")] },
        Locals { profile: profile() },
        LocalDepends {
            profile: profile(),
            directory: text("addons"),
            more: Vec::new(),
            fewer: vec![text("web_y")],
        },
        Unmet(unmet),
        Commit { name: web(), declared: commit(0xaa), locked: commit(0xbb) },
        Unreachable { name: web(), reference: branch(), commit: commit(0xaa) },
        Edited { name: web(), reference: branch(), seal: Seal::Broken },
        EditedProfile { profile: "lean".to_owned(), seal: Seal::Broken },
        Untrue { name: web(), commit: commit(0xaa), untrue: Untrue::Order },
        Layout {},
        Submodule(SubmoduleDifference::Unstaged),
        StillSubmodule { path: text("oca/web") };
        Difference::Core { name: name("odoo"), is_declared: false },
        Difference::Selects { profile: profile(), declared: false },
        Difference::Modules { profile: profile(), more: vec![text("web_x")], fewer: Vec::new() },
        Difference::Edited { name: web(), reference: branch(), seal: Seal::Missing },
        Difference::Edited { name: web(), reference: branch(), seal: Seal::PinOnly },
        Difference::EditedProfile { profile: "lean".to_owned(), seal: Seal::Missing },
        Difference::Edited {
            name: web(),
            reference: branch(),
            seal: Seal::Unreadable(text("unknown field `x` at line 7")),
        },
        Difference::Untrue {
            name: web(),
            commit: commit(0xaa),
            untrue: Untrue::Field { of: None, key: "tree", locked: text("\"a\""), found: text("\"b\"") },
        }
    );
    insta::assert_snapshot!(lines(&differences), @r#"
    there is no lock
    `web` is not in the lock, but profiles `standard`, `lean` declare it
    `web` at branch `18.0` is in the lock, but no profile declares it
    `web` wants branch `18.0`, but the lock has tag `v1`
    `web` has url `https://a.example/web`, but the lock has `https://b.example/web`
    `web` has its modules in `addons`, but the lock has `.`
    `odoo` is Odoo itself, but the lock has it as a repository of modules
    `web` merges `#2950`, `x.patch`, but the lock merges nothing
    `web` has another patch `patches/x.patch` in the lock
    `oca.lock.d/web/01-1.patch` is missing
    profile `standard` is not in the lock
    profile `standard` is in the lock, but `repos.toml` does not declare it
    profile `standard` is for Odoo 18.0, but the lock has 17.0
    profile `standard` has a different `[export]` or `layout` in the lock
    profile `standard` has different `addons` for its repositories in the lock
    profile `standard` has different repositories in the lock, or a different order
    profile `standard` selects modules, but the lock has no selection for it
    profile `standard` selects `web_x` and no longer selects `web_y`
    profile `standard` has different local directories in the lock
    the modules in `addons` of profile `standard` no longer need `web_y`
    profile `standard` asks for module `web_x` of `web`, but it is part of Odoo
    `web` wants commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`, but the lock has `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`
    `web` is locked at `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`, but branch `18.0` of its remote does not contain that commit
    `web` at branch `18.0` was edited: its entry does not match its digest
    profile `lean` was edited: it does not match its digest in the lock
    `web`: modules or requirements are in a different order in the lock than in commit aaaaaaaaaa
    the file is not formatted as oca writes it
    `.gitmodules` in the index differs from the one in the work tree
    `oca/web` is still a submodule, but `mode` is `clone`
    `odoo` is a repository of modules, but the lock has it as Odoo itself
    profile `standard` selects no modules, but the lock has a selection for it
    profile `standard` selects `web_x`, but the lock does not say so
    `web` at branch `18.0` has no digest in the lock
    `web` at branch `18.0` has only a commit in the lock
    profile `lean` has no digest in the lock
    `web` at branch `18.0` was edited: its entry cannot be read: unknown field `x` at line 7
    `web`: `tree` is "a" in the lock, but "b" in commit aaaaaaaaaa
    "#);
}

#[test]
fn every_difference_of_a_submodule_has_its_words() {
    let (path, other) = (|| text("oca/web"), || text("third-party/web"));
    let differences = every_variant!(SubmoduleDifference:
        Missing { path: path() },
        Phantom { path: path(), commit: commit(0xaa) },
        NoGitlink { path: path() },
        Stale { path: path(), name: text("web") },
        Duplicate { path: path(), name: text("web") },
        Commit { path: path(), locked: commit(0xaa), found: commit(0xbb), pin: None },
        Url { path: path(), declared: text("https://a.example/web"), found: text("https://b.example/web") },
        Branch { path: path(), declared: Some(text("18.0")), found: None },
        Path { repo: name("web"), found: other(), path: path() },
        Second { repo: name("web"), path: other() },
        Undeclared { path: other() },
        Tracked { path: path(), file: text("oca/web/README.md") },
        Unstaged {}
    );
    insta::assert_snapshot!(lines(&differences), @r"
    `oca/web` is not a submodule yet
    `oca/web` is a phantom: a gitlink at `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` without an entry in `.gitmodules`
    `oca/web` is in `.gitmodules`, but has no gitlink
    `oca/web` is in `.gitmodules` as `web`, has no gitlink, and no profile declares it
    `oca/web` has a second entry in `.gitmodules`: `web`
    `oca/web` is locked at `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`, but its gitlink is `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`
    `oca/web` has url `https://a.example/web`, but `.gitmodules` has `https://b.example/web`
    `oca/web` follows branch `18.0`, but `.gitmodules` has no branch
    `web` belongs at `oca/web`, but `.gitmodules` has it at `third-party/web`
    `third-party/web` is a second submodule of `web`
    `third-party/web` is a submodule that no profile declares
    `oca/web` cannot be a submodule: the surrounding repository tracks `oca/web/README.md` there
    `.gitmodules` in the index differs from the one in the work tree
    ");
}
