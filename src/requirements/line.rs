//! The text of one requirement. pip must read it as this requirement and nothing else.

use crate::repo::{redact, redact_userinfo};

/// The maximum length in characters. No name, specifier, marker or url of a distribution is longer.
const MAX_LENGTH: usize = 1000;

/// The number of characters of a long text that a message shows.
const SHOWN: usize = 200;

/// Who wrote a text. Only a user's own text may name files and variables of the machine where pip runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Author {
    User,
    /// Odoo itself.
    Odoo,
    Other,
}

/// Text that pip reads as exactly one line without options, comments or variables of other authors. The merged file
/// consists of such texts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Line(String);

impl Line {
    /// Checks a line without its comment. The error is a text that completes "is not a requirement: …".
    pub(super) fn new(text: &str, author: Author) -> Result<Self, String> {
        let text = single_blanks(text);
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        // Only ASCII is allowed, because the parser counts characters as bytes (`pep508_rs` 0.9.2), and because Python
        // ends lines at more characters than `
        // `.
        if let Some(other) = text.chars().find(|c| !matches!(c, ' '..='~')) {
            return Err(format!("the character U+{:04X} is not allowed", u32::from(other)));
        }
        if text.len() > MAX_LENGTH {
            return Err(format!("it is longer than {MAX_LENGTH} characters"));
        }
        if text.contains('\\') {
            return Err("a backslash is not allowed".to_owned());
        }
        if author != Author::User
            && let Some((_, variable)) = text.split_once("${")
        {
            let name = variable.split('}').next().unwrap_or_default();
            return Err(format!("pip would replace `${{{name}}}` with an environment variable"));
        }
        if let Some(word) = text.split(' ').find(|word| word.starts_with(['-', '#'])) {
            let is_comment = word.starts_with('#');
            return Err(if is_comment {
                "pip would read part of it as a comment".to_owned()
            } else {
                format!("pip would read `{}` as an option", option_name(word))
            });
        }
        Ok(Self(text))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text with runs of blanks replaced by one blank, except in quoted values.
fn single_blanks(text: &str) -> String {
    let mut single = String::with_capacity(text.len());
    let mut open = None;
    for c in text.replace('\t', " ").trim_matches(' ').chars() {
        match open {
            None if c == ' ' && single.ends_with(' ') => continue,
            None if matches!(c, '"' | '\'') => open = Some(c),
            Some(quote) if quote == c => open = None,
            _ => {}
        }
        single.push(c);
    }
    single
}

/// The option without its value. The value can follow without a blank, as in `--hash=sha256:…` and `-rother.txt`.
pub(super) fn option_name(word: &str) -> &str {
    let end =
        if word.starts_with("--") { word.find('=') } else { word.char_indices().nth(2).map(|(at, _)| at) };
    &word[..end.unwrap_or(word.len())]
}

/// A line without the secrets of a url in it.
pub(super) fn shown(line: &str) -> String {
    // A path can have a password as well, where somebody forgot the scheme.
    if line.contains("://") { at_url(line, redact) } else { redact(line) }
}

/// A line without the userinfo of a url in it.
pub(super) fn without_userinfo(line: &str) -> String {
    at_url(line, redact_userinfo)
}

/// Replaces every url of a line. A url starts with its scheme, and ends where the next one starts.
fn at_url(line: &str, redact: fn(&str) -> String) -> String {
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    let starts = line.match_indices("://").map(|(at, _)| line[..at].trim_end_matches(is_scheme).len());
    let mut starts: Vec<usize> = starts.collect();
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    let before = &line[..starts.first().copied().unwrap_or(line.len())];
    let urls = starts.iter().zip(ends).map(|(&start, end)| redact(&line[start..end]));
    std::iter::once(before.to_owned()).chain(urls).collect()
}

/// The start of a long text.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
