//! `.gitmodules`, with the gitlinks of its repository as pins.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use super::around::Around;
use super::git_config::{self, Section, Variable};
use super::{Declaration, Error, Repo, Text, note, reference, url};
use crate::config::Mode;
use crate::fs::slashed;
use crate::git::{SubmodulePath, Superproject, relative_url};
use crate::repo::CommitId;

/// The repository that contains the file.
struct Outer {
    directory: PathBuf,
    origin: Option<String>,
    gitlinks: BTreeMap<String, CommitId>,
}

impl Outer {
    fn of(superproject: &Superproject) -> Result<Self, Error> {
        let directory = superproject.directory().to_owned();
        Ok(Self { directory, origin: superproject.origin(), gitlinks: superproject.gitlinks()? })
    }
}

/// Reads the submodules with the gitlinks of their repository. If the project is in it, they stay submodules.
pub(super) fn read_file(text: &Text, around: &Around<'_>) -> Result<Declaration, Error> {
    let outer = Superproject::at(&text.directory())?;
    let is_around = |outer: &Superproject| outer.path_of(around.project()).is_some();
    let mode = if outer.as_ref().is_some_and(is_around) { Mode::Submodule } else { Mode::Clone };
    read(text, outer.as_ref(), mode)
}

/// If the file is not in a repository, there are no pins.
fn read(text: &Text, outer: Option<&Superproject>, mode: Mode) -> Result<Declaration, Error> {
    let outer = outer.map(Outer::of).transpose()?;
    let outer = outer.as_ref();
    let mut declaration =
        Declaration { base: text.directory(), mode, has_pins: outer.is_some(), ..Declaration::default() };
    if outer.is_none() {
        let item = "the file is not at the top of a git repository, so there are no gitlinks and no pins";
        declaration.notes.push(text.whole().note(note::NO_PINS, "", item));
    }
    let mut paths: HashMap<PathBuf, usize> = HashMap::new();
    for section in submodules(text, &mut declaration)? {
        let name = section.subsection.clone().unwrap_or_default();
        let repo = submodule(&name, section, outer, &mut declaration);
        let Some(repo) = declaration.accept(&name, repo)? else { continue };
        if let Some(at) = paths.get(&repo.path) {
            // git, too, takes the last one.
            let first = std::mem::replace(&mut declaration.repos[*at], repo);
            let (repo, path) = (&declaration.repos[*at], first.path.display());
            let first = first.place.spot;
            let item =
                format!("`{path}` is also the path of another submodule, {first}: the last one counts");
            let note = repo.place.note(note::TWICE, &name, item);
            declaration.notes.push(note);
        } else {
            paths.insert(repo.path.clone(), declaration.repos.len());
            declaration.repos.push(repo);
        }
    }
    let declared: BTreeSet<String> = declaration.repos.iter().map(|repo| slashed(&repo.path)).collect();
    let refused: BTreeSet<String> = declaration.refused.iter().map(|(name, _)| name.clone()).collect();
    for (path, commit) in outer.into_iter().flat_map(|outer| &outer.gitlinks) {
        if !declared.contains(path) && !refused.contains(path) {
            let item = format!("the gitlink `{path}` at `{commit}`");
            declaration.notes.push(text.whole().note(note::PHANTOM, path, item));
        }
    }
    Ok(declaration)
}

/// The sections of submodules. As in git, sections of one name are one section, and the last value of a key counts.
fn submodules(text: &Text, declaration: &mut Declaration) -> Result<Vec<Section>, Error> {
    let mut submodules: Vec<Section> = Vec::new();
    let mut positions: HashMap<String, usize> = HashMap::new();
    for section in git_config::sections(text)? {
        let place = section.place.clone();
        let Some(name) = section.subsection.clone().filter(|_| section.name == "submodule") else {
            let item = format!("section `{}`", section.name);
            declaration.notes.push(place.note(note::SECTION, &section.name, item));
            continue;
        };
        if let Some(at) = positions.get(&name) {
            let first = &submodules[*at].place.spot;
            let item =
                format!("submodule `{name}` appears twice, first {first}: the last value of each key counts");
            declaration.notes.push(place.note(note::TWICE, &name, item));
            submodules[*at].variables.extend(section.variables);
        } else {
            positions.insert(name, submodules.len());
            submodules.push(section);
        }
    }
    Ok(submodules)
}

