//! Edits of `merges` and `patches`: entries are added at the end. Merges are found by their source, in whatever form
//! they are written.

use std::ops::Range;

use toml_edit::{Array, Item, Table, TableLike, Value};

use super::positions::find;
use super::text::{Stuck, Text, stuck};
use super::{Draft, table_of};
use crate::config::{Error, Merge, values};
use crate::repo::{CorePart, MergeRef, MergeSource, RemoteUrl, RepoName};

const KEY: &str = "merges";
const PATCHES: &str = "patches";

/// The list `merges` or `patches` of a repository: in the settings of a profile, or in `[repos.NAME]` or `[core]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MergeList {
    repo: RepoName,
    /// What the repository is of Odoo itself.
    part: Option<CorePart>,
    /// The profile with the settings.
    pub(crate) profile: Option<String>,
}

impl MergeList {
    /// The list for all profiles. `part` is what the repository is of Odoo itself.
    pub(crate) fn shared(repo: &RepoName, part: Option<CorePart>) -> Self {
        Self { repo: repo.clone(), part, profile: None }
    }

    /// The list of one profile.
    pub(crate) fn of_profile(&self, profile: &str) -> Self {
        Self { profile: Some(profile.to_owned()), ..self.clone() }
    }

    fn table(&self) -> Vec<&str> {
        table_of(&self.repo, self.part, self.profile.as_deref())
    }

    /// The header of its table.
    pub(crate) fn header(&self) -> String {
        stuck(&self.table()).0
    }
}

impl Draft {
    /// The list that decides what is merged into a repository of a profile, whether it is there or not. `shared` is
    /// the one for all profiles.
    pub(crate) fn merge_list(&self, profile: &str, shared: &MergeList) -> MergeList {
        self.deciding(KEY, profile, shared)
    }

    /// The same for its patches.
    pub(crate) fn patch_list(&self, profile: &str, shared: &MergeList) -> MergeList {
        self.deciding(PATCHES, profile, shared)
    }

    fn deciding(&self, key: &str, profile: &str, shared: &MergeList) -> MergeList {
        let mut pending = vec![profile.to_owned()];
        let mut seen: Vec<String> = Vec::new();
        while let Some(next) = pending.pop() {
            let list = shared.of_profile(&next);
            if self.text.has(&list.table(), key) {
                return list;
            }
            // The settings of the first extended profile, with all that it extends, count before those of the second.
            let parents = self.text.words(&["profiles", &next], "extends");
            seen.push(next);
            pending.extend(parents.into_iter().rev().filter(|parent| !seen.contains(parent)));
        }
        shared.clone()
    }

    /// What a list merges, without secrets.
    pub(crate) fn merges(&self, list: &MergeList) -> Vec<MergeSource> {
        self.text.merges(&list.table()).into_iter().flatten().flatten().collect()
    }

    /// Appends a merge to a list. If a profile gets its first merge, it also gets those for all profiles, which it
    /// replaces.
    pub(crate) fn add_merge(&mut self, list: &MergeList, merge: &Merge) -> Result<(), Error> {
        let table = list.table();
        self.change(|text| text.open(&table, "url").map(drop))?;
        if list.profile.is_some() && !self.text.has(&table, KEY) {
            for text in self.text.merge_texts(&MergeList::shared(&list.repo, list.part).table()) {
                self.change(|draft| draft.push_value(&table, KEY, &text))?;
            }
        }
        self.change(|text| text.push_value(&table, KEY, &merge.to_toml()))
    }

    /// Writes a remark behind a merge, if it has its own line and no remark yet.
    pub(crate) fn remark_merge(&mut self, list: &MergeList, source: &MergeSource, remark: &str) {
        self.text.remark(&list.table(), source, remark);
    }

    /// Appends a patch to a list.
    pub(crate) fn add_patch(&mut self, list: &MergeList, path: &str) -> Result<(), Error> {
        let table = list.table();
        self.change(|text| text.open(&table, "url")?.push(&table, PATCHES, path))
    }

