//! The entry of one repository in a git-aggregator file. doodba, ak and camptocamp use the same form.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use super::around::{Around, SERIES};
use super::node::{Fields, MapEntry, Node, Value};
use super::{
    Declaration, Error, Note, Repo, RepoMerge, SourcePlace, expanding_url, merge_of, note, reference,
};
use crate::repo::{CommitId, Reference, RemoteUrl, Series, redact};

/// Reads a git-aggregator file: a mapping of directories to entries.
pub(super) fn read(document: &Node, around: &Around<'_>) -> Result<Declaration, Error> {
    let mut declaration = Declaration { series: around.in_variable(), ..Declaration::default() };
    for MapEntry { key, place, node } in document.map("the file")? {
        let body = node.fields(format!("`{key}`")).and_then(|fields| body(key, place, fields, around));
        if let Some(body) = declaration.accept(key, body)? {
            declaration.notes.extend(body.notes);
            declaration.repos.push(body.repo);
        }
    }
    Ok(declaration)
}

/// The content of an entry.
pub(super) struct Body {
    pub(super) repo: Repo,
    pub(super) notes: Vec<Note>,
    /// The refs that are merged, as (remote, ref), the base first. Frozen commits have these pairs as keys.
    pub(super) refs: Vec<(String, String)>,
}

/// Reads the entry of the repository in the directory `key`.
pub(super) fn body(
    key: &str,
    place: &SourcePlace,
    mut fields: Fields<'_>,
    around: &Around<'_>,
) -> Result<Body, Error> {
    let remotes = remotes(&mut fields)?;
    let target = fields.take("target").filter(|target| !target.is_null());
    let positions = remotes.iter().enumerate().map(|(at, remote)| (remote.name.clone(), at)).collect();
    let used = HashSet::new();
    let mut reader = Reader { key, around, remotes, positions, used, notes: Vec::new() };
    // Without `merges`, the target is all that names a branch.
    let alone = target.filter(|target| words(target).len() == 2 && fields.keys().all(|key| key != "merges"));
    let (merges, items) = if let Some(target) = alone {
        (target, std::slice::from_ref(target))
    } else {
        let merges = fields.require("merges")?;
        (merges, merges.list(format!("`merges` of `{key}`"))?)
    };
    let sources = items.iter().map(|item| reader.source(item)).collect::<Result<Vec<_>, Error>>()?;
    let Some((base, others)) = sources.split_first() else {
        let why = format!("`merges` of `{key}` is empty, but at least one ref is required");
        return Err(merges.place.refuse(why));
    };
    let mut repo = Repo::new(place.clone(), PathBuf::from(key), base.url.clone());
    repo.depth = base.depth;
    repo.is_expanded = sources.iter().any(|source| source.is_expanded);
    if super::request(&base.reference).is_some() {
        // A pull request cannot be the branch of a repository, but it can be merged.
        repo.merges.push(base.merge(&repo.url)?);
        let item = format!("`{key}` begins with the request `{}`, which oca merges", base.written);
        reader.notes.push(base.place.note(note::REQUEST_FIRST, key, item));
    } else {
        repo.reference = branch(&base.reference, &base.place)?;
    }
    for source in others {
        repo.merges.push(source.merge(&repo.url)?);
    }
    if let Some(target) = target {
        reader.target(target, base, &mut repo);
    }
    reader.defaults(&mut fields, &mut repo)?;
    reader.rest(fields)?;
    reader.unused_remotes();
    let refs = sources.iter().map(|source| (source.remote.clone(), source.written.clone())).collect();
    Ok(Body { repo, notes: reader.notes, refs })
}

/// The words of a target: a branch, or a remote and its branch.
fn words(target: &Node) -> Vec<&str> {
    target.text("`target`").unwrap_or_default().split_whitespace().collect()
}

/// The reference of a base. `None` means the branch of the series.
fn branch(word: &str, place: &SourcePlace) -> Result<Option<Reference>, Error> {
    if word == format!("${{{SERIES}}}") { Ok(None) } else { reference(word, place).map(Some) }
}

struct Remote {
    name: String,
    /// A url that is not valid is an error only if a merge uses it.
    url: Result<RemoteUrl, Error>,
    place: SourcePlace,
}

fn remotes(fields: &mut Fields<'_>) -> Result<Vec<Remote>, Error> {
    let entries = fields.require("remotes")?.map("`remotes`")?;
    let remotes = entries.iter().map(|MapEntry { key, place, node }| Remote {
        name: key.clone(),
        url: node.text(format!("the url of `{key}`")).and_then(|text| expanding_url(text, place)),
        place: place.clone(),
    });
    Ok(remotes.collect())
}

