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

    /// The part whose repository has this name on forges.
    pub(crate) fn of_repository(name: &str) -> Option<Self> {
        let is_ocb = name.eq_ignore_ascii_case("OCB");
        let is_it = |part: &Self| name.eq_ignore_ascii_case(part.directory());
        Self::ALL.into_iter().find(is_it).or(is_ocb.then_some(Self::Odoo))
    }

    /// The default directory of its checkout, and the name of its repository. Below `core` of `[image]`, it has the same name.
    pub(crate) fn directory(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Themes => "design-themes",
            Self::Odoo => "odoo",
        }
    }
}
