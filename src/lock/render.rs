//! The layout of the lock. It is a promise, so this code writes it by hand: two spaces, one line for each module.

use std::fmt::Write;

use serde::Serialize;

use super::VERSION;
use super::schema::{
    Digest, Lock, LockedMerge, LockedModule, LockedPatch, LockedProfile, LockedRepo, LockedStep, Pin,
    UnreadableManifest,
};
use super::wire::{ABSORBED, CORE, EMPTY};
use crate::repo::{AutoInstall, Packaging, PendingMerge, Reference, Rules, hexadecimal, is_invisible};

impl Lock {
    /// The text of the lock. The same lock gives the same bytes on every platform.
    pub(crate) fn render(&self) -> String {
        let mut text = format!("{{\n  \"version\": {VERSION},\n");
        write_list(&mut text, 2, "repos", self.repos.iter().map(|repo| entry(repo, &repo.digest)));
        text.push_str(",\n  \"profiles\": {");
        for (place, (name, profile)) in self.profiles.iter().enumerate() {
            text.push_str(if place == 0 { "\n" } else { ",\n" });
            let _ = writeln!(text, "    {}: {{", json(name));
            render_profile(&mut text, profile, profile.digest.as_written(), &|pin| self.key(pin));
            text.push_str("    }");
        }
        text.push_str(if self.profiles.is_empty() { "}\n}\n" } else { "\n  }\n}\n" });
        text
    }

    /// The key of a repository in a profile, such as `web@18.0`.
    ///
    /// If two entries would have the same key (same name and reference), the url is part of the key, and what is merged.
    /// A branch whose name looks like `tags/…` or `heads/…` is written with `heads/`.
    pub(super) fn key(&self, pin: &Pin) -> String {
        // The entries are sorted by name, reference and url.
        let asked = (&pin.name, &pin.reference);
        let first = self.repos.partition_point(|repo| (&repo.pin.name, &repo.pin.reference) < asked);
        let same = self.repos[first..].iter().map(|repo| &repo.pin);
        let mut same = same.take_while(|other| (&other.name, &other.reference) == asked);
        let shared = same.any(|other| other != pin);
        if shared { whole_key(pin) } else { short_key(pin) }
    }
}

pub(super) fn short_key(pin: &Pin) -> String {
    let reference = match &pin.reference {
        Reference::Branch(branch) if branch.starts_with("tags/") || branch.starts_with("heads/") => {
            format!("heads/{branch}")
        }
        Reference::Branch(branch) => branch.clone(),
        Reference::Tag(tag) => format!("tags/{tag}"),
        Reference::Rev(commit) => commit.to_string(),
        Reference::Full(name) => name.clone(),
    };
    format!("{}@{reference}", pin.name)
}

fn whole_key(pin: &Pin) -> String {
    let pending: String = pin.pending.words().iter().map(|word| format!(" + {word}")).collect();
    format!("{} {}{pending}", short_key(pin), pin.url.as_str())
}

/// The text of a profile for its digest, from its name to `}`. It does not depend on the rest of the lock.
pub(super) fn profile_alone(name: &str, profile: &LockedProfile) -> String {
    let mut text = format!("{}: {{\n", json(name));
    render_profile(&mut text, profile, None, &whole_key);
    text.push_str("    }");
    text
}

/// The text of an entry with this digest, from `{` to `}`.
pub(super) fn entry(repo: &LockedRepo, digest: &Digest) -> String {
    if *digest == Digest::PinOnly {
        return pin_only(repo);
    }
    let mut text = String::from("{\n");
    let digest = digest.as_written().map(|digest| ("digest", json(digest)));
    for (key, value) in repo_fields(repo).into_iter().chain(digest) {
        let _ = writeln!(text, "      \"{key}\": {value},");
    }
    let lines = |fields: Fields| one_line(&fields);
    let merges = repo.pin.pending.merges.iter().zip(&repo.merges).map(merge_fields).map(lines);
    let patches = repo.pin.pending.patches.iter().zip(&repo.patches).map(patch_fields).map(lines);
    if !repo.merges.is_empty() {
        write_list(&mut text, 6, "merges", merges);
        text.push_str(",\n");
    }
    if !repo.patches.is_empty() {
        write_list(&mut text, 6, "patches", patches);
        text.push_str(",\n");
    }
    let modules = repo.facts.modules.iter().map(|module| module_fields(repo, module)).map(lines);
    write_list(&mut text, 6, "modules", modules);
    if !repo.facts.unreadable.is_empty() {
        text.push_str(",\n");
        let unreadable = repo.facts.unreadable.iter().map(unreadable_fields).map(lines);
        write_list(&mut text, 6, "unreadable", unreadable);
    }
    text.push_str(",\n");
    write_list(&mut text, 6, "requirements", repo.facts.requirements.iter().map(json));
    text.push_str("\n    }");
    text
}

