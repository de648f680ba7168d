//! Joins what several repositories require of one distribution into one line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use pep508_rs::pep440_rs::{Operator, VersionSpecifier};

use super::Origin;
use super::conflict::{self, Conflict};
use super::entry::{Entry, Wanted, normalised};
use super::marker::Python;
use super::parse::Parsed;
use super::problem::{Note, Problem};
use super::system::is_of_the_system;

/// What `[requirements]` of the configuration and the command line ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// Without it, lines whose markers differ cannot be said to meet, and are warned of.
    pub(crate) python: Option<Python>,
    /// What is left out: distributions in any spelling, options, and lines that are no requirement.
    pub(crate) ignore: Vec<String>,
}

/// Everything that was read, merged; sorted, so that it does not depend on the order of the input.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged {
    /// By name, then marker (none first). What conflicts is in here too.
    pub(crate) requirements: Vec<Requirement>,
    /// Lines that no version satisfies.
    pub(crate) conflicts: Vec<Conflict>,
    /// Lines that no version satisfies where their markers hold together, which they may never do.
    pub(crate) warnings: Vec<Conflict>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) notes: Vec<Note>,
}

/// One line of the merged requirements. Displayed as that line, without its origins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Requirement {
    /// Normalised (PEP 503); empty for a url that does not tell it.
    pub(crate) name: String,
    /// Normalised and sorted.
    pub(crate) extras: Vec<String>,
    /// Each specifier once, in the order of their text, which is pip's own order: `!=2,<3,>=1`.
    pub(crate) specifier: String,
    pub(crate) marker: Option<String>,
    /// Each once and sorted.
    pub(crate) origins: Vec<Origin>,
    /// The whole line, where it names a url or a path.
    pub(crate) verbatim: Option<String>,
    pub(crate) flag: Option<Flag>,
}

/// What leaves pip no choice, and so stands in the way of whatever else the image has.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Flag {
    /// One version and no other.
    ExactPin,
    /// A url or a path, which no index answers for (PEP 440, "Direct references").
    DirectReference,
}

impl Flag {
    fn of(wanted: &Wanted) -> Option<Self> {
        let is_exact = |specifier: &VersionSpecifier| {
            matches!(specifier.operator(), Operator::Equal | Operator::ExactEqual)
        };
        match wanted {
            Wanted::Verbatim { .. } => Some(Self::DirectReference),
            Wanted::Versions(specifiers) => specifiers.iter().any(is_exact).then_some(Self::ExactPin),
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ExactPin => "exact pin",
            Self::DirectReference => "direct reference",
        })
    }
}

