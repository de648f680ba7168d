//! `oca_dependencies.txt`: the repositories that a repository of modules needs, one in a line, as
//! `NAME [URL [BRANCH [COMMIT]]]`.

use std::path::Path;

use super::around::Around;
use super::{Declaration, Error, Repo, SourcePlace, Text, reference, url};
use crate::config::PATH;
use crate::repo::CommitId;

pub(super) fn read(text: &Text, around: &Around<'_>) -> Result<Declaration, Error> {
    // The tools that read this file check the repositories out elsewhere.
    let base = around.project().to_owned();
    let mut declaration = Declaration { base, series: around.in_variable(), ..Declaration::default() };
    for (at, line) in text.text.lines().enumerate() {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        let [name, rest @ ..] = words.as_slice() else { continue };
        let repo = repo(name, rest, &text.line(at + 1));
        if let Some(repo) = declaration.accept(name, repo)? {
            declaration.has_pins |= repo.commit.is_some();
            declaration.repos.push(repo);
        }
    }
    Ok(declaration)
}

fn repo(name: &str, rest: &[&str], place: &SourcePlace) -> Result<Repo, Error> {
    let directory = name.rsplit('/').next().unwrap_or(name);
    let default = format!("https://github.com/OCA/{directory}.git");
    let address = url(rest.first().unwrap_or(&default.as_str()), place)?;
    let mut repo = Repo::new(place.clone(), Path::new(PATH).join(directory), address);
    if let Some(branch) = rest.get(1) {
        repo.reference = Some(reference(branch, place)?);
    }
    match rest.get(2) {
        // A person wrote this commit, so an update must not move it.
        Some(commit) => {
            let commit = CommitId::parse(commit).map_err(|invalid| place.refuse(invalid.to_string()))?;
            (repo.commit, repo.hold) = (Some(commit), true);
        }
        None if rest.len() > 3 => return Err(place.refuse("the line has too many words")),
        None => {}
    }
    Ok(repo)
}
