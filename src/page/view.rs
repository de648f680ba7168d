//! A page with what follows from its data: anchors, sums, and what needs what.

use std::collections::{BTreeMap, BTreeSet};

use super::amount::{Amount, in_words};
use super::markup::Markup;
use super::model::{Bytes, Home, HomeKind, Module, NeedKind, Page, Standing};

pub(super) struct View<'p> {
    pub(super) page: &'p Page,
    /// The anchor of each home and of each module.
    home_anchors: Vec<String>,
    module_anchors: Vec<String>,
    /// For each module, the modules that need it.
    pub(super) dependants: Vec<Vec<usize>>,
    /// For each home, the places of its modules.
    pub(super) of_home: Vec<Vec<usize>>,
    /// For each home, its bytes.
    pub(super) bytes: Vec<Bytes>,
    /// For each two homes: how often a given module of the first one needs a module of the second one.
    pub(super) ties: BTreeMap<(usize, usize), usize>,
}

impl<'p> View<'p> {
    pub(super) fn new(page: &'p Page) -> Self {
        let mut dependants = vec![Vec::new(); page.modules.len()];
        let mut of_home = vec![Vec::new(); page.homes.len()];
        let mut ties: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (place, module) in page.modules.iter().enumerate() {
            of_home[module.home].push(place);
            for need in &module.depends {
                let NeedKind::Module(needed) = need.kind else { continue };
                dependants[needed].push(place);
                let (from, to) = (module.home, page.modules[needed].home);
                if is_given(module) && from != to {
                    *ties.entry((from, to)).or_default() += 1;
                }
            }
        }
        let bytes = page.homes.iter().zip(&of_home).map(|(home, modules)| {
            let modules = modules.iter().filter_map(|place| page.modules[*place].bytes);
            let of_modules = modules.fold(Bytes::default(), Bytes::and);
            Bytes { exported: of_modules.exported + home.others, ..of_modules }
        });
        Self {
            page,
            home_anchors: anchors('r', page.homes.iter().map(|home| home.name.as_str())),
            module_anchors: anchors('m', page.modules.iter().map(|module| module.name.as_str())),
            dependants,
            bytes: bytes.collect(),
            of_home,
            ties,
        }
    }

    pub(super) fn home_anchor(&self, place: usize) -> &str {
        &self.home_anchors[place]
    }

    pub(super) fn module_anchor(&self, place: usize) -> &str {
        &self.module_anchors[place]
    }

    /// A link to a module, with its name.
    pub(super) fn module_link(&self, place: usize) -> Markup {
        let mut markup = Markup::default();
        let name = &self.page.modules[place].name;
        markup.put("<a href=\"#{}\">{}</a>", &[&self.module_anchor(place), name]);
        markup
    }

    pub(super) fn home_link(&self, place: usize) -> Markup {
        let mut markup = Markup::default();
        let name = &self.page.homes[place].name;
        markup.put("<a href=\"#{}\">{}</a>", &[&self.home_anchor(place), name]);
        markup
    }

    /// The places and the data of the repositories, without Odoo itself and without own directories.
    pub(super) fn repositories(&self) -> impl Iterator<Item = (usize, &'p Home)> {
        self.page.homes.iter().enumerate().filter(|(_, home)| home.kind == HomeKind::Repository)
    }

    pub(super) fn modules_of(&self, home: usize) -> impl Iterator<Item = (usize, &'p Module)> {
        self.of_home[home].iter().map(|place| (*place, &self.page.modules[*place]))
    }

    /// The bytes of all repositories.
    pub(super) fn total(&self) -> Bytes {
        self.bytes.iter().copied().fold(Bytes::default(), Bytes::and)
    }

    /// Whether nothing is known about the files of a repository.
    pub(super) fn is_partial(&self) -> bool {
        self.page.homes.iter().any(|home| home.trouble.is_some())
    }

    /// A sum over all repositories, in words. If something is not known, it is the least that it can be.
    pub(super) fn sum_in_words(&self, sum: Amount) -> String {
        in_words(Amount { unknown: sum.unknown + usize::from(self.is_partial()), ..sum })
    }

    pub(super) fn count(&self, standing: Standing) -> usize {
        self.page.modules.iter().filter(|module| module.standing == standing).count()
    }
}

impl Bytes {
    fn and(self, other: Self) -> Self {
        Self {
            exported: self.exported + other.exported,
            selection: self.selection + other.selection,
            languages: self.languages + other.languages,
            rules: self.rules + other.rules,
        }
    }

    pub(super) fn left_out(self) -> Amount {
        self.selection + self.languages + self.rules
    }

    pub(super) fn all(self) -> Amount {
        self.exported + self.left_out()
    }
}

/// Whether Odoo gets the module from the profile.
pub(super) fn is_given(module: &Module) -> bool {
    matches!(module.standing, Standing::Exported | Standing::Own)
}

/// An anchor for each name, by which it can be linked to. If a name has a character that an anchor should not have, or
/// if it was there before, the anchor is a number.
fn anchors<'n>(kind: char, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut seen = BTreeSet::new();
    let anchor = |(place, name): (usize, &'n str)| {
        if !name.is_empty() && name.chars().all(is_plain) && seen.insert(name) {
            format!("{kind}-{name}")
        } else {
            format!("{kind}{place}")
        }
    };
    names.enumerate().map(anchor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_plain_and_differ() {
        let names = ["web", "a b", "web", "\"><script>", "3"];
        assert_eq!(anchors('m', names.into_iter()), ["m-web", "m1", "m2", "m3", "m-3"]);
    }
}
