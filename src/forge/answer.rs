//! What a forge says about a request. Its words are those of strangers, so they are checked here.

use std::fmt;

use serde::Deserialize;

use crate::repo::is_invisible;

/// In characters.
const LONGEST_TITLE: usize = 100;

/// What a forge said about a request. The default is: nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Told {
    pub(crate) state: RequestState,
    pub(crate) title: Option<Title>,
    /// Only of an open request. `None` if there is no review, or if it is not known.
    pub(crate) review: Option<Review>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum RequestState {
    Open,
    /// Closed without being merged.
    Closed,
    Merged,
    /// The forge gave no answer.
    #[default]
    Unknown,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Review {
    Approved,
    ChangesRequested,
    Required,
}

impl Told {
    pub(super) fn new(state: RequestState, title: &str, review: Option<Review>) -> Self {
        let review = review.filter(|_| state == RequestState::Open);
        Self { state, title: Title::of(title), review }
    }
}

impl Review {
    /// What the last reviews of all people amount to.
    pub(super) fn of_all(last: impl IntoIterator<Item = Self>) -> Option<Self> {
        last.into_iter().max_by_key(|review| match review {
            Self::Required => 0,
            Self::Approved => 1,
            Self::ChangesRequested => 2,
        })
    }
}

/// State and review in words: "open, approved".
impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            RequestState::Open => "open",
            RequestState::Closed => "closed",
            RequestState::Merged => "merged",
            RequestState::Unknown => "state unknown",
        })?;
        match self.review {
            Some(Review::Approved) => f.write_str(", approved"),
            Some(Review::ChangesRequested) => f.write_str(", changes requested"),
            Some(Review::Required) => f.write_str(", review required"),
            None => Ok(()),
        }
    }
}

/// The title of a request: one short line, without characters that are invisible or change the direction of the text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Title(String);

impl Title {
    /// `None` if nothing is left.
    fn of(text: &str) -> Option<Self> {
        // A line end or a tab parts words, a mark in a word does not.
        let kept = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
        let kept: String = kept.filter(|&c| !is_invisible(c)).collect();
        let line = kept.split_whitespace().collect::<Vec<_>>().join(" ");
        let short = match line.char_indices().nth(LONGEST_TITLE) {
            Some((end, _)) => format!("{}...", line[..end].trim_end()),
            None => line,
        };
        Some(Self(short)).filter(|title| !title.0.is_empty())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads an answer of this form. `None` if it is not JSON, or something else.
pub(super) fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_short_line_that_can_do_no_harm() {
        let title = |text: &str| Title::of(text).map_or("none".to_owned(), |title| title.0);
        for (text, shown) in [
            ("[FIX] web: grüße, 中文 \u{1f600}", "[FIX] web: grüße, 中文 \u{1f600}"),
            ("  a\r\n]\nb\u{2028}c\u{85}d\te ", "a ] b c d e"),
            ("\u{1b}[31mred\u{7}\u{0}", "[31mred"),
            ("a\u{202e}b\u{2066}c\u{200b}d\u{feff}", "abcd"),
            ("say \"no\" # it's \\n", "say \"no\" # it's \\n"),
            ("\u{202e}\n\u{1b}", "none"),
            ("", "none"),
        ] {
            assert_eq!(title(text), shown, "{text:?}");
        }
        assert_eq!(title(&"ä".repeat(100)), "ä".repeat(100));
        assert_eq!(title(&"ä".repeat(101)), format!("{}...", "ä".repeat(100)));
        let all: String = ('\0'..=char::MAX).collect();
        assert!(!title(&all).contains(is_invisible));
    }

    #[test]
    fn a_change_that_is_requested_outweighs_approvals() {
        use Review::{Approved, ChangesRequested, Required};
        assert_eq!(Review::of_all([Approved, ChangesRequested, Approved]), Some(ChangesRequested));
        assert_eq!(Review::of_all([Required, Approved]), Some(Approved));
        assert_eq!(Review::of_all([]), None);
        assert_eq!(Told::new(RequestState::Open, "", Some(Approved)).to_string(), "open, approved");
        assert_eq!(Told::new(RequestState::Merged, "", Some(Approved)).to_string(), "merged");
        assert_eq!(Told::default().to_string(), "state unknown");
    }
}
