//! Text that a browser reads as markup. Nothing from outside gets into it without being escaped.

use std::fmt::Write as _;

use crate::repo::one_line;

/// HTML. The templates are part of the program; every other text is escaped when it is put into one.
#[derive(Clone, Debug, Default)]
pub(super) struct Markup(String);

/// What can stand in place of a `{}` of a template.
pub(super) trait Piece {
    /// Writes it so that it stays one text: between tags, or between the quotes of an attribute.
    fn write(&self, markup: &mut Markup);
}

impl Markup {
    /// Adds a template. Each `{}` in it is replaced by the next piece.
    pub(super) fn put(&mut self, template: &'static str, pieces: &[&dyn Piece]) -> &mut Self {
        let mut parts = template.split("{}");
        self.0.push_str(parts.next().unwrap_or_default());
        debug_assert_eq!(template.matches("{}").count(), pieces.len(), "in the template {template}");
        for (piece, part) in pieces.iter().zip(parts) {
            piece.write(self);
            self.0.push_str(part);
        }
        self
    }

    /// Adds a text of the program as it is.
    pub(super) fn raw(&mut self, text: &'static str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    /// Adds escaped text.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        text.write(self);
        self
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// Text from anywhere. Characters that are invisible or change the direction are shown as escapes.
impl Piece for str {
    fn write(&self, markup: &mut Markup) {
        for c in one_line(self).chars() {
            match c {
                '&' => markup.0.push_str("&amp;"),
                '<' => markup.0.push_str("&lt;"),
                '>' => markup.0.push_str("&gt;"),
                '"' => markup.0.push_str("&quot;"),
                '\'' => markup.0.push_str("&#39;"),
                c => markup.0.push(c),
            }
        }
    }
}

impl Piece for &str {
    fn write(&self, markup: &mut Markup) {
        (**self).write(markup);
    }
}

impl Piece for String {
    fn write(&self, markup: &mut Markup) {
        self.as_str().write(markup);
    }
}

/// Already escaped.
impl Piece for Markup {
    fn write(&self, markup: &mut Markup) {
        markup.0.push_str(&self.0);
    }
}

impl Piece for usize {
    fn write(&self, markup: &mut Markup) {
        let _infallible = write!(markup.0, "{self}");
    }
}

/// A text in which what stands between backticks is code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prose<'a>(pub(super) &'a str);

impl Piece for Prose<'_> {
    fn write(&self, markup: &mut Markup) {
        let parts: Vec<&str> = self.0.split('`').collect();
        if parts.len().is_multiple_of(2) {
            // One of them has no partner.
            self.0.write(markup);
            return;
        }
        for (place, part) in parts.into_iter().enumerate() {
            if place % 2 == 0 {
                part.write(markup);
            } else {
                markup.put("<code>{}</code>", &[&part]);
            }
        }
    }
}

/// A length or a place in a drawing, with at most two decimals.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(pub(super) f64);

impl Piece for At {
    fn write(&self, markup: &mut Markup) {
        let start = markup.0.len();
        let _infallible = write!(markup.0, "{:.2}", self.0);
        // `12.50` is 12.5 and `3.00` is 3, in a drawing with thousands of them.
        let kept = markup.0[start..].trim_end_matches('0').trim_end_matches('.').len();
        markup.0.truncate(start + kept);
    }
}

/// A link to a place outside the page. Only `http` and `https` become links: a browser would run a `javascript:` url.
pub(super) fn outside(url: &str, shown: &str) -> Markup {
    let mut markup = Markup::default();
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_web = matches!(scheme.as_deref(), Some("http" | "https"));
    if is_web && !url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        markup.put("<a href=\"{}\" rel=\"noreferrer noopener\">{}</a>", &[&url, &shown]);
    } else {
        markup.text(shown);
    }
    markup
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let mut markup = Markup::default();
        markup.text(text);
        markup.into_string()
    }

    #[test]
    fn no_text_can_end_the_element_or_the_attribute_that_holds_it() {
        assert_eq!(
            text("</script><b a='1' b=\"2\">&amp;"),
            "&lt;/script&gt;&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;amp;"
        );
        assert_eq!(text("a\u{202e}b\nc\0"), "a\\u{202e}b\\nc\\u{0}");
    }

    #[test]
    fn pieces_stand_in_their_places() {
        let mut markup = Markup::default();
        let mut inner = Markup::default();
        inner.put("<i>{}</i>", &[&"<{}>"]);
        markup.put("<p id=\"{}\">{} of {}</p>", &[&At(1.0), &inner, &3_usize]);
        assert_eq!(markup.into_string(), "<p id=\"1\"><i>&lt;{}&gt;</i> of 3</p>");
    }

    #[test]
    fn words_between_backticks_are_code() {
        for (text, shown) in [
            ("run `oca <x>` now", "run <code>oca &lt;x&gt;</code> now"),
            ("a ` b", "a ` b"),
            ("`a``b`", "<code>a</code><code>b</code>"),
        ] {
            let mut markup = Markup::default();
            markup.put("{}", &[&Prose(text)]);
            assert_eq!(markup.into_string(), shown);
        }
    }

    #[test]
    fn lengths_have_no_more_digits_than_they_need() {
        for (length, shown) in [(0.0, "0"), (100.0, "100"), (12.5, "12.5"), (1.0 / 3.0, "0.33"), (-2.0, "-2")]
        {
            let mut markup = Markup::default();
            markup.put("{}", &[&At(length)]);
            assert_eq!(markup.into_string(), shown);
        }
    }

    #[test]
    fn only_addresses_of_the_web_become_links() {
        for url in ["https://example.com/a?b=1&c", "HTTP://example.com"] {
            assert!(outside(url, "x").into_string().starts_with("<a href=\""), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            "javascript://x/%0aalert(1)",
            " https://x",
            "data:text/html,x",
            "ssh://git@h/x",
            "../web",
            "https:/x",
            "https://x\ny",
        ] {
            assert_eq!(outside(url, "<x>").into_string(), "&lt;x&gt;", "{url}");
        }
    }
}
