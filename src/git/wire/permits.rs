//! Limits the number of requests to one server at the same time.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

/// Counts the active requests to a server.
#[derive(Default)]
pub(in crate::git) struct Permits {
    taken: Mutex<usize>,
    changed: Condvar,
}

pub(in crate::git) struct Permit(Arc<Permits>);

impl Permits {
    /// Waits until fewer requests are active than `most` says now. `None` if that takes too long.
    pub(in crate::git) fn take(
        self: &Arc<Self>,
        most: impl Fn() -> usize,
        until: Option<Instant>,
    ) -> Option<Permit> {
        let mut taken = lock(&self.taken);
        while *taken >= most().max(1) {
            taken = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(taken).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return None,
                Some(left) => {
                    self.changed.wait_timeout(taken, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        *taken += 1;
        // A permit that is given back wakes one waiter. If `most` has grown, there is room for more.
        if *taken < most() {
            self.changed.notify_one();
        }
        Some(Permit(Arc::clone(self)))
    }

    /// Call this after `most` has grown.
    pub(super) fn has_grown(&self) {
        let _waiters_have_read_it_or_wait = lock(&self.taken);
        self.changed.notify_all();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *lock(&self.0.taken) -= 1;
        self.0.changed.notify_one();
    }
}

pub(in crate::git) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
