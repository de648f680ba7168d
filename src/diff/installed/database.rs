//! What a database says of its modules: one JSON document, which the line in `docs/updating.md` prints.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::checksum::{Checksum, ChecksumRule};
use crate::repo::{Invalid, ModuleName, Series, in_short};

/// In bytes: a document of 50,000 modules has half of it.
pub(crate) const LARGEST: u64 = 8 << 20;

/// In bytes, much more than anybody writes. Each file of each module is compared with each pattern.
const LONGEST_PATTERNS: usize = 4 << 10;

/// The keys of the document.
const KEYS: [&str; 5] = ["odoo", "modules", "languages", "checksums", "exclude_patterns"];

/// What a database has installed.
#[derive(Debug)]
pub(crate) struct Database {
    /// `None` if the document does not say it.
    pub(crate) series: Option<Series>,
    /// The installed modules. `None` if the document has only the checksums.
    modules: Option<BTreeSet<ModuleName>>,
    /// `None` for a module that had no directory when the checksums were stored.
    checksums: BTreeMap<ModuleName, Option<Checksum>>,
    /// Their codes, such as `fr_CA`. `None` if the document has only the checksums.
    pub(crate) languages: Option<Vec<String>>,
    patterns: Option<String>,
}

/// Why a document is not one of a database.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadDatabase {
    #[error("`{value}`, the checksum of `{module}`, is not one of 40 hexadecimal digits")]
    Checksum { module: String, value: String },
    #[error("it is empty")]
    Empty,
    #[error("{0}")]
    Name(Invalid),
    #[error("it is not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("it has {found} where an object is needed")]
    NotAnObject { found: &'static str },
    #[error("`{key}` has {found} in place of {wanted}")]
    Other { key: &'static str, wanted: &'static str, found: &'static str },
    #[error("`exclude_patterns` is longer than {} KiB", LONGEST_PATTERNS >> 10)]
    Patterns,
    #[error("`odoo` is `{word}`; a version of `base` looks like `18.0.1.3`")]
    Series { word: String },
    #[error("it has neither `checksums` nor `modules`")]
    Nothing,
    #[error("it is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    #[error("the key `{key}` is not known")]
    UnknownKey { key: String },
}

impl Database {
    /// Reads the document, or the object of checksums alone.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, BadDatabase> {
        if bytes.len() as u64 > LARGEST {
            return Err(BadDatabase::TooLarge);
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(BadDatabase::Empty);
        }
        let value: Value = serde_json::from_slice(bytes).map_err(BadDatabase::NotJson)?;
        let Value::Object(mut all) = value else {
            return Err(BadDatabase::NotAnObject { found: kind(&value) });
        };
        // The checksum of a module `checksums` would be a string.
        if !matches!(all.get("checksums"), Some(Value::Object(_) | Value::Null)) {
            let checksums = checksums(all)?;
            let found = Self { series: None, modules: None, checksums, languages: None, patterns: None };
            return found.or_nothing();
        }
        if let Some(key) = all.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(BadDatabase::UnknownKey { key: in_short(key) });
        }
        let mut take = |key: &str| all.remove(key).unwrap_or(Value::Null);
        let series = match take("odoo") {
            Value::Null => None,
            Value::String(word) => Some(series_of(&word)?),
            other => return Err(other_than("odoo", "the version of `base`", &other)),
        };
        let patterns = match take("exclude_patterns") {
            Value::Null => None,
            Value::String(words) if words.len() > LONGEST_PATTERNS => return Err(BadDatabase::Patterns),
            Value::String(words) => Some(words),
            other => return Err(other_than("exclude_patterns", "a string", &other)),
        };
        let languages = Some(strings("languages", take("languages"))?.unwrap_or_default());
        let modules =
            strings("modules", take("modules"))?.map(|names| names.iter().map(|name| module(name)).collect());
        let checksums = match take("checksums") {
            Value::Object(all) => checksums(all)?,
            _ => BTreeMap::new(),
        };
        Self { series, modules: modules.transpose()?, checksums, languages, patterns }.or_nothing()
    }

    /// Without checksums and without the installed modules, it is not known what to update.
    fn or_nothing(self) -> Result<Self, BadDatabase> {
        if self.has_modules() || self.has_checksums() { Ok(self) } else { Err(BadDatabase::Nothing) }
    }

    /// Whether it says which modules are installed. If not, those without a checksum are not known.
    pub(crate) fn has_modules(&self) -> bool {
        self.modules.is_some()
    }

    /// The installed modules. If they are not known, those with a checksum.
    pub(crate) fn modules(&self) -> BTreeSet<&ModuleName> {
        match &self.modules {
            Some(modules) => modules.iter().collect(),
            None => self.checksums.keys().collect(),
        }
    }

    /// The stored checksum of a module.
    pub(crate) fn checksum(&self, module: &ModuleName) -> Option<Checksum> {
        self.checksums.get(module).copied().flatten()
    }

    /// Whether checksums are stored. If not, every installed module is updated.
    pub(crate) fn has_checksums(&self) -> bool {
        !self.checksums.is_empty()
    }

    /// Whether Odoo's own modules are updated, too. With `--ignore-core-addons`, `click-odoo-update` stores no checksums of
    /// them. `base` is always installed.
    pub(crate) fn updates_core(&self) -> bool {
        !self.has_checksums() || self.checksums.keys().any(|name| name.as_str() == "base")
    }

    /// Which files of a module count. `assumed` are the languages if the document does not have them.
    pub(crate) fn rule(&self, assumed: &[String]) -> ChecksumRule {
        let languages = self.languages.as_deref().unwrap_or(assumed);
        ChecksumRule::new(self.patterns.as_deref(), languages.iter().map(String::as_str))
    }
}

