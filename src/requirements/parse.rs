//! Lines of a `requirements.txt` (pip's "Requirements File Format") and words of a manifest, read into entries.
//!
//! What cannot be carried over to a merged file is refused by name, and the rest is still read.

use super::entry::Entry;
use super::{Origin, escaped};

/// Import names that the OCA tools take for the distribution that provides them, by exact spelling
/// (`manifestoo_core/metadata.py`; the same in setuptools-odoo).
const DISTRIBUTIONS: [(&str, &str); 10] = [
    ("Asterisk", "py-Asterisk"),
    ("Crypto.Cipher.DES3", "pycrypto"),
    ("OpenSSL", "pyOpenSSL"),
    ("coda", "pycoda"),
    ("cups", "pycups"),
    ("dateutil", "python-dateutil"),
    ("ldap", "python-ldap"),
    ("serial", "pyserial"),
    ("stdnum", "python-stdnum"),
    ("suds", "suds-jurko"),
];

/// Options of pip that choose among the files of a version, and never what is required.
const HARMLESS_OPTIONS: [&str; 4] = ["--no-binary", "--only-binary", "--prefer-binary", "--use-feature"];

/// A line or a word that is left out of the merged requirements.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{origin}: the option `{option}` is ignored; it does not change what is required")]
    IgnoredOption { origin: Origin, option: String },
    #[error("{origin}: the option `{option}` is not supported in a repository's requirements")]
    UnsupportedOption { origin: Origin, option: String },
    #[error("{origin}: `{path}` is a path within the repository, which merged requirements cannot name")]
    RelativePath { origin: Origin, path: String },
    #[error("{origin}: `{text}` is not a requirement: {why}")]
    NotARequirement { origin: Origin, text: String, why: String },
}

impl Problem {
    pub(crate) fn origin(&self) -> &Origin {
        match self {
            Self::IgnoredOption { origin, .. }
            | Self::UnsupportedOption { origin, .. }
            | Self::RelativePath { origin, .. }
            | Self::NotARequirement { origin, .. } => origin,
        }
    }

    /// Whether the merged requirements are right all the same, so that a note is enough.
    pub(crate) fn is_harmless(&self) -> bool {
        matches!(self, Self::IgnoredOption { .. })
    }
}

/// What was read, and what was not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parsed {
    pub(super) entries: Vec<Entry>,
    pub(super) problems: Vec<Problem>,
}

impl Parsed {
    pub(crate) fn concat(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::default(), |mut all, part| {
            all.entries.extend(part.entries);
            all.problems.extend(part.problems);
            all
        })
    }

    fn push(&mut self, result: Result<Entry, Problem>) {
        match result {
            Ok(entry) => self.entries.push(entry),
            Err(problem) => self.problems.push(problem),
        }
    }
}

/// Reads a `requirements.txt`, given as all of its lines, comments included; the first is line 1.
pub(crate) fn parse_file(path: &str, lines: &[impl AsRef<str>]) -> Parsed {
    let mut parsed = Parsed::default();
    for (line, text) in logical_lines(lines) {
        let text = without_comment(&text).trim();
        if !text.is_empty() {
            parsed.push(parse_line(text, Origin::File { path: path.to_owned(), line }));
        }
    }
    parsed
}

/// Reads the `external_dependencies.python` of a manifest.
pub(crate) fn parse_manifest(path: &str, words: &[impl AsRef<str>]) -> Parsed {
    let mut parsed = Parsed::default();
    for word in words {
        let word = word.as_ref();
        let known = DISTRIBUTIONS.iter().find(|(module, _)| *module == word);
        let text = known.map_or(word.trim(), |(_, distribution)| distribution);
        parsed.push(Entry::parse(text, Origin::Manifest { path: path.to_owned() }));
    }
    parsed
}

/// Joins continued lines as pip does: a backslash at the end continues any line but a comment.
fn logical_lines(lines: &[impl AsRef<str>]) -> Vec<(usize, String)> {
    let mut logical = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in lines.iter().enumerate() {
        let line = line.as_ref().trim_end_matches(['\r', '\n']);
        let line = if index == 0 { line.trim_start_matches('\u{feff}') } else { line };
        let is_comment = line.trim_start().starts_with('#');
        let (first, mut text) = open.take().unwrap_or((index + 1, String::new()));
        if is_comment && !text.is_empty() {
            text.push(' ');
        }
        match line.strip_suffix('\\').filter(|_| !is_comment) {
            Some(start) => open = Some((first, text + start)),
            None => logical.push((first, text + line)),
        }
    }
    logical.extend(open);
    logical
}

