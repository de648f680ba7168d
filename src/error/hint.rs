//! The hint for each error: what to type next.

use std::collections::BTreeSet;

use super::Error;
use crate::lock::Side;
use crate::repo::{CommitId, CorePart, RepoName, quoted_list};
use crate::report::{Failure, SubmoduleDifference, Unmet};
use crate::{config, git};

/// A hint with more repositories than this would be longer than the terminal is wide.
const NAMED: usize = 3;

/// The hint after a module of a repository to remove that is still requested.
pub(super) fn after_needed(unmet: &Unmet) -> String {
    format!("run `oca remove --module {}` first", unmet.module)
}

impl Error {
    /// What to type next. [`messages`](Self::messages) has the hints of errors that consist of several messages.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::BadDate { .. } => Some("set it to the output of `date +%s`, or unset it".to_owned()),
            Self::Cache(_) => {
                Some("choose another directory with `--cache-dir` or `OCA_CACHE_DIR`".to_owned())
            }
            Self::Comma { .. } | Self::ControlInPath { .. } => {
                Some("move it to a path without such characters".to_owned())
            }
            Self::Config(error) => error.hint(),
            Self::Differs { command, .. } => Some(format!("run `{command}`")),
            Self::Merge(error) => Some(error.hint()),
            Self::Disputed { .. } | Self::ChangedByBoth { .. } => self.after_merge(),
            Self::NamedForBoth { .. } | Self::BothSides => self.after_merge(),
            Self::NotInCore { .. } => self.after_core(),
            Self::ImageNested { .. } | Self::NoCore { .. } | Self::SkippedCore { .. } => self.after_core(),
            Self::WithoutInit { .. } => Some("add the file".to_owned()),
            Self::OnlyForUpgrade { .. } | Self::Rewritten { .. } => Some(self.after_upgrade().to_owned()),
            Self::SyncOfSome => Some("leave the names out".to_owned()),
            Self::NothingToCheck => Some("name it with `-o FILE`".to_owned()),
            Self::Edit(error) => Some(error.hint()),
            Self::Exists { .. } => Some("edit it, or move it away first".to_owned()),
            Self::Export(error) => error.hint(),
            Self::ExportOfLinks { .. } => {
                Some("to compare the checkouts, run `oca verify` without this directory".to_owned())
            }
            Self::ExportUnfinished { .. } => Some("run `oca export` again".to_owned()),
            Self::Git(error) => error.hint(git::HintContext::default()),
            Self::HalfRewritten { .. } => Some("when the cause is gone, run `oca lock`".to_owned()),
            Self::Import(error) => error.hint(),
            Self::ImportIncomplete { .. } | Self::ImportRevealing { .. } | Self::ImportUnlocked { .. } => {
                self.after_import()
            }
            Self::Lacking { .. } => Some(
                "if something else in the image has them, put their names into `ignore` of `[check]`"
                    .to_owned(),
            ),
            Self::LinkedPath { .. } => {
                Some("put a directory in its place, or set another `path` in `repos.toml`".to_owned())
            }
            Self::Lock(error) => error.hint(),
            Self::NamedLock { error } => error.hint_of_named(),
            Self::NoNamedLock { .. } => Some("check the path, or name another lock".to_owned()),
            Self::MixedPaths { .. } => {
                Some("set a `path` for the profile that contains no `[[local]]` directory".to_owned())
            }
            Self::NoAnswer { base, error } => {
                error.hint(git::HintContext { url: Some(&format!("{base}/web.git")), name: None })
            }
            Self::NoCache => Some("set `OCA_CACHE_DIR`".to_owned()),
            Self::NoConfig { place } => Some(place.hint()),
            Self::NoExport => Some("name it: `oca verify --lock FILE DIR`".to_owned()),
            Self::Own(error) => Some(error.hint()),
            Self::NoConstraints { .. } => {
                Some("create the file, or remove it from `constraints` in `[requirements]`".to_owned())
            }
            Self::NoCoreRequirements { is_declared, .. } => Some(without_core(*is_declared)),
            Self::NoSeries => Some("use `--odoo`, for example `--odoo 18.0`".to_owned()),
            Self::NoSuperproject { .. } => Some("run `git init`, or set `mode = \"clone\"`".to_owned()),
            Self::NotSubmodules { .. } => Some("add that line, then run `oca sync`".to_owned()),
            Self::Nowhere { modules, near, unasked, .. } => Some(after_nowhere(modules, near, *unasked)),
            Self::NotAnExport { .. } => Some("name a directory that `oca export` wrote".to_owned()),
            Self::ProfileNotLocked { .. } => Some("pass the lock of that export with `--lock`".to_owned()),
            Self::NotAnAddonsDirectory { cure, .. } => Some(cure.clone()),
            Self::NotUtf8 { .. } => Some("save the file as UTF-8".to_owned()),
            Self::OdooConf { .. } => Some("correct the line, or delete it".to_owned()),
            Self::PathNotUtf8 { .. } => Some("rename the directory, or move the project".to_owned()),
            Self::OneProfile | Self::WhichProfile { .. } => Some("choose one with `--profile`".to_owned()),
            Self::OtherProfile { found, .. } => {
                Some(format!("if you want that profile, use `--profile {}`", crate::repo::one_line(found)))
            }
            Self::Diff(error) => Some(error.hint()),
            Self::Pin(error) => Some(error.hint()),
            Self::SecretInSubmodule { .. } => {
                Some("remove it from the url, and set a token for the host".to_owned())
            }
            Self::NoLock { .. } | Self::Stale { .. } | Self::StaleAsReported { .. } => {
                Some("run `oca lock` and commit the result".to_owned())
            }
            Self::StillSubmodules { .. } => {
                Some("run `oca sync`, and commit what it stages together with `repos.toml`".to_owned())
            }
            Self::Steps { faults, .. } => after_steps(faults),
            Self::Submodules { differences, is_unpushed } => Some(after_gitlinks(differences, *is_unpushed)),
            Self::Unreachable { .. } | Self::Untrue { .. } => self.after_upstream(),
            Self::Threads { .. } => Some("raise the limits `ulimit -u` and `ulimit -v`".to_owned()),
            Self::UnknownModule { .. } | Self::UnknownRepo { .. } | Self::RepoElsewhere { .. } => {
                self.after_unknown()
            }
            Self::Unusable(error) => Some(error.hint()),
            Self::BadName { .. }
            | Self::Conflicts { .. }
            | Self::File(_)
            | Self::Needed { .. }
            | Self::StillNeeded { .. }
            | Self::Repos { .. }
            | Self::Silent
            | Self::Unmet { .. }
            | Self::UnreadableFolder { .. } => None,
        }
    }

    /// The hint after a refused export of Odoo itself.
    fn after_core(&self) -> Option<String> {
        let text = match self {
            Self::ImageNested { .. } => {
                "set one of them to another directory: oca replaces and verifies each as a whole"
            }
            Self::NoCore { .. } => "declare it with `[core]` in `repos.toml`, then run `oca lock`",
            Self::NotInCore { part: CorePart::Odoo, .. } => {
                "declare it with `[core]` in `repos.toml`, then run `oca lock`"
            }
            Self::NotInCore { part: CorePart::Enterprise, .. } => {
                "declare it with `enterprise` in `[core]` of `repos.toml`, then run `oca lock`"
            }
            Self::NotInCore { part: CorePart::Themes, .. } => {
                "declare it with `themes` in `[core]` of `repos.toml`, then run `oca lock`"
            }
            Self::SkippedCore { .. } => {
                "remove it from `skip`; for Odoo without Enterprise, use a profile with `edition = \"community\"`"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// The hint after a merge of two locks, or after wrong flags for it.
    fn after_merge(&self) -> Option<String> {
        match self {
            Self::Disputed { disputes, named, is_asked, .. } => {
                let open: BTreeSet<_> = disputes.iter().map(|dispute| &dispute.dispute.pin.name).collect();
                let command = |chosen: Side| {
                    let of = |side: Side| {
                        let named = named.iter().filter(move |(_, named)| **named == side);
                        let open = open.iter().copied().filter(move |_| chosen == side);
                        named.map(|(name, _)| name).chain(open).map(|name| format!(" {name}")).collect::<String>()
                    };
                    let sides = [("--ours", of(Side::Ours)), ("--theirs", of(Side::Theirs))];
                    let sides = sides.into_iter().filter(|(_, names)| !names.is_empty());
                    sides.map(|(flag, names)| format!(" {flag}{names}")).collect::<String>()
                };
                let again = if *is_asked { "" } else { "try again later, or " };
                if named.is_empty() && disputes.len() > NAMED {
                    return Some(format!(
                        "{again}run `oca lock --ours` or `oca lock --theirs`; both take names of repositories, too"
                    ));
                }
                let (ours, theirs) = (command(Side::Ours), command(Side::Theirs));
                Some(format!("{again}run `oca lock{ours}` or `oca lock{theirs}`"))
            }
            Self::ChangedByBoth { .. } => Some(
                "run `oca lock`; it merges these entries, and where one of two commits contains the other, it takes the newer one"
                    .to_owned(),
            ),
            Self::NamedForBoth { .. } => Some("name it for one of the two".to_owned()),
            Self::BothSides => {
                Some("name the repositories of one: `oca lock --ours web --theirs`".to_owned())
            }
            _ => None,
        }
    }

    /// The hint after a lock that the servers contradict.
    fn after_upstream(&self) -> Option<String> {
        match self {
            Self::Unreachable { names } => {
                let names: Vec<&str> = names.iter().map(RepoName::as_str).collect();
                Some(format!("run `oca lock --upgrade {}`, or declare the commit as `rev`", names.join(" ")))
            }
            Self::Untrue { pins } => {
                let pins = pins.iter().map(|(name, commit)| format!(" {name}@{commit}"));
                Some(format!("run `oca lock{}`; it reads these entries again", pins.collect::<String>()))
            }
            _ => None,
        }
    }

    /// The hint after an upgrade that is not done.
    fn after_upgrade(&self) -> &'static str {
        match self {
            Self::Rewritten { .. } => {
                "to accept the new history, run it without `--no-rewrites`; to stay, write `hold = true` in `repos.toml`"
            }
            _ => "use `oca upgrade`",
        }
    }

    /// Whether only merges failed.
    pub(crate) fn is_of_merges(&self) -> bool {
        matches!(self, Self::Repos { failures } if failures.iter().all(|failure| failure.trouble.is_of_merge()))
    }

    /// The repositories that failed, if each failed because its pinned commit cannot be had: later is no better.
    fn gone<'e>(&'e self) -> Option<Vec<&'e str>> {
        let Self::Repos { failures } = self else { return None };
        let name = |failure: &'e Failure| failure.is_gone().then(|| failure.name.as_str());
        failures.iter().map(name).collect()
    }

    /// The hint after an import that did not bring everything.
    fn after_import(&self) -> Option<String> {
        match self {
            Self::ImportIncomplete { file, .. } => Some(format!(
                "read the warnings above and edit `{}`; if you do not need what is left out, run `oca sync`",
                file.display()
            )),
            Self::ImportRevealing { .. } => {
                Some("read the urls and branches in `repos.toml` before you run the next command".to_owned())
            }
            Self::ImportUnlocked { pinned: Some(_), command, cause, .. } if cause.gone().is_some() => {
                let names = cause.gone().unwrap_or_default();
                Some(format!(
                    "run `{command} --upgrade {}`; all other pins stay as they are",
                    names.join(" ")
                ))
            }
            Self::ImportUnlocked { pinned: Some(lock), command, .. } => {
                Some(format!("run `{command}` later; until then, `{}` keeps the pins", lock.display()))
            }
            Self::ImportUnlocked { command, .. } => Some(format!("run `{command}` later")),
            _ => None,
        }
    }

    /// The hint after a name that is not one of a module or a repository.
    fn after_unknown(&self) -> Option<String> {
        match self {
            Self::UnknownModule { elsewhere: Some((profile, repo)), .. } => {
                Some(format!("`{repo}` of profile `{profile}` has it: use `--profile {profile}`"))
            }
            Self::UnknownModule { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            Self::UnknownModule { .. } => Some("run `oca list --all` to see the modules".to_owned()),
            Self::RepoElsewhere { profile, .. } => Some(format!("use `--profile {profile}`")),
            Self::UnknownRepo { name, has: Some(repo), .. } => {
                Some(format!("`{name}` is a module of `{repo}`: use the name of the repository"))
            }
            Self::UnknownRepo { name, known, .. } => {
                Some(config::near_or_all(name.as_str(), known, "the repositories are"))
            }
            _ => None,
        }
    }
}

