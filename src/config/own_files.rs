//! The project's own files: no checkout may be in their place, contain them, or hide them from git.

use std::cell::LazyCell;
use std::collections::{BTreeSet, HashSet};

use super::below::{is_inside, tidy};
use super::checks;
use super::core_settings::path_key;
use super::document::Document;
use super::error::{Fault, table_name};
use super::expand::Template;
use super::profile::Profile;

/// Refuses directories of checkouts that contain a file of the project, or would be in the place of one. Variables are
/// compared as they are written.
pub(super) fn refuse_covered(profiles: &[Profile], document: &Document<'_>) {
    let mut told = BTreeSet::new();
    let own = own_files(profiles, document);
    let checkouts = LazyCell::new(|| -> HashSet<String> {
        let repos = profiles.iter().flat_map(|profile| profile.repos.iter().map(move |repo| (profile, repo)));
        repos.map(|(profile, repo)| checks::checkout(profile, repo).to_lowercase()).collect()
    });
    let is_checkout = |file: &str| {
        let file = file.to_lowercase();
        let mut cuts = file.match_indices('/').map(|(at, _)| at).chain([file.len()]);
        cuts.any(|cut| checkouts.contains(&file[..cut]))
    };
    for profile in profiles {
        let mut refuse = |line: usize, table: &str, key: &str, path: &str, what: &str| {
            if told.insert((key.to_owned(), path.to_owned())) {
                let why = format!("`{path}` is, or contains, {what}");
                let hint = Some(format!("set `{key}` to a directory of its own"));
                document.refuse(line, table, Fault::BadValue { key: key.to_owned(), why, hint });
            }
        };
        for (repo, core) in profile.core.iter().filter_map(|repo| Some((repo, repo.core.as_ref()?))) {
            let path = checks::checkout(profile, repo);
            if let Some(own) = own.iter().find(|own| own.is_covered_by(&path)) {
                refuse(repo.line, "core", path_key(core.part), &path, &own.what);
            }
        }
        let path = profile.path.tidied();
        // Constraints may be a file of a repository.
        let is_own = |own: &&Own| own.is_covered_by(&path) && !(own.is_constraint && is_checkout(&own.path));
        if let Some(own) = own.iter().find(is_own) {
            refuse(profile.line, &table_name("profiles", &profile.name), "path", &path, &own.what);
        }
    }
}

/// A file or a directory of the user.
struct Own {
    path: String,
    is_directory: bool,
    is_constraint: bool,
    what: String,
}

impl Own {
    fn file(path: String, key: &str) -> Self {
        Self { what: format!("`{path}` of `{key}`"), path, is_directory: false, is_constraint: false }
    }

    /// Whether a checkout would contain it, or be in the place of it. Checkouts beside own modules are fine.
    fn is_covered_by(&self, checkout: &str) -> bool {
        is_inside(&self.path, checkout) || (!self.is_directory && is_inside(checkout, &self.path))
    }
}

/// What the file and its profiles declare as the user's.
fn own_files(profiles: &[Profile], document: &Document<'_>) -> Vec<Own> {
    let file =
        document.file_name().map(|name| Own { what: format!("`{name}`"), ..Own::file(name.to_owned(), "") });
    let mut own: Vec<Own> = file.into_iter().collect();
    for profile in profiles {
        let patches = profile.all_repos().flat_map(|repo| &repo.patches);
        own.extend(patches.map(|path| Own::file(path.clone(), "patches")));
        let locals = profile.locals.iter().filter_map(|local| below(&local.path));
        own.extend(locals.map(|path| Own { is_directory: true, ..Own::file(path, "[[local]]") }));
        let constraints = profile.requirements.constraints.iter().filter_map(below);
        own.extend(constraints.map(|path| Own { is_constraint: true, ..Own::file(path, "constraints") }));
    }
    // Most profiles have the same ones.
    let mut known = HashSet::new();
    own.retain(|own| known.insert((own.path.clone(), own.what.clone())));
    own
}

/// A tidied path, if it is certainly below the project.
fn below(path: &Template) -> Option<String> {
    let text = path.as_str();
    let is_below = !text.starts_with('/') && text.split('/').all(|part| part != "..");
    is_below.then(|| tidy(text))
}
