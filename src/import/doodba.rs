//! git-aggregator's `repos.yaml`, and doodba's `addons.yaml` beside it, which selects the modules of each repository.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::around::{Around, SERIES};
use super::comments::Comments;
use super::node::{MapEntry, Node};
use super::{Declaration, Error, Note, Repo, SourcePlace, Text, aggregator, directory_of, expanding_url};
use super::{note, own, reference, yaml};
use crate::repo::{Pattern, characters, quoted_list};

/// The variable with the url pattern of a repository that `repos.yaml` does not declare.
const PATTERN: &str = "DEFAULT_REPO_PATTERN";
/// Its value, if nobody sets it.
const OCA_PATTERN: &str = "https://github.com/OCA/{}.git";
/// The same for Odoo itself.
const ODOO_PATTERN: &str = "DEFAULT_REPO_PATTERN_ODOO";
/// The directory of the user's own modules.
const PRIVATE: &str = "private";
/// The directory of all repositories in doodba's image. Directories can be relative to it.
const SOURCES: &str = "/opt/odoo/custom/src/";
/// The directories of Odoo's own modules.
const CORE: [&str; 3] = ["odoo/addons", "odoo/odoo/addons", "odoo"];

/// Reads `repos.yaml`, `addons.yaml` or both. `file` is one of them.
pub(super) fn read(file: &Path, around: &Around<'_>) -> Result<Declaration, Error> {
    let beside = |name: &str| beside(file, name);
    let is_addons = file.file_stem().is_some_and(|stem| stem == "addons");
    let repos = if is_addons { beside("repos")? } else { Some(Text::load(file)?) };
    let is_repos = file.file_stem().is_some_and(|stem| stem == "repos");
    let addons = match is_addons {
        true => Some(Text::load(file)?),
        false if is_repos => beside("addons")?,
        false => None,
    };
    let mut notes = Vec::new();
    let document = repos.as_ref().map(|text| yaml::document(text, &mut notes)).transpose()?.flatten();
    let mut declaration = match document {
        Some(document) => aggregator::read(&document, around)?,
        None => Declaration { series: around.in_variable(), ..Declaration::default() },
    };
    declaration.notes.extend(notes);
    if let Some(text) = &repos {
        remark(&mut declaration, text);
    }
    if let Some(text) = &addons {
        declaration.notes.extend(Comments::read(text).left(text));
    }
    declaration.base = directory_of(file);
    declaration.keeps_directories = addons.is_some();
    let is_doodba = addons.is_some() || declaration.base.ends_with("custom/src");
    for repo in &mut declaration.repos {
        repo.path = PathBuf::from(directory(&repo.path.to_string_lossy()));
        repo.is_odoo = is_doodba && repo.path == Path::new("odoo");
    }
    if let Some(text) = &addons {
        let mut selection = Selection::read(text, around, &mut declaration)?;
        if declaration.repos.iter().all(|repo| !repo.is_odoo) {
            declaration.repos.extend(selection.odoo.take());
        }
        selection.apply(text, &mut declaration)?;
    }
    Ok(declaration)
}

/// Adds the comments of `repos.yaml` to what they are about.
fn remark(declaration: &mut Declaration, text: &Text) {
    let mut comments = Comments::read(text);
    for repo in &mut declaration.repos {
        repo.remarks = comments.take(&repo.place);
        for merge in &mut repo.merges {
            merge.remarks = comments.take(&merge.place);
        }
    }
    declaration.notes.extend(comments.left(text));
}

fn beside(file: &Path, stem: &str) -> Result<Option<Text>, Error> {
    let yaml = Text::load_if_there(&file.with_file_name(format!("{stem}.yaml")))?;
    if yaml.is_some() { Ok(yaml) } else { Text::load_if_there(&file.with_file_name(format!("{stem}.yml"))) }
}