/// The hint after files of steps that differ from the lock: a missing file is the most likely reason for others.
fn after_steps(faults: &[crate::lock::Error]) -> Option<String> {
    let missing = faults.iter().find(|fault| fault.is_missing_step());
    missing.or(faults.first())?.hint()
}

/// The hint after submodules that differ from the lock.
fn after_gitlinks(differences: &[SubmoduleDifference], is_unpushed: bool) -> String {
    if is_unpushed {
        "run `oca sync --push` and commit the result".to_owned()
    } else {
        after_submodules(differences)
    }
}

/// The hint if nothing has to be pushed first. Somebody may have moved a gitlink on purpose.
fn after_submodules(differences: &[SubmoduleDifference]) -> String {
    let repair = "run `oca submodules` and commit the result";
    let mut pins = Vec::new();
    for difference in differences {
        if let SubmoduleDifference::Commit { found, pin: Some(name), .. } = difference {
            pins.push((name, found));
        }
    }
    // The gitlinks of a repository can be at different commits, and there is one pin.
    let is_one = |(name, found): &(&RepoName, &CommitId)| {
        pins.iter().all(|(other, commit)| other != name || commit == found)
    };
    let mut words: Vec<String> = Vec::new();
    for (name, found) in pins.iter().filter(|pin| is_one(pin)) {
        let word = format!("{name}@{found}");
        if !words.contains(&word) {
            words.push(word);
        }
    }
    match &words[..] {
        [] => repair.to_owned(),
        [pin] => format!("{repair}; to keep the commit of the gitlink, run `oca lock {pin}` first"),
        pins if pins.len() > NAMED => {
            format!(
                "{repair}; to keep the commits of the gitlinks, run `oca lock` with NAME@COMMIT for each first"
            )
        }
        pins => {
            format!("{repair}; to keep the commits of the gitlinks, run `oca lock {}` first", pins.join(" "))
        }
    }
}

fn after_nowhere(modules: &[String], near: &[String], unasked: usize) -> String {
    match unasked {
        _ if !near.is_empty() => format!("did you mean {}?", quoted_list(near)),
        0 => format!(
            "check the name; if the module is new, run `oca find --refresh {}`; if oca does not know its \
             repository, add the name of the repository to `repos` of `[find]`",
            modules.join(" ")
        ),
        _ => "run the command again; some repositories could not be reached".to_owned(),
    }
}

/// The hint after a `--core` that finds no requirements of Odoo.
fn without_core(is_declared: bool) -> String {
    let declare = if is_declared { "delete `requirements = false`" } else { "declare Odoo" };
    format!("leave out `--core`, or {declare} in `[core]`")
}
