//! The text of a manifest, and how far it is read.

use super::problem::{LiteralError, LiteralProblem};
use crate::repo::is_lfs_pointer;

/// The size of the largest manifest that is read, in bytes. Most have a few kilobytes.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// Decodes a file as Odoo does: as UTF-8, whatever its coding line says. In the text, each line ends with `\n`.
pub(super) fn decode(bytes: &[u8]) -> Result<String, LiteralError> {
    if bytes.len() > MAX_BYTES {
        return Err(LiteralError { line: 1, problem: LiteralProblem::TooLong });
    }
    if is_lfs_pointer(bytes) {
        return Err(LiteralError { line: 1, problem: LiteralProblem::Pointer });
    }
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let text = valid.replace("\r\n", "\n").replace('\r', "\n");
    let error = |at: usize, problem| Err(LiteralError { line: 1 + count_lines(&text[..at]), problem });
    if valid.len() < bytes.len() {
        return error(text.len(), LiteralProblem::NotUtf8);
    }
    if text.starts_with('\u{feff}') {
        return error(0, LiteralProblem::ByteOrderMark);
    }
    match text.find('\0') {
        Some(at) => error(at, LiteralProblem::forbidden("a NUL character")),
        None => Ok(text),
    }
}

/// A place in a text.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    /// The text from there on.
    pub(super) rest: &'a str,
    /// The line of the place, counted from 1.
    pub(super) line: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, line: 1 }
    }

    pub(super) fn next(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Steps over that many bytes and returns them.
    pub(super) fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += count_lines(taken);
        self.rest = rest;
        taken
    }

    /// Steps over a text if it comes next, and says if it did.
    pub(super) fn take_if(&mut self, wanted: &str) -> bool {
        let comes_next = self.rest.starts_with(wanted);
        if comes_next {
            self.take(wanted.len());
        }
        comes_next
    }

    pub(super) fn error(&self, problem: LiteralProblem) -> LiteralError {
        LiteralError { line: self.line, problem }
    }
}

fn count_lines(text: &str) -> usize {
    text.matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_ending_becomes_a_line_feed() {
        assert_eq!(decode(b"a\r\nb\rc\n\r\r\nd").as_deref(), Ok("a\nb\nc\n\n\nd"));
    }

    #[test]
    fn bytes_that_are_not_the_text_of_a_manifest_are_refused() {
        for (bytes, expected) in [
            (b"{\r\n 'a': '\xe9'}".as_slice(), "2 the file is not UTF-8"),
            (b"\xef\xbb\xbf{}", "1 the file begins with a byte order mark; save it as UTF-8 without one"),
            (b"{}\n\n#\0", "3 a manifest must not contain a NUL character"),
            (&vec![b' '; MAX_BYTES + 1], "1 a manifest must not be longer than 1 MiB"),
        ] {
            let error = decode(bytes).expect_err("no text of a manifest");
            assert_eq!(format!("{} {error}", error.line), expected);
        }
        assert_eq!(decode(b"{} # \xc2\xa0").as_deref(), Ok("{} # \u{a0}"));
    }
}
