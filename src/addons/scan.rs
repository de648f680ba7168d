//! A look at the words of a manifest before it is parsed.
//!
//! Refuses, with its place and name, what cannot be part of a literal. What is left can neither nest deeply nor
//! form a long chain of operators or calls, so the parser and the tree it builds need little stack.

use super::problem::{LiteralError, Problem};
use super::source::Source;

/// Python's tokenizer counts no more open brackets than these ("too many nested parentheses").
const MAX_NESTING: usize = 200;

/// A literal has at most two signs between its commas: `-1-2j`.
const MAX_SIGNS: usize = 2;

const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// What the word before was, as far as it says how the next one is meant.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Before {
    /// The beginning, an opening bracket, a comma, a colon or a sign: a value is due.
    Nothing,
    /// The name `set`, perhaps in parentheses: it may be called.
    Callable,
    Text,
    Value,
}

/// What was counted since the last comma, within one bracket or outside of all.
#[derive(Clone, Copy, Default)]
struct Counts {
    signs: usize,
    calls: usize,
}

/// An open bracket: what closes it, where it stands, and the counts outside of it.
struct Bracket {
    closed_by: char,
    at: usize,
    outside: Counts,
}

/// Checks the words of a manifest; says nothing about their order, which is the parser's to judge.
pub(super) fn check(source: &Source) -> Result<(), LiteralError> {
    Scan {
        source,
        text: source.text(),
        at: 0,
        line_start: 0,
        before: Before::Nothing,
        counts: Counts::default(),
        open: Vec::new(),
    }
    .run()
}

struct Scan<'a> {
    source: &'a Source,
    text: &'a str,
    at: usize,
    /// Where the last line begins that no backslash continues.
    line_start: usize,
    before: Before,
    counts: Counts,
    open: Vec<Bracket>,
}

