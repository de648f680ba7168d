//! From bytes to a lock. The version is read before the rest, so that a newer lock is named as such.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::digest::Digest;
use super::schema::{Facts, Lock, LockedModule, LockedProfile, LockedRepo, Pin, UnreadableManifest};
use super::{Error, VERSION};
use crate::repo::{
    AddonsDirectory, AutoInstall, CommitId, Invalid, Layout, Manifest, ModuleName, Packaging, Reference,
    RemoteUrl, RepoName, Rules, Series, TreeId, one_line,
};

pub(super) fn lock(bytes: &[u8], file: &Path) -> Result<Lock, Error> {
    if let Some(line) = conflict_marker(bytes) {
        return Err(Error::Conflicted { file: file.to_owned(), line });
    }
    parse(bytes, file, Dangling::Refused)
}

/// One side of a lock that git merged line by line: a profile may name what only the other side has.
pub(super) fn side(bytes: &[u8], file: &Path) -> Result<Lock, Error> {
    parse(bytes, file, Dangling::Dropped)
}

/// What is done with a name in a profile that no entry stands for.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Dangling {
    Refused,
    Dropped,
}

fn parse(bytes: &[u8], file: &Path, dangling: Dangling) -> Result<Lock, Error> {
    let wire: WireLock = serde_json::from_slice(bytes).map_err(|error| explain(bytes, file, &error))?;
    if wire.version > VERSION {
        return Err(Error::TooNew { file: file.to_owned(), found: wire.version });
    }
    if wire.version < VERSION {
        let why = format!("there is no format version {}", wire.version);
        return Err(Error::Malformed { file: file.to_owned(), why });
    }
    wire.into_lock(dangling).map_err(|why| Error::Malformed { file: file.to_owned(), why: one_line(&why) })
}

/// The line of the first of git's conflict markers.
pub(super) fn conflict_marker(bytes: &[u8]) -> Option<usize> {
    let is_marker = |line: &[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
    bytes.split(|&byte| byte == b'\n').position(is_marker).map(|place| place + 1)
}

#[derive(Deserialize)]
struct OnlyVersion {
    version: Value,
}

/// Finds out whether a lock that does not parse is newer, another tool's, cut off, or just wrong.
fn explain(bytes: &[u8], file: &Path, error: &serde_json::Error) -> Error {
    let file = file.to_owned();
    if error.is_eof() {
        return Error::Truncated { file, line: error.line() };
    }
    match serde_json::from_slice::<OnlyVersion>(bytes).map(|lock| lock.version) {
        Ok(Value::Number(found)) if found.as_u64().is_some_and(|found| found > VERSION) => {
            Error::TooNew { file, found: found.as_u64().unwrap_or(u64::MAX) }
        }
        Ok(Value::String(found)) => Error::Foreign { file, found: one_line(&found) },
        _ => Error::Malformed { file, why: one_line(&with_place(bytes, error)) },
    }
}

/// What serde says, with the line and, where the layout tells it, the repository.
fn with_place(bytes: &[u8], error: &serde_json::Error) -> String {
    let (line, column, said) = (error.line(), error.column(), error.to_string());
    let what = said.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&said);
    match repository_at(&String::from_utf8_lossy(bytes), line) {
        Some(name) => format!("{what} at line {line}, repository `{name}`"),
        None => format!("{what} at line {line}"),
    }
}

