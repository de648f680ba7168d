//! `.gitmodules`: what it says, and changes of single entries that leave everything else as it stands, comments and
//! the user's own keys too.

use std::fmt::Write;
use std::ops::Range;

use crate::git::config_text::{Malformed, Section, sections};

/// The name of the file, at the top of the work tree.
pub(crate) const FILE_NAME: &str = ".gitmodules";

/// The text of a `.gitmodules` that git would read.
#[derive(Clone, Debug, Default)]
pub(crate) struct GitModules {
    text: String,
    sections: Vec<Section>,
}

/// What an entry says of a submodule, as far as oca has a say in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Entry {
    /// What git calls it: its git directory has that name, wherever the submodule is moved to.
    pub(crate) name: String,
    /// Relative to the top of the work tree, without a slash at its end.
    pub(crate) path: String,
    /// Empty where there is none.
    pub(crate) url: String,
    pub(crate) branch: Option<String>,
    pub(crate) shallow: bool,
}

impl Entry {
    /// The text of a new entry.
    pub(crate) fn render(&self) -> String {
        let mut text = format!("[submodule \"{}\"]\n", escaped(&self.name));
        for (key, value) in self.fields() {
            if let Some(value) = value {
                let _infallible = writeln!(text, "\t{key} = {}", value_of(&value));
            }
        }
        text
    }

    /// What each key should be; one without a value should not be there.
    fn fields(&self) -> [(&'static str, Option<String>); 4] {
        [
            ("path", Some(self.path.clone())),
            ("url", Some(self.url.clone())),
            ("branch", self.branch.clone()),
            ("shallow", self.shallow.then(|| "true".to_owned())),
        ]
    }
}

impl GitModules {
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        Ok(Self { text: text.to_owned(), sections: sections(text)? })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The submodules in the order of the file. Git passes over those without a path, and over names that would lead
    /// out of its directory.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let mut names: Vec<&str> = Vec::new();
        for section in &self.sections {
            if let Some(name) = submodule(section).filter(|name| !names.contains(name) && is_plain(name)) {
                names.push(name);
            }
        }
        let entry = |name: &&str| {
            let value = |key: &str| self.last(name, key).map(str::to_owned);
            let path = value("path")?.trim_end_matches('/').to_owned();
            Some(Entry {
                name: (*name).to_owned(),
                path: path.strip_prefix("./").map(str::to_owned).unwrap_or(path),
                url: value("url").unwrap_or_default(),
                branch: value("branch"),
                shallow: value("shallow").is_some_and(|value| is_true(&value)),
            })
        };
        names.iter().filter_map(entry).collect()
    }

    /// Makes an entry say this: a new one at the end, or the one of that name where it differs.
    pub(crate) fn put(&mut self, entry: &Entry) {
        if !self.sections.iter().any(|section| submodule(section) == Some(&entry.name)) {
            let mut text = std::mem::take(&mut self.text);
            if !text.is_empty() && !text.ends_with('\n') {
                text.push_str(line_end(&text));
            }
            let end = line_end(&text);
            text.push_str(&entry.render().replace('\n', end));
            return self.replace_all(text);
        }
        let old = self.entries().into_iter().find(|old| old.name == entry.name).unwrap_or_default();
        for ((key, value), (_, old)) in std::iter::zip(entry.fields(), old.fields()) {
            if value != old || self.last(&entry.name, key).is_none() {
                self.set(&entry.name, key, value.as_deref());
            }
        }
    }

