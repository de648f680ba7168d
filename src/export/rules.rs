//! What an export leaves out of a module. Only the paths decide.

use std::collections::BTreeSet;

use crate::repo::{Rules, Series};

/// Directories whose `.po` files Odoo loads.
const TRANSLATIONS: [&[u8]; 2] = [b"i18n", b"i18n_extra"];
/// The first series that loads `es_419.po` before the other variants of Spanish.
const FIRST_WITH_ES_419: u16 = 17;
/// The first series that loads `zh_TW.po` before `zh_HK.po`.
const FIRST_WITH_ZH_HK: u16 = 19;
/// The language of Odoo's sources, and its names.
const SOURCES: [&str; 2] = ["en", "en_US"];
const LICENCES: [&str; 5] = ["license", "licence", "copying", "copyright", "notice"];

impl Rules {
    /// Whether an entry of a module is kept. `path` is its path below the module. `tests/` is not decided here.
    pub(super) fn keep(&self, path: &[&[u8]], is_directory: bool, odoo: Series) -> bool {
        match path {
            [b"readme"] if is_directory => !self.readme,
            [name] if self.readme && !is_directory => !name.starts_with(b"README."),
            [b"static", b"description", name] if self.description => {
                !is_directory && name.starts_with(b"icon")
            }
            _ => is_directory || keeps_translation(self, path, odoo),
        }
    }

    /// Whether a translation is kept. A language includes its variants, and the languages that Odoo loads before it: for
    /// `fr_CA`, Odoo loads `fr.po` first.
    fn keeps_language(&self, file: &[u8], odoo: Series) -> bool {
        let Some(languages) = &self.languages else { return true };
        if file.ends_with(b".pot") {
            return false;
        }
        let Some(found) = file.strip_suffix(b".po") else { return true };
        languages.iter().any(|wanted| serves(found, wanted, odoo))
    }

    /// The languages to keep for which there is no translation. `found` has the languages of all translations. English is
    /// the language of the sources, so it needs no translation.
    pub(crate) fn unmatched(&self, found: &BTreeSet<String>, odoo: Series) -> Vec<UnmatchedLanguage> {
        let languages = self.languages.iter().flatten().filter(|wanted| !SOURCES.contains(&wanted.as_str()));
        let unmatched = |wanted: &String| {
            let near = found.iter().find(|found| *found != wanted && found.eq_ignore_ascii_case(wanted));
            let is_matched = found.iter().any(|found| serves(found.as_bytes(), wanted, odoo));
            let is_misspelt = near.is_some() && !found.contains(wanted);
            (is_misspelt || !is_matched)
                .then(|| UnmatchedLanguage { language: wanted.clone(), near: near.cloned() })
        };
        languages.filter_map(unmatched).collect()
    }
}

/// A language to keep for which no module has a translation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UnmatchedLanguage {
    pub(crate) language: String,
    /// The same language in other upper and lower case, if there is a translation for it.
    pub(crate) near: Option<String>,
}

/// Whether the languages keep a file. They keep all files that are not translations. `path` is its path below the module.
pub(crate) fn keeps_translation(rules: &Rules, path: &[&[u8]], odoo: Series) -> bool {
    match path {
        [directory, name] if TRANSLATIONS.contains(directory) => rules.keeps_language(name, odoo),
        _ => true,
    }
}

/// The language of a translation, from its path below its module. `None` if the file is none.
pub(super) fn translation<'p>(path: &[&'p [u8]]) -> Option<&'p [u8]> {
    match path {
        [directory, name] if TRANSLATIONS.contains(directory) => name.strip_suffix(b".po"),
        _ => None,
    }
}

/// Whether Odoo loads the translation `found` for the language `wanted`, or for one of its variants.
fn serves(found: &[u8], wanted: &str, odoo: Series) -> bool {
    let is_variant = |one: &[u8], of: &[u8]| {
        one.strip_prefix(of)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"_") || rest.starts_with(b"@"))
    };
    let is_below = below(wanted, odoo).is_some_and(|below| below.as_bytes() == found);
    let wanted = wanted.as_bytes();
    is_variant(found, wanted) || is_variant(wanted, found) || is_below
}

/// The regional variant that Odoo loads before another one (`odoo/tools/translate.py`: `get_po_paths`, and from 19.0
/// `get_base_langs`).
fn below(language: &str, odoo: Series) -> Option<&'static str> {
    let is_spanish = language.starts_with("es_") && !["es_ES", "es_419"].contains(&language);
    match language {
        _ if is_spanish && odoo.major() >= FIRST_WITH_ES_419 => Some("es_419"),
        "zh_HK" if odoo.major() >= FIRST_WITH_ZH_HK => Some("zh_TW"),
        _ => None,
    }
}

/// Whether a file at the top of a repository is a licence, which is exported with the modules.
pub(super) fn is_licence(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    LICENCES.iter().any(|word| name.starts_with(word.as_bytes()))
}

/// Whether the `__init__.py` of a module mentions its `tests`.
///
/// Every mention outside a comment counts. A directory too many does no harm, but a module that imports a missing
/// package does not load.
pub(super) fn imports_tests(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let code = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    code.into_iter()
        .any(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "tests"))
}

