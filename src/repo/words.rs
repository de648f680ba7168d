//! Lists and numbers in sentences.

use std::fmt::Display;

/// "1 repository", "3 repositories".
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

pub(crate) fn profile_list(profiles: &[String]) -> String {
    let word = if profiles.len() == 1 { "profile" } else { "profiles" };
    format!("{word} {}", quoted_list(profiles))
}

pub(crate) fn quoted_list(words: &[impl Display]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The quoted names; if there are more than six, the first five and the number of others.
pub(crate) fn first_names(names: &[String]) -> String {
    const SHOWN: usize = 5;
    if names.len() <= SHOWN + 1 {
        return quoted_list(names);
    }
    format!("{} and {} others", quoted_list(&names[..SHOWN]), names.len() - SHOWN)
}

/// "`a`, `b` and `c`".
pub(crate) fn and_list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [rest @ .., last] => format!("{} and `{last}`", quoted_list(rest)),
    }
}

/// A word as you type it into a shell. It is quoted if it contains special characters (POSIX, "Quoting").
pub(crate) fn typed(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%=,~".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn words_are_quoted_as_a_shell_reads_them() {
        for (word, shown) in [
            ("https://me@example.com:8443/web.git", "https://me@example.com:8443/web.git"),
            ("oca/my web", "'oca/my web'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("", "''"),
        ] {
            assert_eq!(typed(word), shown);
        }
    }
}
