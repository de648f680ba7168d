//! What a module's manifest declares.

/// The names of a manifest: of today, and of older series.
pub(crate) const MANIFESTS: [&str; 2] = ["__manifest__.py", "__openerp__.py"];

/// The keys of a manifest that oca uses. A missing key is `None` or empty; the methods return Odoo's defaults.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Manifest {
    /// As written, such as `18.0.1.2.3`.
    pub(crate) version: Option<String>,
    /// Names of modules as written, even if they are not valid names.
    pub(crate) depends: Vec<String>,
    pub(crate) license: Option<String>,
    pub(crate) development_status: Option<String>,
    pub(crate) auto_install: AutoInstall,
    /// The external dependencies `python`, `bin`, `deb`: Python distributions or import names, programs, Debian
    /// packages.
    pub(crate) python: Vec<String>,
    pub(crate) bin: Vec<String>,
    pub(crate) deb: Vec<String>,
    /// Whether `data` lists access rights as records of `ir.model.access`, such as `security/ir.model.access.csv`.
    pub(crate) model_access: bool,
}

impl Manifest {
    /// The version, or Odoo's default `1.0`.
    pub(crate) fn version(&self) -> &str {
        self.version.as_deref().unwrap_or("1.0")
    }

    /// The licence, or Odoo's default `LGPL-3`.
    pub(crate) fn license(&self) -> &str {
        self.license.as_deref().unwrap_or("LGPL-3")
    }
}

/// When Odoo installs a module by itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum AutoInstall {
    #[default]
    Never,
    /// When everything in `depends` is installed.
    WhenDependsAre,
    /// When these modules are installed.
    When(Vec<String>),
}
