//! Colours of data, and how wide a text is on a terminal.
//!
//! A painted text has escape sequences. Texts from outside cannot have them, because they are escaped before they are
//! painted. [`Printer`](super::Printer) removes the sequences if the output gets no colour, so whoever paints need not
//! know. A colour never says something that no word says.

use unicode_width::UnicodeWidthStr;

/// What a text means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// Worth a look.
    Odd,
    /// Wrong.
    Bad,
    /// What to type.
    Hint,
    /// A name that begins a part.
    Name,
    /// Less important than what is beside it.
    Dim,
}

const BEGIN: &str = "\x1b[";
const END: &str = "\x1b[0m";

impl Tone {
    pub(crate) fn paint(self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let code = match self {
            Self::Good => "32",
            Self::Odd => "33",
            Self::Bad => "31",
            Self::Hint => "36",
            Self::Name => "1",
            Self::Dim => "2",
        };
        format!("{BEGIN}{code}m{text}{END}")
    }
}

/// The text without colours.
pub(super) fn without_colour(text: &str) -> String {
    let mut pieces = text.split(BEGIN);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |all, piece| all + piece.split_once('m').map_or(piece, |(_, rest)| rest))
}

/// How many columns of a terminal a painted text takes: a wide character takes two, a combining one takes none.
pub(super) fn columns(text: &str) -> usize {
    if text.contains(BEGIN) { without_colour(text).width() } else { text.width() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_take_no_columns_and_can_be_removed() {
        let text = format!("web {} {}", Tone::Good.paint("clean"), Tone::Dim.paint("mmm"));
        assert_eq!(text, "web \x1b[32mclean\x1b[0m \x1b[2mmmm\x1b[0m");
        assert_eq!(without_colour(&text), "web clean mmm");
        assert_eq!(columns(&text), 13);
        assert_eq!(Tone::Bad.paint(""), "");
    }

    #[test]
    fn characters_take_the_columns_of_a_terminal() {
        for (text, width) in [
            ("web", 3),
            ("é", 1),
            ("e\u{301}", 1),
            ("会計", 4),
            ("\u{1f600}", 2),
            ("ﾜｲﾄﾞ", 4),
            ("привет", 6),
            ("", 0),
        ] {
            assert_eq!(columns(text), width, "{text}");
        }
    }
}
