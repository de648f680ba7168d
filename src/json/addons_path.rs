//! The addons path of a profile.

use serde::Serialize;

use crate::config::Profile;
use crate::repo::Series;

/// `oca addons-path`: where Odoo finds the modules of a profile.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct AddonsPathReport<'a> {
    pub(crate) profile: &'a str,
    /// The series of Odoo, such as `18.0`.
    pub(crate) odoo: Series,
    /// The program that starts Odoo. Absent if `[core]` does not say where Odoo is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) odoo_bin: Option<String>,
    /// In the order in which Odoo searches it.
    pub(crate) addons_path: &'a [PathEntry],
}

/// One entry of an addons path.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PathEntry {
    /// Absolute; what is not UTF-8 in it is replaced.
    pub(crate) path: String,
    pub(crate) kind: PathEntryKind,
    /// The repository, if only its modules are there.
    pub(crate) repo: Option<String>,
}

/// Why a directory is on the path.
#[derive(Clone, Copy, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PathEntryKind {
    /// `before` has it.
    Before,
    /// It holds modules of Odoo itself, which `[core]` declares.
    Core,
    /// It holds the user's own modules.
    Local,
    /// It holds modules of repositories.
    Repository,
    /// `after` has it.
    After,
}

impl<'a> AddonsPathReport<'a> {
    pub(crate) fn of(profile: &'a Profile, entries: &'a [PathEntry]) -> Self {
        Self { profile: &profile.name, odoo: profile.odoo, odoo_bin: None, addons_path: entries }
    }
}