    /// The entry of a list that declares a patch.
    pub(crate) fn patch(&self, list: &MergeList, path: &str) -> Option<String> {
        let is_it = |entry: &String| values::patch(entry).is_ok_and(|known| known == path);
        self.text.words(&list.table(), PATCHES).into_iter().find(is_it)
    }

    /// Removes a patch from a list. If nothing is left, it removes the list, unless the empty list is needed to replace
    /// another one. Returns whether the patch was there.
    pub(crate) fn remove_patch(&mut self, list: &MergeList, path: &str) -> Result<bool, Error> {
        let Some(entry) = self.patch(list, path) else { return Ok(false) };
        let table = list.table();
        self.change(|text| text.take(&table, PATCHES, &entry))?;
        self.drop_if_unused(list, PATCHES)?;
        Ok(true)
    }

    /// Removes a merge from a list. If nothing is left, it removes the list, unless the empty list is needed to replace
    /// another one. Returns whether the merge was there.
    pub(crate) fn remove_merge(&mut self, list: &MergeList, source: &MergeSource) -> Result<bool, Error> {
        let table = list.table();
        if !self.merges(list).contains(&source.without_secret()) {
            return Ok(false);
        }
        self.change(|text| text.take_merge(&table, source))?;
        self.drop_if_unused(list, KEY)?;
        Ok(true)
    }

    /// Removes an empty list, unless it replaces another one.
    fn drop_if_unused(&mut self, list: &MergeList, key: &str) -> Result<(), Error> {
        let table = list.table();
        if self.text.entries(&table, key) != Some(0) {
            return Ok(());
        }
        let mut without = self.clone();
        without.change(|text| text.drop(&[&table[..], &[key]].concat()))?;
        let is_needed = list.profile.as_ref().is_some_and(|profile| {
            let next = without.deciding(key, profile, &MergeList::shared(&list.repo, list.part));
            without.text.entries(&next.table(), key).is_some_and(|entries| entries > 0)
        });
        if !is_needed {
            // An empty table still declares a part of Odoo itself.
            if list.part.is_none() {
                without.change(|text| text.drop_if_empty(&table))?;
            }
            *self = without;
        }
        Ok(())
    }
}

impl Text {
    /// If a string stands for a table with this one key, writes it as that table.
    pub(super) fn open(&mut self, path: &[&str], key: &str) -> Result<&mut Self, Stuck> {
        let document = self.document().map_err(|_| stuck(path))?;
        if let Some(Item::Value(value @ Value::String(_))) = find(&document, path) {
            let span = value.span().ok_or_else(|| stuck(path))?;
            let table = format!("{{ {key} = {} }}", &self.0[span.clone()]);
            self.apply(vec![(span, table)]);
        }
        Ok(self)
    }

    /// The number of entries of a list. `None` if there is no list.
    fn entries(&self, table: &[&str], key: &str) -> Option<usize> {
        let document = self.document().ok()?;
        Some(find(&document, table)?.get(key)?.as_array()?.len())
    }

    /// What a list merges, in its order. `None` for an entry that is not valid, or if there is no list.
    fn merges(&self, table: &[&str]) -> Option<Vec<Option<MergeSource>>> {
        let document = self.document().ok()?;
        let list = find(&document, table)?.get(KEY)?.as_array()?;
        Some(list.iter().map(source_of).collect())
    }

    /// The entries of a list as they are written.
    fn merge_texts(&self, table: &[&str]) -> Vec<String> {
        let Ok(document) = self.document() else { return Vec::new() };
        let list = find(&document, table).and_then(|table| table.get(KEY)).and_then(Item::as_array);
        list.into_iter().flatten().filter_map(|value| Some(self.0[value.span()?].to_owned())).collect()
    }

