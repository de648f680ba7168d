//! `.gitmodules`, with the gitlinks of its repository as pins.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use super::git_config::{self, Section, Variable};
use super::{Declaration, Error, Repo, SourcePlace, Text, reference, url};
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

/// Reads the submodules. If the file is not in a repository, there are no pins.
pub(super) fn read(text: &Text, outer: Option<&Superproject>) -> Result<Declaration, Error> {
    let outer = outer.map(Outer::of).transpose()?;
    let outer = outer.as_ref();
    let mut declaration =
        Declaration { base: text.directory(), has_pins: outer.is_some(), ..Declaration::default() };
    if outer.is_none() {
        let words = "the file is not at the top of a git repository, so there are no gitlinks and no pins";
        declaration.notes.push(text.whole().note(words));
    }
    let mut names: HashMap<String, SourcePlace> = HashMap::new();
    let mut paths: HashMap<PathBuf, SourcePlace> = HashMap::new();
    for section in git_config::sections(text)? {
        let place = section.place.clone();
        let Some(name) = section.subsection.clone().filter(|_| section.name == "submodule") else {
            declaration.notes.push(place.note(format!("section `{}` is left out", section.name)));
            continue;
        };
        if let Some(first) = names.insert(name.clone(), place.clone()) {
            return Err(place.refuse(format!("submodule `{name}` appears twice, first {}", first.spot)));
        }
        let repo = submodule(&name, section, outer, &mut declaration)?;
        if let Some(first) = paths.insert(repo.path.clone(), place.clone()) {
            let path = repo.path.display();
            return Err(
                place.refuse(format!("`{path}` is also the path of another submodule, {}", first.spot))
            );
        }
        declaration.repos.push(repo);
    }
    let declared: BTreeSet<String> = declaration.repos.iter().map(|repo| slashed(&repo.path)).collect();
    for (path, commit) in outer.into_iter().flat_map(|outer| &outer.gitlinks) {
        if !declared.contains(path) {
            let words =
                format!("the gitlink `{path}` at `{commit}` has no entry in this file and is left out");
            declaration.notes.push(text.whole().note(words));
        }
    }
    Ok(declaration)
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
        if let Some(first) = variables.insert(key.clone(), variable) {
            let why = format!("`{key}` of submodule `{name}` appears twice, first {}", first.place.spot);
            return Err(place.refuse(why));
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
            let text =
                format!("`branch = .` of submodule `{name}` is left out: oca uses the branch of the series");
            declaration.notes.push(branch.place.note(text));
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
            _ => value,
        };
        let text = format!("`{key}` of submodule `{name}` ({shown}) is left out");
        declaration.notes.push(place.note(text));
    }
    look_inside(&mut repo, name, outer, declaration);
    Ok(repo)
}

/// Sets the pin, and adds a note if the submodule has submodules itself.
fn look_inside(repo: &mut Repo, name: &str, outer: Option<&Outer>, declaration: &mut Declaration) {
    let Some(outer) = outer else { return };
    repo.commit = outer.gitlinks.get(&slashed(&repo.path)).copied();
    if repo.commit.is_none() {
        let text = format!("submodule `{name}` has no gitlink: oca pins the current head of its branch");
        declaration.notes.push(repo.place.note(text));
    }
    if declaration.base.join(&repo.path).join(".gitmodules").is_file() {
        let text = format!("submodule `{name}` has submodules of its own, which are left out");
        declaration.notes.push(repo.place.note(text));
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
    declaration.notes.push(
        place.note(format!("`{value}` is resolved relative to `{own}`, because there is no remote `origin`")),
    );
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
