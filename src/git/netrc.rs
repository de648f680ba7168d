//! Reads a netrc: machines with logins and passwords, in the form that curl and so git reads.
//!
//! The crates that read a netrc keep one entry for each machine. But a url may name the user, and the machine may have
//! an entry for each user.

/// A `machine`, or `default`.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Entry {
    /// `None` for `default`.
    pub(super) machine: Option<String>,
    pub(super) login: Option<String>,
    pub(super) password: Option<String>,
}

/// A text that is not a netrc, with the first wrong line.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) why: String,
}

/// The entries in the order of the file.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, Malformed> {
    let mut reader = Reader { rest: text, line: 1 };
    let mut entries: Vec<Entry> = Vec::new();
    while let Some((line, word)) = reader.word()? {
        let mut value = |what: &str| {
            let missing = || Malformed { line, why: format!("`{what}` has no value") };
            reader.value()?.ok_or_else(missing)
        };
        // As in curl, upper and lower case are the same.
        match word.to_ascii_lowercase().as_str() {
            "machine" => {
                let machine = Some(value("machine")?);
                entries.push(Entry { machine, ..Entry::default() });
            }
            "default" => entries.push(Entry::default()),
            "macdef" => reader.skip_macro(),
            key @ ("login" | "user" | "password" | "passwd" | "account") => {
                let value = value(key)?;
                match (entries.last_mut(), key) {
                    (Some(entry), "login" | "user") => entry.login = Some(value),
                    (Some(entry), "password" | "passwd") => entry.password = Some(value),
                    // As in curl, what is before the first machine counts for none.
                    _ => {}
                }
            }
            // Other programs have words of their own, such as `port`. curl skips them.
            _ => {}
        }
    }
    Ok(entries)
}

/// The rest of a text, and the line on which it begins.
struct Reader<'t> {
    rest: &'t str,
    line: usize,
}

impl Reader<'_> {
    /// The next word and its line. A word that begins with `#` begins a comment.
    fn word(&mut self) -> Result<Option<(usize, String)>, Malformed> {
        self.skip_while(char::is_whitespace);
        while self.rest.starts_with('#') {
            self.skip_while(|c| c != '\n');
            self.skip_while(char::is_whitespace);
        }
        self.any_word()
    }

    /// The next word as a value. A password may begin with `#`.
    fn value(&mut self) -> Result<Option<String>, Malformed> {
        self.skip_while(char::is_whitespace);
        Ok(self.any_word()?.map(|(_, value)| value))
    }

    fn any_word(&mut self) -> Result<Option<(usize, String)>, Malformed> {
        let line = self.line;
        let word = match self.next() {
            None => return Ok(None),
            Some('"') => self.quoted(line)?,
            Some(first) => {
                let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                self.rest = rest;
                format!("{first}{word}")
            }
        };
        Ok(Some((line, word)))
    }

    /// The rest of a word in quotes.
    fn quoted(&mut self, line: usize) -> Result<String, Malformed> {
        let mut word = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(word),
                Some('\\') => word.extend(self.next().map(|c| match c {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                })),
                None | Some('\n') => {
                    return Err(Malformed { line, why: "a quote is not closed".to_owned() });
                }
                Some(c) => word.push(c),
            }
        }
    }

    /// A macro of ftp ends at an empty line.
    fn skip_macro(&mut self) {
        self.skip_while(|c| c != '\n');
        while let Some('\n') = self.next() {
            let line = self.rest.split('\n').next().unwrap_or_default();
            if line.trim_end_matches('\r').is_empty() {
                return;
            }
            self.skip_while(|c| c != '\n');
        }
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn skip_while(&mut self, is_skipped: impl Fn(char) -> bool) {
        while self.rest.chars().next().is_some_and(&is_skipped) {
            self.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        let words = |word: &Option<String>| word.clone().unwrap_or_else(|| "-".to_owned());
        match entries(text) {
            Ok(entries) => entries
                .iter()
                .map(|entry| {
                    format!("{} {} {};", words(&entry.machine), words(&entry.login), words(&entry.password))
                })
                .collect(),
            Err(Malformed { line, why }) => format!("{line}: {why}"),
        }
    }

    #[test]
    fn each_form_of_an_entry_is_read() {
        for (text, expected) in [
            ("machine a login b password c", "a b c;"),
            (
                "machine a\n\tpassword c\n\tlogin b\n# x y\nmachine d login e # password f\npassword g\n",
                "a b c;d e g;",
            ),
            ("machine a login b account x password \"c \\\"d\\\\e\"", "a b c \"d\\e;"),
            ("machine a login \"me and you\" password p#q", "a me and you p#q;"),
            ("machine a login b password c default login d password e machine f", "a b c;- d e;f - -;"),
            ("macdef init\ncd /x\nmachine no login no password no\n\nmachine a password c", "a - c;"),
            ("machine a login b password c\nmacdef init\nquit\n", "a b c;"),
            (
                "machine a login b password c\r\nmacdef x\r\ny\r\n\r\nmachine d login e password f\r\n",
                "a b c;d e f;",
            ),
            ("machine a login machine password default", "a machine default;"),
            ("", ""),
            ("machine a\nlogin \"b\npassword c", "2: a quote is not closed"),
            ("machine a login b password", "1: `password` has no value"),
            ("login b password c machine d", "d - -;"),
            ("Machine a port 80 LOGIN b Password c", "a b c;"),
            ("machine a login b password #c # d\nmachine e", "a b #c;e - -;"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn quoted_values_are_read_as_they_were(login in "\\PC{0,9}", password in "\\PC{0,9}") {
            let quoted = |word: &str| word.replace('\\', "\\\\").replace('"', "\\\"");
            let text = format!("machine a login \"{}\" password \"{}\"", quoted(&login), quoted(&password));
            let entry = Entry { machine: Some("a".to_owned()), login: Some(login), password: Some(password) };
            prop_assert_eq!(entries(&text), Ok(vec![entry]));
        }

        #[test]
        fn no_text_makes_it_panic(text in "(machine|default|macdef|login|password|\"|\\\\|#|[ \n]|\\PC){0,30}") {
            let _any = entries(&text);
        }
    }
}
