//! `oca diff`: what changed between two locks.

use serde::Serialize;

use super::FromTo;
use super::changelog::{self, LogEntryReport, LogReport, NewsReport};
use super::diff_deep::DeepReport;
use crate::diff::deep::Deep;
use crate::diff::{
    Changed, Changelogs, Home, LockDiff, MergeDiff, ModuleChange, Names, RepoChange, RepoLog, Step,
    VersionStep,
};
use crate::lock::LockedRepo;
use crate::repo::{AutoInstall, CommitId, MergeSource, ModuleName, RemoteUrl, RepoName};

/// `oca diff`: what changed between two locks.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct DiffReport<'d> {
    /// One for each step of series, and empty if nothing changed.
    pub(crate) changes: Vec<SeriesDiff<'d>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SeriesDiff<'d> {
    pub(crate) profiles: &'d [&'d str],
    /// The series before and now.
    pub(crate) odoo: FromTo<String>,
    /// By name.
    pub(crate) repos: Vec<RepoEntry<'d>>,
    /// By name.
    pub(crate) modules: Vec<ModuleEntry<'d>>,
    pub(crate) python: NameChanges<'d>,
    /// The lines of Odoo's own `requirements.txt`.
    pub(crate) odoo_python: NameChanges<'d>,
    pub(crate) bin: NameChanges<'d>,
    pub(crate) deb: NameChanges<'d>,
    /// With `--deep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deep: Option<DeepReport<'d>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NameChanges<'d> {
    pub(crate) added: Vec<&'d str>,
    pub(crate) removed: Vec<&'d str>,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DiffKind {
    Added,
    Removed,
    Changed,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RepoEntry<'d> {
    pub(crate) name: &'d RepoName,
    pub(crate) change: DiffKind,
    pub(crate) url: &'d RemoteUrl,
    /// The branch, tag or commit that it follows.
    pub(crate) reference: String,
    /// `null` where the lock does not have it.
    pub(crate) from: Option<CommitId>,
    pub(crate) to: Option<CommitId>,
    /// The page with the commits between; `null` if the forge is not known to have one.
    pub(crate) page: Option<String>,
    /// The merges that came, went or moved.
    pub(crate) merges: Vec<MergeEntry<'d>>,
    /// The paths of patches that came or went.
    pub(crate) patches: NameChanges<'d>,
    /// The paths of patches whose content changed.
    pub(crate) changed_patches: Vec<&'d str>,
    /// What happened between the commits; `null` if it is not known.
    pub(crate) log: Option<LogReport<'d>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MergeEntry<'d> {
    /// As it is declared.
    pub(crate) merge: &'d MergeSource,
    pub(crate) from: Option<CommitId>,
    pub(crate) to: Option<CommitId>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ModuleEntry<'d> {
    pub(crate) name: &'d ModuleName,
    pub(crate) change: DiffKind,
    /// The module in the old lock; `null` if that does not have it. If such a module is `changed`, Odoo itself had it.
    pub(crate) from: Option<ModuleAt<'d>>,
    pub(crate) to: Option<ModuleAt<'d>>,
    /// How far the version went; `null` if it is the same.
    pub(crate) step: Option<VersionStepKind>,
    /// Whether its files changed, but not its version.
    pub(crate) without_version: bool,
    pub(crate) depends: NameChanges<'d>,
    pub(crate) python: NameChanges<'d>,
    pub(crate) bin: NameChanges<'d>,
    pub(crate) deb: NameChanges<'d>,
    /// The entries of the log of its repository that changed it.
    pub(crate) log: Vec<LogEntryReport<'d>>,
    /// `null` if nothing is known.
    pub(crate) news: Option<NewsReport<'d>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ModuleAt<'d> {
    pub(crate) repo: &'d RepoName,
    /// `null` for a module of Odoo itself, like the next two: the lock does not have them.
    pub(crate) version: Option<&'d str>,
    pub(crate) license: Option<&'d str>,
    pub(crate) development_status: Option<&'d str>,
    /// Whether Odoo installs it by itself when others are installed.
    pub(crate) auto_install: bool,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum VersionStepKind {
    Patch,
    Minor,
    Major,
    Lower,
    Other,
}

impl<'d> DiffReport<'d> {
    /// `deeps` has what each difference means, or nothing.
    pub(crate) fn of(diffs: &'d [LockDiff<'d>], changelogs: &'d Changelogs<'d>, deeps: &'d [Deep]) -> Self {
        let deeps = deeps.iter().map(Some).chain(std::iter::repeat(None));
        let both = diffs.iter().zip(deeps);
        Self { changes: both.map(|(diff, deep)| SeriesDiff::of(diff, changelogs, deep)).collect() }
    }
}

impl<'d> SeriesDiff<'d> {
    fn of(diff: &'d LockDiff<'d>, changelogs: &'d Changelogs<'d>, deep: Option<&'d Deep>) -> Self {
        let LockDiff { profiles, series, several: _, repos, modules, python, odoo_python, bin, deb } = diff;
        let logs = changelog::logs(diff, changelogs);
        let module = |module| ModuleEntry {
            log: changelog::entries(diff, &logs, module),
            news: changelogs.of_module(module).map(NewsReport::of),
            ..ModuleEntry::of(module)
        };
        Self {
            profiles,
            odoo: FromTo { from: series.from.to_string(), to: series.to.to_string() },
            repos: repos.iter().zip(&logs).map(|(repo, log)| RepoEntry::of(repo, log.as_ref())).collect(),
            modules: modules.iter().map(module).collect(),
            python: python.into(),
            odoo_python: odoo_python.into(),
            bin: bin.into(),
            deb: deb.into(),
            deep: deep.map(DeepReport::of),
        }
    }
}

impl<'d> From<&Names<'d>> for NameChanges<'d> {
    fn from(names: &Names<'d>) -> Self {
        Self { added: names.more.clone(), removed: names.fewer.clone() }
    }
}

