//! `oca diff --deep`: what a change means for the modules that use what changed.

use serde::Serialize;

use super::FromTo;
use crate::diff::Step;
use crate::diff::deep::{Act, ApiChanges, Change, Deep, DeepModule, FieldChange, Finding, Place, Subject};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct DeepReport<'d> {
    /// Whether Odoo itself was read too.
    pub(crate) knows_odoo: bool,
    pub(crate) uses: Vec<UseEntry<'d>>,
    /// Uses of what perhaps is still there, or perhaps of something else.
    pub(crate) possible_uses: Vec<UseEntry<'d>>,
    /// What the changed modules do not declare any more, whether it is used or not.
    pub(crate) modules: Vec<DeepModuleEntry<'d>>,
    pub(crate) unread: Vec<UnreadEntry<'d>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct UseEntry<'d> {
    pub(crate) user: &'d str,
    pub(crate) kind: UseKind,
    /// `null` for a record.
    pub(crate) model: Option<&'d str>,
    /// Of the field or the method, or the id of the record; `null` for a model.
    pub(crate) name: Option<&'d str>,
    pub(crate) change: UseChange,
    /// The type before and now, if that changed.
    pub(crate) types: Option<FromTo<&'d str>>,
    /// New fields of the same model and type.
    pub(crate) beside: &'d [String],
    /// The module that changed it.
    pub(crate) by: &'d str,
    pub(crate) places: Vec<PlaceEntry<'d>>,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UseKind {
    Model,
    Field,
    Method,
    Record,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UseChange {
    Removed,
    Retyped,
    NotStored,
    Required,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PlaceEntry<'d> {
    /// Below the module.
    pub(crate) path: &'d str,
    pub(crate) line: u32,
    pub(crate) act: ActKind,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ActKind {
    Inherits,
    CallsSuper,
    Uses,
    Shows,
    Sets,
    Creates,
    Refers,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct DeepModuleEntry<'d> {
    pub(crate) name: &'d str,
    pub(crate) removed_models: Vec<&'d str>,
    pub(crate) removed_fields: Vec<OfModel<'d>>,
    pub(crate) retyped_fields: Vec<RetypedEntry<'d>>,
    pub(crate) not_stored_fields: Vec<OfModel<'d>>,
    pub(crate) required_fields: Vec<OfModel<'d>>,
    pub(crate) removed_methods: Vec<OfModel<'d>>,
    pub(crate) removed_records: Vec<&'d str>,
    /// The paths of the migration scripts that will run, in their order.
    pub(crate) scripts: &'d [String],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OfModel<'d> {
    pub(crate) model: &'d str,
    pub(crate) name: &'d str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RetypedEntry<'d> {
    pub(crate) model: &'d str,
    pub(crate) name: &'d str,
    pub(crate) types: FromTo<&'d str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct UnreadEntry<'d> {
    pub(crate) module: &'d str,
    pub(crate) path: &'d str,
    /// `null` if it is the whole file.
    pub(crate) line: Option<u32>,
    pub(crate) side: SideKind,
    pub(crate) why: &'d str,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SideKind {
    From,
    To,
}

impl<'d> DeepReport<'d> {
    pub(super) fn of(deep: &'d Deep) -> Self {
        let Deep { modules, findings, unread, knows_odoo } = deep;
        let unread = unread.iter().map(|file| UnreadEntry {
            module: &file.module,
            path: &file.path,
            line: (file.line > 0).then_some(file.line),
            side: if file.is_old { SideKind::From } else { SideKind::To },
            why: &file.why,
        });
        Self {
            knows_odoo: *knows_odoo,
            uses: findings.facts.iter().map(UseEntry::of).collect(),
            possible_uses: findings.possible.iter().map(UseEntry::of).collect(),
            modules: modules.iter().map(DeepModuleEntry::of).collect(),
            unread: unread.collect(),
        }
    }
}

impl<'d> UseEntry<'d> {
    fn of(finding: &'d Finding) -> Self {
        let (kind, model, name) = match &finding.subject {
            Subject::Model(model) => (UseKind::Model, Some(model), None),
            Subject::Field { model, name, .. } => (UseKind::Field, Some(model), Some(name)),
            Subject::Method { model, name } => (UseKind::Method, Some(model), Some(name)),
            Subject::Record(id) => (UseKind::Record, None, Some(id)),
        };
        let (mut change, mut types, mut beside) = (UseChange::Removed, None, &[][..]);
        if let Subject::Field { change: of_field, .. } = &finding.subject {
            match of_field {
                Change::Removed { beside: names } => beside = names,
                Change::Retyped { from, to } => {
                    (change, types) =
                        (UseChange::Retyped, Some(FromTo { from: from.as_str(), to: to.as_str() }));
                }
                Change::NotStored => change = UseChange::NotStored,
                Change::Required => change = UseChange::Required,
            }
        }
        Self {
            user: &finding.user,
            kind,
            model: model.map(String::as_str),
            name: name.map(String::as_str),
            change,
            types,
            beside,
            by: &finding.by,
            places: finding.places.iter().map(PlaceEntry::of).collect(),
        }
    }
}

impl<'d> PlaceEntry<'d> {
    fn of(place: &'d Place) -> Self {
        let act = match place.act {
            Act::Inherits => ActKind::Inherits,
            Act::CallsSuper => ActKind::CallsSuper,
            Act::Uses => ActKind::Uses,
            Act::Shows => ActKind::Shows,
            Act::Sets => ActKind::Sets,
            Act::Creates => ActKind::Creates,
            Act::Refers => ActKind::Refers,
        };
        Self { path: &place.path, line: place.line, act }
    }
}

impl<'d> DeepModuleEntry<'d> {
    fn of(module: &'d DeepModule) -> Self {
        let ApiChanges { models, fields, methods, ids } = &module.changes;
        let with = |wanted: fn(&FieldChange) -> bool| {
            let has =
                move |(_, changes): &(&'d (String, String), &'d Vec<FieldChange>)| changes.iter().any(wanted);
            fields.iter().filter(has).map(|((model, name), _)| OfModel { model, name }).collect()
        };
        let retyped = fields.iter().flat_map(|((model, name), changes)| {
            changes.iter().filter_map(move |change| match change {
                FieldChange::Retyped(Step { from, to }) => {
                    Some(RetypedEntry { model, name, types: FromTo { from: from.as_str(), to: to.as_str() } })
                }
                _ => None,
            })
        });
        Self {
            name: &module.name,
            removed_models: models.iter().map(String::as_str).collect(),
            removed_fields: with(|change| matches!(change, FieldChange::Removed { .. })),
            retyped_fields: retyped.collect(),
            not_stored_fields: with(|change| *change == FieldChange::NotStored),
            required_fields: with(|change| *change == FieldChange::Required),
            removed_methods: methods.iter().map(|(model, name)| OfModel { model, name }).collect(),
            removed_records: ids.iter().map(String::as_str).collect(),
            scripts: &module.scripts,
        }
    }
}
