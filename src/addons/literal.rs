//! Reads the Python literals that manifests are made of.
//!
//! What is read has the value that Python 3.11's `ast.literal_eval` gives. The rest is refused, also what is a literal to
//! Python but stands in no manifest: bytes, complex numbers, integers of more than 64 bits, `1_000`, `0xff`, `+1`, `...`,
//! `set()`, the escape `\N`, form feeds, and keys of dicts and members of sets that are not texts.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::repo::in_short;

use super::cursor::{Cursor, decode};
use super::problem::{LiteralError, LiteralProblem};
use super::text;
use super::value::{Literal, Value};

/// How deep brackets may be nested. Manifests nest four. The stack has to be large enough for as many calls.
const MAX_NESTING: usize = 32;

const BLANKS: [char; 2] = [' ', '\t'];

/// Reads a file that holds one literal, as `ast.literal_eval(open(file, encoding="utf-8").read())` does.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, LiteralError> {
    let decoded = decode(bytes)?;
    let text = decoded.trim_start_matches(BLANKS);
    let mut reader = Reader { cursor: Cursor::new(text), open: Vec::new() };
    reader.skip_blanks();
    let before = text.strip_suffix(reader.cursor.rest).unwrap_or_default();
    let is_indented = before.ends_with(BLANKS) && !reader.cursor.rest.is_empty();
    if is_indented {
        return Err(reader.cursor.error(LiteralProblem::Indentation));
    }
    let value = reader.value()?;
    reader.skip_blanks();
    if !reader.cursor.rest.is_empty() {
        return Err(reader.unexpected("the end of the file"));
    }
    // Python also takes blanks after the last line feed for an indentation.
    match text.rsplit_once('\n') {
        Some((_, last)) if !last.is_empty() && last.trim_matches(BLANKS).is_empty() => {
            Err(reader.cursor.error(LiteralProblem::Indentation))
        }
        _ => Ok(value),
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    /// The lines of the brackets that are open.
    open: Vec<usize>,
}

