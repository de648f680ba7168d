//! The header of a mail that `git format-patch` writes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::patch::header::{Header, days};
use crate::repo::{LATEST, one_line};

/// What a mail says about its patch. All of it is one line of visible text, or empty.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct About {
    pub(crate) name: String,
    pub(crate) email: String,
    /// Seconds since 1970. `None` if the date cannot be read.
    pub(crate) date: Option<i64>,
    /// The subject without `[PATCH 1/2]`.
    pub(crate) title: String,
}

impl About {
    /// Reads one field. A field that goes on in the next line is given as a whole.
    pub(super) fn read(&mut self, field: &str) {
        let Some((name, value)) = field.split_once(':') else { return };
        let value = decoded(value.trim());
        match name.to_ascii_lowercase().as_str() {
            "from" => match value.rsplit_once('<') {
                Some((name, email)) => {
                    self.name = plain(name.trim().trim_matches('"'));
                    self.email = plain(email.trim_end().trim_end_matches('>'));
                }
                None => self.email = plain(&value),
            },
            "date" => self.date = date(&value),
            "subject" => {
                let title = match value.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                    Some((tag, rest)) if tag.starts_with("PATCH") => rest,
                    _ => &value,
                };
                self.title = plain(title);
            }
            _ => {}
        }
    }
}

impl About {
    /// The header of a step. What the mail does not say is unknown; `title` stands for a missing subject.
    pub(crate) fn header(&self, title: &str) -> Header {
        let first = |words: [&str; 2]| {
            let word = words.into_iter().find(|word| !word.is_empty());
            word.unwrap_or("unknown").to_owned()
        };
        Header {
            name: first([&self.name, &self.email]),
            email: self.email.clone(),
            date: self.date.unwrap_or_default().clamp(0, LATEST),
            title: first([&self.title, title]),
            url: None,
        }
    }
}

fn plain(text: &str) -> String {
    one_line(text.trim()).replace(['<', '>'], "").trim().to_owned()
}

/// Decodes words such as `=?UTF-8?q?caf=C3=A9?=` (RFC 2047). Words in other character sets are kept.
fn decoded(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    let mut was_word = false;
    while let Some((before, word)) = rest.split_once("=?") {
        let mut parts = word.splitn(4, '?');
        let fields = (parts.next(), parts.next(), parts.next(), parts.next());
        let found = match fields {
            (Some(set), Some(way), Some(body), Some(after)) if set.eq_ignore_ascii_case("utf-8") => {
                after.strip_prefix('=').and_then(|after| Some((word_of(way, body)?, after)))
            }
            _ => None,
        };
        // Blanks between two words are not part of the text.
        if !(was_word && found.is_some() && before.trim().is_empty()) {
            decoded.push_str(before);
        }
        was_word = found.is_some();
        let (text, after) = found.unwrap_or_else(|| ("=?".to_owned(), word));
        decoded.push_str(&text);
        rest = after;
    }
    decoded + rest
}

fn word_of(way: &str, body: &str) -> Option<String> {
    let bytes = match way {
        "q" | "Q" => {
            let mut bytes = Vec::new();
            let mut rest = body.bytes();
            while let Some(byte) = rest.next() {
                bytes.push(match byte {
                    b'_' => b' ',
                    b'=' => {
                        let digits = [rest.next()?, rest.next()?];
                        u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                    }
                    _ => byte,
                });
            }
            bytes
        }
        "b" | "B" => STANDARD.decode(body).ok()?,
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

/// The seconds of a date such as `Wed, 1 May 2024 14:00:00 +0200`.
fn date(text: &str) -> Option<i64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let text = text.split_once(", ").map_or(text, |(_, text)| text);
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [day, month, year, time, zone] = words[..] else { return None };
    let number = |digits: &str| digits.parse::<u16>().ok().map(i64::from);
    let month = MONTHS.find(month).filter(|at| month.len() == 3 && at % 3 == 0)? / 3 + 1;
    let mut time = time.splitn(3, ':').map(number);
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let (sign, zone) = zone.split_at_checked(1)?;
    let zone = number(zone)?;
    let offset = (zone / 100 * 60 + zone % 100) * if sign == "-" { -60 } else { 60 };
    let days = days(number(year)?, i64::try_from(month).ok()?, number(day)?);
    Some(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_a_mail_is_read() {
        let mut about = About::default();
        for field in [
            "From: =?UTF-8?q?Zo=C3=AB=20A?= <zoe@example.com>",
            "Date: Wed, 1 May 2024 14:00:00 +0200",
            "Subject: [PATCH 1/2] [FIX] web: =?UTF-8?q?caf=C3=A9?= =?utf-8?B?4oKs?= title",
        ] {
            about.read(field);
        }
        assert_eq!((&*about.name, &*about.email), ("Zo\u{eb} A", "zoe@example.com"));
        assert_eq!(about.title, "[FIX] web: caf\u{e9}\u{20ac} title");
        assert_eq!(about.date, Some(1_714_564_800));
        for text in
            ["", "x", "1 Foo 2024 00:00:00 +0000", "1 May 2024 00:00 +0000", "1 anF 2024 00:00:00 +0000"]
        {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(decoded("=?x =?UTF-8?q?=Z?= =?latin1?q?a?="), "=?x =?UTF-8?q?=Z?= =?latin1?q?a?=");
    }
}
