//! The message for a repository that failed.

use super::message::Message;
use crate::config::near;
use crate::git::{self, CheckoutError, HintContext, LocalWork, merging};
use crate::repo::{CorePart, RepoName, day, first_names, typed};
use crate::report::{
    ConflictWith, Failure, MergeConflict, MissingDirectory, NotOdoo, Step, Survivor, Trouble,
};

pub(super) fn of_failure(failure: &Failure) -> Message {
    let Failure { name, url, trouble, near: meant, survivor, has_force, .. } = failure;
    let asked = HintContext { name: Some(name.as_str()), url: Some(url) };
    match trouble {
        Trouble::Kept(error) => {
            Message::new(&format!("`{name}` was not changed: {error}"), after_kept(error, asked, *has_force))
        }
        Trouble::Export(error) => because(&format!("cannot export `{name}`"), error, error.hint()),
        Trouble::Remote(error @ git::Error::WrongStep { .. }) => {
            Message::new(&format!("the lock is wrong about `{name}`: {error}"), error.hint(asked))
        }
        Trouble::Remote(error) => {
            let hint = match (meant, survivor) {
                _ if is_private(name, error) => Some(ENTERPRISE.to_owned()),
                (Some(meant), _) => Some(format!("did you mean `{meant}`?")),
                (None, Some(Survivor { commit, time })) => Some(format!(
                    "run `oca lock {name}@{commit}` for the last commit of the branch before it, of {}, or `oca lock \
                     --upgrade {name}` for its head",
                    day(*time)
                )),
                (None, None) => error.hint(asked),
            };
            because(&format!("cannot fetch `{name}` from `{url}`"), error, hint)
        }
        Trouble::NoAddons(MissingDirectory { directory, commit, core, known }) => {
            let hint = match (near(directory, known), core) {
                (Some(near), _) => format!("did you mean `{near}`?"),
                (None, None) => format!("correct `addons` of `[repos.{name}]` in `repos.toml`"),
                (None, Some(part)) => format!("correct `addons` of {} in `repos.toml`", table_of(*part)),
            };
            let error = format!("`{name}` has no directory `{directory}` at commit `{commit}`");
            Message::new(&error, Some(hint))
        }
        Trouble::NotOdoo(not) => {
            let hint = match not {
                NotOdoo::Series { found, .. } => {
                    format!("correct `branch` in `[core]`, or write `odoo = \"{found}\"`")
                }
                NotOdoo::Server { .. } | NotOdoo::Release { .. } => {
                    "correct `url`, `branch`, `tag`, `rev`, `merges` or `patches` in `[core]`".to_owned()
                }
                NotOdoo::Modules { part, .. } => {
                    format!("correct `addons` or `url` of {} in `repos.toml`", table_of(*part))
                }
            };
            Message::new(&format!("`{name}` {not}"), Some(hint))
        }
        Trouble::TooYoung { reference, cooldown } => Message::new(
            &format!("`{name}`: all commits of {reference} are younger than {cooldown}"),
            Some(format!("write `cooldown = \"0 days\"` for `{name}` in `repos.toml`")),
        ),
        Trouble::OtherTree(other) => {
            let hint = format!("run `oca lock {name}@{}`; it reads the entry again", other.commit);
            Message::new(&format!("the lock is wrong about `{name}`: {other}"), Some(hint))
        }
        Trouble::Merge { what, error } => {
            // A merge has the name of its repository in front, a patch is a path.
            let is_merge = what.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('#'));
            if is_merge {
                return because(&format!("cannot merge `{what}`"), &**error, error.hint(asked));
            }
            let hint = match &**error {
                merging::Error::Patch(_) => Some(after_patch(failure, what)),
                error => error.hint(asked),
            };
            because(&format!("cannot apply `{what}` to `{name}`"), &**error, hint)
        }
        Trouble::Conflict(conflict) => of_conflict(conflict, failure),
        Trouble::NewerStart { what, start, pin, reference, .. } => {
            let text = format!(
                "`{what}` starts from commit {} of {reference}, which is newer than the pin {}",
                start.short(),
                pin.short()
            );
            let hint = format!(
                "run `oca lock --upgrade {name}` to move the pin, or write the merge with `pick = true` to take only its own changes"
            );
            Message::new(&text, Some(hint))
        }
        Trouble::OtherSeries { what, found, wanted } => {
            let text = format!("`{what}` conflicts: it has modules for {found}, not for {wanted}");
            Message::new(&text, Some(format!("use the request for {wanted}")))
        }
        Trouble::Push { base, reference, error } => {
            let hint = format!(
                "if the server refuses a shallow update, push the base first: fetch {reference} to commit `{base}` in a full clone, and push it there"
            );
            because(&format!("cannot push `{name}` to `{url}`"), &**error, Some(hint))
        }
        Trouble::Steps(error) => Message::new(&error.to_string(), error.hint()),
        Trouble::Checkout { step, error } => {
            let text = match step {
                Step::Inspect => format!("cannot read the checkout of `{name}`"),
                Step::CheckOut => format!("cannot check out `{name}`"),
                Step::Remove => format!("cannot remove `{name}`"),
            };
            because(&text, error, error.hint(asked))
        }
    }
}

