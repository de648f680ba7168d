//! How a profile is exported: `repos.toml` declares it, the lock records it, an export is made and verified by it.

use serde::{Deserialize, Serialize};

/// The layout of an export, and what is left out of it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Packaging {
    pub(crate) layout: Layout,
    pub(crate) rules: Rules,
}

impl Packaging {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A directory for each repository, or one for all modules.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Layout {
    #[default]
    Repos,
    Flat,
}

/// What is left out of every module.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    /// Only these translations are kept; `None` keeps all.
    pub(crate) languages: Option<Vec<String>>,
    /// Without `tests/`, unless the module itself needs it.
    pub(crate) tests: bool,
    /// Without `readme/` and `README.*`.
    pub(crate) readme: bool,
    /// Without `static/description/`, except its icons.
    pub(crate) description: bool,
}
