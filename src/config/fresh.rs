//! A new `repos.toml`: its content and its text.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use super::base_url::{BaseUrl, OCA};
use super::core;
use super::core_settings::path_key;
use super::merge::Merge;
use super::profile::Mode;
use super::resolve::PATH;
use super::values::{self, quoted};
use crate::repo::{CorePart, Edition, MergeSource, Reference, RemoteUrl, RepoName, Series, bare_url};

/// The only profile of a new file.
const PROFILE: &str = "standard";

/// A proposal for the container: the directories of Odoo's own image.
const IMAGE: &str = "\n# The container. If it is not built on Odoo's own image, change `before`.\n[image]\n\
    root = \"/mnt/oca-addons\"\nbefore = [\"/usr/lib/python3/dist-packages/odoo/addons\"]\n";
/// The same for a project that declares Odoo itself.
const IMAGE_WITH_CORE: &str = "\n# The container. Odoo itself is in `core`.\n[image]\n\
    root = \"/mnt/oca-addons\"\ncore = \"/opt/odoo\"\n";
/// Where Odoo's own image has the user's modules.
const LOCAL_IMAGE: &str = "/mnt/extra-addons";

/// The content of a new file, with every value as the file will be read.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    pub(crate) odoo: Series,
    pub(crate) edition: Edition,
    /// The directory of the checkouts.
    pub(crate) path: String,
    pub(crate) mode: Mode,
    /// Directories before the checkouts in the addons path, such as that of Odoo itself.
    pub(crate) before: Vec<String>,
    /// Directories of the user's own modules.
    pub(crate) locals: Vec<String>,
    /// The parts of Odoo itself. If it is not empty, Odoo is among them.
    pub(crate) core: Vec<FreshCore>,
    pub(crate) repos: Vec<FreshRepo>,
}

/// A part of Odoo itself in a new file.
#[derive(Clone, Debug)]
pub(crate) struct FreshCore {
    pub(crate) part: CorePart,
    /// Its checkout.
    pub(crate) path: String,
    pub(crate) repo: FreshRepo,
}

/// A repository in a new file.
#[derive(Clone, Debug)]
pub(crate) struct FreshRepo {
    pub(crate) name: RepoName,
    pub(crate) url: RemoteUrl,
    pub(crate) reference: Reference,
    /// `None` means all modules.
    pub(crate) modules: Option<Vec<String>>,
    /// Empty means the root of the repository.
    pub(crate) addons: Vec<String>,
    pub(crate) hold: bool,
    pub(crate) merges: Vec<Merge>,
    pub(crate) depth: Option<u32>,
    pub(crate) remarks: Remarks,
}

/// Comments for the file, each on one line of visible text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remarks {
    pub(crate) own: Vec<String>,
    /// Those about merges of the repository.
    pub(crate) of_merges: BTreeMap<MergeSource, Vec<String>>,
}

/// Parses a url for the file, or returns why the file cannot contain it.
pub(crate) fn remote_url(text: &str) -> Result<RemoteUrl, String> {
    values::remote_url(text).map_err(|refusal| refusal.why)
}

/// Checks a word for `modules`. The error says why it is refused.
pub(crate) fn refuse_module(text: &str) -> Result<(), String> {
    values::module_request(text).map(drop).map_err(|refusal| refusal.why)
}

/// Checks a directory for `addons`. The error says why it is refused.
pub(crate) fn refuse_addons_directory(text: &str) -> Result<(), String> {
    values::addons_directory(text).map(drop).map_err(|refusal| refusal.why)
}

/// Checks a directory for an addons path. The error says why it is refused.
pub(crate) fn refuse_entry(text: &str) -> Result<(), String> {
    values::entry(text).map(drop).map_err(|refusal| refusal.why)
}

/// Whether a path without variables can be the directory of the checkouts.
pub(crate) fn is_checkouts_path(text: &str) -> bool {
    !text.contains('$') && values::checkouts(text).is_ok()
}

