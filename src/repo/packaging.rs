//! How a profile is exported. `repos.toml` declares it and the lock records it; `oca export` and `oca verify` use it.

use serde::{Deserialize, Serialize};

/// The layout of an export, and the rules for what is left out.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

/// One directory for each repository, or one directory for all modules.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Layout {
    #[default]
    Repos,
    Flat,
}

/// What is left out of every module.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    /// The languages of the translations that are kept; `None` keeps all.
    pub(crate) languages: Option<Vec<String>>,
    /// Leave out `tests/`, unless the module itself needs it.
    pub(crate) tests: bool,
    /// Leave out `readme/` and `README.*`.
    pub(crate) readme: bool,
    /// Leave out `static/description/`, except its icons.
    pub(crate) description: bool,
}

impl Rules {
    /// The parts that are left out, as `drop` of `[export]` names them.
    pub(crate) fn drops(&self) -> impl Iterator<Item = &'static str> {
        let parts = [("tests", self.tests), ("readme", self.readme), ("description", self.description)];
        parts.into_iter().filter(|(_, is_left_out)| *is_left_out).map(|(part, _)| part)
    }
}
