//! git's configuration syntax, with facts that libgit2 does not give: the line of each value and its place in the text.
//! So one value can be changed while everything else stays.

use std::ops::Range;

/// `[name "subsection"]` and its variables.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// Counted from 1.
    pub(crate) line: usize,
    /// In lower case.
    pub(crate) name: String,
    pub(crate) subsection: Option<String>,
    pub(crate) variables: Vec<Variable>,
    /// The place of the header in the text, in bytes.
    pub(super) header: Range<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) line: usize,
    /// In lower case.
    pub(crate) key: String,
    pub(crate) value: String,
    /// The place in the text from the key to the end of the value, in bytes. It does not include a comment after it.
    pub(super) span: Range<usize>,
}

/// A text that git would refuse, with the first wrong line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Malformed {
    pub(crate) line: usize,
    pub(crate) why: String,
}

/// The blanks of git's syntax. Rust's `char::is_whitespace` has many more.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Reads a whole text. If this succeeds, git accepts the text too and reads the same values.
pub(crate) fn sections(text: &str) -> Result<Vec<Section>, Malformed> {
    let mut sections: Vec<Section> = Vec::new();
    let mut reader = Reader { text, at: 0, line: 1 };
    // Some editors write a byte order mark.
    if reader.peek() == Some('\u{feff}') {
        reader.next();
    }
    loop {
        reader.skip(|c| BLANKS.contains(&c));
        let (begin, line) = (reader.at, reader.line);
        let malformed = |why: &str| Malformed { line, why: why.to_owned() };
        match reader.peek() {
            None => return Ok(sections),
            Some('#' | ';') => reader.skip(|c| c != '\n'),
            Some('[') => {
                let (name, subsection) =
                    reader.header().ok_or_else(|| malformed("this is not a section header"))?;
                let header = begin..reader.at;
                sections.push(Section { line, name, subsection, variables: Vec::new(), header });
            }
            Some(_) => {
                let (key, value, end) =
                    reader.variable().ok_or_else(|| malformed("this is not a `key = value` line"))?;
                let Some(section) = sections.last_mut() else {
                    return Err(malformed(&format!("`{key}` is before the first section")));
                };
                section.variables.push(Variable { line, key, value, span: begin..end });
            }
        }
    }
}

