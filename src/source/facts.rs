//! What one source file declares and uses.

use serde::{Deserialize, Serialize};

/// The facts of a file, or why it cannot be read.
pub(crate) type Source = Result<FileFacts, Unread>;

/// Why a file cannot be read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Unread {
    /// Counted from 1; 0 is the whole file.
    pub(crate) line: u32,
    pub(crate) why: String,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileFacts {
    pub(crate) classes: Vec<Class>,
    pub(crate) uses: Vec<Use>,
    pub(crate) creations: Vec<Creation>,
    pub(crate) records: Vec<Record>,
    pub(crate) references: Vec<Reference>,
    pub(crate) imports: Vec<Import>,
    /// Of a manifest: the files that it lists as data.
    pub(crate) data: Vec<String>,
}

/// A class that declares or extends a model.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Class {
    pub(crate) line: u32,
    /// `_name`
    pub(crate) name: Option<String>,
    /// `_inherit`
    pub(crate) inherit: Vec<String>,
    /// The models of `_inherits`.
    pub(crate) inherits: Vec<String>,
    /// Whether it may have fields and methods that are not in its text: of another base class, or made by a call.
    pub(crate) is_open: bool,
    pub(crate) fields: Vec<Field>,
    pub(crate) methods: Vec<String>,
    /// Other names that the body of the class sets.
    pub(crate) names: Vec<String>,
}

impl Class {
    /// The model that it declares or extends. `None` if that is not in the text.
    pub(crate) fn model(&self) -> Option<&str> {
        match (&self.name, &self.inherit[..]) {
            (Some(name), _) => Some(name),
            (None, [one]) => Some(one),
            (None, _) => None,
        }
    }

    /// Whether it declares the model, and does not extend one of another class.
    pub(crate) fn is_origin(&self) -> bool {
        self.name.as_ref().is_some_and(|name| !self.inherit.contains(name))
    }
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) line: u32,
    /// Such as `Many2one`.
    pub(crate) kind: String,
    pub(crate) comodel: Option<String>,
    /// `None` if the text does not say it.
    pub(crate) required: Option<bool>,
    /// `None` if the text does not say it.
    pub(crate) stored: Option<bool>,
    /// Whether it gets a value by itself: a default, a computation, a related field.
    pub(crate) is_filled: bool,
    /// Whether it can only change a field that another class declares, as with `selection_add`.
    pub(crate) is_extension: bool,
}

/// Something of a model that is used.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Use {
    pub(crate) model: String,
    /// Fields one after another, and at last the field or method that is used. Empty is the model itself.
    pub(crate) path: Vec<String>,
    pub(crate) how: How,
    pub(crate) line: u32,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(crate) enum How {
    /// `_inherit`, `_inherits`: without the model, the class cannot be loaded.
    Inherits,
    /// `super().name`
    Super,
    /// Code reads, calls or sets it.
    Uses,
    /// A view of the model shows it.
    Shows,
    /// A view shows it that changes another view: perhaps it shows it for a record of another model inside.
    MayShow,
    /// A record in a data file sets it, or is one of the model.
    Sets,
}

/// A record that is made with certain fields.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Creation {
    pub(crate) model: String,
    pub(crate) fields: Vec<String>,
    /// In a data file: its id. If there are several with one id, only the first makes it.
    pub(crate) id: Option<String>,
    pub(crate) line: u32,
}

/// A record of a data file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Record {
    /// As written: with or without the module.
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) line: u32,
}

/// A reference to a record by its id.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Reference {
    /// As written: with or without the module.
    pub(crate) id: String,
    /// Whether a view inherits from it.
    pub(crate) is_parent: bool,
    pub(crate) line: u32,
}

impl Reference {
    /// The groups of a list with commas. A `!` before a group is for users who are not in it.
    pub(super) fn of_groups(groups: &str, line: u32) -> Vec<Self> {
        let ids = groups.split(',').map(|id| id.trim().trim_start_matches(['!', '-', '+']));
        let ids = ids.filter(|id| id.contains('.') && !id.contains(char::is_whitespace));
        ids.map(|id| Self { id: id.to_owned(), is_parent: false, line }).collect()
    }
}

impl Use {
    pub(super) fn new(model: &str, path: Vec<String>, how: How, line: u32) -> Self {
        Self { model: model.to_owned(), path, how, line }
    }
}

/// An import from the module itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Import {
    /// The number of dots; 0 is `odoo.addons.NAME`, of which `parts` begin with the name.
    pub(crate) dots: u32,
    pub(crate) parts: Vec<String>,
}
