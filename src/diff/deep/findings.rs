//! Who uses what is not there any more.

use std::collections::{BTreeMap, BTreeSet};

use super::api::{ApiChanges, FieldChange};
use super::world::{Has, Reach, World};
use crate::diff::Step;
use crate::source::{How, ModuleFacts, Use};

/// What was found, and what must be read to be sure.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// By user, then by what it uses.
    pub(crate) facts: Vec<Finding>,
    /// The same, where a module that was not read may still have the thing, or where a view may show it for another
    /// model.
    pub(crate) possible: Vec<Finding>,
}

/// A module that uses something that another one changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Finding {
    pub(crate) user: String,
    pub(crate) subject: Subject,
    /// The module that changed it.
    pub(crate) by: String,
    pub(crate) places: Vec<Place>,
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Subject {
    Model(String),
    Field { model: String, name: String, change: Change },
    Method { model: String, name: String },
    Record(String),
}

/// How a field changed.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Change {
    Removed { beside: Vec<String> },
    Retyped { from: String, to: String },
    NotStored,
    Required,
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    /// Below the module of the user.
    pub(crate) path: String,
    pub(crate) line: u32,
    pub(crate) act: Act,
}

/// What the user does.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Act {
    Inherits,
    CallsSuper,
    Uses,
    Shows,
    Sets,
    Creates,
    Refers,
}

impl From<How> for Act {
    fn from(how: How) -> Self {
        match how {
            How::Inherits => Self::Inherits,
            How::Super => Self::CallsSuper,
            How::Uses => Self::Uses,
            How::Shows | How::MayShow => Self::Shows,
            How::Sets => Self::Sets,
        }
    }
}

/// Finds the uses of `changes`, by module. Returns also the modules that must be read to be sure.
pub(crate) fn find<'w>(
    world: &World<'w>,
    changes: &BTreeMap<String, ApiChanges>,
) -> (Findings, BTreeSet<&'w str>) {
    let index = Index::of(changes);
    let mut search = Search { index, changes, found: BTreeMap::new(), wanted: BTreeSet::new() };
    for (name, member) in &world.modules {
        if let Some(facts) = member.facts {
            search.module(world, name, facts);
        }
    }
    let Search { found, wanted, .. } = search;
    let mut findings = Findings::default();
    for ((user, by, subject), uses) in found {
        let is_fact = uses.iter().any(|(_, is_fact)| *is_fact);
        let places = uses.into_iter().filter(|(_, of_fact)| *of_fact == is_fact).map(|(place, _)| place);
        let mut places: Vec<Place> = places.collect();
        places.sort();
        places.dedup_by(|a, b| (&a.path, a.line) == (&b.path, b.line));
        let list = if is_fact { &mut findings.facts } else { &mut findings.possible };
        list.push(Finding { user, subject, by, places });
    }
    (findings, wanted)
}

/// The changes by the names that a use has.
struct Index<'c> {
    models: BTreeMap<&'c str, &'c str>,
    /// By field or method: the module and the model.
    names: BTreeMap<&'c str, Vec<(&'c str, &'c str)>>,
    ids: BTreeMap<&'c str, &'c str>,
    /// By model: the module and the field.
    required: BTreeMap<&'c str, Vec<(&'c str, &'c str)>>,
}

impl<'c> Index<'c> {
    fn of(changes: &'c BTreeMap<String, ApiChanges>) -> Self {
        let (mut models, mut ids) = (BTreeMap::new(), BTreeMap::new());
        let mut names: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        let mut required: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (module, changes) in changes {
            models.extend(changes.models.iter().map(|model| (model.as_str(), module.as_str())));
            ids.extend(changes.ids.iter().map(|id| (id.as_str(), module.as_str())));
            for (model, name) in changes.fields.keys().chain(&changes.methods) {
                names.entry(name).or_default().push((module.as_str(), model.as_str()));
            }
            for ((model, name), changes) in &changes.fields {
                if changes.contains(&FieldChange::Required) {
                    required.entry(model).or_default().push((module.as_str(), name.as_str()));
                }
            }
        }
        Self { models, names, ids, required }
    }
}

type Key = (String, String, Subject);

struct Search<'c, 'w> {
    index: Index<'c>,
    changes: &'c BTreeMap<String, ApiChanges>,
    /// The places, and whether each is a fact.
    found: BTreeMap<Key, Vec<(Place, bool)>>,
    wanted: BTreeSet<&'w str>,
}

/// The module that is looked through.
struct User<'u, 'w> {
    name: &'w str,
    reach: &'u Reach<'w>,
}