fn submodule(
    name: &str,
    section: Section,
    outer: Option<&Outer>,
    declaration: &mut Declaration,
) -> Result<Repo, Error> {
    let mut variables: HashMap<String, Variable> = HashMap::new();
    for variable in section.variables {
        let (key, place) = (variable.key.clone(), variable.place.clone());
        let value = variable.value.clone();
        if let Some(first) = variables.insert(key.clone(), variable)
            && first.value != value
            && first.place > section.place
        {
            let first = first.place.spot;
            let item =
                format!("`{key}` of submodule `{name}` appears twice, first {first}: the last one counts");
            declaration.notes.push(place.note(note::TWICE, name, item));
        }
    }
    let mut require = |key: &str| {
        let missing = || section.place.refuse(format!("submodule `{name}` has no `{key}`"));
        variables.remove(key).ok_or_else(missing)
    };
    let (path, address) = (require("path")?, require("url")?);
    let path = below(&path.value).ok_or_else(|| {
        path.place.refuse(format!("`{}` is not a path below the repository of `.gitmodules`", path.value))
    })?;
    let absolute = resolved(&address, outer, declaration)?;
    let mut repo = Repo::new(section.place.clone(), path, url(&absolute, &address.place)?);
    if let Some(branch) = variables.remove("branch") {
        if branch.value == "." {
            let item = format!("`branch = .` of submodule `{name}`");
            declaration.notes.push(branch.place.note(note::BRANCH, name, item));
        } else {
            repo.reference = Some(reference(&branch.value, &branch.place)?);
        }
    }
    if variables.remove("shallow").is_some_and(|shallow| shallow.value == "false") {
        repo.depth = Some(0);
    }
    let mut others: Vec<Variable> = variables.into_values().collect();
    others.sort_by(|a, b| a.key.cmp(&b.key));
    for Variable { place, key, value } in others {
        let shown = match key.as_str() {
            "update" if value == "checkout" => continue,
            // The command can contain a password, so the note does not show it.
            "update" if value.starts_with('!') => "a command".to_owned(),
            "update" => value,
            // In `.gitmodules` these keys keep their effect.
            _ if declaration.mode == Mode::Submodule => continue,
            _ => value,
        };
        let item = format!("`{key}` of submodule `{name}` ({shown})");
        declaration.notes.push(place.note(note::SUBMODULE_KEY, name, item));
    }
    look_inside(&mut repo, name, outer, declaration);
    Ok(repo)
}

/// Sets the pin, and adds a note if the submodule has submodules itself.
fn look_inside(repo: &mut Repo, name: &str, outer: Option<&Outer>, declaration: &mut Declaration) {
    let Some(outer) = outer else { return };
    repo.commit = outer.gitlinks.get(&slashed(&repo.path)).copied();
    if repo.commit.is_none() {
        let item = format!("submodule `{name}` has no gitlink: oca pins the current head of its branch");
        declaration.notes.push(repo.place.note(note::NO_PIN, name, item));
    }
    if declaration.base.join(&repo.path).join(".gitmodules").is_file() {
        declaration.notes.push(repo.place.note(note::NESTED, name, format!("submodule `{name}`")));
    }
}

/// The complete url, if it starts with `./` or `../`.
fn resolved(
    address: &Variable,
    outer: Option<&Outer>,
    declaration: &mut Declaration,
) -> Result<String, Error> {
    let Variable { place, value, .. } = address;
    if !value.starts_with("./") && !value.starts_with("../") {
        return Ok(value.clone());
    }
    let outside = |base: &str| {
        let hint = "write the whole url";
        place.refuse_with_hint(format!("`{value}` points outside `{}`", crate::repo::redact(base)), hint)
    };
    let Some(outer) = outer else {
        let why = format!(
            "`{value}` is relative to the remote of a repository, but the file is not in a repository"
        );
        return Err(place.refuse_with_hint(why, "write the whole url"));
    };
    if let Some(origin) = &outer.origin {
        return relative_url(origin, value).ok_or_else(|| outside(origin));
    }
    let own = outer.directory.to_string_lossy();
    let item = format!("`{value}` is resolved relative to `{own}`, because there is no remote `origin`");
    declaration.notes.push(place.note(note::ORIGIN, value, item));
    relative_url(&own, value).ok_or_else(|| outside(&own))
}

/// The normalised path of a submodule. `None` if it leaves the repository.
fn below(path: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let path = SubmodulePath::parse(&parts.join("/")).ok().filter(|_| !path.starts_with('/'))?;
    Some(PathBuf::from(&*path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_repository() {
        for path in ["../web", "/web", "a/../../b", "", ".", ".git/x", "a/GIT~1", "a\\b", "a\nb"] {
            assert_eq!(below(path), None, "{path}");
        }
        assert_eq!(below("./oca//web/"), Some(PathBuf::from("oca/web")));
    }
}
