//! `.oca-export.json`: the content of an export, and all entries of each tree that was read, even those left out.
//!
//! `oca verify` computes the ids of the trees from these entries and compares them with the lock. If somebody changes
//! an entry in this file, the id is different.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::fs::read_if_there;
use crate::repo::{
    AddonsDirectory, AtPath, BlobId, CommitId, Layout, Mode, Objects, Packaging, PathPart, RepoName, Rules,
    TreeEntry, TreeId, UnreadableTree, at_path, hexadecimal, tree_id,
};

/// The name of the manifest at the top of an export.
pub(crate) const FILE_NAME: &str = ".oca-export.json";
/// The name of the lock, in the same directory.
pub(crate) const LOCK_NAME: &str = ".oca.lock.json";
/// A file that marks an export while it is refilled in place.
pub(crate) const UNFINISHED: &str = ".oca-export.unfinished";
/// The prefix of directories in which an export is made, or from which an old one is deleted.
pub(super) const ASIDE_PREFIX: &str = ".oca-export-";
/// The directory that the file system itself makes at the top of a volume.
pub(crate) const VOLUME: &str = "lost+found";
/// The directory of the licences in the flat layout. Odoo ignores it.
pub(crate) const LICENCES: &str = ".licenses";

const VERSION: u64 = 1;

/// What an export holds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// The modules of a profile.
    #[default]
    Modules,
    /// Odoo itself.
    Core,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The version of the format.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    version: u64,
    /// Left out for modules.
    #[serde(default)]
    pub(crate) kind: Kind,
    /// For Odoo itself, the name of the profile in the lock of the export.
    pub(crate) profile: String,
    pub(crate) layout: Layout,
    /// Whether the modules are links to checkouts. Then there is no content to verify.
    pub(crate) links: bool,
    pub(crate) rules: Rules,
    /// All repositories of the profile, in path order.
    pub(crate) repos: Vec<Repository>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Repository {
    pub(crate) name: RepoName,
    pub(crate) commit: CommitId,
    pub(crate) addons: Vec<AddonsDirectory>,
    /// The paths of its modules, below the export.
    pub(crate) modules: Vec<String>,
    /// Each tree is a list of its entries: mode, id and name. `%` and bytes that are not UTF-8 are percent-encoded.
    pub(crate) trees: Vec<Vec<String>>,
}

impl Manifest {
    pub(crate) fn new(profile: &str, packaging: &Packaging, repos: Vec<Repository>) -> Self {
        let (profile, Packaging { layout, rules }) = (profile.to_owned(), packaging.clone());
        Self { version: VERSION, kind: Kind::Modules, profile, layout, links: false, rules, repos }
    }

    pub(crate) fn packaging(&self) -> Packaging {
        Packaging { layout: self.layout, rules: self.rules.clone() }
    }

    /// Reads the manifest of an export. `None` if there is none.
    pub(crate) fn load(directory: &Path) -> Result<Option<Self>, Error> {
        let file = directory.join(FILE_NAME);
        let Some(bytes) = read_if_there(&file)? else { return Ok(None) };
        Self::parse(&bytes, file).map(Some)
    }

    fn parse(bytes: &[u8], file: PathBuf) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        match serde_json::from_slice(bytes) {
            Ok(Version { version: VERSION }) => {}
            Ok(Version { version: found }) => return Err(Error::ManifestTooNew { file, found }),
            Err(error) => return Err(Error::BadManifest { file, why: error.to_string() }),
        }
        serde_json::from_slice(bytes).map_err(|error| Error::BadManifest { file, why: error.to_string() })
    }

    /// The text of the manifest. Each tree is one line, so a diff shows what changed.
    pub(crate) fn render(&self) -> String {
        let kind = (self.kind == Kind::Core).then(|| format!("\"kind\": {}", json(&self.kind)));
        let version = format!("\"version\": {}", self.version);
        let fields = [
            format!("\"profile\": {}", json(&self.profile)),
            format!("\"layout\": {}", json(&self.layout)),
            format!("\"links\": {}", self.links),
            format!("\"rules\": {}", json(&self.rules)),
        ];
        let fields: Vec<String> = [version].into_iter().chain(kind).chain(fields).collect();
        let mut text = format!("{{\n  {},\n  \"repos\": [", fields.join(",\n  "));
        write_lines(&mut text, &self.repos, "  ", Repository::write);
        text.push_str("]\n}\n");
        text
    }
}

impl Repository {
    fn write(&self, text: &mut String) {
        let fields = [
            format!("\"name\": {}", json(&self.name)),
            format!("\"commit\": {}", json(&self.commit)),
            format!("\"addons\": {}", json(&self.addons)),
            format!("\"modules\": {}", json(&self.modules)),
        ];
        text.extend(["{\n      ", &fields.join(",\n      "), ",\n      \"trees\": ["]);
        write_lines(text, &self.trees, "      ", |tree, text| text.push_str(&json(tree)));
        text.push_str("]\n    }");
    }
}

