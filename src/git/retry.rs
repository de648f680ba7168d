//! Retries requests after errors that may pass.

use std::thread;
use std::time::Duration;

use super::Error;

const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The failure of a request.
pub(super) trait Failed {
    /// The error, if there is one.
    fn error(&self) -> Option<&Error>;
}

impl Failed for Error {
    fn error(&self) -> Option<&Error> {
        Some(self)
    }
}

/// Calls `attempt` up to [`TRIES`] times while its error may pass. The pauses grow; a server's `Retry-After` replaces
/// the pause, but no pause is longer than [`LONGEST_PAUSE`].
pub(super) fn retrying<T, F: Failed>(mut attempt: impl FnMut() -> Result<T, F>) -> Result<T, F> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES {
        match attempt() {
            Err(failed) if failed.error().is_some_and(Error::is_passing) => {
                let asked = match failed.error() {
                    Some(Error::Status { retry_after, .. }) => *retry_after,
                    _ => None,
                };
                thread::sleep(asked.unwrap_or(pause).min(LONGEST_PAUSE));
                pause *= 3;
            }
            other => return other,
        }
    }
    attempt()
}
