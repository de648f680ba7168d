//! The entry of one repository in a git-aggregator file. doodba, ak and camptocamp use the same form.

use std::path::PathBuf;

use super::node::{Fields, MapEntry, Node, Value};
use super::{Declaration, Error, Note, Repo, SourcePlace, Surroundings, reference, url};
use crate::config::Merge;
use crate::repo::{CommitId, Reference, RemoteUrl, Series, redact};

/// The variable that contains the series in most of these files.
const SERIES: &str = "ODOO_VERSION";

/// Reads a git-aggregator file: a mapping of directories to entries.
pub(super) fn read(document: &Node, around: &Surroundings<'_>) -> Result<Declaration, Error> {
    let mut declaration = Declaration { series: series(around), ..Declaration::default() };
    for MapEntry { key, place, node } in document.map("the file")? {
        let body = body(key, place, node.fields(format!("`{key}`"))?, around)?;
        declaration.notes.extend(body.notes);
        declaration.repos.push(body.repo);
    }
    Ok(declaration)
}

/// The series, if the environment sets it in the variable that these tools read.
pub(super) fn series(around: &Surroundings<'_>) -> Option<Series> {
    Series::parse(&(around.variable)(SERIES)?).ok()
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
    around: &Surroundings<'_>,
) -> Result<Body, Error> {
    let remotes = remotes(&mut fields)?;
    let merges = fields.require("merges")?;
    let mut reader = Reader { key, around, remotes, used: Vec::new(), notes: Vec::new() };
    let mut sources = Vec::new();
    for item in merges.list("`merges`")? {
        sources.push(reader.source(item)?);
    }
    let Some((base, others)) = sources.split_first() else {
        return Err(merges.place.refuse("`merges` is empty, but at least one ref is required"));
    };
    let mut repo = Repo::new(place.clone(), PathBuf::from(key), base.url.clone());
    repo.depth = base.depth;
    if base.reference.starts_with("refs/pull/") {
        // A pull request cannot be the branch of a repository, but it can be merged.
        repo.merges.push(base.merge(&repo.url)?);
    } else {
        repo.reference = branch(&base.reference, &base.place)?;
    }
    for source in others {
        repo.merges.push(source.merge(&repo.url)?);
    }
    reader.defaults(&mut fields, &mut repo)?;
    let target = format!("{} {}", base.remote, base.reference);
    reader.rest(fields, &target)?;
    reader.unused_remotes();
    let refs = sources.iter().map(|source| (source.remote.clone(), source.written.clone())).collect();
    Ok(Body { repo, notes: reader.notes, refs })
}

/// The reference of a base. `None` means the branch of the series.
fn branch(word: &str, place: &SourcePlace) -> Result<Option<Reference>, Error> {
    if word == format!("${{{SERIES}}}") { Ok(None) } else { reference(word, place).map(Some) }
}

struct Remote {
    name: String,
    url: RemoteUrl,
    place: SourcePlace,
}

fn remotes(fields: &mut Fields<'_>) -> Result<Vec<Remote>, Error> {
    let entries = fields.require("remotes")?.map("`remotes`")?;
    let remotes = entries.iter().map(|MapEntry { key, place, node }| {
        let url = url(node.text(format!("the url of `{key}`"))?, place)?;
        Ok(Remote { name: key.clone(), url, place: place.clone() })
    });
    remotes.collect()
}

/// One entry of `merges`: a ref of a remote.
struct MergeSource {
    place: SourcePlace,
    remote: String,
    url: RemoteUrl,
    /// As written in the file, and with its variables replaced.
    written: String,
    reference: String,
    depth: Option<u32>,
}

impl MergeSource {
    /// The entry for `merges` of `repos.toml`. The repository's own remote needs no url.
    fn merge(&self, own: &RemoteUrl) -> Result<Merge, Error> {
        let url = (self.url != *own).then(|| self.url.clone());
        Merge::new(url, &self.reference).map_err(|invalid| self.place.refuse(invalid.to_string()))
    }
}

struct Reader<'a> {
    key: &'a str,
    around: &'a Surroundings<'a>,
    remotes: Vec<Remote>,
    used: Vec<String>,
    notes: Vec<Note>,
}

