//! `[core]`: Odoo itself, Enterprise and the themes.

use std::collections::BTreeSet;
use std::path::Path;

use super::below::is_inside;
use super::checks;
use super::core_settings::{CoreSettings, path_key};
use super::document::{At, Document};
use super::error::{Fault, table_name};
use super::expand::Template;
use super::profile::{CoreCheckout, Mode, Profile, Repo};
use super::repo_settings::RepoSettings;
use super::repository;
use super::schema::Declared;
use crate::fs::normal;
use crate::repo::{AddonsDirectory, CorePart, Edition, RemoteUrl, RepoName, Series};

/// The repositories of Odoo itself in a profile, in the order of the addons path, and its edition. Enterprise makes it
/// the Enterprise edition. A profile that says `edition = "community"` does without Enterprise.
pub(super) fn resolve(
    core: CoreSettings,
    edition: Option<Edition>,
    declared: &Declared,
    odoo: Series,
) -> (Vec<Repo>, Option<Edition>) {
    let CoreSettings { mut parts, paths, .. } = core;
    if edition == Some(Edition::Community) {
        parts.remove(&CorePart::Enterprise);
    }
    let is_enterprise = parts.contains_key(&CorePart::Enterprise);
    let edition = edition.or(is_enterprise.then_some(Edition::Enterprise));
    let repo = |(part, At { mut value, line }): (CorePart, At<RepoSettings>)| {
        let url = value.url.clone().unwrap_or_else(|| default_url(part));
        value.addons.get_or_insert_with(|| addons(part, odoo));
        // A move of Odoo is a release of its own.
        value.hold.get_or_insert(true);
        let mention = At { value: part.name(), line };
        let plain = |text| Template::parse(text).expect("a plain word is a template");
        let path = paths.get(&part).cloned().unwrap_or_else(|| plain(part.directory()));
        Repo {
            core: Some(CoreCheckout { part, path }),
            ..repository::repo(&mention, value, declared, url, odoo)
        }
    };
    (parts.into_iter().map(repo).collect(), edition)
}

/// The url of a part without `url`.
pub(super) fn default_url(part: CorePart) -> RemoteUrl {
    let url = format!("https://github.com/odoo/{}.git", part.directory());
    RemoteUrl::parse(&url).expect("the default is a url")
}

/// The addons directories of a part without `addons`, in path order.
pub(crate) fn addons(part: CorePart, odoo: Series) -> Vec<AddonsDirectory> {
    match part {
        CorePart::Odoo => ["addons".to_owned(), format!("{}/addons", odoo.package())]
            .map(|word| AddonsDirectory::parse(&word).expect("a plain path is a directory"))
            .into(),
        CorePart::Enterprise | CorePart::Themes => vec![AddonsDirectory::root()],
    }
}

/// Refuses other repositories with the names of Odoo itself, an Enterprise that no profile uses, and checkouts in one
/// another.
pub(super) fn refuse_clashes(declared: &Declared, profiles: &[Profile], document: &Document<'_>) {
    if profiles.iter().all(|profile| profile.core.is_empty()) {
        return;
    }
    let refuse = |line: usize, table: &str, name: &RepoName| {
        if CorePart::of_name(name).is_some() {
            let why = format!("`{name}` is a name of Odoo itself, which `[core]` declares");
            document.refuse(line, table, Fault::BadName { why });
        }
    };
    for repo in &declared.repos {
        refuse(repo.line, &table_name("repos", repo.name.as_str()), &repo.name);
    }
    for profile in &declared.profiles {
        for At { value, line } in &profile.repos {
            refuse(*line, &table_name("profiles", &profile.name), value);
        }
    }
    refuse_overrides(declared, document);
    let has_enterprise = |profile: &Profile| {
        profile.core.iter().flat_map(|repo| &repo.core).any(|core| core.part == CorePart::Enterprise)
    };
    if let Some(At { line, .. }) = declared.core.parts.get(&CorePart::Enterprise)
        && !profiles.iter().any(has_enterprise)
    {
        let why = "every profile has `edition = \"community\"`".to_owned();
        let hint = Some("delete `enterprise`, or set `edition = \"enterprise\"`".to_owned());
        document.refuse(*line, "core", Fault::BadValue { key: "enterprise".to_owned(), why, hint });
    }
    for profile in profiles {
        refuse_nested(profile, profiles, document);
        if declared.mode == Some(Mode::Submodule) {
            refuse_unfetchable(profile, document);
        }
    }
}

