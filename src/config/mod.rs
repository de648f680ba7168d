//! `repos.toml`: parses the text into profiles and fills in every default.
//!
//! Uses the vocabulary of `repo`, reads through `fs`, and has lines of requirements parsed by `requirements`. Does not know the lock or git, and reads no environment
//! variable: a text with `${VAR}` stays a template until a command needs its value.

mod base_url;
mod below;
mod checks;
mod core;
mod core_settings;
mod document;
mod edit;
mod error;
mod expand;
mod fresh;
mod lineage;
mod machine;
mod merge;
mod own_files;
mod profile;
mod push;
mod reader;
mod repo_settings;
mod repository;
mod resolve;
mod schema;
#[cfg(test)]
mod tests;
mod values;
mod versions;

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use semver::{Prerelease, Version, VersionReq};

pub(crate) use self::below::is_inside;
pub(crate) use self::core::addons as core_addons;
pub(crate) use base_url::BaseUrl;
pub(crate) use edit::{Draft, MergeList};
#[cfg(test)]
pub(crate) use error::ConfigProblem;
pub(crate) use error::{Error, near, near_or_all};
pub(crate) use expand::{Template, Unusable, expand_url};
pub(crate) use fresh::{
    Fresh, FreshCore, FreshRepo, Remarks, is_checkouts_path, refuse_addons_directory, refuse_entry,
    refuse_module, remote_url,
};
pub(crate) use machine::Machine;
pub(crate) use merge::Merge;
pub(crate) use profile::{Local, Mode, Position, Profile, Repo, Surround};
pub(crate) use push::Push;
pub(crate) use resolve::PATH;
pub(crate) use values::ModuleRequest;

use error::Fault;

use crate::fs;
use crate::repo::{CorePart, RepoName};
use document::{At, Document};
use reader::Table;

/// The name of the file that [`find`] looks for.
pub(crate) const FILE_NAME: &str = "repos.toml";

/// The content of `repos.toml`, and of `repos.local.toml` in the same directory.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The path as the user would type it.
    pub(crate) file: PathBuf,
    /// The directory that relative paths in the file refer to.
    pub(crate) directory: PathBuf,
    pub(crate) mode: Mode,
    pub(crate) base: BaseUrl,
    /// Repositories below `base` in which `oca find` also searches.
    pub(crate) find: Vec<RepoName>,
    /// `default-profile`, or the only profile.
    pub(crate) default_profile: Option<String>,
    /// In the order of the file.
    pub(crate) profiles: Vec<Profile>,
    pub(crate) machine: Machine,
}

impl Config {
    /// Reads the file, and `repos.local.toml` in the same directory. `running` is the version of this tool.
    pub(crate) fn load(file: &Path, running: &Version) -> Result<Self, Error> {
        let text = text_of(file)?.ok_or_else(|| Error::Missing { file: file.to_owned() })?;
        Self::load_as(file, &text, running)
    }

    /// Like [`Config::load`], but with this text in place of the content of the file.
    pub(crate) fn load_as(file: &Path, text: &str, running: &Version) -> Result<Self, Error> {
        let machine_file = file.with_file_name(machine::FILE_NAME);
        let machine_text = text_of(&machine_file)?.unwrap_or_default();
        Self::parse((file, text), (&machine_file, &machine_text), running)
    }

    /// Parses the two texts. The paths are used in messages and to resolve relative paths.
    pub(crate) fn parse(
        (file, text): (&Path, &str),
        (machine_file, machine_text): (&Path, &str),
        running: &Version,
    ) -> Result<Self, Error> {
        let document = Document::new(file, text);
        let table = document.parse(text)?;
        let mut top = Table::top(&document, &table);
        if let Some(At { value, line }) = schema::required_oca(&mut top)
            && !satisfies(running, &value)
        {
            let (required, running) = (value.to_string(), running.to_string());
            return Err(Error::RequiresOca { file: file.to_owned(), line, required, running });
        }
        let declared = schema::read(top);
        let default_profile = default_profile(&declared, &document);
        let lineage = lineage::Lineage::of(&declared.profiles, &document);

        let machine_document = Document::new(machine_file, machine_text);
        let machine_table = machine_document.parse(machine_text)?;
        let (machine, skipped) = machine::read(Table::top(&machine_document, &machine_table));

        // An invalid declaration is missing from `declared`. A check of the names would then report the wrong line.
        let mut profiles = Vec::new();
        if let (Some(lineage), Some(odoo), false) = (lineage, declared.settings.odoo, document.has_problems())
        {
            profiles = resolve::profiles(&declared, odoo, &lineage, &document);
            refuse_unknown_skips(&skipped, &profiles, &machine_document);
        }

        let mut problems = document.into_problems();
        problems.extend(machine_document.into_problems());
        if !problems.is_empty() {
            problems.sort_by(|one, other| one.by_place(other, file));
            return Err(Error::Refused { problems });
        }
        Ok(Self {
            file: file.to_owned(),
            directory: directory_of(file),
            mode: declared.mode.unwrap_or_default(),
            base: declared.base_url.unwrap_or_default(),
            find: declared.find,
            default_profile,
            profiles,
            machine,
        })
    }

