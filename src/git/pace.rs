//! How slow a server may be: some bytes in each stretch of time, a while for what is no pack, and a moment for what is thrown away.
//!
//! A time limit for each read alone would let a server that sends a byte now and then keep a run alive for days. One
//! thread reads one answer at a time, through libgit2 and ureq, which pass nothing on; so the pace is the thread's.

use std::cell::RefCell;
use std::env;
use std::time::{Duration, Instant};

use super::Error;
use super::configuration::Configuration;

/// How long nothing may come.
const STALL: Duration = Duration::from_secs(30);
/// Longer than anybody waits, and short enough to be multiplied.
const LONGEST_STALL: u64 = 24 * 60 * 60;
/// Bytes a second. Eight downloads share a line that is a poor one already.
const LEAST_RATE: u64 = 200;
/// A server that counts its objects says every five seconds that it is still there. It may do so for sixty times
/// the stall limit: half an hour.
const LONGEST_PREFACE: u32 = 60;

/// What is asked of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) stall: Duration,
    least_rate: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { stall: STALL, least_rate: LEAST_RATE }
    }
}

impl Limits {
    /// By git's `http.lowSpeedTime` and `http.lowSpeedLimit`, which its variables override.
    pub(super) fn of(configuration: &Configuration) -> Self {
        let number = |variable, key| -> Option<u64> {
            let set = env::var(variable).ok().or_else(|| configuration.get(key).map(str::to_owned));
            set.and_then(|text| text.parse().ok()).filter(|&number| number > 0)
        };
        let default = Self::default();
        Self {
            stall: number("GIT_HTTP_LOW_SPEED_TIME", "http.lowspeedtime")
                .map_or(default.stall, |seconds| Duration::from_secs(seconds.min(LONGEST_STALL))),
            least_rate: number("GIT_HTTP_LOW_SPEED_LIMIT", "http.lowspeedlimit")
                .unwrap_or(default.least_rate),
        }
    }

    /// The stretch of time over which the rate is measured.
    pub(super) fn window(&self) -> Duration {
        self.stall.saturating_mul(2)
    }

    fn bytes_in_window(&self) -> u64 {
        self.least_rate.saturating_mul(self.window().as_secs())
    }

    pub(super) fn longest_preface(&self) -> Duration {
        self.stall.saturating_mul(LONGEST_PREFACE)
    }
}

/// The pace of one answer.
#[derive(Debug)]
struct Pace {
    limits: Limits,
    window: Instant,
    bytes: u64,
    /// When as much of a pack had come as a window wants; at first, when it was asked for.
    pack: Instant,
    pack_bytes: u64,
    end: Option<Instant>,
}

impl Pace {
    fn new(limits: Limits, now: Instant) -> Self {
        Self { limits, window: now, bytes: 0, pack: now, pack_bytes: 0, end: None }
    }

    fn came(&mut self, bytes: u64, now: Instant) {
        self.bytes += bytes;
        if self.bytes >= self.limits.bytes_in_window() {
            self.restart(now);
        }
    }

    fn pack_came(&mut self, bytes: u64, now: Instant) {
        self.pack_bytes += bytes;
        if self.pack_bytes >= self.limits.bytes_in_window() {
            self.pack_bytes = 0;
            self.pack = now;
        }
    }

    fn restart(&mut self, now: Instant) {
        self.bytes = 0;
        self.window = now;
    }

    fn left(&self, now: Instant) -> Duration {
        let window = self.window + self.limits.window();
        let preface = self.pack + self.limits.longest_preface();
        let end = self.end.into_iter().fold(window.min(preface), Instant::min);
        end.saturating_duration_since(now)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Pace>> = const { RefCell::new(None) };
}

fn with<T>(act: impl FnOnce(&mut Pace) -> T) -> Option<T> {
    CURRENT.with_borrow_mut(|pace| pace.as_mut().map(act))
}

/// A request is made, whose answer this thread will read.
pub(super) fn start(limits: Limits) {
    CURRENT.set(Some(Pace::new(limits, Instant::now())));
}

/// The limits of the answer that this thread reads, or read last.
pub(super) fn limits() -> Limits {
    with(|pace| pace.limits).unwrap_or_default()
}

/// How long the next bytes may be waited for; not at all where the server was too slow.
pub(super) fn left() -> Duration {
    with(|pace| pace.left(Instant::now())).unwrap_or(Duration::MAX)
}

/// Why no more is waited for.
pub(super) fn too_slow(limits: Limits) -> Error {
    if left().is_zero() {
        Error::Slow { within: limits.window() }
    } else {
        Error::Stalled { after: limits.stall }
    }
}

/// So many bytes came.
pub(super) fn came(bytes: usize) {
    with(|pace| pace.came(bytes as u64, Instant::now()));
}

/// A whole message that says no more than that the server is at work.
pub(super) fn is_at_work() {
    with(|pace| pace.restart(Instant::now()));
}

/// So many bytes of a pack came. A few now and then do not make a server that only counts fast enough.
pub(super) fn pack_came(bytes: usize) {
    with(|pace| pace.pack_came(bytes as u64, Instant::now()));
}

/// Does what is worth no more than this, whatever else this thread reads.
pub(super) fn briefly<T>(time: Duration, act: impl FnOnce() -> T) -> T {
    let now = Instant::now();
    let brief = Pace { end: Some(now + time), ..Pace::new(Limits::default(), now) };
    let before = CURRENT.replace(Some(brief));
    let done = act();
    CURRENT.set(before);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drip_has_an_end_and_slow_work_has_time() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut drip = Pace::new(Limits::default(), start);
        (1..60).for_each(|second| drip.came(1, at(second)));
        assert_eq!(drip.left(at(59)), Duration::from_secs(1));
        assert_eq!(drip.left(at(60)), Duration::ZERO);
        let mut slow = Pace::new(Limits::default(), start);
        for second in 1..100_000 {
            slow.came(LEAST_RATE, at(second));
            slow.pack_came(LEAST_RATE, at(second));
            assert!(slow.left(at(second)) > Duration::ZERO, "{second}");
        }
        let mut counting = Pace::new(Limits::default(), start);
        for second in (5..1800).step_by(5) {
            counting.restart(at(second));
            assert!(counting.left(at(second)) > Duration::ZERO, "{second}");
        }
        counting.restart(at(1800));
        assert_eq!(counting.left(at(1800)), Duration::ZERO);
    }

    #[test]
    fn a_byte_of_a_pack_now_and_then_buys_no_time() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut pace = Pace::new(Limits::default(), start);
        for second in (20..1800).step_by(20) {
            if second % 40 == 0 {
                pace.came(6, at(second));
                pace.pack_came(1, at(second));
            } else {
                pace.came(5, at(second));
                pace.restart(at(second));
            }
            assert!(pace.left(at(second)) > Duration::ZERO, "{second}");
        }
        pace.restart(at(1800));
        assert_eq!(pace.left(at(1800)), Duration::ZERO);
    }

    #[test]
    fn what_libgit2_gives_up_is_told_with_the_limit_in_force() {
        let told = || {
            let error = git2::Error::new(git2::ErrorCode::Timeout, git2::ErrorClass::Net, "timed out");
            Error::from(error).to_string()
        };
        // The pace is the thread's.
        let in_a_thread = std::thread::spawn(move || {
            let before = told();
            start(Limits { stall: Duration::from_secs(7), ..Limits::default() });
            (before, told())
        });
        let (before, set) = in_a_thread.join().expect("no panic");
        assert_eq!((&*before, &*set), ("nothing came for 30 seconds", "nothing came for 7 seconds"));
    }
}
