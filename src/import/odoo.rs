//! Odoo itself among the repositories of an import: oca does not check it out.

use std::path::Path;

use super::{Note, Repo, RepoMerge, note};
use crate::repo::{Edition, last_part};

/// What a repository of Odoo itself contains.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum OdooPart {
    Community,
    Enterprise,
}

/// The names of repositories and directories of Odoo itself.
const COMMUNITY: [&str; 5] = ["odoo", "ocb", "odoo-ce", "odoo-community", "odoo-server"];
const ENTERPRISE: [&str; 4] = ["enterprise", "odoo-enterprise", "odoo-ee", "odoo-enterprise-addons"];

/// What part of Odoo a repository is: by its url, also of a fork, or by the directory where the tools expect it. `None`
/// for a repository of modules.
pub(super) fn part(repo: &Repo) -> Option<OdooPart> {
    let directory = repo.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let above = repo.path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    // camptocamp has Odoo in `odoo/src`.
    let is_source = directory == "src" && above == Some("odoo");
    [last_part(repo.url.as_str()), directory]
        .into_iter()
        .find_map(named)
        .or_else(|| (repo.is_odoo || is_source).then_some(OdooPart::Community))
}

/// The part that a name means, also with a series at its end, such as `odoo-16.0`.
fn named(name: &str) -> Option<OdooPart> {
    let name = name.to_lowercase().replace('_', "-");
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || ".-".contains(c));
    if COMMUNITY.contains(&name) {
        Some(OdooPart::Community)
    } else {
        ENTERPRISE.contains(&name).then_some(OdooPart::Enterprise)
    }
}

pub(super) fn edition(odoos: &[Repo]) -> Edition {
    let has_enterprise = odoos.iter().any(|repo| part(repo) == Some(OdooPart::Enterprise));
    if has_enterprise { Edition::Enterprise } else { Edition::Community }
}

/// Notes about everything of Odoo that is left out. `is_found` says that its directories are in `[addons-path]`.
pub(super) fn notes(repo: &Repo, is_found: bool) -> Vec<Note> {
    let at = match (&repo.commit, &repo.reference) {
        (Some(commit), _) => format!(" at commit `{commit}`"),
        (None, Some(reference)) => format!(" at {reference}"),
        (None, None) => String::new(),
    };
    let path = repo.path.display().to_string();
    let own = if is_found {
        let item = format!(
            "`{path}`{at} is Odoo itself: oca does not check it out, and `[addons-path]` names its directory"
        );
        repo.place.note(note::ALONE, &path, item)
    } else {
        repo.place.note(note::ODOO, &path, format!("`{path}`{at}"))
    };
    let merges = repo.merges.iter();
    let merges = merges.map(|RepoMerge { merge, place, .. }| {
        place.note(note::ODOO_MERGE, &path, format!("the merge of `{merge}` into `{path}`"))
    });
    std::iter::once(own).chain(merges).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odoo_is_known_by_its_name_with_any_series() {
        for name in ["odoo", "OCB", "odoo-16.0", "odoo_14", "odoo17", "odoo-ce"] {
            assert_eq!(named(name), Some(OdooPart::Community), "{name}");
        }
        for name in ["enterprise", "enterprise-16.0", "odoo-enterprise", "odoo_ee"] {
            assert_eq!(named(name), Some(OdooPart::Enterprise), "{name}");
        }
        for name in ["web", "odoo-addons", "acme-odoo", "odoo-argentina", "", "16.0"] {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
