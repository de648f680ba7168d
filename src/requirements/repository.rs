//! Python requirements of one repository: combines the lines of its file with the words of its modules' manifests.
//!
//! OCA generates the file from the manifests of all modules. Only in the file can a module's packaging override a word
//! of its manifest. So if the file has lines for a distribution, they have precedence.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Origin;
use super::conflict::MOST_WAYS;
use super::entry::{SourcedRequirement, VersionsOrPlace};
use super::line::Author;
use super::parse::{Parsed, parse_file, parse_manifest};
use super::problem::{Note, RequirementProblem};
use crate::repo::Manifest;

/// The first line of a file that OCA's tools generated.
const GENERATED: &str = "# generated from manifests";

/// A repository, or a directory of the user's own modules.
#[derive(Clone, Debug)]
pub(crate) struct Repository<'a> {
    /// The first part of paths in messages.
    pub(crate) name: &'a str,
    /// Who wrote its `requirements.txt`.
    pub(crate) author: Author,
    /// All lines of its `requirements.txt`, including comments.
    pub(crate) lines: &'a [String],
    /// Why the lines are not read, if they are not.
    pub(crate) unread: Option<&'a str>,
    /// Manifests of the user that cannot be read: what they require is not known.
    pub(crate) unreadable: Vec<UnreadableNeeds<'a>>,
    /// All its modules, including those without requirements.
    pub(crate) modules: Vec<ModuleNeeds<'a>>,
}

/// A manifest that cannot be read, by its path in the repository.
#[derive(Clone, Debug)]
pub(crate) struct UnreadableNeeds<'a> {
    pub(crate) path: &'a str,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) why: &'a str,
}

/// A module, its manifest, and the path of the manifest in the repository.
#[derive(Clone, Debug)]
pub(crate) struct ModuleNeeds<'a> {
    pub(crate) path: String,
    pub(crate) manifest: &'a Manifest,
    pub(crate) is_selected: bool,
}

impl Repository<'_> {
    /// Reads the requirements of the selected modules.
    ///
    /// - If only modules that are not selected need a line, it is left out; see [`Needs::may_include`]. If no module of
    ///   the repository is selected, all lines are left out.
    /// - If the file has lines for a distribution, and each of them has a condition or a url, these lines replace a word
    ///   of a manifest that adds nothing to any of them. For example, a manifest says `contextvars`, and the module's
    ///   packaging says `contextvars ; python_version < '3.7'`. Then the module needs it on old Pythons only. If a word
    ///   has a specifier, an extra or a marker that a line lacks, it stays a requirement of its own.
    pub(crate) fn read(&self) -> Parsed {
        let path = format!("{}/requirements.txt", self.name);
        let mut file = parse_file(&path, self.lines, self.author);
        file.problems.extend(self.unread.map(|why| RequirementProblem::Unread {
            origin: Origin::of_file(&path, None, self.author),
            why: why.to_owned(),
        }));
        file.problems.extend(self.unreadable.iter().map(|UnreadableNeeds { path, line, why }| {
            let origin = Origin::of_file(&format!("{}/{path}", self.name), Some(*line), self.author);
            RequirementProblem::Unread { origin, why: (*why).to_owned() }
        }));
        let (selected, others): (Vec<_>, Vec<_>) = self
            .modules
            .iter()
            .map(|module| (module.is_selected, self.words(module)))
            .partition(|(is, _)| *is);
        if selected.is_empty() && !others.is_empty() {
            let has_lines = !file.entries.is_empty() || !file.problems.is_empty();
            let notes = has_lines.then_some(Note::Unused { path }).into_iter().collect();
            return Parsed { notes, ..Parsed::default() };
        }
        let words = Parsed::concat(selected.into_iter().map(|(_, words)| words));
        let others = Parsed::concat(others.into_iter().map(|(_, words)| words));
        file.leave_out_unneeded(&words, &others);
        if self.is_generated() {
            file.notes.extend(unlisted(&file, &words, &path));
        }
        let entries = without_covered(words.entries, &mut file.entries);
        Parsed::concat([file, Parsed { entries, ..words }])
    }

    fn words(&self, module: &ModuleNeeds<'_>) -> Parsed {
        parse_manifest(&self.path(module), &module.manifest.python)
    }

    /// The path of a module's manifest, as messages show it.
    pub(super) fn path(&self, module: &ModuleNeeds<'_>) -> String {
        format!("{}/{}", self.name, module.path)
    }

    fn is_generated(&self) -> bool {
        self.lines.first().is_some_and(|line| line.starts_with(GENERATED))
    }
}

