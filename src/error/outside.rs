//! A place without `repos.toml`, and what to type there.

use std::path::PathBuf;

use crate::repo::typed;

/// What is known about a place without `repos.toml`.
#[derive(Debug)]
pub(crate) enum Outside {
    Unknown,
    /// It is in this export.
    Export {
        directory: PathBuf,
    },
    /// It is in a container whose `repos.toml` is in this directory.
    Container {
        project: &'static str,
    },
}

impl Outside {
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Unknown => "run `oca init`, or pass the file with `--config`".to_owned(),
            Self::Export { directory } => format!(
                "`{}` is an export: to compare it, run `oca verify {}`; for other commands, name the project with `-C`",
                directory.display(),
                typed(&directory.display().to_string())
            ),
            Self::Container { project } => format!("name the project with `-C {project}`"),
        }
    }
}
