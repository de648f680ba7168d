//! Text that others wrote, fit for a terminal: it moves no cursor and feigns no line of its own.

/// The text on one line: control characters are written as escapes.
pub(crate) fn one_line(text: &str) -> String {
    escaped(text, char::is_control)
}

/// The text on its lines: all other control characters but tabs are written as escapes.
pub(crate) fn plain(text: &str) -> String {
    escaped(text, |c| c.is_control() && c != '\n' && c != '\t')
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
}
