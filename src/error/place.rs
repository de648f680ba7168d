//! Where the cause of an error is.

use std::path::{Path, PathBuf};

use super::{Error, OwnError};
use crate::lock;

impl Error {
    /// The file that has to be changed, as an absolute path, and its line. `None` if no file is known.
    pub(crate) fn place(&self) -> Option<(PathBuf, usize)> {
        let (file, line): (&Path, usize) = match self {
            Self::Config(error) => error.place()?,
            Self::Lock(lock::Error::Conflicted { file, line } | lock::Error::Truncated { file, line })
            | Self::Own(OwnError::Here { file, line, .. } | OwnError::InImage { file, line, .. }) => {
                (file, *line)
            }
            Self::NoLock { file } | Self::Stale { file, .. } => (file, 1),
            _ => return None,
        };
        Some((std::path::absolute(file).ok()?, line))
    }
}