    /// Takes an entry out, with what stands between its header and its last value.
    pub(crate) fn remove(&mut self, name: &str) {
        let place = |gitmodules: &Self| {
            let mut sections = gitmodules.sections.iter();
            let section = sections.find(|section| submodule(section) == Some(name))?;
            let last = section.variables.last().map_or(section.header.end, |variable| variable.span.end);
            Some(gitmodules.lines(section.header.start..last))
        };
        while let Some(mut lines) = place(self) {
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

    fn set(&mut self, name: &str, key: &str, value: Option<&str>) {
        let spans = |gitmodules: &Self| -> Vec<Range<usize>> {
            let own = gitmodules.sections.iter().filter(|section| submodule(section) == Some(name));
            let variables = own.flat_map(|section| &section.variables);
            variables.filter(|variable| variable.key == key).map(|variable| variable.span.clone()).collect()
        };
        let Some(value) = value else {
            while let Some(span) = spans(self).pop() {
                let lines = self.lines(span.clone());
                // It may stand behind its header.
                let is_alone = self.text[lines.start..span.start].trim().is_empty();
                self.replace(if is_alone { lines } else { span }, "");
            }
            return;
        };
        let text = format!("{key} = {}", value_of(value));
        if let Some(span) = spans(self).pop() {
            return self.replace(span, &text);
        }
        let mut own = self.sections.iter().filter(|section| submodule(section) == Some(name));
        let Some(section) = own.next_back() else { return };
        let last = section.variables.last().map_or(section.header.end, |variable| variable.span.end);
        let end = self.lines(last..last).end;
        let line_end = line_end(&self.text);
        let begin = if self.text[..end].ends_with('\n') { "" } else { line_end };
        self.replace(end..end, &format!("{begin}\t{text}{line_end}"));
    }

    /// The value of a key that counts: the last one.
    fn last(&self, name: &str, key: &str) -> Option<&str> {
        let own = self.sections.iter().filter(|section| submodule(section) == Some(name));
        let mut values = own.flat_map(|section| &section.variables).filter(|variable| variable.key == key);
        values.next_back().map(|variable| variable.value.as_str())
    }

    /// The whole lines that something stands on, with the end of the last one.
    fn lines(&self, span: Range<usize>) -> Range<usize> {
        let start = self.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[span.end..].find('\n').map_or(self.text.len(), |at| span.end + at + 1);
        start..end
    }

    fn replace(&mut self, span: Range<usize>, with: &str) {
        let mut text = std::mem::take(&mut self.text);
        text.replace_range(span, with);
        self.replace_all(text);
    }

    fn replace_all(&mut self, text: String) {
        self.sections = sections(&text).expect("what was well-formed stays so");
        self.text = text;
    }
}

fn submodule(section: &Section) -> Option<&str> {
    section.subsection.as_deref().filter(|_| section.name == "submodule")
}

/// Whether a name stays below the directory of git directories.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('/') && name.split(['/', '\\']).all(|part| part != "..")
}

fn is_true(value: &str) -> bool {
    ["true", "yes", "on", "1"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// A value of git's configuration, in quotes where it would be cut off without.
fn value_of(text: &str) -> String {
    let is_cut = text.contains(['#', ';', '"', '\\']) || text.trim() != text;
    if is_cut { format!("\"{}\"", escaped(text)) } else { text.to_owned() }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Ours, and one of somebody else.
[submodule \"oca/web\"]
	path = oca/web # where
	url = https://github.com/OCA/web
	update = rebase
[submodule \"odoo\"]
	path = odoo
	url = ../odoo.git

# The next one is old.
[submodule \"old\"]
	path = vendor/old
	# it moved
	url = https://host/old.git

# The end.
";

    fn entry(name: &str, path: &str) -> Entry {
        let url = "https://github.com/OCA/web.git".to_owned();
        Entry {
            name: name.to_owned(),
            path: path.to_owned(),
            url,
            branch: Some("18.0".into()),
            shallow: true,
        }
    }

    #[test]
    fn a_change_keeps_what_it_is_not_about() {
        let mut modules = GitModules::parse(TEXT).expect("a file");
        modules.put(&entry("oca/web", "oca/web"));
        modules.remove("old");
        modules.put(&entry("oca/dms", "oca/dms"));
        let expected = "\
# Ours, and one of somebody else.
[submodule \"oca/web\"]
	path = oca/web # where
	url = https://github.com/OCA/web.git
	update = rebase
	branch = 18.0
	shallow = true
[submodule \"odoo\"]
	path = odoo
	url = ../odoo.git

# The next one is old.

# The end.
[submodule \"oca/dms\"]
	path = oca/dms
	url = https://github.com/OCA/web.git
	branch = 18.0
	shallow = true
";
        assert_eq!(modules.text(), expected);
        let again = modules.text().to_owned();
        modules.put(&entry("oca/dms", "oca/dms"));
        assert_eq!(modules.text(), again);
        assert_eq!(modules.entries()[0], entry("oca/web", "oca/web"));
    }

    #[test]
    fn keys_that_should_not_be_there_go_and_the_last_of_several_counts() {
        let text = "[submodule \"web\"] path = a\r\n\tbranch = 17.0\r\n\turl = x\r\n[submodule \"web\"]\r\n\tpath = oca/web/";
        let mut modules = GitModules::parse(text).expect("a file");
        assert_eq!(modules.entries()[0].path, "oca/web");
        modules.put(&Entry { branch: None, shallow: false, ..entry("web", "oca/new") });
        assert_eq!(
            modules.text(),
            "[submodule \"web\"] path = a\r\n\turl = https://github.com/OCA/web.git\r\n[submodule \"web\"]\r\n\tpath = oca/new"
        );
        modules.put(&entry("dms", "d"));
        assert!(modules.text().contains("\tpath = oca/new\r\n[submodule \"dms\"]\r\n\tpath = d\r\n"));
        modules.remove("web");
        assert!(modules.text().starts_with("[submodule \"dms\"]"), "{}", modules.text());
    }

    #[test]
    fn names_that_lead_astray_are_passed_over_as_git_does() {
        let text = "[submodule \"../../x\"]\n\tpath = x\n[submodule \"y\"]\n\turl = y\n";
        assert_eq!(GitModules::parse(text).expect("a file").entries(), []);
    }

    #[test]
    fn values_that_git_would_cut_off_are_in_quotes() {
        assert_eq!(value_of("https://host/web.git"), "https://host/web.git");
        assert_eq!(value_of("/srv/a#b\\c"), "\"/srv/a#b\\\\c\"");
        assert_eq!(value_of(" x"), "\" x\"");
    }
}
