//! The keys of `repos.toml` and `repos.local.toml` as types, for their JSON Schemas. `schema.rs` beside this file holds
//! them to what oca reads.
//!
//! `Option` means that a key can be missing. What only code can refuse is not here. The comments are what an editor shows.

#![expect(dead_code, reason = "only the shape counts")]

mod repository;
mod values;

use std::collections::BTreeMap;

use schemars::JsonSchema;

use repository::{Core, Repo};
use values::{
    Age, Checkouts, Entry, ImageCore, ImagePath, Language, ModuleRequest, NamedUrl, Override, ProfileName,
    Python, Template, Url, VersionsOfOca, Word, names_of_repositories,
};

use crate::repo::{RepoName, Series};

/// The repositories of an Odoo project, by profile. See
/// <https://github.com/oca-lock/oca/blob/main/docs/configuration.md>.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Repos {
    /// The series, such as `18.0`. It is also the branch of every repository that names no branch, tag or commit.
    odoo: Series,
    /// The versions of `oca` that may read this file, such as `>=0.1, <1`.
    requires_oca: Option<VersionsOfOca>,
    /// A repository without a `url` is at `{base-url}/{name}.git`.
    #[schemars(extend("default" = "https://github.com/OCA"))]
    base_url: Option<Url>,
    /// With `mode = "submodule"`: where `oca sync --push` puts the commits of merges. `{name}` stands for the name of the
    /// repository.
    push_url: Option<NamedUrl>,
    /// The same repository for everybody who fetches. Default: the https form of `push-url`.
    fetch_url: Option<NamedUrl>,
    /// How checkouts are kept.
    #[schemars(extend("default" = "clone"))]
    mode: Option<Mode>,
    /// Which pins move, and when.
    lock: Option<Lock>,
    /// Where `oca find` searches.
    find: Option<Find>,
    /// The profile that commands use without `-p` and `OCA_PROFILE`. Default: the only profile.
    default_profile: Option<ProfileName>,
    /// Lists of repositories, and what is made of them, by name.
    profiles: Option<BTreeMap<ProfileName, Profile>>,
    /// Settings of repositories, by name. Only a repository that differs from the default needs its table.
    #[schemars(extend("propertyNames" = names_of_repositories()))]
    repos: Option<BTreeMap<RepoName, Repo>>,
    #[serde(flatten)]
    settings: Settings,
}

/// A list of repositories, and what is made of them.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Profile {
    /// The series of this profile. Default: that of the top level.
    odoo: Option<Series>,
    /// The profiles whose repositories and settings this one takes over.
    extends: Option<Set<ProfileName>>,
    /// The names of the repositories, in the order of the path.
    repos: Option<Set<RepoName>>,
    /// Select only these modules, and all that they need.
    modules: Option<Set<ModuleRequest>>,
    /// Settings of repositories in this profile only, by name.
    #[schemars(extend("propertyNames" = names_of_repositories()))]
    #[serde(rename = "override")]
    overrides: Option<BTreeMap<RepoName, Repo>>,
    #[serde(flatten)]
    settings: Settings,
}

/// What the top level and a profile have.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Settings {
    /// With `enterprise`, `oca check` accepts dependencies on Odoo's Enterprise modules. Default: `enterprise` if `[core]`
    /// declares Enterprise, or else `community`.
    edition: Option<Edition>,
    /// The directory of the checkouts, below the project. Default: `oca`.
    path: Option<Checkouts>,
    /// Odoo itself as repositories of the project.
    core: Option<Core>,
    /// What stands around the checkouts in the addons path on this machine.
    addons_path: Option<AddonsPath>,
    /// The addons path in the container.
    image: Option<Image>,
    /// Directories of your own modules. They are never pinned.
    local: Option<Vec<Local>>,
    /// What the merged Python requirements must agree with.
    requirements: Option<Requirements>,
    /// What `oca check` leaves out.
    check: Option<Check>,
    /// What `oca export` leaves out of each module.
    export: Option<Export>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    /// Clones of their own.
    Clone,
    /// Submodules of the surrounding git repository.
    Submodule,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Edition {
    Community,
    Enterprise,
}