/// The text of an entry that has only its pin and its commit.
fn pin_only(repo: &LockedRepo) -> String {
    let fields = repo_fields(repo).into_iter().filter(|(key, _)| !["addons", "tree"].contains(key));
    let mut lines: Vec<String> = fields.map(|(key, value)| format!("      \"{key}\": {value}")).collect();
    if !repo.merges.is_empty() {
        let mut merges = String::new();
        let pairs = repo.pin.pending.merges.iter().zip(&repo.merges);
        write_list(&mut merges, 6, "merges", pairs.map(|merge| one_line(&merge_fields(merge))));
        lines.push(merges);
    }
    format!("{{\n{}\n    }}", lines.join(",\n"))
}

/// Keys with their values as JSON, in the order of the file.
pub(super) type Fields = Vec<(&'static str, String)>;

/// The fields of an entry without its facts: what was declared, and the commit.
pub(super) fn repo_fields(repo: &LockedRepo) -> Fields {
    let (kind, reference) = match &repo.pin.reference {
        Reference::Branch(branch) => ("branch", branch.clone()),
        Reference::Tag(tag) => ("tag", tag.clone()),
        Reference::Rev(commit) => ("rev", commit.to_string()),
        Reference::Full(name) => ("ref", name.clone()),
    };
    let mut fields = vec![("name", json(repo.pin.name.as_str()))];
    fields.extend(repo.core.map(|_| ("kind", json(CORE))));
    fields.extend([
        ("url", json(repo.pin.url.as_str())),
        (kind, json(&reference)),
        ("addons", json(&repo.addons)),
        ("commit", json(&repo.commit)),
        ("tree", json(&repo.tree)),
    ]);
    fields
}

pub(super) fn merge_fields((merge, locked): (&PendingMerge, &LockedMerge)) -> Fields {
    let PendingMerge { source, modules, pick } = merge;
    let mut fields = vec![("merge", json(source))];
    fields.extend(modules.as_ref().map(|modules| ("modules", json(modules))));
    fields.extend(pick.then(|| ("pick", json(&true))));
    fields.extend(locked.reference.full_name().map(|name| ("ref", json(&name))));
    fields.push(("commit", json(&locked.commit)));
    fields.extend(if locked.is_absorbed {
        vec![("step", json(ABSORBED))]
    } else {
        step_fields(locked.step.as_ref())
    });
    fields
}

pub(super) fn patch_fields((path, locked): (&String, &LockedPatch)) -> Fields {
    let mut fields = vec![("patch", json(path)), ("content", sha256(&locked.content))];
    fields.extend(step_fields(locked.step.as_ref()));
    fields
}

fn step_fields(step: Option<&LockedStep>) -> Fields {
    let Some(LockedStep { way, tree, commit, fingerprint }) = step else {
        return vec![("step", json(EMPTY))];
    };
    vec![
        ("step", json(way.word())),
        ("tree", json(tree)),
        ("result", json(commit)),
        ("exact", sha256(&fingerprint.exact)),
        ("loose", sha256(&fingerprint.loose)),
    ]
}

fn sha256(bytes: &[u8; 32]) -> String {
    json(&format!("sha256:{}", hexadecimal(bytes)))
}

pub(super) fn module_fields(repo: &LockedRepo, module: &LockedModule) -> Fields {
    if repo.core.is_some() {
        return core_module_fields(repo, module);
    }
    let manifest = &module.manifest;
    let auto_install = auto_install(&manifest.auto_install);
    let mut fields = vec![("name", json(&module.name))];
    fields.extend((module.directory != ".").then(|| ("directory", json(&module.directory))));
    fields.extend([
        ("version", json(&manifest.version)),
        ("tree", json(&module.tree)),
        ("depends", json(&manifest.depends)),
        ("license", json(&manifest.license)),
        ("development_status", json(&manifest.development_status)),
        ("auto_install", auto_install),
        ("python", json(&manifest.python)),
        ("bin", json(&manifest.bin)),
        ("deb", json(&manifest.deb)),
    ]);
    // Only modules of 20.0 or newer can have it, so older locks stay as they are.
    fields.extend(manifest.model_access.then(|| ("model_access", "true".to_owned())));
    fields
}

/// A module of Odoo itself: only what is not the default, because there are hundreds.
fn core_module_fields(repo: &LockedRepo, module: &LockedModule) -> Fields {
    let manifest = &module.manifest;
    let is_first = repo.addons.first() == Some(&module.directory);
    let mut fields = vec![("name", json(&module.name))];
    fields.extend((!is_first).then(|| ("directory", json(&module.directory))));
    fields.push(("depends", json(&manifest.depends)));
    if manifest.auto_install != AutoInstall::Never {
        fields.push(("auto_install", auto_install(&manifest.auto_install)));
    }
    let lists = [("python", &manifest.python), ("bin", &manifest.bin), ("deb", &manifest.deb)];
    fields
        .extend(lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(key, list)| (key, json(list))));
    fields
}

