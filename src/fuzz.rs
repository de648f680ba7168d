//! The fuzz targets: one function for each kind of text or bytes from outside. `fuzz/run` starts them.
//!
//! No input may cause a panic, a hang or much use of memory. Some targets also assert a rule, such as "written data can
//! be read again". `fuzz/corpus` has the seeds and all inputs that found a bug; the test below runs them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use crate::config::Config;
use crate::git;
use crate::import::{self, Surroundings};
use crate::lock::{Lock, LockedRepo, Seal, Sides};
use crate::repo::{
    BlobId, Manifest, Mode, Objects, PathPart, RemoteUrl, Series, TreeEntry, TreeId, UnreadableTree, blob_id,
    tree_id,
};
use crate::requirements::{self, Annotations, Author, ModuleNeeds, Parsed, Repository, Settings};
use crate::{addons, export, merge, odoo_conf, patch, source};

/// A target with its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("manifest", manifest),
    ("requirements", requirements),
    ("lock", lock),
    ("lock_conflict", lock_conflict),
    ("repos_toml", repos_toml),
    ("gitmodules", gitmodules),
    ("git_config", git_config),
    ("import", import),
    ("odoo_conf", odoo_conf),
    ("url", url),
    ("export_manifest", export_manifest),
    ("patch", patch),
    ("user_patch", user_patch),
    ("po", po),
    ("source", source),
    ("pkt_line", git::fuzz::pkt_line),
    ("pack", git::fuzz::pack),
    ("pack_index", git::fuzz::pack_index),
];

/// A temporary directory of this process, for targets that read files.
static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::TempDir::with_prefix("oca-fuzz-").expect("a temporary directory"));

#[expect(clippy::disallowed_methods, reason = "a file that nobody else reads")]
fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = FOLDER.path().join(name);
    std::fs::write(&path, content).expect("a temporary file can be written");
    path
}

fn series() -> Series {
    Series::parse("18.0").expect("a series")
}

fn manifest(input: &[u8]) {
    if let Ok(parsed) = addons::manifest::parse(input) {
        let _any = addons::version::semver_of(parsed.manifest.version(), series());
    }
}

/// The first byte chooses the type of the file. What was read can be kept and read again.
fn source(input: &[u8]) {
    const PATHS: [&str; 4] = ["models/x.py", "__manifest__.py", "views/x.xml", "data/res.partner.csv"];
    let Some((first, content)) = input.split_first() else { return };
    let path = PATHS[usize::from(*first) % PATHS.len()];
    let read = source::read(path, content);
    let kept = serde_json::to_vec(&read).expect("text and numbers always serialize");
    assert_eq!(serde_json::from_slice::<source::Source>(&kept).expect("what was kept"), read);
    let files = std::iter::once((path.to_owned(), read));
    let facts = source::ModuleFacts::of_all("m", files.collect());
    let words: usize = facts.uses().map(|(_, found)| found.path.len()).sum();
    assert!(words <= 25 * (content.len() + 1), "a file cannot use more than its text");
}

/// The input has two parts, separated by a NUL: a file, and the words of a manifest. Each line of the output must be
/// one requirement for pip.
fn requirements(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (file, words) = text.split_once('\0').unwrap_or((&text, ""));
    let lines: Vec<String> = file.lines().map(str::to_owned).collect();
    let words = || words.split('\n').map(str::to_owned).collect();
    let manifest = Manifest { python: words(), bin: words(), deb: words(), ..Manifest::default() };
    let module = ModuleNeeds { path: "m/__manifest__.py".to_owned(), manifest: &manifest, is_selected: true };
    let repository = Repository {
        name: "kit",
        author: Author::Other,
        lines: &lines,
        unread: None,
        unreadable: Vec::new(),
        modules: vec![module],
    };
    let merged = requirements::merge(&repository.read(), &Parsed::default(), &Settings::default());
    let shown: Vec<String> = merged.problems.iter().map(ToString::to_string).collect();
    assert!(shown.iter().all(|problem| !problem.contains('\n')), "{shown:?}");
    for line in requirements::render(&merged.requirements, Annotations::Hidden).lines() {
        let begins = line.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '#');
        let breaks = line.contains(|c: char| c.is_control() || "\u{2028}\u{2029}".contains(c));
        assert!(line.is_empty() || (begins && !breaks && !line.ends_with('\\')), "{line:?}");
    }
    let annotated = requirements::render(&merged.requirements, Annotations::Shown);
    let bare =
        annotated.lines().filter(|line| !line.trim_start().starts_with('#') && !line.is_empty()).count();
    assert_eq!(bare, merged.requirements.len(), "{annotated}");
    let system = requirements::system(&[repository], &[]);
    for package in system.render(Annotations::Hidden).lines() {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.:".contains(c);
        assert!(!package.starts_with('-') && package.chars().all(is_name), "{package:?}");
    }
}

