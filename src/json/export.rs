//! The layers of an export.

use serde::Serialize;

/// `oca export --layers`: the layers in the order in which they are copied.
#[derive(Serialize)]
pub(crate) struct LayersReport<'a> {
    pub(crate) layers: &'a [ExportLayer],
}

#[derive(Serialize)]
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
