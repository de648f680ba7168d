//! The facts of all files of a module together.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Class, Creation, Field, FileFacts, How, Import, Record, Reference, Source, Unread, Use};
use crate::repo::MANIFESTS;

/// The type of a source file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Python,
    Xml,
    Csv,
}

/// The directories of a module that have no code and no data of it.
const APART: [&str; 7] = ["i18n", "i18n_extra", "migrations", "readme", "static", "tests", "upgrades"];

/// The type of a file, by its path below the module. `None` if it is not read.
pub(crate) fn kind_of(path: &str) -> Option<Kind> {
    let first = path.split('/').next().unwrap_or(path);
    if APART.contains(&first) && first != path {
        return None;
    }
    match path.rsplit_once('.')?.1 {
        "py" => Some(Kind::Python),
        "xml" => Some(Kind::Xml),
        "csv" => Some(Kind::Csv),
        _ => None,
    }
}

fn is_manifest(path: &str) -> bool {
    MANIFESTS.contains(&path)
}

/// What a module declares and uses: of the Python files that it imports, and the data files that its manifest lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModuleFacts {
    files: BTreeMap<String, FileFacts>,
    /// The files that could not be read, and why.
    pub(crate) unread: Vec<(String, Unread)>,
    /// By name.
    pub(crate) models: BTreeMap<String, Model>,
    /// The ids of the records, each with its module.
    pub(crate) ids: BTreeSet<String>,
    /// Whether it may declare models, fields or methods that are not in its text.
    pub(crate) is_open: bool,
}

/// What a module declares of a model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// Whether it declares the model itself, and does not only extend it.
    pub(crate) is_origin: bool,
    /// The other models whose fields and methods it has.
    pub(crate) parents: BTreeSet<String>,
    /// The models whose fields it has.
    pub(crate) delegates: BTreeSet<String>,
    /// If several classes declare a field, the last.
    pub(crate) fields: BTreeMap<String, Field>,
    /// If several classes of the module declare a field, its type is not known.
    pub(crate) fields_of_several: BTreeSet<String>,
    pub(crate) methods: BTreeSet<String>,
    /// The methods that several classes of the module declare.
    pub(crate) methods_of_several: BTreeSet<String>,
    /// The names that are called with `super()`.
    pub(crate) supers: BTreeSet<String>,
    pub(crate) names: BTreeSet<String>,
    /// Whether it may have more.
    pub(crate) is_open: bool,
}

impl Model {
    /// Whether it has a field, a method or something else of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name) || self.methods.contains(name) || self.names.contains(name)
    }

    /// Whether it is a method of a class outside of the module, which one class of the module extends.
    pub(crate) fn extends_method(&self, name: &str) -> bool {
        self.supers.contains(name) && !self.methods_of_several.contains(name)
    }

    fn add(&mut self, class: &Class, model: &str) {
        self.is_origin |= class.is_origin();
        self.is_open |= class.is_open;
        self.parents.extend(class.inherit.iter().filter(|parent| *parent != model).cloned());
        self.delegates.extend(class.inherits.iter().cloned());
        for field in &class.fields {
            if self.fields.insert(field.name.clone(), field.clone()).is_some() {
                self.fields_of_several.insert(field.name.clone());
            }
        }
        for method in class.methods.iter().collect::<BTreeSet<_>>() {
            if !self.methods.insert(method.clone()) {
                self.methods_of_several.insert(method.clone());
            }
        }
        self.names.extend(class.names.iter().cloned());
    }
}

impl ModuleFacts {
    /// Of the module `name` with these files.
    pub(crate) fn of(name: &str, files: BTreeMap<String, Source>) -> Self {
        Self::gather(name, files, false)
    }

    /// The same, for some files of a module: all of them count, because it is not known which of them are loaded.
    pub(crate) fn of_all(name: &str, files: BTreeMap<String, Source>) -> Self {
        Self::gather(name, files, true)
    }

