//! Translations: a `.po` file is merged entry by entry.
//!
//! - An entry that one side changed is taken from that side; its order, its comments and its references are those of
//!   ours wherever ours has the entry.
//! - If both sides changed a translation, ours is used: a translation platform writes both, and the next run writes it
//!   again. An empty translation counts as none.
//! - An entry that ours removed stays removed: the text is not in the code any more. An entry that theirs removed is
//!   removed unless ours changed its translation.
//! - New entries of theirs follow those of ours. Obsolete entries (`#~`) come last.
//! - If both sides changed the header, the side with the later `PO-Revision-Date` has it.

use std::collections::{HashMap, HashSet};

/// What an entry translates: its context and its text, as they are written, and whether it is obsolete.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
struct Key {
    is_obsolete: bool,
    context: Option<String>,
    text: String,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Entry {
    key: Key,
    /// Lines that begin with `#`, without the flags.
    comments: Vec<String>,
    /// Lines such as `#, fuzzy` and `#| msgid "the text before"`: they belong to the translation.
    flags: Vec<String>,
    /// The lines of `msgctxt`, `msgid` and `msgid_plural`.
    source: Vec<String>,
    /// The lines of `msgstr`.
    translation: Vec<String>,
}

impl Entry {
    fn is_header(&self) -> bool {
        self.key == Key::default()
    }

    fn is_translated(&self) -> bool {
        self.translation.iter().any(|line| !line.ends_with("\"\"") || line.ends_with("\\\"\""))
    }

    /// Whether both have the same translation, however its lines are broken.
    fn is_same_translation(&self, other: &Self) -> bool {
        let joined = |entry: &Self| -> Vec<String> {
            let mut texts: Vec<String> = Vec::new();
            for line in &entry.translation {
                match texts.last_mut().filter(|_| !line.contains("msgstr")) {
                    Some(text) => text.push_str(quoted(line).unwrap_or_default()),
                    None => texts.push(quoted(line).unwrap_or_default().to_owned()),
                }
            }
            texts
        };
        self.flags == other.flags && joined(self) == joined(other)
    }

