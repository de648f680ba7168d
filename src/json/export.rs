//! The layers of an export.

use std::path::PathBuf;

use serde::Serialize;

/// `oca export --layers`: the layers in the order in which they are copied.
#[derive(Serialize)]
pub(crate) struct LayersReport<'a> {
    pub(crate) layers: &'a [ExportLayer],
}

#[derive(Serialize)]
pub(crate) struct ExportLayer {
    pub(crate) profile: String,
    /// The absolute path of the directory.
    pub(crate) path: PathBuf,
    /// The number of files in it.
    pub(crate) files: usize,
}

impl<'a> LayersReport<'a> {
    pub(crate) fn of(layers: &'a [ExportLayer]) -> Self {
        Self { layers }
    }
}
