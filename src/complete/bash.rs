//! The line as bash has it. Bash breaks words at `=`, `:` and `@`, too, and leaves the quotes in them. So its script passes
//! the line, and this file finds the words.

use std::ffi::OsString;

use super::offered::{Offered, offered};

/// A line up to the cursor.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Typed {
    /// Without quotes. The last one is completed.
    words: Vec<String>,
    /// The quote that is open at the cursor.
    quote: Option<char>,
    /// The beginning of the last word that bash does not replace, as it was typed.
    kept: String,
}

impl Typed {
    /// Reads what the script passes: the word that bash replaces, and the line up to the cursor. Bash cuts the line,
    /// because it counts the place of the cursor in characters of its locale.
    pub(super) fn parse(arguments: &[OsString]) -> Option<Self> {
        let [replaced, line] = arguments else { return None };
        Self::read(line.to_str()?, replaced.to_str()?)
    }

    fn read(line: &str, replaced: &str) -> Option<Self> {
        let (mut words, mut raw, mut quote) = (vec![String::new()], String::new(), None);
        let mut is_blank = true;
        let mut letters = line.chars();
        while let Some(c) = letters.next() {
            let word = words.last_mut()?;
            match (quote, c) {
                (None, ' ' | '\t' | '\n') => {
                    if !is_blank {
                        words.push(String::new());
                        raw.clear();
                    }
                    is_blank = true;
                    continue;
                }
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), _) if c == open => quote = None,
                (None | Some('"'), '\\') => {
                    let next = letters.next();
                    raw.push(c);
                    word.extend(next);
                    raw.extend(next);
                    is_blank = false;
                    continue;
                }
                _ => word.push(c),
            }
            raw.push(c);
            is_blank = false;
        }
        // Variables may stand before the program.
        let is_variable = |word: &&String| {
            word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            })
        };
        let before = words.iter().take_while(is_variable).count();
        words.drain(..before);
        let kept = raw.strip_suffix(replaced).unwrap_or_default().to_owned();
        Some(Self { words, quote, kept })
    }

    pub(super) fn lines(self, command: clap::Command) -> Vec<String> {
        let Self { words, quote, kept } = self;
        let found = offered(words.into_iter().map(OsString::from).collect(), command);
        let line = |Offered { value, .. }: Offered| {
            let typed = quoted(&value, quote)?;
            typed.strip_prefix(&kept).map(str::to_owned)
        };
        found.into_iter().filter_map(line).collect()
    }
}

/// A word as it is typed behind an open quote, or without one. `None` if it cannot be.
fn quoted(value: &str, quote: Option<char>) -> Option<String> {
    let escaped = |is_special: &dyn Fn(usize, char) -> bool| -> String {
        let letter = |(at, c)| is_special(at, c).then_some('\\').into_iter().chain([c]);
        value.char_indices().flat_map(letter).collect()
    };
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,#".contains(c);
    let Some(quote) = quote else { return Some(escaped(&|at, c| !is_plain(c) || (at == 0 && c == '#'))) };
    let inside = match quote {
        '"' => escaped(&|_, c| "\\\"$`".contains(c)),
        _ => value.to_owned(),
    };
    // In double quotes, nothing keeps `!` from naming a line of the history.
    let refused = if quote == '"' { '!' } else { '\'' };
    let end = if value.ends_with('/') { String::new() } else { quote.to_string() };
    (!value.contains(refused)).then(|| format!("{quote}{inside}{end}"))
}

#[cfg(test)]
mod tests {
    use super::{Typed, quoted};

    #[test]
    fn words_are_found_as_bash_finds_them() {
        for (line, replaced, words, quote, kept) in [
            ("oca ", "", &["oca", ""][..], None, ""),
            ("oca list we", "we", &["oca", "list", "we"], None, ""),
            ("oca -C 'my dir' lock web@", "", &["oca", "-C", "my dir", "lock", "web@"], None, "web@"),
            ("oca list --profile=st", "st", &["oca", "list", "--profile=st"], None, "--profile="),
            ("oca verify \"my d", "my d", &["oca", "verify", "my d"], Some('"'), "\""),
            ("oca verify my\\ d", "my\\ d", &["oca", "verify", "my d"], None, ""),
            ("A=1 B='x y' oca  li", "li", &["oca", "li"], None, ""),
        ] {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(
                Typed::read(line, replaced),
                Some(Typed { words, quote, kept: kept.to_owned() }),
                "{line}"
            );
        }
    }

    #[test]
    fn nothing_that_bash_would_run_is_left_bare() {
        for (value, quote, typed) in [
            ("web_responsive", None, Some("web_responsive")),
            ("--profile=standard", None, Some("--profile=standard")),
            ("my dir/", None, Some("my\\ dir/")),
            ("$(touch x)", None, Some("\\$\\(touch\\ x\\)")),
            ("a;b&c|d`e`", None, Some("a\\;b\\&c\\|d\\`e\\`")),
            ("#x", None, Some("\\#x")),
            ("~x", None, Some("\\~x")),
            ("my dir/", Some('"'), Some("\"my dir/")),
            ("$(x)", Some('"'), Some("\"\\$(x)\"")),
            ("a!b", Some('"'), None),
            ("$(x)", Some('\''), Some("'$(x)'")),
            ("it's", Some('\''), None),
        ] {
            assert_eq!(quoted(value, quote).as_deref(), typed, "{value}");
        }
    }
}
