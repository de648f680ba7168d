//! Paths in git's configuration.

use std::env;
use std::path::PathBuf;

/// A path in the configuration or in a variable: `~/` is the home of the user. The error says what is not supported.
pub(super) fn path_value(value: &str) -> Result<PathBuf, &'static str> {
    if value == "~" || value.starts_with("~/") {
        let home = env::home_dir().ok_or("the home directory is not known")?;
        return Ok(home.join(value.trim_start_matches('~').trim_start_matches('/')));
    }
    if value.starts_with('~') {
        return Err("oca does not know the home directories of other users");
    }
    if value.starts_with("%(prefix)/") {
        return Err("oca does not know where git is installed, which `%(prefix)` means");
    }
    Ok(PathBuf::from(value))
}
