//! What a module does not declare any more, or declares in another way.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::Step;
use crate::source::{Field, Model, ModuleFacts};

/// The differences between a module before and now that can break others.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct ApiChanges {
    /// Models that it does not declare any more.
    pub(crate) models: BTreeSet<String>,
    /// By model and name.
    pub(crate) fields: BTreeMap<(String, String), Vec<FieldChange>>,
    /// Methods that it does not declare any more, by model and name.
    pub(crate) methods: BTreeSet<(String, String)>,
    /// Ids of records that it does not have any more, each with its module.
    pub(crate) ids: BTreeSet<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum FieldChange {
    /// With the names of new fields of the same model and type.
    Removed { beside: Vec<String> },
    /// Another type, such as `Many2one` of another model.
    Retyped(Step<String>),
    /// Its values are not in the database any more.
    NotStored,
    /// It must have a value now, and nothing gives it one.
    Required,
}

impl ApiChanges {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { models, fields, methods, ids } = self;
        models.is_empty() && fields.is_empty() && methods.is_empty() && ids.is_empty()
    }

    /// Of the module `name`.
    pub(crate) fn between(name: &str, old: &ModuleFacts, new: &ModuleFacts) -> Self {
        let mut changes = Self::default();
        // A module of which something could not be read may still have everything.
        if !new.is_open {
            for (model, before) in &old.models {
                let now = new.models.get(model);
                if now.is_none() && before.is_origin {
                    changes.models.insert(model.clone());
                } else {
                    changes.compare(model, before, now.unwrap_or(&Model::default()));
                }
            }
        }
        if !old.is_open {
            for (model, now) in &new.models {
                let before = old.models.get(model);
                if before.is_some() || !now.is_origin {
                    changes.require(model, before, now);
                }
            }
        }
        if !new.has_unread_data() {
            let own = format!("{name}.");
            let gone = old.ids.difference(&new.ids).filter(|id| id.starts_with(&own));
            changes.ids = gone.cloned().collect();
        }
        changes
    }

    fn compare(&mut self, model: &str, before: &Model, now: &Model) {
        for (name, field) in &before.fields {
            match now.fields.get(name) {
                Some(new) => {
                    let is_clear = [before, now].iter().all(|side| !side.fields_of_several.contains(name));
                    for change in retyped(field, new).into_iter().filter(|_| is_clear) {
                        self.add(model, name, change);
                    }
                }
                None if now.has(name) || now.is_open || field.is_extension => {}
                None => self.add(model, name, FieldChange::Removed { beside: beside(field, before, now) }),
            }
        }
        let is_gone = |name: &&String| {
            let is_own = !name.starts_with("__") && !before.extends_method(name);
            is_own && !now.has(name) && !now.is_open
        };
        let gone = before.methods.iter().filter(is_gone);
        self.methods.extend(gone.map(|name| (model.to_owned(), name.clone())));
    }

    /// Adds the fields that must have a value now.
    fn require(&mut self, model: &str, before: Option<&Model>, now: &Model) {
        for (name, field) in &now.fields {
            let was_free = match before.and_then(|before| before.fields.get(name)) {
                Some(before) => before.required == Some(false) || before.is_filled,
                None => before.is_none_or(|before| !before.is_open),
            };
            let is_clear = !now.fields_of_several.contains(name);
            if was_free && is_clear && field.required == Some(true) && !field.is_filled {
                self.add(model, name, FieldChange::Required);
            }
        }
    }

    fn add(&mut self, model: &str, name: &str, change: FieldChange) {
        self.fields.entry((model.to_owned(), name.to_owned())).or_default().push(change);
    }
}

fn retyped(old: &Field, new: &Field) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let comodels = Step { from: &old.comodel, to: &new.comodel };
    let has_other_comodel = matches!(comodels, Step { from: Some(from), to: Some(to) } if from != to);
    if old.kind != new.kind || has_other_comodel {
        let words = |field: &Field| match &field.comodel {
            Some(comodel) => format!("{} of {comodel}", field.kind),
            None => field.kind.clone(),
        };
        changes.push(FieldChange::Retyped(Step { from: words(old), to: words(new) }));
    }
    if (old.stored, new.stored) == (Some(true), Some(false)) {
        changes.push(FieldChange::NotStored);
    }
    changes
}

/// The new fields of the same type as one that is gone.
fn beside(field: &Field, before: &Model, now: &Model) -> Vec<String> {
    let is_new = |(name, new): &(&String, &Field)| {
        !before.has(name) && new.kind == field.kind && new.comodel == field.comodel
    };
    now.fields.iter().filter(is_new).map(|(name, _)| name.clone()).collect()
}
