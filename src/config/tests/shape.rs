//! The keys of `repos.toml` and `repos.local.toml` as types, for their JSON Schemas. `schema.rs` beside this file holds
//! them to what oca reads.
//!
//! `Option` means that a key can be missing. What only code can refuse, such as a path that leaves the project, is not
//! here. The comments are what an editor shows.

#![expect(dead_code, reason = "only the shape counts")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use crate::repo::{AddonsDirectory, CommitId, RemoteUrl, RepoName, Series};

/// The repositories of an Odoo project, by profile. See
/// <https://github.com/oca-lock/oca/blob/main/docs/configuration.md>.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Repos {
    /// The series, such as `18.0`. It is also the branch of every repository that names no branch, tag or commit.
    odoo: Series,
    /// The versions of `oca` that may read this file, such as `>=0.1, <1`.
    requires_oca: Option<String>,
    /// A repository without a `url` is at `{base-url}/{name}.git`.
    #[schemars(extend("default" = "https://github.com/OCA"))]
    base_url: Option<RemoteUrl>,
    /// With `mode = "submodule"`: where `oca sync --push` puts the commits of merges. `{name}` stands for the name of the
    /// repository.
    push_url: Option<RemoteUrl>,
    /// The same repository for everybody who fetches. Default: the https form of `push-url`.
    fetch_url: Option<RemoteUrl>,
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
    path: Option<Text>,
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
    cooldown: Option<Text>,
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

/// Odoo itself as repositories of the project.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("not" = { "anyOf": [
    { "required": ["branch", "tag"] }, { "required": ["branch", "rev"] }, { "required": ["tag", "rev"] }
] }))]
struct Core {
    /// The checkout of Odoo, below the project. Default: `odoo`.
    path: Option<Text>,
    /// The url of Enterprise, or its settings.
    enterprise: Option<Part>,
    /// The checkout of Enterprise, below the project. Default: `enterprise`.
    path_enterprise: Option<Text>,
    /// The url of the themes, or their settings.
    themes: Option<Part>,
    /// The checkout of the themes, below the project. Default: `design-themes`.
    path_themes: Option<Text>,
    /// Whether the requirements of the modules must agree with those of Odoo. Default: `true`.
    requirements: Option<bool>,
    #[serde(flatten)]
    settings: RepoSettings,
}

/// A url, or the settings of a repository.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "it only describes the file")]
enum Part {
    Url(RemoteUrl),
    Settings(PartSettings),
}

/// The settings of a repository of Odoo itself.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("not" = { "anyOf": [
    { "required": ["branch", "tag"] }, { "required": ["branch", "rev"] }, { "required": ["tag", "rev"] }
] }))]
struct PartSettings {
    #[serde(flatten)]
    settings: RepoSettings,
}

/// The settings of a repository. It can have one of `branch`, `tag` and `rev`.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("not" = { "anyOf": [
    { "required": ["branch", "tag"] }, { "required": ["branch", "rev"] }, { "required": ["tag", "rev"] }
] }))]
struct Repo {
    /// In profiles without `modules`: take only these modules, and what is needed.
    modules: Option<Set<ModuleRequest>>,
    #[serde(flatten)]
    settings: RepoSettings,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct RepoSettings {
    /// Where the repository is.
    url: Option<RemoteUrl>,
    /// The branch that `oca lock --upgrade` follows. Default: the series.
    branch: Option<Text>,
    /// A tag in place of a branch.
    tag: Option<Text>,
    /// A commit in place of a branch.
    rev: Option<CommitId>,
    /// The directories of the repository that hold modules, in the order of the path.
    #[schemars(length(min = 1))]
    addons: Option<Set<AddonsDirectory>>,
    /// If true, `oca lock --upgrade` does not move the pin, unless you name the repository.
    hold: Option<bool>,
    /// The pin only moves to a commit that is at least this old, such as `7 days`.
    cooldown: Option<Text>,
    /// What is merged into the repository.
    merges: Option<Vec<Merge>>,
    /// Patch files below the project, which are applied after the merges.
    patches: Option<Set<Text>>,
    /// With `mode = "submodule"`: where `oca sync --push` puts the commits of merges.
    push_url: Option<RemoteUrl>,
    /// The same repository for everybody who fetches.
    fetch_url: Option<RemoteUrl>,
    /// How many commits of history a checkout has; `0` is the whole history. Default: `1`.
    depth: Option<u32>,
}

/// A pull or merge request such as `#2950`, a ref, a url and a ref, or a table.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Merge {
    Short(Text),
    Table(MergeTable),
}

