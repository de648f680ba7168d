//! Why an image would lack the user's own modules, and what to type.

use std::path::PathBuf;

/// A directory of the user's own modules that `[[local]]` declares for the image does not exist. Each `path` is relative to
/// the project, with the values of its variables.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnError {
    #[error("there is no `{path}`, which `[[local]]` in `{}` at line {line} declares", file.display())]
    Here { path: String, file: PathBuf, line: usize },
    /// `path` is the directory on a machine, and `image` the one in the container. `path` is `None` if it is outside the
    /// project, where the build of an image cannot see it.
    #[error("there is no `{image}`, which `[[local]]` in `{}` at line {line} names as `image`", file.display())]
    InImage { path: Option<String>, image: String, file: PathBuf, line: usize },
}

impl OwnError {
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Here { path, .. } => format!(
                "restore or create it, or delete that table, then run `oca lock`; in the build of an image, add `!{path}` to `.dockerignore`"
            ),
            Self::InImage { path: None, .. } => {
                "mount it, or copy it from another build context, or delete that `image`".to_owned()
            }
            Self::InImage { path: Some(path), image, .. } => format!(
                "add `COPY --from=oca /project/{path} {image}` to the `Dockerfile`, above its line with `oca addons-path`, or delete that `image`"
            ),
        }
    }
}
