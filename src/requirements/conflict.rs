//! Requirements of one distribution that exclude each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use super::Origin;
use super::entry::SourcedRequirement;
use super::marker::{self, MOST_COST, Marker, Meetings, Python};
use super::problem::RequirementProblem;
use super::versions::exclude_all;

/// The maximum number of specifiers for one distribution. Each pair of them is compared.
pub(super) const MOST_WAYS: usize = 100;

/// The number of lines of a conflict that a message shows.
const SHOWN: usize = 40;

/// Lines for one distribution that no version satisfies together, with their origins. If a line excludes every version
/// by itself, it is the only one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Conflict {
    pub(crate) name: String,
    pub(crate) lines: Vec<(String, Origin)>,
    /// Whether the lines surely apply together. Otherwise they conflict only if all of their markers hold.
    pub(crate) is_certain: bool,
    /// Whether the lines are the user's own overrides, which nothing can replace.
    pub(crate) is_of_overrides: bool,
}

impl Conflict {
    /// Whether a line of Odoo itself is among them.
    pub(crate) fn is_with_odoo(&self) -> bool {
        self.lines.iter().any(|(_, origin)| origin.is_of_odoo())
    }

    /// What is wrong, without the lines.
    pub(crate) fn title(&self) -> String {
        let what = match self.lines.len() {
            1 => format!("no version satisfies the requirement for `{}`", self.name),
            _ => format!("requirements for `{}` exclude each other", self.name),
        };
        what + if self.is_certain { "" } else { " if their markers apply" }
    }