    /// All profiles that a profile extends, directly or indirectly, in the order of their repositories. Not recursive, so a
    /// long chain cannot overflow the stack.
    pub(crate) fn extended<'c>(&'c self, profile: &'c Profile) -> Vec<&'c Profile> {
        let by_name: HashMap<&str, &Profile> =
            self.profiles.iter().map(|profile| (&*profile.name, profile)).collect();
        let mut seen = HashSet::from([&*profile.name]);
        let (mut extended, mut open) = (Vec::new(), vec![(profile, profile.extends.iter())]);
        while let Some((here, parents)) = open.last_mut() {
            let next = parents.find(|name| seen.insert(name));
            if let Some(parent) = next.and_then(|name| by_name.get(&**name)) {
                open.push((parent, parent.extends.iter()));
            } else {
                extended.push(*here);
                open.pop();
            }
        }
        // The last one is the profile itself.
        extended.pop();
        extended
    }

    /// The profile with this name, or the default profile.
    pub(crate) fn profile(&self, name: Option<&str>) -> Result<&Profile, Error> {
        let file = || self.file.clone();
        let known = || self.profiles.iter().map(|profile| profile.name.clone()).collect();
        if self.profiles.is_empty() {
            return Err(Error::NoProfiles { file: file() });
        }
        let name = name
            .or(self.default_profile.as_deref())
            .ok_or_else(|| Error::NoDefaultProfile { file: file(), known: known() })?;
        self.profiles.iter().find(|profile| profile.name == name).ok_or_else(|| Error::UnknownProfile {
            file: file(),
            name: name.to_owned(),
            known: known(),
        })
    }

    /// The entries around the checkouts in the addons path of a profile, on this machine.
    pub(crate) fn addons_path(&self, profile: &Profile) -> Surround {
        let here =
            |own: &Option<Vec<Template>>, shared: &Vec<Template>| own.as_ref().unwrap_or(shared).clone();
        Surround {
            before: here(&self.machine.before, &profile.addons_path.before),
            after: here(&self.machine.after, &profile.addons_path.after),
        }
    }

    /// How many commits of history to fetch on this machine. 0 means all. The history of Odoo itself has gigabytes, so
    /// only its own `depth` counts.
    pub(crate) fn depth(&self, repo: &Repo) -> u32 {
        self.machine.depth.filter(|_| repo.core.is_none()).unwrap_or(repo.depth)
    }

    /// The part of Odoo itself that a name means. `None` for all other repositories.
    pub(crate) fn core_part(&self, name: &RepoName) -> Option<CorePart> {
        let mut core = self.profiles.iter().flat_map(|profile| &profile.core);
        core.find(|repo| repo.name == *name)?.core.as_ref().map(|core| core.part)
    }

    /// Whether this machine needs no checkout of a repository.
    pub(crate) fn skips(&self, name: &RepoName) -> bool {
        self.machine.skip.contains(name)
    }
}

/// Looks for `repos.toml` in a directory and then in the directories above. If `start` is relative, so is the result.
pub(crate) fn find(start: &Path) -> Option<PathBuf> {
    find_file(start, FILE_NAME)
}

/// Looks for a file in the same way.
pub(crate) fn find_file(start: &Path, name: &str) -> Option<PathBuf> {
    // Only the file system knows where `..` leads.
    let has_parent = start.components().any(|part| part == Component::ParentDir);
    let start = if has_parent { &std::fs::canonicalize(start).ok()? } else { start };
    let above = if start.is_absolute() { 0 } else { std::env::current_dir().ok()?.ancestors().count() - 1 };
    upward(start, above).map(|directory| directory.join(name)).find(|file| file.is_file())
}

/// A directory and the directories above it. `above` is the number of directories above the current one, which a
/// relative path starts in.
fn upward(start: &Path, above: usize) -> impl Iterator<Item = PathBuf> {
    let start: PathBuf = start.components().filter(|part| *part != Component::CurDir).collect();
    let inside: Vec<PathBuf> = start.ancestors().map(Path::to_owned).collect();
    inside.into_iter().chain((1..=above).map(|count| std::iter::repeat_n("..", count).collect()))
}

/// The directory of a file.
pub(crate) fn directory_of(file: &Path) -> PathBuf {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// The text of a file, without the byte order mark that some editors write. `None` if the file does not exist.
fn text_of(file: &Path) -> Result<Option<String>, Error> {
    let Some(bytes) = fs::read_if_there(file)? else { return Ok(None) };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))),
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = String::from_utf8_lossy(valid).matches('\n').count() + 1;
            Err(Error::NotUtf8 { file: file.to_owned(), line })
        }
    }
}

/// A pre-release counts as its release: `>=0.2` accepts `0.2.0-rc.1`.
fn satisfies(running: &Version, requirement: &VersionReq) -> bool {
    let released = Version { pre: Prerelease::EMPTY, ..running.clone() };
    requirement.matches(running) || requirement.matches(&released)
}

fn default_profile(declared: &schema::Declared, document: &Document<'_>) -> Option<String> {
    let names = || declared.profiles.iter().map(|profile| profile.name.clone());
    let Some(At { value, line }) = &declared.default_profile else {
        return names().next().filter(|_| declared.profiles.len() == 1);
    };
    if !names().any(|name| name == *value) {
        let known = names().collect();
        let fault = Fault::UnknownProfile { key: "default-profile", name: value.clone(), known };
        document.refuse(*line, "", fault);
    }
    Some(value.clone())
}

fn refuse_unknown_skips(skipped: &[At<RepoName>], profiles: &[Profile], document: &Document<'_>) {
    let known = checks::names(profiles);
    for At { value, line } in skipped.iter().filter(|skip| !known.contains(skip.value.as_str())) {
        let name = value.to_string();
        let fault = match CorePart::of_name(value) {
            Some(part) => core::not_declared(part),
            None => Fault::UnusedRepo { name, known: checks::owned(&known) },
        };
        document.refuse(*line, "", fault);
    }
}
