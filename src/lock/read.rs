//! Parses a lock. If parsing fails, the version is read alone, so that the error can say that the lock is newer.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::dispute::{Side, Twice, differences};
use super::render::short_key;
use super::repeated::of_side;
use super::schema::{Digest, Lock, LockedProfile, LockedRepo, Pin};
use super::wire::{WireExport, WireLock, WireProfile, WireRepo};
use super::{Error, VERSION};
use crate::repo::{TreeId, one_line};

/// A parsed lock, with problems that the caller must handle.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) lock: Lock,
    /// A repository that a profile names but that has no entry. It is not in `lock`.
    pub(super) dangling: Option<Dangling>,
    /// What two sides of a merge wrote for one pin. `lock` has the entry of one of them.
    twice: Option<Twice>,
}

/// The key of a repository in a profile.
#[derive(Clone, Debug)]
pub(super) struct Dangling {
    pub(super) profile: String,
    pub(super) key: String,
}

pub(super) fn lock(bytes: &[u8], file: &Path) -> Result<Read, Error> {
    if let Some(line) = conflict_marker(bytes) {
        return Err(Error::Conflicted { file: file.to_owned(), line });
    }
    let read = read(bytes, file, Side::Ours)?;
    match &read.twice {
        None => Ok(read),
        Some(twice) => Err(Error::Twice { file: file.to_owned(), twice: Box::new(twice.clone()) }),
    }
}

/// Reads one side of a lock that git merged line by line. If a pin has two entries, or an entry has a field twice, the
/// first is ours and the last is theirs. A profile may name a repository that only the other side has.
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
pub(crate) fn conflict_marker(bytes: &[u8]) -> Option<usize> {
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

/// A place in the text. It only moves forward, so that finding the lines of all entries takes linear time.
struct Place {
    /// In bytes.
    offset: usize,
    line: usize,
}

impl Place {
    /// Moves to a part of the text, and returns the line on which it starts.
    fn advance(&mut self, part: &str, text: &[u8]) -> usize {
        let offset = part.as_ptr().addr().saturating_sub(text.as_ptr().addr()).clamp(self.offset, text.len());
        self.line += text[self.offset..offset].split(|&byte| byte == b'\n').count() - 1;
        self.offset = offset;
        self.line
    }
}

impl WireLock<'_> {
    fn into_lock(self, bytes: &[u8], side: Side) -> Result<Read, String> {
        let mut place = Place { offset: 0, line: 1 };
        let entries = self.repos.into_iter().map(|raw| entry(raw, place.advance(raw.get(), bytes)));
        let entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
        let mut raw_profiles: Vec<(String, &RawValue)> = self.profiles.into_iter().collect();
        raw_profiles.sort_by_key(|(_, raw)| raw.get().as_ptr());
        let mut place = Place { offset: 0, line: 1 };
        let wire = raw_profiles.into_iter().map(|(name, raw)| {
            let (wire, fault) = profile(raw, &mut place, bytes, side)?;
            Ok((name, wire, fault))
        });
        let wire: Vec<(String, WireProfile, Option<String>)> = wire.collect::<Result<_, String>>()?;
        let keys: BTreeSet<&String> = wire.iter().flat_map(|(_, profile, _)| &profile.repos).collect();
        let (repos, twice) = each_pin_once(entries, &keys, side);
        let mut lock = Lock { repos, profiles: BTreeMap::new() };
        let pins: HashMap<String, &Pin> =
            lock.repos.iter().map(|repo| (lock.key(&repo.pin), &repo.pin)).collect();
        let mut profiles = BTreeMap::new();
        let mut dangling = None;
        for (name, profile, fault) in wire {
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
            let WireProfile { odoo, digest, export, mut modules, mut local_depends, .. } = profile;
            let written = digest.map_or(Digest::Absent, Digest::Written);
            let digest = fault.map_or(written, |why| Digest::Unreadable(one_line(&why)));
            let packaging = export.map(WireExport::into_packaging).unwrap_or_default();
            for names in modules.iter_mut().chain(local_depends.values_mut()) {
                names.sort();
                names.dedup();
            }
            profiles.insert(
                name,
                LockedProfile { odoo, repos, addons, packaging, modules, local_depends, digest },
            );
        }
        lock.profiles = profiles;
        Ok(Read { lock, dangling, twice })
    }
}

/// An entry of the file.
enum Entry {
    One(Box<LockedRepo>),
    /// Fields of its pin or its commits are repeated: what ours has, and what theirs has.
    Both {
        ours: Box<LockedRepo>,
        theirs: Box<LockedRepo>,
        why: String,
    },
}

/// Reads an entry that begins at this line. If it cannot be read as a whole, only its pin and its commits are used.
fn entry(raw: &RawValue, line: usize) -> Result<Entry, String> {
    let whole: Result<WireRepo, _> = serde_json::from_str(raw.get());
    let why = match whole.map_err(|error| with_line(&error, line)).and_then(WireRepo::into_repo) {
        Ok(repo) => return Ok(Entry::One(Box::new(repo))),
        Err(why) => one_line(&why),
    };
    let [ours, theirs] = [Side::Ours, Side::Theirs].map(|side| (side, of_side(raw.get(), side)));
    let is_repeated = ours.1 != theirs.1;
    let read = |(side, entry): (Side, Value)| {
        let name = entry["name"].as_str().map_or_else(String::new, |name| format!("repository `{name}`: "));
        let is_pin_only = entry.as_object().is_some_and(|fields| fields.keys().all(|key| is_of_pin(key)));
        let repo = pinned(entry, side).ok_or_else(|| format!("{name}{why}"))?;
        let digest =
            if is_pin_only && !is_repeated { Digest::PinOnly } else { Digest::Unreadable(why.clone()) };
        Ok::<_, String>(LockedRepo { digest, ..repo })
    };
    let (ours, theirs) = (read(ours)?, read(theirs)?);
    let is_one = ours.pin == theirs.pin && differences(&ours, &theirs).is_empty();
    Ok(if is_one {
        Entry::One(Box::new(ours))
    } else {
        Entry::Both { ours: Box::new(ours), theirs: Box::new(theirs), why }
    })
}

