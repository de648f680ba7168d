//! Parses a lock. If parsing fails, the version is read alone, so that the error can say that the lock is newer.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::marker::PhantomData;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::schema::{Digest, Facts, Lock, LockedModule, LockedProfile, LockedRepo, Pin, UnreadableManifest};
use super::{Error, VERSION};
use crate::repo::{
    AddonsDirectory, AutoInstall, CommitId, Invalid, Layout, Manifest, ModuleName, Packaging, Reference,
    RemoteUrl, RepoName, Rules, Series, TreeId, one_line,
};

/// One of two branches that are merged, named as in git.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Ours,
    Theirs,
}

/// A parsed lock, with problems that the caller must handle.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) lock: Lock,
    /// A repository that a profile names but that has no entry. It is not in `lock`.
    pub(super) dangling: Option<Dangling>,
    /// A pin that has two entries with different commits. `lock` has one of them.
    twice: Option<Twice>,
}

/// The key of a repository in a profile.
#[derive(Clone, Debug)]
pub(super) struct Dangling {
    pub(super) profile: String,
    pub(super) key: String,
}

#[derive(Clone, Debug)]
struct Twice {
    name: RepoName,
    commits: [CommitId; 2],
}

pub(super) fn lock(bytes: &[u8], file: &Path) -> Result<Read, Error> {
    if let Some(line) = conflict_marker(bytes) {
        return Err(Error::Conflicted { file: file.to_owned(), line });
    }
    let read = read(bytes, file, Side::Ours)?;
    match &read.twice {
        None => Ok(read),
        Some(Twice { name, commits }) => {
            Err(Error::Twice { file: file.to_owned(), name: name.clone(), commits: *commits })
        }
    }
}

/// Reads one side of a lock that git merged line by line. If a pin has two entries, the first is ours and the last is
/// theirs. A profile may name a repository that only the other side has.
pub(super) fn side(bytes: &[u8], file: &Path, side: Side) -> Result<Lock, Error> {
    Ok(read(bytes, file, side)?.lock)
}

fn read(bytes: &[u8], file: &Path, side: Side) -> Result<Read, Error> {
    let wire: WireLock<'_> = serde_json::from_slice(bytes).map_err(|error| explain(bytes, file, &error))?;
    if wire.version > VERSION {
        return Err(Error::TooNew { file: file.to_owned(), found: wire.version });
    }
    if wire.version < VERSION {
        let why = format!("there is no format version {}", wire.version);
        return Err(Error::Malformed { file: file.to_owned(), why });
    }
    wire.into_lock(bytes, side).map_err(|why| Error::Malformed { file: file.to_owned(), why: one_line(&why) })
}

/// The line of git's first conflict marker.
pub(super) fn conflict_marker(bytes: &[u8]) -> Option<usize> {
    let is_marker = |line: &[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
    bytes.split(|&byte| byte == b'\n').position(is_marker).map(|place| place + 1)
}

#[derive(Deserialize)]
struct OnlyVersion {
    version: Value,
}

/// The error for a lock that does not parse: it is newer, of another tool, cut off, or malformed.
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
        _ => Error::Malformed { file, why: one_line(&with_line(error, 1)) },
    }
}

/// The message of serde with the line in the file. The parsed text begins at line `begin`.
fn with_line(error: &serde_json::Error, begin: usize) -> String {
    let (line, column, said) = (error.line(), error.column(), error.to_string());
    let what = said.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&said);
    format!("{what} at line {}", (line + begin).saturating_sub(1))
}

/// The line at which a part of a text begins.
fn line_of(part: &str, bytes: &[u8]) -> usize {
    let offset = part.as_ptr().addr().saturating_sub(bytes.as_ptr().addr());
    1 + bytes.iter().take(offset).filter(|&&byte| byte == b'\n').count()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLock<'a> {
    version: u64,
    /// Parsed one by one: if one entry is wrong, the others can still be read.
    #[serde(borrow)]
    repos: Vec<&'a RawValue>,
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
    digest: Option<String>,
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

/// Reads a map and refuses duplicate keys. serde alone would use the last.
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

impl WireLock<'_> {
    fn into_lock(self, bytes: &[u8], side: Side) -> Result<Read, String> {
        let repos = self.repos.into_iter().map(|raw| entry(raw, line_of(raw.get(), bytes)));
        let (repos, twice) = each_pin_once(repos.collect::<Result<_, _>>()?, side);
        let mut lock = Lock { repos, profiles: BTreeMap::new() };
        let pins: HashMap<String, &Pin> =
            lock.repos.iter().map(|repo| (lock.key(&repo.pin), &repo.pin)).collect();
        let mut profiles = BTreeMap::new();
        let mut dangling = None;
        for (name, profile) in self.profiles {
            let mut find = |key: &String| {
                let pin = pins.get(key).map(|&pin| pin.clone());
                if pin.is_none() {
                    dangling.get_or_insert_with(|| Dangling { profile: name.clone(), key: key.clone() });
                }
                pin
            };
            let repos = profile.repos.iter().filter_map(&mut find).collect();
            let addons = profile.addons.iter().filter_map(|(key, addons)| Some((find(key)?, addons.clone())));
            let addons = addons.collect();
            let WireProfile { odoo, export, mut modules, mut local_depends, .. } = profile;
            let packaging = export.map(WireExport::into_packaging).unwrap_or_default();
            for names in modules.iter_mut().chain(local_depends.values_mut()) {
                names.sort();
                names.dedup();
            }
            profiles.insert(name, LockedProfile { odoo, repos, addons, packaging, modules, local_depends });
        }
        lock.profiles = profiles;
        Ok(Read { lock, dangling, twice })
    }
}

