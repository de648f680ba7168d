//! Resolves declarations into profiles: `extends`, `override` and defaults.
//!
//! The precedence is the same for every key: the profile's own value, then the values of the profiles that it extends
//! from left to right, then the top level (or `[repos.NAME]`), then the default.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::checks;
use super::core;
use super::core_settings::CoreSettings;
use super::document::{At, Document};
use super::expand::Template;
use super::lineage::Lineage;
use super::own_files;
use super::profile::{Check, Export, Image, Profile, Repo, Requirements, Surround};
use super::repo_settings::RepoSettings;
use super::repository::repo;
use super::schema::{Declared, DeclaredProfile, Settings};
use super::values::ModuleRequest;
use crate::repo::{RepoName, Series};

/// The default directory of the checkouts.
pub(crate) const PATH: &str = "oca";
const IMAGE_ROOT: &str = "/mnt/oca-addons";

/// The content of a profile and of all profiles that it extends.
#[derive(Clone, Default)]
struct Inherited {
    settings: Settings,
    core: CoreSettings,
    repos: Vec<At<RepoName>>,
    modules: Option<Vec<ModuleRequest>>,
    overrides: BTreeMap<RepoName, RepoSettings>,
}

impl Inherited {
    fn new(profile: &DeclaredProfile, parents: &[&Self]) -> Self {
        let mut all = Self {
            settings: profile.settings.clone(),
            core: profile.core.clone(),
            overrides: profile
                .overrides
                .iter()
                .map(|declared| (declared.name.clone(), declared.settings.clone()))
                .collect(),
            ..Self::default()
        };
        for parent in parents {
            all.settings = all.settings.or(&parent.settings);
            all.core = all.core.or(&parent.core);
            for (name, settings) in &parent.overrides {
                let own = all.overrides.remove(name).unwrap_or_default();
                all.overrides.insert(name.clone(), own.or(settings));
            }
            all.mention(&parent.repos);
            all.select(parent.modules.as_deref());
        }
        all.mention(&profile.repos);
        all.select(profile.modules.as_deref());
        all
    }

    fn mention(&mut self, repos: &[At<RepoName>]) {
        let mut seen: BTreeSet<RepoName> = self.repos.iter().map(|repo| repo.value.clone()).collect();
        self.repos.extend(repos.iter().filter(|repo| seen.insert(repo.value.clone())).cloned());
    }

    /// If a module has two different requirements, both are kept, because both must hold.
    fn select(&mut self, modules: Option<&[ModuleRequest]>) {
        let Some(modules) = modules else { return };
        let selected = self.modules.get_or_insert_default();
        let mut known: HashSet<ModuleRequest> = selected.iter().cloned().collect();
        selected.extend(modules.iter().filter(|module| known.insert((*module).clone())).cloned());
    }
}

/// The profiles in the order of the file. Problems are added to `document`.
pub(super) fn profiles(
    declared: &Declared,
    odoo: Series,
    lineage: &Lineage,
    document: &Document<'_>,
) -> Vec<Profile> {
    let mut inherited = vec![Inherited::default(); declared.profiles.len()];
    for position in &lineage.order {
        let parents: Vec<&Inherited> = lineage.parents[*position].iter().map(|p| &inherited[*p]).collect();
        inherited[*position] = Inherited::new(&declared.profiles[*position], &parents);
    }
    let everywhere: BTreeMap<&RepoName, &RepoSettings> =
        declared.repos.iter().map(|repo| (&repo.name, &repo.settings)).collect();
    let base = declared.base_url.clone().unwrap_or_default();
    let profiles: Vec<Profile> = std::iter::zip(&declared.profiles, inherited)
        .map(|(profile, mut inherited)| {
            inherited.core = inherited.core.or(&declared.core);
            let settings = inherited.settings.clone().or(&declared.settings);
            let series = settings.odoo.unwrap_or(odoo);
            let (core, edition) = core::resolve(inherited.core.clone(), settings.edition, declared, series);
            let settings = Settings { edition, ..settings };
            let repos = inherited
                .repos
                .iter()
                .map(|mention| {
                    let own = inherited.overrides.get(&mention.value).cloned().unwrap_or_default();
                    let settings = match everywhere.get(&mention.value) {
                        Some(shared) => own.or(shared),
                        None => own,
                    };
                    let url = settings.url.clone().unwrap_or_else(|| base.url_of(&mention.value));
                    repo(mention, settings, declared, url, series)
                })
                .collect();
            filled_in(profile, settings, series, (core, repos), inherited)
        })
        .collect();
    checks::refuse_unfetchable(declared, document);
    checks::refuse_ignored_overrides(declared, &profiles, document);
    core::refuse_clashes(declared, &profiles, document);
    checks::refuse_unused(declared, &profiles, lineage, document);
    checks::refuse_case_clashes(&profiles, document);
    checks::refuse_checkout_clashes(&profiles, document);
    own_files::refuse_covered(&profiles, document);
    core::refuse_nested_image(&profiles, document);
    profiles
}

fn filled_in(
    profile: &DeclaredProfile,
    settings: Settings,
    odoo: Series,
    (core, repos): (Vec<Repo>, Vec<Repo>),
    inherited: Inherited,
) -> Profile {
    let template = |text| Template::parse(text).expect("a plain word is a template");
    Profile {
        name: profile.name.clone(),
        extends: profile.extends.iter().map(|extended| extended.value.clone()).collect(),
        odoo,
        edition: settings.edition.unwrap_or_default(),
        path: settings.path.unwrap_or_else(|| template(PATH)),
        addons_path: Surround {
            before: settings.before.unwrap_or_default(),
            after: settings.after.unwrap_or_default(),
        },
        image: Image {
            core_line: settings.image_core.as_ref().map(|core| core.line).unwrap_or_default(),
            core: settings.image_core.map(|core| core.value),
            root: settings.image_root.unwrap_or_else(|| template(IMAGE_ROOT)),
            before: settings.image_before.unwrap_or_default(),
            after: settings.image_after.unwrap_or_default(),
            layout: settings.image_layout.unwrap_or_default(),
        },
        locals: settings.locals.unwrap_or_default(),
        requirements: Requirements {
            python: settings.python,
            platform: settings.platform,
            constraints: settings.constraints.unwrap_or_default(),
            ignore: settings.ignored_requirements.unwrap_or_default(),
            overrides: settings.overridden_requirements.unwrap_or_default(),
            core: inherited.core.requirements.unwrap_or(true),
        },
        check: Check { ignore: settings.ignored_findings.unwrap_or_default() },
        export: Export { languages: settings.languages, drop: settings.drop.unwrap_or_default() },
        core,
        repos,
        modules: inherited.modules,
        line: profile.line,
    }
}