    fn write(&self, to: &mut String) {
        for line in self.comments.iter().chain(&self.flags).chain(&self.source).chain(&self.translation) {
            to.push_str(line);
            to.push('\n');
        }
    }
}

/// Merges three versions of a `.po` file. `None` if one cannot be read: it is not UTF-8, has another line end than Unix,
/// or an entry twice.
pub(crate) fn po(ancestor: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Vec<u8>> {
    let [ancestor, ours, theirs] = [read(ancestor)?, read(ours)?, read(theirs)?];
    let by_key = |entries: &[Entry]| -> HashMap<Key, Entry> {
        entries.iter().map(|entry| (entry.key.clone(), entry.clone())).collect()
    };
    let [old, our, their] = [by_key(&ancestor), by_key(&ours), by_key(&theirs)];
    let mut merged = Vec::new();
    for entry in &ours {
        merged.extend(of_ours(entry, old.get(&entry.key), their.get(&entry.key)));
    }
    let is_new = |entry: &&Entry| !our.contains_key(&entry.key) && !old.contains_key(&entry.key);
    merged.extend(theirs.iter().filter(is_new).cloned());
    let active: HashSet<Key> =
        merged.iter().filter(|entry| !entry.key.is_obsolete).map(|entry| entry.key.clone()).collect();
    // No entry may be there both ways.
    merged.retain(|entry| {
        !entry.key.is_obsolete || !active.contains(&Key { is_obsolete: false, ..entry.key.clone() })
    });
    merged.sort_by_key(|entry| entry.key.is_obsolete);
    let mut text = String::new();
    for entry in &merged {
        if !text.is_empty() {
            text.push('\n');
        }
        entry.write(&mut text);
    }
    Some(text.into_bytes())
}

/// What becomes of an entry that ours has.
fn of_ours(ours: &Entry, old: Option<&Entry>, theirs: Option<&Entry>) -> Option<Entry> {
    let Some(theirs) = theirs else {
        let is_removed = old.is_some_and(|old| old.is_same_translation(ours));
        return (!is_removed).then(|| ours.clone());
    };
    if ours.is_header() {
        let is_theirs = old == Some(ours) || old != Some(theirs) && revision(theirs) > revision(ours);
        return Some(if is_theirs { theirs } else { ours }.clone());
    }
    if old == Some(ours) {
        return Some(theirs.clone());
    }
    let ours_is_untouched = old.map_or(!ours.is_translated(), |old| old.is_same_translation(ours));
    if !ours_is_untouched || ours.is_same_translation(theirs) {
        return Some(ours.clone());
    }
    let Entry { flags, translation, .. } = theirs.clone();
    Some(Entry { flags, translation, ..ours.clone() })
}

/// The date of a header as it is written, such as `2024-05-01 12:00+0000`. Later dates are greater.
fn revision(header: &Entry) -> Option<&str> {
    let line = header.translation.iter().find_map(|line| quoted(line)?.strip_prefix("PO-Revision-Date:"))?;
    Some(line.trim().trim_end_matches("\\n"))
        .filter(|date| date.starts_with(|first: char| first.is_ascii_digit()))
}

/// The text between the quotes of a line, as it is written.
fn quoted(line: &str) -> Option<&str> {
    let (_, text) = line.split_once('"')?;
    text.strip_suffix('"')
}

/// Which part of an entry comes next.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Part {
    #[default]
    Comments,
    Context,
    Text,
    Plural,
    Translation,
}

fn read(bytes: &[u8]) -> Option<Vec<Entry>> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains(['\r', '\u{feff}']))?;
    let (mut entries, mut entry, mut part) = (Vec::new(), Entry::default(), Part::Comments);
    let mut keys = HashSet::new();
    let mut finish = |entry: &mut Entry, part: &mut Part| {
        *part = Part::Comments;
        let entry = std::mem::take(entry);
        let is_new = keys.insert(entry.key.clone());
        entries.push(entry);
        is_new.then_some(())
    };
    for line in text.lines() {
        let line = line.trim_end();
        let is_obsolete = line.starts_with("#~") && !line.starts_with("#~|");
        let body = if is_obsolete { line[2..].trim_start() } else { line };
        let begins = body.is_empty() || body.starts_with("msgctxt") || body.starts_with('#');
        let begins = begins || body.starts_with("msgid") && !body.starts_with("msgid_plural");
        if part == Part::Translation && begins {
            finish(&mut entry, &mut part)?;
        }
        if body.is_empty() {
            if part != Part::Comments {
                return None;
            }
            continue;
        }
        if body.starts_with('#') {
            if part != Part::Comments {
                return None;
            }
            let list = if ["#,", "#|", "#~|"].iter().any(|start| body.starts_with(start)) {
                &mut entry.flags
            } else {
                &mut entry.comments
            };
            list.push(line.to_owned());
            continue;
        }
        let (word, value) = body.split_once('"').map(|(word, _)| word.trim_end()).zip(quoted(body))?;
        part = next(part, word)?;
        // All lines of an entry are obsolete, or none.
        let is_first = entry.source.is_empty();
        if !is_first && entry.key.is_obsolete != is_obsolete {
            return None;
        }
        entry.key.is_obsolete = is_obsolete;
        match part {
            Part::Context => entry.key.context.get_or_insert_default().push_str(value),
            Part::Text => entry.key.text.push_str(value),
            _ => {}
        }
        let list = if part == Part::Translation { &mut entry.translation } else { &mut entry.source };
        list.push(line.to_owned());
    }
    match part {
        Part::Translation => finish(&mut entry, &mut part)?,
        Part::Comments if entry == Entry::default() => {}
        _ => return None,
    }
    Some(entries)
}

