//! The layers of an export.

use serde::Serialize;

/// `oca export --layers`: the layers in the order in which they are copied.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LayersReport<'a> {
    pub(crate) layers: &'a [ExportLayer],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExportLayer {
    pub(crate) profile: String,
    /// The absolute path of the directory; what is not UTF-8 in it is replaced.
    pub(crate) path: String,
    /// The number of files in it.
    pub(crate) files: usize,
}

impl<'a> LayersReport<'a> {
    pub(crate) fn of(layers: &'a [ExportLayer]) -> Self {
        Self { layers }
    }
}