    /// What to type next.
    pub(crate) fn hint(&self) -> String {
        let text = match (self.lines.len(), self.is_of_overrides) {
            _ if self.is_with_odoo() => {
                return format!(
                    "decide with `override = [\"{}==VERSION\"]` in `[requirements]`, or leave out Odoo's lines with \
                     `requirements = false` in `[core]`",
                    self.name
                );
            }
            (1, true) => "change the line",
            (_, true) => "give them markers that do not hold together, or keep one of them",
            (1, _) => "change the line, or put one that replaces it into `override` of `[requirements]`",
            (2, _) => {
                "change one of them, or put a line that replaces them into `override` of `[requirements]`"
            }
            _ => "change some of them, or put a line that replaces them into `override` of `[requirements]`",
        };
        text.to_owned()
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title())?;
        let shown = &self.lines[..self.lines.len().min(SHOWN)];
        let width = shown.iter().map(|(text, _)| text.chars().count()).max().unwrap_or_default() + 2;
        for (text, origin) in shown {
            write!(f, "\n  {:width$}  {origin}", format!("`{text}`"))?;
        }
        match self.lines.len() - shown.len() {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// The conflicts of one name: one of the lines that surely apply together, and one of the lines that may.
#[derive(Debug, Default)]
pub(super) struct FoundConflicts {
    pub(super) certain: Option<Conflict>,
    pub(super) possible: Option<Conflict>,
}

impl FoundConflicts {
    pub(super) fn of_overrides(mut self) -> Self {
        for conflict in self.certain.iter_mut().chain(&mut self.possible) {
            conflict.is_of_overrides = true;
        }
        self
    }
}

/// Entries with the same text. `is_constraint` is needed because constraints that exclude only each other are ignored.
struct ConflictLine<'a> {
    text: String,
    /// Sorted.
    origins: Vec<&'a Origin>,
    entry: &'a SourcedRequirement,
    is_constraint: bool,
    /// Whether no version satisfies it alone.
    is_impossible: bool,
}

/// The different lines of one name, in the order of their first origins.
fn distinct<'a>(
    required: &[&'a SourcedRequirement],
    constraints: &[&'a SourcedRequirement],
) -> Vec<ConflictLine<'a>> {
    let mut by_text: BTreeMap<(bool, String), Vec<&SourcedRequirement>> = BTreeMap::new();
    for (is_constraint, entries) in [(false, required), (true, constraints)] {
        for &entry in entries {
            by_text.entry((is_constraint, entry.text())).or_default().push(entry);
        }
    }
    let line = |((is_constraint, text), entries): (_, Vec<&'a SourcedRequirement>)| {
        let mut origins: Vec<&Origin> = entries.iter().map(|entry| &entry.origin).collect();
        origins.sort();
        let is_impossible = exclude_all(&entries[0].wanted.specifiers().iter().collect::<Vec<_>>());
        ConflictLine { text, origins, entry: entries[0], is_constraint, is_impossible }
    };
    let mut lines: Vec<ConflictLine<'_>> = by_text.into_iter().map(line).collect();
    lines.sort_by(|a, b| (a.origins[0], &a.text).cmp(&(b.origins[0], &b.text)));
    lines
}

/// Finds the lines of one name that exclude each other.
///
/// Lines that hold in every environment conflict surely; if a Python is named, in every environment with it. So do
/// several pairs, if one of them applies in each of these environments. All other lines whose markers can both hold are
/// possible conflicts. If no two lines exclude each other, but three or more do, they are found if the marker of one
/// implies the markers of the others.
///
/// More lines or markers than can be compared are a problem.
pub(super) fn find(
    required: &[&SourcedRequirement],
    constraints: &[&SourcedRequirement],
    python: Option<&Python>,
) -> Result<FoundConflicts, RequirementProblem> {
    let lines = distinct(required, constraints);
    let count: usize = lines.iter().map(|line| line.entry.wanted.specifiers().len().max(1)).sum();
    let cost = marker::cost(lines.iter().filter_map(|line| line.entry.marker.text()));
    let (first, name) = (&lines[0], || required[0].name.clone());
    for (count, most, what) in [(count, MOST_WAYS, "lines"), (cost, MOST_COST, "markers")] {
        if count > most {
            return Err(RequirementProblem::TooMuch { origin: first.origins[0].clone(), name: name(), what });
        }
    }
    if !may_conflict(&lines, python) {
        return Ok(FoundConflicts::default());
    }
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
    if certain.is_empty() && meetings.are_everywhere(python) {
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
        let said = |at: &usize| {
            let ConflictLine { text, origins, .. } = &lines[*at];
            origins.iter().map(move |&origin| (text.clone(), origin.clone()))
        };
        let mut lines: Vec<_> = indices.iter().flat_map(said).collect();
        lines.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
        let name = required.first()?.name.clone();
        (!lines.is_empty()).then_some(Conflict { name, lines, is_certain, is_of_overrides: false })
    };
    Ok(FoundConflicts { certain: conflict(certain, true), possible: conflict(possible, false) })
}

/// Whether lines surely all apply in the image.
fn surely_meet<'a>(lines: impl IntoIterator<Item = &'a ConflictLine<'a>>, python: Option<&Python>) -> bool {
    lines.into_iter().all(|line| line.entry.marker.always_holds(python))
}