fn checksums(all: Map<String, Value>) -> Result<BTreeMap<ModuleName, Option<Checksum>>, BadDatabase> {
    let checksum = |(name, value): (String, Value)| {
        let module = module(&name)?;
        let parsed = match &value {
            Value::Bool(false) => Some(None),
            Value::String(word) => Checksum::parse(word).map(Some),
            _ => None,
        };
        let value = || in_short(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let checksum = parsed.ok_or_else(|| BadDatabase::Checksum { module: name, value: value() })?;
        Ok((module, checksum))
    };
    all.into_iter().map(checksum).collect()
}

fn module(name: &str) -> Result<ModuleName, BadDatabase> {
    ModuleName::parse(name).map_err(BadDatabase::Name)
}

/// A list of strings. `None` for `null`.
fn strings(key: &'static str, value: Value) -> Result<Option<Vec<String>>, BadDatabase> {
    let refuse = |found: &Value| other_than(key, "a list of strings", found);
    match value {
        Value::Null => Ok(None),
        Value::Array(all) => {
            let word = |value| if let Value::String(word) = value { Ok(word) } else { Err(refuse(&value)) };
            all.into_iter().map(word).collect::<Result<_, _>>().map(Some)
        }
        other => Err(refuse(&other)),
    }
}

/// The series in a version of `base`, such as `18.0.1.3`.
fn series_of(version: &str) -> Result<Series, BadDatabase> {
    let end = version.match_indices('.').nth(1).map_or(version.len(), |(at, _)| at);
    Series::parse(&version[..end]).map_err(|_| BadDatabase::Series { word: in_short(version) })
}

fn other_than(key: &'static str, wanted: &'static str, found: &Value) -> BadDatabase {
    BadDatabase::Other { key, wanted, found: kind(found) }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "`null`",
        Value::Bool(_) => "`true` or `false`",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "0123456789abcdef0123456789abcdef01234567";

    fn parse(text: &str) -> Result<Database, BadDatabase> {
        Database::parse(text.replace("SUM", SUM).as_bytes())
    }

    fn names(database: &Database) -> Vec<&str> {
        database.modules().into_iter().map(ModuleName::as_str).collect()
    }

    #[test]
    fn a_document_and_bare_checksums_are_read() {
        let text = r#"{"odoo": "18.0.1.3", "modules": ["base", "sale"], "languages": ["en_US"],
            "checksums": {"base": "SUM", "gone": "SUM", "imported": false}, "exclude_patterns": null}"#;
        let database = parse(text).expect("a document");
        assert_eq!(database.series.expect("a series").to_string(), "18.0");
        assert_eq!(names(&database), ["base", "sale"]);
        assert!(database.updates_core() && database.has_modules());
        let bare = parse(r#"{"sale": "SUM", "checksums": "SUM", "imported": false}"#).expect("checksums");
        assert_eq!(names(&bare), ["checksums", "imported", "sale"]);
        assert!(!bare.has_modules() && !bare.updates_core());
        // Nobody ran click-odoo-update yet.
        let new = parse(r#"{"modules": ["base"], "checksums": null}"#).expect("a document");
        assert!(!new.has_checksums() && new.updates_core());
        assert_eq!(new.checksum(new.modules().first().expect("a module")), None);
    }

    #[test]
    fn other_documents_are_refused() {
        for (text, why) in [
            ("", "it is empty"),
            (" \n", "it is empty"),
            ("{", "it is not JSON: EOF while parsing an object at line 1 column 1"),
            ("psql: error", "it is not JSON: expected value at line 1 column 1"),
            ("[]", "it has a list where an object is needed"),
            ("null", "it has `null` where an object is needed"),
            (r#"{"sale": "abc"}"#, "`abc`, the checksum of `sale`, is not one of 40 hexadecimal digits"),
            (r#"{"sale": true}"#, "`true`, the checksum of `sale`, is not one of 40 hexadecimal digits"),
            (r#"{"a/b": "SUM"}"#, "`a/b` is not a valid module name: the name contains a `/`"),
            (
                r#"{"checksums": {}, "modules": ["-u"]}"#,
                "`-u` is not a valid module name: the name begins with `-`",
            ),
            (r#"{"checksums": {}, "modules": [1]}"#, "`modules` has a number in place of a list of strings"),
            (
                r#"{"checksums": {}, "languages": "fr"}"#,
                "`languages` has a string in place of a list of strings",
            ),
            (
                r#"{"checksums": {}, "exclude_patterns": []}"#,
                "`exclude_patterns` has a list in place of a string",
            ),
            (r#"{"checksums": {}, "odoo": 18}"#, "`odoo` has a number in place of the version of `base`"),
            (r#"{"checksums": {}, "odoo": "x"}"#, "`odoo` is `x`; a version of `base` looks like `18.0.1.3`"),
            (r#"{"checksums": {}, "lang": []}"#, "the key `lang` is not known"),
        ] {
            assert_eq!(parse(text).expect_err(text).to_string(), why);
        }
        let long = format!(r#"{{"checksums": {{}}, "exclude_patterns": "{}"}}"#, "*a".repeat(2_049));
        assert_eq!(
            parse(&long).expect_err("long patterns").to_string(),
            "`exclude_patterns` is longer than 4 KiB"
        );
        let large = vec![b' '; usize::try_from(LARGEST).expect("a size") + 1];
        assert_eq!(Database::parse(&large).expect_err("a large one").to_string(), "it is larger than 8 MiB");
    }
}