/// The part that a line belongs to, by its first word. `None` if the word cannot follow.
fn next(part: Part, word: &str) -> Option<Part> {
    match (part, word) {
        (Part::Comments, "msgctxt") => Some(Part::Context),
        (Part::Comments | Part::Context, "msgid") => Some(Part::Text),
        (Part::Text, "msgid_plural") => Some(Part::Plural),
        (Part::Text | Part::Plural, "msgstr" | "msgstr[0]") => Some(Part::Translation),
        (Part::Translation, word) if word.starts_with("msgstr[") => Some(Part::Translation),
        (Part::Comments, _) => None,
        (part, "") => Some(part),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(reference: &str, text: &str, translation: &str) -> String {
        format!("\n#. module: web\n#: {reference}\nmsgid \"{text}\"\nmsgstr \"{translation}\"\n")
    }

    fn header(date: &str) -> String {
        format!(
            "# Translators\nmsgid \"\"\nmsgstr \"\"\n\"Language: es\\n\"\n\"PO-Revision-Date: {date}\\n\"\n"
        )
    }

    fn merged(ancestor: &str, ours: &str, theirs: &str) -> String {
        let merged = po(ancestor.as_bytes(), ours.as_bytes(), theirs.as_bytes()).expect("it is merged");
        String::from_utf8(merged).expect("UTF-8")
    }

    #[test]
    fn entries_are_merged_one_by_one() {
        let base = header("2024-01-01 00:00+0000");
        let e = entry;
        let ancestor =
            format!("{base}{}{}{}{}", e("a", "A", ""), e("b", "B", "be"), e("c", "C", ""), e("d", "D", "de"));
        // Ours moved a reference, translated C, removed D, added O.
        let ours = format!(
            "{}{}{}{}{}",
            header("2024-02-01 00:00+0000"),
            e("a:2", "A", ""),
            e("b", "B", "be"),
            e("c", "C", "ours"),
            e("o", "O", ""),
        );
        // Theirs translated A, B, C and O, and added T.
        let theirs = format!(
            "{}{}{}{}{}{}{}",
            header("2024-03-01 00:00+0000"),
            e("a", "A", "theirs"),
            e("b", "B", "theirs"),
            e("c", "C", "theirs"),
            e("d", "D", "theirs"),
            e("t", "T", "te"),
            e("o", "O", "oh"),
        );
        let expected = format!(
            "{}{}{}{}{}{}",
            header("2024-03-01 00:00+0000"),
            e("a:2", "A", "theirs"),
            e("b", "B", "theirs"),
            e("c", "C", "ours"),
            e("o", "O", "oh"),
            e("t", "T", "te"),
        );
        assert_eq!(merged(&ancestor, &ours, &theirs), expected);
    }

    #[test]
    fn a_side_that_changed_nothing_gets_the_other() {
        let one = header("2024-01-01 00:00+0000") + &entry("a", "A", "");
        let plural = "\n#, fuzzy, python-format\n#| msgid \"old\"\nmsgctxt \"c\"\nmsgid \"%s\\n\"\n\"x\"\nmsgid_plural \"y\"\nmsgstr[0] \"1\"\n\"2\"\nmsgstr[1] \"\"\n\n#~ msgid \"gone\"\n#~ msgstr \"weg\"\n";
        let other = header("2023-01-01 00:00+0000") + &entry("b", "A", "x") + plural;
        assert_eq!(merged(&one, &one, &other), other);
        assert_eq!(merged(&one, &other, &one), other);
        assert_eq!(merged(&one, &other, &other), other);
        assert_eq!(merged("", "", &other), other);
    }

    #[test]
    fn an_obsolete_entry_gives_way_to_the_entry() {
        let base = entry("a", "A", "x").trim_start().to_owned();
        let obsolete = "#~ msgid \"A\"\n#~ msgstr \"x\"\n";
        let ours = base.replace("\"x\"", "\"y\"");
        assert_eq!(merged(&base, &ours, obsolete), ours);
        assert_eq!(merged(&base, obsolete, &ours), obsolete);
    }

    #[test]
    fn what_cannot_be_read_is_left_to_people() {
        for text in [
            "msgid \"a\"\n",
            "msgstr \"a\"\n",
            "msgid \"a\"\nmsgstr \"b\"\nmsgid \"a\"\nmsgstr \"c\"\n",
            "<<<<<<< ours\n",
            "msgid \"a\"\n\nmsgstr \"b\"\n",
            "msgid \"a\"\r\nmsgstr \"b\"\r\n",
            "msgid \"a\"\n#~ msgstr \"b\"\n",
            "msgid a\nmsgstr \"b\"\n",
            "# only a comment\n",
            "domain \"x\"\n",
        ] {
            assert_eq!(po(text.as_bytes(), b"", b""), None, "{text:?}");
        }
        assert_eq!(po(b"\xff", b"", b""), None);
    }
}