/// The directory of a key, relative to that of all repositories.
fn directory(key: &str) -> String {
    let below = key.strip_prefix(SOURCES).unwrap_or(key);
    let parts: Vec<&str> = below.split('/').filter(|part| *part != "." && !part.is_empty()).collect();
    let root = if below.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// The selection of all documents of `addons.yaml`.
#[derive(Default)]
struct Selection {
    /// Directories in the order of the file, each with its globs.
    wanted: Vec<DoodbaRepo>,
    /// The position of each directory in `wanted`.
    positions: HashMap<String, usize>,
    /// Odoo itself, if a variable has its url. doodba then needs no entry in `repos.yaml`.
    odoo: Option<Repo>,
}

struct DoodbaRepo {
    directory: String,
    place: SourcePlace,
    globs: Vec<(String, SourcePlace)>,
    /// The variables of the last document that has this directory, as in doodba.
    variables: Variables,
}

/// The variables for the repositories of one document.
#[derive(Clone)]
struct Variables {
    pattern: String,
    /// The branch, if it is not the branch of the series.
    version: Option<(String, SourcePlace)>,
    depth: Option<u32>,
    /// The url pattern of Odoo itself.
    odoo: Option<(String, SourcePlace)>,
}

impl Variables {
    /// Reads `ENV` of a document. It holds for this document only.
    fn read(document: &Node, around: &Around<'_>, declaration: &mut Declaration) -> Result<Self, Error> {
        let pattern = around.variable(PATTERN).unwrap_or_else(|| OCA_PATTERN.to_owned());
        let odoo = around.variable(ODOO_PATTERN).map(|pattern| (pattern, document.place.clone()));
        let mut variables = Self { pattern, version: None, depth: None, odoo };
        let Some(node) = document.get("ENV") else { return Ok(variables) };
        for MapEntry { key, place, node } in node.map_or_null("`ENV`")? {
            let value = node.text(format!("`{key}` of `ENV`"));
            let Some(value) = declaration.accept(key, value)? else { continue };
            match key.as_str() {
                PATTERN => value.clone_into(&mut variables.pattern),
                SERIES => variables.version = Some((value.to_owned(), place.clone())),
                "DEPTH_DEFAULT" if value.parse::<u32>().is_ok() => variables.depth = value.parse().ok(),
                ODOO_PATTERN => variables.odoo = Some((value.to_owned(), place.clone())),
                // oca fetches as much as a merge needs.
                "DEPTH_MERGE" => {}
                _ => declaration.notes.push(place.note(note::KEY, key, format!("`{key}` of `ENV`"))),
            }
        }
        Ok(variables)
    }

    /// The repository of a directory that `repos.yaml` does not declare.
    fn repo(&self, directory: &str, place: &SourcePlace) -> Result<Repo, Error> {
        self.of_pattern(&self.pattern, directory, place)
    }

    /// Odoo itself.
    fn odoo(&self) -> Result<Option<Repo>, Error> {
        let Some((pattern, place)) = &self.odoo else { return Ok(None) };
        let repo = self.of_pattern(pattern, "odoo", place)?;
        Ok(Some(Repo { is_odoo: true, ..repo }))
    }

    fn of_pattern(&self, pattern: &str, directory: &str, place: &SourcePlace) -> Result<Repo, Error> {
        let name = directory.rsplit('/').next().unwrap_or(directory);
        // These are the forms of Python's `format` for one value.
        let address = pattern.replace("{}", name).replace("{0}", name);
        let mut repo = Repo::new(place.clone(), PathBuf::from(directory), expanding_url(&address, place)?);
        if let Some((version, place)) = &self.version {
            repo.reference = Some(reference(version, place)?);
        }
        repo.depth = self.depth;
        Ok(repo)
    }
}

impl Selection {
    fn read(text: &Text, around: &Around<'_>, declaration: &mut Declaration) -> Result<Self, Error> {
        let mut selection = Self::default();
        let documents = yaml::documents(text, &mut declaration.notes)?;
        for document in documents.iter().filter(|document| !document.is_null()) {
            if let Some(only) = document.get("ONLY").filter(|only| !only.is_null()) {
                let holds = holds(only, around, &mut declaration.notes);
                if !declaration.accept("ONLY", holds)?.unwrap_or(false) {
                    continue;
                }
            }
            let Some(entries) = declaration.accept("", document.map("a document"))? else { continue };
            let variables = Variables::read(document, around, declaration)?;
            if let Some(odoo) = declaration.accept(ODOO_PATTERN, variables.odoo())? {
                selection.odoo = odoo.or(selection.odoo);
            }
            for MapEntry { key, place, node } in entries {
                if !["ENV", "ONLY"].contains(&key.as_str()) {
                    let wanted = selection.want(key, place, node, &variables);
                    declaration.accept(key, wanted)?;
                }
            }
        }
        Ok(selection)
    }

    fn want(
        &mut self,
        key: &str,
        place: &SourcePlace,
        node: &Node,
        variables: &Variables,
    ) -> Result<(), Error> {
        let directory = directory(key);
        if directory.is_empty() {
            return Err(place.refuse(format!("`{key}` names no directory of a repository")));
        }
        if directory.contains(['*', '?', '[']) {
            let why = format!("`{key}` is a pattern of directories");
            return Err(place.refuse_with_hint(why, "write one line for each repository"));
        }
        let globs = node.texts(format!("`{key}`"))?;
        let globs = globs.into_iter().map(|(glob, place)| (glob.to_owned(), place.clone()));
        if let Some(at) = self.positions.get(&directory) {
            let wanted = &mut self.wanted[*at];
            wanted.globs.extend(globs);
            wanted.variables = variables.clone();
            return Ok(());
        }
        self.positions.insert(directory.clone(), self.wanted.len());
        self.wanted.push(DoodbaRepo {
            directory,
            place: place.clone(),
            globs: globs.collect(),
            variables: variables.clone(),
        });
        Ok(())
    }

    /// Sets the modules of each repository, and adds repositories that only `addons.yaml` names.
    fn apply(self, text: &Text, declaration: &mut Declaration) -> Result<(), Error> {
        let base = text.directory();
        // doodba always uses the user's own modules, even if they are not listed.
        if base.join(PRIVATE).is_dir() || self.positions.contains_key(PRIVATE) {
            declaration.locals.push(PathBuf::from(PRIVATE));
        }
        let mut checkouts = Checkouts::default();
        for (at, repo) in declaration.repos.iter().enumerate() {
            checkouts.add(&repo.path.to_string_lossy(), at);
        }
        let mut modules: HashMap<usize, Chosen> = HashMap::new();
        let mut whole: HashSet<usize> = HashSet::new();
        for wanted in self.wanted {
            let DoodbaRepo { directory, place, globs, .. } = &wanted;
            let everything = globs.iter().any(|(glob, _)| glob == "*");
            let is_own =
                directory == PRIVATE || checkouts.find(directory).is_none() && is_own(&base.join(directory));
            if is_own || CORE.contains(&directory.as_str()) {
                if !everything {
                    let item = format!("the choice of modules in `{directory}`");
                    declaration.notes.push(place.note(note::CHOICE, directory, item));
                }
                if is_own && directory != PRIVATE {
                    declaration.locals.push(PathBuf::from(directory));
                }
                continue;
            }
            let at = place_of(&wanted, &mut checkouts, declaration);
            let Some(at) = declaration.accept(directory, at)? else { continue };
            let chosen = modules.entry(at).or_default();
            if everything {
                whole.insert(at);
                continue;
            }
            for (glob, place) in globs {
                if glob.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                    chosen.add(glob);
                    continue;
                }
                let (found, note) = expanded(glob, directory, &base, place);
                declaration.notes.push(note);
                if found.is_empty() {
                    whole.insert(at);
                }
                found.iter().for_each(|name| chosen.add(name));
            }
        }
        for (at, repo) in declaration.repos.iter_mut().enumerate() {
            // doodba links no module of a repository that is not listed. It is only used for dependencies.
            repo.modules =
                Some(modules.remove(&at).unwrap_or_default().names).filter(|_| !whole.contains(&at));
        }
        Ok(())
    }
}