/// Which pins move, and when.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Lock {
    /// With `hold`, `oca lock --upgrade` does not move merges, unless you name them.
    #[schemars(extend("default" = "move"))]
    merges: Option<Merges>,
    /// A pin only moves to a commit that is at least this old, such as `7 days`.
    cooldown: Option<Age>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Merges {
    Move,
    Hold,
}

/// Where `oca find` searches.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Find {
    /// More names of repositories below `base-url` to search in.
    repos: Option<Set<RepoName>>,
}

/// What stands around the checkouts in the addons path on this machine.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct AddonsPath {
    /// Directories before all others.
    before: Option<Set<Entry>>,
    /// Directories after all others.
    after: Option<Set<Entry>>,
}

/// The addons path in the container. Every path is absolute.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Image {
    /// Where the export is in the container. Default: `/mnt/oca-addons`.
    root: Option<ImagePath>,
    /// The directory that contains Odoo itself, as `oca export --core` writes it.
    core: Option<ImageCore>,
    /// Directories before all others.
    before: Option<Set<ImagePath>>,
    /// Directories after all others.
    after: Option<Set<ImagePath>>,
    /// One directory for each repository, or all modules in one.
    #[schemars(extend("default" = "repos"))]
    layout: Option<Layout>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Layout {
    /// One directory for each repository.
    Repos,
    /// All modules in one directory.
    Flat,
}

/// A directory of your own modules.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Local {
    /// The directory on this machine.
    path: Entry,
    /// The directory in the container. If it is missing, the directory is not on the path of the image.
    image: Option<ImagePath>,
    /// Before or after the repositories.
    #[schemars(extend("default" = "before"))]
    position: Option<Position>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Position {
    Before,
    After,
}

/// What the merged Python requirements must agree with.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Requirements {
    /// The Python of the image, such as `3.12`.
    python: Option<Python>,
    /// The machine of the image. It is used with `python`.
    platform: Option<Platform>,
    /// Requirements files with what the image pins already.
    constraints: Option<Set<Template>>,
    /// What to leave out: a Python distribution, `deb:PACKAGE`, `bin:PROGRAM`, or the word that a hint names.
    ignore: Option<Set<Word>>,
    /// Requirements in place of all other lines of their distributions.
    #[serde(rename = "override")]
    overrides: Option<Set<Override>>,
}

#[derive(JsonSchema)]
enum Platform {
    #[serde(rename = "linux/amd64")]
    LinuxAmd64,
    #[serde(rename = "linux/arm64")]
    LinuxArm64,
    #[serde(rename = "x86_64")]
    X86,
    #[serde(rename = "aarch64")]
    Arm,
}

/// What `oca check` leaves out.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Check {
    /// Codes of findings, such as `OCA011`, and names of modules.
    ignore: Option<Set<Word>>,
}

/// What `oca export` leaves out of each module.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Export {
    /// Keep only these translations. An empty list keeps none. Default: all languages.
    languages: Option<Set<Language>>,
    /// Parts to leave out.
    drop: Option<Set<Drop>>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Drop {
    /// `tests/`, unless the module needs it.
    Tests,
    /// `readme/` and `README.*`.
    Readme,
    /// `static/description`, but not its icon.
    Description,
}

/// Settings of one machine, beside `repos.toml`. They never change the lock.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Machine {
    /// How many commits of history the checkouts have; `0` is the whole history.
    depth: Option<u32>,
    /// What stands around the checkouts. Each key replaces that of the profile.
    addons_path: Option<AddonsPath>,
    /// The repositories that this machine does not check out.
    skip: Option<Set<RepoName>>,
}

/// A list without duplicates.
#[derive(JsonSchema)]
#[schemars(inline, transparent)]
struct Set<T>(#[schemars(extend("uniqueItems" = true))] Vec<T>);