/// Writes the items of a JSON list, each on its own line. `indent` is that of the closing bracket.
///
/// All of them go into one text, because an export can have a hundred thousand directories.
fn write_lines<T>(text: &mut String, items: &[T], indent: &str, write: impl Fn(&T, &mut String)) {
    for (place, item) in items.iter().enumerate() {
        text.extend([if place == 0 { "\n" } else { ",\n" }, indent, "  "]);
        write(item, text);
    }
    if !items.is_empty() {
        text.extend(["\n", indent]);
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("text and numbers always serialize")
}

/// The entries of a tree as lines of the manifest.
pub(crate) fn record(entries: &[TreeEntry]) -> Vec<String> {
    // Not with `format!`, which takes most of the time of this.
    let line = |entry: &TreeEntry| {
        [&*entry.mode.to_string(), " ", &hexadecimal(&entry.id), " ", &encode(entry.name.as_bytes())].concat()
    };
    entries.iter().map(line).collect()
}

fn recall(lines: &[String]) -> Option<Vec<TreeEntry>> {
    let entry = |line: &String| {
        let mut parts = line.splitn(3, ' ');
        let mode = Mode::parse(parts.next()?)?;
        let id = *BlobId::parse(parts.next()?).ok()?.as_bytes();
        Some(TreeEntry { mode, name: PathPart::parse(&decode(parts.next()?)?).ok()?, id })
    };
    lines.iter().map(entry).collect()
}

fn encode(name: &[u8]) -> String {
    let mut text = String::new();
    for chunk in name.utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        text.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut name = parts.next()?.as_bytes().to_owned();
    for part in parts {
        name.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        name.extend_from_slice(&part.as_bytes()[2..]);
    }
    Some(name)
}

/// The trees that a manifest records, by the ids computed from their entries. So a changed tree is not found.
pub(crate) struct Recorded {
    /// The tree of the repository, which is recorded first.
    root: Option<TreeId>,
    trees: HashMap<TreeId, Arc<[TreeEntry]>>,
}

impl Recorded {
    pub(crate) fn new(repository: &Repository) -> Self {
        let trees = repository.trees.iter().map(|lines| recall(lines));
        let trees: Vec<_> =
            trees.map(|entries| entries.map(|entries| (tree_id(&entries), entries))).collect();
        let root = trees.first().and_then(|first| Some(first.as_ref()?.0));
        let trees = trees.into_iter().flatten().map(|(id, entries)| (id, entries.into()));
        Self { root, trees: trees.collect() }
    }

    /// The entries of a directory of the repository, also those that are left out. `None` if they are not recorded.
    pub(super) fn directory(&self, path: &str) -> Option<Arc<[TreeEntry]>> {
        let AtPath::Directory(tree) = at_path(self, self.root?, path).ok()? else { return None };
        self.tree(tree).ok()
    }
}

impl Objects for Recorded {
    fn tree(&self, id: TreeId) -> Result<Arc<[TreeEntry]>, UnreadableTree> {
        let missing = || {
            let why = "it is missing in the manifest of the export, so the manifest was changed";
            UnreadableTree::damaged(&id.to_string(), why)
        };
        self.trees.get(&id).cloned().ok_or_else(missing)
    }

    fn blob(&self, id: BlobId) -> Result<Vec<u8>, UnreadableTree> {
        Err(UnreadableTree::damaged(&id.to_string(), "a manifest contains no files"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::shipped::{assert_shipped, of_input};

    #[test]
    fn the_schema_of_the_manifest_is_shipped() {
        assert_shipped("export-manifest", of_input::<Manifest>());
    }

    #[test]
    fn every_name_is_read_as_it_was_written() {
        for name in [&b"a b%20.py"[..], "é\n\"".as_bytes(), b"\xff%\xfe.csv", b"%", b"x y  z"] {
            let entry = TreeEntry {
                mode: Mode::parse("0100664").expect("a mode"),
                name: PathPart::parse(name).expect("a name"),
                id: [7; 20],
            };
            let lines = record(std::slice::from_ref(&entry));
            let again: Vec<String> = serde_json::from_str(&json(&lines)).expect("lines");
            assert_eq!(recall(&again), Some(vec![entry]));
        }
        assert_eq!(decode("%f"), None);
        assert_eq!(decode("%zz"), None);
        assert_eq!(recall(&["100644 12 x".to_owned()]), None);
        let id = BlobId::from_bytes([7; 20]);
        for name in ["..", ".git", "a/b", ""] {
            assert_eq!(recall(&[format!("100644 {id} {name}")]), None, "{name}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let repository = Repository {
            name: RepoName::parse("web").expect("a name"),
            commit: CommitId::from_bytes([1; 20]),
            addons: vec![AddonsDirectory::root()],
            modules: vec!["web/web_x".to_owned()],
            trees: vec![vec!["40000 a b".to_owned()], Vec::new()],
        };
        let rules = Rules { languages: Some(vec!["fr".to_owned()]), tests: true, ..Rules::default() };
        let packaging = Packaging { layout: Layout::Flat, rules };
        for repos in [vec![], vec![repository.clone()], vec![repository.clone(), repository]] {
            let manifest = Manifest::new("standard", &packaging, repos);
            let again = Manifest::parse(manifest.render().as_bytes(), PathBuf::new()).expect("a manifest");
            assert_eq!(again, manifest);
            let of_core = Manifest { kind: Kind::Core, ..manifest };
            let again = Manifest::parse(of_core.render().as_bytes(), PathBuf::new()).expect("a manifest");
            assert_eq!(again, of_core);
        }
    }
}
