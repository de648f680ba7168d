//! Makes text from outside safe for a terminal: it cannot move the cursor or fake a line of oca's own output.

/// How many characters of a server's text are shown.
const MOST_SHOWN: usize = 300;

/// Whether a file has this text. Line ends of Windows are accepted, because git may have converted them.
pub(crate) fn is_text_of(text: &str, file: &[u8]) -> bool {
    let with_plain_ends = || String::from_utf8_lossy(file).replace("\r\n", "\n");
    text.as_bytes() == file || text == with_plain_ends()
}

/// The text on one line. Invisible characters are written as escapes.
pub(crate) fn one_line(text: &str) -> String {
    escaped(text, is_invisible)
}

/// The text with its line ends and tabs. Other invisible characters are written as escapes.
pub(crate) fn plain(text: &str) -> String {
    escaped(text, |c| is_invisible(c) && c != '\n' && c != '\t')
}

/// The start of a text from outside, on one line: at most 300 characters.
pub(crate) fn in_short(text: &str) -> String {
    let mut short = String::new();
    let mut room = MOST_SHOWN;
    for c in text.trim().chars() {
        let shown = one_line(c.encode_utf8(&mut [0; 4]));
        let Some(left) = room.checked_sub(shown.chars().count()) else { return short + "..." };
        room = left;
        short.push_str(&shown);
    }
    short
}

/// The same in double quotes. Quotes inside are replaced, so that the text cannot end the quotation.
pub(crate) fn quotation(text: &str) -> String {
    format!("\"{}\"", in_short(text).replace('"', "'"))
}

/// Whether a character moves the cursor, changes the direction of the text, or is not visible.
pub(crate) fn is_invisible(c: char) -> bool {
    // Most characters are ASCII.
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether Python's `str.splitlines`, and therefore pip, ends a line at a character. All of these are invisible.
pub(crate) fn ends_line(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A name of bytes, on one line. Bytes that are not UTF-8 are also written as escapes.
pub(crate) fn shown(name: &[u8]) -> String {
    let piece = |chunk: std::str::Utf8Chunk<'_>| {
        let invalid: String = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")).collect();
        one_line(chunk.valid()) + &invalid
    };
    name.utf8_chunks().map(piece).collect()
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_move_the_cursor_are_written_as_escapes() {
        let text = "caf\u{e9}\t1\u{1b}[31m\r\nerror: x\u{85}\u{7f}";
        assert_eq!(one_line(text), "caf\u{e9}\\t1\\u{1b}[31m\\r\\nerror: x\\u{85}\\u{7f}");
        assert_eq!(shown(b"caf\xe9\n\x1b.py"), "caf\\xe9\\n\\u{1b}.py");
        assert_eq!(plain(text), "caf\u{e9}\t1\\u{1b}[31m\\r\nerror: x\\u{85}\\u{7f}");
    }

    #[test]
    fn characters_that_turn_or_hide_text_are_written_as_escapes() {
        let invisible =
            ['\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}', '\u{2028}', '\u{200b}', '\u{feff}', '\u{e0041}'];
        for c in invisible {
            assert_eq!(plain(&format!("a{c}b")), format!("a{}b", c.escape_unicode()));
        }
        assert_eq!(plain("grüße, ñ, 中文, привет, \u{1f600}"), "grüße, ñ, 中文, привет, \u{1f600}");
    }

    #[test]
    fn one_line_is_also_one_line_to_pip() {
        let ends: Vec<char> = ('\0'..=char::MAX).filter(|&c| ends_line(c)).collect();
        assert_eq!(ends.len(), 10);
        assert!(!one_line(&String::from_iter(ends)).contains(ends_line));
    }

    #[test]
    fn a_quotation_is_short_and_contains_no_quote() {
        assert_eq!(quotation(" no\"\nerror: x\n"), "\"no'\\nerror: x\"");
        let long = quotation(&"ä".repeat(1000));
        assert_eq!(long, format!("\"{}...\"", "ä".repeat(300)));
        assert_eq!(quotation(&"\u{1b}".repeat(1000)).len(), 2 + 50 * "\\u{1b}".len() + 3);
    }
}
