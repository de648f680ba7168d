//! Progress reports while work on many repositories runs. The terminal shows them; a quiet run ignores them.

use crate::report::{Done, Trouble};

/// Gets the progress of each repository. `place` is the index in the list of repositories. Called from many threads.
pub(crate) trait Progress: Sync {
    /// Work on a repository begins.
    fn started(&self, place: usize);
    /// The current step, such as "fetching" or "checking out".
    fn step(&self, place: usize, step: &'static str);
    /// This many more bytes were received.
    fn received(&self, place: usize, bytes: u64);
    /// Work on it is done or has failed.
    fn finished(&self, place: usize, outcome: Result<&Done, &Trouble>);
}