/// The hint after a patch that does not apply. What was locked before can be resolved, so nothing of it is in the lock.
fn after_patch(failure: &Failure, path: &str) -> String {
    let (name, oca) = (&failure.name, failure.oca());
    if failure.in_submodules {
        return format!(
            "correct the file, or make it with `oca patch {name}` in a project with `mode = \"clone\"`"
        );
    }
    let word = typed(&format!("{name}#{path}"));
    format!(
        "correct the file; or run `oca remove {word}` and `{oca} sync {name}`, commit the change in the checkout, and run `{oca} patch {name}`"
    )
}

const ENTERPRISE: &str = "Enterprise is private: set `enterprise` in `[core]` to a url that you may read, such as \
     `git@github.com:odoo/enterprise.git`, or set a token for the host; if the lock has it already, \
     `skip = [\"enterprise\"]` in `repos.local.toml` does without its checkout";

/// Where a part of Odoo itself is declared.
fn table_of(part: CorePart) -> String {
    match part {
        CorePart::Odoo => "`[core]`".to_owned(),
        part => format!("`{}` of `[core]`", part.word()),
    }
}

/// Whether a server keeps Odoo Enterprise from somebody without access: with 401, 403 or 404.
fn is_private(name: &RepoName, error: &git::Error) -> bool {
    *name == CorePart::Enterprise.name()
        && matches!(
            error,
            git::Error::NotFound { .. }
                | git::Error::NotFoundAs { .. }
                | git::Error::Unauthorised { .. }
                | git::Error::Forbidden
                | git::Error::ForbiddenAs { .. }
        )
}

fn of_conflict(conflict: &MergeConflict, failure: &Failure) -> Message {
    let oca = failure.oca();
    let files: Vec<String> = conflict.conflicts.iter().map(ToString::to_string).collect();
    if failure.is_open {
        let hint = after_open(&oca, conflict.repo.as_str());
        return Message { causes: files, ..Message::new(&conflict.to_string(), Some(hint)) };
    }
    let mut hint = format!("run `{oca} resolve {}`", conflict.repo);
    if failure.in_submodules {
        hint.push_str(" in a project with `mode = \"clone\"`, and commit the lock");
    }
    if let ConflictWith::Earlier { what: Some(_) } = conflict.with {
        hint.push_str(", or change the order of `merges`");
    }
    Message { causes: files, ..Message::new(&conflict.to_string(), Some(hint)) }
}

