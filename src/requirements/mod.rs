//! Merges the Python requirements of many repositories: the input is pairs of (origin, text), the output is a value and
//! its text.
//!
//! Knows the rules of PEP 440, 503 and 508 and of pip's requirements file format. Reads no file, and does not know git
//! or the terminal. If lines exclude each other, it never chooses one; it reports them all.
//!
//! `parse` reads lines into values of `entry`. `repository` reads the lines that the selected modules of one repository
//! need. A `line` is a text that pip reads as exactly one requirement, and `place` decides which urls and paths it can
//! name. `marker` decides whether two lines can hold together, `versions` decides whether any version is left, and
//! `conflict` uses both to find lines that exclude each other. `merge` joins entries into values of `requirement`,
//! without those that are `ignored` and with the user's `overrides`, and `render` writes them. `problem` has the messages
//! about lines that cannot be merged. `system` collects programs and Debian packages.

use std::cmp::Ordering;
use std::fmt;

use crate::repo::one_line;

mod conflict;
mod entry;
mod ignored;
mod line;
mod marker;
mod merge;
mod module;
mod overrides;
mod parse;
mod place;
mod problem;
mod render;
mod repository;
mod requirement;
mod system;
mod text;
mod versions;

pub(crate) use conflict::Conflict;
pub(crate) use line::Author;
pub(crate) use marker::Python;
pub(crate) use merge::{Merged, Settings, merge};
pub(crate) use module::{RequiredModule, required_modules};
pub(crate) use overrides::Override;
pub(crate) use parse::{Parsed, parse_constraints};
pub(crate) use problem::{Note, RequirementProblem};
pub(crate) use render::{Annotations, render};
pub(crate) use repository::{ModuleNeeds, Repository, UnreadableNeeds};
pub(crate) use requirement::{Flag, Requirement};
pub(crate) use system::{Need, System, system};
pub(crate) use text::text_of;

/// The place of a requirement. Sorts by path, then by line number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    File {
        path: String,
        line: usize,
    },
    Manifest {
        path: String,
    },
    /// In the `requirements.txt` of Odoo itself. Without a line, it is the whole file.
    Odoo {
        path: String,
        line: Option<usize>,
    },
}

impl Origin {
    /// A place in a `requirements.txt`. Without a line, it is the whole file.
    fn of_file(path: &str, line: Option<usize>, author: Author) -> Self {
        let path = path.to_owned();
        match (author, line) {
            (Author::Odoo, line) => Self::Odoo { path, line },
            (Author::User | Author::Other, Some(line)) => Self::File { path, line },
            (Author::User | Author::Other, None) => Self::Manifest { path },
        }
    }

    pub(crate) fn is_of_odoo(&self) -> bool {
        matches!(self, Self::Odoo { .. })
    }

    fn sort_key(&self) -> (&str, Option<usize>) {
        match self {
            Self::File { path, line } => (path, Some(*line)),
            Self::Manifest { path } => (path, None),
            Self::Odoo { path, line } => (path, *line),
        }
    }
}

impl Ord for Origin {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sort_key().cmp(&other.sort_key())
    }
}

impl PartialOrd for Origin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Origin {
    /// Writes `path:line`, or `path` for a manifest. Always one line, because it is written into a comment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, line) = self.sort_key();
        f.write_str(&one_line(path))?;
        line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::parse::{parse_file, parse_manifest};
    use super::*;

    fn file(path: &str, text: &str) -> Parsed {
        parse_file(path, &text.lines().collect::<Vec<_>>(), Author::Other)
    }

    fn rendered(inputs: impl IntoIterator<Item = Parsed>) -> String {
        let merged = merge(&Parsed::concat(inputs), &Parsed::default(), &Settings::default());
        assert_eq!(merged.problems, []);
        render(&merged.requirements, Annotations::Shown)
    }

    #[test]
    fn origins_sort_by_path_then_line() {
        let line = |path: &str, line| Origin::File { path: path.to_owned(), line };
        let mut origins = [
            line("b/requirements.txt", 2),
            Origin::Manifest { path: "c/d/__manifest__.py".to_owned() },
            line("a/requirements.txt", 10),
            Origin::Manifest { path: "a/b/__manifest__.py".to_owned() },
            line("a/requirements.txt", 9),
        ];
        origins.sort();
        let shown: Vec<_> = origins.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "a/b/__manifest__.py",
                "a/requirements.txt:9",
                "a/requirements.txt:10",
                "b/requirements.txt:2",
                "c/d/__manifest__.py"
            ]
        );
    }

    #[test]
    fn a_path_cannot_start_a_line_of_its_own() {
        let origin = Origin::Manifest { path: "a\nevil\u{2028}x".to_owned() };
        assert_eq!(origin.to_string(), "a\\nevil\\u{2028}x");
    }

    #[test]
    fn manifests_and_files_of_several_repositories_become_one() {
        let text = rendered([
            parse_manifest("tools/stamp_date/__manifest__.py", &["dateutil", "cryptography<37"]),
            parse_manifest("tools/sheet_read/__manifest__.py", &["PyPDF2", "py3o.template", "xlrd"]),
            parse_manifest("tools/old_python/__manifest__.py", &["contextvars; python_version < '3.7'"]),
            file("cover/requirements.txt", "# generated from manifests external_dependencies"),
            file("cover/test-requirements.txt", "odoo-test-helper\n"),
            file("sheet/test-requirements.txt", "odoo_test_helper\n"),
            file("tools/requirements.txt", "# generated\ncryptography\npython-dateutil\n"),
        ]);
        insta::assert_snapshot!(text, @r"
        # Written by `oca requirements`; do not edit.
        contextvars ; python_version < '3.7'
            # via tools/old_python/__manifest__.py
        cryptography<37
            # via
            #   tools/requirements.txt:2
            #   tools/stamp_date/__manifest__.py
        odoo-test-helper
            # via
            #   cover/test-requirements.txt:1
            #   sheet/test-requirements.txt:1
        py3o-template
            # via tools/sheet_read/__manifest__.py
        pypdf2
            # via tools/sheet_read/__manifest__.py
        python-dateutil
            # via
            #   tools/requirements.txt:3
            #   tools/stamp_date/__manifest__.py
        xlrd
            # via tools/sheet_read/__manifest__.py
        ");
    }

    #[test]
    fn pins_that_exclude_each_other_are_listed_with_their_origins() {
        let inputs = [
            parse_manifest("web/web_export/__manifest__.py", &["lxml>=5"]),
            file("server-tools/requirements.txt", "# generated\n\nlxml==4.9.3\ncryptography==2.6.1"),
            file("social/requirements.txt", "cryptography<37"),
        ];
        let merged = merge(&Parsed::concat(inputs), &Parsed::default(), &Settings::default());
        let [conflict] = &merged.conflicts[..] else { panic!("{:?}", merged.conflicts) };
        insta::assert_snapshot!(conflict, @r"
        requirements for `lxml` exclude each other
          `lxml==4.9.3`  server-tools/requirements.txt:3
          `lxml>=5`      web/web_export/__manifest__.py
        ");
        insta::assert_snapshot!(render(&merged.requirements, Annotations::Hidden), @r"
        # Written by `oca requirements`; do not edit.
        cryptography<37,==2.6.1
        lxml==4.9.3,>=5
        ");
    }
}
