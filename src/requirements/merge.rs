//! Merges the requirements of several repositories into one line for each distribution and marker.

use std::collections::{BTreeMap, HashMap};

use super::conflict::{self, Conflict, FoundConflicts};
use super::entry::SourcedRequirement;
use super::ignored::Ignored;
use super::marker::Python;
use super::overrides::{Override, Overrides};
use super::parse::Parsed;
use super::problem::{Note, RequirementProblem};
use super::requirement::Requirement;

/// The settings from `[requirements]` and the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// Without it, `oca` cannot know whether lines with different markers apply together, so their conflicts are
    /// warnings.
    pub(crate) python: Option<Python>,
    /// What to leave out: distributions in any spelling, options, and lines that are not requirements.
    pub(crate) ignore: Vec<String>,
    /// Lines in place of all others of their distributions, and the name of the file that has them.
    pub(crate) overrides: Vec<Override>,
    pub(crate) file: String,
}

/// The merged result. It is sorted, so the order of the input does not matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged {
    /// Sorted by name, then by marker (no marker first). Conflicting lines are included.
    pub(crate) requirements: Vec<Requirement>,
    /// Lines that no version satisfies.
    pub(crate) conflicts: Vec<Conflict>,
    /// Lines that no version satisfies if their markers apply together. Perhaps they never do.
    pub(crate) warnings: Vec<Conflict>,
    pub(crate) problems: Vec<RequirementProblem>,
    pub(crate) notes: Vec<Note>,
}

/// Merges the requirements and compares them with `constraints`. Constraints can conflict, but they are not required.
pub(crate) fn merge(required: &Parsed, constraints: &Parsed, settings: &Settings) -> Merged {
    let ignored = Ignored::new(&settings.ignore);
    let overrides = Overrides::new(&settings.overrides, &settings.file);
    let is_kept = |entry: &&SourcedRequirement| !ignored.has(entry) && !overrides.replace(entry);
    let required_by_name = by_name(required.entries.iter().filter(is_kept));
    let constraints_by_name = by_name(&constraints.entries);
    let mut merged = Merged { notes: ignored.notes(required, constraints), ..Merged::default() };
    let python = settings.python.as_ref();
    for (name, entries) in required_by_name {
        merged.requirements.extend(join_by_marker(&entries));
        if !name.is_empty() {
            let constraints = constraints_by_name.get(name).map(Vec::as_slice).unwrap_or_default();
            merged.add_conflicts(conflict::find(&entries, constraints, python));
        }
    }
    let (replacements, notes) = overrides.used(required, constraints);
    merged.notes.extend(notes);
    for replacement in replacements {
        let lines = join_by_marker(&replacement.lines).into_iter();
        merged.requirements.extend(lines.map(|line| replacement.mark(line)));
        let found = conflict::find(&replacement.lines, &[], python);
        merged.add_conflicts(found.map(FoundConflicts::of_overrides));
    }
    let problems = required.problems.iter().chain(&constraints.problems);
    let is_left =
        |problem: &&RequirementProblem| !ignored.has_problem(problem) && !overrides.replace_problem(problem);
    merged.problems.extend(problems.filter(is_left).cloned());
    merged.problems.sort_by_cached_key(|problem| (problem.origin().clone(), problem.to_string()));
    merged.requirements.sort_by(|a, b| a.name.cmp(&b.name));
    merged.conflicts.sort_by(|a, b| a.name.cmp(&b.name));
    merged.warnings.sort_by(|a, b| a.name.cmp(&b.name));
    merged
}

impl Merged {
    fn add_conflicts(&mut self, found: Result<FoundConflicts, RequirementProblem>) {
        match found {
            Ok(found) => {
                self.conflicts.extend(found.certain);
                self.warnings.extend(found.possible);
            }
            Err(problem) => self.problems.push(problem),
        }
    }
}

fn by_name<'a>(
    entries: impl IntoIterator<Item = &'a SourcedRequirement>,
) -> BTreeMap<&'a str, Vec<&'a SourcedRequirement>> {
    let mut by_name: BTreeMap<&str, Vec<&SourcedRequirement>> = BTreeMap::new();
    for entry in entries {
        by_name.entry(&entry.name).or_default().push(entry);
    }
    by_name
}

/// Joins the entries of one name whose markers have the same meaning. A verbatim line is only joined with equal lines.
fn join_by_marker(entries: &[&SourcedRequirement]) -> Vec<Requirement> {
    let mut groups: HashMap<_, Vec<&SourcedRequirement>> = HashMap::new();
    for &entry in entries {
        let line = entry.wanted.line();
        let meaning = line.is_none().then(|| entry.marker.meaning());
        groups.entry((line, meaning)).or_default().push(entry);
    }
    let mut requirements: Vec<_> = groups.values().map(|group| Requirement::join(group)).collect();
    requirements.sort_by(|a, b| (&a.marker, &a.verbatim).cmp(&(&b.marker, &b.verbatim)));
    requirements
}