impl Reader<'_> {
    /// Steps over blanks, line ends and comments.
    fn skip_blanks(&mut self) {
        loop {
            let rest = self.cursor.rest;
            let length = match self.cursor.next() {
                Some(' ' | '\t' | '\n') => 1,
                Some('#') => rest.find('\n').unwrap_or(rest.len()),
                Some('\\') if rest.starts_with("\\\n") && !self.open.is_empty() => 2,
                _ => return,
            };
            self.cursor.take(length);
        }
    }

    fn value(&mut self) -> Result<Value, LiteralError> {
        let line = self.cursor.line;
        let literal = match self.cursor.next() {
            Some('[') => Literal::List(self.values(']', "`,` or `]`")?.0),
            Some('{') => self.dict_or_set()?,
            Some('(') => {
                let (mut values, ends_with_comma) = self.values(')', "`,` or `)`")?;
                if values.len() == 1 && !ends_with_comma {
                    return Ok(values.remove(0));
                }
                Literal::Tuple(values)
            }
            _ if text::prefix(&self.cursor).is_some() => Literal::Str(self.text()?),
            _ if is_number(self.cursor.rest) => self.number()?,
            _ => self.constant()?,
        };
        Ok(Value { literal, line })
    }

    /// Reads what stands in brackets, an item at a time, and says if a comma is behind the last.
    fn bracket(
        &mut self,
        close: char,
        expected: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<(), LiteralError>,
    ) -> Result<bool, LiteralError> {
        if self.open.len() == MAX_NESTING {
            return Err(self.cursor.error(LiteralProblem::Nesting { limit: MAX_NESTING }));
        }
        self.open.push(self.cursor.line);
        self.cursor.take(1);
        let (mut is_empty, mut ends_with_comma) = (true, false);
        loop {
            self.skip_blanks();
            if self.cursor.next() == Some(close) {
                self.cursor.take(1);
                self.open.pop();
                return Ok(ends_with_comma);
            }
            if !is_empty && !ends_with_comma {
                return Err(self.unexpected(expected));
            }
            item(self)?;
            self.skip_blanks();
            (is_empty, ends_with_comma) = (false, self.cursor.take_if(","));
        }
    }

    /// The values in brackets, and whether a comma is behind the last.
    fn values(&mut self, close: char, expected: &'static str) -> Result<(Vec<Value>, bool), LiteralError> {
        let mut values = Vec::new();
        let ends_with_comma = self.bracket(close, expected, |reader| {
            values.push(reader.value()?);
            Ok(())
        })?;
        Ok((values, ends_with_comma))
    }

    fn dict_or_set(&mut self) -> Result<Literal, LiteralError> {
        let mut is_dict = None;
        let mut items = Items::default();
        self.bracket('}', "`,` or `}`", |reader| {
            let first = reader.value()?;
            reader.skip_blanks();
            let has_colon = reader.cursor.next() == Some(':');
            let is_dict = *is_dict.get_or_insert(has_colon);
            if is_dict != has_colon {
                return Err(reader.unexpected(if is_dict { "`:`" } else { "`,` or `}`" }));
            }
            let Literal::Str(key) = &first.literal else {
                let what = if is_dict { "a key of a dict" } else { "a member of a set" };
                let problem = LiteralProblem::NotText { what, found: first.literal.type_name() };
                return Err(LiteralError { line: first.line, problem });
            };
            let key = key.clone();
            if reader.cursor.take_if(":") {
                reader.skip_blanks();
                items.insert(key, reader.value()?);
            } else {
                items.insert(key, first);
            }
            Ok(())
        })?;
        Ok(match is_dict {
            Some(false) => Literal::Set(items.list.into_iter().map(|(_, member)| member).collect()),
            _ => Literal::Dict(items.list),
        })
    }

    /// Reads string literals; Python joins those that follow each other, outside of brackets only on the same line.
    fn text(&mut self) -> Result<String, LiteralError> {
        let mut text = String::new();
        while let Some(prefix) = text::prefix(&self.cursor) {
            text::read(&mut self.cursor, prefix, &mut text)?;
            if self.open.is_empty() {
                break;
            }
            self.skip_blanks();
        }
        Ok(text)
    }

    fn number(&mut self) -> Result<Literal, LiteralError> {
        let end_of_word = |text: &str| text.find(|c: char| !is_of_word(c) && c != '.').unwrap_or(text.len());
        let rest = self.cursor.rest;
        let sign = usize::from(rest.starts_with('-'));
        let mut length = sign + end_of_word(&rest[sign..]);
        if rest[..length].ends_with(['e', 'E']) && rest[length..].starts_with(['+', '-']) {
            length += 1 + end_of_word(&rest[length + 1..]);
        }
        let number = &rest[..length];
        let digits = &number[sign..];
        let is_int = digits.bytes().all(|c| c.is_ascii_digit());
        let has_needless_zero = digits.starts_with('0') && digits.bytes().any(|c| c != b'0');
        let literal = match is_int {
            true if has_needless_zero => None,
            true => number.parse().ok().map(Literal::Int),
            // Of what can begin with a digit or a dot, Rust takes what Python takes.
            false => number.parse().ok().map(Literal::Float),
        };
        let wrong = || self.cursor.error(LiteralProblem::Number { number: in_short(number) });
        let literal = literal.ok_or_else(wrong)?;
        self.cursor.take(length);
        Ok(literal)
    }

    fn constant(&mut self) -> Result<Literal, LiteralError> {
        let word = word_of(self.cursor.rest);
        let literal = match word {
            "None" => Literal::None,
            "True" => Literal::Bool(true),
            "False" => Literal::Bool(false),
            _ => return Err(self.unexpected("a value")),
        };
        self.cursor.take(word.len());
        Ok(literal)
    }

    /// The error for what comes next.
    fn unexpected(&self, expected: &'static str) -> LiteralError {
        let rest = self.cursor.rest;
        let found = |found: &str| LiteralProblem::Unexpected { expected, found: found.to_owned() };
        let problem = match (self.cursor.next(), self.open.last()) {
            (None, Some(&line)) => {
                return LiteralError { line, problem: LiteralProblem::Unclosed { what: "bracket" } };
            }
            (None, None) => found("the end of the file"),
            _ if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|marks| rest.starts_with(marks)) => {
                LiteralProblem::ConflictMarkers
            }
            _ if text::prefix(&self.cursor).is_some() => found("a string"),
            _ if is_number(rest) && !rest.starts_with('-') => found("a number"),
            (Some(next), _) if is_of_word(next) => match word_of(rest) {
                word @ ("None" | "True" | "False") => found(&format!("`{word}`")),
                word => LiteralProblem::forbidden(word_in_short(word, &rest[word.len()..])),
            },
            (Some(next), _) => match next {
                ',' | ':' | '(' | ')' | '[' | ']' | '{' | '}' => found(&format!("`{next}`")),
                '!'..='~' if "+-*/%@&|^~<>=!.".contains(next) => {
                    let end = rest.find(|c| c != next).unwrap_or(rest.len()).min(2);
                    LiteralProblem::forbidden(format!("the operator `{}`", &rest[..end]))
                }
                '!'..='~' => LiteralProblem::forbidden(format!("the character `{next}`")),
                _ => LiteralProblem::forbidden(format!("the character `U+{:04X}`", u32::from(next))),
            },
        };
        self.cursor.error(problem)
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    unsigned.strip_prefix('.').unwrap_or(unsigned).starts_with(|c: char| c.is_ascii_digit())
}

fn is_of_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The word at the beginning of a text.
fn word_of(text: &str) -> &str {
    &text[..text.find(|c| !is_of_word(c)).unwrap_or(text.len())]
}

/// What a word is that no literal begins with.
fn word_in_short(word: &str, behind: &str) -> String {
    let is_string = behind.starts_with(['"', '\'']);
    match word.to_ascii_lowercase().as_str() {
        "f" | "fr" | "rf" if is_string => "an f-string".to_owned(),
        "b" | "br" | "rb" if is_string => "bytes".to_owned(),
        _ if behind.trim_start_matches(BLANKS).starts_with('(') => {
            format!("the call `{}(…)`", in_short(word))
        }
        _ => format!("the word `{}`", in_short(word)),
    }
}

/// The items of a dict as Python orders them, or the members of a set by their texts.
#[derive(Default)]
struct Items {
    list: Vec<(String, Value)>,
    index_of: HashMap<String, usize>,
}

impl Items {
    fn insert(&mut self, key: String, value: Value) {
        match self.index_of.entry(key.clone()) {
            Entry::Occupied(index) => self.list[*index.get()].1 = value,
            Entry::Vacant(vacant) => {
                vacant.insert(self.list.len());
                self.list.push((key, value));
            }
        }
    }
}
