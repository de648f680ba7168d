//! git-aggregator's `repos.yaml`, and doodba's `addons.yaml` beside it, which selects the modules of each repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::node::{MapEntry, Node};
use super::{Declaration, Error, Repo, SourcePlace, Surroundings, Text, aggregator, directory_of, url, yaml};
use crate::repo::Series;

/// The url pattern of a repository that `repos.yaml` does not declare.
const PATTERN: &str = "https://github.com/OCA/{}.git";
/// The directory of the user's own modules.
const PRIVATE: &str = "private";

/// Reads `repos.yaml`, `addons.yaml` or both. `file` is one of them.
pub(super) fn read(file: &Path, around: &Surroundings<'_>) -> Result<Declaration, Error> {
    let beside = |name: &str| beside(file, name);
    let is_addons = file.file_stem().is_some_and(|stem| stem == "addons");
    let repos = if is_addons { beside("repos")? } else { Some(Text::load(file)?) };
    let is_repos = file.file_stem().is_some_and(|stem| stem == "repos");
    let addons = match is_addons {
        true => Some(Text::load(file)?),
        false if is_repos => beside("addons")?,
        false => None,
    };
    let document = repos.as_ref().map(yaml::document).transpose()?.flatten();
    let mut declaration = match document {
        Some(document) => aggregator::read(&document, around)?,
        None => Declaration { series: aggregator::series(around), ..Declaration::default() },
    };
    declaration.base = directory_of(file);
    if let Some(text) = &addons {
        Selection::read(text, &mut declaration)?.apply(text, &mut declaration)?;
    }
    Ok(declaration)
}

fn beside(file: &Path, stem: &str) -> Result<Option<Text>, Error> {
    let yaml = Text::load_if_there(&file.with_file_name(format!("{stem}.yaml")))?;
    if yaml.is_some() { Ok(yaml) } else { Text::load_if_there(&file.with_file_name(format!("{stem}.yml"))) }
}

/// The selection of all documents of `addons.yaml`.
struct Selection {
    pattern: String,
    /// Directories in the order of the file, each with its globs.
    wanted: Vec<DoodbaRepo>,
}

struct DoodbaRepo {
    directory: String,
    place: SourcePlace,
    globs: Vec<(String, SourcePlace)>,
}

impl Selection {
    fn read(text: &Text, declaration: &mut Declaration) -> Result<Self, Error> {
        let mut selection = Self { pattern: PATTERN.to_owned(), wanted: Vec::new() };
        for document in yaml::documents(text)?.iter().filter(|document| !document.is_null()) {
            let entries = document.map("a document")?;
            if let Some(only) = document.get("ONLY") {
                let conditions = conditions(only)?;
                let text = format!("the part that needs {conditions} is left out: use a profile for it");
                declaration.notes.push(only.place.note(text));
                continue;
            }
            for MapEntry { key, place, node } in entries {
                if key == "ENV" {
                    selection.environment(node, declaration)?;
                } else {
                    selection.want(key, place, node)?;
                }
            }
        }
        Ok(selection)
    }

    fn environment(&mut self, node: &Node, declaration: &mut Declaration) -> Result<(), Error> {
        for MapEntry { key, place, node } in node.map("`ENV`")? {
            let value = node.text(format!("`{key}`"))?;
            match key.as_str() {
                "DEFAULT_REPO_PATTERN" if value.contains("{}") => value.clone_into(&mut self.pattern),
                "ODOO_VERSION" => {
                    let series = Series::parse(value).map_err(|invalid| place.refuse(invalid.to_string()))?;
                    declaration.series = Some(series);
                }
                _ => declaration.notes.push(place.note(format!("`{key}` of `ENV` is left out"))),
            }
        }
        Ok(())
    }

    fn want(&mut self, key: &str, place: &SourcePlace, node: &Node) -> Result<(), Error> {
        let directory = key.strip_prefix("./").unwrap_or(key).trim_end_matches('/').to_owned();
        let globs = node.texts(format!("`{key}`"))?;
        let globs = globs.into_iter().map(|(glob, place)| (glob.to_owned(), place.clone()));
        match self.wanted.iter_mut().find(|wanted| wanted.directory == directory) {
            Some(wanted) => wanted.globs.extend(globs),
            None => self.wanted.push(DoodbaRepo { directory, place: place.clone(), globs: globs.collect() }),
        }
        Ok(())
    }

    /// Sets the modules of each repository, and adds repositories that only `addons.yaml` names.
    fn apply(self, text: &Text, declaration: &mut Declaration) -> Result<(), Error> {
        // doodba always uses the user's own modules, even if they are not listed.
        if text.directory().join(PRIVATE).is_dir()
            || self.wanted.iter().any(|wanted| wanted.directory == PRIVATE)
        {
            declaration.locals.push(PathBuf::from(PRIVATE));
        }
        let mut modules: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let mut whole: Vec<usize> = Vec::new();
        for DoodbaRepo { directory, place, globs } in self.wanted {
            let everything = globs.iter().any(|(glob, _)| glob == "*");
            if directory == PRIVATE || directory == "odoo/addons" || directory == "odoo/odoo/addons" {
                if !everything {
                    let text = format!(
                        "the choice of modules in `{directory}` is left out: oca selects all modules there"
                    );
                    declaration.notes.push(place.note(text));
                }
                continue;
            }
            let at = place_of(&directory, &place, &self.pattern, declaration)?;
            let chosen = modules.entry(at).or_default();
            for (glob, place) in &globs {
                if glob == "*" {
                    whole.push(at);
                } else if glob.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                    if !chosen.contains(glob) {
                        chosen.push(glob.clone());
                    }
                } else {
                    let text = format!(
                        "`{glob}` is not the name of a module: oca selects all modules of `{directory}`"
                    );
                    declaration.notes.push(place.note(text));
                    whole.push(at);
                }
            }
        }
        for (at, repo) in declaration.repos.iter_mut().enumerate() {
            // doodba links no module of a repository that is not listed. It is only used for dependencies.
            repo.modules = Some(modules.remove(&at).unwrap_or_default()).filter(|_| !whole.contains(&at));
        }
        Ok(())
    }
}

/// The position of the repository of a directory in the declaration. If it is not declared, it is added with the
/// default url, as in doodba.
fn place_of(
    directory: &str,
    place: &SourcePlace,
    pattern: &str,
    declaration: &mut Declaration,
) -> Result<usize, Error> {
    for (at, repo) in declaration.repos.iter_mut().enumerate() {
        let path = repo.path.to_string_lossy().into_owned();
        let path = path.strip_prefix("./").unwrap_or(&path).trim_end_matches('/');
        if path == directory {
            repo.addons.push(".".to_owned());
            return Ok(at);
        }
        if let Some(inner) = directory.strip_prefix(path).and_then(|rest| rest.strip_prefix('/')) {
            repo.addons.push(inner.to_owned());
            return Ok(at);
        }
    }
    let url = url(&pattern.replace("{}", directory), place)?;
    declaration.repos.push(Repo::new(place.clone(), PathBuf::from(directory), url));
    Ok(declaration.repos.len() - 1)
}

/// The conditions as text, such as `PGDATABASE is a or b`.
fn conditions(only: &Node) -> Result<String, Error> {
    let conditions = only.map("`ONLY`")?.iter().map(|MapEntry { key, node, .. }| {
        let values: Vec<&str> = node.texts(format!("`{key}`"))?.into_iter().map(|(value, _)| value).collect();
        Ok(format!("`{key}` is `{}`", values.join("` or `")))
    });
    Ok(conditions.collect::<Result<Vec<_>, Error>>()?.join(" and "))
}
