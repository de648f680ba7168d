//! Finds the format of a file: by its name if the tool requires that name, otherwise by its content.

use std::path::{Path, PathBuf};

use super::node::Value;
use super::{Error, Text, json, old_lock, yaml};

/// A format, and the file or directory to read first.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Format {
    /// git-aggregator, with or without doodba's `addons.yaml`.
    Aggregator(PathBuf),
    Ak(PathBuf),
    Camptocamp(PathBuf),
    GitModules(PathBuf),
    MrChef(PathBuf),
    OcaDependencies(PathBuf),
    OldLock(PathBuf),
    Vcs2l(PathBuf),
}

impl Format {
    /// The file or directory to read first.
    pub(super) fn file(&self) -> &Path {
        match self {
            Self::Aggregator(file)
            | Self::Ak(file)
            | Self::Camptocamp(file)
            | Self::GitModules(file)
            | Self::MrChef(file)
            | Self::OcaDependencies(file)
            | Self::OldLock(file)
            | Self::Vcs2l(file) => file,
        }
    }
}

/// The file names that identify a format in a directory. If a tool has two files, either one is enough.
const NAMES: [&str; 16] = [
    "pending-merges.d",
    "pending-merges.yaml",
    "pending-merges.yml",
    ".gitmodules",
    "repos.yaml",
    "repos.yml",
    "addons.yaml",
    "addons.yml",
    "spec.yaml",
    "spec.yml",
    "mrchef.toml",
    "mrchef.lock",
    "frozen.yaml",
    "frozen.yml",
    "oca_dependencies.txt",
    "oca.lock.json",
];
/// Where the file is, if it is not in the directory itself: in projects of doodba, and of camptocamp.
const BELOW: [&str; 2] = ["odoo/custom/src", "odoo"];

pub(super) fn recognise(path: &Path) -> Result<Format, Error> {
    if !path.exists() {
        return Err(Error::Missing { path: path.to_owned() });
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if path.is_dir() {
        return if name == "pending-merges.d" {
            Ok(Format::Camptocamp(path.to_owned()))
        } else {
            inside(path)?.ok_or_else(|| Error::Unknown { path: path.to_owned() })
        };
    }
    Ok(match name {
        ".gitmodules" => Format::GitModules(path.to_owned()),
        "mrchef.toml" | "mrchef.lock" => Format::MrChef(path.with_file_name("mrchef.toml")),
        "spec.yaml" | "spec.yml" => Format::Ak(path.to_owned()),
        "frozen.yaml" | "frozen.yml" => frozen(path),
        "pending-merges.yaml" | "pending-merges.yml" => Format::Camptocamp(path.to_owned()),
        "oca_dependencies.txt" => Format::OcaDependencies(path.to_owned()),
        "addons.yaml" | "addons.yml" => Format::Aggregator(path.to_owned()),
        _ if name.ends_with(".repos") => Format::Vcs2l(path.to_owned()),
        _ => by_content(path)?,
    })
}

/// The declaration beside a frozen file. Without one, the older form of the frozen file is a declaration itself.
fn frozen(path: &Path) -> Format {
    let specs = ["spec.yaml", "spec.yml"].map(|name| path.with_file_name(name));
    match specs.iter().find(|spec| spec.exists()) {
        Some(spec) => Format::Ak(spec.clone()),
        None => Format::Aggregator(path.to_owned()),
    }
}

/// The format of a directory, or of the directories below where some tools have their files. It is an error if one
/// directory has several.
fn inside(directory: &Path) -> Result<Option<Format>, Error> {
    let found = alone_in(directory)?;
    let below = || BELOW.iter().map(|below| directory.join(below)).filter(|below| below.is_dir());
    match found {
        Some(Format::GitModules(_)) => {
            // The other submodules are read together with the pending merges.
            let pending = below().map(|below| alone_in(&below)).find_map(|found| match found {
                Ok(Some(format @ Format::Camptocamp(_))) => Some(format),
                _ => None,
            });
            Ok(pending.or(found))
        }
        Some(found) => Ok(Some(found)),
        None => below().find_map(|below| alone_in(&below).transpose()).transpose(),
    }
}

fn alone_in(directory: &Path) -> Result<Option<Format>, Error> {
    let entries = std::fs::read_dir(directory).map_err(|source| crate::fs::Error {
        action: "read",
        path: directory.to_owned(),
        source,
    })?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter(|name| NAMES.contains(&name.as_str()) || name.ends_with(".repos")).collect();
    names.sort();
    // `pending-merges.d` is read together with `.gitmodules`, so they count as one format.
    if let Some(pending) = names.iter().find(|name| name.starts_with("pending-merges.")).cloned() {
        names.retain(|name| {
            name != ".gitmodules" && (!name.starts_with("pending-merges.") || *name == pending)
        });
    }
    let mut formats: Vec<(Format, &String)> = Vec::new();
    for name in &names {
        let format = recognise(&directory.join(name))?;
        if formats.iter().all(|(known, _)| std::mem::discriminant(known) != std::mem::discriminant(&format)) {
            formats.push((format, name));
        }
    }
    match formats.len() {
        0 => Ok(None),
        1 => Ok(Some(formats.remove(0).0)),
        _ => {
            let found = formats.iter().map(|(_, name)| format!("`{name}`")).collect();
            Err(Error::Several { directory: directory.to_owned(), found })
        }
    }
}

fn by_content(path: &Path) -> Result<Format, Error> {
    let unknown = || Error::Unknown { path: path.to_owned() };
    let text = Text::load(path)?;
    let has_line = |start: &str| text.text.lines().any(|line| line.trim_start().starts_with(start));
    if text.text.trim_start().starts_with('{') {
        let document = json::document(&text, &mut Vec::new())?;
        let is_lock = old_lock::REPOS.iter().any(|key| document.has(key));
        return if is_lock { Ok(Format::OldLock(path.to_owned())) } else { Err(unknown()) };
    }
    if has_line("[submodule ") {
        return Ok(Format::GitModules(path.to_owned()));
    }
    let documents = yaml::documents(&text, &mut Vec::new())?;
    let Some(document) = documents.iter().find(|document| !document.is_null()) else {
        // Comments only, or nothing.
        return Err(Error::Empty { path: path.to_owned(), has_odoo: false });
    };
    let Value::Map(entries) = &document.value else { return Err(unknown()) };
    let says = |key: &str| entries.iter().any(|entry| entry.node.get(key).is_some());
    if entries.iter().any(|entry| entry.key == "repositories") {
        Ok(Format::Vcs2l(path.to_owned()))
    } else if says("src") {
        Ok(Format::Ak(path.to_owned()))
    } else if says("remotes") || says("merges") {
        Ok(Format::Aggregator(path.to_owned()))
    } else {
        Err(unknown())
    }
}