/// A lock that can be read is written, and must be equal when it is read again.
fn lock(input: &[u8]) {
    let here = Path::new("oca.lock.json");
    if let Ok(lock) = Lock::parse(input, here) {
        let again = Lock::parse(lock.render().as_bytes(), here).expect("what is written can be read");
        // An entry or a profile that could not be read as a whole is not written as a whole.
        let entries = lock.edited().map(LockedRepo::seal);
        let mut seals = entries.chain(lock.edited_profiles().map(|(_, seal)| seal));
        if !seals.any(|seal| matches!(seal, Seal::Unreadable(_))) {
            assert_eq!(again, lock);
        }
    }
}

fn lock_conflict(input: &[u8]) {
    if let Ok(sides) = Sides::parse(input, Path::new("oca.lock.json")) {
        let _any = sides.disputes();
    }
}

fn repos_toml(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let running = semver::Version::new(0, 1, 0);
    let parse = |text: &str| Config::parse((Path::new("repos.toml"), text), (Path::new("l"), ""), &running);
    if let Err(error) = parse(&text) {
        let _any = error.to_string();
    }
}

/// After each change, git can still read the text, and the other entries are unchanged.
fn gitmodules(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(mut modules) = git::GitModules::parse(&text) else { return };
    let all = modules.entries();
    for entry in &all {
        modules.put(entry);
    }
    assert_eq!(modules.entries(), all);
    for entry in &all {
        modules.remove(&entry.name);
    }
    assert_eq!(modules.entries(), []);
    git::GitModules::parse(modules.text()).expect("what is written can be read");
}

fn git_config(input: &[u8]) {
    let _any = git::config_sections(&String::from_utf8_lossy(input));
}

/// A file of another tool; the first byte selects the tool. The resulting `repos.toml` must be readable.
fn import(input: &[u8]) {
    const NAMES: [&str; 8] = [
        ".gitmodules",
        "repos.yaml",
        "addons.yaml",
        "spec.yaml",
        "mrchef.toml",
        "a.repos",
        "oca.lock.json",
        "any.yaml",
    ];
    let Some((first, content)) = input.split_first() else { return };
    let path = file(NAMES[usize::from(*first) % NAMES.len()], content);
    let around = Surroundings { project: FOLDER.path(), series: Some(series()), variable: &|_| None };
    let imported = import::read(&path, &around);
    crate::fs::remove_file(&path).expect("the file is there");
    if let Ok(imported) = imported {
        let text = imported.fresh.render();
        let running = semver::Version::new(0, 1, 0);
        let parsed = Config::parse((Path::new("repos.toml"), &text), (Path::new("l"), ""), &running);
        assert!(parsed.is_ok(), "{:?}\n{text}", parsed.err().map(|error| error.to_string()));
    }
}

/// After a value is set, the same value is read.
fn odoo_conf(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let known = odoo_conf::addons_path(&text);
    match odoo_conf::with_addons_path(&text, "/a,/b") {
        Ok(changed) => {
            assert_eq!(odoo_conf::addons_path(&changed), Ok(Some("/a,/b".to_owned())), "{changed:?}");
        }
        Err(refused) => assert_eq!(known, Err(refused), "{text:?}"),
    }
}

/// Shown urls never contain the text between the colon after the user and the last `@`.
fn url(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let secret = "53CRE7";
    for url in
        [text.to_string(), format!("https://me:{secret}@{text}"), format!("https://me:{text}{secret}@host/x")]
    {
        let (shown, is_url) = match RemoteUrl::parse(&url) {
            Ok(parsed) => {
                git::fuzz::address(&parsed);
                (format!("{parsed} {parsed:?} {}", parsed.without_secret()), true)
            }
            Err(error) => (error.to_string(), false),
        };
        let is_hidden = !shown.contains(secret) || text.contains(secret);
        assert!(is_hidden, "{url:?} is shown as {shown:?} ({is_url})");
    }
}