impl<'w> Search<'_, 'w> {
    fn module(&mut self, world: &World<'w>, name: &'w str, facts: &'w ModuleFacts) {
        let reach = world.reach(name);
        let user = User { name, reach: &reach };
        let before = self.found.len();
        for (path, found) in facts.uses() {
            match found.path.split_last() {
                None => self.model_use(&user, path, found),
                Some((last, before)) if self.index.names.contains_key(last.as_str()) => {
                    self.name_use(&user, path, found, last, before);
                }
                Some(_) => {}
            }
        }
        let mut made: BTreeMap<&str, usize> = BTreeMap::new();
        facts.records().for_each(|(_, record)| *made.entry(&record.id).or_default() += 1);
        for (path, creation) in facts.creations() {
            let is_once = creation.id.as_ref().is_none_or(|id| made.get(id.as_str()).copied() == Some(1));
            for (by, field) in self.index.required.get(creation.model.as_str()).cloned().unwrap_or_default() {
                let fields: Vec<_> = reach.fields(&creation.model, field).collect();
                // Another module may fill it, or may have required it before.
                let is_of_others = fields.iter().filter(|field| field.required != Some(false)).count() > 1;
                let is_filled = fields.iter().any(|field| field.is_filled);
                let lacks = !creation.fields.iter().any(|name| name == field);
                if is_once && lacks && !is_filled && by != name && reach.contains(by) {
                    let is_fact = !is_of_others && reach.knows(&creation.model);
                    let (model, field) = (creation.model.clone(), field.to_owned());
                    let subject = Subject::Field { model, name: field, change: Change::Required };
                    let place = Place { path: path.to_owned(), line: creation.line, act: Act::Creates };
                    self.add(&user, by, subject, (place, is_fact));
                }
            }
        }
        for (path, reference) in facts.references() {
            let Some((id, by)) = self.index.ids.get_key_value(reference.id.as_str()) else { continue };
            if *by != name && !reach.has_id(id) {
                let act = if reference.is_parent { Act::Inherits } else { Act::Refers };
                let place = Place { path: path.to_owned(), line: reference.line, act };
                self.add(&user, by, Subject::Record((*id).to_owned()), (place, true));
            }
        }
        // To be sure, all on which the user depends must be read.
        if self.found.len() > before {
            self.wanted.extend(&reach.unread);
        }
    }

    fn add(&mut self, user: &User<'_, '_>, by: &str, subject: Subject, place: (Place, bool)) {
        self.found.entry((user.name.to_owned(), by.to_owned(), subject)).or_default().push(place);
    }

    fn model_use(&mut self, user: &User<'_, 'w>, path: &str, found: &Use) {
        let Some(by) = self.index.models.get(found.model.as_str()).copied() else { return };
        let has = user.reach.has_model(&found.model);
        if by != user.name && has != Has::Yes {
            let place = Place { path: path.to_owned(), line: found.line, act: found.how.into() };
            self.add(user, by, Subject::Model(found.model.clone()), (place, has == Has::No));
        }
    }

    fn name_use(&mut self, user: &User<'_, 'w>, path: &str, found: &Use, last: &str, before: &[String]) {
        let mut model = found.model.as_str();
        for field in before {
            match user.reach.comodel(model, field) {
                Some(comodel) => model = comodel,
                None if user.reach.unread.is_empty() => return,
                // Perhaps a module that was not read yet declares the field.
                None => return self.wanted.extend(&user.reach.unread),
            }
        }
        let ancestry = user.reach.ancestry(model);
        for (by, of) in self.index.names.get(last).cloned().unwrap_or_default() {
            if by == user.name || !ancestry.contains(of) || self.changes[by].models.contains(of) {
                continue;
            }
            let without = (found.how == How::Super).then_some(user.name);
            let has = user.reach.has(model, last, without);
            let key = (of.to_owned(), last.to_owned());
            for (subject, is_there) in self.subjects(by, &key) {
                if is_there || has != Has::Yes {
                    // A field that extends another one is stored if that one is.
                    let extends = matches!(subject, Subject::Field { change: Change::NotStored, .. })
                        && (user.reach.fields(of, last).count() > 1 || !user.reach.knows(of));
                    let is_sure = if is_there { !extends } else { has == Has::No };
                    let is_fact = is_sure && found.how != How::MayShow;
                    let place = Place { path: path.to_owned(), line: found.line, act: found.how.into() };
                    self.add(user, by, subject, (place, is_fact));
                }
            }
        }
    }

    /// What changed of a field or a method, and whether it is still there.
    fn subjects(&self, by: &str, key: &(String, String)) -> Vec<(Subject, bool)> {
        let changes = &self.changes[by];
        let (model, name) = key.clone();
        if changes.methods.contains(key) {
            return vec![(Subject::Method { model, name }, false)];
        }
        let of_field = changes.fields.get(key).into_iter().flatten().filter_map(|change| {
            let (change, is_there) = match change {
                FieldChange::Removed { beside } => (Change::Removed { beside: beside.clone() }, false),
                FieldChange::Retyped(Step { from, to }) => {
                    (Change::Retyped { from: from.clone(), to: to.clone() }, true)
                }
                FieldChange::NotStored => (Change::NotStored, true),
                // Only whoever makes a record must give a value.
                FieldChange::Required => return None,
            };
            Some((Subject::Field { model: model.clone(), name: name.clone(), change }, is_there))
        });
        of_field.collect()
    }
}
