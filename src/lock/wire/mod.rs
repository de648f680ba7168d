//! The JSON of a lock, as serde reads it. Unknown fields are refused. The comments of fields are in the JSON Schema.

mod checked;
#[cfg(test)]
mod shape;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::repo::{
    AddonsDirectory, AutoInstall, CommitId, Layout, MergeSource, ModuleName, Packaging, RemoteUrl, RepoName,
    Rules, Series, TreeId,
};

/// The kind of the repositories of Odoo itself.
pub(super) const CORE: &str = "core";
/// The word of a merge that the base has.
pub(super) const ABSORBED: &str = "absorbed";
/// The word of a merge or a patch that changes nothing after those before it.
pub(super) const EMPTY: &str = "empty";
/// A SHA-256 digest, as a regular expression.
#[cfg(test)]
const SHA256: &str = "^sha256:[0-9a-f]{64}$";

/// The pinned commits of a project, with what oca reads in them. oca writes this file; do not edit it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WireLock<'a> {
    /// The version of the format.
    #[cfg_attr(test, schemars(extend("const" = super::VERSION)))]
    pub(super) version: u64,
    /// One entry for each combination of name, reference, url and what is merged into it, sorted.
    // Parsed one by one: if one entry is wrong, the others can still be read.
    #[serde(borrow)]
    #[cfg_attr(test, schemars(with = "Vec<WireRepo>"))]
    pub(super) repos: Vec<&'a RawValue>,
    /// One entry for each profile, by name.
    #[serde(borrow, deserialize_with = "each_once")]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, WireProfile>"))]
    pub(super) profiles: BTreeMap<String, &'a RawValue>,
}

/// A repository at one commit. It has one of `branch`, `tag` and `rev`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("oneOf" = [{ "required": ["branch"] }, { "required": ["tag"] }, { "required": ["rev"] }])))]
#[serde(deny_unknown_fields)]
pub(super) struct WireRepo {
    pub(super) name: RepoName,
    /// `core` for a repository of Odoo itself. All others have no kind.
    #[cfg_attr(test, schemars(extend("enum" = [CORE, null])))]
    kind: Option<String>,
    /// As in `repos.toml`, without a user and a password.
    pub(super) url: RemoteUrl,
    pub(super) branch: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) rev: Option<CommitId>,
    /// The directories that hold the modules.
    pub(super) addons: Vec<AddonsDirectory>,
    /// The commit of the branch or the tag.
    pub(super) commit: CommitId,
    /// The tree of the commit, or the merged tree.
    pub(super) tree: TreeId,
    /// The SHA-256 of the entry.
    pub(super) digest: Option<String>,
    /// What is merged into it, in this order.
    #[serde(default)]
    pub(super) merges: Vec<WireMerge>,
    /// The patches after the merges, in this order.
    #[serde(default)]
    pub(super) patches: Vec<WirePatch>,
    /// Every installable module.
    pub(super) modules: Vec<WireModule>,
    /// The files that could not be read.
    #[serde(default)]
    pub(super) unreadable: Vec<WireUnreadable>,
    /// The lines of the `requirements.txt` of the repository.
    pub(super) requirements: Vec<String>,
}

/// Something that is merged.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WireMerge {
    /// As it is declared, without a user and a password.
    merge: MergeSource,
    /// Only these modules of it. All, if this is missing.
    modules: Option<Vec<ModuleName>>,
    /// Whether only its own difference is taken.
    #[serde(default)]
    pick: bool,
    /// The full name of the ref.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// The commit of the ref.
    commit: CommitId,
    /// How the step was made. `absorbed`: the branch has it. `empty`: it changes nothing after the merges before it.
    #[cfg_attr(test, schemars(extend("enum" = ["made", "replayed", "resolved", ABSORBED, EMPTY])))]
    step: String,
    /// The tree with this step.
    tree: Option<TreeId>,
    /// The commit that a checkout gets for this step.
    result: Option<CommitId>,
    /// The SHA-256 of the file of the step.
    #[cfg_attr(test, schemars(regex(pattern = SHA256)))]
    exact: Option<String>,
    /// The same without blanks at line ends.
    #[cfg_attr(test, schemars(regex(pattern = SHA256)))]
    loose: Option<String>,
}

