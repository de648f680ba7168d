//! The exit code for each error.

use super::Error;
use crate::report::Trouble;
use crate::{export, git, lock};

impl Error {
    /// 1: the answer is no; 2: usage or configuration; 3: network or git; 4: a pinned commit is gone.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Conflicts { .. }
            | Self::Differs { .. }
            | Self::Disputed { .. }
            | Self::Export(export::Error::NoCheckout { .. } | export::Error::Stranger { .. })
            | Self::ExportUnfinished { .. }
            | Self::ImportIncomplete { .. }
            | Self::ImportRevealing { .. }
            | Self::Lacking { .. }
            | Self::MovedByBoth { .. }
            | Self::NoLock { .. }
            | Self::NoNamedLock { .. }
            | Self::NotAnAddonsDirectory { .. }
            | Self::Nowhere { unasked: 0, .. }
            | Self::OdooConf { checked: true, .. }
            | Self::OtherProfile { .. }
            | Self::ProfileNotLocked { .. }
            | Self::Rewritten { .. }
            | Self::Silent
            | Self::Stale { .. }
            | Self::StaleAsReported { .. }
            | Self::StillSubmodules { .. }
            | Self::Steps { .. }
            | Self::Submodules { .. }
            | Self::Unreachable { .. }
            | Self::Untrue { .. } => 1,
            Self::BadDate { .. }
            | Self::BadName { .. }
            | Self::Cache(_)
            | Self::Comma { .. }
            | Self::Config(_)
            | Self::ControlInPath { .. }
            | Self::Diff(_)
            | Self::Exists { .. }
            | Self::Export(_)
            | Self::ExportOfLinks { .. }
            | Self::File(_)
            | Self::ImageNested { .. }
            | Self::Import(_)
            | Self::LinkedPath { .. }
            | Self::MixedPaths { .. }
            | Self::BothSides
            | Self::NamedForBoth { .. }
            | Self::RepoElsewhere { .. }
            | Self::SyncOfSome
            | Self::Own(_)
            | Self::Pin(_)
            | Self::NothingToCheck
            | Self::OnlyForUpgrade { .. }
            | Self::Needed { .. }
            | Self::StillNeeded { .. }
            | Self::NoCache
            | Self::NoConfig { .. }
            | Self::NoCore { .. }
            | Self::NoExport
            | Self::NotInCore { .. }
            | Self::NoSeries
            | Self::NoSuperproject { .. }
            | Self::NotSubmodules { .. }
            | Self::NotAnExport { .. }
            | Self::NoConstraints { .. }
            | Self::NoCoreRequirements { .. }
            | Self::NotUtf8 { .. }
            | Self::OdooConf { .. }
            | Self::OneProfile
            | Self::PathNotUtf8 { .. }
            | Self::SecretInSubmodule { .. }
            | Self::SkippedCore { .. }
            | Self::Threads { .. }
            | Self::UnknownModule { .. }
            | Self::WithoutInit { .. }
            | Self::UnknownRepo { .. }
            | Self::Unmet { .. }
            | Self::UnreadableFolder { .. }
            | Self::Unusable(_)
            | Self::WhichProfile { .. } => 2,
            Self::Nowhere { .. } => 3,
            Self::Edit(error) => error.exit_code(),
            Self::Lock(error) | Self::NamedLock { error } => lock_code(error),
            Self::Merge(error) => error.exit_code(),
            Self::Git(error) | Self::NoAnswer { error, .. } => git_code(error),
            Self::HalfRewritten { cause, .. } | Self::ImportUnlocked { cause, .. } => cause.exit_code(),
            Self::Repos { failures } => {
                failures.iter().map(|failure| trouble_code(&failure.trouble)).max().unwrap_or(3)
            }
        }
    }
}

fn lock_code(error: &lock::Error) -> u8 {
    match error {
        lock::Error::Edited { .. }
        | lock::Error::Twice { .. }
        | lock::Error::Dangling { .. }
        | lock::Error::Step { .. } => 1,
        _ => 2,
    }
}

fn git_code(error: &git::Error) -> u8 {
    match error {
        git::Error::Vanished { .. } | git::Error::OutOfReach { .. } => 4,
        git::Error::WrongStep { .. } => 1,
        git::Error::IsTag { .. }
        | git::Error::ModulesLink { .. }
        | git::Error::ModulesMalformed { .. }
        | git::Error::Borrowed { .. }
        | git::Error::LinkOnTheWay { .. }
        | git::Error::NestedModule { .. }
        | git::Error::File(_)
        | git::Error::System { .. }
        | git::Error::Authorities { .. }
        | git::Error::Secret { .. }
        | git::Error::Netrc { .. }
        | git::Error::Unsupported { .. }
        | git::Error::NotText { .. }
        | git::Error::TooManyIncludes { .. }
        | git::Error::NoSubmodulePath { .. } => 2,
        _ => 3,
    }
}

fn trouble_code(trouble: &Trouble) -> u8 {
    match trouble {
        Trouble::Remote(error) | Trouble::Checkout { error, .. } => git_code(error),
        Trouble::Push { error, .. } => git_code(error),
        Trouble::Merge { error, .. } => match &**error {
            git::merging::Error::Git(error) => git_code(error),
            _ => 1,
        },
        // A full disk or a damaged store is not a problem of the exported content.
        Trouble::NoAddons(_) | Trouble::NotOdoo(_) | Trouble::Export(export::Error::File(_)) => 2,
        Trouble::Export(export::Error::Objects(_) | export::Error::Store { .. }) => 3,
        _ => 1,
    }
}