/// Whether a directory has files of the user. doodba then checks out nothing there.
fn is_own(directory: &Path) -> bool {
    !directory.join(".git").exists()
        && std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some())
}

/// The modules that a pattern matches in a checkout below `base`, sorted, and the note about it.
fn expanded(glob: &str, directory: &str, base: &Path, place: &SourcePlace) -> (Vec<String>, Note) {
    let pattern = Pattern::parse(glob);
    let checkout = base.join(directory);
    let mut found: Vec<String> =
        own::modules(&checkout).filter(|name| pattern.matches(&characters(name.as_bytes()))).collect();
    found.sort();
    let (topic, item) = if found.is_empty() {
        let why = "no module of a checkout matches it: oca selects all modules of";
        (note::PATTERN, format!("`{glob}` is not the name of a module, and {why} `{directory}`"))
    } else {
        let names = quoted_list(&found);
        (note::EXPANDED, format!("`{glob}` in `{directory}` is replaced by what it matches now: {names}"))
    };
    (found, place.note(topic, directory, item))
}

/// The modules that are selected of one repository, in the order of the file.
#[derive(Default)]
struct Chosen {
    names: Vec<String>,
    known: HashSet<String>,
}

impl Chosen {
    fn add(&mut self, name: &str) {
        if self.known.insert(name.to_owned()) {
            self.names.push(name.to_owned());
        }
    }
}

