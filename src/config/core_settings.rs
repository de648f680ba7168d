//! The table `[core]`.

use std::collections::BTreeMap;

use super::document::{At, Refusal};
use super::expand::Template;
use super::reader::Table;
use super::repo_settings::{RepoSettings, repo_settings};
use super::values;
use crate::repo::CorePart;

/// `[core]` of the top level or of a profile. Empty if there is no such table.
#[derive(Clone, Default)]
pub(super) struct CoreSettings {
    /// The declared parts with their lines.
    pub(super) parts: BTreeMap<CorePart, At<RepoSettings>>,
    pub(super) paths: BTreeMap<CorePart, Template>,
    /// Whether Odoo's own requirements count.
    pub(super) requirements: Option<bool>,
}

impl CoreSettings {
    /// Takes every setting that is not set here from `other`.
    #[must_use]
    pub(super) fn or(mut self, other: &Self) -> Self {
        for (part, At { value, line }) in &other.parts {
            match self.parts.get_mut(part) {
                Some(own) => own.value = std::mem::take(&mut own.value).or(value),
                None => {
                    self.parts.insert(*part, At { value: value.clone(), line: *line });
                }
            }
        }
        for (part, path) in &other.paths {
            self.paths.entry(*part).or_insert_with(|| path.clone());
        }
        self.requirements = self.requirements.or(other.requirements);
        self
    }
}

/// The table `[core]` of a table, if it has one.
pub(super) fn read(outer: &mut Table<'_, '_>) -> CoreSettings {
    let Some(mut table) = outer.table("core") else { return CoreSettings::default() };
    let mut core = CoreSettings::default();
    let odoo = repo_settings(&mut table);
    core.parts.insert(CorePart::Odoo, At { value: odoo, line: table.line() });
    for (key, part) in [("enterprise", CorePart::Enterprise), ("themes", CorePart::Themes)] {
        let line = table.line_of(key).unwrap_or(table.line());
        let by_url = |text: &str| {
            let url = Some(values::remote_url(text)?);
            Ok::<_, Refusal>(RepoSettings { url, ..RepoSettings::default() })
        };
        let settings = table.text_or_table(key, by_url, |mut inner| {
            let settings = repo_settings(&mut inner);
            inner.finish();
            settings
        });
        core.parts.extend(settings.map(|value| (part, At { value, line })));
    }
    for part in CorePart::ALL {
        core.paths.extend(table.text(path_key(part), values::checkouts).map(|path| (part, path)));
    }
    core.requirements = table.flag("requirements");
    table.finish();
    core
}

/// The key of the checkout of a part.
pub(super) fn path_key(part: CorePart) -> &'static str {
    match part {
        CorePart::Odoo => "path",
        CorePart::Enterprise => "path-enterprise",
        CorePart::Themes => "path-themes",
    }
}