/// Whether a manifest names a file in `tests/`. Odoo loads data and demo files at installation.
pub(super) fn names_tests(manifest: &[u8]) -> bool {
    let text = String::from_utf8_lossy(manifest);
    ["\"tests/", "'tests/"].iter().any(|start| text.contains(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept<'p>(rules: &Rules, paths: &[&'p str]) -> Vec<&'p str> {
        kept_for("18.0", rules, paths)
    }

    fn kept_for<'p>(odoo: &str, rules: &Rules, paths: &[&'p str]) -> Vec<&'p str> {
        let odoo = Series::parse(odoo).expect("a series");
        let keep = |path: &&&str| {
            let parts: Vec<&[u8]> = path.trim_end_matches('/').split('/').map(str::as_bytes).collect();
            rules.keep(&parts, path.ends_with('/'), odoo)
        };
        paths.iter().filter(keep).copied().collect()
    }

    #[test]
    fn a_language_comes_with_its_variants_and_its_base() {
        let files = [
            "i18n/fr.po",
            "i18n/fr_CA.po",
            "i18n/frp.po",
            "i18n/sr@latin.po",
            "i18n/sr.po",
            "i18n/de.po",
            "i18n/M .pot",
            "i18n/.empty",
            "i18n_extra/de.po",
            "i18n/de.po/",
            "data/de.po",
            "tests/i18n/de.po",
        ];
        let languages = |words: &[&str]| Rules {
            languages: Some(words.iter().map(|word| (*word).to_owned()).collect()),
            ..Rules::default()
        };
        let always = ["i18n/.empty", "i18n/de.po/", "data/de.po", "tests/i18n/de.po"];
        let with = |more: &[&'static str]| [more, &always[..]].concat();
        assert_eq!(kept(&languages(&["fr"]), &files), with(&["i18n/fr.po", "i18n/fr_CA.po"]));
        assert_eq!(kept(&languages(&["fr_CA"]), &files), with(&["i18n/fr.po", "i18n/fr_CA.po"]));
        assert_eq!(kept(&languages(&["sr@latin"]), &files), with(&["i18n/sr@latin.po", "i18n/sr.po"]));
        assert_eq!(kept(&languages(&[]), &files), with(&[]));
        assert_eq!(kept(&Rules::default(), &files), files);
    }

    #[test]
    fn a_language_without_a_translation_is_found() {
        let found = ["de", "es_419", "fr", "pt", "pt_BR", "sr@latin"].map(str::to_owned).into();
        let odoo = Series::parse("18.0").expect("a series");
        for (language, expected) in [
            ("de", None),
            ("de_CH", None),
            ("es", None),
            ("es_MX", None),
            ("pt_BR", None),
            ("sr", None),
            ("en", None),
            ("en_US", None),
            ("en_GB", Some(None)),
            ("xx", Some(None)),
            ("d", Some(None)),
            // It would keep `pt` alone.
            ("pt_br", Some(Some("pt_BR"))),
            ("fR", Some(Some("fr"))),
        ] {
            let rules = Rules { languages: Some(vec![language.to_owned()]), ..Rules::default() };
            let expected = expected.map(|near| UnmatchedLanguage {
                language: language.to_owned(),
                near: near.map(str::to_owned),
            });
            assert_eq!(rules.unmatched(&found, odoo), Vec::from_iter(expected), "{language}");
        }
        assert_eq!(Rules::default().unmatched(&found, odoo), []);
    }

    #[test]
    fn variants_that_odoo_loads_first_are_kept_from_their_series_on() {
        let files =
            ["i18n/es.po", "i18n/es_419.po", "i18n/es_AR.po", "i18n_extra/es_419.po", "i18n/zh_TW.po"];
        for (odoo, language, expected) in [
            ("16.0", "es_AR", &[0, 2][..]),
            ("17.0", "es_AR", &[0, 1, 2, 3]),
            ("19.0", "es_MX", &[0, 1, 3]),
            ("18.0", "es_ES", &[0]),
            ("18.0", "es_419", &[0, 1, 3]),
            ("18.0", "fr_CA", &[]),
            ("18.0", "zh_HK", &[]),
            ("19.0", "zh_HK", &[4]),
        ] {
            let rules = Rules { languages: Some(vec![language.to_owned()]), ..Rules::default() };
            let expected: Vec<&str> = expected.iter().map(|&place: &usize| files[place]).collect();
            assert_eq!(kept_for(odoo, &rules, &files), expected, "{language} on {odoo}");
        }
    }

    #[test]
    fn readme_and_description_are_left_out_only_at_their_own_paths() {
        let files = [
            "readme/",
            "README.rst",
            "README.md",
            "README/",
            "static/readme/",
            "static/description/",
            "doc/README.rst",
            "static/description/icon.png",
            "static/description/icon.svg",
            "static/description/index.html",
            "static/description/icons/",
            "static/src/description/index.html",
        ];
        let readme = Rules { readme: true, ..Rules::default() };
        assert_eq!(kept(&readme, &files), files[3..]);
        let description = Rules { description: true, ..Rules::default() };
        assert_eq!(kept(&description, &files), [&files[..9], &files[11..]].concat());
    }

    #[test]
    fn every_import_of_tests_is_seen() {
        for text in [
            "from . import tests",
            "from . import models, tests",
            "from . import (\n    models,\n    tests,\n)",
            "from .tests import common",
            "try:\n    from . import tests\nexcept ImportError:\n    pass",
            "import odoo.addons.x.tests",
            "from odoo.addons.x.tests.common import Case",
            "from . import\\\n tests\r\n",
        ] {
            assert!(imports_tests(text.as_bytes()), "{text}");
        }
        for text in
            ["", "from . import models # not tests", "from . import tests_common", "from . import mytests"]
        {
            assert!(!imports_tests(text.as_bytes()), "{text}");
        }
        assert!(names_tests(b"'demo': ['tests/demo.xml']"));
        assert!(!names_tests(b"'assets': {'web.qunit': ['x/static/tests/*.js']}"));
    }

    #[test]
    fn licences_are_known_by_their_names() {
        for name in ["LICENSE", "LICENSE.txt", "LICENCE", "COPYING.LESSER", "Copyright", "NOTICE.md"] {
            assert!(is_licence(name.as_bytes()), "{name}");
        }
        assert!(!is_licence(b"README.md"));
    }
}