/// The directories of the repositories, as a tree of their parts. So a search takes one step for each part of a path.
#[derive(Default)]
struct Checkouts {
    /// The number of a directory, by the number of the directory above it and its name. The top has number 0.
    below: HashMap<(usize, String), usize>,
    /// The first repository in each of these directories.
    repos: HashMap<usize, usize>,
}

impl Checkouts {
    fn add(&mut self, directory: &str, repo: usize) {
        let mut number = 0;
        for part in directory.split('/') {
            let next = self.below.len() + 1;
            number = *self.below.entry((number, part.to_owned())).or_insert(next);
        }
        self.repos.entry(number).or_insert(repo);
    }

    /// The repository that is or contains a directory, and the path of the directory in it, `.` for its root. If several
    /// contain the directory, the first one.
    fn find<'d>(&self, directory: &'d str) -> Option<(usize, &'d str)> {
        let mut number = 0;
        let mut end = 0;
        let mut containing: Vec<(usize, &str)> = Vec::new();
        for part in directory.split('/') {
            let Some(next) = self.below.get(&(number, part.to_owned())) else { break };
            (number, end) = (*next, end + part.len() + 1);
            match (self.repos.get(next), directory.get(end..)) {
                (Some(repo), None) => return Some((*repo, ".")),
                (Some(repo), Some(inner)) => containing.push((*repo, inner)),
                (None, _) => {}
            }
        }
        containing.into_iter().min()
    }
}

/// The position of the repository of a directory in the declaration. If it is not declared, it is added with the
/// default url, as in doodba.
fn place_of(
    wanted: &DoodbaRepo,
    checkouts: &mut Checkouts,
    declaration: &mut Declaration,
) -> Result<usize, Error> {
    let DoodbaRepo { directory, place, variables, .. } = wanted;
    if let Some((at, inner)) = checkouts.find(directory) {
        declaration.repos[at].addons.push(inner.to_owned());
        return Ok(at);
    }
    declaration.repos.push(variables.repo(directory, place)?);
    let at = declaration.repos.len() - 1;
    checkouts.add(directory, at);
    Ok(at)
}

/// Whether the conditions of a document are met. If this cannot be known here, the document is left out, too.
fn holds(only: &Node, around: &Around<'_>, notes: &mut Vec<Note>) -> Result<bool, Error> {
    let mut words = Vec::new();
    let (mut unknown, mut unmet) = (false, false);
    for MapEntry { key, node, .. } in only.map("`ONLY`")? {
        let values: Vec<&str> = node.texts(format!("`{key}`"))?.into_iter().map(|(value, _)| value).collect();
        match around.variable(key) {
            Some(value) => unmet |= !values.contains(&value.as_str()),
            None => unknown = true,
        }
        words.push(format!("`{key}` is {}", quoted_list(&values).replace(", ", " or ")));
    }
    let item = format!("the part that needs {}", words.join(" and "));
    if unmet {
        notes.push(only.place.note(note::UNMET, "ONLY", item));
    } else if unknown {
        notes.push(only.place.note(note::CONDITION, "ONLY", item));
    }
    Ok(!unmet && !unknown)
}