/// Reads a profile. If fields are repeated, those of the side are used, and the text says which.
fn profile(
    raw: &RawValue,
    place: &mut Place,
    text: &[u8],
    side: Side,
) -> Result<(WireProfile, Option<String>), String> {
    let error = match serde_json::from_str(raw.get()) {
        Ok(profile) => return Ok((profile, None)),
        Err(error) => error,
    };
    let why = with_line(&error, place.advance(raw.get(), text));
    match serde_json::from_value(of_side(raw.get(), side)) {
        Ok(profile) => Ok((profile, Some(why))),
        Err(_) => Err(why),
    }
}

/// Whether a field of an entry belongs to its pin, or is a commit.
fn is_of_pin(field: &str) -> bool {
    ["name", "kind", "url", "branch", "tag", "rev", "commit", "merges"].contains(&field)
}

/// The pin and the commits of an entry. Everything else in it is ignored. If its merges cannot be read, they are, too. If
/// a merge is there twice, that of the side counts.
fn pinned(entry: Value, side: Side) -> Option<LockedRepo> {
    const STEPS: [&str; 3] = ["merges", "patches", "tree"];
    let Value::Object(mut fields) = entry else { return None };
    fields.retain(|name, _| is_of_pin(name) || STEPS.contains(&name.as_str()));
    if let Some(Value::Array(merges)) = fields.get_mut("merges") {
        keep_each_once(merges, side);
    }
    for name in ["addons", "modules", "requirements"] {
        fields.insert(name.to_owned(), Value::Array(Vec::new()));
    }
    let no_tree = || Value::from(TreeId::from_bytes([0; 20]).to_string());
    fields.entry("tree").or_insert_with(no_tree);
    let read = |fields: &serde_json::Map<String, Value>| {
        serde_json::from_value::<WireRepo>(fields.clone().into()).ok()?.into_repo().ok()
    };
    read(&fields).or_else(|| {
        fields.retain(|name, _| !STEPS.contains(&name.as_str()) && name != "kind");
        fields.insert("tree".to_owned(), no_tree());
        read(&fields)
    })
}

/// Keeps the first of the merges with one source, or the last.
fn keep_each_once(merges: &mut Vec<Value>, side: Side) {
    let mut known = HashSet::new();
    let mut keep = |merge: &Value| known.insert(merge["merge"].to_string());
    if side == Side::Theirs {
        merges.reverse();
    }
    merges.retain(&mut keep);
    if side == Side::Theirs {
        merges.reverse();
    }
}

/// Sorts the entries by their pins. If git merged the entries of both sides, those of the side are kept, and marked to be
/// read again. `keys` are those of the profiles.
fn each_pin_once(
    entries: Vec<Entry>,
    keys: &BTreeSet<&String>,
    side: Side,
) -> (Vec<LockedRepo>, Option<Twice>) {
    let mut twice = None;
    let mut choose = |ours: LockedRepo, theirs: LockedRepo, why: Option<String>| {
        if ours.pin != theirs.pin || !differences(&ours, &theirs).is_empty() {
            twice.get_or_insert_with(|| Twice::of(&ours, &theirs, why.clone()));
        }
        let chosen = if side == Side::Ours { ours } else { theirs };
        let why = why.unwrap_or_else(|| "the lock has two entries for it".to_owned());
        LockedRepo { digest: Digest::Unreadable(why), ..chosen }
    };
    let mut placed: Vec<(usize, LockedRepo)> = Vec::with_capacity(entries.len());
    for (place, entry) in entries.into_iter().enumerate() {
        let repo = match entry {
            Entry::One(repo) => *repo,
            Entry::Both { ours, theirs, why } => choose(*ours, *theirs, Some(why)),
        };
        placed.push((place, repo));
    }
    placed.sort_by(|(_, a), (_, b)| a.pin.cmp(&b.pin));
    let mut repos: Vec<(usize, LockedRepo)> = Vec::with_capacity(placed.len());
    for (place, repo) in placed {
        let is_same = |(_, last): &mut (usize, LockedRepo)| {
            // If a lock has two entries of one base, no profile uses the short key.
            let is_of_one_entry = || keys.contains(&short_key(&repo.pin));
            last.pin == repo.pin || last.pin.has_base_of(&repo.pin) && is_of_one_entry()
        };
        let Some((other, last)) = repos.pop_if(is_same) else {
            repos.push((place, repo));
            continue;
        };
        let (ours, theirs) = if other < place { (last, repo) } else { (repo, last) };
        repos.push((place.min(other), choose(ours, theirs, None)));
    }
    let mut repos: Vec<LockedRepo> = repos.into_iter().map(|(_, repo)| repo).collect();
    // The one that is kept may be the later one.
    repos.sort_by(|a, b| a.pin.cmp(&b.pin));
    (repos, twice)
}