impl Fresh {
    /// The text of the file. It contains only settings that differ from the default. `base-url` is chosen so that most
    /// repositories need no `url`.
    pub(crate) fn render(&self) -> String {
        let base = self.base_url();
        let mut text = format!("odoo = \"{}\"\n", self.odoo);
        if self.edition == Edition::Enterprise {
            text.push_str("edition = \"enterprise\"\n");
        }
        field(&mut text, "base-url", base.as_deref().filter(|base| *base != OCA));
        field(&mut text, "path", Some(self.path.as_str()).filter(|path| *path != PATH));
        field(&mut text, "mode", Some("submodule").filter(|_| self.mode == Mode::Submodule));
        if !self.before.is_empty() {
            text.push_str("\n[addons-path]\n");
            list(&mut text, "before", Some(&self.before));
        }
        text.push_str(&self.core_table());
        if !self.locals.is_empty() {
            text.push_str(if self.core.is_empty() { IMAGE } else { IMAGE_WITH_CORE });
        }
        for local in &self.locals {
            text.push_str("\n[[local]]\n");
            field(&mut text, "path", Some(local));
            field(&mut text, "image", Some(&self.local_image(local)));
        }
        let _infallible = writeln!(text, "\n[profiles.{PROFILE}]\nrepos = [");
        for repo in &self.repos {
            text.extend(repo.remarks.own.iter().map(|remark| format!("  # {remark}\n")));
            let _infallible = writeln!(text, "  \"{}\",", repo.name);
        }
        text.push_str("]\n");
        for repo in &self.repos {
            let fields = self.fields(repo, base.as_deref().unwrap_or(OCA));
            if !fields.is_empty() {
                let name = repo.name.as_str();
                let name = if name.contains('.') { quoted(name) } else { name.to_owned() };
                let _infallible = write!(text, "\n[repos.{name}]\n{fields}");
            }
        }
        text
    }

    /// A repository by its name, be it of modules or of Odoo itself.
    pub(crate) fn repo_mut(&mut self, name: &RepoName) -> Option<&mut FreshRepo> {
        let core = self.core.iter_mut().map(|core| &mut core.repo);
        core.chain(&mut self.repos).find(|repo| repo.name == *name)
    }

    /// `[core]` and its tables.
    fn core_table(&self) -> String {
        if self.core.is_empty() {
            return String::new();
        }
        let remarks = self.core.iter().flat_map(|core| &core.repo.remarks.own);
        let remarks: String = remarks.map(|remark| format!("# {remark}\n")).collect();
        let (mut text, mut tables) = (format!("\n{remarks}[core]\n"), String::new());
        let mut paths = String::new();
        let (odoo, others): (Vec<_>, Vec<_>) = self.core.iter().partition(|core| core.part == CorePart::Odoo);
        for FreshCore { part, path, repo } in odoo.iter().chain(&others) {
            field(&mut paths, path_key(*part), Some(path.as_str()).filter(|path| *path != part.directory()));
            let is_usual = bare_url(repo.url.as_str()) == bare_url(core::default_url(*part).as_str());
            let fields = self.settings(repo);
            match (part, fields.is_empty()) {
                (CorePart::Odoo, _) => {
                    field(&mut text, "url", Some(repo.url.as_str()).filter(|_| !is_usual));
                    text.push_str(&fields);
                }
                (_, true) => field(&mut tables, part.word(), Some(repo.url.as_str())),
                (_, false) => {}
            }
        }
        text.push_str(&paths);
        text.push_str(&tables);
        for FreshCore { part, repo, .. } in others {
            let fields = self.settings(repo);
            if !fields.is_empty() {
                let _infallible = writeln!(text, "\n[core.{}]", part.word());
                field(&mut text, "url", Some(repo.url.as_str()));
                text.push_str(&fields);
            }
        }
        text
    }