/// What stands before a `#` at the start or after a blank; any other `#` belongs to a url.
fn without_comment(line: &str) -> &str {
    let starts_comment = |at: &usize| *at == 0 || line[..*at].ends_with(char::is_whitespace);
    let comment = line.match_indices('#').map(|(at, _)| at).find(starts_comment);
    &line[..comment.unwrap_or(line.len())]
}

fn parse_line(text: &str, origin: Origin) -> Result<Entry, Problem> {
    let options: Vec<_> =
        text.split_whitespace().filter(|word| word.starts_with('-')).map(option_name).collect();
    let is_harmless = |option: &str| text.starts_with('-') && HARMLESS_OPTIONS.contains(&option);
    if let Some(option) = options.iter().find(|option| !is_harmless(option)) {
        return Err(Problem::UnsupportedOption { origin, option: escaped(option) });
    }
    match options.first() {
        Some(option) => Err(Problem::IgnoredOption { origin, option: escaped(option) }),
        None => Entry::parse(text, origin),
    }
}

/// The option without its value, which may be joined to it as in `--hash=sha256:…` and `-rother.txt`.
fn option_name(word: &str) -> &str {
    let end =
        if word.starts_with("--") { word.find('=') } else { word.char_indices().nth(2).map(|(at, _)| at) };
    &word[..end.unwrap_or(word.len())]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Parsed {
        parse_file("r/requirements.txt", &text.split('\n').collect::<Vec<_>>())
    }

    fn listed(parsed: &Parsed) -> String {
        let entries = parsed.entries.iter().map(|entry| format!("{}: {}", entry.origin, entry.text()));
        let problems = parsed.problems.iter().map(|problem| format!("! {problem}"));
        entries.chain(problems).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn blanks_comments_and_continuations_are_read_as_pip_does() {
        let text = "\u{feff}# generated\r\n\r\n  Foo_Bar [b,A] >=1, <2  # why\r\nsix\\\n>=1\\\n,<2\nlxml\\\n# note\\\nxlrd";
        insta::assert_snapshot!(listed(&parsed(text)), @r"
        r/requirements.txt:3: foo-bar[a,b]<2,>=1
        r/requirements.txt:4: six<2,>=1
        r/requirements.txt:7: lxml
        r/requirements.txt:9: xlrd
        ");
    }

    #[test]
    fn urls_and_archives_are_kept_verbatim() {
        let text = "\
            git+https://host/acme/tool.git@main#egg=Acme_Tool[x]&subdirectory=py ; os_name == 'nt'\n\
            acme-addon @git+https://host/acme/addons@18.0#subdirectory=setup/x ; python_version >= \"3.8\"\n\
            https://host/acme_wheel-1.0-py3-none-any.whl\n\
            /srv/wheels/other.tar.gz\n\
            x @ https://${TOKEN}@host/x.zip";
        insta::assert_snapshot!(listed(&parsed(text)), @r#"
        r/requirements.txt:1: git+https://host/acme/tool.git@main#egg=Acme_Tool[x]&subdirectory=py ; os_name == 'nt'
        r/requirements.txt:2: acme-addon @git+https://host/acme/addons@18.0#subdirectory=setup/x ; python_version >= "3.8"
        r/requirements.txt:3: https://host/acme_wheel-1.0-py3-none-any.whl
        r/requirements.txt:4: /srv/wheels/other.tar.gz
        r/requirements.txt:5: x @ https://***@host/x.zip
        "#);
    }

    #[test]
    fn what_cannot_be_merged_is_refused_by_name() {
        let text = "\
            --prefer-binary\n\
            --prefer-binary --index-url https://tok:secret@host/simple\n\
            --extra-index-url=https://host/simple\n\
            -rother.txt\n-c limits.txt\n-e .\n--find-links wheels\n\
            six==1.0 --hash=sha256:00\n\
            ./vendor/x.whl\n\
            vendored.tar.gz\n\
            x @ ../x\n\
            lxml=>1\n\
            no such thing\n\
            é\n\
            xlrd===\n\
            y @ https://me:secret@host/y z\n\
            git+https://secret@host/y z\n\
            six ; os_name ~= 'x'\n\
            six ; python_version < 'x'\n\
            a\u{2028}b";
        insta::assert_snapshot!(listed(&parsed(text)), @r#"
        ! r/requirements.txt:1: the option `--prefer-binary` is ignored; it does not change what is required
        ! r/requirements.txt:2: the option `--index-url` is not supported in a repository's requirements
        ! r/requirements.txt:3: the option `--extra-index-url` is not supported in a repository's requirements
        ! r/requirements.txt:4: the option `-r` is not supported in a repository's requirements
        ! r/requirements.txt:5: the option `-c` is not supported in a repository's requirements
        ! r/requirements.txt:6: the option `-e` is not supported in a repository's requirements
        ! r/requirements.txt:7: the option `--find-links` is not supported in a repository's requirements
        ! r/requirements.txt:8: the option `--hash` is not supported in a repository's requirements
        ! r/requirements.txt:9: `./vendor/x.whl` is a path within the repository, which merged requirements cannot name
        ! r/requirements.txt:10: `vendored.tar.gz` is a path within the repository, which merged requirements cannot name
        ! r/requirements.txt:11: `../x` is a path within the repository, which merged requirements cannot name
        ! r/requirements.txt:12: `lxml=>1` is not a requirement: no such comparison operator "=>", must be one of ~= == != <= >= < > ===
        ! r/requirements.txt:13: `no such thing` is not a requirement: expected one of `@`, `(`, `<`, `=`, `>`, `~`, `!`, `;`, found `s`
        ! r/requirements.txt:14: `é` is not a requirement: expected package name starting with an alphanumeric character, found `é`
        ! r/requirements.txt:15: `xlrd===` is not a requirement: unexpected end of version specifier, expected version
        ! r/requirements.txt:16: `y @ https://***@host/y z` is not a requirement: a blank may not stand in a url or path
        ! r/requirements.txt:17: `git+https://***@host/y z` is not a requirement: a blank may not stand in a url or path
        ! r/requirements.txt:18: `six ; os_name ~= 'x'` is not a requirement: its marker compares what cannot be compared
        ! r/requirements.txt:19: `six ; python_version < 'x'` is not a requirement: its marker compares what cannot be compared
        ! r/requirements.txt:20: `a\u{2028}b` is not a requirement: control characters may not stand in it
        "#);
    }

    #[test]
    fn manifests_name_modules_or_requirements() {
        let words =
            ["dateutil", "Dateutil", "Crypto.Cipher.DES3", " lxml>=4 ", "py3o.template", "not a name", ""];
        let parsed = parse_manifest("web/web_export/__manifest__.py", &words);
        insta::assert_snapshot!(listed(&parsed), @r"
        web/web_export/__manifest__.py: python-dateutil
        web/web_export/__manifest__.py: dateutil
        web/web_export/__manifest__.py: pycrypto
        web/web_export/__manifest__.py: lxml>=4
        web/web_export/__manifest__.py: py3o-template
        ! web/web_export/__manifest__.py: `not a name` is not a requirement: expected one of `@`, `(`, `<`, `=`, `>`, `~`, `!`, `;`, found `a`
        ! web/web_export/__manifest__.py: `` is not a requirement: it is empty
        ");
    }

    proptest! {
        #[test]
        fn no_line_is_lost_and_none_is_a_panic(line in prop_oneof![
            "\\PC{0,24}",
            "[a-z0-9 -~é\\\\#;@='\\[\\],<>.]{0,24}",
            "[ab._-]{1,3} ?(\\[[ab._, -]{0,4}\\])?(==|~=|===)[0-9.a*+!-]{1,6}",
            "a ?; ?(python_version|os_name|extra|implementation_version) (==|~=|in|not in|>|<=|===) '[0-9.*a ]{0,6}'",
        ]) {
            let parsed = parse_file("r", &[&line]);
            let blank = without_comment(&line.replace('\\', "")).trim().is_empty();
            prop_assert!(blank || parsed.entries.len() + parsed.problems.len() == 1);
            for problem in &parsed.problems {
                prop_assert!(!problem.to_string().contains('\n'));
            }
        }
    }
}