impl Requirement {
    /// Joins entries of the same name, marker and, if any, verbatim line.
    pub(super) fn join(entries: &[&Entry]) -> Self {
        let extras: BTreeSet<_> = entries.iter().flat_map(|entry| &entry.extras).cloned().collect();
        let origins: BTreeSet<_> = entries
            .iter()
            .flat_map(|entry| std::iter::once(&entry.origin).chain(&entry.asked_by))
            .cloned()
            .collect();
        // Texts, for `~=1.0` and `~=1.0.0` differ although their versions are equal.
        let specifiers: BTreeSet<_> =
            entries.iter().flat_map(|entry| entry.wanted.specifiers()).map(ToString::to_string).collect();
        Self {
            name: entries.first().map(|entry| entry.name.clone()).unwrap_or_default(),
            extras: extras.into_iter().collect(),
            specifier: specifiers.into_iter().collect::<Vec<_>>().join(","),
            marker: entries.iter().filter_map(|entry| entry.marker.text()).min().map(ToOwned::to_owned),
            origins: origins.into_iter().collect(),
            verbatim: entries.first().and_then(|entry| entry.wanted.line()).map(ToOwned::to_owned),
            flag: entries.iter().filter_map(|entry| Flag::of(&entry.wanted)).max(),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(verbatim) = &self.verbatim {
            return f.write_str(verbatim);
        }
        f.write_str(&self.name)?;
        if !self.extras.is_empty() {
            write!(f, "[{}]", self.extras.join(","))?;
        }
        f.write_str(&self.specifier)?;
        self.marker.as_ref().map_or(Ok(()), |marker| write!(f, " ; {marker}"))
    }
}

/// Merges what is required and compares it with `constraints`, which take part in conflicts but are not required.
pub(crate) fn merge(required: &Parsed, constraints: &Parsed, settings: &Settings) -> Merged {
    let ignored = Ignored::new(&settings.ignore);
    let mut by_name: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in required.entries.iter().filter(|entry| !ignored.names.contains(&entry.name)) {
        by_name.entry(&entry.name).or_default().push(entry);
    }
    let mut merged = Merged { notes: ignored.notes(required, constraints), ..Merged::default() };
    for (name, entries) in by_name {
        merged.requirements.extend(join_by_marker(&entries));
        if !name.is_empty() {
            let constraints =
                constraints.entries.iter().filter(|entry| entry.name == name).collect::<Vec<_>>();
            let found = conflict::find(&entries, &constraints, settings.python.as_ref());
            merged.conflicts.extend(found.certain);
            merged.warnings.extend(found.possible);
        }
    }
    let problems = required.problems.iter().chain(&constraints.problems);
    merged.problems = problems.filter(|problem| !ignored.has(problem)).cloned().collect();
    merged.problems.sort_by_cached_key(|problem| (problem.origin().clone(), problem.to_string()));
    merged
}

/// `ignore` of `[requirements]`.
struct Ignored<'a> {
    words: &'a [String],
    /// Those words that can be names of distributions, normalised.
    names: BTreeSet<String>,
}

impl<'a> Ignored<'a> {
    fn new(words: &'a [String]) -> Self {
        Self { words, names: words.iter().filter_map(|word| normalised(word)).collect() }
    }

    fn has(&self, problem: &Problem) -> bool {
        let word = problem.ignored_as();
        self.names.contains(&word) || self.words.contains(&word)
    }

    /// What was noted of all that is not ignored, and the words that match nothing; those about the system's packages
    /// are left to [`system`](super::system).
    fn notes(&self, required: &Parsed, constraints: &Parsed) -> Vec<Note> {
        let is_ignored =
            |note: &&Note| matches!(note, Note::Unlisted { word, .. } if self.names.contains(word));
        let mut notes: Vec<Note> = required
            .notes
            .iter()
            .chain(&constraints.notes)
            .filter(|note| !is_ignored(note))
            .cloned()
            .collect();
        notes.sort_by_cached_key(|note| (note.origin().cloned(), note.to_string()));
        let problems: BTreeSet<String> =
            required.problems.iter().chain(&constraints.problems).map(Problem::ignored_as).collect();
        let matches_nothing = |word: &&String| {
            let name = normalised(word);
            let is_name = |entry: &Entry| name.as_ref() == Some(&entry.name);
            !required.entries.iter().any(is_name) && !problems.contains(*word) && !is_of_the_system(word)
        };
        let unused = self.words.iter().filter(matches_nothing);
        notes.extend(unused.map(|word| Note::NothingIgnored { word: word.clone() }));
        notes
    }
}

/// Joins the entries of one name whose markers mean the same. A verbatim line is joined with its equals only.
fn join_by_marker(entries: &[&Entry]) -> Vec<Requirement> {
    let mut groups: Vec<Vec<&Entry>> = Vec::new();
    for &entry in entries {
        let belongs = |group: &&mut Vec<&Entry>| {
            let line = group[0].wanted.line();
            line == entry.wanted.line()
                && (line.is_some() || group[0].marker.means_the_same_as(&entry.marker))
        };
        match groups.iter_mut().find(belongs) {
            Some(group) => group.push(entry),
            None => groups.push(vec![entry]),
        }
    }
    let mut requirements: Vec<_> = groups.iter().map(|group| Requirement::join(group)).collect();
    requirements.sort_by(|a, b| (&a.marker, &a.verbatim).cmp(&(&b.marker, &b.verbatim)));
    requirements
}

#[cfg(test)]
mod tests {
    use pep508_rs::pep440_rs::{Version, VersionSpecifiers};
    use proptest::prelude::*;

