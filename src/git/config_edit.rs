//! Edits a text in git's configuration syntax, value by value. Everything else stays, also comments.

use std::ops::Range;

use super::config_text::{Malformed, Section, sections};

/// A well-formed text in git's configuration syntax.
#[derive(Clone, Debug, Default)]
pub(super) struct ConfigText {
    text: String,
    sections: Vec<Section>,
}

/// The names of a section and of its subsection.
pub(super) type Name<'n> = (&'n str, Option<&'n str>);

impl ConfigText {
    pub(super) fn parse(text: &str) -> Result<Self, Malformed> {
        Ok(Self { text: text.to_owned(), sections: sections(text)? })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The value of a key. If there are several, the last one counts.
    pub(super) fn value(&self, name: Name<'_>, key: &str) -> Option<&str> {
        let mut values = self.named(name).flat_map(|section| &section.variables);
        values.rfind(|variable| variable.key == key).map(|variable| variable.value.as_str())
    }

    /// Sets the value of a key, in the place of the old value or at the end of its section. `None` removes the key.
    pub(super) fn set(&mut self, name: Name<'_>, key: &str, value: Option<&str>) {
        let spans = self.spans(name, key);
        let Some(value) = value else { return self.cut(spans) };
        let variable = format!("{key} = {}", quoted(value));
        if let Some(span) = spans.into_iter().next_back() {
            return self.replace(span, &variable);
        }
        let Some(last) = self.named(name).next_back().map(end_of) else {
            return self.append(&format!("{}\t{variable}\n", header(name)));
        };
        let line_end = self.line_end();
        // Another header may follow on the same line.
        let end = self.rest_of_line(last).unwrap_or(last);
        let begin = if self.text[last..end].ends_with('\n') { "" } else { line_end };
        self.replace(end..end, &format!("{begin}\t{variable}{line_end}"));
    }

    /// Adds sections at the end.
    pub(super) fn append(&mut self, sections: &str) {
        let line_end = self.line_end();
        let last = self.sections.last().map_or(0, end_of);
        // If the last value ends in a continued line, that line needs an end first.
        let begin = if self.text.is_empty() || self.text[last..].ends_with('\n') { "" } else { line_end };
        let end = self.text.len();
        self.replace(end..end, &format!("{begin}{}", sections.replace('\n', line_end)));
    }

    /// Removes all sections of this name, each from its header to its last value.
    pub(super) fn remove(&mut self, name: Name<'_>) {
        let spans = self.named(name).map(|section| {
            let mut span = self.alone(section.header.start..end_of(section));
            // If blank lines are left above and below it, one is removed.
            let above = self.text[..span.start].trim_end();
            let blanks_above = self.text[above.len()..span.start].matches('\n').count();
            let below = &self.text[span.end..];
            let blank_below = below.find('\n').filter(|end| below[..*end].trim().is_empty());
            let is_whole = self.text[..span.end].ends_with('\n');
            if let Some(end) = blank_below.filter(|_| is_whole && (above.is_empty() || blanks_above > 1)) {
                span.end += end + 1;
            }
            span
        });
        let spans = spans.collect();
        self.cut_out(spans);
    }

    pub(super) fn named<'t, 'n>(
        &'t self,
        name: Name<'n>,
    ) -> impl DoubleEndedIterator<Item = &'t Section> + use<'t, 'n> {
        self.sections
            .iter()
            .filter(move |section| (section.name.as_str(), section.subsection.as_deref()) == name)
    }

    fn spans(&self, name: Name<'_>, key: &str) -> Vec<Range<usize>> {
        let variables = self.named(name).flat_map(|section| &section.variables);
        variables.filter(|variable| variable.key == key).map(|variable| variable.span.clone()).collect()
    }

    /// Extends a place to whole lines, if only a comment is on them besides.
    fn alone(&self, span: Range<usize>) -> Range<usize> {
        let start = self.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let is_first = self.text[start..span.start].trim().is_empty();
        match self.rest_of_line(span.end) {
            Some(end) if is_first => start..end,
            Some(end) => span.start..span.end + self.text[span.end..end].trim_end_matches(['\r', '\n']).len(),
            None => span,
        }
    }

    /// The end of the line, after its line end, if only a comment follows.
    fn rest_of_line(&self, from: usize) -> Option<usize> {
        let rest = &self.text[from..];
        let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let words = rest[..end].trim();
        (words.is_empty() || words.starts_with(['#', ';'])).then_some(from + end)
    }

    fn cut(&mut self, spans: Vec<Range<usize>>) {
        let spans = spans.into_iter().map(|span| self.alone(span)).collect();
        self.cut_out(spans);
    }

    /// Removes these places from the text. They are in the order of the text.
    fn cut_out(&mut self, spans: Vec<Range<usize>>) {
        if spans.is_empty() {
            return;
        }
        let mut kept = String::with_capacity(self.text.len());
        let mut at = 0;
        for span in spans {
            kept.push_str(&self.text[at..span.start.max(at)]);
            at = span.end.max(at);
        }
        kept.push_str(&self.text[at..]);
        self.renew(kept);
    }

    fn replace(&mut self, span: Range<usize>, with: &str) {
        let mut text = std::mem::take(&mut self.text);
        text.replace_range(span, with);
        self.renew(text);
    }

    fn renew(&mut self, text: String) {
        self.text = text;
        self.sections = sections(&self.text).expect("what was well-formed stays so");
    }

    fn line_end(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }
}

fn end_of(section: &Section) -> usize {
    section.variables.last().map_or(section.header.end, |variable| variable.span.end)
}

