//! The modules of a profile.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::Profile;
use crate::plan::Placed;
use crate::repo::{AutoInstall, Manifest, Series};

/// `oca list`: the modules of a profile.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ListReport<'a> {
    pub(crate) profile: &'a str,
    /// The series of Odoo, such as `18.0`.
    pub(crate) odoo: Series,
    pub(crate) modules: Vec<ListedModule<'a>>,
}

/// If a manifest leaves a field out, the field has Odoo's default.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ListedModule<'a> {
    pub(crate) name: &'a str,
    /// The repository, or the directory as `repos.toml` writes it.
    pub(crate) repo: &'a str,
    /// The version as the manifest writes it.
    pub(crate) version: &'a str,
    /// Always `true`: modules with `installable: False` are not listed.
    pub(crate) installable: bool,
    /// A module that it needs, directly or not, and that does not exist. Then Odoo cannot install it.
    pub(crate) missing: Option<&'a str>,
    /// Whether the profile selects the module.
    pub(crate) selected: bool,
    pub(crate) depends: &'a [String],
    pub(crate) license: &'a str,
    pub(crate) development_status: Option<&'a str>,
    pub(crate) auto_install: AutoInstallRule<'a>,
    pub(crate) external_dependencies: ExternalDependencies<'a>,
}

/// When Odoo installs a module by itself.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(crate) enum AutoInstallRule<'a> {
    /// `true`: if all modules in `depends` are installed. `false`: never.
    Flag(bool),
    /// If these modules are installed.
    When(&'a [String]),
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExternalDependencies<'a> {
    /// Python distributions, as the manifest names them.
    pub(crate) python: &'a [String],
    /// Programs.
    pub(crate) bin: &'a [String],
    /// Packages of Debian.
    pub(crate) deb: &'a [String],
}

impl<'a> ListReport<'a> {
    /// `blocked` has the modules that cannot be installed, with the name that is missing.
    pub(crate) fn of(
        profile: &'a Profile,
        modules: &[&Placed<'a>],
        blocked: &BTreeMap<&'a str, &'a str>,
    ) -> Self {
        Self {
            profile: &profile.name,
            odoo: profile.odoo,
            modules: modules
                .iter()
                .map(|module| ListedModule::of(module, blocked.get(module.name).copied()))
                .collect(),
        }
    }
}

impl<'a> ListedModule<'a> {
    fn of(module: &Placed<'a>, missing: Option<&'a str>) -> Self {
        let manifest = module.manifest;
        Self {
            name: module.name,
            repo: module.home.name(),
            version: manifest.version(),
            installable: true,
            missing,
            selected: module.selected,
            depends: &manifest.depends,
            license: manifest.license(),
            development_status: manifest.development_status.as_deref(),
            auto_install: AutoInstallRule::of(&manifest.auto_install),
            external_dependencies: ExternalDependencies::of(manifest),
        }
    }
}

impl<'a> AutoInstallRule<'a> {
    fn of(rule: &'a AutoInstall) -> Self {
        match rule {
            AutoInstall::Never => Self::Flag(false),
            AutoInstall::WhenDependsAre => Self::Flag(true),
            AutoInstall::When(names) => Self::When(names),
        }
    }
}

impl<'a> ExternalDependencies<'a> {
    fn of(manifest: &'a Manifest) -> Self {
        Self { python: &manifest.python, bin: &manifest.bin, deb: &manifest.deb }
    }
}
