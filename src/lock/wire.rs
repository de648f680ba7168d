//! The JSON of a lock, as serde reads it. Unknown fields are refused.

use std::collections::{BTreeMap, HashSet};
use std::marker::PhantomData;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::schema::{Digest, Facts, LockedModule, LockedRepo, Pin, UnreadableManifest};
use crate::repo::{
    AddonsDirectory, AutoInstall, CommitId, Invalid, Layout, Manifest, ModuleName, Packaging, Reference,
    RemoteUrl, RepoName, Rules, Series, TreeId,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireLock<'a> {
    pub(super) version: u64,
    /// Parsed one by one: if one entry is wrong, the others can still be read.
    #[serde(borrow)]
    pub(super) repos: Vec<&'a RawValue>,
    #[serde(deserialize_with = "each_once")]
    pub(super) profiles: BTreeMap<String, WireProfile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireRepo {
    pub(super) name: RepoName,
    pub(super) url: RemoteUrl,
    pub(super) branch: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) rev: Option<CommitId>,
    pub(super) addons: Vec<AddonsDirectory>,
    pub(super) commit: CommitId,
    pub(super) tree: TreeId,
    pub(super) digest: Option<String>,
    pub(super) modules: Vec<WireModule>,
    #[serde(default)]
    pub(super) unreadable: Vec<WireUnreadable>,
    pub(super) requirements: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireModule {
    pub(super) name: ModuleName,
    pub(super) directory: Option<AddonsDirectory>,
    pub(super) version: Option<String>,
    pub(super) tree: TreeId,
    pub(super) depends: Vec<String>,
    pub(super) license: Option<String>,
    pub(super) development_status: Option<String>,
    pub(super) auto_install: WireAutoInstall,
    pub(super) python: Vec<String>,
    pub(super) bin: Vec<String>,
    pub(super) deb: Vec<String>,
}

pub(super) struct WireAutoInstall(AutoInstall);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireUnreadable {
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireProfile {
    pub(super) odoo: Series,
    pub(super) digest: Option<String>,
    pub(super) repos: Vec<String>,
    #[serde(default, deserialize_with = "each_once")]
    pub(super) addons: BTreeMap<String, Vec<AddonsDirectory>>,
    pub(super) export: Option<WireExport>,
    pub(super) modules: Option<Vec<String>>,
    #[serde(default, deserialize_with = "each_once")]
    pub(super) local_depends: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireExport {
    pub(super) layout: Layout,
    pub(super) languages: Option<Vec<String>>,
    pub(super) tests: bool,
    pub(super) readme: bool,
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

impl WireRepo {
    pub(super) fn into_repo(self) -> Result<LockedRepo, String> {
        let reference = self.reference()?;
        if self.url != self.url.without_secret() {
            return Err("its url contains a user or a password".to_owned());
        }
        let modules: Vec<LockedModule> = self.modules.into_iter().map(WireModule::into_module).collect();
        let mut seen = HashSet::new();
        for module in &modules {
            if !self.addons.contains(&module.directory) {
                return Err(format!("module `{}` is not in any of its `addons`", module.path()));
            }
            if !seen.insert((&module.directory, &module.name)) {
                return Err(format!("it has two modules `{}`", module.path()));
            }
        }
        let unreadable = self.unreadable.into_iter();
        let facts = Facts {
            modules,
            unreadable: unreadable.map(WireUnreadable::into_unreadable).collect::<Result<_, _>>()?,
            requirements: self.requirements,
        };
        Ok(LockedRepo {
            pin: Pin { name: self.name, reference, url: self.url },
            addons: self.addons,
            commit: self.commit,
            tree: self.tree,
            facts,
            digest: self.digest.map_or(Digest::Absent, Digest::Written),
        })
    }

    fn reference(&self) -> Result<Reference, String> {
        let checked = match (&self.branch, &self.tag, self.rev) {
            (Some(branch), None, None) => Reference::branch(branch),
            (None, Some(tag), None) => Reference::tag(tag),
            (None, None, Some(commit)) => Ok(Reference::Rev(commit)),
            _ => return Err("it must have exactly one of `branch`, `tag` and `rev`".to_owned()),
        };
        checked.map_err(|invalid: Invalid| invalid.to_string())
    }
}

impl WireUnreadable {
    /// Accepts any path that can be shown. It is never opened, so it may be one that cannot be checked out.
    fn into_unreadable(self) -> Result<UnreadableManifest, String> {
        let Self { path, line, why } = self;
        if path.is_empty() || path.contains(char::is_control) {
            return Err(format!("`{path}` is not the path of a manifest"));
        }
        Ok(UnreadableManifest { path, line, why })
    }
}

impl WireModule {
    fn into_module(self) -> LockedModule {
        LockedModule {
            name: self.name,
            directory: self.directory.unwrap_or_else(AddonsDirectory::root),
            tree: self.tree,
            manifest: Manifest {
                version: self.version,
                depends: self.depends,
                license: self.license,
                development_status: self.development_status,
                auto_install: self.auto_install.0,
                python: self.python,
                bin: self.bin,
                deb: self.deb,
            },
        }
    }
}
