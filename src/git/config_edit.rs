//! Changes of a text of git's configuration, value by value: everything else stays as it stands, comments too.

use std::ops::Range;

use super::config_text::{Malformed, Section, sections};

/// A text that git would read.
#[derive(Clone, Debug, Default)]
pub(super) struct ConfigText {
    text: String,
    sections: Vec<Section>,
}

/// The name of a section, and that of its subsection.
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

    /// The value of a key that counts: the last one.
    pub(super) fn value(&self, name: Name<'_>, key: &str) -> Option<&str> {
        let mut values = self.named(name).flat_map(|section| &section.variables);
        values.rfind(|variable| variable.key == key).map(|variable| variable.value.as_str())
    }

    /// Gives a key this value, in the place of the old one or at the end of its section; without a value, the key goes.
    pub(super) fn set(&mut self, name: Name<'_>, key: &str, value: Option<&str>) {
        let Some(value) = value else {
            while let Some(span) = self.span(name, key) {
                let lines = self.lines(span.clone());
                // It may stand behind its header.
                let is_alone = self.text[lines.start..span.start].trim().is_empty();
                self.replace(if is_alone { lines } else { span }, "");
            }
            return;
        };
        let variable = format!("{key} = {}", quoted(value));
        if let Some(span) = self.span(name, key) {
            return self.replace(span, &variable);
        }
        let Some(section) = self.named(name).next_back() else {
            return self.append(&format!("{}\t{variable}\n", header(name)));
        };
        let last = end_of(section);
        let end = self.lines(last..last).end;
        let line_end = self.line_end();
        let begin = if self.text[..end].ends_with('\n') { "" } else { line_end };
        self.replace(end..end, &format!("{begin}\t{variable}{line_end}"));
    }

    /// Adds sections at the end.
    pub(super) fn append(&mut self, sections: &str) {
        let line_end = self.line_end();
        let begin = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { line_end };
        let end = self.text.len();
        self.replace(end..end, &format!("{begin}{}", sections.replace('\n', line_end)));
    }

    /// Takes sections out, each with what stands between its header and its last value.
    pub(super) fn remove(&mut self, name: Name<'_>) {
        let span = |text: &Self| {
            let section = text.named(name).next()?;
            Some(section.header.start..end_of(section))
        };
        while let Some(span) = span(self) {
            let mut lines = self.lines(span);
            // Of two blank lines that are left around it, one is enough.
            let above = self.text[..lines.start].trim_end();
            let blanks_above = self.text[above.len()..lines.start].matches('\n').count();
            let below = &self.text[lines.end..];
            let blank_below = below.find('\n').filter(|end| below[..*end].trim().is_empty());
            if let Some(end) = blank_below.filter(|_| above.is_empty() || blanks_above > 1) {
                lines.end += end + 1;
            }
            self.replace(lines, "");
        }
    }

    pub(super) fn named<'t, 'n>(
        &'t self,
        name: Name<'n>,
    ) -> impl DoubleEndedIterator<Item = &'t Section> + use<'t, 'n> {
        self.sections
            .iter()
            .filter(move |section| (section.name.as_str(), section.subsection.as_deref()) == name)
    }

    fn span(&self, name: Name<'_>, key: &str) -> Option<Range<usize>> {
        let mut variables = self.named(name).flat_map(|section| &section.variables);
        variables.rfind(|variable| variable.key == key).map(|variable| variable.span.clone())
    }

    /// The whole lines that something stands on, with the end of the last one.
    fn lines(&self, span: Range<usize>) -> Range<usize> {
        let start = self.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[span.end..].find('\n').map_or(self.text.len(), |at| span.end + at + 1);
        start..end
    }

    fn replace(&mut self, span: Range<usize>, with: &str) {
        self.text.replace_range(span, with);
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

/// A value, in quotes where it would be cut off without.
pub(super) fn quoted(value: &str) -> String {
    let is_cut = value.contains(['#', ';', '"', '\\', '\n']) || value.trim() != value;
    if is_cut { format!("\"{}\"", escaped(value).replace('\n', "\\n")) } else { value.to_owned() }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_that_git_would_cut_off_are_in_quotes() {
        assert_eq!(quoted("https://host/web.git"), "https://host/web.git");
        assert_eq!(quoted("/srv/a#b\\c"), "\"/srv/a#b\\\\c\"");
        assert_eq!(quoted(" x"), "\" x\"");
    }

    #[test]
    fn a_section_that_is_not_there_comes_to_the_end() {
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

    proptest! {
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
