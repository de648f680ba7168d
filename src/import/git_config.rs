//! git's configuration syntax, as far as `.gitmodules` needs it, with the lines that libgit2 does not tell.

use super::{Error, Place, Text};

/// `[name "subsection"]` and what follows it.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) place: Place,
    /// In lower case.
    pub(super) name: String,
    pub(super) subsection: Option<String>,
    pub(super) variables: Vec<Variable>,
}

#[derive(Debug)]
pub(super) struct Variable {
    pub(super) place: Place,
    /// In lower case.
    pub(super) key: String,
    pub(super) value: String,
}

pub(super) fn sections(text: &Text) -> Result<Vec<Section>, Error> {
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = text.text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let place = text.line(at + 1);
        let mut line = line.trim().to_owned();
        while continues(&line) {
            line.pop();
            line.push_str(lines.next().map_or("", |(_, next)| next.trim_end()));
        }
        let mut rest = line.as_str();
        if rest.starts_with('[') {
            let (section, behind) =
                section(rest, &place).ok_or_else(|| place.refuse("this is no header of a section"))?;
            sections.push(section);
            rest = behind.trim_start();
        }
        if rest.is_empty() || rest.starts_with(['#', ';']) {
            continue;
        }
        let variable = variable(rest, &place).ok_or_else(|| place.refuse("this is no `key = value`"))?;
        match sections.last_mut() {
            Some(section) => section.variables.push(variable),
            None => return Err(place.refuse(format!("`{}` stands before the first section", variable.key))),
        }
    }
    Ok(sections)
}

/// Whether a line ends in a backslash that no other one takes away.
fn continues(line: &str) -> bool {
    (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
}

fn section<'l>(line: &'l str, place: &Place) -> Option<(Section, &'l str)> {
    let inner = line.strip_prefix('[')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let end = inner.find(|c| !is_name(c))?;
    let (name, rest) = inner.split_at(end);
    let rest = rest.trim_start();
    let (subsection, rest) = match rest.strip_prefix('"') {
        Some(quoted) => {
            let (subsection, rest) = quoted_name(quoted)?;
            (Some(subsection), rest.trim_start())
        }
        None => (None, rest),
    };
    let rest = rest.strip_prefix(']')?;
    let section =
        Section { place: place.clone(), name: name.to_ascii_lowercase(), subsection, variables: Vec::new() };
    (!name.is_empty()).then_some((section, rest))
}

/// A name up to its closing quote; a backslash keeps what follows it.
fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((name, &text[at + 1..])),
            '\\' => name.push(chars.next()?.1),
            c => name.push(c),
        }
    }
    None
}

/// `key = value`; a key alone means `true`.
fn variable(line: &str, place: &Place) -> Option<Variable> {
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(line.len());
    let (key, rest) = line.split_at(end);
    if !key.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let rest = rest.trim_start();
    let value = match rest.strip_prefix('=') {
        Some(value) => unquoted(value.trim_start())?,
        None if rest.is_empty() || rest.starts_with(['#', ';']) => "true".to_owned(),
        None => return None,
    };
    Some(Variable { place: place.clone(), key: key.to_ascii_lowercase(), value })
}

/// A value without its quotes, its escapes and a comment behind it.
fn unquoted(text: &str) -> Option<String> {
    let mut value = String::new();
    // Blanks outside of quotes count only where something follows them.
    let mut kept = 0;
    let mut is_quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => is_quoted = !is_quoted,
            '#' | ';' if !is_quoted => break,
            '\\' => value.push(match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'b' => '\u{8}',
                c @ ('"' | '\\') => c,
                _ => return None,
            }),
            c => value.push(c),
        }
        if is_quoted || !c.is_whitespace() {
            kept = value.len();
        }
    }
    value.truncate(kept);
    (!is_quoted).then_some(value)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(text: &str) -> Result<Vec<Section>, String> {
        sections(&Text::new(Path::new(".gitmodules"), text)).map_err(|error| error.to_string())
    }

    #[test]
    fn sections_are_read_as_git_reads_them() {
        let text = "# a comment\n[Submodule \"a \\\"b\\\\\"] ; behind\n\tPath = oca/web  # where\r\n\turl = \"x # y\" z \n\
                    shallow\n[submodule \"c\"] path = long\\\n/er\n[core]\n";
        let sections = read(text).expect("sections");
        let names: Vec<_> = sections.iter().map(|section| section.subsection.as_deref()).collect();
        assert_eq!(names, [Some("a \"b\\"), Some("c"), None]);
        let variables: Vec<_> =
            sections.iter().flat_map(|s| &s.variables).map(|v| (v.key.as_str(), v.value.as_str())).collect();
        let expected = [("path", "oca/web"), ("url", "x # y z"), ("shallow", "true"), ("path", "long/er")];
        assert_eq!(variables, expected);
        assert_eq!(sections[1].variables[0].place.to_string(), "`.gitmodules` at line 6");
    }

    #[test]
    fn what_git_would_refuse_is_refused_with_its_line() {
        for (text, why) in [
            ("\n[submodule \"a]\n", "`.gitmodules` at line 2: this is no header of a section"),
            ("path = x\n", "`.gitmodules` at line 1: `path` stands before the first section"),
            ("[a]\npath x\n", "`.gitmodules` at line 2: this is no `key = value`"),
            ("[a]\npath = \"x\n", "`.gitmodules` at line 2: this is no `key = value`"),
            ("[a]\n= x\n", "`.gitmodules` at line 2: this is no `key = value`"),
        ] {
            assert_eq!(read(text).expect_err(text), why);
        }
    }
}