impl Reader<'_> {
    /// Reads `remote ref`, or a mapping of these two and a depth.
    fn source(&mut self, item: &Node) -> Result<MergeSource, Error> {
        let place = &item.place;
        let (remote, written, depth) = if let Value::Text(text) = &item.value {
            let [remote, reference] = text.split_whitespace().collect::<Vec<_>>()[..] else {
                let why = format!("`{}` in `merges` is not `REMOTE REF`", redact(text));
                return Err(place.refuse_with_hint(why, "write it as `- origin 18.0`"));
            };
            (remote.to_owned(), reference.to_owned(), None)
        } else {
            let mut fields = item.fields("an item of `merges`")?;
            let remote = fields.require("remote")?.text("`remote`")?.to_owned();
            let reference = fields.require("ref")?.text("`ref`")?.to_owned();
            let depth = self.depth(&mut fields)?;
            self.leave_out(fields, "a merge");
            (remote, reference, depth)
        };
        let Some(found) = self.remotes.iter().find(|known| known.name == remote) else {
            return Err(place.refuse(format!("`remotes` of `{}` has no `{remote}`", self.key)));
        };
        let url = found.url.clone();
        let reference = self.expand(&written, place)?;
        self.used.push(remote.clone());
        Ok(MergeSource { place: place.clone(), remote, url, written, reference, depth })
    }

    /// A ref with its variables replaced. The variable of the series may be unset, because the branch of the series is
    /// the default.
    fn expand(&self, word: &str, place: &SourcePlace) -> Result<String, Error> {
        let word = super::braced(word);
        let mut expanded = String::new();
        let mut rest = word.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            let value = self.around.series.filter(|_| name == SERIES).map(|series| series.to_string());
            expanded.push_str(before);
            match value.or_else(|| (self.around.variable)(name)) {
                Some(value) => expanded.push_str(&value),
                None if name == SERIES && word.len() == SERIES.len() + 3 => return Ok(word),
                None => {
                    let hint = if name == SERIES { "name the series, as in `--odoo 18.0`" } else { "set it" };
                    return Err(place.refuse_with_hint(format!("`{name}` is not set"), hint));
                }
            }
            rest = behind;
        }
        Ok(expanded + rest)
    }

    fn depth(&mut self, fields: &mut Fields<'_>) -> Result<Option<u32>, Error> {
        let Some(node) = fields.take("depth") else { return Ok(None) };
        let text = node.text("`depth`")?;
        let variable = text.strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
        let value = match variable {
            None => Some(text.to_owned()),
            Some(name) => (self.around.variable)(name),
        };
        match value.map(|value| value.parse()) {
            Some(Ok(depth)) => Ok(Some(depth)),
            Some(Err(_)) => Err(node.place.refuse(format!("`depth` is `{text}`, which is not a number"))),
            // These variables of doodba contain the depths that doodba prefers. oca has its own default.
            None if matches!(variable, Some("DEPTH_DEFAULT" | "DEPTH_MERGE")) => Ok(None),
            None => Err(node.place.refuse_with_hint(format!("`{text}` is not set"), "set it")),
        }
    }

    fn defaults(&mut self, fields: &mut Fields<'_>, repo: &mut Repo) -> Result<(), Error> {
        let Some(node) = fields.take("defaults").filter(|node| !node.is_null()) else { return Ok(()) };
        let mut defaults = node.fields("`defaults`")?;
        let depth = self.depth(&mut defaults)?;
        repo.depth = repo.depth.or(depth);
        self.leave_out(defaults, "`defaults`");
        Ok(())
    }

    /// Adds a note for each key that only git-aggregator supports.
    fn rest(&mut self, fields: Fields<'_>, base: &str) -> Result<(), Error> {
        let of = self.key;
        for MapEntry { key, place, node } in fields.left() {
            match key.as_str() {
                "target" => {
                    let target = node.text("`target`")?;
                    let says_more = target.contains(' ') && super::braced(target) != base && target != base;
                    let text = format!("target `{target}` of `{of}` is left out: oca never pushes");
                    self.notes.extend(says_more.then(|| place.note(text)));
                }
                "shell_command_after" => {
                    // The command can contain a password, so the note does not show it.
                    for (_, place) in node.texts("`shell_command_after`")? {
                        let text = format!("a command of `{of}` is left out: oca runs no commands");
                        self.notes.push(place.note(text));
                    }
                }
                "fetch_all" => {
                    let text = format!("`fetch_all` of `{of}` is left out: oca fetches what it needs");
                    self.notes.push(place.note(text));
                }
                _ => self
                    .notes
                    .push(place.note(format!("`{key}` of `{of}` is left out: oca does not know this key"))),
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, fields: Fields<'_>, what: &str) {
        for MapEntry { key, place, .. } in fields.left() {
            let text = format!("`{key}` in {what} of `{}` is left out", self.key);
            self.notes.push(place.note(text));
        }
    }

    fn unused_remotes(&mut self) {
        for Remote { name, url, place } in
            self.remotes.iter().filter(|remote| !self.used.contains(&remote.name))
        {
            let text =
                format!("remote `{name}` of `{}`, `{url}`, is left out: `merges` does not use it", self.key);
            self.notes.push(place.note(text));
        }
    }
}

/// A complete commit id, as in a frozen file.
pub(super) fn commit(node: &Node) -> Result<CommitId, Error> {
    let text = node.text("a commit")?;
    CommitId::parse(text).map_err(|invalid| node.place.refuse(invalid.to_string()))
}
