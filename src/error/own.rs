//! Why an image would lack the user's own modules, and what to type.

use std::path::PathBuf;

/// A directory of the user's own modules that `[[local]]` declares for the image does not exist.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnError {
    #[error("there is no `{path}`, which `[[local]]` in `{}` at line {line} declares", file.display())]
    Here { path: String, file: PathBuf, line: usize },
    /// `path` is the directory on a machine, and `image` the one in the container.
    #[error("there is no `{image}`, which `[[local]]` in `{}` at line {line} names as `image`", file.display())]
    InImage { path: String, image: String, file: PathBuf, line: usize },
}

impl OwnError {
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Here { path, .. } => format!(
                "create it, or delete that table; in the build of an image, add `!{path}` to `.dockerignore`"
            ),
            Self::InImage { path, image, .. } => format!(
                "add `COPY --from=oca /project/{path} {image}` to the `Dockerfile`, or delete that `image`"
            ),
        }
    }
}