    use super::super::parse::parse_file;
    use super::super::{Annotations, render};
    use super::*;

    fn lines(required: &[&str]) -> Vec<String> {
        let parsed = parse_file("a/requirements.txt", required);
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

    #[test]
    fn ignored_names_are_left_out_in_any_spelling() {
        let parsed = parse_file("r", &["Data_Classes==1", "data.classes==2", "lxml"]);
        let settings = Settings { ignore: vec!["data-classes".to_owned()], ..Settings::default() };
        let merged = merge(&parsed, &Parsed::default(), &settings);
        assert_eq!(merged.requirements.len(), 1);
        assert_eq!(merged.notes, []);
        assert_eq!(merged.conflicts, []);
    }

    #[test]
    fn what_leaves_no_choice_is_flagged() {
        let merged = |lines: &[&str]| {
            let merged = merge(&parse_file("r", lines), &Parsed::default(), &Settings::default());
            merged.requirements.iter().map(|requirement| requirement.flag).collect::<Vec<_>>()
        };
        for (line, flag) in [
            ("a==1", Some(Flag::ExactPin)),
            ("a===1", Some(Flag::ExactPin)),
            ("a==1.*", None),
            ("a~=1.0", None),
            ("a<=1,>=1", None),
            ("a @ https://h/a.zip", Some(Flag::DirectReference)),
            ("git+https://h/a.git", Some(Flag::DirectReference)),
        ] {
            assert_eq!(merged(&[line]), [flag], "{line}");
        }
        assert_eq!(merged(&["a>=1", "a==2"]), [Some(Flag::ExactPin)]);
        assert_eq!(merged(&["a>=1", "a==2 ; os_name == 'nt'"]), [None, Some(Flag::ExactPin)]);
    }

    #[test]
    fn problems_can_be_ignored_by_the_word_that_is_their_hint() {
        for (line, word) in [
            ("--index-url https://h/simple", "--index-url"),
            ("-r other.txt", "-r"),
            ("Six_X==1 --hash=sha256:00", "six-x"),
            ("./x.whl", "./x.whl"),
            ("lxml = 5", "lxml = 5"),
        ] {
            let parsed = parse_file("r", &[line]);
            let [problem] = &parsed.problems[..] else { panic!("{line}") };
            assert!(problem.hint().contains(&format!("`{word}`")), "{}", problem.hint());
            let settings = Settings { ignore: vec![word.to_owned()], ..Settings::default() };
            let merged = merge(&parsed, &Parsed::default(), &settings);
            assert_eq!((merged.problems, merged.notes), (vec![], vec![]), "{line}");
        }
    }

    #[test]
    fn ignored_words_that_match_nothing_are_noted() {
        let words = ["lxml", "Six", "-r", "deb:x"].map(str::to_owned);
        let settings = Settings { ignore: words.to_vec(), ..Settings::default() };
        let merged = merge(&parse_file("r", &["lxml"]), &Parsed::default(), &settings);
        let nothing = |word: &str| Note::NothingIgnored { word: word.to_owned() };
        assert_eq!(merged.notes, [nothing("Six"), nothing("-r")]);
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
            // The same origin for all, for a line that moves within a file has another one.
            let read = |lines: &[String]| {
                Parsed::concat(lines.iter().map(|line| parse_file("r", std::slice::from_ref(line))))
            };
            let merged = |lines| format!("{:#?}", merge(&read(lines), &Parsed::default(), &Settings::default()));
            prop_assert_eq!(merged(&given), merged(&shuffled));
        }

        #[test]
        fn what_is_merged_stays_as_it_is(
            lines in prop::collection::vec(
                prop_oneof![
                    6 => a_line(),
                    1 => "a @ https://h/[xy](;x)? ; os_name == 'nt'",
                    1 => "git\\+https://h/[xy]#egg=[ab]",
                ],
                0..8,
            )
        ) {
            let merged = |lines: &[String]| merge(&parse_file("r", lines), &Parsed::default(), &Settings::default());
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
            let merged = merge(&parse_file("r", &input), &Parsed::default(), &Settings::default());
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