fn export_manifest(input: &[u8]) {
    file(export::FILE_NAME, input);
    if let Ok(Some(manifest)) = export::Manifest::load(FOLDER.path()) {
        file(export::FILE_NAME, manifest.render().as_bytes());
        let again = export::Manifest::load(FOLDER.path()).expect("what is written can be read");
        assert_eq!(again, Some(manifest));
    }
}

/// A step that can be read is written with the same bytes.
fn patch(input: &[u8]) {
    if let Ok(parsed) = patch::parse(input) {
        assert_eq!(patch::render(&parsed), input);
        for file in parsed.files() {
            let _any = patch::apply(file, b"1\n2\n3\n");
        }
    }
    assert_eq!(patch::Fingerprint::of(input).compare(input), patch::Difference::None);
}

/// One tree with a text, a program, a binary file, a symlink and a submodule.
struct Small {
    root: TreeId,
    entries: Arc<[TreeEntry]>,
}

const SMALL: [(&str, &str, &[u8]); 5] = [
    ("100644", "a", b"1\n2\n3\n4\n5\n6\n"),
    ("100755", "b", b"x\r\ny\r\n"),
    ("100644", "c", b"\0"),
    ("120000", "d", b"a"),
    ("160000", "e", b""),
];

impl Small {
    fn new() -> Self {
        let entry = |(mode, name, content): (&str, &str, &[u8])| TreeEntry {
            mode: Mode::parse(mode).expect("a mode"),
            name: PathPart::parse(name.as_bytes()).expect("a name"),
            id: *blob_id(content).as_bytes(),
        };
        let entries: Vec<TreeEntry> = SMALL.into_iter().map(entry).collect();
        Self { root: tree_id(&entries), entries: entries.into() }
    }
}

impl Objects for Small {
    fn tree(&self, id: TreeId) -> Result<Arc<[TreeEntry]>, UnreadableTree> {
        let missing = UnreadableTree::damaged("tree", "it is missing");
        if id == self.root { Ok(Arc::clone(&self.entries)) } else { Err(missing) }
    }

    fn blob(&self, id: BlobId) -> Result<Vec<u8>, UnreadableTree> {
        let found = SMALL.into_iter().find(|(.., content)| blob_id(content) == id);
        found
            .map(|(.., content)| content.to_owned())
            .ok_or_else(|| UnreadableTree::damaged("blob", "it is missing"))
    }
}

/// What a user's patch gives on a tree is a step that can be read again and applied.
fn user_patch(input: &[u8]) {
    let tree = Small::new();
    let Ok(parsed) = patch::parse_user(input) else { return };
    let _any = parsed.about();
    let _any = parsed.blobs(&tree, tree.root).expect("they are there");
    let Ok(files) = parsed.onto(&tree, tree.root) else { return };
    let header = patch::Header {
        name: "A".to_owned(),
        email: String::new(),
        date: 0,
        title: "x".to_owned(),
        url: None,
    };
    let step = patch::Patch::new(header, files).expect("a valid step");
    assert_eq!(patch::parse(&patch::render(&step)).expect("what is written can be read"), step);
    for file in step.files() {
        let old = file.old.and_then(|side| side.blob()).map(|id| tree.blob(id).expect("it is there"));
        patch::apply(file, &old.unwrap_or_default()).expect("it applies to what it was made of");
    }
    let _any = patch::result(&tree, tree.root, step.files());
}

/// The input has three parts, separated by a NUL. The merge of a file with itself can be merged again, and is the same.
fn po(input: &[u8]) {
    let mut parts = input.splitn(3, |&byte| byte == 0).chain([&b""[..], b""]);
    let mut part = || parts.next().unwrap_or_default();
    let (ancestor, ours, theirs) = (part(), part(), part());
    let _any = (merge::manifest(ancestor, ours, theirs), merge::requirements(ours, theirs));
    if let Some(merged) = merge::po(ancestor, ours, theirs) {
        assert_eq!(merge::po(&merged, &merged, &merged).as_ref(), Some(&merged));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::TARGETS;

    #[test]
    fn every_seed_passes_its_target() {
        for (name, target) in TARGETS {
            let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
            let mut count = 0;
            for seed in corpus.read_dir().unwrap_or_else(|_| panic!("no seeds in `{}`", corpus.display())) {
                target(&std::fs::read(seed.expect("a seed").path()).expect("a readable seed"));
                count += 1;
            }
            assert!(count > 0, "no seeds in `{}`", corpus.display());
        }
    }
}