/// The failures, by name. If the same thing went wrong for several repositories of one server or organisation, they have
/// one message.
pub(super) fn of_failures(failures: &[Failure]) -> Vec<Message> {
    /// From this number of repositories on, one message is easier to read.
    const MANY: usize = 3;
    let mut failures: Vec<&Failure> = failures.iter().collect();
    failures.sort_by(|a, b| a.name.cmp(&b.name));
    let mut groups: Vec<(Option<SharedCause<'_>>, Vec<&Failure>)> = Vec::new();
    for failure in failures {
        let key = shared_cause(failure);
        match groups.iter_mut().find(|(other, _)| key.is_some() && *other == key) {
            Some((_, group)) => group.push(failure),
            None => groups.push((key, vec![failure])),
        }
    }
    let words = |(key, group): (Option<SharedCause<'_>>, Vec<&Failure>)| match (key, &group[..]) {
        (Some((cause, parent)), [first, ..]) if group.len() >= MANY => {
            let names: Vec<String> = group.iter().map(|failure| failure.name.to_string()).collect();
            let error =
                format!("cannot fetch {} repositories from `{parent}`: {}", names.len(), first_names(&names));
            let hint = of_failure(first).hint;
            vec![Message { causes: vec![cause], repos: names, ..Message::new(&error, hint) }]
        }
        (_, group) => {
            let of_one = |failure: &&Failure| {
                let repos = vec![failure.name.to_string()];
                Message { repos, ..of_failure(failure) }
            };
            group.iter().map(of_one).collect()
        }
    };
    groups.into_iter().flat_map(words).collect()
}

/// The cause, and the url above the repository, of a failure that others may share.
type SharedCause<'f> = (String, &'f str);

fn shared_cause(failure: &Failure) -> Option<SharedCause<'_>> {
    match &failure.trouble {
        Trouble::Remote(error) if failure.near.is_none() && failure.survivor.is_none() => {
            Some((with_causes(error), failure.url.rsplit_once('/')?.0))
        }
        _ => None,
    }
}

/// The hint if `oca resolve` has something open.
fn after_open(oca: &str, name: &str) -> String {
    format!("run `{oca} resolve {name} --continue`, or `{oca} resolve {name} --abort` to give up")
}

/// The hint after a checkout that was not changed. `has_force` says whether the command has `--force`.
fn after_kept(error: &CheckoutError, asked: HintContext<'_>, has_force: bool) -> Option<String> {
    let or_force = |hint: &str, force: &str| {
        if has_force { format!("{hint}, or use `--force` to {force}") } else { hint.to_owned() }
    };
    Some(match error {
        CheckoutError::Link { .. } => {
            "remove the link, or list the repository in `skip` of `repos.local.toml`".to_owned()
        }
        CheckoutError::Resolving { .. } => after_open("oca", asked.name.unwrap_or("NAME")),
        CheckoutError::InWork { .. } => {
            format!("run `oca work {} --done` first", asked.name.unwrap_or("NAME"))
        }
        CheckoutError::LocalWork(LocalWork { branch: Some(_), changed, under_way: false, .. })
            if changed.is_empty() =>
        {
            let name = asked.name.unwrap_or("NAME");
            or_force(&format!("run `oca work {name}` to leave it there"), "leave the branch")
        }
        CheckoutError::LocalCommits(_) => {
            let name = asked.name.unwrap_or("NAME");
            let end =
                if has_force { ", push them, or use `--force` to discard them" } else { ", or push them" };
            format!("run `oca patch {name}` to keep them as a patch{end}")
        }
        CheckoutError::LocalWork(_) => or_force("commit and push your work", "discard it"),
        CheckoutError::Tracked { path, .. } => {
            format!("run `git rm -r --cached {}`, then move the directory away", typed(path))
        }
        CheckoutError::Occupied { path, .. } => {
            format!("push your commits in `{}`, then move that directory away", path.display())
        }
        CheckoutError::Elsewhere { path, .. } => format!("move `{}` away", path.display()),
        CheckoutError::NotGit { .. } | CheckoutError::Unborn { .. } | CheckoutError::ForeignOrigin { .. } => {
            or_force("move it away", "replace it")
        }
        CheckoutError::Git(error) => return error.hint(asked),
    })
}

/// A message with a cause, on one line with its own causes.
fn because(text: &str, cause: &dyn std::error::Error, hint: Option<String>) -> Message {
    Message { causes: vec![with_causes(cause)], ..Message::new(text, hint) }
}

/// An error with its causes, on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