/// The line that begins a section.
pub(super) fn header((name, subsection): Name<'_>) -> String {
    let subsection = subsection.map(|subsection| format!(" \"{}\"", escaped(subsection)));
    format!("[{name}{}]\n", subsection.unwrap_or_default())
}

/// A value as text. It is in quotes if git would otherwise read it differently.
pub(super) fn quoted(value: &str) -> String {
    let is_cut =
        value.contains(['#', ';', '"', '\\']) || value.contains(char::is_control) || value.trim() != value;
    let escaped = || escaped(value).replace('\n', "\\n").replace('\t', "\\t").replace('\u{8}', "\\b");
    if is_cut { format!("\"{}\"", escaped()) } else { value.to_owned() }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::git::config_text::Variable;
    use crate::git::config_text::tests::texts;

    #[test]
    fn values_that_git_would_cut_off_are_in_quotes() {
        assert_eq!(quoted("https://host/web.git"), "https://host/web.git");
        assert_eq!(quoted("/srv/a#b\\c"), "\"/srv/a#b\\\\c\"");
        assert_eq!(quoted(" x"), "\" x\"");
    }

    #[test]
    fn a_new_section_is_added_at_the_end() {
        let mut text = ConfigText::parse("[core]\n\tbare = false").expect("a text");
        text.set(("core", None), "worktree", Some("../x"));
        text.set(("remote", Some("a\"b")), "url", Some("y"));
        assert_eq!(
            text.text(),
            "[core]\n\tbare = false\n\tworktree = ../x\n[remote \"a\\\"b\"]\n\turl = y\n"
        );
        text.set(("core", None), "worktree", None);
        assert_eq!(text.value(("core", None), "worktree"), None);
        assert_eq!(text.value(("remote", Some("a\"b")), "url"), Some("y"));
    }

    #[test]
    fn sections_on_one_line_are_edited_separately() {
        let two = "[submodule \"a\"][submodule \"b\"] path = b # b\n";
        let (a, b) = (("submodule", Some("a")), ("submodule", Some("b")));
        for (name, removed) in [(a, "[submodule \"b\"] path = b # b\n"), (b, "[submodule \"a\"]\n")] {
            let mut text = ConfigText::parse(two).expect("a text");
            text.remove(name);
            assert_eq!(text.text(), removed);
        }
        let mut text = ConfigText::parse(two).expect("a text");
        text.set(a, "path", Some("x"));
        assert_eq!(text.text(), "[submodule \"a\"]\n\tpath = x\n[submodule \"b\"] path = b # b\n");
        let mut text = ConfigText::parse("[a]\nk = v \\\n").expect("a text");
        text.set(("a", None), "l", Some("w"));
        text.append("[b]\n");
        assert_eq!(text.text(), "[a]\nk = v \\\n\n\tl = w\n[b]\n");
    }

    const NAMES: [Name<'static>; 4] = [("a", None), ("a", Some("b")), ("a", Some("\"c")), ("new", Some("x"))];

    type Row<'t> = (&'t str, Option<&'t str>, &'t str, &'t str);

    /// All values with section and key, except those of one section or of one key in it.
    fn others<'t>(text: &'t ConfigText, but: Name<'_>, key: Option<&str>) -> Vec<Row<'t>> {
        let sections = text.sections().iter();
        let variables =
            sections.flat_map(|section| section.variables.iter().map(move |variable| (section, variable)));
        let is_other = |section: &Section, variable: &str| {
            (section.name.as_str(), section.subsection.as_deref()) != but
                || key.is_some_and(|key| key != variable)
        };
        let others = variables.filter(|(section, variable)| is_other(section, &variable.key));
        let row = |(section, variable): (&'t Section, &'t Variable)| {
            (
                section.name.as_str(),
                section.subsection.as_deref(),
                variable.key.as_str(),
                variable.value.as_str(),
            )
        };
        others.map(row).collect()
    }

    proptest! {
        #[test]
        fn a_change_of_any_text_leaves_all_other_values(
            text in texts(), name in 0..NAMES.len(), value in proptest::option::of("[ -~\n\t\r]{0,6}"),
        ) {
            let Ok(text) = ConfigText::parse(&text) else { return Ok(()) };
            let name = NAMES[name];
            let mut set = text.clone();
            set.set(name, "k", value.as_deref());
            prop_assert_eq!(set.value(name, "k"), value.as_deref());
            prop_assert_eq!(others(&set, name, Some("k")), others(&text, name, Some("k")));
            let mut removed = text.clone();
            removed.remove(name);
            prop_assert!(removed.named(name).next().is_none());
            prop_assert_eq!(others(&removed, name, None), others(&text, name, None));
            let mut appended = text.clone();
            appended.append("[new \"x\"]\n\tz = 1\n");
            prop_assert_eq!(appended.value(NAMES[3], "z"), Some("1"));
            prop_assert_eq!(others(&appended, NAMES[3], None), others(&text, NAMES[3], None));
        }

        #[test]
        fn what_is_written_is_read_again(value in "[ -~\n\t]{0,12}", name in "[ -~]{1,8}") {
            let mut text = ConfigText::parse("[a \"b\"] k = v # why\n").expect("a text");
            let name = ("submodule", Some(name.as_str()));
            for section in [("a", Some("b")), name] {
                text.set(section, "k", Some(&value));
                prop_assert_eq!(text.value(section, "k"), Some(value.as_str()));
            }
            text.remove(name);
            text.set(("a", Some("b")), "k", None);
            prop_assert_eq!(text.value(("a", Some("b")), "k"), None);
        }
    }
}
