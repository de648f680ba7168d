//! The names of Odoo's own modules, compiled in; CONTRIBUTING.md says how the lists are refreshed.

use std::collections::HashSet;

use crate::repo::{Edition, Series};

/// The major number of a series, its Community modules, and what Enterprise adds; one name a line.
type Lists = (u16, &'static str, &'static str);

macro_rules! lists {
    ($($major:literal),*) => {
        [$((
            $major,
            include_str!(concat!("core/", $major, ".0-ce.txt")),
            include_str!(concat!("core/", $major, ".0-ee.txt")),
        )),*]
    };
}

/// Ascending.
const LISTS: [Lists; 6] = lists![14, 15, 16, 17, 18, 19];

/// The modules that Odoo itself brings.
#[derive(Clone, Debug)]
pub(crate) struct Core {
    community: HashSet<&'static str>,
    /// What Enterprise adds.
    enterprise: HashSet<&'static str>,
    edition: Edition,
}

impl Core {
    /// The modules of a series and edition.
    ///
    /// A series without a list takes that of the nearest older one, or else the oldest: nearly all names stay from one
    /// series to the next, and a guess is better than to miss `base`. No selection depends on it, for what a
    /// repository holds is found there first.
    pub(crate) fn new(series: Series, edition: Edition) -> Self {
        let known = LISTS.iter().rev().find(|(major, ..)| *major <= series.major());
        let (_, community, enterprise) = known.unwrap_or(&LISTS[0]);
        Self { community: community.lines().collect(), enterprise: enterprise.lines().collect(), edition }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        match self.edition_of(name) {
            Some(Edition::Community) => true,
            Some(Edition::Enterprise) => self.edition == Edition::Enterprise,
            None => false,
        }
    }

    /// The modules of the edition in use.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
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

    fn core(series: &str, edition: Edition) -> Core {
        Core::new(Series::parse(series).expect("a series"), edition)
    }

    #[test]
    fn the_lists_are_sorted_names() {
        for (major, community, enterprise) in LISTS {
            for list in [community, enterprise] {
                let names: Vec<&str> = list.lines().collect();
                assert!(names.len() > 300 && names.is_sorted_by(|a, b| a < b), "{major}");
                let is_name = |name: &str| name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
                assert!(names.iter().all(|name| !name.is_empty() && is_name(name)), "{major}");
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
    fn a_series_without_a_list_takes_the_nearest() {
        for series in ["8.0", "13.0", "17.2", "20.0"] {
            assert!(core(series, Edition::Community).contains("base"), "{series}");
        }
        assert!(!core("17.2", Edition::Community).contains("project_stock"));
        assert!(core("20.0", Edition::Community).contains("project_stock"));
    }
}