/// The problem of `skip` for a part of Odoo itself that no profile has.
pub(super) fn not_declared(part: CorePart) -> Fault {
    let table = match part {
        CorePart::Odoo => "`[core]`".to_owned(),
        part => format!("`{}` in `[core]`", part.word()),
    };
    let why = format!("`{}` is a name of Odoo itself, and no profile has {table}", part.word());
    let hint = Some("delete it, or declare it in `repos.toml`".to_owned());
    Fault::BadValue { key: "skip".to_owned(), why, hint }
}

/// Refuses `override` for Odoo itself: a profile has its own `[core]`.
fn refuse_overrides(declared: &Declared, document: &Document<'_>) {
    for profile in &declared.profiles {
        let header = table_name("profiles", &profile.name);
        for repo in &profile.overrides {
            let Some(part) = CorePart::of_name(&repo.name) else { continue };
            let table = match part {
                CorePart::Odoo => format!("{header}.core"),
                part => format!("{header}.core.{}", part.word()),
            };
            let (key, why) = ("override".to_owned(), format!("`{}` is a name of Odoo itself", repo.name));
            let hint = Some(format!("write these keys into `[{table}]`"));
            let place = table_name(&format!("{header}.override"), repo.name.as_str());
            document.refuse(repo.line, &place, Fault::BadValue { key, why, hint });
        }
    }
}

/// Refuses settings that submodules cannot have, as for other repositories.
fn refuse_unfetchable(profile: &Profile, document: &Document<'_>) {
    for repo in &profile.core {
        let uses = [
            ("merges", repo.push.is_none() && !repo.merges.is_empty()),
            ("patches", repo.push.is_none() && !repo.patches.is_empty()),
            ("url", repo.url.without_secret() != repo.url),
        ];
        for (key, _) in uses.into_iter().filter(|(_, is_used)| *is_used) {
            let name = repo.name.to_string();
            document.refuse(repo.line, "core", Fault::NotInSubmodule { key, name });
        }
    }
}

/// Refuses a directory of Odoo itself in the container that is in another directory of the image, or contains one: each
/// export is replaced and verified as a whole. Variables are compared as they are written.
pub(super) fn refuse_nested_image(profiles: &[Profile], document: &Document<'_>) {
    let mut told = BTreeSet::new();
    for Profile { image, locals, .. } in profiles {
        let Some(core) = &image.core else { continue };
        let place = |template: &Template| normal(Path::new(template.as_str()));
        let locals = locals.iter().filter_map(|local| local.image.as_ref());
        let clash = std::iter::once(&image.root).chain(locals).find(|other| {
            let (core, other) = (place(core), place(other));
            core.starts_with(&other) || other.starts_with(&core)
        });
        if let Some(other) = clash
            && told.insert((image.core_line, other))
        {
            let why = format!("`{core}` and `{other}` are in one another in the container");
            let hint = Some("set one of them to another directory: oca replaces each as a whole".to_owned());
            let fault = Fault::BadValue { key: "core".to_owned(), why, hint };
            document.refuse(image.core_line, "image", fault);
        }
    }
}

/// Refuses a checkout of Odoo itself that is in another checkout of the project, or contains one.
fn refuse_nested(profile: &Profile, profiles: &[Profile], document: &Document<'_>) {
    let own = profile.core.iter().map(|repo| (repo, checks::checkout(profile, repo)));
    for (repo, path) in own {
        let others = profiles.iter().flat_map(|other| other.all_repos().map(move |repo| (other, repo)));
        let clash =
            others.map(|(other, repo)| (repo, checks::checkout(other, repo))).find(|(other, place)| {
                // The same directory for the same repository in two profiles is compared elsewhere.
                let is_nested = is_inside(&path, place) || is_inside(place, &path);
                is_nested && (other.name != repo.name || path != *place)
            });
        let directory =
            profiles.iter().map(|other| other.path.tidied()).find(|other| is_inside(other, &path));
        let why = match (clash, directory) {
            (Some((other, place)), _) => {
                format!("`{path}` and `{place}`, the checkout of `{}`, are in one another", other.name)
            }
            (None, Some(directory)) => format!("the checkouts in `{directory}` would be in it"),
            (None, None) => continue,
        };
        let key = path_key(repo.core.as_ref().map_or(CorePart::Odoo, |core| core.part));
        let hint = Some(format!("set `{key}` in `[core]` to another directory"));
        document.refuse(repo.line, "core", Fault::BadValue { key: key.to_owned(), why, hint });
        return;
    }
}
