//! A limit on the time that it takes to unpack a pack after all of it has come.
//!
//! A delta of a few bytes can stand for hundreds of megabytes, and each of them is built to compute its id. So a
//! small pack could keep oca busy for hours. To measure the sizes beforehand, oca would have to inflate every pack twice.

use std::time::{Duration, Instant};

use git2::Progress;

/// What every pack may take. A branch of OCA takes less than a second.
const FLOOR: Duration = if cfg!(debug_assertions) { Duration::from_secs(5) } else { Duration::from_mins(1) };
/// The received bytes for which a pack may take one second more. Many times as many are unpacked in a second.
const BYTES_PER_SECOND: u64 = 1_000_000;

/// Watches one pack that libgit2 receives.
#[derive(Default)]
pub(in crate::git) struct Unpacking {
    /// When the last object had come.
    since: Option<Instant>,
}

impl Unpacking {
    /// Whether libgit2 may go on.
    pub(in crate::git) fn goes_on(&mut self, progress: &Progress<'_>) -> bool {
        if progress.received_objects() < progress.total_objects() {
            return true;
        }
        let limit = limit(progress.received_bytes() as u64);
        self.since.get_or_insert_with(Instant::now).elapsed() <= limit
    }
}

/// What a pack with this number of bytes may take.
pub(super) fn limit(received: u64) -> Duration {
    FLOOR + Duration::from_secs(received / BYTES_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::{FLOOR, limit};

    #[test]
    fn the_pack_of_odoo_may_take_longer_than_a_small_one() {
        assert_eq!(limit(0), FLOOR);
        assert_eq!(limit(20_000), FLOOR);
        assert_eq!(limit(250_000_000).as_secs(), FLOOR.as_secs() + 250);
    }
}
