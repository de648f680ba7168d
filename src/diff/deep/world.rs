//! The modules that are there now, and what they declare together.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Field, Model, ModuleFacts};

/// The model of which each model has the fields and methods.
const EACH: &str = "base";

/// The modules of some profiles after the step.
#[derive(Debug, Default)]
pub(crate) struct World<'w> {
    pub(crate) modules: BTreeMap<&'w str, Member<'w>>,
}

/// A module, and what is known of it.
#[derive(Debug)]
pub(crate) struct Member<'w> {
    pub(crate) depends: Vec<&'w str>,
    /// `None` if its files were not read yet.
    pub(crate) facts: Option<&'w ModuleFacts>,
}

/// The modules that are surely installed with a module: it and all on which it depends, over any number of steps.
#[derive(Debug)]
pub(crate) struct Reach<'w> {
    read: BTreeMap<&'w str, &'w ModuleFacts>,
    /// Modules that are there, but were not read yet.
    pub(crate) unread: BTreeSet<&'w str>,
    /// Whether others are there whose files are not known, such as those of Odoo.
    has_strangers: bool,
}

/// Whether a model has something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Has {
    Yes,
    No,
    /// A module that was not read may have it.
    Unknown,
}

impl<'w> World<'w> {
    pub(crate) fn reach(&self, module: &'w str) -> Reach<'w> {
        let mut reach = Reach { read: BTreeMap::new(), unread: BTreeSet::new(), has_strangers: false };
        let (mut open, mut seen) = (vec![module], BTreeSet::new());
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            let Some(member) = self.modules.get(name) else {
                reach.has_strangers = true;
                continue;
            };
            match member.facts {
                Some(facts) => drop(reach.read.insert(name, facts)),
                None => drop(reach.unread.insert(name)),
            }
            open.extend(&member.depends);
            // Each module depends on it, whether it says so or not.
            open.push("base");
        }
        reach
    }

    /// The modules that depend on one of these, over any number of steps.
    pub(crate) fn dependants(&self, of: &BTreeSet<&str>) -> BTreeSet<&'w str> {
        let mut users: BTreeMap<&str, Vec<&'w str>> = BTreeMap::new();
        for (name, member) in &self.modules {
            member.depends.iter().for_each(|depend| users.entry(depend).or_default().push(name));
        }
        let (mut open, mut found): (Vec<&str>, _) = (of.iter().copied().collect(), BTreeSet::new());
        while let Some(name) = open.pop() {
            for user in users.get(name).into_iter().flatten() {
                if found.insert(*user) {
                    open.push(user);
                }
            }
        }
        found
    }
}

impl<'w> Reach<'w> {
    pub(crate) fn contains(&self, module: &str) -> bool {
        self.read.contains_key(module) || self.unread.contains(module)
    }

    fn of_model<'s>(&'s self, model: &'s str) -> impl Iterator<Item = (&'w str, &'w Model)> + 's {
        self.read.iter().filter_map(move |(name, facts)| Some((*name, facts.models.get(model)?)))
    }

    /// A model and all models whose fields and methods it has.
    pub(crate) fn ancestry(&self, model: &str) -> BTreeSet<String> {
        let (mut open, mut found) = (vec![EACH.to_owned(), model.to_owned()], BTreeSet::new());
        while let Some(name) = open.pop() {
            for (_, model) in self.of_model(&name) {
                open.extend(
                    model
                        .parents
                        .iter()
                        .chain(&model.delegates)
                        .filter(|name| !found.contains(*name))
                        .cloned(),
                );
            }
            found.insert(name);
        }
        found
    }

    /// The model to which a field of a model leads.
    pub(crate) fn comodel(&self, model: &str, field: &str) -> Option<&'w str> {
        let ancestry = self.ancestry(model);
        let mut fields = ancestry.iter().flat_map(|model| self.of_model(model));
        fields.find_map(|(_, model)| model.fields.get(field)?.comodel.as_deref())
    }

    /// The declarations of a field of a model.
    pub(crate) fn fields<'s>(
        &'s self,
        model: &'s str,
        field: &'s str,
    ) -> impl Iterator<Item = &'w Field> + 's {
        self.of_model(model).filter_map(move |(_, model)| model.fields.get(field))
    }

    /// Whether a model is declared.
    pub(crate) fn has_model(&self, model: &str) -> Has {
        if self.of_model(model).any(|(_, model)| model.is_origin) {
            Has::Yes
        } else if self.unread.is_empty() && !self.read.values().any(|facts| facts.is_open) {
            Has::No
        } else {
            Has::Unknown
        }
    }

    /// Whether a model has a field, a method or something else of this name, if the module `without` does not count.
    pub(crate) fn has(&self, model: &str, name: &str, without: Option<&str>) -> Has {
        let ancestry = self.ancestry(model);
        let mut declared = ancestry.iter().flat_map(|model| self.of_model(model));
        if super::magic::has(name)
            || declared.any(|(module, model)| Some(module) != without && model.has(name))
        {
            return Has::Yes;
        }
        if self.may_have_more(&ancestry) { Has::Unknown } else { Has::No }
    }

    /// Whether a module may declare something of one of these models that is not known here.
    fn may_have_more(&self, models: &BTreeSet<String>) -> bool {
        let mut all = models.iter().flat_map(|model| self.of_model(model));
        let is_open = all.any(|(_, model)| model.is_open) || self.read.values().any(|facts| facts.is_open);
        // Odoo cannot add anything to a model that it does not know.
        let is_foreign = |model: &String| !self.of_model(model).any(|(_, model)| model.is_origin);
        let may_be_of_odoo =
            self.has_strangers && models.iter().any(|model| model != EACH && is_foreign(model));
        is_open || !self.unread.is_empty() || may_be_of_odoo
    }

    /// Whether all declarations of a field of a model are known.
    pub(crate) fn knows(&self, model: &str) -> bool {
        !self.may_have_more(&self.ancestry(model))
    }

    pub(crate) fn has_id(&self, id: &str) -> bool {
        self.read.values().any(|facts| facts.ids.contains(id))
    }
}
