//! Text that others wrote, fit for a terminal: it moves no cursor and feigns no line of its own.

/// The text on one line: control characters are written as escapes.
pub(crate) fn one_line(text: &str) -> String {
    escaped(text, char::is_control)
}

/// The text on its lines: all other control characters but tabs are written as escapes.
pub(crate) fn plain(text: &str) -> String {
    escaped(text, |c| c.is_control() && c != '\n' && c != '\t')
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
        assert_eq!(plain(text), "caf\u{e9}\t1\\u{1b}[31m\\r\nerror: x\\u{85}\\u{7f}");
    }
}