impl Scan<'_> {
    fn run(mut self) -> Result<(), LiteralError> {
        while let Some(next) = self.rest().chars().next() {
            match next {
                ' ' | '\t' | '\x0c' => self.at += 1,
                '\n' => {
                    self.at += 1;
                    self.line_start = self.at;
                }
                '#' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                '\\' => self.continue_line()?,
                '"' | '\'' => self.string("")?,
                '0'..='9' => self.number()?,
                '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number()?,
                '.' if self.rest().starts_with("...") => self.step(3, Before::Value),
                '(' | '[' | '{' => self.open_bracket(next)?,
                ')' | ']' | '}' => self.close_bracket(next)?,
                ',' | ':' if !self.rest().starts_with(":=") => {
                    self.counts = Counts::default();
                    self.step(1, Before::Nothing);
                }
                '+' | '-' if !self.rest()[1..].starts_with('=') => self.sign()?,
                _ if next == '_' || next.is_alphanumeric() => self.word()?,
                _ => return Err(self.refuse_character(next)),
            }
        }
        match self.open.last() {
            Some(bracket) => Err(self.source.error(bracket.at, Problem::Unclosed { what: "bracket" })),
            None => self.last_line(),
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn step(&mut self, bytes: usize, before: Before) {
        self.at += bytes;
        self.before = before;
    }

    fn error(&self, problem: Problem) -> LiteralError {
        self.source.error(self.at, problem)
    }

    fn refuse(&self, what: impl Into<String>) -> LiteralError {
        self.error(Problem::NotALiteral { what: what.into() })
    }

    fn syntax(&self, why: impl Into<String>) -> LiteralError {
        self.error(Problem::Syntax { why: why.into() })
    }

    fn continue_line(&mut self) -> Result<(), LiteralError> {
        let after = &self.rest()[1..];
        if !after.starts_with('\n') || after == "\n" {
            return Err(self.syntax("the backslash continues no line"));
        }
        self.at += 2;
        Ok(())
    }

    /// Steps over a string whose prefix has been stepped over.
    fn string(&mut self, prefix: &str) -> Result<(), LiteralError> {
        let start = self.at;
        let quote = &self.rest()[..1];
        let triple = quote.repeat(3);
        let end = if self.rest().starts_with(&triple) { &triple } else { quote };
        let is_text = !prefix.to_ascii_lowercase().contains(['r', 'b']);
        let unclosed = || self.source.error(start, Problem::Unclosed { what: "string" });
        let mut at = start + end.len();
        loop {
            let rest = &self.text[at..];
            let next = rest.chars().next().ok_or_else(unclosed)?;
            if rest.starts_with(end) {
                break;
            } else if next == '\\' {
                let escaped = rest[1..].chars().next().ok_or_else(unclosed)?;
                if let Some(escape) = surrogate(rest).filter(|_| is_text) {
                    return Err(self.source.error(at, Problem::Surrogate { escape: escape.to_owned() }));
                }
                at += 1 + escaped.len_utf8();
            } else if next == '\n' && end.len() == 1 {
                return Err(unclosed());
            } else {
                at += next.len_utf8();
            }
        }
        let after = at + end.len();
        self.step(after - start, Before::Text);
        Ok(())
    }

    /// Steps over a number. A word may not stick to it: `1or 2` is Python, and could go on for long.
    fn number(&mut self) -> Result<(), LiteralError> {
        let number = self.rest();
        let lower = number.get(..2).unwrap_or_default().to_ascii_lowercase();
        let after = if ["0x", "0o", "0b"].contains(&lower.as_str()) {
            number[2..].trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == '_')
        } else {
            let digits = |c: char| c.is_ascii_digit() || c == '_';
            let after = number.trim_start_matches(|c| digits(c) || c == '.');
            let exponent =
                after.strip_prefix(['e', 'E']).map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
            let after = exponent.map_or(after, |rest| rest.trim_start_matches(digits));
            after.strip_prefix(['j', 'J']).unwrap_or(after)
        };
        let length = number.len() - after.len();
        if after.starts_with(|c: char| c == '_' || c.is_alphanumeric()) {
            let end = after.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(after.len());
            return Err(self.syntax(format!("`{}` is no number", &number[..length + end])));
        }
        self.step(length, Before::Value);
        Ok(())
    }

    fn open_bracket(&mut self, bracket: char) -> Result<(), LiteralError> {
        match (self.before, bracket) {
            (Before::Nothing, _) => {}
            // One call may follow another here: `set(set)(set)`.
            (Before::Callable, '(') if self.counts.calls == 0 => self.counts.calls = 1,
            (_, '(') => return Err(self.refuse("a call `(…)`")),
            (_, '[') => return Err(self.refuse("a subscript `[…]`")),
            _ => return Err(self.syntax("a comma is missing before `{`")),
        }
        if self.open.len() == MAX_NESTING {
            return Err(self.error(Problem::Nesting));
        }
        let closed_by = match bracket {
            '(' => ')',
            '[' => ']',
            _ => '}',
        };
        self.open.push(Bracket { closed_by, at: self.at, outside: std::mem::take(&mut self.counts) });
        self.step(1, Before::Nothing);
        Ok(())
    }

    fn close_bracket(&mut self, bracket: char) -> Result<(), LiteralError> {
        let Some(open) = self.open.pop().filter(|open| open.closed_by == bracket) else {
            return Err(self.syntax(format!("`{bracket}` closes no bracket that is open here")));
        };
        self.counts = open.outside;
        // `(set)()` is a call of `set` to Python.
        let is_callable = bracket == ')' && self.before == Before::Callable;
        self.step(1, if is_callable { Before::Callable } else { Before::Value });
        Ok(())
    }

    fn sign(&mut self) -> Result<(), LiteralError> {
        if self.before == Before::Text || self.counts.signs == MAX_SIGNS {
            return Err(self.refuse(format!("the operator `{}`", &self.rest()[..1])));
        }
        self.counts.signs += 1;
        self.step(1, Before::Nothing);
        Ok(())
    }

    fn word(&mut self) -> Result<(), LiteralError> {
        let rest = self.rest();
        let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if after.starts_with(['"', '\'']) {
            return match word.to_ascii_lowercase().as_str() {
                prefix @ ("r" | "u" | "b" | "br" | "rb") => {
                    self.at += end;
                    self.string(prefix)
                }
                "f" | "fr" | "rf" => Err(self.refuse("an f-string")),
                _ => Err(self.refuse(format!("a name `{word}`"))),
            };
        }
        let before = match word {
            "True" | "False" | "None" => Before::Value,
            "set" => Before::Callable,
            _ if KEYWORDS.contains(&word) => return Err(self.refuse(format!("the keyword `{word}`"))),
            _ if after.trim_start_matches([' ', '\t']).starts_with('(') => {
                return Err(self.refuse(format!("a call `{word}(…)`")));
            }
            _ => return Err(self.refuse(format!("a name `{word}`"))),
        };
        self.step(end, before);
        Ok(())
    }

    fn refuse_character(&self, next: char) -> LiteralError {
        let at_line_start = self.at == 0 || self.text.as_bytes()[self.at - 1] == b'\n';
        if at_line_start
            && ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|marks| self.rest().starts_with(marks))
        {
            return self.error(Problem::ConflictMarkers);
        }
        if "+-*/%@&|^~<>=!:.".contains(next) {
            let end = self.rest().find(|c| c != next && c != '=').unwrap_or(self.rest().len());
            return self.refuse(format!("the operator `{}`", &self.rest()[..end.min(3)]));
        }
        match next {
            '!'..='~' => self.refuse(format!("the character `{next}`")),
            _ => self.refuse(format!("the character `U+{:04X}`", u32::from(next))),
        }
    }

    /// Python takes blanks that end the file without a line feed for an indentation, and counts them in its own way:
    /// a form feed sets the column back, and what a backslash continues is indented as its first line is.
    fn last_line(&self) -> Result<(), LiteralError> {
        let (mut column, mut first) = (0, 0);
        for next in self.text[self.line_start..].chars() {
            match next {
                ' ' | '\t' => column += 1,
                '\x0c' => column = 0,
                '\\' if first == 0 => first = column,
                '\\' | '\n' => {}
                _ => return Ok(()),
            }
        }
        match if first > 0 { first } else { column } {
            0 => Ok(()),
            _ => Err(self.source.error(self.line_start, Problem::Indentation)),
        }
    }
}

/// The escape at the beginning of `text`, where it is half of a surrogate pair.
fn surrogate(text: &str) -> Option<&str> {
    let digits = match text.as_bytes().get(1)? {
        b'u' => 2..6,
        b'U' => 2..10,
        _ => return None,
    };
    let code = u32::from_str_radix(text.get(digits.clone())?, 16).ok()?;
    (0xd800..=0xdfff).contains(&code).then(|| &text[..digits.end])
}