/// One entry of `merges`: a ref of a remote.
struct MergeSource {
    place: SourcePlace,
    remote: String,
    url: RemoteUrl,
    /// As written in the file, and with its variables replaced.
    written: String,
    reference: String,
    /// Whether a variable other than that of the series was replaced.
    is_expanded: bool,
    depth: Option<u32>,
}

impl MergeSource {
    /// The entry for `merges` of `repos.toml`.
    fn merge(&self, own: &RemoteUrl) -> Result<RepoMerge, Error> {
        let merge = merge_of(own, &self.url, &self.reference, &self.place)?;
        Ok(RepoMerge { merge, place: self.place.clone(), commit: None, remarks: Vec::new() })
    }
}

struct Reader<'a> {
    key: &'a str,
    around: &'a Around<'a>,
    remotes: Vec<Remote>,
    /// The position of each remote, by its name.
    positions: HashMap<String, usize>,
    /// The names of the remotes that a merge uses.
    used: HashSet<String>,
    notes: Vec<Note>,
}

impl Reader<'_> {
    /// Reads `remote ref`, or a mapping of these two and a depth.
    fn source(&mut self, item: &Node) -> Result<MergeSource, Error> {
        let place = &item.place;
        let (remote, written, depth) = if let Value::Text(text) = &item.value {
            let [remote, reference] = text.split_whitespace().collect::<Vec<_>>()[..] else {
                let why = format!("`{}` in `merges` of `{}` is not `REMOTE REF`", redact(text), self.key);
                return Err(place.refuse_with_hint(why, "write it as `- origin 18.0`"));
            };
            (remote.to_owned(), reference.to_owned(), None)
        } else {
            let mut fields = item.fields(format!("an item of `merges` of `{}`", self.key))?;
            let remote = fields.require("remote")?.text("`remote`")?.to_owned();
            let reference = fields.require("ref")?.text("`ref`")?.to_owned();
            let depth = self.depth(&mut fields)?;
            self.leave_out(fields, "a merge");
            (remote, reference, depth)
        };
        let Some(found) = self.positions.get(&remote).copied() else {
            return Err(place.refuse(format!("`remotes` of `{}` has no `{remote}`", self.key)));
        };
        let url = match &self.remotes[found].url {
            Ok(url) => url.clone(),
            // The error ends the entry, so nothing looks for a remote any more.
            Err(_) => return self.remotes.swap_remove(found).url.map(|_| unreachable!("an error")),
        };
        let (reference, is_expanded) = self.expand(&written, place)?;
        self.used.insert(remote.clone());
        Ok(MergeSource { place: place.clone(), remote, url, written, reference, is_expanded, depth })
    }

    /// A ref with its variables replaced, and whether there was one other than that of the series. The variable of the
    /// series may be unset, because the branch of the series is the default.
    fn expand(&self, word: &str, place: &SourcePlace) -> Result<(String, bool), Error> {
        let word = super::braced(word);
        let is_series = word.len() == SERIES.len() + 3;
        let mut expanded = String::new();
        let mut is_expanded = false;
        let mut rest = word.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            let value = self.around.asked().filter(|_| name == SERIES).map(|series| series.to_string());
            expanded.push_str(before);
            is_expanded |= name != SERIES;
            match value.or_else(|| self.around.variable(name)) {
                Some(value) => expanded.push_str(&value),
                None if name == SERIES && is_series => return Ok((word, false)),
                None => match self.around.named().filter(|_| name == SERIES) {
                    Some(series) => expanded.push_str(&series.to_string()),
                    None => return Err(self.unset(name, place)),
                },
            }
            rest = behind;
        }
        Ok((expanded + rest, is_expanded))
    }

    fn unset(&self, name: &str, place: &SourcePlace) -> Error {
        let hint = match name {
            SERIES => "add the series to the command, such as `--odoo 18.0`".to_owned(),
            _ => format!("set the environment variable `{name}`, and run this again"),
        };
        place.refuse_with_hint(format!("the variable `{name}` of `{}` is not set", self.key), hint)
    }

    /// A depth that is not a number, or whose variable is not set, is left out: oca has its own default.
    fn depth(&mut self, fields: &mut Fields<'_>) -> Result<Option<u32>, Error> {
        let Some(node) = fields.take("depth").filter(|node| !node.is_null()) else { return Ok(None) };
        let text = node.text(format!("`depth` of `{}`", self.key))?;
        let variable = text.strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
        let value = match variable {
            None => Some(text.to_owned()),
            Some(name) => self.around.variable(name),
        };
        let depth = value.as_ref().and_then(|value| value.parse().ok());
        // These variables of doodba contain the depths that doodba prefers.
        let is_known = matches!(variable, Some("DEPTH_DEFAULT" | "DEPTH_MERGE")) && value.is_none();
        if depth.is_none() && !is_known {
            let why = match value {
                Some(_) => "is not a number",
                None => "is not set",
            };
            let item = format!("`depth` of `{}` is left out: `{text}` {why}", self.key);
            self.notes.push(node.place.note(note::DEPTH, self.key, item));
        }
        Ok(depth)
    }

    fn defaults(&mut self, fields: &mut Fields<'_>, repo: &mut Repo) -> Result<(), Error> {
        let Some(node) = fields.take("defaults").filter(|node| !node.is_null()) else { return Ok(()) };
        let mut defaults = node.fields(format!("`defaults` of `{}`", self.key))?;
        let depth = self.depth(&mut defaults)?;
        repo.depth = repo.depth.or(depth);
        self.leave_out(defaults, "`defaults`");
        Ok(())
    }

    /// Reads the target: the branch to which git-aggregator pushes the result. It tells the series of a base that does not
    /// name it.
    fn target(&mut self, target: &Node, base: &MergeSource, repo: &mut Repo) {
        let [remote, word] = words(target)[..] else { return };
        let expanded = self.expand(word, &target.place).ok().map(|(word, _)| word);
        // A target that names the base says nothing new.
        if remote == base.remote && (word == base.written || expanded.as_ref() == Some(&base.reference)) {
            return;
        }
        let series = expanded.filter(|_| repo.reference.is_none()).filter(|word| Series::parse(word).is_ok());
        if let Some(branch) = series.and_then(|series| Reference::branch(&series).ok()) {
            repo.reference = Some(branch);
        } else {
            let item = format!("target `{remote} {word}` of `{}`", self.key);
            self.notes.push(target.place.note(note::TARGET, self.key, item));
        }
    }

    /// Adds a note for each key that only git-aggregator supports.
    fn rest(&mut self, fields: Fields<'_>) -> Result<(), Error> {
        let of = self.key;
        for MapEntry { key, place, node } in fields.left() {
            match key.as_str() {
                "shell_command_after" => self.notes.extend(commands(of, node)?),
                "fetch_all" => {
                    self.notes.push(place.note(note::FETCH, of, format!("`fetch_all` of `{of}`")));
                }
                _ => self.notes.push(place.note(note::KEY, of, format!("`{key}` of `{of}`"))),
            }
        }
        Ok(())
    }

    /// `shallow-since` and the like only say how much is fetched.
    fn leave_out(&mut self, fields: Fields<'_>, what: &str) {
        for MapEntry { key, place, .. } in fields.left() {
            let topic = if key.starts_with("shallow-") { note::FETCH } else { note::KEY };
            let item = format!("`{key}` in {what} of `{}`", self.key);
            self.notes.push(place.note(topic, self.key, item));
        }
    }

    fn unused_remotes(&mut self) {
        for Remote { name, url, place } in
            self.remotes.iter().filter(|remote| !self.used.contains(&remote.name))
        {
            let of = self.key;
            // `target: oca 17.0` below `remotes` is one level too deep; as a url, it would be a path with a blank.
            let is_path = |url: &&RemoteUrl| !url.as_str().contains(' ') || url.as_str().contains('/');
            self.notes.push(if let Some(url) = url.as_ref().ok().filter(is_path) {
                place.note(note::REMOTE, of, format!("remote `{name}` of `{of}`, `{url}`,"))
            } else {
                let item = format!("remote `{name}` of `{of}` is left out: its url is not valid");
                place.note(note::BAD_REMOTE, of, item)
            });
        }
    }
}

/// A note for each command of a repository. A command can contain a password, so the note does not show it.
pub(super) fn commands(of: &str, node: &Node) -> Result<Vec<Note>, Error> {
    let commands = node.texts(format!("`shell_command_after` of `{of}`"))?.into_iter();
    let to_note = |(command, place): (&str, &SourcePlace)| {
        let is_patch = ["git am ", "git apply ", "patch "].iter().any(|begin| command.contains(begin));
        if is_patch || command.ends_with("git am") || command.ends_with("git apply") {
            place.note(note::PATCH, of, format!("a patch command of `{of}`"))
        } else {
            place.note(note::COMMAND, of, format!("a command of `{of}`"))
        }
    };
    Ok(commands.map(to_note).collect())
}

/// A complete commit id, as in a frozen file.
pub(super) fn commit(node: &Node) -> Result<CommitId, Error> {
    let text = node.text("a commit")?;
    CommitId::parse(text).map_err(|invalid| node.place.refuse(invalid.to_string()))
}
