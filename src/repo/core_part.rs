//! The repositories of Odoo itself.

use super::RepoName;

/// A repository of Odoo itself, in the order of the addons path.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum CorePart {
    Enterprise,
    Themes,
    /// The server, and the Community modules.
    Odoo,
}

impl CorePart {
    pub(crate) const ALL: [Self; 3] = [Self::Enterprise, Self::Themes, Self::Odoo];

    /// Its reserved name, in the lock and on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Themes => "themes",
            Self::Odoo => "odoo",
        }
    }

    pub(crate) fn name(self) -> RepoName {
        RepoName::parse(self.word()).expect("a plain word is a name")
    }

    /// The part with this name. Some file systems ignore case, so case does not count.
    pub(crate) fn of_name(name: &RepoName) -> Option<Self> {
        Self::ALL.into_iter().find(|part| name.as_str().eq_ignore_ascii_case(part.word()))
    }

    /// The default directory of its checkout. Below `core` of `[image]`, it has the same name.
    pub(crate) fn directory(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Themes => "design-themes",
            Self::Odoo => "odoo",
        }
    }
}