/// What is merged: it has one of `pr`, `mr` and `ref`.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["pr"], "properties": { "url": false } },
    { "required": ["mr"], "properties": { "url": false } },
    { "required": ["ref"] }
]))]
struct MergeTable {
    /// The number of a pull request of the repository itself.
    #[schemars(range(min = 1))]
    pr: Option<u32>,
    /// The number of a merge request of the repository itself.
    #[schemars(range(min = 1))]
    mr: Option<u32>,
    /// A branch, a tag, a full ref or a commit.
    #[serde(rename = "ref")]
    reference: Option<Text>,
    /// Where the ref is, if it is in another repository.
    url: Option<RemoteUrl>,
    /// Take only what the change does to these modules.
    #[schemars(length(min = 1))]
    modules: Option<Set<Text>>,
    /// Why you need it.
    why: Option<String>,
    /// Take only its own difference, without the commits of the branch on which it is based.
    pick: Option<bool>,
    /// If true, `oca lock --upgrade` does not move it, unless you name it.
    hold: Option<bool>,
}

/// What stands around the checkouts in the addons path on this machine.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct AddonsPath {
    /// Directories before all others.
    before: Option<Set<Text>>,
    /// Directories after all others.
    after: Option<Set<Text>>,
}

/// The addons path in the container. Every path is absolute.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Image {
    /// Where the export is in the container. Default: `/mnt/oca-addons`.
    root: Option<ImagePath>,
    /// The directory that contains Odoo itself, as `oca export --core` writes it.
    core: Option<ImagePath>,
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
    path: Text,
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
    #[schemars(regex(pattern = r"^[0-9]{1,5}(\.[0-9]{1,5}){1,2}$"))]
    python: Option<String>,
    /// The machine of the image. It is used with `python`.
    platform: Option<Platform>,
    /// Requirements files with what the image pins already.
    constraints: Option<Set<Text>>,
    /// What to leave out: a Python distribution, `deb:PACKAGE`, `bin:PROGRAM`, or the word that a hint names.
    ignore: Option<Set<Text>>,
    /// Requirements in place of all other lines of their distributions.
    #[serde(rename = "override")]
    overrides: Option<Set<Text>>,
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
    ignore: Option<Set<Text>>,
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

/// A text that is not empty.
#[derive(JsonSchema)]
#[schemars(inline)]
struct Text(#[schemars(length(min = 1))] String);

/// A module, such as `web_responsive` or `web_responsive >=1.0.3`.
#[derive(JsonSchema)]
#[schemars(inline)]
struct ModuleRequest(#[schemars(regex(pattern = "^[A-Za-z0-9_][A-Za-z0-9_-]*"))] String);

/// An absolute path in the container.
#[derive(JsonSchema)]
#[schemars(inline)]
struct ImagePath(#[schemars(regex(pattern = r"^(/|\$\{)"))] String);

/// A language, such as `fr` or `fr_CA`.
#[derive(JsonSchema)]
#[schemars(inline)]
struct Language(#[schemars(regex(pattern = "^[a-z][A-Za-z0-9_@]*$"))] String);

/// The name of a profile.
#[derive(JsonSchema, Eq, Ord, PartialEq, PartialOrd)]
#[schemars(inline)]
struct ProfileName(#[schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$"))] String);

/// A list without duplicates.
#[derive(JsonSchema)]
#[schemars(inline, transparent)]
struct Set<T>(#[schemars(extend("uniqueItems" = true))] Vec<T>);
