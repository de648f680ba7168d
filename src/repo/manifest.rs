//! What a module's manifest declares.

/// The keys of a manifest that matter here. What it leaves out is absent; the methods fill in Odoo's defaults.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Manifest {
    /// As written, such as `18.0.1.2.3`.
    pub(crate) version: Option<String>,
    /// Names of modules as written, be they possible names or not.
    pub(crate) depends: Vec<String>,
    pub(crate) license: Option<String>,
    pub(crate) development_status: Option<String>,
    pub(crate) auto_install: AutoInstall,
    /// The external dependencies: Python distributions or import names, programs, Debian packages.
    pub(crate) python: Vec<String>,
    pub(crate) bin: Vec<String>,
    pub(crate) deb: Vec<String>,
}

impl Manifest {
    /// The version that Odoo takes the module for.
    pub(crate) fn version(&self) -> &str {
        self.version.as_deref().unwrap_or("1.0")
    }

    /// The licence that Odoo takes the module for.
    pub(crate) fn license(&self) -> &str {
        self.license.as_deref().unwrap_or("LGPL-3")
    }
}

/// When Odoo installs a module by itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum AutoInstall {
    #[default]
    Never,
    /// As soon as everything in `depends` is installed.
    WhenDependsAre,
    /// As soon as these are.
    When(Vec<String>),
}
