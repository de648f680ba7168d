//! Limits for slow servers: a minimum of bytes in each window of time, a maximum time before the pack, and a short time
//! for data that is discarded.
//!
//! A time limit for each read is not enough: a server could send one byte now and then for days. One thread reads one
//! answer at a time, through libgit2, which passes no context on. So the pace is stored per thread.

use std::cell::RefCell;
use std::env;
use std::time::{Duration, Instant};

use super::Error;
use super::configuration::Configuration;

/// The longest time without any data.
const STALL: Duration = Duration::from_secs(30);
/// In seconds: longer than anybody waits, and small enough to be multiplied without an overflow.
const LONGEST_STALL: u64 = 24 * 60 * 60;
/// Bytes a second. It is low because many downloads can share a slow line.
const LEAST_RATE: u64 = 200;
/// In bytes: a request that leaves at once, into the buffers of the system.
const SENT_AT_ONCE: usize = 64 * 1024;
/// While a server counts its objects, it sends a message every five seconds. It may do this for 60 times the stall
/// limit, which is half an hour.
const LONGEST_PREFACE: u32 = 60;

/// How slow a server may be.
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
    /// The limits from git's `http.lowSpeedTime` and `http.lowSpeedLimit`. Git's variables override them.
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

    /// The time over which the rate is measured.
    pub(super) fn window(&self) -> Duration {
        self.stall.saturating_mul(2)
    }

    fn bytes_in_window(&self) -> u64 {
        self.least_rate.saturating_mul(self.window().as_secs())
    }

    fn longest_preface(&self) -> Duration {
        self.stall.saturating_mul(LONGEST_PREFACE)
    }

    /// How long a request with a body of so many bytes may take until the answer begins.
    pub(super) fn until_answer(&self, body: usize) -> Duration {
        let upload = Duration::from_secs(body.saturating_sub(SENT_AT_ONCE) as u64 / self.least_rate.max(1));
        self.stall.saturating_add(upload).min(self.longest_preface())
    }
}

/// The pace of one answer.
#[derive(Debug)]
struct Pace {
    limits: Limits,
    window: Instant,
    bytes: u64,
    /// The last time at which enough bytes of a pack had come for one window. At first, the time of the request.
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

/// Call this when a request is made whose answer this thread will read.
pub(super) fn start(limits: Limits) {
    CURRENT.set(Some(Pace::new(limits, Instant::now())));
}

/// The limits of the answer that this thread reads now, or read last.
pub(super) fn limits() -> Limits {
    with(|pace| pace.limits).unwrap_or_default()
}

/// How long to wait for the next bytes. Zero if the server was too slow.
pub(super) fn left() -> Duration {
    with(|pace| pace.left(Instant::now())).unwrap_or(Duration::MAX)
}

/// The error after a timeout: too slow on average, or no data at all.
pub(super) fn too_slow(limits: Limits) -> Error {
    if left().is_zero() {
        Error::Slow { within: limits.window() }
    } else {
        Error::Stalled { after: limits.stall }
    }
}

/// Call this for bytes that came.
pub(super) fn came(bytes: usize) {
    with(|pace| pace.came(bytes as u64, Instant::now()));
}

/// Call this for a complete message that only means that the server is still working.
pub(super) fn is_at_work() {
    with(|pace| pace.restart(Instant::now()));
}

/// Call this for bytes of a pack that came. A few bytes now and then do not extend the time before the pack.
pub(super) fn pack_came(bytes: usize) {
    with(|pace| pace.pack_came(bytes as u64, Instant::now()));
}

/// Calls `act` with a time limit for its reads, whatever else this thread reads.
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
    fn a_drip_is_stopped_and_slow_work_is_not() {
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
    fn a_byte_of_a_pack_now_and_then_does_not_extend_the_time() {
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
    fn a_timeout_of_libgit2_is_reported_with_the_current_limit() {
        let told = || {
            let error = git2::Error::new(git2::ErrorCode::Timeout, git2::ErrorClass::Net, "timed out");
            Error::from(error).to_string()
        };
        // A new thread has no pace yet.
        let in_a_thread = std::thread::spawn(move || {
            let before = told();
            start(Limits { stall: Duration::from_secs(7), ..Limits::default() });
            (before, told())
        });
        let (before, set) = in_a_thread.join().expect("no panic");
        assert_eq!((&*before, &*set), ("no data for 30 seconds", "no data for 7 seconds"));
    }
}