/// A text, and the position and the line up to which it was read.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn skip(&mut self, mut is_skipped: impl FnMut(char) -> bool) {
        while self.peek().is_some_and(&mut is_skipped) {
            self.next();
        }
    }

    fn skip_blanks(&mut self) {
        self.skip(|c| c == ' ' || c == '\t');
    }

    fn word(&mut self, is_in: impl Fn(char) -> bool) -> String {
        let begin = self.at;
        self.skip(is_in);
        self.text[begin..self.at].to_ascii_lowercase()
    }

    /// The names of a section and of its subsection. `[submodule.web]` has a subsection too, in lower case.
    fn header(&mut self) -> Option<(String, Option<String>)> {
        self.next()?;
        let word = self.word(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
        let (name, dotted) = match word.split_once('.') {
            Some((name, dotted)) => (name.to_owned(), Some(dotted.to_owned())),
            None => (word, None),
        };
        let mut quoted = None;
        if self.peek() != Some(']') {
            self.peek().filter(|c| BLANKS.contains(c))?;
            self.skip(|c| BLANKS.contains(&c) && c != '\n');
            quoted = Some(self.quoted_name()?);
        }
        let subsection = match (dotted, quoted) {
            (Some(dotted), Some(quoted)) => Some(format!("{dotted}.{quoted}")),
            (dotted, quoted) => dotted.or(quoted),
        };
        (self.next()? == ']' && !name.is_empty()).then_some((name, subsection))
    }

    /// A name in quotes. A backslash escapes the next character.
    fn quoted_name(&mut self) -> Option<String> {
        self.next().filter(|c| *c == '"')?;
        let mut name = String::new();
        loop {
            match self.next()? {
                '"' => return Some(name),
                '\\' => name.push(self.next().filter(|c| !"\r\n\0".contains(*c))?),
                '\r' | '\n' | '\0' => return None,
                c => name.push(c),
            }
        }
    }

    /// Key, value and end of `key = value`. A key without a value means `true`.
    fn variable(&mut self) -> Option<(String, String, usize)> {
        self.peek().filter(char::is_ascii_alphabetic)?;
        let key = self.word(|c| c.is_ascii_alphanumeric() || c == '-');
        let end = self.at;
        self.skip_blanks();
        match self.peek() {
            Some('=') => {
                self.next();
                let (value, end) = self.value()?;
                Some((key, value, end))
            }
            None | Some('\n') => Some((key, "true".to_owned(), end)),
            Some('\r') if self.text[self.at..].starts_with("\r\n") => Some((key, "true".to_owned(), end)),
            Some(_) => None,
        }
    }

    /// A value and its end. Quotes and a comment after it are removed, escapes are decoded.
    fn value(&mut self) -> Option<(String, usize)> {
        let mut value = String::new();
        // Blanks outside of quotes count only between other characters.
        let (mut kept, mut end) = (0, self.at);
        let mut is_quoted = false;
        loop {
            match self.peek() {
                None | Some('\n') => break,
                Some('#' | ';') if !is_quoted => break,
                Some('\0') => return None,
                Some('\\') => {
                    self.next();
                    match self.next()? {
                        'n' => value.push('\n'),
                        't' => value.push('\t'),
                        'b' => value.push('\u{8}'),
                        c @ ('"' | '\\') => value.push(c),
                        // The value continues on the next line.
                        '\n' => {}
                        '\r' => self.next().filter(|c| *c == '\n').map(drop)?,
                        _ => return None,
                    }
                    (kept, end) = (value.len(), self.at);
                }
                Some(c) => {
                    self.next();
                    let is_blank = BLANKS.contains(&c) && !is_quoted;
                    if c == '"' {
                        is_quoted = !is_quoted;
                    } else if !is_blank || !value.is_empty() {
                        value.push(c);
                    }
                    if !is_blank {
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
pub(super) mod tests {
    use std::process::Command;

    use proptest::prelude::*;

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
    fn a_text_that_git_would_refuse_is_refused_with_its_line() {
        for (text, line, why) in [
            ("\n[submodule \"a]\n", 2, "this is not a section header"),
            ("path = x\n", 1, "`path` is before the first section"),
            ("[a]\npath x\n", 2, "this is not a `key = value` line"),
            ("[a]\npath = \"x\n", 2, "this is not a `key = value` line"),
            ("[a]\n= x\n", 2, "this is not a `key = value` line"),
            ("[a]\n<<<<<<< HEAD\n", 2, "this is not a `key = value` line"),
            ("[a]\nb # c\n", 2, "this is not a `key = value` line"),
            ("[a]\nb = x\0y\n", 2, "this is not a `key = value` line"),
            ("[a]\n\u{a0}\n", 2, "this is not a `key = value` line"),
            ("[a ]\n", 1, "this is not a section header"),
            ("[a \"b\" ]\n", 1, "this is not a section header"),
            ("[a \"b\u{0}\"]\n", 1, "this is not a section header"),
        ] {
            assert_eq!(sections(text).expect_err(text), Malformed { line, why: why.to_owned() });
        }
    }

    #[test]
    fn a_name_with_a_dot_is_a_subsection_too() {
        let sections = sections("\u{feff}[Submodule.Web]\n[a.b \"C\"]\n[d]\n").expect("sections");
        let names: Vec<_> =
            sections.iter().map(|section| (section.name.as_str(), section.subsection.as_deref())).collect();
        assert_eq!(names, [("submodule", Some("web")), ("a", Some("b.C")), ("d", None)]);
    }

    #[test]
    fn a_long_text_is_read_in_one_go() {
        let text = "[a]\n[b]x=1\n".repeat(100_000);
        let sections = sections(&text).expect("sections");
        assert_eq!(sections.last().map(|section| section.line), Some(200_000));
    }

    /// Lines as people, programs and attackers write them.
    pub(in crate::git) fn texts() -> impl Strategy<Value = String> {
        let value = r#"([a-c]{0,2}|"[ a#;]{0,3}"|\\[\\"nt]|\\\n|\\\r\n| ){0,4}"#;
        let piece = prop_oneof![
            Just("[a]".to_owned()),
            Just("[a.b]".to_owned()),
            Just("[a \"b\"]".to_owned()),
            Just("[a \"\\\"c\"]".to_owned()),
            Just("[B]".to_owned()),
            "[ \t]{1,2}",
            "\r?\n",
            "[#;][ -~]{0,4}\r?\n",
            "[kl]\r?\n",
            value.prop_map(|value| format!("k = {value}\n")),
            value.prop_map(|value| format!("l={value} # c\n")),
            value.prop_map(|value| format!("k = {value}")),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| format!("[b]{}", pieces.concat()))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_read_is_what_git_reads(text in texts()) {
            let Ok(sections) = sections(&text) else { return Ok(()) };
            let file = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(file.path(), &text).expect("a file");
            let command = Command::new("git").args(["config", "--list", "-z", "-f"]).arg(file.path()).output();
            let Ok(output) = command else { return Ok(()) };
            prop_assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let mut expected = String::new();
            for Section { name, subsection, variables, .. } in &sections {
                for Variable { key, value, .. } in variables {
                    let subsection = subsection.as_ref().map(|name| format!("{name}.")).unwrap_or_default();
                    expected.extend([name, ".", &subsection, key, "\n", value, "\0"].map(str::to_owned));
                }
            }
            // For a key without a value, git lists only the key.
            let listed = String::from_utf8(output.stdout).expect("text");
            let listed = listed.split_terminator('\0').map(|row| {
                if row.contains('\n') { format!("{row}\0") } else { format!("{row}\ntrue\0") }
            });
            prop_assert_eq!(listed.collect::<String>(), expected);
        }
    }
}
