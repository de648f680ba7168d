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
    names: HashSet<&'static str>,
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
        let mut names: HashSet<_> = community.lines().collect();
        if edition == Edition::Enterprise {
            names.extend(enterprise.lines());
        }
        Self { names }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
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
    fn a_series_without_a_list_takes_the_nearest() {
        for series in ["8.0", "13.0", "17.2", "20.0"] {
            assert!(core(series, Edition::Community).contains("base"), "{series}");
        }
        assert!(!core("17.2", Edition::Community).contains("project_stock"));
        assert!(core("20.0", Edition::Community).contains("project_stock"));
    }
}