    fn take_merge(&mut self, table: &[&str], source: &MergeSource) -> Result<(), Stuck> {
        let document = self.document().map_err(|_| stuck(table))?;
        let Some((list, place)) = place_of(find(&document, table), source) else { return Ok(()) };
        let spans: Option<Vec<Range<usize>>> = list.iter().map(Value::span).collect();
        let (spans, list) = spans.zip(list.span()).ok_or_else(|| stuck(table))?;
        let mut changes = self.without(&spans, place, list.end - 1);
        let above = self.comments_of(&spans, place, list.start, source);
        changes.extend(above.map(|range| (range, String::new())));
        self.apply(changes);
        Ok(())
    }

    /// The lines directly above an entry that are comments and name the merge. Other comments may be about all entries.
    fn comments_of(
        &self,
        spans: &[Range<usize>],
        place: usize,
        open: usize,
        source: &MergeSource,
    ) -> Option<Range<usize>> {
        let word = match source.as_request() {
            Some(number) => number.to_string(),
            None => source.reference.to_string(),
        };
        let earliest = place.checked_sub(1).map_or(open, |before| spans[before].end);
        self.indent(spans[place].start, earliest)?;
        let end = self.line_start(spans[place].start);
        let mut start = end;
        let mut names_it = false;
        while let Some(above) = self.line_above(start).filter(|&above| above > earliest) {
            let line = self.0[above..start].trim();
            if !line.starts_with('#') {
                break;
            }
            names_it |= line.contains(&word);
            start = above;
        }
        (names_it && start < end).then_some(start..end)
    }

    fn remark(&mut self, table: &[&str], source: &MergeSource, remark: &str) {
        let Ok(document) = self.document() else { return };
        let Some((list, place)) = place_of(find(&document, table), source) else { return };
        let before = match place.checked_sub(1) {
            Some(before) => list.get(before).and_then(Value::span).map(|span| span.end),
            None => list.span().map(|span| span.start),
        };
        let Some((before, span)) = before.zip(list.get(place).and_then(Value::span)) else { return };
        let line = self.0[span.end..].lines().next().unwrap_or_default();
        if self.indent(span.start, before).is_some() && ["", ","].contains(&line.trim()) {
            let at = span.end + line.trim_end().len();
            self.apply(vec![(at..at, format!(" # {remark}"))]);
        }
    }

    /// Removes a table that has no key and no comment.
    fn drop_if_empty(&mut self, table: &[&str]) -> Result<(), Stuck> {
        let document = self.document().map_err(|_| stuck(table))?;
        let Some(item) = find(&document, table) else { return Ok(()) };
        if !item.as_table_like().is_some_and(TableLike::is_empty) {
            return Ok(());
        }
        let end = item.as_table().and_then(Table::span).map(|span| span.end);
        let below = end.and_then(|end| self.0[end..].lines().nth(1)).unwrap_or_default();
        if below.trim_start().starts_with('#') { Ok(()) } else { self.drop(table) }
    }
}

/// The list in a table, and the position of a merge in it.
fn place_of<'d>(table: Option<&'d Item>, source: &MergeSource) -> Option<(&'d Array, usize)> {
    let list = table?.get(KEY)?.as_array()?;
    let wanted = Some(source.without_secret());
    let place = list.iter().position(|value| source_of(value) == wanted)?;
    Some((list, place))
}

/// The source of an entry, without secrets. The configuration was read before, so each entry is valid.
fn source_of(value: &Value) -> Option<MergeSource> {
    let source = match value {
        Value::String(text) => MergeSource::parse(text.value()).ok()?,
        Value::InlineTable(table) => {
            let text = |key: &str| table.get(key).and_then(Value::as_str);
            let number = ["pr", "mr"].iter().find_map(|key| table.get(key)?.as_integer());
            match number {
                Some(number) => MergeSource::request(u64::try_from(number).ok()?),
                None => MergeSource {
                    url: text("url").map(RemoteUrl::parse).transpose().ok()?,
                    reference: MergeRef::named(text("ref")?).ok()?,
                },
            }
        }
        _ => return None,
    };
    Some(source.without_secret())
}
