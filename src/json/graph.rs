//! What modules need, and what needs them.

use std::collections::HashSet;

use serde::Serialize;

use crate::addons::graph::Step;
use crate::plan::{Inventory, Reason, Request, Standing};
use crate::repo::{Edition, Series};

/// `oca tree`: what modules need.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TreeReport<'a> {
    pub(crate) profile: &'a str,
    /// The series of Odoo, such as `18.0`.
    pub(crate) odoo: Series,
    /// The modules of the command line.
    pub(crate) roots: &'a [String],
    /// The roots and all that they need, each name once.
    pub(crate) modules: Vec<GraphNode<'a>>,
}

/// `oca why`: what needs modules, and why they are selected.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WhyReport<'a> {
    pub(crate) profile: &'a str,
    /// The series of Odoo, such as `18.0`.
    pub(crate) odoo: Series,
    /// One for each module of the command line.
    pub(crate) answers: Vec<WhyAnswer<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WhyAnswer<'a> {
    pub(crate) name: &'a str,
    pub(crate) reason: WhyReason,
    /// The module and all that need it, each name once.
    pub(crate) modules: Vec<GraphNode<'a>>,
}

/// Why a module is in a profile.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WhyReason {
    /// `modules` of the profile has it.
    Profile,
    /// `modules` of its repository has it.
    Repo,
    /// The profile takes all modules of its repository.
    WholeRepo,
    /// It is in one of the user's own directories.
    Local,
    /// Other selected modules need it.
    Needed,
    NotSelected,
    /// It is in a directory of `[addons-path]`.
    Around,
    NoModule,
}

/// A name in a graph, and what it stands for.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct GraphNode<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: NodeKind,
    /// The repository, or the directory as `repos.toml` writes it; `null` if the kind is not `module`.
    pub(crate) repo: Option<&'a str>,
    /// The version as the manifest writes it; `null` if the kind is not `module`.
    pub(crate) version: Option<&'a str>,
    /// Whether the profile selects the module.
    pub(crate) selected: bool,
    /// Whether the module is selected for itself, and not only because another module needs it.
    pub(crate) asked_for: bool,
    /// Which modules of the graph it depends on.
    pub(crate) depends: Vec<&'a str>,
}

#[derive(Clone, Copy, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NodeKind {
    Module,
    /// A module of Odoo Community.
    Core,
    /// A module of Odoo Enterprise.
    Enterprise,
    /// A module whose manifest cannot be read.
    Unreadable,
    /// A module with `installable: False`.
    Uninstallable,
    Missing,
    /// Of Odoo, or missing: the modules of this Odoo are not known.
    Unknown,
}

impl<'a> TreeReport<'a> {
    pub(crate) fn of(inventory: &'a Inventory<'_>, roots: &'a [String]) -> Self {
        let profile = inventory.profile;
        let modules = nodes(inventory, &inventory.tree(roots));
        Self { profile: &profile.name, odoo: profile.odoo, roots, modules }
    }
}

impl<'a> WhyReport<'a> {
    pub(crate) fn of(inventory: &'a Inventory<'_>, names: &'a [String]) -> Self {
        let profile = inventory.profile;
        let answers = names.iter().map(|name| WhyAnswer::of(inventory, name)).collect();
        Self { profile: &profile.name, odoo: profile.odoo, answers }
    }
}

impl<'a> WhyAnswer<'a> {
    fn of(inventory: &'a Inventory<'_>, name: &'a str) -> Self {
        let reason = match inventory.reason(name) {
            Reason::Asked(Request::Profile) => WhyReason::Profile,
            Reason::Asked(Request::Repo) => WhyReason::Repo,
            Reason::Asked(Request::WholeRepo) => WhyReason::WholeRepo,
            Reason::Asked(Request::Local) => WhyReason::Local,
            Reason::Needed => WhyReason::Needed,
            Reason::NotSelected => WhyReason::NotSelected,
            Reason::Around => WhyReason::Around,
            Reason::NoModule => WhyReason::NoModule,
        };
        Self { name, reason, modules: nodes(inventory, &inventory.dependants(name)) }
    }
}

impl<'a> GraphNode<'a> {
    fn of(inventory: &'a Inventory<'_>, name: &'a str, shown: &HashSet<&str>) -> Self {
        let (kind, module) = match inventory.standing(name) {
            Standing::Module(module) => (NodeKind::Module, Some(module)),
            Standing::Core(Edition::Community) => (NodeKind::Core, None),
            Standing::Core(Edition::Enterprise) => (NodeKind::Enterprise, None),
            Standing::Unreadable => (NodeKind::Unreadable, None),
            Standing::Uninstallable(_) => (NodeKind::Uninstallable, None),
            Standing::Missing(_) => (NodeKind::Missing, None),
            Standing::Unknown => (NodeKind::Unknown, None),
        };
        let depends = module.iter().flat_map(|module| &module.manifest.depends).map(String::as_str);
        Self {
            name,
            kind,
            repo: module.map(|module| module.home.name()),
            version: module.map(|module| module.manifest.version()),
            selected: module.is_some_and(|module| module.selected),
            asked_for: matches!(inventory.reason(name), Reason::Asked(_)),
            depends: depends.filter(|name| shown.contains(name)).collect(),
        }
    }
}

/// Each name of the steps once, in the order of its first step.
fn nodes<'a>(inventory: &'a Inventory<'_>, steps: &[Step<'a>]) -> Vec<GraphNode<'a>> {
    let shown: HashSet<&str> = steps.iter().map(|step| step.name).collect();
    let mut seen = HashSet::new();
    let names = steps.iter().map(|step| step.name).filter(|name| seen.insert(*name));
    names.map(|name| GraphNode::of(inventory, name, &shown)).collect()
}