fn auto_install(auto_install: &AutoInstall) -> String {
    match auto_install {
        AutoInstall::Never => "false".to_owned(),
        AutoInstall::WhenDependsAre => "true".to_owned(),
        AutoInstall::When(names) => json(names),
    }
}

pub(super) fn unreadable_fields(manifest: &UnreadableManifest) -> Fields {
    vec![("path", json(&manifest.path)), ("line", manifest.line.to_string()), ("why", json(&manifest.why))]
}

fn render_profile(
    text: &mut String,
    profile: &LockedProfile,
    digest: Option<&str>,
    key: &dyn Fn(&Pin) -> String,
) {
    let _ = writeln!(text, "      \"odoo\": {},", json(&profile.odoo));
    if let Some(digest) = digest {
        let _ = writeln!(text, "      \"digest\": {},", json(digest));
    }
    write_list(text, 6, "repos", profile.repos.iter().map(|pin| json(&key(pin))));
    for (place, (pin, addons)) in profile.addons.iter().enumerate() {
        text.push_str(if place == 0 { ",\n      \"addons\": {\n" } else { ",\n" });
        let _ = write!(text, "        {}: {}", json(&key(pin)), json(addons));
    }
    if !profile.addons.is_empty() {
        text.push_str("\n      }");
    }
    if !profile.packaging.is_default() {
        let _ = write!(text, ",\n      \"export\": {}", render_packaging(&profile.packaging));
    }
    if let Some(modules) = &profile.modules {
        text.push_str(",\n");
        write_list(text, 6, "modules", modules.iter().map(json));
    }
    for (place, (directory, names)) in profile.local_depends.iter().enumerate() {
        text.push_str(if place == 0 { ",\n      \"local_depends\": {\n" } else { ",\n" });
        write_list(text, 8, directory, names.iter().map(json));
    }
    text.push_str(if profile.local_depends.is_empty() { "\n" } else { "\n      }\n" });
}

fn render_packaging(packaging: &Packaging) -> String {
    let Rules { languages, tests, readme, description } = &packaging.rules;
    let fields = vec![
        ("layout", json(&packaging.layout)),
        ("languages", json(languages)),
        ("tests", json(tests)),
        ("readme", json(readme)),
        ("description", json(description)),
    ];
    one_line(&fields)
}

fn one_line(fields: &Fields) -> String {
    let mut text = String::from("{");
    for (place, (key, value)) in fields.iter().enumerate() {
        text.extend([if place == 0 { "\"" } else { ", \"" }, key, "\": ", value]);
    }
    text.push('}');
    text
}

fn write_list(text: &mut String, indent: usize, key: &str, items: impl Iterator<Item = String>) {
    let _ = write!(text, "{:indent$}{}: [", "", json(key));
    let mut empty = true;
    for item in items {
        text.push_str(if empty { "\n" } else { ",\n" });
        text.extend(std::iter::repeat_n(' ', indent + 2));
        text.push_str(&item);
        empty = false;
    }
    if !empty {
        let _ = write!(text, "\n{:indent$}", "");
    }
    text.push(']');
}

/// One value as JSON on one line, with a blank after each comma. Invisible characters are written as escapes.
fn json<T: Serialize + ?Sized>(value: &T) -> String {
    // Most values are that short.
    let mut bytes = Vec::with_capacity(64);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, OneLine);
    value.serialize(&mut serializer).expect("text and lists of text always serialize");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

struct OneLine;

impl serde_json::ser::Formatter for OneLine {
    fn begin_array_value<W: std::io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    /// The texts come from repositories. What is invisible in them, or turns the text around, would mislead the person who
    /// reads the difference of two locks. JSON itself escapes only a part of it.
    fn write_string_fragment<W: std::io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        for part in fragment.split_inclusive(is_invisible) {
            let hidden = part.chars().next_back().filter(|c| is_invisible(*c));
            let Some(hidden) = hidden else { return writer.write_all(part.as_bytes()) };
            writer.write_all(&part.as_bytes()[..part.len() - hidden.len_utf8()])?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}
