//! What the user asks to leave out.

use std::collections::BTreeSet;

use super::entry::SourcedRequirement;
use super::parse::Parsed;
use super::place::normalised;
use super::problem::{Note, RequirementProblem};
use super::system::is_of_the_system;

/// `ignore` of `[requirements]`: distributions in any spelling, lines and options as messages show them, and words for
/// system packages, which [`system`](super::system) handles.
pub(super) struct Ignored<'a> {
    words: &'a [String],
    /// The words that can be names of distributions, normalised.
    names: BTreeSet<String>,
}

impl<'a> Ignored<'a> {
    pub(super) fn new(words: &'a [String]) -> Self {
        Self { words, names: words.iter().filter_map(|word| normalised(word)).collect() }
    }

    /// A line without a name is ignored by its text.
    pub(super) fn has(&self, entry: &SourcedRequirement) -> bool {
        self.names.contains(&entry.name) || (entry.name.is_empty() && self.words.contains(&entry.text()))
    }

    pub(super) fn has_problem(&self, problem: &RequirementProblem) -> bool {
        let word = problem.ignored_as();
        self.names.contains(&word) || self.words.contains(&word)
    }

    /// The notes of everything that is not ignored, and a note for each word that matches nothing.
    pub(super) fn notes(&self, required: &Parsed, constraints: &Parsed) -> Vec<Note> {
        let is_ignored =
            |note: &Note| matches!(note, Note::Unlisted { word, .. } if self.names.contains(word));
        let notes = required.notes.iter().chain(&constraints.notes);
        let mut notes: Vec<Note> = notes.filter(|note| !is_ignored(note)).cloned().collect();
        notes.sort_by_cached_key(|note| (note.origin().cloned(), note.to_string()));
        let problems =
            required.problems.iter().chain(&constraints.problems).map(RequirementProblem::ignored_as);
        let nameless =
            required.entries.iter().filter(|entry| entry.name.is_empty()).map(SourcedRequirement::text);
        let texts: BTreeSet<String> = problems.chain(nameless).collect();
        let names: BTreeSet<&str> = required.entries.iter().map(|entry| entry.name.as_str()).collect();
        let matches_something = |word: &String| {
            texts.contains(word)
                || normalised(word).is_some_and(|name| names.contains(&*name) || texts.contains(&name))
        };
        let unused = self.words.iter().filter(|word| !matches_something(word) && !is_of_the_system(word));
        notes.extend(unused.map(|word| Note::NothingIgnored { word: word.clone() }));
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Author;
    use super::super::parse::parse_file;
    use super::super::{Settings, merge};
    use super::*;

    #[test]
    fn ignored_names_are_left_out_in_any_spelling() {
        let parsed = parse_file("r", &["Data_Classes==1", "data.classes==2", "lxml"], Author::Other);
        let settings = Settings { ignore: vec!["data-classes".to_owned()], ..Settings::default() };
        let merged = merge(&parsed, &Parsed::default(), &settings);
        assert_eq!(merged.requirements.len(), 1);
        assert_eq!(merged.notes, []);
        assert_eq!(merged.conflicts, []);
    }

    #[test]
    fn problems_can_be_ignored_by_the_word_in_their_hint() {
        for (line, word) in [
            ("--index-url https://h/simple", "--index-url"),
            ("-r other.txt", "-r"),
            ("Six_X==1 --hash=sha256:00", "six-x"),
            ("./x.whl", "./x.whl"),
            ("lxml = 5", "lxml = 5"),
        ] {
            let parsed = parse_file("r", &[line], Author::Other);
            let [problem] = &parsed.problems[..] else { panic!("{line}") };
            assert!(problem.hint().contains(&format!("`{word}`")), "{}", problem.hint());
            let settings = Settings { ignore: vec![word.to_owned()], ..Settings::default() };
            let merged = merge(&parsed, &Parsed::default(), &settings);
            assert_eq!((merged.problems, merged.notes), (vec![], vec![]), "{line}");
        }
    }

    #[test]
    fn ignored_words_that_match_nothing_are_noted() {
        let words = ["lxml", "Six", "-r", "deb:x", "git+https://h/x"].map(str::to_owned);
        let settings = Settings { ignore: words.to_vec(), ..Settings::default() };
        let merged = merge(
            &parse_file("r", &["lxml", "git+https://h/x"], Author::Other),
            &Parsed::default(),
            &settings,
        );
        let nothing = |word: &str| Note::NothingIgnored { word: word.to_owned() };
        assert_eq!(merged.notes, [nothing("Six"), nothing("-r")]);
        assert_eq!(merged.requirements, []);
    }
}