    /// The place in the container for a directory of the user's own modules. Several directories have several places.
    fn local_image(&self, local: &str) -> String {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let twins = self.locals.iter().filter(|other| name(other) == name(local)).count();
        match twins {
            _ if self.locals.len() == 1 || local == "." => LOCAL_IMAGE.to_owned(),
            1 => format!("{LOCAL_IMAGE}/{}", name(local)),
            _ => format!("{LOCAL_IMAGE}/{local}"),
        }
    }

    /// The most common base url. If two are equally common, the one that appears first.
    fn base_url(&self) -> Option<String> {
        let bases: Vec<&str> =
            self.repos.iter().filter_map(|repo| base_of(repo.url.as_str(), repo.name.as_str())).collect();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for base in &bases {
            *counts.entry(base).or_default() += 1;
        }
        // `max_by_key` returns the last of equal elements, so iterate in reverse.
        bases.iter().rev().max_by_key(|base| counts[**base]).map(|base| (*base).to_owned())
    }

    fn fields(&self, repo: &FreshRepo, base: &str) -> String {
        let mut fields = String::new();
        let is_default = base_of(repo.url.as_str(), repo.name.as_str()) == Some(base);
        field(&mut fields, "url", Some(repo.url.as_str()).filter(|_| !is_default));
        fields + &self.settings(repo)
    }

    /// The settings of a repository without its url.
    fn settings(&self, repo: &FreshRepo) -> String {
        let mut fields = String::new();
        match &repo.reference {
            Reference::Branch(branch) if *branch == self.odoo.to_string() => {}
            Reference::Branch(branch) => field(&mut fields, "branch", Some(branch)),
            Reference::Tag(tag) => field(&mut fields, "tag", Some(tag)),
            Reference::Full(name) => field(&mut fields, "ref", Some(name)),
            Reference::Rev(commit) => field(&mut fields, "rev", Some(&commit.to_string())),
        }
        list(&mut fields, "modules", repo.modules.as_deref());
        let is_root = repo.addons.iter().all(|directory| directory == ".");
        list(&mut fields, "addons", Some(repo.addons.as_slice()).filter(|_| !is_root));
        if repo.hold {
            fields.push_str("hold = true\n");
        }
        if !repo.merges.is_empty() {
            let merges: String = repo.merges.iter().map(|merge| entry(merge, &repo.remarks)).collect();
            let _infallible = writeln!(fields, "merges = [\n{merges}]");
        }
        for depth in repo.depth.iter().filter(|depth| **depth != 1) {
            let _infallible = writeln!(fields, "depth = {depth}");
        }
        fields
    }
}

/// The base url from which the default url of this repository is `url`. GitHub and GitLab accept urls without `.git`.
fn base_of<'u>(url: &'u str, name: &str) -> Option<&'u str> {
    let address = match url.strip_suffix(".git") {
        Some(address) => address,
        None if ["https://github.com/", "https://gitlab.com/"].iter().any(|host| url.starts_with(host)) => {
            url
        }
        None => return None,
    };
    let base = address.strip_suffix(name)?.strip_suffix('/')?;
    BaseUrl::parse(base).is_ok().then_some(base)
}

/// A merge on its line. One remark is behind it, as `oca add` writes the title; several are above it.
fn entry(merge: &Merge, remarks: &Remarks) -> String {
    let remarks = remarks.of_merges.get(&merge.pending.source).map(Vec::as_slice).unwrap_or_default();
    let merge = merge.to_toml();
    match remarks {
        [one] => format!("  {merge}, # {one}\n"),
        several => {
            several.iter().map(|remark| format!("  # {remark}\n")).collect::<String>()
                + &format!("  {merge},\n")
        }
    }
}

fn field(text: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _infallible = writeln!(text, "{key} = {}", quoted(value));
    }
}

fn list(text: &mut String, key: &str, values: Option<&[String]>) {
    if let Some(values) = values {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        let _infallible = writeln!(text, "{key} = [{}]", values.join(", "));
    }
}
