//! The names of Odoo's own modules, compiled in; CONTRIBUTING.md says how the lists are refreshed.

use std::collections::HashSet;

use crate::repo::{Edition, Series};

/// A series, its Community modules, and what Enterprise adds; one name a line.
type Lists = (&'static str, &'static str, &'static str);

macro_rules! lists {
    ($($series:literal),*) => {
        [$((
            $series,
            include_str!(concat!("core/", $series, "-ce.txt")),
            include_str!(concat!("core/", $series, "-ee.txt")),
        )),*]
    };
}

const LISTS: [Lists; 7] = lists!["14.0", "15.0", "16.0", "17.0", "18.0", "19.0", "20.0"];

/// The series with a list, the oldest first.
pub(crate) fn known_series() -> impl DoubleEndedIterator<Item = &'static str> {
    LISTS.iter().map(|(series, ..)| *series)
}

/// The modules that Odoo itself brings.
#[derive(Clone, Debug)]
pub(crate) struct Core<'a> {
    community: HashSet<&'a str>,
    /// What Enterprise adds.
    enterprise: HashSet<&'a str>,
    edition: Edition,
    is_known: bool,
}

impl<'a> Core<'a> {
    /// The modules of a series and edition. For a series without a list, there are none.
    pub(crate) fn new(series: Series, edition: Edition) -> Self {
        let series = series.to_string();
        let lists = LISTS.iter().find(|(known, ..)| *known == series);
        let (_, community, enterprise) = lists.copied().unwrap_or_default();
        Self {
            community: community.lines().collect(),
            enterprise: enterprise.lines().collect(),
            edition,
            is_known: lists.is_some(),
        }
    }

    /// The modules of a source of Odoo, in place of the list of its series; and those of Enterprise, if its source is
    /// known.
    #[must_use]
    pub(crate) fn with_source(
        self,
        community: impl IntoIterator<Item = &'a str>,
        enterprise: Option<Vec<&'a str>>,
    ) -> Self {
        let enterprise = enterprise.map_or(self.enterprise, |names| names.into_iter().collect());
        Self { community: community.into_iter().collect(), enterprise, is_known: true, ..self }
    }

    /// Whether the modules of Odoo are known: from a source, or from the list of its series.
    pub(crate) fn is_known(&self) -> bool {
        self.is_known
    }

    /// Whether a name that no repository has may be a module of Odoo. Without a list, it may always be one.
    pub(crate) fn may_contain(&self, name: &str) -> bool {
        !self.is_known || self.contains(name)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        match self.edition_of(name) {
            Some(Edition::Community) => true,
            Some(Edition::Enterprise) => self.edition == Edition::Enterprise,
            None => false,
        }
    }

    /// The modules of the edition in use.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        let is_enterprise = self.edition == Edition::Enterprise;
        let more = is_enterprise.then_some(&self.enterprise).into_iter().flatten();
        self.community.iter().chain(more).copied()
    }

    /// The edition that brings a module, be it the one in use or not.
    pub(crate) fn edition_of(&self, name: &str) -> Option<Edition> {
        if self.community.contains(name) {
            Some(Edition::Community)
        } else {
            self.enterprise.contains(name).then_some(Edition::Enterprise)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core(series: &str, edition: Edition) -> Core<'static> {
        Core::new(Series::parse(series).expect("a series"), edition)
    }

    #[test]
    fn the_lists_are_sorted_names() {
        for (series, community, enterprise) in LISTS {
            for list in [community, enterprise] {
                let names: Vec<&str> = list.lines().collect();
                assert!(names.len() > 300 && names.is_sorted_by(|a, b| a < b), "{series}");
                let is_name = |name: &str| name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
                assert!(names.iter().all(|name| !name.is_empty() && is_name(name)), "{series}");
            }
        }
    }

    #[test]
    fn what_is_core_depends_on_series_and_edition() {
        use Edition::{Community, Enterprise};
        for (name, series, edition, expected) in [
            ("base", "14.0", Community, true),
            ("knowledge", "15.0", Enterprise, false),
            ("knowledge", "16.0", Community, false),
            ("knowledge", "16.0", Enterprise, true),
            ("project_stock", "17.0", Community, false),
            ("project_stock", "18.0", Community, true),
            ("web_responsive", "18.0", Enterprise, false),
            ("", "18.0", Community, false),
        ] {
            assert_eq!(core(series, edition).contains(name), expected, "{name} {series} {edition:?}");
        }
    }

    #[test]
    fn the_edition_of_a_module_is_known_whichever_is_in_use() {
        for edition in [Edition::Community, Edition::Enterprise] {
            let core = core("18.0", edition);
            assert_eq!(core.edition_of("sale"), Some(Edition::Community));
            assert_eq!(core.edition_of("account_accountant"), Some(Edition::Enterprise));
            assert_eq!(core.edition_of("web_responsive"), None);
        }
    }

    #[test]
    fn odoo_20_took_modules_in_and_gave_some_away() {
        let [old, new] = ["19.0", "20.0"].map(|series| core(series, Edition::Community));
        assert!(!old.contains("mail_tracking") && new.contains("mail_tracking"));
        assert!(old.contains("base_vat") && !new.contains("base_vat"));
    }

    #[test]
    fn without_a_list_every_name_may_be_odoos() {
        for series in ["8.0", "13.0", "17.2", "21.0"] {
            let core = core(series, Edition::Enterprise);
            assert!(!core.is_known() && !core.contains("base") && core.may_contain("anything"), "{series}");
        }
        assert!(!core("18.0", Edition::Community).may_contain("anything"));
    }
}
