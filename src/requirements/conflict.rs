//! Requirements of one distribution that exclude each other.

use std::collections::BTreeSet;
use std::fmt;

use super::Origin;
use super::entry::Entry;
use super::marker::{Meetings, Python};
use super::versions::exclude_all;

/// Lines about one distribution that cannot be met together, each with its origin; a single one where it excludes
/// every version by itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Conflict {
    pub(crate) name: String,
    pub(crate) lines: Vec<(String, Origin)>,
    /// Whether the lines are sure to meet; else they do where all of their markers hold.
    pub(crate) is_certain: bool,
}

impl Conflict {
    pub(crate) fn hint(&self) -> &'static str {
        match self.lines.len() {
            1 => "change the line",
            2 => "change one of the two; oca does not choose between them",
            _ => "change some of them; oca does not choose between them",
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lines.len() {
            1 => write!(f, "no version satisfies the requirement for `{}`", self.name)?,
            _ => write!(f, "requirements for `{}` exclude each other", self.name)?,
        }
        f.write_str(if self.is_certain { "" } else { " where their markers hold" })?;
        // Rust pads to no more than 65,535 characters, and nobody wants so many.
        let widths = self.lines.iter().map(|(text, _)| text.chars().count());
        let width = widths.filter(|&width| width <= 500).max().unwrap_or_default() + 2;
        self.lines
            .iter()
            .try_for_each(|(text, origin)| write!(f, "\n  {:width$}  {origin}", format!("`{text}`")))
    }
}

/// The conflicts of one name: one for all lines that surely meet, and one for all that may.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) certain: Option<Conflict>,
    pub(super) possible: Option<Conflict>,
}

/// An entry, and whether it is a constraint: constraints that only exclude each other concern nobody.
#[derive(Clone, Copy)]
struct Line<'a> {
    entry: &'a Entry,
    is_constraint: bool,
}

/// Finds the lines of one name that exclude each other.
///
/// Two lines meet where a Python is named and their markers can both hold for it. Without a Python, lines that hold
/// everywhere are sure to meet, and so are several pairs one of which meets wherever one looks; all others whose markers
/// can both hold are possible conflicts. Where no two lines exclude each other but more of them do, those are found
/// whose markers one of them implies.
pub(super) fn find(required: &[&Entry], constraints: &[&Entry], python: Option<&Python>) -> Found {
    let line = |is_constraint| move |&entry| Line { entry, is_constraint };
    let mut lines: Vec<_> =
        required.iter().map(line(false)).chain(constraints.iter().map(line(true))).collect();
    lines.sort_by_cached_key(|line| (line.entry.origin.clone(), line.entry.text()));
    let (mut certain, mut possible) = (BTreeSet::new(), BTreeSet::new());
    let mut meetings = Meetings::none();
    for (at, line) in lines.iter().enumerate() {
        for (other_at, other) in lines.iter().enumerate().skip(at) {
            if !exclude_each_other(line, other)
                || !line.entry.marker.can_hold_with(&other.entry.marker, python)
            {
                continue;
            }
            let found = if surely_meet([line, other], python) { &mut certain } else { &mut possible };
            found.extend([at, other_at]);
            meetings.add(&line.entry.marker, &other.entry.marker);
        }
    }
    if certain.is_empty() && meetings.are_everywhere() {
        std::mem::swap(&mut certain, &mut possible);
    }
    if certain.is_empty() {
        let larger = larger_conflict(&lines, python);
        if surely_meet(larger.iter().map(|at| &lines[*at]), python) {
            certain = larger;
        } else if possible.is_empty() {
            possible = larger;
        }
    }
    let conflict = |indices: BTreeSet<usize>, is_certain| {
        let line = |at: &usize| (lines[*at].entry.text(), lines[*at].entry.origin.clone());
        let (name, lines) = (required.first()?.name.clone(), indices.iter().map(line).collect::<Vec<_>>());
        (!lines.is_empty()).then_some(Conflict { name, lines, is_certain })
    };
    Found { certain: conflict(certain, true), possible: conflict(possible, false) }
}

/// Whether lines whose markers can all hold are sure to do so in the image.
fn surely_meet<'a>(lines: impl IntoIterator<Item = &'a Line<'a>>, python: Option<&Python>) -> bool {
    python.is_some() || lines.into_iter().all(|line| line.entry.marker.always_holds())
}

/// Whether two lines leave no version, or name two places to take it from. A line beside itself stands alone.
fn exclude_each_other(line: &Line<'_>, other: &Line<'_>) -> bool {
    if line.is_constraint && other.is_constraint {
        return false;
    }
    if std::ptr::eq(line, other) {
        return leave_nothing([line]);
    }
    if let (Some(place), Some(other)) = (line.entry.wanted.place(), other.entry.wanted.place()) {
        return place != other;
    }
    !leave_nothing([line]) && !leave_nothing([other]) && leave_nothing([line, other])
}

fn leave_nothing<'a>(lines: impl IntoIterator<Item = &'a Line<'a>>) -> bool {
    let specifiers: Vec<_> = lines.into_iter().flat_map(|line| line.entry.wanted.specifiers()).collect();
    exclude_all(&specifiers)
}

