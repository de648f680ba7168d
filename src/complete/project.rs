//! The project that the typed words mean: its configuration, its lock, and the catalogue of `oca find`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::Parser;

use crate::catalogue::Catalogue;
use crate::config::{self, Config};
use crate::flags::Global;
use crate::lock::{self, Lock};
use crate::output::Printer;
use crate::session::{Session, running_version};

/// The global options of the typed words. Completers get only the word that they complete.
static GLOBAL: OnceLock<Global> = OnceLock::new();

/// The options that choose a project, with what each may be called.
const OPTIONS: [(&str, &str); 4] = [("-C", "-C"), ("--config", ""), ("--profile", "-p"), ("--cache-dir", "")];

#[derive(clap::Parser)]
#[command(name = "oca")]
struct Line {
    #[command(flatten)]
    global: Global,
}

/// Remembers the global options of the words before the cursor, and goes to the directory of `-C`. Returns the directory
/// that relative paths mean.
pub(super) fn remember(words: &[OsString]) -> Option<PathBuf> {
    let line = Line::try_parse_from(global_options(words)).ok();
    let global = line.map(|line| line.global)?;
    if let Some(directory) = &global.directory {
        std::env::set_current_dir(directory).ok()?;
    }
    let _first = GLOBAL.set(global);
    std::env::current_dir().ok()
}

/// The program and the options that choose a project, out of words that may be wrong or incomplete.
fn global_options(words: &[OsString]) -> Vec<OsString> {
    let mut kept = vec![OsString::from("oca")];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(text) = word.to_str() else { continue };
        for (option, short) in OPTIONS {
            let joined = text.strip_prefix(option).and_then(|rest| rest.strip_prefix('='));
            let joined = joined
                .or_else(|| text.strip_prefix(short).filter(|rest| !short.is_empty() && !rest.is_empty()));
            if let Some(value) = joined {
                kept.extend([option.into(), at_home(OsStr::new(value))]);
            } else if text == option || (text == short && !short.is_empty()) {
                kept.extend(words.next().into_iter().flat_map(|value| [option.into(), at_home(value)]));
            }
        }
    }
    kept
}

/// The shell expands `~` only when it runs the line.
fn at_home(value: &OsStr) -> OsString {
    let below = Path::new(value).strip_prefix("~").ok();
    below.and_then(|below| Some(std::env::home_dir()?.join(below).into())).unwrap_or_else(|| value.to_owned())
}

/// The configuration of the project. `None` if there is none, or if it is not valid.
pub(super) fn configuration() -> Option<Config> {
    Config::load(&file()?, &running_version()).ok()
}

/// The lock of the project, even if it is out of date or was edited.
pub(super) fn locked() -> Option<Lock> {
    Lock::load_as_it_stands(&file()?.with_file_name(lock::FILE_NAME)).ok()?
}

/// The modules of OCA that `oca find` knows, for the series of the profile.
pub(super) fn catalogue() -> Option<Catalogue> {
    let global = GLOBAL.get()?;
    let printer = Printer::new(global, None);
    let session = Session::with_config(configuration()?, global, &printer).ok()?;
    let profile = session.profile().ok().or_else(|| session.config.profiles.first())?;
    session.catalogue(profile.odoo).ok()
}

fn file() -> Option<PathBuf> {
    match &GLOBAL.get()?.config {
        Some(file) => Some(file.clone()),
        None => config::find(Path::new(".")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_options_that_choose_a_project_are_taken() {
        for (line, kept) in [
            ("list -C dir --all", "oca -C dir"),
            ("-Cdir list", "oca -C dir"),
            ("--config=a/repos.toml list -pci", "oca --config a/repos.toml --profile ci"),
            ("list --profile", "oca"),
            ("list --configure x --cache-dir y", "oca --cache-dir y"),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let kept: Vec<OsString> = kept.split(' ').map(OsString::from).collect();
            assert_eq!(global_options(&words), kept, "{line}");
        }
    }
}
