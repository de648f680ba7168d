//! Finds the format of a file: by its name if the tool requires that name, otherwise by its content.

use std::path::{Path, PathBuf};

use super::node::Value;
use super::{Error, Text, json, yaml};

/// A format, and the file or directory to read first.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Format {
    /// git-aggregator, with or without doodba's `addons.yaml`.
    Aggregator(PathBuf),
    Ak(PathBuf),
    Camptocamp(PathBuf),
    GitModules(PathBuf),
    MrChef(PathBuf),
    OldLock(PathBuf),
    Vcs2l(PathBuf),
}

/// The file names that identify a format in a directory. If a tool has two files, either one is enough.
const NAMES: [&str; 12] = [
    "pending-merges.d",
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
    "oca.lock.json",
];

pub(super) fn recognise(path: &Path) -> Result<Format, Error> {
    if !path.exists() {
        return Err(Error::Missing { path: path.to_owned() });
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if path.is_dir() {
        return if name == "pending-merges.d" {
            Ok(Format::Camptocamp(path.to_owned()))
        } else {
            inside(path)
        };
    }
    Ok(match name {
        ".gitmodules" => Format::GitModules(path.to_owned()),
        "mrchef.toml" | "mrchef.lock" => Format::MrChef(path.with_file_name("mrchef.toml")),
        "spec.yaml" | "spec.yml" => Format::Ak(path.to_owned()),
        "frozen.yaml" | "frozen.yml" => Format::Ak(path.with_file_name("spec.yaml")),
        "addons.yaml" | "addons.yml" => Format::Aggregator(path.to_owned()),
        _ if name.ends_with(".repos") => Format::Vcs2l(path.to_owned()),
        _ => by_content(path)?,
    })
}

/// The format of a directory. It is an error if the directory has no format or several.
fn inside(directory: &Path) -> Result<Format, Error> {
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
    if names.iter().any(|name| name == "pending-merges.d") {
        names.retain(|name| name != ".gitmodules");
    }
    let mut formats: Vec<(Format, &String)> = Vec::new();
    for name in &names {
        let format = recognise(&directory.join(name))?;
        if formats.iter().all(|(known, _)| std::mem::discriminant(known) != std::mem::discriminant(&format)) {
            formats.push((format, name));
        }
    }
    match formats.len() {
        0 => Err(Error::Unknown { path: directory.to_owned() }),
        1 => Ok(formats.remove(0).0),
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
        let is_lock = json::document(&text)?.get("repos").is_some();
        return if is_lock { Ok(Format::OldLock(path.to_owned())) } else { Err(unknown()) };
    }
    if has_line("[submodule ") {
        return Ok(Format::GitModules(path.to_owned()));
    }
    let document = yaml::documents(&text)?.into_iter().next().ok_or_else(unknown)?;
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