impl<'d> RepoEntry<'d> {
    fn of(repo: &'d RepoChange<'d>, log: Option<&RepoLog<'d, 'd>>) -> Self {
        let (change, from, to): (_, Option<&LockedRepo>, Option<&LockedRepo>) = match repo {
            RepoChange::Added(to) => (DiffKind::Added, None, Some(to)),
            RepoChange::Removed(from) => (DiffKind::Removed, Some(from), None),
            RepoChange::Changed(Step { from, to }) => (DiffKind::Changed, Some(from), Some(to)),
        };
        let both = if let RepoChange::Changed(both) = repo { Some(both) } else { None };
        let pin = repo.pin();
        Self {
            name: &pin.name,
            change,
            url: &pin.url,
            reference: pin.reference.to_string().replace('`', ""),
            from: from.map(|repo| repo.commit),
            to: to.map(|repo| repo.commit),
            page: both.and_then(Step::page),
            merges: both.map(|both| both.merges().iter().map(MergeEntry::of).collect()).unwrap_or_default(),
            patches: both.map(Step::patches).as_ref().unwrap_or(&Names::default()).into(),
            changed_patches: both.map(Step::changed_patches).unwrap_or_default(),
            log: log.map(LogReport::of),
        }
    }
}

impl<'d> MergeEntry<'d> {
    fn of(merge: &MergeDiff<'d>) -> Self {
        Self { merge: merge.source, from: merge.commits.from, to: merge.commits.to }
    }
}

impl<'d> ModuleEntry<'d> {
    fn of(module: &'d ModuleChange<'d>) -> Self {
        let (change, from, to, changed) = match module {
            ModuleChange::Added(to) => (DiffKind::Added, None, Some(to), None),
            ModuleChange::Removed(from) => (DiffKind::Removed, Some(from), None, None),
            ModuleChange::OutOfOdoo(to) => (DiffKind::Changed, None, Some(to), None),
            ModuleChange::IntoOdoo(from) => (DiffKind::Changed, Some(from), None, None),
            ModuleChange::Changed(changed) => {
                let Step { from, to } = &changed.homes;
                (DiffKind::Changed, Some(from), Some(to), Some(changed))
            }
        };
        let names =
            |names: fn(&Changed<'d>) -> Names<'d>| NameChanges::from(&changed.map(names).unwrap_or_default());
        Self {
            name: module.name(),
            change,
            from: from.map(ModuleAt::of),
            to: to.map(ModuleAt::of),
            step: changed.and_then(|changed| changed.version).map(VersionStepKind::from),
            without_version: changed.is_some_and(Changed::is_without_version),
            depends: names(Changed::depends),
            python: names(Changed::python),
            bin: names(Changed::bin),
            deb: names(Changed::deb),
            log: Vec::new(),
            news: None,
        }
    }
}

impl<'d> ModuleAt<'d> {
    fn of(home: &Home<'d>) -> Self {
        Self {
            repo: &home.repo.pin.name,
            version: home.version(),
            license: home.license(),
            development_status: home.maturity(),
            auto_install: home.module.manifest.auto_install != AutoInstall::Never,
        }
    }
}

impl From<VersionStep> for VersionStepKind {
    fn from(step: VersionStep) -> Self {
        match step {
            VersionStep::Patch => Self::Patch,
            VersionStep::Minor => Self::Minor,
            VersionStep::Major => Self::Major,
            VersionStep::Back => Self::Lower,
            VersionStep::Other => Self::Other,
        }
    }
}
