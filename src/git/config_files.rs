//! The configuration files of the system and of the user, found by git's rules, with the files that they include.

use std::env;
use std::path::{Path, PathBuf};

use git2::{Config, ConfigEntry, ConfigLevel};

use super::path_value::path_value;
use super::{Error, config_text, includes};
use crate::fs::{read_text, refuse_no_file};

/// As in git, a file that includes itself is an error.
const MOST_INCLUDES: usize = 10;

/// Takes one value.
type Visit<'v> = dyn FnMut(&ConfigEntry<'_>) -> Result<(), Error> + 'v;

/// Visits all values of these files in the order in which git reads them, with or without the file of the system.
pub(super) fn each(with_system: bool, visit: &mut Visit<'_>) -> Result<(), Error> {
    if with_system {
        let file = variable_path("GIT_CONFIG_SYSTEM").or_else(|| Config::find_system().ok());
        read(file, ConfigLevel::System, MOST_INCLUDES, visit)?;
    }
    if let Some(file) = variable_path("GIT_CONFIG_GLOBAL") {
        return read(Some(file), ConfigLevel::Global, MOST_INCLUDES, visit);
    }
    read(Config::find_xdg().ok(), ConfigLevel::XDG, MOST_INCLUDES, visit)?;
    read(Config::find_global().ok(), ConfigLevel::Global, MOST_INCLUDES, visit)
}

fn variable_path(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from)
}

/// Visits the values of one file, and of those that it includes. libgit2 follows `include.path` itself.
fn read(file: Option<PathBuf>, level: ConfigLevel, depth: usize, visit: &mut Visit<'_>) -> Result<(), Error> {
    // Users set this to say "no file".
    let none = Path::new("/dev/null");
    let Some(file) = file.filter(|file| file != none && file.exists()) else { return Ok(()) };
    refuse_no_file(&file)?;
    let mut config = Config::new()?;
    config.add_file(&file, level, false).map_err(|error| match error.message() {
        "maximum config include depth reached" => Error::TooManyIncludes { file: file.clone() },
        _ => error.into(),
    })?;
    let mut files = vec![file];
    let mut found = config.entries(None)?;
    while let Some(entry) = found.next() {
        let entry = entry?;
        if let (Ok(name), true) = (entry.name(), entry.has_value())
            && let Ok(value) = entry.value()
        {
            if name == "include.path" {
                files.extend(beside(&files, name, value));
            } else if includes::holds(name)
                && let Some(included) = beside(&files, name, value).filter(|file| file.exists())
            {
                if depth == 0 {
                    return Err(Error::TooManyIncludes { file: included });
                }
                read(Some(included), level, depth - 1, visit)?;
            }
        }
        visit(entry)?;
    }
    Ok(())
}

/// The file that an entry means: a relative path begins at the directory of the file with this entry. That is one of
/// `files`: libgit2 gives the values of an included file without its name.
fn beside(files: &[PathBuf], name: &str, value: &str) -> Option<PathBuf> {
    let path = path_value(value).ok()?;
    if path.is_absolute() {
        return Some(path);
    }
    let file = files.iter().rev().find(|file| has(file, name, value)).or(files.first());
    Some(file?.parent()?.join(path))
}

/// Whether the text of a file has this entry.
fn has(file: &Path, name: &str, value: &str) -> bool {
    let sections = read_text(file).ok().and_then(|text| config_text::sections(&text).ok());
    sections.into_iter().flatten().any(|section| {
        let subsection = section.subsection.iter().map(|subsection| format!(".{subsection}"));
        let whole = format!("{}{}", section.name, subsection.collect::<String>());
        let is_it =
            |key: &str| name.strip_prefix(&whole).is_some_and(|rest| rest.strip_prefix('.') == Some(key));
        section.variables.iter().any(|variable| is_it(&variable.key) && variable.value == value)
    })
}
