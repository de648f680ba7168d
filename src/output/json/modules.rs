//! Modules and how they hang together, for machines.

use std::collections::HashSet;

use serde::Serialize;

use super::{VERSION, render};
use crate::addons::graph::Step;
use crate::config::Profile;
use crate::plan::{Inventory, Placed, Reason, Request, Standing};
use crate::repo::{AutoInstall, Edition};

/// The modules of a profile; what a manifest leaves out takes Odoo's default.
pub(crate) fn modules(profile: &Profile, modules: &[&Placed<'_>]) -> String {
    #[derive(Serialize)]
    struct Modules<'a> {
        version: u32,
        profile: &'a str,
        odoo: String,
        modules: Vec<One<'a>>,
    }
    #[derive(Serialize)]
    struct One<'a> {
        name: &'a str,
        repo: &'a str,
        version: &'a str,
        installable: bool,
        selected: bool,
        depends: &'a [String],
        license: &'a str,
        development_status: Option<&'a str>,
        auto_install: AutoInstallWire<'a>,
        external_dependencies: External<'a>,
    }
    #[derive(Serialize)]
    struct External<'a> {
        python: &'a [String],
        bin: &'a [String],
        deb: &'a [String],
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum AutoInstallWire<'a> {
        Flag(bool),
        When(&'a [String]),
    }
    fn one<'a>(module: &Placed<'a>) -> One<'a> {
        let manifest = module.manifest;
        One {
            name: module.name,
            repo: module.home.name(),
            version: manifest.version(),
            installable: true,
            selected: module.selected,
            depends: &manifest.depends,
            license: manifest.license(),
            development_status: manifest.development_status.as_deref(),
            auto_install: match &manifest.auto_install {
                AutoInstall::Never => AutoInstallWire::Flag(false),
                AutoInstall::WhenDependsAre => AutoInstallWire::Flag(true),
                AutoInstall::When(names) => AutoInstallWire::When(names),
            },
            external_dependencies: External {
                python: &manifest.python,
                bin: &manifest.bin,
                deb: &manifest.deb,
            },
        }
    }
    render(&Modules {
        version: VERSION,
        profile: &profile.name,
        odoo: profile.odoo.to_string(),
        modules: modules.iter().map(|module| one(module)).collect(),
    })
}

/// A name, and what it stands for.
#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    kind: &'static str,
    repo: Option<&'a str>,
    version: Option<&'a str>,
    selected: bool,
    /// Whether it is selected for itself.
    asked_for: bool,
    /// Of what is shown, what it depends on.
    depends: Vec<&'a str>,
}

fn named<'a>(inventory: &'a Inventory<'_>, name: &'a str, shown: &HashSet<&str>) -> Named<'a> {
    let (kind, module) = match inventory.standing(name) {
        Standing::Module(module) => ("module", Some(module)),
        Standing::Core(Edition::Community) => ("core", None),
        Standing::Core(Edition::Enterprise) => ("enterprise", None),
        Standing::Unreadable => ("unreadable", None),
        Standing::Uninstallable(_) => ("uninstallable", None),
        Standing::Missing(_) => ("missing", None),
    };
    let depends = module.iter().flat_map(|module| &module.manifest.depends).map(String::as_str);
    Named {
        name,
        kind,
        repo: module.map(|module| module.home.name()),
        version: module.map(|module| module.manifest.version()),
        selected: module.is_some_and(|module| module.selected),
        asked_for: matches!(inventory.reason(name), Reason::Asked(_)),
        depends: depends.filter(|name| shown.contains(name)).collect(),
    }
}

/// Each name of a tree once, as it was met.
fn all_named<'a>(inventory: &'a Inventory<'_>, steps: &[Step<'a>]) -> Vec<Named<'a>> {
    let shown: HashSet<&str> = steps.iter().map(|step| step.name).collect();
    let mut seen = HashSet::new();
    let names = steps.iter().map(|step| step.name).filter(|name| seen.insert(*name));
    names.map(|name| named(inventory, name, &shown)).collect()
}

/// What modules need, as a graph: every name once.
pub(crate) fn tree(inventory: &Inventory<'_>, roots: &[String]) -> String {
    #[derive(Serialize)]
    struct Tree<'a> {
        version: u32,
        profile: &'a str,
        odoo: String,
        roots: &'a [String],
        modules: Vec<Named<'a>>,
    }
    let profile = inventory.profile;
    render(&Tree {
        version: VERSION,
        profile: &profile.name,
        odoo: profile.odoo.to_string(),
        roots,
        modules: all_named(inventory, &inventory.tree(roots)),
    })
}

/// Who needs modules, as a graph for each, and why it is there.
pub(crate) fn why(inventory: &Inventory<'_>, names: &[String]) -> String {
    #[derive(Serialize)]
    struct Why<'a> {
        version: u32,
        profile: &'a str,
        odoo: String,
        answers: Vec<Answer<'a>>,
    }
    #[derive(Serialize)]
    struct Answer<'a> {
        name: &'a str,
        reason: &'static str,
        /// The module itself, and who needs it.
        modules: Vec<Named<'a>>,
    }
    let answer = |name| Answer {
        name,
        reason: reason(inventory.reason(name)),
        modules: all_named(inventory, &inventory.dependants(name)),
    };
    let profile = inventory.profile;
    render(&Why {
        version: VERSION,
        profile: &profile.name,
        odoo: profile.odoo.to_string(),
        answers: names.iter().map(|name| answer(name.as_str())).collect(),
    })
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Asked(Request::Profile) => "profile",
        Reason::Asked(Request::Repo) => "repo",
        Reason::Asked(Request::WholeRepo) => "whole-repo",
        Reason::Asked(Request::Local) => "local",
        Reason::Needed => "needed",
        Reason::NotSelected => "not-selected",
        Reason::Around => "around",
        Reason::NoModule => "no-module",
    }
}