/// Three or more lines that leave no version: as few of them as possible, as indices; rather such as hold everywhere.
fn larger_conflict(lines: &[Line<'_>], python: Option<&Python>) -> BTreeSet<usize> {
    let (everywhere, elsewhere): (Vec<&Line<'_>>, Vec<&Line<'_>>) =
        lines.iter().partition(|line| line.entry.marker.always_holds());
    for line in everywhere.into_iter().chain(elsewhere) {
        let marker = &line.entry.marker;
        let holds_too = |at: &usize| marker.implies(&lines[*at].entry.marker, python);
        let mut together: BTreeSet<usize> = (0..lines.len()).filter(holds_too).collect();
        let is_empty = |indices: &BTreeSet<usize>| leave_nothing(indices.iter().map(|at| &lines[*at]));
        let constraints = together.iter().copied().filter(|at| lines[*at].is_constraint).collect();
        if !marker.can_hold_with(marker, python) || !is_empty(&together) || is_empty(&constraints) {
            continue;
        }
        for at in together.clone() {
            together.remove(&at);
            if !is_empty(&together) {
                together.insert(at);
            }
        }
        return together;
    }
    BTreeSet::new()
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse_file;
    use super::super::{Merged, Settings, merge};
    use super::*;

    fn merged(required: &[&str], constraints: &[&str], python: Option<&str>) -> Merged {
        let python = python.map(|word| Python::parse(word).expect("a version"));
        let settings = Settings { python, ..Settings::default() };
        merge(&parse_file("a/requirements.txt", required), &parse_file("odoo.txt", constraints), &settings)
    }

    fn texts(conflicts: &[Conflict]) -> Vec<Vec<&str>> {
        conflicts
            .iter()
            .map(|conflict| conflict.lines.iter().map(|(text, _)| text.as_str()).collect())
            .collect()
    }

    #[test]
    fn only_the_lines_that_take_part_are_listed() {
        for (required, lines) in [
            (vec!["lxml", "lxml<37", "lxml>=40", "lxml!=2"], vec![vec!["lxml<37", "lxml>=40"]]),
            (vec!["a==1", "A==2", "a==3"], vec![vec!["a==1", "a==2", "a==3"]]),
            (vec!["a>=1", "a<=1", "a!=1", "a!=5"], vec![vec!["a>=1", "a<=1", "a!=1"]]),
            (vec!["a>2,<1", "a>=1"], vec![vec!["a<1,>2"]]),
            (vec!["a==2.6.1", "a<37", "b<37", "b"], vec![]),
            (
                vec!["a @ https://me:pw@h/x.zip", "a @ https://h/y.zip"],
                vec![vec!["a @ https://***@h/x.zip", "a @ https://h/y.zip"]],
            ),
            (vec!["a @ https://me:pw@h/x.zip", "a @ https://***@h/x.zip", "a>=1"], vec![]),
            (vec!["a===1.0", "a===2.0"], vec![vec!["a===1.0", "a===2.0"]]),
        ] {
            assert_eq!(texts(&merged(&required, &[], None).conflicts), lines, "{required:?}");
        }
    }

    #[test]
    fn markers_decide_what_meets() {
        let old = "a==1 ; python_version < '3.11'";
        let new = "a==2 ; python_version >= '3.11'";
        let windows = "a==3 ; sys_platform == 'win32'";
        for (required, python, conflicts, warnings) in [
            (vec![old, new], None, 0, 0),
            (vec![old, new, "a>=2"], None, 0, 1),
            (vec![old, new, "a>=2"], Some("3.10"), 1, 0),
            (vec![old, new, "a>=2"], Some("3.12"), 0, 0),
            (vec![old, new, "a>=3"], None, 1, 0),
            (vec![old, windows], None, 0, 1),
            (vec![old, windows], Some("3.10"), 0, 0),
            (vec![old, "a==2 ; python_version < \"3.11\""], None, 0, 1),
            (vec![old, "a==2 ; python_version < \"3.11\"", "a==2", "a==3"], None, 1, 1),
            (vec![old, "a==2 ; python_version < '3.10'"], None, 0, 1),
            (vec![old, "a==2 ; python_version >= '3.10'"], None, 0, 1),
            (vec![old, "a==2 ; python_version < '3.10'"], Some("3.9"), 1, 0),
            (vec!["a>=1", "a<=1", "a!=1 ; python_version < '3.11'"], None, 0, 1),
            (vec!["a>=1", "a<=1", "a!=1 ; python_version < '3.11'", "a!=1"], None, 1, 0),
            (vec!["a>=1", "a<=1", "a!=1 ; python_version < '3.11'"], Some("3.10.2"), 1, 0),
            (vec!["a>=1", "a<=1", "a!=1 ; python_version < '3.11'"], Some("3.12"), 0, 0),
        ] {
            let merged = merged(&required, &[], python);
            assert_eq!(
                (merged.conflicts.len(), merged.warnings.len()),
                (conflicts, warnings),
                "{required:?} {python:?}"
            );
        }
    }

    #[test]
    fn constraints_conflict_but_are_not_required() {
        let odoo = [
            "lxml==4.8 ; python_version < '3.11'  # jammy",
            "lxml==5.2 ; python_version >= '3.11'",
            "six==1",
            "six==2",
        ];
        let merged = merged(&["lxml<5"], &odoo, Some("3.12"));
        assert_eq!(merged.requirements.len(), 1);
        insta::assert_snapshot!(merged.conflicts[0], @r"
        requirements for `lxml` exclude each other
          `lxml<5`                                a/requirements.txt:1
          `lxml==5.2 ; python_version >= '3.11'`  odoo.txt:2
        ");
        assert_eq!(merged.conflicts.len(), 1);
    }
}
