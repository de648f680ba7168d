//! What the components of an inventory need: modules, Python distributions, packages of Debian and programs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::parts::{core_id, module_id, own_id, own_module_id, repository_id};
use crate::config::Profile;
use crate::error::Error;
use crate::facts::LocalModules;
use crate::lock::{Lock, REQUIREMENTS};
use crate::ops::requirements::merged_lines;
use crate::ops::{of_odoo, requiring};
use crate::plan::{self, Selected};
use crate::repo::{MANIFESTS, Manifest, in_short};
use crate::requirements::{Flag, Need, Origin, Parsed, Repository, Requirement, RequirementProblem, system};
use crate::sbom::{Component, DEPENDS, Inventory, Kind, PROGRAM, UNREAD, of_debian, of_python};
use crate::session::Session;

/// Who needs what, by ids.
pub(super) struct Needs {
    /// The components of the inventory by the places that name requirements, such as `web/web_x/__manifest__.py`.
    places: HashMap<String, String>,
    /// The components that provide modules, by the names of the modules. The first module of a name counts.
    modules: HashMap<String, String>,
    needs: BTreeMap<String, BTreeSet<String>>,
    /// Names of needed modules and programs that are no components.
    outside: BTreeMap<String, BTreeSet<(&'static str, String)>>,
}

impl Needs {
    pub(super) fn new(
        inventory: &Inventory,
        profile: &Profile,
        lock: &Lock,
        odoo: &[Selected<'_>],
        locals: &[Arc<LocalModules>],
    ) -> Self {
        let mut modules = HashMap::new();
        for module in inventory.export.parts.iter().flat_map(|part| &part.parts) {
            modules.entry(module.name.clone()).or_insert_with(|| module.id.clone());
        }
        for part in odoo {
            for module in &part.modules {
                modules.entry(module.name.to_string()).or_insert_with(|| core_id(&part.repo.name));
            }
        }
        let listed: BTreeSet<&str> = inventory.ids();
        let places = places(profile, lock, odoo, locals).into_iter();
        let places = places.filter(|(_, id)| listed.contains(id.as_str())).collect();
        Self { places, modules, needs: BTreeMap::new(), outside: BTreeMap::new() }
    }

    /// The modules that modules depend on.
    pub(super) fn of_modules(&mut self, profile: &Profile, lock: &Lock, locals: &[Arc<LocalModules>]) {
        for selected in plan::selected(profile, lock) {
            for module in &selected.modules {
                self.depend(&module_id(&selected.repo.name, &module.path()), &module.manifest);
            }
        }
        for local in locals {
            for module in &local.survey.modules {
                let path = module.directory.join(&module.name);
                self.depend(&own_module_id(&local.name, &path), &module.manifest);
            }
        }
    }

    fn depend(&mut self, id: &str, manifest: &Manifest) {
        for name in &manifest.depends {
            match self.modules.get(name) {
                Some(needed) => self.needs.entry(id.to_owned()).or_default().insert(needed.clone()),
                None => self.add_outside(id, DEPENDS, name),
            };
        }
    }

    fn add_outside(&mut self, id: &str, property: &'static str, name: &str) -> bool {
        self.outside.entry(id.to_owned()).or_default().insert((property, in_short(name)))
    }

    /// Adds the Python distributions. Returns how many requirements cannot be read.
    pub(super) fn of_python(
        &mut self,
        session: &Session<'_>,
        profile: &Profile,
        lock: &Lock,
        locals: &[Arc<LocalModules>],
        inventory: &mut Inventory,
    ) -> Result<usize, Error> {
        let repositories = requiring(profile, lock, locals);
        let required = repositories.iter().map(Repository::read).chain([of_odoo(profile, lock)]);
        let merged = merged_lines(session, profile, &Parsed::concat(required), &Parsed::default())?;
        let mut by_id: BTreeMap<String, Vec<&Requirement>> = BTreeMap::new();
        for requirement in &merged.requirements {
            let id = match requirement.name.as_str() {
                // A url that does not show the name.
                "" => format!("url:{}", in_short(&requirement.shown())),
                name => format!("pypi:{name}"),
            };
            by_id.entry(id).or_default().push(requirement);
        }
        for (id, lines) in by_id {
            self.ask(&id, lines.iter().flat_map(|line| &line.origins), &inventory.export.id);
            inventory.around.push(distribution(id, &lines));
        }
        Ok(self.miss(&merged.problems))
    }

    /// Adds the packages of Debian, and the programs as properties. Returns how many requirements cannot be read.
    pub(super) fn of_system(
        &mut self,
        profile: &Profile,
        lock: &Lock,
        locals: &[Arc<LocalModules>],
        inventory: &mut Inventory,
    ) -> usize {
        let needs = system(&requiring(profile, lock, locals), &profile.requirements.ignore);
        for Need { name, origins } in &needs.packages {
            let id = format!("deb:{name}");
            self.ask(&id, origins.iter(), &inventory.export.id);
            let package = Component::new(Kind::Debian, id, name);
            inventory.around.push(Component { purl: Some(of_debian(name)), ..package });
        }
        for Need { name, origins } in &needs.programs {
            let places: Vec<String> =
                origins.iter().filter_map(|origin| self.places.get(path_of(origin)).cloned()).collect();
            for place in places {
                self.add_outside(&place, PROGRAM, name);
            }
        }
        self.miss(&needs.problems)
    }

    /// Notes requirements that cannot be read at the components that have them. Returns their number.
    fn miss(&mut self, problems: &[RequirementProblem]) -> usize {
        for problem in problems {
            if let Some(place) = self.places.get(path_of(problem.origin())).cloned() {
                self.add_outside(&place, UNREAD, &problem.to_string());
            }
        }
        problems.len()
    }

    /// Records who asks for a component: the components at its origins, or else the export.
    fn ask<'o>(&mut self, id: &str, origins: impl Iterator<Item = &'o Origin>, export: &str) {
        let askers: BTreeSet<String> =
            origins.filter_map(|origin| self.places.get(path_of(origin)).cloned()).collect();
        let askers = if askers.is_empty() { BTreeSet::from([export.to_owned()]) } else { askers };
        for asker in askers {
            self.needs.entry(asker).or_default().insert(id.to_owned());
        }
    }

