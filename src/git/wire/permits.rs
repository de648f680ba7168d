//! Limits the number of requests to one host at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// With more connections, forges answer with resets and with 429.
pub(super) const CONNECTIONS_PER_HOST: usize = 8;

/// Counts the active requests to each host.
#[derive(Clone, Default)]
pub(super) struct Permits {
    state: Arc<(Mutex<HashMap<String, usize>>, Condvar)>,
}

pub(super) struct Permit {
    permits: Permits,
    origin: String,
}

impl Permits {
    pub(super) fn take(&self, origin: &str) -> Permit {
        let (taken, freed) = &*self.state;
        let mut taken = lock(taken);
        while taken.get(origin).is_some_and(|&taken| taken >= CONNECTIONS_PER_HOST) {
            taken = freed.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken.entry(origin.to_owned()).or_default() += 1;
        Permit { permits: self.clone(), origin: origin.to_owned() }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let (taken, freed) = &*self.permits.state;
        lock(taken).entry(std::mem::take(&mut self.origin)).and_modify(|taken| *taken -= 1);
        freed.notify_all();
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
