//! git's configuration syntax, with what libgit2 does not tell: the lines, and where in the text each value stands,
//! so that one can be changed and all else kept.

use std::ops::Range;

/// `[name "subsection"]` and what follows it.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// Counted from 1.
    pub(crate) line: usize,
    /// In lower case.
    pub(crate) name: String,
    pub(crate) subsection: Option<String>,
    pub(crate) variables: Vec<Variable>,
    /// Of the header, in bytes.
    pub(super) header: Range<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) line: usize,
    /// In lower case.
    pub(crate) key: String,
    pub(crate) value: String,
    /// From the key to the end of the value, in bytes; a comment behind it is not in it.
    pub(super) span: Range<usize>,
}

/// What git would refuse.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Malformed {
    pub(crate) line: usize,
    pub(crate) why: String,
}

/// Reads a whole text.
pub(crate) fn sections(text: &str) -> Result<Vec<Section>, Malformed> {
    let mut sections: Vec<Section> = Vec::new();
    let mut reader = Reader { text, at: 0 };
    loop {
        reader.skip(char::is_whitespace);
        let (begin, line) = (reader.at, reader.line());
        let malformed = |why: &str| Malformed { line, why: why.to_owned() };
        match reader.peek() {
            None => return Ok(sections),
            Some('#' | ';') => reader.skip(|c| c != '\n'),
            Some('[') => {
                let (name, subsection) =
                    reader.header().ok_or_else(|| malformed("this is no header of a section"))?;
                let header = begin..reader.at;
                sections.push(Section { line, name, subsection, variables: Vec::new(), header });
            }
            Some(_) => {
                let (key, value, end) =
                    reader.variable().ok_or_else(|| malformed("this is no `key = value`"))?;
                let Some(section) = sections.last_mut() else {
                    return Err(malformed(&format!("`{key}` stands before the first section")));
                };
                section.variables.push(Variable { line, key, value, span: begin..end });
            }
        }
    }
}

/// A text and how far it was read.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn skip(&mut self, mut is_skipped: impl FnMut(char) -> bool) {
        while self.peek().is_some_and(&mut is_skipped) {
            self.next();
        }
    }

    fn skip_blanks(&mut self) {
        self.skip(|c| c.is_whitespace() && c != '\n');
    }

    fn word(&mut self, is_in: impl Fn(char) -> bool) -> String {
        let begin = self.at;
        self.skip(is_in);
        self.text[begin..self.at].to_ascii_lowercase()
    }

    fn line(&self) -> usize {
        self.text[..self.at].matches('\n').count() + 1
    }

    /// The name of a section and of its subsection.
    fn header(&mut self) -> Option<(String, Option<String>)> {
        self.next()?;
        let name = self.word(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
        self.skip_blanks();
        let mut subsection = None;
        if self.peek() == Some('"') {
            self.next();
            subsection = Some(self.quoted_name()?);
            self.skip_blanks();
        }
        (self.next()? == ']' && !name.is_empty()).then_some((name, subsection))
    }

    /// A name up to its closing quote; a backslash keeps what follows it.
    fn quoted_name(&mut self) -> Option<String> {
        let mut name = String::new();
        loop {
            match self.next()? {
                '"' => return Some(name),
                '\\' => name.push(self.next().filter(|c| *c != '\n')?),
                '\n' => return None,
                c => name.push(c),
            }
        }
    }

    /// `key = value` and where it ends; a key alone means `true`.
    fn variable(&mut self) -> Option<(String, String, usize)> {
        self.peek().filter(char::is_ascii_alphabetic)?;
        let key = self.word(|c| c.is_ascii_alphanumeric() || c == '-');
        let end = self.at;
        self.skip_blanks();
        match self.peek() {
            Some('=') => {
                self.next();
                self.skip_blanks();
                let (value, end) = self.value()?;
                Some((key, value, end))
            }
            None | Some('\n' | '#' | ';') => Some((key, "true".to_owned(), end)),
            Some(_) => None,
        }
    }

    /// A value without its quotes, its escapes and a comment behind it, and where it ends.
    fn value(&mut self) -> Option<(String, usize)> {
        let mut value = String::new();
        // Blanks outside of quotes count only where something follows them.
        let (mut kept, mut end) = (0, self.at);
        let mut is_quoted = false;
        loop {
            match self.peek() {
                None | Some('\n') => break,
                Some('#' | ';') if !is_quoted => break,
                Some('\\') => {
                    self.next();
                    match self.next()? {
                        'n' => value.push('\n'),
                        't' => value.push('\t'),
                        'b' => value.push('\u{8}'),
                        c @ ('"' | '\\') => value.push(c),
                        // The line goes on in the next one.
                        '\n' => {}
                        '\r' => self.next().filter(|c| *c == '\n').map(drop)?,
                        _ => return None,
                    }
                    (kept, end) = (value.len(), self.at);
                }
                Some(c) => {
                    self.next();
                    if c == '"' {
                        is_quoted = !is_quoted;
                    } else {
                        value.push(c);
                    }
                    if is_quoted || !c.is_whitespace() {
                        (kept, end) = (value.len(), self.at);
                    }
                }
            }
        }
        value.truncate(kept);
        (!is_quoted).then_some((value, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_as_git_reads_them() {
        let text = "# a comment\n[Submodule \"a \\\"b\\\\\"] ; behind\n\tPath = oca/web  # where\r\n\turl = \"x # y\" z \n\
                    shallow\n[submodule \"c\"] path = long\\\n/er\n[core]\n";
        let sections = sections(text).expect("sections");
        let names: Vec<_> = sections.iter().map(|section| section.subsection.as_deref()).collect();
        assert_eq!(names, [Some("a \"b\\"), Some("c"), None]);
        let variables: Vec<_> =
            sections.iter().flat_map(|s| &s.variables).map(|v| (v.key.as_str(), v.value.as_str())).collect();
        let expected = [("path", "oca/web"), ("url", "x # y z"), ("shallow", "true"), ("path", "long/er")];
        assert_eq!(variables, expected);
        assert_eq!(sections[1].variables[0].line, 6);
        let spans: Vec<_> =
            sections.iter().flat_map(|s| &s.variables).map(|v| &text[v.span.clone()]).collect();
        assert_eq!(spans, ["Path = oca/web", "url = \"x # y\" z", "shallow", "path = long\\\n/er"]);
    }

    #[test]
    fn what_git_would_refuse_is_refused_with_its_line() {
        for (text, line, why) in [
            ("\n[submodule \"a]\n", 2, "this is no header of a section"),
            ("path = x\n", 1, "`path` stands before the first section"),
            ("[a]\npath x\n", 2, "this is no `key = value`"),
            ("[a]\npath = \"x\n", 2, "this is no `key = value`"),
            ("[a]\n= x\n", 2, "this is no `key = value`"),
            ("[a]\n<<<<<<< HEAD\n", 2, "this is no `key = value`"),
        ] {
            assert_eq!(sections(text).expect_err(text), Malformed { line, why: why.to_owned() });
        }
    }
}
