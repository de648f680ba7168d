//! The JSON Schemas of the files and the reports: their names, and their texts, which are the files in `docs/schemas`.
//!
//! Does not know the types that they describe. The rooms of these types compare them with the files in their tests, with
//! [`shipped`].

#[cfg(test)]
pub(crate) mod shipped;

/// The JSON Schema of a file or a report.
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    /// What it describes.
    pub(crate) about: &'static str,
    /// The schema itself, with a newline at the end.
    pub(crate) text: &'static str,
}

macro_rules! schemas {
    ($($name:literal: $about:literal,)*) => {
        /// Every schema: those of files, then those of reports by name.
        pub(crate) const ALL: &[Schema] = &[$(Schema {
            name: $name,
            about: $about,
            text: include_str!(concat!("../../docs/schemas/", $name, ".json")),
        }),*];
    };
}

schemas! {
    "repos": "the file `repos.toml`",
    "local": "the file `repos.local.toml`",
    "lock": "the file `oca.lock.json`",
    "export-manifest": "the file `.oca-export.json` in an export",
    "addons-path": "`oca addons-path --format json`",
    "cache-prune": "`oca cache prune --format json`",
    "cache-size": "`oca cache size --format json`",
    "changes": "`oca lock`, `oca upgrade`, `oca add` and `oca remove` with `--format json`",
    "check": "`oca check --format json`",
    "diff": "`oca diff --format json`",
    "error": "every command with `--format json`, if it fails before it has a report",
    "export": "`oca export --format json`",
    "export-layers": "`oca export --layers --format json`",
    "find": "`oca find --format json`",
    "list": "`oca list --format json`",
    "lock-check": "`oca lock --check --format json`",
    "outdated": "`oca outdated --format json`",
    "requirements": "`oca requirements --format json`",
    "requirements-system": "`oca requirements --system --format json`",
    "status": "`oca status --format json`",
    "submodules": "`oca submodules --format json`",
    "sync": "`oca sync --format json`",
    "tree": "`oca tree --format json`",
    "verify": "`oca verify --format json`",
    "why": "`oca why --format json`",
}

/// The address of a schema for editors. It stays the same in all versions: keys and words keep their meaning.
pub(crate) const REPOS_URL: &str =
    "https://raw.githubusercontent.com/oca-lock/oca/main/docs/schemas/repos.json";

/// The schema with this name.
pub(crate) fn named(name: &str) -> Option<&'static Schema> {
    ALL.iter().find(|schema| schema.name == name)
}
