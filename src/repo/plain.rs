//! Text that others wrote, fit for a terminal: it moves no cursor and feigns no line of its own.

/// How much of what a server says is shown.
const MOST_SHOWN: usize = 300;

/// The text on one line: what is no visible character is written as an escape.
pub(crate) fn one_line(text: &str) -> String {
    escaped(text, is_invisible)
}

/// The text on its lines: but for line ends and tabs, what is no visible character is written as an escape.
pub(crate) fn plain(text: &str) -> String {
    escaped(text, |c| is_invisible(c) && c != '\n' && c != '\t')
}

/// What a stranger says, in few words on one line.
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

/// What a stranger says, as a quotation that cannot end before its end.
pub(crate) fn quotation(text: &str) -> String {
    format!("\"{}\"", in_short(text).replace('"', "'"))
}

/// Characters that move the cursor, turn the direction of what follows, or are not seen at all.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether Python's `str.splitlines` ends a line at a character, and so pip; all of these are invisible.
pub(crate) fn ends_line(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A name of bytes on one line: what is not text is written as an escape too.
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
    fn what_moves_the_cursor_is_written_as_an_escape() {
        let text = "caf\u{e9}\t1\u{1b}[31m\r\nerror: x\u{85}\u{7f}";
        assert_eq!(one_line(text), "caf\u{e9}\\t1\\u{1b}[31m\\r\\nerror: x\\u{85}\\u{7f}");
        assert_eq!(shown(b"caf\xe9\n\x1b.py"), "caf\\xe9\\n\\u{1b}.py");
        assert_eq!(plain(text), "caf\u{e9}\t1\\u{1b}[31m\\r\nerror: x\\u{85}\\u{7f}");
    }

    #[test]
    fn what_turns_or_hides_text_is_written_as_an_escape() {
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
    fn a_quotation_is_short_and_ends_where_it_ends() {
        assert_eq!(quotation(" no\"\nerror: x\n"), "\"no'\\nerror: x\"");
        let long = quotation(&"ä".repeat(1000));
        assert_eq!(long, format!("\"{}...\"", "ä".repeat(300)));
        assert_eq!(quotation(&"\u{1b}".repeat(1000)).len(), 2 + 50 * "\\u{1b}".len() + 3);
    }
}
