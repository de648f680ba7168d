//! The reports of `--format json`: one type for each report, and the types of what is in it; and the one for GitLab.
//!
//! A field is a key, in this order. Keys and words are promises: they stay the same if a type of another room is
//! renamed. So this room takes what other rooms report, and no other room prints its own types as JSON. It does not
//! print either; `output` does.

mod addons_path;
mod cache;
mod changelog;
mod checkouts;
mod diff;
mod diff_deep;
mod export;
mod failure;
mod find;
mod findings;
mod gitlab;
mod graph;
mod lock;
mod modules;
mod requirements;
#[cfg(test)]
mod schemas;
mod submodules;

use serde::Serialize;

pub(crate) use addons_path::{AddonsPathReport, PathEntry, PathEntryKind};
pub(crate) use cache::{CachePruneReport, CacheSizeReport};
pub(crate) use checkouts::{OutcomeReport, StatusReport, VerifyReport};
pub(crate) use diff::DiffReport;
pub(crate) use export::{ExportLayer, LayersReport};
pub(crate) use failure::{FailureEntry, FailureReport};
pub(crate) use find::FindReport;
pub(crate) use findings::CheckReport;
pub(crate) use gitlab::{code_quality, code_quality_of};
pub(crate) use graph::{GraphNode, NodeKind, TreeReport, WhyReport};
pub(crate) use lock::{ChangeReport, FreshnessReport, GitlinksKind, OutdatedReport};
pub(crate) use modules::ListReport;
pub(crate) use requirements::{RequirementsReport, SystemReport};
pub(crate) use submodules::SubmodulesReport;

/// The version of all reports. If a field changes its meaning or disappears, the number grows.
const VERSION: u32 = 1;

/// A report with its version, which comes first.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Versioned<T> {
    /// If a field changes its meaning or disappears, the number grows.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    version: u32,
    #[serde(flatten)]
    report: T,
}

/// A value before and now.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FromTo<T> {
    pub(crate) from: T,
    pub(crate) to: T,
}

impl<T: Serialize> Versioned<T> {
    pub(crate) fn new(report: T) -> Self {
        Self { version: VERSION, report }
    }