/// Whether there can be a conflict: whether some line can hold together with others so that no version satisfies all of
/// them. For most names there is none, and no two lines have to be compared.
fn may_conflict(lines: &[ConflictLine<'_>], python: Option<&Python>) -> bool {
    let mut by_marker: HashMap<_, (&Marker, Vec<&ConflictLine<'_>>)> = HashMap::new();
    for line in lines {
        let marker = &line.entry.marker;
        by_marker.entry(marker.meaning()).or_insert((marker, Vec::new())).1.push(line);
    }
    by_marker.values().any(|(marker, _)| {
        let hold_too = by_marker.values().filter(|(other, _)| marker.can_hold_with(other, python));
        let together: Vec<_> = hold_too.flat_map(|(_, lines)| lines).copied().collect();
        let places: HashSet<String> = together.iter().filter_map(|line| line.entry.wanted.place()).collect();
        places.len() > 1 || leave_nothing(together)
    })
}

/// Whether no version satisfies two lines, or whether they name two different urls or paths. A line that is impossible
/// excludes only itself.
fn exclude_each_other(line: &ConflictLine<'_>, other: &ConflictLine<'_>) -> bool {
    if line.is_constraint && other.is_constraint {
        return false;
    }
    if line.is_impossible || other.is_impossible {
        return std::ptr::eq(line, other);
    }
    if let (Some(place), Some(other)) = (line.entry.wanted.place(), other.entry.wanted.place()) {
        return place != other;
    }
    leave_nothing([line, other])
}

fn leave_nothing<'a>(lines: impl IntoIterator<Item = &'a ConflictLine<'a>>) -> bool {
    let specifiers: Vec<_> = lines.into_iter().flat_map(|line| line.entry.wanted.specifiers()).collect();
    exclude_all(&specifiers)
}

/// The indices of three or more lines that no version satisfies: as few as possible, and preferably lines that hold
/// everywhere.
fn larger_conflict(lines: &[ConflictLine<'_>], python: Option<&Python>) -> BTreeSet<usize> {
    let (everywhere, elsewhere): (Vec<&ConflictLine<'_>>, Vec<&ConflictLine<'_>>) =
        lines.iter().partition(|line| line.entry.marker.always_holds(python));
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
    use super::super::line::Author;
    use super::super::parse::parse_file;
    use super::super::{Merged, Settings, merge};
    use super::*;

    fn merged(required: &[&str], constraints: &[&str], python: Option<&str>) -> Merged {
        let python = python.map(|word| Python::parse(word, None).expect("a version"));
        let settings = Settings { python, ..Settings::default() };
        merge(
            &parse_file("a/requirements.txt", required, Author::Other),
            &parse_file("odoo.txt", constraints, Author::Other),
            &settings,
        )
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
    fn lines_that_agree_are_not_compared_in_pairs() {
        for (lines, python, expected) in [
            (vec!["a", "a>=1", "a<9", "a[x]!=3", "a @ https://h/a.zip"], None, false),
            (vec!["a>=2 ; python_version >= '3.11'", "a<2 ; python_version < '3.11'"], None, false),
            (vec!["a>=2 ; sys_platform == 'win32'", "a<2"], Some("3.12"), false),
            (vec!["a>=2 ; sys_platform == 'win32'", "a<2"], None, true),
            (vec!["a>=1", "a<=1", "a!=1"], None, true),
            (vec!["a>2,<1"], None, true),
            (vec!["a @ https://h/a.zip", "a @ https://h/b.zip"], None, true),
        ] {
            let parsed = parse_file("r", &lines, Author::Other);
            let python = python.map(|word| Python::parse(word, None).expect("a version"));
            let entries: Vec<_> = parsed.entries.iter().collect();
            assert_eq!(may_conflict(&distinct(&entries, &[]), python.as_ref()), expected, "{lines:?}");
        }
    }

    #[test]
    fn markers_decide_which_lines_conflict() {
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
            (vec!["a>=24 ; extra == 'dev'", "a<24"], None, 0, 0),
            (vec!["a>=24 ; extra == 'dev'", "a<24"], Some("3.12"), 0, 0),
            (vec!["a>=24 ; extra != 'dev'", "a<24"], None, 1, 0),
            (vec!["a>=24 ; platform_machine == 'aarch64'", "a<24"], Some("3.12"), 0, 1),
            (
                vec!["a==1 ; platform_machine == 'x86_64'", "a==2 ; platform_machine != 'x86_64'"],
                Some("3.12"),
                0,
                0,
            ),
            (
                vec!["a==1 ; platform_machine == 'x86_64'", "a==2 ; platform_machine != 'x86_64'", "a==3"],
                Some("3.12"),
                1,
                0,
            ),
            (vec!["a>=24 ; python_version in '3.11,3.12'", "a<24"], Some("3.12"), 1, 0),
            (vec!["a>=24 ; python_version in '3.11,3.12'", "a<24"], Some("3.10"), 0, 0),
            (vec!["a>=24 ; python_version not in '3.11,3.12'", "a<24"], Some("3.12"), 0, 0),
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
