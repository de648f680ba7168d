//! Licences: the words of manifests, as SPDX names them.

use crate::repo::in_short;

/// The licence that a manifest declares.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum License {
    /// The identifier of the licence in SPDX's list.
    Listed(&'static str),
    /// The word of the manifest. SPDX's list does not have exactly this licence.
    Other(String),
}

/// The words that mean exactly one licence of SPDX's list.
///
/// Odoo offers `GPL-3` ("GPL Version 3") beside `GPL-3 or any later version`, so a word without "later" is this version
/// only. manifestoo-core, with which OCA packages its modules, has the same classifiers. The headers of source files may
/// allow more.
const LISTED: [(&str, &str); 20] = [
    ("AGPL-3", "AGPL-3.0-only"),
    ("AGPL-3 or any later version", "AGPL-3.0-or-later"),
    ("AGPL-3-or-later", "AGPL-3.0-or-later"),
    ("GPL-2", "GPL-2.0-only"),
    ("GPL-2 or any later version", "GPL-2.0-or-later"),
    ("GPL-2-or-later", "GPL-2.0-or-later"),
    ("GPL-3", "GPL-3.0-only"),
    ("GPL-3 or any later version", "GPL-3.0-or-later"),
    ("GPL-3-or-later", "GPL-3.0-or-later"),
    ("LGPL-2", "LGPL-2.0-only"),
    ("LGPL-2 or any later version", "LGPL-2.0-or-later"),
    ("LGPL-2-or-later", "LGPL-2.0-or-later"),
    ("LGPL-3", "LGPL-3.0-only"),
    ("LGPL-3 or any later version", "LGPL-3.0-or-later"),
    ("LGPL-3-or-later", "LGPL-3.0-or-later"),
    ("MIT", "MIT"),
    ("Apache-2.0", "Apache-2.0"),
    ("BSD-2-Clause", "BSD-2-Clause"),
    ("BSD-3-Clause", "BSD-3-Clause"),
    ("MPL-2.0", "MPL-2.0"),
];

impl License {
    /// The licence for a word of a manifest. `None` if the word is empty. Identifiers of SPDX are accepted, too.
    pub(crate) fn of(word: &str) -> Option<Self> {
        let word = word.trim();
        if word.is_empty() {
            return None;
        }
        let found = LISTED.iter().find(|(known, id)| *known == word || *id == word);
        Some(found.map_or_else(|| Self::Other(in_short(word)), |(_, id)| Self::Listed(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_words_are_licences_of_the_list() {
        for (word, id) in [
            ("LGPL-3", "LGPL-3.0-only"),
            ("GPL-3 or any later version", "GPL-3.0-or-later"),
            ("LGPL-2 or any later version", "LGPL-2.0-or-later"),
            (" AGPL-3 ", "AGPL-3.0-only"),
            ("AGPL-3.0-or-later", "AGPL-3.0-or-later"),
            ("MIT", "MIT"),
        ] {
            assert_eq!(License::of(word), Some(License::Listed(id)), "{word}");
        }
        for word in ["OPL-1", "OEEL-1", "Other OSI approved licence", "Other proprietary", "agpl", "GPL"] {
            assert_eq!(License::of(word), Some(License::Other(word.to_owned())), "{word}");
        }
        assert_eq!(License::of("x\u{1b}[31m"), Some(License::Other("x\\u{1b}[31m".to_owned())));
        assert_eq!(License::of(" "), None);
    }
}