    /// One object, indented by two spaces, with a newline at the end.
    pub(crate) fn render(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("text and numbers always serialize");
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of enums, as they are printed.
    fn words(kinds: &impl Serialize) -> String {
        serde_json::to_string(kinds).expect("words serialize").replace(['[', ']', '"'], "").replace(',', " ")
    }

    #[test]
    fn the_version_comes_first() {
        let report =
            FreshnessReport { fresh: true, gitlinks: None, differences: Vec::new(), errors: Vec::new() };
        let text = "{\n  \"version\": 1,\n  \"fresh\": true,\n  \"gitlinks\": null,\n  \"differences\": [],\n  \
                    \"errors\": []\n}\n";
        assert_eq!(Versioned::new(report).render(), text);
    }

    /// Scripts compare them: a variant that gets another name must keep its word.
    #[test]
    fn words_are_promises() {
        use checkouts::{AlterationKind as Alteration, CheckoutState as State, OutcomeKind as Outcome};
        use graph::{NodeKind as Node, WhyReason as Reason};
        use submodules::SubmoduleFaultKind as Fault;
        let done = [Outcome::Locked, Outcome::UpToDate, Outcome::Outdated, Outcome::Created, Outcome::Moved];
        assert_eq!(words(&done), "locked up-to-date outdated created moved");
        let gone = [Outcome::Refreshed, Outcome::Removed, Outcome::Exported, Outcome::Listed];
        assert_eq!(words(&gone), "refreshed removed exported listed");
        let not_done = [Outcome::NotThere, Outcome::Refused, Outcome::Kept, Outcome::Failed];
        assert_eq!(words(&not_done), "not-there refused kept failed");
        assert_eq!(words(&[Outcome::InWork]), "in-work");
        let states = [State::Clean, State::Missing, State::OtherCommit, State::Dirty, State::LocalCommits];
        assert_eq!(words(&states), "clean missing other-commit dirty local-commits");
        let others = [State::NotGit, State::Undeclared, State::Skipped, State::Resolving, State::InWork];
        assert_eq!(words(&others), "not-git undeclared skipped resolving in-work");
        assert_eq!(words(&[State::Unreadable]), "unreadable");
        let files = [Alteration::Altered, Alteration::OtherMode, Alteration::Missing, Alteration::Extra];
        assert_eq!(words(&files), "altered other-mode missing extra");
        let nodes = [
            Node::Module,
            Node::Core,
            Node::Enterprise,
            Node::Unreadable,
            Node::Uninstallable,
            Node::Missing,
            Node::Unknown,
        ];
        assert_eq!(words(&nodes), "module core enterprise unreadable uninstallable missing unknown");
        let reasons = [Reason::Profile, Reason::Repo, Reason::WholeRepo, Reason::Local, Reason::Needed];
        assert_eq!(words(&reasons), "profile repo whole-repo local needed");
        let reasons = [Reason::NotSelected, Reason::Around, Reason::NoModule];
        assert_eq!(words(&reasons), "not-selected around no-module");
        let faults = [Fault::Missing, Fault::Phantom, Fault::NoGitlink, Fault::Stale, Fault::Duplicate];
        assert_eq!(words(&faults), "missing phantom no-gitlink stale duplicate");
        let faults = [Fault::Commit, Fault::Url, Fault::Branch, Fault::Path, Fault::Second];
        assert_eq!(words(&faults), "commit url branch path second");
        let faults = [Fault::Undeclared, Fault::Tracked, Fault::Unstaged];
        assert_eq!(words(&faults), "undeclared tracked unstaged");
    }

    #[test]
    fn words_of_packs_paths_and_pins_are_promises() {
        use cache::PruneOutcome as Prune;
        use diff::{DiffKind, VersionStepKind as Step};
        use diff_deep::{ActKind as Act, SideKind as Side, UseChange as Gone, UseKind as Used};
        use lock::{MergeSide as Of, PinChangeKind as Change};
        use requirements::RequirementFlag as Flag;
        let prunes = [
            Prune::Kept,
            Prune::Pinned,
            Prune::Packed,
            Prune::Unused,
            Prune::Damaged,
            Prune::Leftover,
            Prune::Busy,
        ];
        assert_eq!(words(&prunes), "kept pinned packed unused damaged leftover busy");
        let kinds =
            [PathEntryKind::Before, PathEntryKind::Local, PathEntryKind::Repository, PathEntryKind::After];
        assert_eq!(words(&kinds), "before local repository after");
        let changes = [Change::Added, Change::Removed, Change::Moved, Change::Merge, Change::Reread];
        assert_eq!(words(&changes), "added removed moved merge reread");
        assert_eq!(words(&[Flag::ExactPin, Flag::DirectReference]), "exact-pin direct-reference");
        let kinds = [DiffKind::Added, DiffKind::Removed, DiffKind::Changed];
        assert_eq!(words(&kinds), "added removed changed");
        assert_eq!(
            words(&[Used::Model, Used::Field, Used::Method, Used::Record]),
            "model field method record"
        );
        let changes = [Gone::Removed, Gone::Retyped, Gone::NotStored, Gone::Required];
        assert_eq!(words(&changes), "removed retyped not-stored required");
        let acts =
            [Act::Inherits, Act::CallsSuper, Act::Uses, Act::Shows, Act::Sets, Act::Creates, Act::Refers];
        assert_eq!(words(&acts), "inherits calls-super uses shows sets creates refers");
        assert_eq!(words(&[Side::From, Side::To]), "from to");
        assert_eq!(words(&[Of::Ours, Of::Theirs]), "ours theirs");
        let steps = [Step::Patch, Step::Minor, Step::Major, Step::Lower, Step::Other];
        assert_eq!(words(&steps), "patch minor major lower other");
        let severities = [findings::FindingSeverity::Error, findings::FindingSeverity::Warning];
        assert_eq!(words(&severities), "error warning");
    }
}
