//! The text of a manifest as Python's `open(file, encoding="utf-8").read()` gives it, and places in it.

use std::cell::Cell;

use super::problem::{LiteralError, Place, Problem};

/// A manifest is a page of text; whatever is longer than this is something else.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// Decoded text whose only line ending is `\n`, without the blanks that `literal_eval` strips from its beginning.
pub(super) struct Source {
    whole: String,
    stripped: usize,
    line_starts: Vec<usize>,
    /// The offset last asked for and its place: counting on from there keeps a long line linear.
    last: Cell<(usize, Place)>,
}

impl Source {
    /// Decodes as Odoo does, which opens manifests as UTF-8 whatever their coding line says.
    ///
    /// Refuses what Python refuses to take as source at all: bytes that are not UTF-8, a byte order mark, NUL.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, LiteralError> {
        if bytes.len() > MAX_BYTES {
            return Err(LiteralError { at: Place::START, problem: Problem::TooLong });
        }
        let (valid, is_whole) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, true),
            Err(error) => (std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(), false),
        };
        let whole = valid.replace("\r\n", "\n").replace('\r', "\n");
        let stripped = whole.len() - whole.trim_start_matches([' ', '\t']).len();
        let line_starts = std::iter::once(0).chain(whole.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let source = Self { whole, stripped, line_starts, last: Cell::new((0, Place::START)) };
        if !is_whole {
            return Err(source.error(source.text().len(), Problem::NotUtf8));
        }
        if source.text().starts_with('\u{feff}') {
            return Err(source.error(0, Problem::ByteOrderMark));
        }
        if let Some(at) = source.text().find('\0') {
            return Err(source.error(at, Problem::Nul));
        }
        Ok(source)
    }

    pub(super) fn text(&self) -> &str {
        &self.whole[self.stripped..]
    }

    /// The place in the file of a byte offset of [`text`](Self::text).
    pub(super) fn place(&self, offset: usize) -> Place {
        let offset = self.whole.floor_char_boundary(self.stripped + offset);
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let (start, column) = match self.last.get() {
            (last, place) if place.line == line && last <= offset => (last, place.column),
            _ => (self.line_starts[line - 1], 1),
        };
        let place = Place { line, column: column + self.whole[start..offset].chars().count() };
        self.last.set((offset, place));
        place
    }

    pub(super) fn error(&self, offset: usize, problem: Problem) -> LiteralError {
        LiteralError { at: self.place(offset), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        match Source::decode(bytes) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => format!("{} {error}", error.at),
        }
    }

    #[test]
    fn every_line_ending_becomes_a_line_feed() {
        let source = Source::decode(b"a\r\nb\rc\n\r\r\nd").expect("text");
        assert_eq!(source.text(), "a\nb\nc\n\n\nd");
    }

    #[test]
    fn places_count_characters_and_the_stripped_blanks() {
        let source = Source::decode(" \té{}\r\nß x".as_bytes()).expect("text");
        assert_eq!(source.text(), "é{}\nß x");
        assert_eq!(source.place(0), Place { line: 1, column: 3 });
        assert_eq!(source.place(2), Place { line: 1, column: 4 });
        assert_eq!(source.place("é{}\nß ".len()), Place { line: 2, column: 3 });
        assert_eq!(source.place(10_000), Place { line: 2, column: 4 });
    }

    #[test]
    fn what_is_no_source_text_is_refused() {
        assert_eq!(refused(b"{\n 'a': '\xe9'}"), "2:8 the file is not UTF-8 from here on");
        assert_eq!(refused(b"\xef\xbb\xbf{}"), "1:1 the file begins with a byte order mark");
        assert_eq!(refused(b"  \xef\xbb\xbf{}"), "1:3 the file begins with a byte order mark");
        assert_eq!(refused(b"{}#\0"), "1:4 a NUL character may not stand in a manifest");
        assert_eq!(refused(&vec![b' '; MAX_BYTES + 1]), "1:1 the file is longer than 1 MiB; no manifest is");
        assert_eq!(refused(b"{} # \xc2\xa0"), "accepted");
    }
}