/// The names of the distributions. A url can have none.
fn names(parsed: &Parsed) -> BTreeSet<&str> {
    parsed.entries.iter().map(|entry| entry.name.as_str()).filter(|name| !name.is_empty()).collect()
}

impl Parsed {
    /// Removes the lines that only `others` need and `words` do not.
    fn leave_out_unneeded(&mut self, words: &Self, others: &Self) {
        let lines: HashSet<String> = self.entries.iter().map(SourcedRequirement::text).collect();
        let needs = Needs { words: Needs::by_name(words, &lines), others: Needs::by_name(others, &lines) };
        let unneeded = self.entries.extract_if(.., |line| !needs.may_include(line));
        let note = |line: SourcedRequirement| Note::Unneeded { line: line.text(), origin: line.origin };
        self.notes.extend(unneeded.map(note).collect::<Vec<_>>());
    }
}

/// The words of manifests, by distribution.
struct Needs<'a> {
    words: HashMap<&'a str, Texts>,
    others: HashMap<&'a str, Texts>,
}

/// The texts for a distribution, and whether the file has a line for each of them.
struct Texts {
    all: HashSet<String>,
    are_lines: bool,
}

impl<'a> Needs<'a> {
    fn by_name(parsed: &'a Parsed, lines: &HashSet<String>) -> HashMap<&'a str, Texts> {
        let mut texts: HashMap<&str, Texts> = HashMap::new();
        for entry in &parsed.entries {
            let text = entry.text();
            let known = texts.entry(&entry.name).or_insert(Texts { all: HashSet::new(), are_lines: true });
            known.are_lines &= lines.contains(&text);
            known.all.insert(text);
        }
        texts
    }

    /// Whether the selected modules may need a line.
    ///
    /// Lines and modules are matched by the name of the distribution. A line without a name, or with a name that no
    /// module has, may belong to any module. If selected modules name the distribution, the line is left out only if
    /// another module has the same text, no selected module has it, and every word of the selected modules for the
    /// distribution has an equal line. Otherwise, the packaging of a selected module may have changed its word into
    /// this line.
    fn may_include(&self, line: &SourcedRequirement) -> bool {
        let others = self.others.get(&*line.name);
        let Some(words) = self.words.get(&*line.name).filter(|_| !line.name.is_empty()) else {
            return line.name.is_empty() || others.is_none();
        };
        let text = line.text();
        words.all.contains(&text)
            || others.is_none_or(|others| !others.all.contains(&text))
            || !words.are_lines
    }
}

/// Words that are missing in a generated file. It would contain them if no module's packaging replaced them.
fn unlisted<'a>(file: &Parsed, words: &'a Parsed, path: &'a str) -> impl Iterator<Item = Note> + use<'a> {
    let listed: BTreeSet<String> = names(file).into_iter().map(str::to_owned).collect();
    let words = words.entries.iter().filter(move |word| !listed.contains(&word.name));
    words.map(move |word| Note::Unlisted {
        origin: word.origin.clone(),
        word: word.name.clone(),
        file: path.to_owned(),
    })
}

/// The words of manifests that add something to the lines of their distribution. The manifests of all other words
/// become origins of these lines.
fn without_covered(
    words: Vec<SourcedRequirement>,
    lines: &mut [SourcedRequirement],
) -> Vec<SourcedRequirement> {
    let mut by_name: HashMap<String, Vec<(BTreeSet<String>, &mut SourcedRequirement)>> = HashMap::new();
    for line in lines {
        by_name.entry(line.name.clone()).or_default().push((specifiers(line), line));
    }
    words
        .into_iter()
        .filter(|word| !by_name.get_mut(&word.name).is_some_and(|lines| cover(lines, word)))
        .collect()
}

/// Whether a word adds nothing to each line of its distribution, and no line always holds. If there are more lines than
/// can be compared, they are refused later.
fn cover(lines: &mut [(BTreeSet<String>, &mut SourcedRequirement)], word: &SourcedRequirement) -> bool {
    let is_plain = |line: &SourcedRequirement| {
        matches!(line.wanted, VersionsOrPlace::Versions(_)) && line.marker.always_holds(None)
    };
    if lines.len() > MOST_WAYS || !is_plain(word) || lines.iter().any(|(_, line)| is_plain(line)) {
        return false;
    }
    let wanted = specifiers(word);
    let is_covered =
        lines.iter().all(|(has, line)| wanted.is_subset(has) && word.extras.is_subset(&line.extras));
    if is_covered {
        lines.iter_mut().for_each(|(_, line)| line.asked_by.push(word.origin.clone()));
    }
    is_covered
}

fn specifiers(entry: &SourcedRequirement) -> BTreeSet<String> {
    entry.wanted.specifiers().iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Merged, Origin, Settings, merge};
    use super::*;