/// A patch of the user.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WirePatch {
    /// The path of the patch, as in `repos.toml`.
    patch: String,
    /// The SHA-256 of the patch, with `\n` line ends.
    #[cfg_attr(test, schemars(regex(pattern = SHA256)))]
    content: String,
    /// How the step was made. `empty`: the result of the merges has all of it.
    #[cfg_attr(test, schemars(extend("enum" = ["made", "replayed", "resolved", EMPTY])))]
    step: String,
    /// The tree with this step.
    tree: Option<TreeId>,
    /// The commit that a checkout gets for this step.
    result: Option<CommitId>,
    /// The SHA-256 of the file of the step.
    #[cfg_attr(test, schemars(regex(pattern = SHA256)))]
    exact: Option<String>,
    /// The same without blanks at line ends.
    #[cfg_attr(test, schemars(regex(pattern = SHA256)))]
    loose: Option<String>,
}

/// An installable module. One of Odoo itself has only what is not the default.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WireModule {
    pub(super) name: ModuleName,
    /// The directory that has it. The repository itself, if this is missing; for Odoo, the first one of `addons`.
    pub(super) directory: Option<AddonsDirectory>,
    /// As the manifest writes it.
    pub(super) version: Option<String>,
    /// The tree of its directory.
    tree: Option<TreeId>,
    pub(super) depends: Vec<String>,
    pub(super) license: Option<String>,
    pub(super) development_status: Option<String>,
    auto_install: Option<WireAutoInstall>,
    /// Python distributions, as the manifest names them.
    python: Option<Vec<String>>,
    /// Programs.
    bin: Option<Vec<String>>,
    /// Packages of Debian.
    deb: Option<Vec<String>>,
    /// Whether it loads a file of `ir.model.access`.
    #[serde(default)]
    model_access: bool,
}

pub(super) struct WireAutoInstall(AutoInstall);

/// A manifest or a `requirements.txt` that could not be read.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WireUnreadable {
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) why: String,
}

/// The repositories and modules of a profile.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WireProfile {
    pub(super) odoo: Series,
    /// The SHA-256 of the profile.
    pub(super) digest: Option<String>,
    /// In the order of the path, as `NAME@REFERENCE`.
    pub(super) repos: Vec<String>,
    /// The directories of repositories in which this profile looks only into some.
    #[serde(default, deserialize_with = "each_once")]
    pub(super) addons: BTreeMap<String, Vec<AddonsDirectory>>,
    /// How it is exported. Missing if that is the default.
    pub(super) export: Option<WireExport>,
    /// The selected modules. Missing if nothing selects.
    pub(super) modules: Option<Vec<String>>,
    /// What your own modules depend on, by their directory. Missing if nothing selects.
    #[serde(default, deserialize_with = "each_once")]
    pub(super) local_depends: BTreeMap<String, Vec<String>>,
}

/// The layout of an export, and what is left out.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WireExport {
    pub(super) layout: Layout,
    /// The languages that are kept; `null` keeps all.
    pub(super) languages: Option<Vec<String>>,
    /// Whether `tests/` is left out.
    pub(super) tests: bool,
    /// Whether `readme/` and `README.*` are left out.
    pub(super) readme: bool,
    /// Whether `static/description/` is left out, except its icons.
    pub(super) description: bool,
}

impl WireExport {
    pub(super) fn into_packaging(self) -> Packaging {
        let Self { layout, languages, tests, readme, description } = self;
        Packaging { layout, rules: Rules { languages, tests, readme, description } }
    }
}

impl<'de> Deserialize<'de> for WireAutoInstall {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = WireAutoInstall;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("true, false or a list of module names")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(WireAutoInstall(if value { AutoInstall::WhenDependsAre } else { AutoInstall::Never }))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, sequence: A) -> Result<Self::Value, A::Error> {
                let names = Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(sequence))?;
                Ok(WireAutoInstall(AutoInstall::When(names)))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Reads a map and refuses duplicate keys. serde alone would use the last.
fn each_once<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Visitor<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = entries.next_entry::<String, T>()? {
                if map.contains_key(&key) {
                    return Err(serde::de::Error::custom(format!("duplicate key `{key}`")));
                }
                map.insert(key, value);
            }
            Ok(map)
        }
    }

    deserializer.deserialize_map(Visitor(PhantomData))
}
