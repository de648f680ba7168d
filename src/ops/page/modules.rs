//! The modules of the page.

use std::collections::HashMap;

use super::bytes::Measured;
use crate::page::{Home as PageHome, HomeKind, Module, Need, NeedKind, Standing as Place};
use crate::plan::{self, Home, Inventory, Placed, Reason, Request, Standing};
use crate::repo::{AddonsDirectory, AutoInstall, Edition, and_list, redact};

/// The modules of the repositories and of the own directories, in path order.
pub(super) fn modules(inventory: &Inventory<'_>, homes: &[PageHome], measured: &Measured) -> Vec<Module> {
    let shown: Vec<&Placed<'_>> =
        inventory.modules.iter().filter(|module| !matches!(module.home, Home::Around(_))).collect();
    let places: HashMap<*const Placed<'_>, usize> =
        shown.iter().enumerate().map(|(place, module)| (std::ptr::from_ref(*module), place)).collect();
    let need = |name: &String| Need { kind: kind(inventory, &places, name), name: name.clone() };
    let module = |placed: &&Placed<'_>| {
        let manifest = placed.manifest;
        let (standing, bytes) = standing(inventory, placed, measured);
        Module {
            name: placed.name.to_owned(),
            home: home(homes, placed),
            standing,
            why: why(inventory, placed, standing),
            version: manifest.version().to_owned(),
            licence: manifest.license().to_owned(),
            maturity: manifest.maturity().to_owned(),
            auto_install: when(&manifest.auto_install),
            depends: manifest.depends.iter().map(need).collect(),
            python: manifest.python.iter().map(|line| redact(line)).collect(),
            programs: manifest.bin.clone(),
            debian: manifest.deb.clone(),
            bytes,
        }
    };
    shown.iter().map(module).collect()
}

fn kind(inventory: &Inventory<'_>, places: &HashMap<*const Placed<'_>, usize>, name: &str) -> NeedKind {
    match inventory.standing(name) {
        Standing::Module(module) => {
            places.get(&std::ptr::from_ref(module)).map_or(NeedKind::Odoo, |place| NeedKind::Module(*place))
        }
        Standing::Core(Edition::Community) => NeedKind::Odoo,
        Standing::Core(Edition::Enterprise) => NeedKind::Enterprise,
        Standing::Unreadable | Standing::Uninstallable(_) => NeedKind::Unusable,
        Standing::Missing(_) => NeedKind::Missing,
        Standing::Unknown => NeedKind::Unknown,
    }
}

/// The place of the home of a module.
fn home(homes: &[PageHome], placed: &Placed<'_>) -> usize {
    let is_own = matches!(placed.home, Home::Local(_));
    let is_its = |home: &PageHome| home.name == placed.home.name() && (home.kind == HomeKind::Own) == is_own;
    homes.iter().position(is_its).expect("the page has every home of a module")
}

fn standing(
    inventory: &Inventory<'_>,
    placed: &Placed<'_>,
    measured: &Measured,
) -> (Place, Option<crate::page::Bytes>) {
    let Home::Repo { repo, directory } = placed.home else {
        return (if inventory.is_first(placed) { Place::Own } else { Place::Hidden }, None);
    };
    let found = measured.repos.get(&plan::pin(repo));
    let path = path(directory, placed.name);
    let bytes = found.and_then(|found| found.modules.get(&path)).copied();
    let standing = if found.is_some_and(|found| found.exported.contains(&path)) {
        Place::Exported
    } else if placed.selected || !inventory.is_first(placed) {
        Place::Hidden
    } else {
        Place::LeftOut
    };
    (standing, bytes)
}

fn path(directory: &str, module: &str) -> String {
    if *directory == *AddonsDirectory::root() { module.to_owned() } else { format!("{directory}/{module}") }
}

fn why(inventory: &Inventory<'_>, placed: &Placed<'_>, standing: Place) -> String {
    let words = match standing {
        Place::Own => "it is the project’s own",
        Place::Hidden => "another module of this name is in front of it",
        Place::LeftOut => "no: no selected module needs it",
        Place::Exported => match inventory.reason(placed.name) {
            Reason::Asked(Request::Profile) => "the profile asks for it",
            Reason::Asked(Request::Repo) => "the settings of its repository ask for it",
            Reason::Asked(Request::WholeRepo) => "the profile takes all modules of its repository",
            _ => "other selected modules need it",
        },
    };
    words.to_owned()
}

/// When a module installs itself, in words.
fn when(auto_install: &AutoInstall) -> Option<String> {
    match auto_install {
        AutoInstall::Never => None,
        AutoInstall::WhenDependsAre => Some("when everything that it needs is installed".to_owned()),
        AutoInstall::When(names) if names.is_empty() => Some("always".to_owned()),
        AutoInstall::When(names) => {
            let are = if names.len() == 1 { "is" } else { "are" };
            Some(format!("when {} {are} installed", and_list(names)))
        }
    }
}