    fn gather(name: &str, files: BTreeMap<String, Source>, takes_all: bool) -> Self {
        let mut facts = Self::default();
        let mut read = BTreeMap::new();
        for (path, source) in files {
            match source {
                Ok(source) => drop(read.insert(path, source)),
                Err(unread) => facts.unread.push((path, unread)),
            }
        }
        let imported = imported(name, &read);
        let data: BTreeSet<&str> = MANIFESTS
            .iter()
            .filter_map(|manifest| read.get(*manifest))
            .flat_map(|manifest| &manifest.data)
            .map(|path| path.trim_start_matches("./"))
            .collect();
        let is_loaded = |path: &str| takes_all || imported.contains(path) || data.contains(path);
        facts.unread.retain(|(path, _)| path.ends_with(".py") || is_loaded(path));
        let loaded: BTreeSet<String> = read.keys().filter(|path| is_loaded(path)).cloned().collect();
        facts.files = read.into_iter().filter(|(path, _)| loaded.contains(path)).collect();
        for file in facts.files.values() {
            for class in &file.classes {
                match class.model() {
                    Some(model) => facts.models.entry(model.to_owned()).or_default().add(class, model),
                    None => facts.is_open |= class.is_open,
                }
            }
            facts.ids.extend(file.records.iter().map(|record| whole_id(name, &record.id)));
        }
        for Use { model, path, how, .. } in facts.files.values().flat_map(|file| &file.uses) {
            if let (How::Super, [name], Some(model)) = (how, &path[..], facts.models.get_mut(model)) {
                model.supers.insert(name.clone());
            }
        }
        facts.is_open |= facts.unread.iter().any(|(path, _)| path.ends_with(".py"));
        facts
    }

    /// Whether a data file could not be read, so that ids may be missing.
    pub(crate) fn has_unread_data(&self) -> bool {
        self.unread.iter().any(|(path, _)| !path.ends_with(".py") || is_manifest(path))
    }

    pub(crate) fn uses(&self) -> impl Iterator<Item = (&str, &Use)> {
        self.files.iter().flat_map(|(path, file)| file.uses.iter().map(|found| (path.as_str(), found)))
    }

    pub(crate) fn creations(&self) -> impl Iterator<Item = (&str, &Creation)> {
        self.files.iter().flat_map(|(path, file)| file.creations.iter().map(|found| (path.as_str(), found)))
    }

    pub(crate) fn references(&self) -> impl Iterator<Item = (&str, &Reference)> {
        self.files.iter().flat_map(|(path, file)| file.references.iter().map(|found| (path.as_str(), found)))
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = (&str, &Record)> {
        self.files.iter().flat_map(|(path, file)| file.records.iter().map(|found| (path.as_str(), found)))
    }
}

/// An id with its module.
fn whole_id(module: &str, id: &str) -> String {
    if id.contains('.') { id.to_owned() } else { format!("{module}.{id}") }
}

/// The Python files that the module imports, beginning with its `__init__.py`.
fn imported(module: &str, files: &BTreeMap<String, FileFacts>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = vec!["__init__.py".to_owned()];
    while let Some(path) = open.pop() {
        let Some(file) = files.get(&path).filter(|_| !seen.contains(&path)) else { continue };
        let mut package: Vec<&str> = path.split('/').collect();
        package.pop();
        for import in &file.imports {
            open.extend(leads_to(module, &package, import));
        }
        seen.insert(path);
    }
    seen
}

/// The files that an import loads: packages on the way, and the file itself.
fn leads_to(module: &str, package: &[&str], Import { dots, parts }: &Import) -> Vec<String> {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let whole = match dots {
        0 => parts.strip_prefix(&[module]).map(<[&str]>::to_vec),
        dots => {
            package.len().checked_sub(*dots as usize - 1).map(|length| [&package[..length], &parts].concat())
        }
    };
    let whole = whole.unwrap_or_default();
    let up_to = |end: usize| whole[..end].join("/");
    (1..=whole.len())
        .flat_map(|end| [format!("{}.py", up_to(end)), format!("{}/__init__.py", up_to(end))])
        .collect()
}