#[cfg(test)]
mod tests {
    use pep508_rs::pep440_rs::{Version, VersionSpecifiers};
    use proptest::prelude::*;

    use super::super::line::Author;
    use super::super::parse::parse_file;
    use super::super::{Annotations, render};
    use super::*;

    fn lines(required: &[&str]) -> Vec<String> {
        let parsed = parse_file("a/requirements.txt", required, Author::Other);
        let merged = merge(&parsed, &Parsed::default(), &Settings::default());
        assert_eq!(merged.problems, []);
        merged.requirements.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lines_of_one_name_and_marker_are_joined() {
        for (required, joined) in [
            (vec!["cryptography", "cryptography<37", "cryptography"], vec!["cryptography<37"]),
            (vec!["a>=1", "A<3"], vec!["a<3,>=1"]),
            (vec!["numpy>=1.15", "numpy"], vec!["numpy>=1.15"]),
            (vec!["Py.Test_x[b]", "py-test--x[A,b]>=1"], vec!["py-test-x[a,b]>=1"]),
            (vec!["a~=1.0", "a~=1.0.0", "a != 2.*"], vec!["a!=2.*,~=1.0,~=1.0.0"]),
            (
                vec!["b ; os_name=='nt'", "b<2 ; os_name == \"nt\"", "b>1"],
                vec!["b>1", "b<2 ; os_name == 'nt'"],
            ),
            (vec!["z @ https://h/z.zip", "z @ https://h/z.zip", "z"], vec!["z", "z @ https://h/z.zip"]),
            (vec!["git+https://h/x.git", "a"], vec!["git+https://h/x.git", "a"]),
        ] {
            assert_eq!(lines(&required), joined, "{required:?}");
        }
    }

    fn a_line() -> impl Strategy<Value = String> {
        let specifier = "(==|!=|<|<=|>|>=|~=)[012]\\.[012]|(==|!=)[012]\\.\\*|";
        let marker = prop::sample::select(vec![
            "",
            "",
            "; os_name=='nt'",
            " ; python_version < \"3.8\"",
            "; extra == 'x'",
        ]);
        ("[ab]", "(\\[[XYz]\\])?", specifier, marker)
            .prop_map(|(name, extra, specifier, marker)| name + &extra + &specifier + marker)
    }

    proptest! {
        #[test]
        fn the_order_of_the_input_does_not_matter(
            (given, shuffled) in prop::collection::vec(a_line(), 0..8)
                .prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle()))
        ) {
            // All lines get the same origin, because a line that moves within a file gets another one.
            let read = |lines: &[String]| {
                Parsed::concat(lines.iter().map(|line| parse_file("r", std::slice::from_ref(line), Author::Other)))
            };
            let merged = |lines| format!("{:#?}", merge(&read(lines), &Parsed::default(), &Settings::default()));
            prop_assert_eq!(merged(&given), merged(&shuffled));
        }

        #[test]
        fn merging_the_merged_lines_changes_nothing(
            lines in prop::collection::vec(
                prop_oneof![
                    6 => a_line(),
                    1 => "a @ https://h/[xy](%3Bx)? ; os_name == 'nt'",
                    1 => "git\\+https://h/[xy]#egg=[ab]",
                ],
                0..8,
            )
        ) {
            let merged = |lines: &[String]| merge(&parse_file("r", lines, Author::Other), &Parsed::default(), &Settings::default());
            let rendered = |merged: &Merged| render(&merged.requirements, Annotations::Hidden);
            let once = merged(&lines);
            prop_assert_eq!(&once.problems, &[]);
            let text = rendered(&once);
            let again = merged(&text.lines().map(str::to_owned).collect::<Vec<_>>());
            prop_assert_eq!(rendered(&again), text);
            prop_assert_eq!(again.conflicts.len(), once.conflicts.len());
        }

        #[test]
        fn a_version_satisfies_the_merged_line_if_it_satisfies_all(
            specifiers in prop::collection::vec("(==|!=|<|<=|>|>=|~=)[012]\\.[012]|(==|!=)[012]\\.\\*", 1..5)
        ) {
            let input: Vec<_> = specifiers.iter().map(|specifier| format!("a{specifier}")).collect();
            let merged = merge(&parse_file("r", &input, Author::Other), &Parsed::default(), &Settings::default());
            let joined: VersionSpecifiers = merged.requirements[0].specifier.parse().expect("specifiers");
            let each: VersionSpecifiers = specifiers.join(",").parse().expect("specifiers");
            let versions = (0..4).flat_map(|major| (0..4).map(move |minor| [major, minor]));
            for release in versions.flat_map(|[major, minor]| [vec![major, minor], vec![major, minor, 1]]) {
                let version = Version::new(release);
                prop_assert_eq!(each.contains(&version), joined.contains(&version));
                prop_assert!(merged.conflicts.is_empty() || !each.contains(&version), "{}", version);
            }
        }
    }
}