    /// Reads a repository `kit` with modules `m0`, `m1`, …: the lines of its file, and the words and selection of each
    /// module.
    fn read(lines: &[&str], modules: &[(&[&str], bool)]) -> Parsed {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let texts = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let manifests: Vec<Manifest> = modules
            .iter()
            .map(|(words, _)| Manifest { python: texts(words), ..Manifest::default() })
            .collect();
        let modules = manifests.iter().zip(modules).enumerate().map(|(at, (manifest, (_, is_selected)))| {
            ModuleNeeds { path: format!("m{at}/__manifest__.py"), manifest, is_selected: *is_selected }
        });
        Repository {
            author: Author::Other,
            name: "kit",
            lines: &lines,
            unread: None,
            unreadable: Vec::new(),
            modules: modules.collect(),
        }
        .read()
    }

    fn merged(parsed: &Parsed) -> Merged {
        merge(parsed, &Parsed::default(), &Settings::default())
    }

    /// Shows each line with its origins, without their common parts, and the notes.
    fn shown(lines: &[&str], modules: &[(&[&str], bool)]) -> String {
        let merged = merged(&read(lines, modules));
        let origin = |origin: &Origin| {
            let text = origin.to_string();
            text.replace("kit/", "").replace("requirements.txt:", "").replace("/__manifest__.py", "")
        };
        let requirements = merged.requirements.iter().map(|requirement| {
            let origins: Vec<String> = requirement.origins.iter().map(origin).collect();
            format!("{requirement}  # {}", origins.join(" "))
        });
        requirements.chain(merged.notes.iter().map(ToString::to_string)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn lines_that_only_other_modules_need_are_left_out() {
        let lines = [
            "# generated",
            "cryptography<37",
            "hand-made",
            "PyYAML",
            "python_dateutil>=2",
            "git+https://h/x",
        ];
        let modules: [(&[&str], bool); 3] = [
            (&["dateutil", "cryptography"], true),
            (&["cryptography<37", "pyyaml", "no name"], false),
            (&[], true),
        ];
        insta::assert_snapshot!(shown(&lines, &modules), @r"
        git+https://h/x  # 6
        cryptography<37  # m0 2
        hand-made  # 3
        python-dateutil>=2  # m0 5
        kit/requirements.txt:4: `pyyaml` is left out, because only modules that are not selected need it
        ");
        for (words, others, expected) in [
            (
                "lxml",
                "lxml<6",
                "lxml  # m0 1\nkit/requirements.txt:2: `lxml<6` is left out, because only modules that are not selected need it",
            ),
            (
                "lxml<6",
                "lxml",
                "lxml<6  # m0 2\nkit/requirements.txt:1: `lxml` is left out, because only modules that are not selected need it",
            ),
            ("lxml>=4", "lxml<6", "lxml<6,>=4  # m0 1 2"),
        ] {
            let modules: [(&[&str], bool); 2] = [(&[words], true), (&[others], false)];
            assert_eq!(shown(&["lxml", "lxml<6"], &modules), expected);
        }
        insta::assert_snapshot!(shown(&lines, &[(&[], false), (&[], false)]), @"kit/requirements.txt: left out, because no module of the repository is selected");
        assert_eq!(shown(&["# generated"], &[(&[], false)]), "");
        assert_eq!(shown(&["six"], &[]), "six  # 1", "a repository without a module to select");
    }

    #[test]
    fn conditional_lines_replace_a_word_that_adds_nothing() {
        let old = "contextvars ; python_version < '3.7'";
        for (lines, words, expected) in [
            (vec![old], vec!["contextvars"], "contextvars ; python_version < '3.7'  # m0 1"),
            (
                vec![old, "contextvars"],
                vec!["contextvars"],
                "contextvars  # m0 2\ncontextvars ; python_version < '3.7'  # 1",
            ),
            (
                vec![old],
                vec!["contextvars>=2"],
                "contextvars>=2  # m0\ncontextvars ; python_version < '3.7'  # 1",
            ),
            (
                vec![old],
                vec!["contextvars[x]"],
                "contextvars[x]  # m0\ncontextvars ; python_version < '3.7'  # 1",
            ),
            (vec!["a>=2,<4 ; os_name == 'nt'"], vec!["a>=2"], "a<4,>=2 ; os_name == 'nt'  # m0 1"),
            (
                vec!["a<2 ; os_name == 'nt'", "a>=2 ; os_name != 'nt'"],
                vec!["a"],
                "a>=2 ; os_name != 'nt'  # m0 2\na<2 ; os_name == 'nt'  # m0 1",
            ),
            (
                vec!["a<2 ; os_name == 'nt'", "a>=2 ; os_name != 'nt'"],
                vec!["a>=2"],
                "a>=2  # m0\na>=2 ; os_name != 'nt'  # 2\na<2 ; os_name == 'nt'  # 1",
            ),
            (vec!["a @ https://h/a.zip"], vec!["A"], "a @ https://h/a.zip  # m0 1"),
            (vec!["a @ https://h/a.zip"], vec!["a>1"], "a>1  # m0\na @ https://h/a.zip  # 1"),
            (vec!["a<3"], vec!["a>=2"], "a<3,>=2  # m0 1"),
        ] {
            assert_eq!(shown(&lines, &[(&words, true)]), expected, "{lines:?} {words:?}");
        }
    }

    #[test]
    fn a_word_that_a_generated_file_lacks_may_have_another_name_there() {
        let modules: [(&[&str], bool); 2] = [(&["facturx", "six"], true), (&["other"], false)];
        let generated = "# generated from manifests external_dependencies";
        insta::assert_snapshot!(shown(&[generated, "factur-x", "six"], &modules), @r"
        factur-x  # 2
        facturx  # m0
        six  # m0 3
        kit/m0/__manifest__.py: `facturx` is not in `kit/requirements.txt`, which is generated from the manifests; perhaps it has another name there
        ");
        assert!(!shown(&["# ours", "factur-x"], &modules).contains("generated"));
        let settings = Settings { ignore: vec!["FacturX".to_owned()], ..Settings::default() };
        let parsed = read(&[generated, "factur-x", "six"], &modules);
        assert_eq!(merge(&parsed, &Parsed::default(), &settings).notes, []);
    }

    fn a_text() -> impl Strategy<Value = String> {
        "[abc](\\[x\\])?(|>=1|<4|==2)( ; os_name == 'nt')?"
    }

    proptest! {
        #[test]
        fn requirements_of_selected_modules_are_never_lost(
            lines in prop::collection::vec(a_text(), 0..6),
            modules in prop::collection::vec((prop::collection::vec(a_text(), 0..3), any::<bool>()), 0..4),
        ) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let words: Vec<(Vec<&str>, bool)> = modules
                .iter()
                .map(|(words, is)| (words.iter().map(String::as_str).collect(), *is))
                .collect();
            let modules: Vec<(&[&str], bool)> = words.iter().map(|(words, is)| (&words[..], *is)).collect();
            let parsed = read(&lines, &modules);
            let asked = |selected: bool| {
                let of = modules.iter().filter(move |(_, is)| *is == selected);
                Parsed::concat(of.map(|(words, _)| parse_manifest("m", words)))
            };
            let (wanted, others) = (asked(true), asked(false));
            for word in &wanted.entries {
                let same = || parsed.entries.iter().filter(|entry| entry.name == word.name);
                prop_assert!(word.extras.iter().all(|extra| same().any(|entry| entry.extras.contains(extra))));
                for specifier in word.wanted.specifiers() {
                    prop_assert!(same().any(|entry| entry.wanted.specifiers().contains(specifier)));
                }
                prop_assert!(same().next().is_some());
            }
            for line in parse_file("kit/requirements.txt", &lines, Author::Other).entries {
                let (is_named, is_elsewhere) = (names(&wanted).contains(&*line.name), names(&others).contains(&*line.name));
                let is_asked_for = wanted.entries.iter().any(|word| word.text() == line.text());
                let none = !modules.is_empty() && modules.iter().all(|(_, is)| !is);
                let is_kept = parsed.entries.iter().any(|entry| entry.origin == line.origin);
                prop_assert!(is_kept || !is_asked_for, "{}", line.text());
                prop_assert!(is_kept || is_elsewhere || none, "{}", line.text());
                prop_assert!(!is_kept || is_named || (!is_elsewhere && !none), "{}", line.text());
            }
        }
    }
}
