//! The text of one requirement, such that pip reads it as nothing else.

use crate::repo::redact;

/// No name, specifier, marker or url of a distribution is as long as this.
const MAX_LENGTH: usize = 1000;

/// What a message shows of a longer text.
const SHOWN: usize = 200;

/// Whose text it is: only what users write themselves may name files and variables of the machine where pip runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Author {
    User,
    Other,
}

/// Text that is one line to pip, whole, and no option, comment or variable. What is merged consists of such text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Line(String);

impl Line {
    /// Accepts a line without its comment, or says why not in words that complete "is not a requirement: …".
    pub(super) fn new(text: &str, author: Author) -> Result<Self, String> {
        let text = single_blanks(text);
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        // The parser counts characters as bytes (`pep508_rs` 0.9.2), and Python ends lines at more characters than `\n`.
        if let Some(other) = text.chars().find(|c| !matches!(c, ' '..='~')) {
            return Err(format!("the character U+{:04X} is not allowed in it", u32::from(other)));
        }
        if text.len() > MAX_LENGTH {
            return Err(format!("it is longer than {MAX_LENGTH} characters"));
        }
        if text.contains('\\') {
            return Err("a backslash is not allowed in it".to_owned());
        }
        if author == Author::Other
            && let Some((_, variable)) = text.split_once("${")
        {
            let name = variable.split('}').next().unwrap_or_default();
            return Err(format!("pip would put a variable of the environment in place of `${{{name}}}`"));
        }
        if let Some(word) = text.split(' ').find(|word| word.starts_with(['-', '#'])) {
            let is_comment = word.starts_with('#');
            return Err(if is_comment {
                "pip would read a part of it as a comment".to_owned()
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

/// The text with single blanks, but for those within a quoted value.
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

/// The option without its value, which may be joined to it as in `--hash=sha256:…` and `-rother.txt`.
pub(super) fn option_name(word: &str) -> &str {
    let end =
        if word.starts_with("--") { word.find('=') } else { word.char_indices().nth(2).map(|(at, _)| at) };
    &word[..end.unwrap_or(word.len())]
}

/// A line without the secrets that a url in it may hold.
pub(super) fn shown(line: &str) -> String {
    // `redact` hides a lone user name only behind `http`, and here `git+` may come before it.
    let (start, url) = line.split_at(line.find("http").unwrap_or(0));
    format!("{start}{}", redact(url))
}

/// The beginning of a long text.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
