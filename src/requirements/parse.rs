//! Reads lines of a `requirements.txt` (pip's "Requirements File Format") and words of a manifest into entries.
//!
//! A line that cannot be merged is reported by name, and the rest is still read.

use super::Origin;
use super::entry::SourcedRequirement;
use super::line::{Author, option_name, shortened, shown};
use super::problem::{Note, RequirementProblem};
use crate::repo::{ends_line, one_line};

/// Import names that OCA's tools map to the distribution that provides them. The spelling must match exactly
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

/// Options of pip that choose among the files of a version and do not change what is required.
const HARMLESS_OPTIONS: [&str; 4] = ["--no-binary", "--only-binary", "--prefer-binary", "--use-feature"];

/// Options of pip that name another file of requirements or constraints.
const NAMES_A_FILE: [&str; 4] = ["-r", "--requirement", "-c", "--constraint"];

/// The entries, and the lines that could not be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parsed {
    pub(super) entries: Vec<SourcedRequirement>,
    pub(super) problems: Vec<RequirementProblem>,
    pub(super) notes: Vec<Note>,
}

impl Parsed {
    pub(crate) fn concat(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::default(), |mut all, part| {
            all.entries.extend(part.entries);
            all.problems.extend(part.problems);
            all.notes.extend(part.notes);
            all
        })
    }

    /// Whether there is no line.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.problems.is_empty()
    }

    fn push(&mut self, result: Result<SourcedRequirement, RequirementProblem>) {
        match result {
            Ok(entry) => self.entries.push(entry),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn ignore(&mut self, origin: Origin, option: &str) {
        self.notes.push(Note::IgnoredOption { origin, option: one_line(option) });
    }
}

/// Reads all lines of a `requirements.txt`, including comments. The first is line 1.
pub(crate) fn parse_file(path: &str, lines: &[impl AsRef<str>], author: Author) -> Parsed {
    let mut parsed = Parsed::default();
    for (origin, text) in meaningful_lines(path, lines, author, &mut parsed.problems) {
        match options(&text).next() {
            None => parsed.push(SourcedRequirement::parse(&text, &origin, author)),
            Some(option)
                if text.starts_with('-') && options(&text).all(|name| HARMLESS_OPTIONS.contains(&name)) =>
            {
                parsed.ignore(origin, option);
            }
            Some(_) => parsed.problems.push(unsupported_option(&text, origin)),
        }
    }
    parsed
}

/// Reads existing pins: a `requirements.txt` of Odoo, the output of `pip freeze`, or a lock with hashes.
///
/// Only versions are compared, so options do not matter, except those that name another file.
pub(crate) fn parse_constraints(path: &str, lines: &[impl AsRef<str>]) -> Parsed {
    let mut parsed = Parsed::default();
    for (origin, text) in meaningful_lines(path, lines, Author::User, &mut parsed.problems) {
        let option = options(&text).next();
        if let Some(option) = option.filter(|option| NAMES_A_FILE.contains(option)) {
            parsed.problems.push(RequirementProblem::OtherConstraints { origin, option: option.to_owned() });
        } else if let Some(option) = option.filter(|_| text.starts_with('-')) {
            parsed.ignore(origin, option);
        } else {
            parsed.push(SourcedRequirement::parse(before_options(&text), &origin, Author::User));
        }
    }
    // The image contains the distribution, no matter which path it came from.
    parsed.problems.retain(|problem| !matches!(problem, RequirementProblem::RelativePath { .. }));
    parsed
}

/// Reads the `external_dependencies.python` of a manifest. A url must have a name before it.
pub(crate) fn parse_manifest(path: &str, words: &[impl AsRef<str>]) -> Parsed {
    let mut parsed = Parsed::default();
    for word in words {
        let word = word.as_ref();
        let known = DISTRIBUTIONS.iter().find(|(module, _)| *module == word);
        let text = known.map_or(word.trim(), |(_, distribution)| distribution);
        let origin = Origin::Manifest { path: path.to_owned() };
        let entry = SourcedRequirement::parse(text, &origin, Author::Other);
        parsed.push(entry.and_then(SourcedRequirement::named));
    }
    parsed
}

/// Joins continued lines as pip does: a backslash at the end continues any line, except a comment.
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

/// The text before a `#` that is at the start or after a blank. Any other `#` belongs to a url.
fn without_comment(line: &str) -> &str {
    let starts_comment = |at: &usize| *at == 0 || line[..*at].ends_with(char::is_whitespace);
    let comment = line.match_indices('#').map(|(at, _)| at).find(starts_comment);
    &line[..comment.unwrap_or(line.len())]
}

/// The logical lines that are not only a comment, without their comments.
///
/// A line that pip splits into several lines is refused: editors show it as one line, so its second part can look like
/// part of a comment.
fn meaningful_lines(
    path: &str,
    lines: &[impl AsRef<str>],
    author: Author,
    problems: &mut Vec<RequirementProblem>,
) -> Vec<(Origin, String)> {
    let origin = |line| Origin::of_file(path, Some(line), author);
    let mut whole = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().map(AsRef::as_ref).enumerate() {
        let end = line.trim().chars().find(|c| ends_line(*c));
        whole.push(if end.is_none() { line } else { "" });
        problems.extend(end.map(|c| RequirementProblem::NotARequirement {
            origin: origin(index + 1),
            text: shortened(&one_line(&shown(line.trim()))),
            why: format!("pip ends the line at the character U+{:04X}", u32::from(c)),
        }));
    }
    let lines = logical_lines(&whole).into_iter();
    let lines = lines.map(|(line, text)| (line, without_comment(&text).trim().to_owned()));
    lines.filter(|(_, text)| !text.is_empty()).map(|(line, text)| (origin(line), text)).collect()
}

/// The names of the options in a line.
fn options(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().filter(|word| word.starts_with('-')).map(option_name)
}

/// The problem for the first option of a line that changes what is required.
fn unsupported_option(text: &str, origin: Origin) -> RequirementProblem {
    let stands_alone = text.starts_with('-');
    let is_harmless = |option: &&str| stands_alone && HARMLESS_OPTIONS.contains(option);
    let option = options(text).find(|option| !is_harmless(option)).unwrap_or_default();
    let entry = || SourcedRequirement::parse(before_options(text), &origin, Author::Other);
    let of = || entry().ok().map(|entry| entry.name);
    let of = if stands_alone { None } else { of().filter(|name| !name.is_empty()) };
    RequirementProblem::UnsupportedOption { option: one_line(option), of, origin }
}

/// The requirement of a line, without pip's options for it.
fn before_options(text: &str) -> &str {
    text.find(" -").or_else(|| text.find("\t-")).map_or(text, |at| text[..at].trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Parsed {
        parsed_of(Author::Other, text)
    }

    fn parsed_of(author: Author, text: &str) -> Parsed {
        parse_file("r/requirements.txt", &text.split('\n').collect::<Vec<_>>(), author)
    }

    fn listed(parsed: &Parsed) -> String {
        let entries = parsed.entries.iter().map(|entry| format!("{}: {}", entry.origin, entry.text()));
        let problems = parsed.problems.iter().map(|problem| format!("! {problem}"));
        let notes = parsed.notes.iter().map(|note| format!("- {note}"));
        entries.chain(problems).chain(notes).collect::<Vec<_>>().join("\n")
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
        insta::assert_snapshot!(listed(&parsed_of(Author::User, text)), @r#"
        r/requirements.txt:1: git+https://host/acme/tool.git@main#egg=Acme_Tool[x]&subdirectory=py ; os_name == 'nt'
        r/requirements.txt:2: acme-addon @git+https://host/acme/addons@18.0#subdirectory=setup/x ; python_version >= "3.8"
        r/requirements.txt:3: https://host/acme_wheel-1.0-py3-none-any.whl
        r/requirements.txt:4: /srv/wheels/other.tar.gz
        r/requirements.txt:5: x @ https://***@host/x.zip
        "#);
    }

    #[test]
    fn lines_that_cannot_be_merged_are_refused_by_name() {
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
        ! r/requirements.txt:20: `a\u{2028}b` is not a requirement: pip ends the line at the character U+2028
        ! r/requirements.txt:2: the option `--index-url` is not supported in the `requirements.txt` of a repository
        ! r/requirements.txt:3: the option `--extra-index-url` is not supported in the `requirements.txt` of a repository
        ! r/requirements.txt:4: the option `-r` is not supported in the `requirements.txt` of a repository
        ! r/requirements.txt:5: the option `-c` is not supported in the `requirements.txt` of a repository
        ! r/requirements.txt:6: the option `-e` is not supported in the `requirements.txt` of a repository
        ! r/requirements.txt:7: the option `--find-links` is not supported in the `requirements.txt` of a repository
        ! r/requirements.txt:8: the option `--hash` is not supported in the `requirements.txt` of a repository
        ! r/requirements.txt:9: `./vendor/x.whl` is a path in the repository, and the merged file cannot contain such a path
        ! r/requirements.txt:10: `vendored.tar.gz` is a path in the repository, and the merged file cannot contain such a path
        ! r/requirements.txt:11: `../x` is a path in the repository, and the merged file cannot contain such a path
        ! r/requirements.txt:12: `lxml=>1` is not a requirement: no such comparison operator "=>", must be one of ~= == != <= >= < > ===
        ! r/requirements.txt:13: `no such thing` is not a requirement: expected one of `@`, `(`, `<`, `=`, `>`, `~`, `!`, `;`, found `s`
        ! r/requirements.txt:14: `é` is not a requirement: the character U+00E9 is not allowed
        ! r/requirements.txt:15: `xlrd===` is not a requirement: unexpected end of version specifier, expected version
        ! r/requirements.txt:16: `y @ https://***@host/y z` is not a requirement: a url or a path must not contain blanks
        ! r/requirements.txt:17: `git+https://***@host/y z` is not a requirement: a url or a path must not contain blanks
        ! r/requirements.txt:18: `six ; os_name ~= 'x'` is not a requirement: its marker has a comparison that makes no sense
        ! r/requirements.txt:19: `six ; python_version < 'x'` is not a requirement: its marker has a comparison that makes no sense
        - r/requirements.txt:1: the option `--prefer-binary` is ignored, because it does not change what is required
        "#);
    }

    #[test]
    fn constraints_are_read_from_every_kind_of_pins() {
        let text = "\
            # The versions of Ubuntu 24.04\n\
            --index-url https://tok:secret@host/simple\n\
            gevent==23.9.1 ; sys_platform != 'win32' and python_version == '3.10'  # bumped (CRITICAL)\n\
            lxml==5.2.1; python_version >= '3.12' # (Noble)\n\
            PyPDF2==1.26.0 ; python_version <= '3.10'\n\
            six==1.16 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n\
            -e git+https://host/odoo@0#egg=odoo\n\
            ./vendor/x.whl\n\
            tool @ file:///srv/tool\n\
            -r other.txt\n--constraint=more.txt\n\
            lxml = 5";
        let parsed = parse_constraints("odoo.txt", &text.split('\n').collect::<Vec<_>>());
        insta::assert_snapshot!(listed(&parsed), @r#"
        odoo.txt:3: gevent==23.9.1 ; sys_platform != 'win32' and python_version == '3.10'
        odoo.txt:4: lxml==5.2.1 ; python_version >= '3.12'
        odoo.txt:5: pypdf2==1.26.0 ; python_version <= '3.10'
        odoo.txt:6: six==1.16
        odoo.txt:11: tool @ file:///srv/tool
        ! odoo.txt:12: the option `-r` is not supported in constraints
        ! odoo.txt:13: the option `--constraint` is not supported in constraints
        ! odoo.txt:14: `lxml = 5` is not a requirement: no such comparison operator "=", must be one of ~= == != <= >= < > ===
        - odoo.txt:2: the option `--index-url` is ignored, because it does not change what is required
        - odoo.txt:9: the option `-e` is ignored, because it does not change what is required
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
        fn no_line_is_lost_and_none_causes_a_panic(line in prop_oneof![
            "\\PC{0,24}",
            "[a-z0-9 -~é\\\\#;@='\\[\\],<>.]{0,24}",
            "[ab._-]{1,3} ?(\\[[ab._, -]{0,4}\\])?(==|~=|===)[0-9.a*+!-]{1,6}",
            "a ?; ?(python_version|os_name|extra|implementation_version) (==|~=|in|not in|>|<=|===) '[0-9.*a ]{0,6}'",
        ]) {
            let parsed = parse_file("r", &[&line], Author::Other);
            let blank = without_comment(&line.replace('\\', "")).trim().is_empty();
            prop_assert!(blank || parsed.entries.len() + parsed.problems.len() + parsed.notes.len() == 1);
            for problem in &parsed.problems {
                prop_assert!(!problem.to_string().contains('\n'));
            }
        }
    }
}