    /// Writes everything into the components.
    pub(super) fn put_into(mut self, inventory: &mut Inventory) {
        let odoo = inventory.around.iter().filter(|one| one.kind == Kind::Odoo).map(|one| one.id.clone());
        self.needs.entry(inventory.export.id.clone()).or_default().extend(odoo);
        inventory.each(&mut |component| {
            component.needs = self.needs.remove(&component.id).unwrap_or_default();
            component.needs.remove(&component.id);
            component.properties.extend(self.outside.remove(&component.id).unwrap_or_default());
        });
    }
}

/// The places that can name requirements, with the ids of their components. The first one with a path counts.
fn places(
    profile: &Profile,
    lock: &Lock,
    odoo: &[Selected<'_>],
    locals: &[Arc<LocalModules>],
) -> HashMap<String, String> {
    let mut places = HashMap::new();
    let mut add = |path: String, id: String| {
        places.entry(path).or_insert(id);
    };
    for selected in plan::selected(profile, lock) {
        let name = &selected.repo.name;
        add(format!("{name}/{REQUIREMENTS}"), repository_id(name));
        for module in &selected.modules {
            let path = module.path();
            // The lock does not know the name of the file.
            add(format!("{name}/{path}/{}", MANIFESTS[0]), module_id(name, &path));
        }
    }
    for local in locals {
        add(format!("{}/{REQUIREMENTS}", local.name), own_id(&local.name));
        for module in &local.survey.modules {
            let path = module.directory.join(&module.name);
            add(format!("{}/{}", local.name, module.manifest_path), own_module_id(&local.name, &path));
        }
    }
    for part in odoo {
        add(format!("{}/{REQUIREMENTS}", part.repo.name), core_id(&part.repo.name));
    }
    places
}

fn path_of(origin: &Origin) -> &str {
    match origin {
        Origin::File { path, .. } | Origin::Manifest { path } | Origin::Odoo { path, .. } => path,
    }
}

/// A Python distribution, with all its lines. It has a version if all of them allow exactly this one.
fn distribution(id: String, lines: &[&Requirement]) -> Component {
    let first = lines[0];
    let name = if first.name.is_empty() { first.shown() } else { first.name.clone() };
    let mut versions: Vec<Option<&str>> = lines.iter().map(|line| exact_version(line)).collect();
    versions.dedup();
    let version = if let [Some(version)] = versions[..] { Some(version) } else { None };
    let mut found = Component::new(Kind::Python, id, &name);
    found.version = version.map(in_short);
    // What comes from a url is not what an index has by this name.
    let is_indexed = lines.iter().all(|line| line.flag != Some(Flag::DirectReference));
    found.purl = is_indexed.then(|| of_python(&first.name, found.version.as_deref()));
    for line in lines {
        found.add_property("oca:requirement", &line.shown());
    }
    found
}

fn exact_version(line: &Requirement) -> Option<&str> {
    let words = line.specifier.split(',');
    let mut versions = words.filter_map(|word| word.strip_prefix("===").or_else(|| word.strip_prefix("==")));
    match (line.flag, versions.next(), versions.next()) {
        (Some(Flag::ExactPin), Some(version), None) if !version.ends_with(".*") => Some(version),
        _ => None,
    }
}
