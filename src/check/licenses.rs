//! Checks which licence may depend on which, by the rules of manifestoo (`manifestoo/commands/check_licenses.py`).

use super::about;
use crate::plan::{Inventory, Placed, Standing};
use crate::repo::{Edition, Series};
use crate::report::{Finding, Problem};

/// Groups of licences with the same compatibility.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Class {
    Permissive,
    WeakCopyleft,
    StrongCopyleft,
    NetworkCopyleft,
    Proprietary,
    /// Odoo knows it, but its compatibility depends on more than its name.
    NotJudged,
}

impl Class {
    /// The class of a licence. `None` if Odoo does not know the licence.
    fn of(license: &str) -> Option<Self> {
        Some(match license {
            "MIT" => Self::Permissive,
            "LGPL-3" | "LGPL-3 or any later version" => Self::WeakCopyleft,
            "GPL-3" | "GPL-3 or any later version" => Self::StrongCopyleft,
            "AGPL-3" => Self::NetworkCopyleft,
            "OEEL-1" | "OPL-1" | "Other proprietary" => Self::Proprietary,
            "GPL-2" | "GPL-2 or any later version" | "Other OSI approved licence" => Self::NotJudged,
            _ => return None,
        })
    }

    fn may_depend_on(self, other: Self) -> bool {
        use Class::{NetworkCopyleft, NotJudged, Permissive, Proprietary, StrongCopyleft, WeakCopyleft};
        match (self, other) {
            (NotJudged, _) | (_, NotJudged | Permissive) => true,
            (Permissive, _) => false,
            (_, WeakCopyleft) => true,
            (Proprietary, _) => other == Proprietary,
            (StrongCopyleft, _) => other == StrongCopyleft,
            (NetworkCopyleft, _) => other != Proprietary,
            (WeakCopyleft, _) => false,
        }
    }
}

/// Modules with an unknown licence, or with a licence that is incompatible with that of a dependency. An unknown
/// licence is reported at its own module, and is compatible with everything.
pub(super) fn licenses(inventory: &Inventory<'_>) -> Vec<Finding> {
    inventory.given().filter_map(|module| license(inventory, module)).collect()
}

fn license(inventory: &Inventory<'_>, module: &Placed<'_>) -> Option<Finding> {
    let found = |problem| Some(about(inventory, module, |lines| lines.license, problem));
    let declared = &module.manifest.license;
    let Some((license, class)) = declared.as_ref().and_then(|text| Some((text, Class::of(text)?))) else {
        return found(Problem::UnknownLicense { license: declared.clone() });
    };
    let refused = |name: &String| {
        let other = license_of(inventory, name)?;
        let is_fine = Class::of(other).is_none_or(|other| class.may_depend_on(other));
        (!is_fine).then(|| (name.clone(), other.to_owned()))
    };
    let on: Vec<_> = module.manifest.depends.iter().filter_map(refused).collect();
    if on.is_empty() { None } else { found(Problem::License { license: license.clone(), on }) }
}

/// Odoo's own modules have the licence of their edition, whatever their manifests say.
fn license_of<'i>(inventory: &'i Inventory<'_>, name: &str) -> Option<&'i str> {
    match inventory.standing(name) {
        Standing::Module(module) => module.manifest.license.as_deref(),
        Standing::Core(Edition::Enterprise) => Some("OEEL-1"),
        Standing::Core(Edition::Community) => Some(of_community(inventory.profile.odoo)),
        Standing::Unreadable | Standing::Uninstallable(_) | Standing::Missing(_) | Standing::Unknown => None,
    }
}

fn of_community(series: Series) -> &'static str {
    if series.major() <= 8 { "AGPL-3" } else { "LGPL-3" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_compatible_as_in_manifestoo() {
        let all = ["Other proprietary", "MIT", "LGPL-3", "GPL-3", "AGPL-3"];
        for (license, allowed) in [
            ("OPL-1", "Other proprietary, MIT, LGPL-3"),
            ("MIT", "MIT"),
            ("LGPL-3 or any later version", "MIT, LGPL-3"),
            ("GPL-3 or any later version", "MIT, LGPL-3, GPL-3"),
            ("AGPL-3", "MIT, LGPL-3, GPL-3, AGPL-3"),
            ("GPL-2", "Other proprietary, MIT, LGPL-3, GPL-3, AGPL-3"),
        ] {
            let class = |license| Class::of(license).expect("a known licence");
            let may = all.iter().filter(|other| class(license).may_depend_on(class(other)));
            assert_eq!(may.copied().collect::<Vec<_>>().join(", "), allowed, "{license}");
            assert!(class(license).may_depend_on(class("Other OSI approved licence")));
        }
        assert_eq!(Class::of("AGPL-3-or-later"), None);
    }
}
