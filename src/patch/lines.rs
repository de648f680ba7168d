//! The lines of a patch, and the hunks among them.

use super::error::Error;
use super::hunk::{Hunk, Line, LineKind};

/// The longest patch, in MiB.
const LIMIT: usize = 256;
/// More digits than the number of any line has.
const MOST_DIGITS: usize = 9;

/// The lines of a text, without their line feeds.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    /// The number of the last line that was taken, counted from 1.
    pub(super) number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.len() > LIMIT << 20 {
            return Err(Error::TooLarge { limit: LIMIT });
        }
        Ok(Self { rest: bytes, number: 0 })
    }

    /// The next line.
    pub(super) fn peek(&self) -> Option<&'a [u8]> {
        self.rest.split(|&byte| byte == b'\n').next().filter(|_| !self.rest.is_empty())
    }

    pub(super) fn take(&mut self) -> Option<&'a [u8]> {
        let line = self.peek()?;
        self.rest = self.rest.get(line.len() + 1..).unwrap_or_default();
        self.number += 1;
        Some(line)
    }

    /// Takes the next line if it begins with these bytes, and returns what follows them.
    pub(super) fn take_after(&mut self, start: &str) -> Option<&'a [u8]> {
        let rest = self.peek()?.strip_prefix(start.as_bytes())?;
        self.take();
        Some(rest)
    }

    /// The same; `why` is the error for any other line.
    pub(super) fn expect(&mut self, start: &str, why: &'static str) -> Result<&'a [u8], Error> {
        self.take_after(start).ok_or_else(|| self.next_error(why))
    }

    /// Whether the next three lines begin a file without `diff --git`: `---`, `+++`, `@@`.
    pub(super) fn begins_file(&self) -> bool {
        let mut next = self.rest.splitn(4, |&byte| byte == b'\n');
        let starts: [&[u8]; 3] = [b"--- ", b"+++ ", b"@@ -"];
        self.rest.starts_with(b"--- ")
            && starts.iter().all(|start| next.next().is_some_and(|line| line.starts_with(start)))
    }

    /// An error on the line that was taken last.
    pub(super) fn error(&self, why: &'static str) -> Error {
        Error::Syntax { line: self.number.max(1), why }
    }

    /// An error on the next line.
    pub(super) fn next_error(&self, why: &'static str) -> Error {
        Error::Syntax { line: self.number + 1, why }
    }
}

/// A hunk with what its first line says.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) hunk: Hunk,
    /// The number of its first line.
    pub(super) line: usize,
    /// How many lines of the new text come before it.
    pub(super) new_at: usize,
}

/// Reads the next hunk, if there is one.
pub(super) fn take_hunk(lines: &mut Lines<'_>) -> Result<Option<Placed>, Error> {
    let Some(ranges) = lines.take_after("@@ -") else { return Ok(None) };
    let line = lines.number;
    let wrong = || Error::Syntax { line, why: "the ranges of a hunk look like `@@ -1,2 +3,4 @@`" };
    let ((at, mut old_left), rest) = range(ranges).ok_or_else(wrong)?;
    let ((new_at, mut new_left), rest) = rest.strip_prefix(b" +").and_then(range).ok_or_else(wrong)?;
    if !rest.starts_with(b" @@") {
        return Err(wrong());
    }
    let mut hunk = Hunk { at, lines: Vec::new() };
    while old_left > 0 || new_left > 0 {
        let Some(text) = lines.take() else {
            return Err(lines.next_error("the patch ends inside a hunk"));
        };
        // Some editors remove the blank of an empty line.
        let (kind, text) = match text.split_first() {
            Some((b' ', text)) => (LineKind::Context, text),
            Some((b'-', text)) => (LineKind::Removed, text),
            Some((b'+', text)) => (LineKind::Added, text),
            None | Some((b'\r', [])) => (LineKind::Context, text),
            Some(_) => return Err(lines.error("a line of a hunk begins with a blank, `-` or `+`")),
        };
        let mut line = Line { kind, bytes: [text, b"\n"].concat() };
        let counts = [(line.is_old(), &mut old_left), (line.is_new(), &mut new_left)];
        for (_, left) in counts.into_iter().filter(|(is_of_it, _)| *is_of_it) {
            *left = left
                .checked_sub(1)
                .ok_or_else(|| lines.error("the hunk has more lines than its first line says"))?;
        }
        if lines.take_after("\\ ").is_some() {
            line.bytes.pop();
            if line.bytes.is_empty() {
                return Err(lines.error("an empty line cannot lack its line feed"));
            }
        }
        hunk.lines.push(line);
    }
    Ok(Some(Placed { hunk, line, new_at }))
}

/// Reads `START,COUNT` or `START`. Returns how many lines come before, how many are in it, and the rest.
fn range(text: &[u8]) -> Option<((usize, usize), &[u8])> {
    let (start, mut rest) = number(text)?;
    let mut count = 1;
    if let Some(after) = rest.strip_prefix(b",") {
        (count, rest) = number(after)?;
    }
    let before = if count == 0 { start } else { start.checked_sub(1)? };
    Some(((before, count), rest))
}

pub(super) fn number(text: &[u8]) -> Option<(usize, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    let number = std::str::from_utf8(digits).ok()?.parse().ok();
    number.filter(|_| length <= MOST_DIGITS).map(|number| (number, rest))
}
