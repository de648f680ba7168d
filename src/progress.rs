//! How work on many repositories is watched while it runs. The terminal is one watcher; silence is another.

use crate::report::{Done, Trouble};

/// Told of the progress of each repository, by its place in the list of repositories. Called from many threads.
pub(crate) trait Progress: Sync {
    /// Work on a repository begins.
    fn started(&self, place: usize);
    /// What is being done with it now: "fetching", "checking out".
    fn step(&self, place: usize, step: &'static str);
    /// So many more bytes came in.
    fn received(&self, place: usize, bytes: u64);
    /// It is done, or has failed.
    fn finished(&self, place: usize, outcome: Result<&Done, &Trouble>);
}
