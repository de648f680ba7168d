//! Identifiers in an SPDX document: of its elements, and of licences that SPDX's list does not have.

use std::collections::{BTreeMap, BTreeSet};

/// The longest readable part of an identifier.
const LONGEST: usize = 80;

/// Texts and the identifiers that they have here: different ones for different texts, in lower and upper case alike.
pub(super) struct Names {
    prefix: &'static str,
    given: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl Names {
    /// Each identifier begins with `prefix`.
    pub(super) fn new(prefix: &'static str) -> Self {
        Self { prefix, given: BTreeMap::new(), taken: BTreeSet::new() }
    }

    /// The identifier of a text.
    pub(super) fn of(&mut self, text: &str) -> String {
        if let Some(known) = self.given.get(text) {
            return known.clone();
        }
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '.';
        let words = text.split(|c| !is_allowed(c)).filter(|word| !word.is_empty()).collect::<Vec<_>>();
        let readable: String = words.join("-").chars().take(LONGEST).collect();
        let readable = if readable.is_empty() { "unnamed".to_owned() } else { readable };
        let numbered = (2..).map(|number| format!("{readable}-{number}"));
        let mut candidates = std::iter::once(readable.clone()).chain(numbered);
        let free = candidates.find(|name| self.taken.insert(name.to_ascii_lowercase()));
        let name = format!("{}{}", self.prefix, free.expect("there are more numbers than names"));
        self.given.insert(text.to_owned(), name.clone());
        name
    }

    /// All texts with their identifiers, by text.
    pub(super) fn given(&self) -> impl Iterator<Item = (&String, &String)> {
        self.given.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_texts_have_different_identifiers() {
        let mut names = Names::new("SPDXRef-");
        let all = ["module:web/web_x", "module:web/web-x", "MODULE:web/web-x", "é", "", "module:web/web_x"];
        insta::assert_snapshot!(all.map(|text| names.of(text) + "\n").concat(), @r"
        SPDXRef-module-web-web-x
        SPDXRef-module-web-web-x-2
        SPDXRef-MODULE-web-web-x-3
        SPDXRef-unnamed
        SPDXRef-unnamed-2
        SPDXRef-module-web-web-x
        ");
        assert_eq!(names.of(&"a".repeat(1000)).len(), "SPDXRef-".len() + LONGEST);
    }
}