/// Reads an entry that begins at this line. If it cannot be read as a whole, only its pin and its commit are used.
fn entry(raw: &RawValue, line: usize) -> Result<LockedRepo, String> {
    let whole: Result<WireRepo, _> = serde_json::from_str(raw.get());
    match whole.map_err(|error| with_line(&error, line)).and_then(WireRepo::into_repo) {
        Ok(repo) => Ok(repo),
        Err(why) => {
            // If a field occurs twice, the last counts.
            let entry: Value = serde_json::from_str(raw.get()).unwrap_or_default();
            let name =
                entry["name"].as_str().map_or_else(String::new, |name| format!("repository `{name}`: "));
            let repo = pinned(entry).ok_or_else(|| format!("{name}{why}"))?;
            Ok(LockedRepo { digest: Digest::Unreadable(one_line(&why)), ..repo })
        }
    }
}

/// The pin and the commit of an entry. Everything else in it is ignored.
fn pinned(entry: Value) -> Option<LockedRepo> {
    const PINNED: [&str; 6] = ["name", "url", "branch", "tag", "rev", "commit"];
    let Value::Object(mut fields) = entry else { return None };
    fields.retain(|name, _| PINNED.contains(&name.as_str()));
    fields.insert("tree".to_owned(), TreeId::from_bytes([0; 20]).to_string().into());
    for name in ["addons", "modules", "requirements"] {
        fields.insert(name.to_owned(), Value::Array(Vec::new()));
    }
    serde_json::from_value::<WireRepo>(fields.into()).ok()?.into_repo().ok()
}

/// Sorts the entries by their pins. If a pin has several, that of the side is kept, and marked to be read again.
fn each_pin_once(mut repos: Vec<LockedRepo>, side: Side) -> (Vec<LockedRepo>, Option<Twice>) {
    repos.sort_by(|a, b| a.pin.cmp(&b.pin));
    let mut kept: Vec<LockedRepo> = Vec::with_capacity(repos.len());
    let mut twice = None;
    for repo in repos {
        let Some(last) = kept.last_mut().filter(|last| last.pin == repo.pin) else {
            kept.push(repo);
            continue;
        };
        if last.commit != repo.commit {
            let commits = [last.commit, repo.commit];
            twice.get_or_insert_with(|| Twice { name: repo.pin.name.clone(), commits });
        }
        let chosen = if side == Side::Ours { last.clone() } else { repo };
        *last =
            LockedRepo { digest: Digest::Unreadable("the lock has two entries for it".to_owned()), ..chosen };
    }
    (kept, twice)
}

impl WireRepo {
    fn into_repo(self) -> Result<LockedRepo, String> {
        let reference = self.reference()?;
        if self.url != self.url.without_secret() {
            return Err("its url contains a user or a password".to_owned());
        }
        let modules: Vec<LockedModule> = self.modules.into_iter().map(WireModule::into_module).collect();
        let mut seen = HashSet::new();
        for module in &modules {
            let path = module.path();
            if !self.addons.contains(&module.directory) {
                return Err(format!("module `{path}` is in none of its `addons`"));
            }
            if !seen.insert(path.clone()) {
                return Err(format!("it has two modules `{path}`"));
            }
        }
        let unreadable = self.unreadable.into_iter();
        let facts = Facts {
            modules,
            unreadable: unreadable.map(WireUnreadable::into_unreadable).collect::<Result<_, _>>()?,
            requirements: self.requirements,
        };
        Ok(LockedRepo {
            pin: Pin { name: self.name, reference, url: self.url },
            addons: self.addons,
            commit: self.commit,
            tree: self.tree,
            facts,
            digest: self.digest.map_or(Digest::Absent, Digest::Written),
        })
    }

    fn reference(&self) -> Result<Reference, String> {
        let checked = match (&self.branch, &self.tag, self.rev) {
            (Some(branch), None, None) => Reference::branch(branch),
            (None, Some(tag), None) => Reference::tag(tag),
            (None, None, Some(commit)) => Ok(Reference::Rev(commit)),
            _ => return Err("it must have exactly one of `branch`, `tag` and `rev`".to_owned()),
        };
        checked.map_err(|invalid: Invalid| invalid.to_string())
    }
}

impl WireUnreadable {
    /// Accepts any path that can be shown. It is never opened, so it may be one that cannot be checked out.
    fn into_unreadable(self) -> Result<UnreadableManifest, String> {
        let Self { path, line, why } = self;
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
