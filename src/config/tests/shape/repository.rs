//! The settings of a repository, and what is merged into it.

use schemars::JsonSchema;

use super::Set;
use super::values::{
    Addons, Age, Branch, Checkouts, MergeText, ModuleRequest, NamedUrl, Patch, Ref, Remark, Url,
};
use crate::repo::{CommitId, ModuleName};

/// Odoo itself as repositories of the project.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("not" = { "anyOf": [
    { "required": ["branch", "tag"] }, { "required": ["branch", "rev"] }, { "required": ["tag", "rev"] }
] }))]
pub(super) struct Core {
    /// The checkout of Odoo, below the project. Default: `odoo`.
    path: Option<Checkouts>,
    /// The url of Enterprise, or its settings.
    enterprise: Option<Part>,
    /// The checkout of Enterprise, below the project. Default: `enterprise`.
    path_enterprise: Option<Checkouts>,
    /// The url of the themes, or their settings.
    themes: Option<Part>,
    /// The checkout of the themes, below the project. Default: `design-themes`.
    path_themes: Option<Checkouts>,
    /// Whether the requirements of the modules must agree with those of Odoo. Default: `true`.
    requirements: Option<bool>,
    #[serde(flatten)]
    settings: RepoSettings,
}

/// A url, or the settings of a repository.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Part {
    Url(Url),
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
pub(super) struct Repo {
    /// In profiles without `modules`: take only these modules, and what is needed.
    modules: Option<Set<ModuleRequest>>,
    #[serde(flatten)]
    settings: RepoSettings,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct RepoSettings {
    /// Where the repository is.
    url: Option<Url>,
    /// The branch that `oca lock --upgrade` follows. Default: the series.
    branch: Option<Branch>,
    /// A tag in place of a branch.
    tag: Option<Branch>,
    /// A commit in place of a branch.
    rev: Option<CommitId>,
    /// The directories of the repository that hold modules, in the order of the path.
    #[schemars(length(min = 1))]
    addons: Option<Set<Addons>>,
    /// If true, `oca lock --upgrade` does not move the pin, unless you name the repository.
    hold: Option<bool>,
    /// The pin only moves to a commit that is at least this old, such as `7 days`.
    cooldown: Option<Age>,
    /// What is merged into the repository.
    merges: Option<Vec<Merge>>,
    /// Patch files below the project, which are applied after the merges.
    patches: Option<Set<Patch>>,
    /// With `mode = "submodule"`: where `oca sync --push` puts the commits of merges.
    push_url: Option<NamedUrl>,
    /// The same repository for everybody who fetches.
    fetch_url: Option<NamedUrl>,
    /// How many commits of history a checkout has; `0` is the whole history. Default: `1`.
    depth: Option<u32>,
}

/// A pull or merge request such as `#2950`, a ref, a url and a ref, or a table.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Merge {
    Short(MergeText),
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
    reference: Option<Ref>,
    /// Where the ref is, if it is in another repository.
    url: Option<Url>,
    /// Take only what the change does to these modules.
    #[schemars(length(min = 1))]
    modules: Option<Set<ModuleName>>,
    /// Why you need it.
    why: Option<Remark>,
    /// Take only its own difference, without the commits of the branch on which it is based.
    pick: Option<bool>,
    /// If true, `oca lock --upgrade` does not move it, unless you name it.
    hold: Option<bool>,
}