/// The repository that a line belongs to, by the layout of [`render`](super::render).
fn repository_at(text: &str, line: usize) -> Option<&str> {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let is_inside =
        lines.last()?.starts_with("    ") && !lines.iter().any(|line| line.starts_with("  \"profiles\""));
    let is_name = |line: &&str| line.starts_with("      \"name\": \"");
    let found = lines.iter().rev().find(|line| is_name(line)).filter(|_| is_inside)?;
    found.split('"').nth(3)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLock {
    version: u64,
    repos: Vec<WireRepo>,
    #[serde(deserialize_with = "each_once")]
    profiles: BTreeMap<String, WireProfile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRepo {
    name: RepoName,
    url: RemoteUrl,
    branch: Option<String>,
    tag: Option<String>,
    rev: Option<CommitId>,
    addons: Vec<AddonsDirectory>,
    commit: CommitId,
    tree: TreeId,
    #[serde(default)]
    digest: Digest,
    modules: Vec<WireModule>,
    #[serde(default)]
    unreadable: Vec<WireUnreadable>,
    requirements: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireModule {
    name: ModuleName,
    directory: Option<AddonsDirectory>,
    version: Option<String>,
    tree: TreeId,
    depends: Vec<String>,
    license: Option<String>,
    development_status: Option<String>,
    auto_install: WireAutoInstall,
    python: Vec<String>,
    bin: Vec<String>,
    deb: Vec<String>,
}

struct WireAutoInstall(AutoInstall);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireUnreadable {
    path: String,
    line: usize,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireProfile {
    odoo: Series,
    repos: Vec<String>,
    #[serde(default)]
    addons: BTreeMap<String, Vec<AddonsDirectory>>,
    export: Option<WireExport>,
    modules: Option<Vec<String>>,
    #[serde(default, deserialize_with = "each_once")]
    local_depends: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireExport {
    layout: Layout,
    languages: Option<Vec<String>>,
    tests: bool,
    readme: bool,
    description: bool,
}

impl WireExport {
    fn into_packaging(self) -> Packaging {
        let Self { layout, languages, tests, readme, description } = self;
        Packaging { layout, rules: Rules { languages, tests, readme, description } }
    }
}

impl<'de> Deserialize<'de> for WireAutoInstall {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = WireAutoInstall;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("true, false or a list of module names")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(WireAutoInstall(if value { AutoInstall::WhenDependsAre } else { AutoInstall::Never }))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, sequence: A) -> Result<Self::Value, A::Error> {
                let names = Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(sequence))?;
                Ok(WireAutoInstall(AutoInstall::When(names)))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// A map that refuses a key that stands in it twice, where serde takes the last.
fn each_once<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Visitor<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = entries.next_entry::<String, T>()? {
                if map.contains_key(&key) {
                    return Err(serde::de::Error::custom(format!("duplicate key `{key}`")));
                }
                map.insert(key, value);
            }
            Ok(map)
        }
    }

    deserializer.deserialize_map(Visitor(PhantomData))
}

impl WireLock {
    fn into_lock(self, dangling: Dangling) -> Result<Lock, String> {
        let mut repos = self.repos.into_iter().map(WireRepo::into_repo).collect::<Result<Vec<_>, _>>()?;
        repos.sort_by(|a, b| a.pin.cmp(&b.pin));
        if let Some(pair) = repos.windows(2).find(|pair| pair[0].pin == pair[1].pin) {
            return Err(format!("repository `{}` stands in it twice", pair[0].pin.name));
        }
        let mut lock = Lock { repos, profiles: BTreeMap::new() };
        let pins: HashMap<String, &Pin> =
            lock.repos.iter().map(|repo| (lock.key(&repo.pin), &repo.pin)).collect();
        let mut profiles = BTreeMap::new();
        for (name, profile) in self.profiles {
            let find = |key: &String| match pins.get(key) {
                Some(&pin) => Some(Ok(pin.clone())),
                None if dangling == Dangling::Dropped => None,
                None => {
                    Some(Err(format!("profile `{name}` names `{key}`, which is not among its repositories")))
                }
            };
            let repos = profile.repos.iter().filter_map(find).collect::<Result<Vec<_>, _>>()?;
            let addons = profile.addons.iter().filter_map(|(key, addons)| Some((find(key)?, addons)));
            let addons = addons
                .map(|(pin, addons)| Ok((pin?, addons.clone())))
                .collect::<Result<BTreeMap<_, _>, String>>()?;
            let WireProfile { odoo, export, mut modules, mut local_depends, .. } = profile;
            let packaging = export.map(WireExport::into_packaging).unwrap_or_default();
            for names in modules.iter_mut().chain(local_depends.values_mut()) {
                names.sort();
                names.dedup();
            }
            profiles.insert(name, LockedProfile { odoo, repos, addons, packaging, modules, local_depends });
        }
        lock.profiles = profiles;
        Ok(lock)
    }
}

impl WireRepo {
    fn into_repo(self) -> Result<LockedRepo, String> {
        let reference = self.reference()?;
        if self.url != self.url.without_secret() {
            return Err(format!("repository `{}`: its url holds a user or password", self.name));
        }
        let unreadable = self.unreadable.into_iter();
        let facts = Facts {
            modules: self.modules.into_iter().map(WireModule::into_module).collect(),
            unreadable: unreadable.map(WireUnreadable::into_unreadable).collect::<Result<_, _>>()?,
            requirements: self.requirements,
        };
        Ok(LockedRepo {
            pin: Pin { name: self.name, reference, url: self.url },
            addons: self.addons,
            commit: self.commit,
            tree: self.tree,
            facts,
            digest: self.digest,
        })
    }

    fn reference(&self) -> Result<Reference, String> {
        let checked = match (&self.branch, &self.tag, self.rev) {
            (Some(branch), None, None) => Reference::branch(branch),
            (None, Some(tag), None) => Reference::tag(tag),
            (None, None, Some(commit)) => Ok(Reference::Rev(commit)),
            _ => return Err(format!("repository `{}` needs one of `branch`, `tag` and `rev`", self.name)),
        };
        checked.map_err(|invalid: Invalid| format!("repository `{}`: {invalid}", self.name))
    }
}

impl WireUnreadable {
    /// Its path is only shown, but what is shown has to be a path below the repository.
    fn into_unreadable(self) -> Result<UnreadableManifest, String> {
        let Self { path, line, why } = self;
        // Shown, and never opened: it may be of what cannot be.
        if path.is_empty() || path.contains(char::is_control) {
            return Err(format!("`{path}` is not the path of a manifest"));
        }
        Ok(UnreadableManifest { path, line, why })
    }
}

impl WireModule {
    fn into_module(self) -> LockedModule {
        LockedModule {
            name: self.name,
            directory: self.directory.unwrap_or_else(AddonsDirectory::root),
            tree: self.tree,
            manifest: Manifest {
                version: self.version,
                depends: self.depends,
                license: self.license,
                development_status: self.development_status,
                auto_install: self.auto_install.0,
                python: self.python,
                bin: self.bin,
                deb: self.deb,
            },
        }
    }
}
